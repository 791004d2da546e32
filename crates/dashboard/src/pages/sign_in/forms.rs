//! In and out: sign up, confirm, sign in, reset, invitations, sign out (S1-10, S3-01, S3-04).

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use keystead_app::Error;
use keystead_app::accounts::{AddressChange, SignedIn};
use keystead_core::secret::Secret;

use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::cookies::Cookie;
use crate::web::error_page::{Failure, words};
use crate::web::extract::{Person, Visitor, own_path};
use crate::web::form::Form;
use crate::web::response::{Page, go, go_with, show, show_again, show_refused};

/// Which of the small pages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    SignUp,
    SignIn,
    Sent,
    Confirm,
    ConfirmAddress {
        asked: AddressChange,
    },
    Forgot,
    Reset,
    /// The second factor after the password.
    Code,
    Invite {
        signed_in: bool,
    },
    Dead,
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct Door {
    t: Text,
    language: Language,
    languages: [Language; 3],
    operator: String,
    title: String,
    lead: String,
    kind: Kind,
    /// What was wrong, on top.
    wrong: Option<String>,
    email: String,
    next: String,
    token: String,
    other: Option<String>,
    /// The name passkeys are bound to, where they can be.
    passkey_site: Option<String>,
    inbox: Option<String>,
    path: &'static str,
}

impl Door {
    fn new(state: &DashboardState, visitor: &Visitor, kind: Kind, title: &str, path: &'static str) -> Self {
        let t = visitor.text;
        let asked = |name: &str| visitor.asked.get(name).cloned().unwrap_or_default();
        Self {
            t,
            language: t.0,
            languages: Language::ALL,
            operator: state.app.settings().operator.clone(),
            title: t.say(title),
            lead: t.say(&format!("{title}-lead")),
            kind,
            wrong: None,
            email: String::new(),
            next: asked("next"),
            token: asked("token"),
            other: state.app.services().sign_in.as_ref().map(|issuer| issuer.label().to_owned()),
            passkey_site: state.app.passkey_site(),
            inbox: state.sandbox_url.clone(),
            path,
        }
    }

    /// The sign-in page that leads back here.
    fn sign_in_href(&self) -> String {
        format!("/sign-in?{}", serde_urlencoded::to_string([("next", &self.next)]).unwrap_or_default())
    }

    /// This page in another language, still with what it was opened with.
    fn language_href(&self, other: &Language) -> String {
        let mut pairs = vec![("language", other.tag())];
        pairs.extend(
            [("token", self.token.as_str()), ("next", self.next.as_str())].into_iter().filter(|(_, v)| !v.is_empty()),
        );
        format!("{}?{}", self.path, serde_urlencoded::to_string(pairs).unwrap_or_default())
    }

    fn again(mut self, error: &Error, email: &str, next: &str) -> Page {
        self.wrong = Some(words(self.t, error));
        email.clone_into(&mut self.email);
        next.clone_into(&mut self.next);
        show_refused(self.t, &self, error)
    }
}

/// Goes on with the new session, or to the page that asks for the second factor. Whoever was signed in in this browser
/// before is not any more (ASVS 7.2.4).
pub(super) async fn signed_in(state: &DashboardState, visitor: &Visitor, opened: &SignedIn, next: &str) -> Page {
    if let Some((_, old)) = &visitor.session {
        state.app.sign_out(old).await.map_err(|error| Failure::new(visitor.text, error))?;
    }
    let seconds = opened.expires_at.since(state.app.now());
    let (next, secure) = (own_path(next), state.secure());
    if opened.waits_for_code {
        let language = visitor.text.0.tag();
        let query = serde_urlencoded::to_string([("next", next), ("language", language)]).unwrap_or_default();
        let mut response =
            go_with(&format!("/sign-in/code?{query}"), Cookie::Waiting.set(&opened.session, seconds, secure));
        if visitor.session.is_some() {
            response.headers_mut().append(header::SET_COOKIE, Cookie::Session.clear(secure));
        }
        return Ok(response);
    }
    Ok(go_with(next, Cookie::Session.set(&opened.session, seconds, secure)))
}

/// The page that asks for the second factor, for whoever has typed the password.
pub(crate) async fn code(State(state): State<DashboardState>, visitor: Visitor, headers: HeaderMap) -> Page {
    let waits = match Cookie::Waiting.read(&headers, state.secure()) {
        None => false,
        Some(waiting) => {
            let waits = state.app.waits_for_code(&waiting).await;
            waits.map_err(|error| Failure::new(visitor.text, error))?
        }
    };
    if !waits {
        return Ok(go("/sign-in"));
    }
    show(visitor.text, &Door::new(&state, &visitor, Kind::Code, "factor", "/sign-in/code"))
}

