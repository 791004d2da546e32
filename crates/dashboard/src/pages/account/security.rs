//! Settings > Account > Security: ways to sign in, the password, the second factor, sessions.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use keystead_app::Error;
use keystead_app::accounts::{DeviceView, Enrolment, SecurityView, SignedIn};
use keystead_core::secret::Secret;

use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::qr_code::draw;
use crate::web::reauthenticate::renewed;
use crate::web::response::{Page, redirect, redirect_with_cookie, render, render_error};

const HERE: &str = "/settings/account/security";
const FACTOR: &str = "/settings/account/security/second-factor";

#[derive(Template)]
#[template(path = "pages/security.html")]
struct Security {
    layout: Layout,
    email: String,
    view: SecurityView,
    devices: Vec<DeviceView>,
    /// The issuer that may be connected.
    other: Option<String>,
    /// The form field with an error, and the message.
    wrong: FieldFault,
    links: Links,
    /// What is closed until there is a second factor, in sentences.
    shut: Vec<String>,
}

impl Security {
    /// Whether there is another way to sign in.
    fn can_part(&self) -> bool {
        self.view.has_password || !self.view.passkeys.is_empty()
    }
}

struct Links {
    email: String,
    identity_connect: String,
    identity_remove: String,
    password: String,
    factor: String,
    off: String,
    codes: String,
    passkey_new: Option<String>,
    passkey_remove: String,
    prove: String,
    end: String,
    end_others: String,
}

