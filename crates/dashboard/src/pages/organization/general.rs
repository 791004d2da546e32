//! Settings > Organization > General: the name, the ids, and the verifications in every state.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::organizations::second_factor_policy::SecondFactorRule;
use keystead_app::verification::organization::{Channel, Consent, OrganizationView, consent_text};
use keystead_app::verification::payment::PaymentView;
use keystead_app::verification::phone::PhoneView;
use keystead_core::gate::Requirement;
use keystead_core::verification::organization::Status;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::progress_stream::{Observed, stream_changes};
use crate::web::qr_code::draw;
use crate::web::response::{Page, redirect, render, render_error};

const HERE: &str = "/settings/organization/general";

/// The QR code of a hand-off.
struct Qr {
    svg: String,
    url: String,
    until: String,
}

#[derive(Template)]
#[template(path = "pages/general.html")]
struct General {
    layout: Layout,
    wrong: Option<String>,
    name: String,
    organization_id: String,
    project_id: String,
    owner: bool,
    owners: String,
    phone: PhoneView,
    payment: Option<PaymentView>,
    /// The second-factor policy; owners only.
    safety: Option<SecondFactorRule>,
    view: OrganizationView,
    payment_missing: bool,
    /// How many gateways of how many know of the verification, while some do not.
    spreading: Option<(String, String)>,
    consent: Option<String>,
    qr: Option<Qr>,
    address: String,
    models: String,
    links: Links,
    host: String,
    policy: Option<String>,
    contact: Option<String>,
}

struct Links {
    here: String,
    phone: String,
    billing: String,
    consent: String,
    safety: String,
    security: String,
}

impl General {
    /// How many members have no second factor.
    fn lacking(&self, rule: &SecondFactorRule) -> String {
        self.layout.t.count("safety-lacking", &i64::try_from(rule.lacking.len()).unwrap_or(i64::MAX))
    }

    /// The target of a form on this page.
    fn act(&self, verb: &str) -> String {
        self.links.here.replacen(HERE, &format!("/settings/organization/verification/{verb}"), 1)
    }

    fn attempts_left(&self) -> i64 {
        i64::from(self.view.attempts_left)
    }

