//! Sign up, confirm, sign in, reset the password, accept invitations, sign out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use keystead_app::Error;
use keystead_app::accounts::{AddressChange, SignedIn};
use keystead_core::secret::Secret;

use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::{Person, Visitor, local_path, sign_in_path};
use crate::web::form::Form;
use crate::web::response::{Page, redirect, redirect_with_cookie, render, render_error, render_invalid};
use keystead_core::language::Language;
use keystead_locales::{LocalFormat, Messages};

/// The form that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    SignUp,
    SignIn,
    Sent,
    Confirm,
    ConfirmAddress {
        change: AddressChange,
    },
    Forgot,
    Reset,
    /// The second factor after the password.
    Code,
    Invite {
        signed_in: bool,
    },
    Dead,
    /// No mail can be sent, so nothing that needs a link by mail is offered.
    NoMail,
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    t: Messages,
    format: LocalFormat,
    language: Language,
    languages: [Language; 3],
    operator: String,
    title: String,
    lead: String,
    kind: Kind,
    /// The error message, above the form.
    wrong: Option<String>,
    email: String,
    next: String,
    token: String,
    other: Option<String>,
    /// The site name of passkeys, if passkeys can be used here.
    passkey_site: Option<String>,
    inbox: Option<String>,
    /// Where people get help.
    support: Option<String>,
    path: &'static str,
}

impl SignInPage {
    fn new(state: &DashboardState, visitor: &Visitor, kind: Kind, title: &str, path: &'static str) -> Self {
        let t = visitor.messages;
        let param = |name: &str| visitor.query.get(name).cloned().unwrap_or_default();
        Self {
            t,
            format: visitor.format.clone(),
            language: t.0,
            languages: Language::ALL,
            operator: state.app.settings().operator.clone(),
            title: t.text(title),
            lead: t.text(&format!("{title}-lead")),
            kind,
            wrong: None,
            email: String::new(),
            next: param("next"),
            token: param("token"),
            other: state.app.services().sign_in.as_ref().map(|issuer| issuer.label().to_owned()),
            passkey_site: state.app.passkey_site(),
            inbox: state.sandbox_url.clone(),
            support: state.app.settings().support_email.clone(),
            path,
        }
    }

    /// The address of the sign-in page that returns here.
    fn sign_in_href(&self) -> String {
        format!("/sign-in?{}", serde_urlencoded::to_string([("next", &self.next)]).unwrap_or_default())
    }

    /// The address of this page in another language, with the same parameters.
    fn language_href(&self, other: &Language) -> String {
        let mut pairs = vec![("language", other.tag())];
        pairs.extend(
            [("token", self.token.as_str()), ("next", self.next.as_str())].into_iter().filter(|(_, v)| !v.is_empty()),
        );
        format!("{}?{}", self.path, serde_urlencoded::to_string(pairs).unwrap_or_default())
    }

    /// The same page where no mail can be sent: it says so and who can help, and still offers the outside sign-in.
    fn without_mail(mut self) -> Self {
        if self.kind != Kind::SignUp {
            self.other = None;
        }
        self.kind = Kind::NoMail;
        self.title = self.t.text("no-mail");
        self.lead = self.t.text("no-mail-lead");
        self
    }

    /// Shows a page that leads to a mail.
    fn needs_mail(self, state: &DashboardState) -> Page {
        if state.app.sends_mail() { render(self.t, &self) } else { render(self.t, &self.without_mail()) }
    }

    fn again(mut self, error: &Error, email: &str, next: &str) -> Page {
        if matches!(error, Error::Unsupported("mails")) && self.kind != Kind::SignIn {
            return render_error(self.t, &self.without_mail(), error);
        }
        self.wrong = Some(error_message(&self.format, error));
        email.clone_into(&mut self.email);
        next.clone_into(&mut self.next);
        render_error(self.t, &self, error)
    }
}

/// Starts the new session, or redirects to the page that asks for the second factor. The previous session of this
/// browser ends.
pub(super) async fn signed_in(state: &DashboardState, visitor: &Visitor, opened: &SignedIn, next: &str) -> Page {
    if let Some((_, old)) = &visitor.session {
        state.app.sign_out(old).await.map_err(|error| PageError::new(&visitor.format, error))?;
    }
    let seconds = opened.expires_at.since(state.app.now());
    let (next, secure) = (local_path(next), state.secure());
    if opened.waits_for_code {
        let language = visitor.messages.0.tag();
        let query = serde_urlencoded::to_string([("next", next), ("language", language)]).unwrap_or_default();
        let mut response = redirect_with_cookie(
            &format!("/sign-in/code?{query}"),
            Cookie::Waiting.set(&opened.session, seconds, secure),
        );
        if visitor.session.is_some() {
            response.headers_mut().append(header::SET_COOKIE, Cookie::Session.clear(secure));
        }
        return Ok(response);
    }
    Ok(redirect_with_cookie(next, Cookie::Session.set(&opened.session, seconds, secure)))
}