pub(crate) async fn do_code(
    State(state): State<DashboardState>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let Some(waiting) = Cookie::Waiting.read(&headers, state.secure()) else { return Ok(go("/sign-in")) };
    let next = form.text("next");
    match state.app.prove_second_factor(&waiting, form.text("code"), &visitor.context).await {
        Ok(opened) => {
            let mut response = signed_in(&state, &visitor, &opened, next).await?;
            response.headers_mut().append(header::SET_COOKIE, Cookie::Waiting.clear(state.secure()));
            Ok(response)
        }
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(Error::Invalid { code: Some("link_expired"), .. }) => Ok(go("/sign-in")),
        Err(error) => Door::new(&state, &visitor, Kind::Code, "factor", "/sign-in/code").again(&error, "", next),
    }
}

pub(crate) async fn sign_up(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    if visitor.session.is_some() {
        return Ok(go("/home"));
    }
    show(visitor.text, &Door::new(&state, &visitor, Kind::SignUp, "sign-up", "/sign-up"))
}

pub(crate) async fn do_sign_up(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let email = form.text("email");
    match state.app.sign_up(email, &form.secret("password"), &visitor.context).await {
        Ok(()) => Ok(go(&format!("/sign-up/sent?language={}", visitor.text.0.tag()))),
        Err(error) => Door::new(&state, &visitor, Kind::SignUp, "sign-up", "/sign-up").again(&error, email, ""),
    }
}

pub(crate) async fn sent(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    show(visitor.text, &Door::new(&state, &visitor, Kind::Sent, "sent", "/sign-up/sent"))
}

/// Opening the link spends nothing: mail scanners open links.
pub(crate) async fn confirm(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.asked.get("token").cloned().unwrap_or_default());
    let works = state.app.confirmation_works(&token).await.map_err(|error| Failure::new(visitor.text, error))?;
    let (kind, title) = if works { (Kind::Confirm, "confirm") } else { (Kind::Dead, "dead-link") };
    show(visitor.text, &Door::new(&state, &visitor, kind, title, "/confirm"))
}

pub(crate) async fn do_confirm(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    match state.app.confirm_email(&form.secret("token"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/welcome").await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(_) => show_again(visitor.text, &Door::new(&state, &visitor, Kind::Dead, "dead-link", "/confirm")),
    }
}

/// A new address; opening the link spends nothing here either. The page says whose account would get which address.
pub(crate) async fn confirm_address(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.asked.get("token").cloned().unwrap_or_default());
    address_page(&state, &visitor, &token, None).await
}

async fn address_page(
    state: &DashboardState,
    visitor: &Visitor,
    token: &Secret<String>,
    wrong: Option<&Error>,
) -> Page {
    let asked = state.app.look_at_address(token).await.map_err(|error| Failure::new(visitor.text, error))?;
    let Some(asked) = asked else {
        let dead = Door::new(state, visitor, Kind::Dead, "dead-link", "/confirm-address");
        return if wrong.is_some() { show_again(visitor.text, &dead) } else { show(visitor.text, &dead) };
    };
    let mut door = Door::new(state, visitor, Kind::ConfirmAddress { asked }, "address", "/confirm-address");
    token.expose().clone_into(&mut door.token);
    match wrong {
        Some(error) => door.again(error, "", ""),
        None => show(visitor.text, &door),
    }
}

pub(crate) async fn do_confirm_address(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let (token, session) = (form.secret("token"), visitor.session.as_ref().map(|(_, secret)| secret));
    match state.app.confirm_address(&token, session).await {
        Ok(()) => Ok(go("/settings/account/security?done=saved")),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(error) => address_page(&state, &visitor, &token, Some(&error)).await,
    }
}

pub(crate) async fn sign_in(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    if visitor.session.is_some() {
        return Ok(go(own_path(visitor.asked.get("next").map_or("/home", String::as_str))));
    }
    show(visitor.text, &Door::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in"))
}

pub(crate) async fn do_sign_in(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let (email, next) = (form.text("email"), form.text("next"));
    match state.app.sign_in(email, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, next).await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(error) => Door::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in").again(&error, email, next),
    }
}

/// The sign-in page, with what was wrong.
pub(super) fn sign_in_again(state: &DashboardState, visitor: &Visitor, error: &Error, next: &str) -> Page {
    Door::new(state, visitor, Kind::SignIn, "sign-in", "/sign-in").again(error, "", next)
}

/// Leaves for another's sign-in page.
pub(crate) async fn depart(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let departed = state.app.begin_oidc(own_path(form.text("next"))).await;
    let departed = departed.map_err(|error| Failure::new(visitor.text, error))?;
    Ok(go_with(&departed.url, Cookie::Departed.set(&departed.cookie, 600, state.secure())))
}