async fn page(state: &DashboardState, visit: &OwnVisit) -> Result<Security, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let session = &visit.person.session;
    Ok(Security {
        layout: visit.layout(state, &t.text("nav-security"), HERE),
        email: session.email.clone(),
        view: state.app.security(&session.user).await.map_err(fail)?,
        devices: state.app.devices(&session.user, session.id.as_str()).await.map_err(fail)?,
        other: state.app.services().sign_in.as_ref().map(|issuer| issuer.label().to_owned()),
        wrong: FieldFault::default(),
        shut: [
            visit.locked_by().map(|name| t.text_with("safety-locked", "organization", name)),
            session.operator_waits.then(|| t.text("safety-operator")),
        ]
        .into_iter()
        .flatten()
        .collect(),
        links: Links {
            email: visit.link("/settings/account/security/email"),
            identity_connect: visit.link("/settings/account/security/identity/connect"),
            identity_remove: visit.link("/settings/account/security/identity/remove"),
            password: visit.link("/settings/account/security/password"),
            factor: visit.link(FACTOR),
            off: visit.link("/settings/account/security/second-factor/off"),
            codes: visit.link("/settings/account/security/recovery-codes"),
            passkey_new: state.app.passkey_site().map(|_| visit.link("/settings/account/security/passkeys")),
            passkey_remove: visit.link("/settings/account/security/passkeys/remove"),
            prove: {
                let next = if session.operator_waits { "/operator" } else { "/home" };
                let query = serde_urlencoded::to_string([("next", visit.link(next))]).unwrap_or_default();
                format!("/reauthenticate?{query}")
            },
            end: visit.link("/settings/account/sessions/end"),
            end_others: visit.link("/settings/account/sessions/end-others"),
        },
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// Sends the link by mail. The answer does not reveal whether another account has the address.
pub(crate) async fn change_address(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let requested = state.app.request_address(&visit.person.secret, form.field("email"), &visit.person.context).await;
    match requested {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=mail-sent")))),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visit.person.format, error)),
        Err(error) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = FieldFault::new("email", error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

/// Redirects to the external sign-in service, to link an identity to this account.
pub(crate) async fn connect_identity(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let started = state.app.connect_identity(&visit.person.secret, &visit.link(&format!("{HERE}?done=saved"))).await;
    let started = started.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect_with_cookie(&started.url, Cookie::OidcState.set(&started.cookie, 600, state.secure())))
}

pub(crate) async fn unlink_identity(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let unlinked = state.app.unlink_identity(&visit.person.secret, form.field("issuer")).await;
    let opened = unlinked.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect_with_cookie(&visit.link(&format!("{HERE}?done=saved")), renewed(&state, &opened)))
}

/// Changes the password. The form has the old one, so no recent authentication is required. Other sessions end.
pub(crate) async fn change_password(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (old, new) = (form.secret("password"), form.secret("new_password"));
    match state.app.change_password(&visit.person.secret, &old, &new).await {
        Ok(opened) => {
            Ok(redirect_with_cookie(&visit.link(&format!("{HERE}?done=password-changed")), renewed(&state, &opened)))
        }
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visit.person.format, error)),
        Err(error) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = FieldFault::new("password", error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

#[derive(Template)]
#[template(path = "pages/second_factor.html")]
struct SecondFactor {
    layout: Layout,
    svg: String,
    /// The secret in groups of four characters, easier to type.
    secret: String,
    action: String,
    back: String,
    wrong: Option<String>,
}

fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn enrolment(state: &DashboardState, visit: &OwnVisit, begun: &Enrolment) -> SecondFactor {
    SecondFactor {
        layout: visit.layout(state, &visit.person.messages.text("factor-set-up"), HERE),
        svg: draw(begun.url.expose()),
        secret: grouped(begun.secret.expose()),
        action: visit.link("/settings/account/security/second-factor/confirm"),
        back: visit.link(HERE),
        wrong: None,
    }
}

/// Starts to set up an authenticator app, with a new secret.
pub(crate) async fn begin(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let begun = state.app.enrol_second_factor(&visit.person.secret).await;
    begun.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect(&visit.link(FACTOR)))
}

/// The page with the secret, until its first code is typed.
pub(crate) async fn begun(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let begun = state.app.begun_second_factor(&visit.person.secret).await;
    match begun.map_err(|error| PageError::new(&visit.person.format, error))? {
        Some(begun) => render(visit.person.messages, &enrolment(&state, &visit, &begun)),
        None => Ok(redirect(&visit.link(HERE))),
    }
}

pub(crate) async fn confirm(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let fail = |error| PageError::new(&visit.person.format, error);
    match state.app.confirm_second_factor(&visit.person.secret, form.field("code")).await {
        Ok((codes, opened)) => show_codes(&state, visit, &codes, Some(&opened)).await,
        Err(error @ Error::Invalid { code: Some("second_factor_wrong"), .. }) => {
            let begun = state.app.begun_second_factor(&visit.person.secret).await.map_err(fail)?;
            let Some(begun) = begun else { return Ok(redirect(&visit.link(HERE))) };
            let mut page = enrolment(&state, &visit, &begun);
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
        Err(error) => Err(fail(error)),
    }
}

pub(crate) async fn switch_off(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let off = state.app.disable_second_factor(&visit.person.secret).await;
    let opened = off.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect_with_cookie(&visit.link(&format!("{HERE}?done=second-factor-off")), renewed(&state, &opened)))
}

#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
struct Codes {
    layout: Layout,
    codes: Vec<String>,
    back: String,
}

pub(crate) async fn renew_codes(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let codes = state.app.renew_recovery_codes(&visit.person.secret).await;
    let codes = codes.map_err(|error| PageError::new(&visit.person.format, error))?;
    show_codes(&state, visit, &codes, None).await
}

/// Shows recovery codes, in the answer to the form only. If the session has a new secret, the layout is that of the new
/// session.
async fn show_codes(
    state: &DashboardState,
    mut visit: OwnVisit,
    codes: &[Secret<String>],
    opened: Option<&SignedIn>,
) -> Page {
    if let Some(opened) = opened {
        let view = state.app.session(&opened.session).await;
        let view = view.map_err(|error| PageError::new(&visit.person.format, error))?;
        visit.person.session = view.unwrap_or(visit.person.session);
    }
    let text = visit.person.messages;
    let page = Codes {
        layout: visit.layout(state, &text.text("recovery-codes"), HERE),
        codes: codes.iter().map(|code| code.expose().clone()).collect(),
        back: visit.link(HERE),
    };
    let mut response = render(text, &page)?;
    if let Some(opened) = opened {
        response.headers_mut().append(header::SET_COOKIE, renewed(state, opened));
    }
    Ok(response)
}

pub(crate) async fn end(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let ended = state.app.end_session(&visit.person.session.user, form.field("id")).await;
    ended.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=session-ended"))))
}

pub(crate) async fn end_others(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let ended = state.app.end_other_sessions(&visit.person.session.user, &visit.person.secret).await;
    ended.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=session-ended"))))
}