    fn status(&self) -> &'static str {
        self.view.status.as_str()
    }

    fn reason(&self) -> String {
        let first = self.view.attempt.as_ref().and_then(|attempt| attempt.reasons.first());
        let known = keystead_app::verification::REASONS.iter().find(|known| first.is_some_and(|first| first == *known));
        self.layout.t.text(&format!("reason-{}", known.unwrap_or(&"other").replace('_', "-")))
    }

    fn provider(&self) -> String {
        match self.view.provider {
            Some("persona") => "Persona".to_owned(),
            Some("review") => self.layout.operator.clone(),
            Some(other) => other.to_owned(),
            None => String::new(),
        }
    }

    fn step(&self) -> i64 {
        self.view.attempt.as_ref().map_or(0, |attempt| attempt.step)
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<General, PageError> {
    let t = visit.person.messages;
    let fail = |error: Error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let mut view = state.app.organization_verification(&actor, organization).await.map_err(fail)?;
    if view.provider == Some("review") {
        // It is the operator's own policy, which the page shows already.
        view.provider_policy = None;
    }
    let phone = state.app.phone_view(&actor, organization).await.map_err(fail)?;
    let payment =
        if visit.owner() { Some(state.app.payment_methods(&actor, organization).await.map_err(fail)?) } else { None };
    let safety = match visit.owner() {
        true => Some(state.app.second_factor_rule(&actor, organization).await.map_err(fail)?),
        false => None,
    };
    let verification = state.app.verification_of(organization).await.map_err(fail)?;
    let lacks = |name: &str, what: Requirement| {
        verification.actions.iter().any(|action| action.action == name && action.missing.contains(&what))
    };
    let gated: Vec<&str> =
        verification.actions.iter().filter_map(|action| action.action.strip_prefix("model.use:")).collect();
    let spreading = match view.status.as_str() {
        "verified" => state.app.spreading(view.since).await.map_err(fail)?,
        _ => None,
    };
    let spreading = spreading.map(|gateways| (gateways.current.to_string(), gateways.all.to_string()));
    let settings = state.app.settings();
    let owners = if visit.owner() { String::new() } else { t.text("verify-owner-only") };
    let consent = visit
        .person
        .query
        .contains_key("verify")
        .then(|| consent_text(t, view.provider.unwrap_or_default(), &settings.operator));
    Ok(General {
        layout: Layout::new(state, visit, &t.text("nav-general"), HERE),
        wrong: None,
        name: visit.organization.name.clone(),
        organization_id: organization.to_string(),
        project_id: visit.project.id.to_string(),
        owner: visit.owner(),
        owners,
        payment_missing: lacks("organization.verify", Requirement::PaymentMethod),
        phone,
        payment,
        safety,
        view,
        spreading,
        consent,
        qr: None,
        address: visit.person.session.email.clone(),
        models: gated.join(", "),
        links: Links {
            here: visit.link(HERE),
            phone: visit.link("/settings/account/phone"),
            billing: visit.link("/settings/organization/billing/payment-methods"),
            consent: visit.link(&format!("{HERE}?verify=1")),
            safety: visit.link("/settings/organization/second-factor"),
            security: visit.link("/settings/account/security"),
        },
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        policy: settings.privacy_policy_url.clone(),
        contact: settings.data_protection_contact.clone(),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

pub(crate) async fn rename(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let renamed =
        state.app.rename_organization(&visit.person.actor(), &visit.organization.id, form.field("name")).await;
    match renamed {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

/// Requires a second factor of every member, or stops requiring it.
pub(crate) async fn require(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let required = form.field("required") == "yes";
    match state.app.require_second_factor(&visit.person.actor(), &visit.organization.id, required).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

async fn again(state: &DashboardState, visit: &Visit, error: &Error) -> Page {
    let mut page = page(state, visit).await?;
    page.wrong = Some(error_message(visit.person.messages, error));
    render_error(visit.person.messages, &page, error)
}

/// Actions of an owner on the verification.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let attempt = form.field("attempt").to_owned();
    let done = match verb.as_str() {
        "start" => {
            let language = visit.person.messages.0.tag().to_owned();
            let consent = Consent { given: form.ticked("consent"), language, origin: visit.person.context.origin };
            match state.app.start_organization_verification(&actor, organization, consent).await {
                Ok((view, _)) => return show_code(&state, &visit, &view.id).await,
                Err(error) => Err(error),
            }
        }
        "code" => return show_code(&state, &visit, &attempt).await,
        "here" => match state.app.reissue_verification_link(&actor, organization, &attempt).await {
            Ok((_, link)) => return Ok(redirect(&link.url)),
            Err(error) => Err(error),
        },
        "mail" => {
            let sent = state.app.hand_off_verification(&actor, organization, &attempt, Channel::Mail).await;
            match sent {
                Ok(_) => return Ok(redirect(&visit.link(&format!("{HERE}?done=mail-sent")))),
                Err(error) => Err(error),
            }
        }
        "check" => state.app.check_organization_verification(&actor, organization, &attempt).await.map(|_| ()),
        "cancel" => state.app.cancel_organization_verification(&actor, organization).await.map(|_| ()),
        "withdraw" => state.app.withdraw_and_erase(&actor, organization).await.map(|_| ()),
        "appeal" => match state.app.appeal_verification(&actor, organization, form.field("statement")).await {
            Ok(_) => return Ok(redirect(&visit.link(&format!("{HERE}?done=appealed")))),
            Err(error) => Err(error),
        },
        _ => Err(Error::not_found("page", verb.as_str())),
    };
    match done {
        Ok(()) => Ok(redirect(&visit.link(HERE))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

/// Withdraws consent. It deletes what was collected, so it has a route of its own that requires recent authentication.
pub(crate) async fn withdraw(state: State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(state, visit, Path("withdraw".to_owned()), form).await
}

/// Shows a new QR code, once, in the answer to the form; its link appears in no address.
async fn show_code(state: &DashboardState, visit: &Visit, attempt: &str) -> Page {
    let made =
        state.app.hand_off_verification(&visit.person.actor(), &visit.organization.id, attempt, Channel::Qr).await;
    match made {
        Err(error) => again(state, visit, &error).await,
        Ok(link) => {
            let mut page = page(state, visit).await?;
            page.consent = None;
            let url = link.url.expose().clone();
            page.qr = Some(Qr { svg: draw(&url), until: page.layout.format.time(&link.expires_at), url });
            render(visit.person.messages, &page)
        }
    }
}

/// The state as one word, for pages that poll.
pub(crate) async fn follow(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let t = visit.person.messages;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let view = state.app.organization_verification(&actor, organization).await.map_err(|e| PageError::new(t, e))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, word(&view)).into_response())
}

/// The state as a stream.
pub(crate) async fn events(State(state): State<DashboardState>, visit: Visit, headers: HeaderMap) -> Response {
    let (app, session) = (state.app.clone(), visit.person.session.id.clone());
    let (actor, organization, secret) = (visit.person.actor(), visit.organization.id.clone(), visit.person.secret);
    stream_changes(&state, &headers, session.as_str(), move || {
        let (app, actor, organization, secret) = (app.clone(), actor.clone(), organization.clone(), secret.clone());
        async move {
            // The stream ends when the session ends.
            if !matches!(app.session(&secret).await, Ok(Some(_))) {
                return Observed::Unavailable;
            }
            match app.organization_verification(&actor, &organization).await {
                Ok(view) if moving(view.status) => Observed::Changing(word(&view)),
                Ok(view) => Observed::Final(word(&view)),
                Err(_) => Observed::Unavailable,
            }
        }
    })
    .await
}

fn moving(status: Status) -> bool {
    matches!(status, Status::InProgress | Status::InReview)
}

/// The state as one word.
fn word(view: &OrganizationView) -> String {
    let attempt = view.attempt.as_ref().map_or(String::new(), |attempt| format!("{}-{}", attempt.state, attempt.step));
    format!("{} {attempt}", view.status.as_str())
}

impl General {
    fn follow_word(&self) -> String {
        word(&self.view)
    }

    fn moving(&self) -> bool {
        moving(self.view.status)
    }
}