/// The page that asks for the second factor after the password.
pub(crate) async fn code(State(state): State<DashboardState>, visitor: Visitor, headers: HeaderMap) -> Page {
    let waits = match Cookie::Waiting.read(&headers, state.secure()) {
        None => false,
        Some(waiting) => {
            let waits = state.app.waits_for_code(&waiting).await;
            waits.map_err(|error| PageError::new(&visitor.format, error))?
        }
    };
    if !waits {
        return Ok(redirect("/sign-in"));
    }
    render(visitor.messages, &SignInPage::new(&state, &visitor, Kind::Code, "factor", "/sign-in/code"))
}

pub(crate) async fn do_code(
    State(state): State<DashboardState>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let Some(waiting) = Cookie::Waiting.read(&headers, state.secure()) else { return Ok(redirect("/sign-in")) };
    let next = form.field("next");
    match state.app.prove_second_factor(&waiting, form.field("code"), &visitor.context).await {
        Ok(opened) => {
            let mut response = signed_in(&state, &visitor, &opened, next).await?;
            response.headers_mut().append(header::SET_COOKIE, Cookie::Waiting.clear(state.secure()));
            Ok(response)
        }
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(Error::Invalid { code: Some("link_expired"), .. }) => Ok(redirect("/sign-in")),
        Err(error) => SignInPage::new(&state, &visitor, Kind::Code, "factor", "/sign-in/code").again(&error, "", next),
    }
}

pub(crate) async fn sign_up(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    if visitor.session.is_some() {
        return Ok(redirect("/home"));
    }
    SignInPage::new(&state, &visitor, Kind::SignUp, "sign-up", "/sign-up").needs_mail(&state)
}

pub(crate) async fn do_sign_up(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let email = form.field("email");
    match state.app.sign_up(email, &form.secret("password"), &visitor.context).await {
        Ok(()) => Ok(redirect(&format!("/sign-up/sent?language={}", visitor.messages.0.tag()))),
        Err(error) => SignInPage::new(&state, &visitor, Kind::SignUp, "sign-up", "/sign-up").again(&error, email, ""),
    }
}

pub(crate) async fn sent(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    SignInPage::new(&state, &visitor, Kind::Sent, "sent", "/sign-up/sent").needs_mail(&state)
}

/// Opening the link does not use it up, because mail scanners open links.
pub(crate) async fn confirm(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.query.get("token").cloned().unwrap_or_default());
    let works = state.app.confirmation_works(&token).await.map_err(|error| PageError::new(&visitor.format, error))?;
    let (kind, title) = if works { (Kind::Confirm, "confirm") } else { (Kind::Dead, "dead-link") };
    render(visitor.messages, &SignInPage::new(&state, &visitor, kind, title, "/confirm"))
}

pub(crate) async fn do_confirm(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    match state.app.confirm_email(&form.secret("token"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/welcome").await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(_) => {
            render_invalid(visitor.messages, &SignInPage::new(&state, &visitor, Kind::Dead, "dead-link", "/confirm"))
        }
    }
}

/// Confirms a new e-mail address. Opening the link does not use it up; the page shows the account and the new address.
pub(crate) async fn confirm_address(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.query.get("token").cloned().unwrap_or_default());
    address_page(&state, &visitor, &token, None).await
}

async fn address_page(
    state: &DashboardState,
    visitor: &Visitor,
    token: &Secret<String>,
    wrong: Option<&Error>,
) -> Page {
    let change = state.app.find_email_change(token).await.map_err(|error| PageError::new(&visitor.format, error))?;
    let Some(change) = change else {
        let dead = SignInPage::new(state, visitor, Kind::Dead, "dead-link", "/confirm-address");
        return if wrong.is_some() { render_invalid(visitor.messages, &dead) } else { render(visitor.messages, &dead) };
    };
    let mut page = SignInPage::new(state, visitor, Kind::ConfirmAddress { change }, "address", "/confirm-address");
    token.expose().clone_into(&mut page.token);
    match wrong {
        Some(error) => page.again(error, "", ""),
        None => render(visitor.messages, &page),
    }
}

pub(crate) async fn do_confirm_address(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let (token, session) = (form.secret("token"), visitor.session.as_ref().map(|(_, secret)| secret));
    match state.app.confirm_address(&token, session).await {
        Ok(()) => Ok(redirect("/settings/account/security?done=saved")),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(error) => address_page(&state, &visitor, &token, Some(&error)).await,
    }
}

