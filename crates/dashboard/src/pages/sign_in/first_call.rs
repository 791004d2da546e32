//! The first call: a key, the code that uses it, and the calls as they arrive.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::first_calls::{CallFault, FirstCall, FirstCalls};
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_core::id::KeyId;
use keystead_core::language::Language;
use keystead_locales::{LocalFormat, Messages};

use crate::pages::phone_step::{PhoneStep, Progress, belongs_to_step, phone_needed, run};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::progress_stream::{Observed, stream_changes_of};
use crate::web::response::{Page, redirect, render, render_error, subpath};
use crate::web::submit::reloads_as;

const HERE: &str = "/welcome/first-call";
/// Where the forms of the phone step are sent.
const PHONE: &str = "/welcome/first-call/phone";
/// The model of the examples, if it is served.
const USUAL_MODEL: &str = "gpt-4o";

enum Stage {
    /// There is no key yet.
    Begin,
    /// A phone number must be verified before the key is created.
    Phone(Box<PhoneStep>),
    /// The key with its calls. The secret is there once.
    Key { secret: Option<String>, calls: FirstCalls },
}

#[derive(Template)]
#[template(path = "pages/first_call_page.html")]
struct FirstCallPage {
    t: Messages,
    format: LocalFormat,
    language: Language,
    theme: String,
    operator: String,
    support: Option<String>,
    csrf: String,
    organization: String,
    base_url: String,
    model: String,
    stage: Stage,
    /// This page, with the key when there is one.
    here: String,
    next: String,
}

impl FirstCallPage {
    async fn of(state: &DashboardState, visit: &Visit, stage: Stage, here: String) -> Result<Self, PageError> {
        let person = &visit.person;
        let models = state.app.served_models().await.map_err(|error| PageError::new(person.messages, error))?;
        let usual = models.iter().find(|model| *model == USUAL_MODEL).or(models.first());
        Ok(Self {
            t: person.messages,
            format: person.format.clone(),
            language: person.messages.0,
            theme: person.session.theme.clone(),
            operator: state.app.settings().operator.clone(),
            support: state.app.settings().support_email.clone(),
            csrf: person.session.csrf.clone(),
            organization: visit.organization.name.clone(),
            base_url: format!("{}/v1", state.public_url),
            model: usual.map_or(USUAL_MODEL, String::as_str).to_owned(),
            stage,
            here,
            next: visit.link("/welcome/credits"),
        })
    }

    /// An address below this page, about the same key.
    fn below(&self, rest: &str) -> String {
        subpath(&self.here, HERE, rest)
    }

    /// Explains a call in terms of what the person did.
    fn explain(&self, call: &FirstCall, calls: &FirstCalls) -> String {
        let t = self.t;
        match &call.fault {
            None => answered(t, call, calls),
            Some(CallFault::NoKey) => t.text("call-no-key"),
            Some(CallFault::Placeholder) => t.text("call-placeholder"),
            Some(CallFault::CutKey { length, whole }) => t.text_with_all(
                "call-cut-key",
                &[("length", length.to_string().as_str()), ("whole", whole.to_string().as_str())],
            ),
            Some(CallFault::OtherKey { tail }) if tail.is_empty() => t.text("call-short-key"),
            Some(CallFault::OtherKey { tail }) => {
                let own = tail_of(&calls.redacted);
                t.text_with_all("call-other-key", &[("tail", tail.as_str()), ("own", own)])
            }
            Some(CallFault::Model) => t.text_with("call-model", "model", &self.model),
            Some(CallFault::Gate) => t.text_with("call-gate", "model", &self.model),
            Some(CallFault::Address) => {
                t.text_with_all("call-address", &[("path", call.path.as_str()), ("base", self.base_url.as_str())])
            }
            Some(CallFault::Method) => t.text_with("call-method", "path", &call.path),
            Some(CallFault::Body) => t.text("call-body"),
            Some(CallFault::Permission) => t.text("call-permission"),
            Some(CallFault::Limit) => t.text("call-limit"),
            Some(CallFault::Server) => t.text("call-server"),
            Some(CallFault::Other) => t.text("call-other"),
        }
    }

    fn tail<'c>(&self, calls: &'c FirstCalls) -> &'c str {
        tail_of(&calls.redacted)
    }

    fn word(&self, calls: &FirstCalls) -> String {
        word(calls)
    }

    /// What was recorded without being seen here: another node answered.
    fn recorded(&self, calls: &FirstCalls) -> Option<String> {
        let seen = calls.calls.iter().any(|call| call.fault.is_none());
        let first = calls.recorded.first().filter(|_| !seen)?;
        let tokens = self.format.number(&first.tokens);
        Some(self.t.text_with_all("call-recorded", &[("model", first.model.as_str()), ("tokens", tokens.as_str())]))
    }
}

fn tail_of(redacted: &str) -> &str {
    redacted.get(redacted.len().saturating_sub(4)..).unwrap_or_default()
}

fn answered(t: Messages, call: &FirstCall, calls: &FirstCalls) -> String {
    let time = call.milliseconds.to_string();
    match calls.recorded.as_slice() {
        [one] if one.requests == 1 => {
            let tokens = one.tokens.to_string();
            let facts = [("model", one.model.as_str()), ("time", time.as_str()), ("tokens", tokens.as_str())];
            t.text_with_all("call-answered-by", &facts)
        }
        _ => t.text_with_all("call-answered", &[("path", call.path.as_str()), ("time", time.as_str())]),
    }
}

