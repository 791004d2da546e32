//! In and out: sign up, confirm, sign in, reset, invitations, sign out (S1-10, S3-01, S3-04).

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use keystead_app::Error;
use keystead_app::accounts::SignedIn;
use keystead_core::secret::Secret;

use super::{Page, go, go_with, show, show_again};
use crate::DashboardState;
use crate::cookies::Cookie;
use crate::failure::{Failure, words};
use crate::form::Form;
use crate::language::Language;
use crate::text::Text;
use crate::visit::{Person, Visitor, own_path};

/// Which of the small pages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    SignUp,
    SignIn,
    Sent,
    Confirm,
    Forgot,
    Reset,
    Invite { signed_in: bool },
    Dead,
}

#[derive(Template)]
#[template(path = "pages/door.html")]
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
            inbox: state.sandbox_url.clone(),
            path,
        }
    }

    /// The sign-in page that leads back here.
    fn sign_in_href(&self) -> String {
        format!("/sign-in?{}", serde_urlencoded::to_string([("next", &self.next)]).unwrap_or_default())
    }

    fn again(mut self, error: &Error, email: &str, next: &str) -> Page {
        self.wrong = Some(words(self.t, error));
        email.clone_into(&mut self.email);
        next.clone_into(&mut self.next);
        show_again(self.t, &self)
    }
}

fn signed_in(state: &DashboardState, opened: &SignedIn, next: &str) -> Response {
    let seconds = opened.expires_at.since(state.app.now());
    go_with(own_path(next), Cookie::Session.set(&opened.session, seconds, state.secure()))
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
    match state.app.confirm_email(&form.secret("token")).await {
        Ok(user) => {
            let opened = state.app.open_session(&user, &visitor.context).await;
            let opened = opened.map_err(|error| Failure::new(visitor.text, error))?;
            Ok(signed_in(&state, &opened, "/welcome"))
        }
        Err(_) => show_again(visitor.text, &Door::new(&state, &visitor, Kind::Dead, "dead-link", "/confirm")),
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
        Ok(opened) => Ok(signed_in(&state, &opened, next)),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(error) => Door::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in").again(&error, email, next),
    }
}

/// Leaves for another's sign-in page.
pub(crate) async fn depart(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let departed = state.app.depart(own_path(form.text("next"))).await;
    let departed = departed.map_err(|error| Failure::new(visitor.text, error))?;
    Ok(go_with(&departed.url, Cookie::Departed.set(&departed.cookie, 600, state.secure())))
}

/// Comes back from it.
pub(crate) async fn arrive(
    State(state): State<DashboardState>,
    visitor: Visitor,
    headers: axum::http::HeaderMap,
) -> Page {
    let asked = |name: &str| visitor.asked.get(name).map(String::as_str).unwrap_or_default();
    let arrived = match Cookie::Departed.read(&headers, state.secure()) {
        None => Err(Error::Invalid { param: None, code: Some("link_expired"), message: String::new() }),
        Some(cookie) => state.app.arrive(&cookie, asked("state"), asked("code"), &visitor.context).await,
    };
    match arrived {
        Ok((opened, next)) => {
            let mut response = signed_in(&state, &opened, &next);
            response.headers_mut().append(header::SET_COOKIE, Cookie::Departed.clear(state.secure()));
            Ok(response)
        }
        Err(error) => Door::new(&state, &visitor, Kind::SignIn, "sign-in", "/sign-in").again(&error, "", ""),
    }
}

pub(crate) async fn sign_out(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    state.app.sign_out(&person.secret).await.map_err(|error| Failure::new(person.text, error))?;
    Ok(go_with("/sign-in", Cookie::Session.clear(state.secure())))
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
        Ok(user) => {
            let opened = state.app.open_session(&user, &visitor.context).await;
            let opened = opened.map_err(|error| Failure::new(visitor.text, error))?;
            Ok(signed_in(&state, &opened, "/home"))
        }
        Err(error) => {
            let mut door = Door::new(&state, &visitor, Kind::Reset, "reset", "/reset");
            token.expose().clone_into(&mut door.token);
            door.again(&error, "", "")
        }
    }
}

pub(crate) async fn invite(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let token = Secret::new(visitor.asked.get("token").cloned().unwrap_or_default());
    let found = state.app.look_at_invite(&token).await.map_err(|error| Failure::new(visitor.text, error))?;
    let Some((organization, email)) = found else {
        return show(visitor.text, &Door::new(&state, &visitor, Kind::Dead, "dead-link", "/invite"));
    };
    let mine = visitor.session.as_ref().is_some_and(|(session, _)| session.email == email);
    let mut door = Door::new(&state, &visitor, Kind::Invite { signed_in: mine }, "invite", "/invite");
    door.lead = visitor.text.say2("invite-lead", &("organization", organization.as_str()), &("email", email.as_str()));
    door.next = visitor.path.clone();
    show(visitor.text, &door)
}

pub(crate) async fn do_invite(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    let accepted = state.app.accept_invite(&person.session.user, &form.secret("token")).await;
    accepted.map_err(|error| Failure::new(person.text, error))?;
    Ok(go("/home"))
}

/// Keeps how pages should be, and goes back.
pub(crate) async fn preferences(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    let field = |name: &str| Some(form.text(name)).filter(|value| !value.is_empty());
    let kept = state.app.prefer(&person.session.user, field("language"), field("theme"), field("time_zone")).await;
    kept.map_err(|error| Failure::new(person.text, error))?;
    Ok(go(own_path(form.text("next"))))
}