pub(crate) async fn sign_in(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    if visitor.session.is_some() {
        return Ok(redirect(local_path(visitor.query.get("next").map_or("/home", String::as_str))));
    }
    render(visitor.messages, &SignInPage::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in"))
}

pub(crate) async fn do_sign_in(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let (email, next) = (form.field("email"), form.field("next"));
    match state.app.sign_in(email, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, next).await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(error) => SignInPage::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in").again(&error, email, next),
    }
}

/// The sign-in page with an error message.
pub(super) fn sign_in_again(state: &DashboardState, visitor: &Visitor, error: &Error, next: &str) -> Page {
    SignInPage::new(state, visitor, Kind::SignIn, "sign-in", "/sign-in").again(error, "", next)
}

pub(crate) async fn sign_out(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    state.app.sign_out(&person.secret).await.map_err(|error| PageError::new(&person.format, error))?;
    let next = form.field("next");
    let to = if next.is_empty() { "/sign-in".to_owned() } else { sign_in_path(local_path(next)) };
    let mut response = redirect_with_cookie(&to, Cookie::Session.clear(state.secure()));
    if state.secure() {
        // Deletes what the pages stored in this browser. Browsers honour the header over TLS only.
        response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    }
    Ok(response)
}

pub(crate) async fn forgot(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    SignInPage::new(&state, &visitor, Kind::Forgot, "forgot", "/forgot").needs_mail(&state)
}

pub(crate) async fn do_forgot(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let email = form.field("email");
    match state.app.request_reset(email, &visitor.context).await {
        Ok(()) => Ok(redirect(&format!("/sign-up/sent?language={}", visitor.messages.0.tag()))),
        Err(error) => SignInPage::new(&state, &visitor, Kind::Forgot, "forgot", "/forgot").again(&error, email, ""),
    }
}

pub(crate) async fn reset(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.query.get("token").cloned().unwrap_or_default());
    let works = state.app.reset_works(&token).await.map_err(|error| PageError::new(&visitor.format, error))?;
    let (kind, title) = if works { (Kind::Reset, "reset") } else { (Kind::Dead, "dead-link") };
    render(visitor.messages, &SignInPage::new(&state, &visitor, kind, title, "/reset"))
}

pub(crate) async fn do_reset(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let token = form.secret("token");
    match state.app.reset_password(&token, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/home").await,
        Err(error) => {
            let mut page = SignInPage::new(&state, &visitor, Kind::Reset, "reset", "/reset");
            token.expose().clone_into(&mut page.token);
            page.again(&error, "", "")
        }
    }
}

/// The page of a valid invitation.
async fn invitation(
    state: &DashboardState,
    visitor: &Visitor,
    token: &Secret<String>,
) -> Result<Option<SignInPage>, PageError> {
    let found = state.app.find_invite(token).await.map_err(|error| PageError::new(&visitor.format, error))?;
    let Some((organization, email)) = found else { return Ok(None) };
    let mine = visitor.session.as_ref().is_some_and(|(session, _)| session.email == email);
    let mut page = SignInPage::new(state, visitor, Kind::Invite { signed_in: mine }, "invite", "/invite");
    page.lead = visitor
        .messages
        .text_with_all("invite-lead", &[("organization", organization.as_str()), ("email", email.as_str())]);
    page.next.clone_from(&visitor.path);
    token.expose().clone_into(&mut page.token);
    page.email = email;
    Ok(Some(page))
}

pub(crate) async fn invite(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.query.get("token").cloned().unwrap_or_default());
    match invitation(&state, &visitor, &token).await? {
        Some(page) => render(visitor.messages, &page),
        None => render(visitor.messages, &SignInPage::new(&state, &visitor, Kind::Dead, "dead-invite", "/invite")),
    }
}

pub(crate) async fn do_invite(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    let accepted = state.app.accept_invite(&person.session.user, &form.secret("token")).await;
    accepted.map_err(|error| PageError::new(&person.format, error))?;
    Ok(redirect("/home"))
}

/// Signs up through an invitation. The link confirms the address, so only a password is needed.
pub(crate) async fn join(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let token = form.secret("token");
    match state.app.sign_up_with_invite(&token, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/home").await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(error) => match invitation(&state, &visitor, &token).await? {
            Some(page) => page.again(&error, "", &format!("/invite?token={}", token.expose())),
            None => render_invalid(
                visitor.messages,
                &SignInPage::new(&state, &visitor, Kind::Dead, "dead-invite", "/invite"),
            ),
        },
    }
}