async fn show(state: &DashboardState, visit: &Visit, stage: Stage, here: String) -> Page {
    render(visit.person.messages, &FirstCallPage::of(state, visit, stage, here).await?)
}

/// The address of this page about a key.
fn about(visit: &Visit, key: &KeyId) -> String {
    visit.link(&format!("{HERE}?made={key}"))
}

/// The key that the address names.
fn named(visit: &Visit) -> Option<KeyId> {
    visit.person.query.get("made")?.parse().ok()
}

async fn calls(state: &DashboardState, visit: &Visit, key: &KeyId) -> Result<FirstCalls, Error> {
    let of = (&visit.organization.id, &visit.project.id);
    state.app.first_calls(&visit.person.actor(), of, key, visit.person.context.origin).await
}

async fn phone_stage(state: &DashboardState, visit: &Visit, form: Option<&Form>) -> Result<PhoneStep, PageError> {
    PhoneStep::of(state, visit, PHONE, Vec::new(), form).await
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    if let Some(key) = named(&visit)
        && let Ok(calls) = calls(&state, &visit, &key).await
    {
        return show(&state, &visit, Stage::Key { secret: None, calls }, about(&visit, &key)).await;
    }
    // Nothing has to be pressed before the phone step: the key is created at its end.
    if phone_needed(&state, &visit).await? {
        let step = phone_stage(&state, &visit, None).await?;
        return show(&state, &visit, Stage::Phone(Box::new(step)), visit.link(HERE)).await;
    }
    show(&state, &visit, Stage::Begin, visit.link(HERE)).await
}

/// Creates the first key and shows it once, in the code that uses it.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    make(&state, &visit).await
}

async fn make(state: &DashboardState, visit: &Visit) -> Page {
    let t = visit.person.messages;
    let key = NewKey { name: Some(t.text("first-key-name")), ..NewKey::default() };
    let (organization, project) = (&visit.organization.id, &visit.project.id);
    match state.app.create_project_key(&visit.person.actor(), organization, project, &key).await {
        Ok(made) => {
            let calls = calls(state, visit, &made.key.id).await.map_err(|error| PageError::new(t, error))?;
            let here = about(visit, &made.key.id);
            let stage = Stage::Key { secret: Some(made.secret.expose().clone()), calls };
            reloads_as(show(state, visit, stage, here.clone()).await, here)
        }
        Err(Error::RequirementMissing { missing, .. }) if missing.first() == Some(&Requirement::Phone) => {
            Ok(redirect(&visit.link(HERE)))
        }
        Err(error) => Err(PageError::new(t, error)),
    }
}

/// Sends the code of the phone step.
pub(crate) async fn phone(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, None, &form).await
}

/// Checks the code, sends another one, or asks for another number.
pub(crate) async fn phone_act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    act(&state, &visit, Some(&verb), &form).await
}

async fn act(state: &DashboardState, visit: &Visit, verb: Option<&str>, form: &Form) -> Page {
    visit.person.check(form)?;
    let t = visit.person.messages;
    match run(state, visit, verb, form).await {
        Ok(Progress::Verified) => make(state, visit).await,
        Ok(Progress::Continues) => Ok(redirect(&visit.link(HERE))),
        Err(error) if belongs_to_step(&error) => {
            let mut step = phone_stage(state, visit, Some(form)).await?;
            step.refuse(&error, verb);
            let here = visit.link(HERE);
            let page = FirstCallPage::of(state, visit, Stage::Phone(Box::new(step)), here.clone()).await?;
            reloads_as(render_error(t, &page, &error), here)
        }
        Err(error) => Err(PageError::new(t, error)),
    }
}

/// What has arrived, as one word.
fn word(calls: &FirstCalls) -> String {
    let newest = calls.calls.first().map_or(String::new(), |call| format!("{}-{}", call.at.0, call.status));
    let recorded: i64 = calls.recorded.iter().map(|one| one.requests).sum();
    format!("{}-{newest}-{recorded}", calls.calls.len())
}

/// The word, for browsers without a stream.
pub(crate) async fn follow(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let missing = || Error::not_found("API key", "");
    let found = match named(&visit) {
        Some(key) => calls(&state, &visit, &key).await,
        None => Err(missing()),
    };
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, word(&found)).into_response())
}

/// The word as a stream.
pub(crate) async fn events(State(state): State<DashboardState>, visit: Visit, headers: HeaderMap) -> Response {
    let holder = visit.person.session.id.clone();
    let (inner, noted) = (state.clone(), state.app.noted_calls());
    stream_changes_of(&state, &headers, holder.as_str(), noted, move || {
        let (state, visit) = (inner.clone(), visit.clone());
        async move {
            // The stream ends when the session ends.
            if !matches!(state.app.session(&visit.person.secret).await, Ok(Some(_))) {
                return Observed::Unavailable;
            }
            let Some(key) = named(&visit) else { return Observed::Unavailable };
            match calls(&state, &visit, &key).await {
                Ok(calls) => Observed::Changing(word(&calls)),
                Err(_) => Observed::Unavailable,
            }
        }
    })
    .await
}