/// Comes back from it.
pub(crate) async fn arrive(State(state): State<DashboardState>, visitor: Visitor, headers: HeaderMap) -> Page {
    let asked = |name: &str| visitor.asked.get(name).map(String::as_str).unwrap_or_default();
    let arrived = match Cookie::Departed.read(&headers, state.secure()) {
        None => Err(Error::Invalid { param: None, code: Some("link_expired"), message: String::new() }),
        Some(cookie) => state.app.finish_oidc(&cookie, asked("state"), asked("code"), &visitor.context).await,
    };
    match arrived {
        Ok((opened, next)) => {
            let mut response = match opened {
                Some(opened) => signed_in(&state, &visitor, &opened, &next).await?,
                None => go(own_path(&next)),
            };
            response.headers_mut().append(header::SET_COOKIE, Cookie::Departed.clear(state.secure()));
            Ok(response)
        }
        Err(error) => sign_in_again(&state, &visitor, &error, ""),
    }
}

pub(crate) async fn sign_out(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    state.app.sign_out(&person.secret).await.map_err(|error| Failure::new(person.text, error))?;
    let mut response = go_with("/sign-in", Cookie::Session.clear(state.secure()));
    if state.secure() {
        // What the pages left in this browser goes, too (ASVS 14.3.1); browsers listen to it over TLS only.
        response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    }
    Ok(response)
}

pub(crate) async fn forgot(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    show(visitor.text, &Door::new(&state, &visitor, Kind::Forgot, "forgot", "/forgot"))
}

pub(crate) async fn do_forgot(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let email = form.text("email");
    match state.app.request_reset(email, &visitor.context).await {
        Ok(()) => Ok(go(&format!("/sign-up/sent?language={}", visitor.text.0.tag()))),
        Err(error) => Door::new(&state, &visitor, Kind::Forgot, "forgot", "/forgot").again(&error, email, ""),
    }
}

pub(crate) async fn reset(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.asked.get("token").cloned().unwrap_or_default());
    let works = state.app.reset_works(&token).await.map_err(|error| Failure::new(visitor.text, error))?;
    let (kind, title) = if works { (Kind::Reset, "reset") } else { (Kind::Dead, "dead-link") };
    show(visitor.text, &Door::new(&state, &visitor, kind, title, "/reset"))
}

pub(crate) async fn do_reset(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let token = form.secret("token");
    match state.app.reset_password(&token, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/home").await,
        Err(error) => {
            let mut door = Door::new(&state, &visitor, Kind::Reset, "reset", "/reset");
            token.expose().clone_into(&mut door.token);
            door.again(&error, "", "")
        }
    }
}

/// The page of an invitation that works.
async fn invitation(
    state: &DashboardState,
    visitor: &Visitor,
    token: &Secret<String>,
) -> Result<Option<Door>, Failure> {
    let found = state.app.look_at_invite(token).await.map_err(|error| Failure::new(visitor.text, error))?;
    let Some((organization, email)) = found else { return Ok(None) };
    let mine = visitor.session.as_ref().is_some_and(|(session, _)| session.email == email);
    let mut door = Door::new(state, visitor, Kind::Invite { signed_in: mine }, "invite", "/invite");
    door.lead = visitor.text.say2("invite-lead", &("organization", organization.as_str()), &("email", email.as_str()));
    door.next.clone_from(&visitor.path);
    token.expose().clone_into(&mut door.token);
    door.email = email;
    Ok(Some(door))
}

pub(crate) async fn invite(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.asked.get("token").cloned().unwrap_or_default());
    match invitation(&state, &visitor, &token).await? {
        Some(door) => show(visitor.text, &door),
        None => show(visitor.text, &Door::new(&state, &visitor, Kind::Dead, "dead-invite", "/invite")),
    }
}

pub(crate) async fn do_invite(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    let accepted = state.app.accept_invite(&person.session.user, &form.secret("token")).await;
    accepted.map_err(|error| Failure::new(person.text, error))?;
    Ok(go("/home"))
}

/// Signs up through an invitation: its link came to the mailbox, so only a password is missing.
pub(crate) async fn join(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let token = form.secret("token");
    match state.app.join(&token, &form.secret("password"), &visitor.context).await {
        Ok(opened) => signed_in(&state, &visitor, &opened, "/home").await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(error) => match invitation(&state, &visitor, &token).await? {
            Some(door) => door.again(&error, "", &format!("/invite?token={}", token.expose())),
            None => show_again(visitor.text, &Door::new(&state, &visitor, Kind::Dead, "dead-invite", "/invite")),
        },
    }
}

/// Keeps how pages should be, and goes back.
pub(crate) async fn preferences(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    // A field that is absent stays as it was; one that is empty goes back to what the device says.
    let field = |name: &str| form.all(name).into_iter().next().map(|value| value.trim().to_owned());
    let (language, theme, zone) = (field("language"), field("theme"), field("time_zone"));
    if zone.as_deref().is_some_and(|zone| !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err()) {
        let unknown = Error::coded("time_zone", "time_zone_unknown", "Invalid 'time_zone': no zone has this name.");
        return Err(Failure::new(person.text, unknown));
    }
    let kept = state.app.prefer(&person.session.user, language.as_deref(), theme.as_deref(), zone.as_deref()).await;
    kept.map_err(|error| Failure::new(person.text, error))?;
    Ok(go(own_path(form.text("next"))))
}
