//! The person who sent a request, their language, and the chosen organization and project. The project is in the URL
//! (`?project=`), so that a link opens the same page for a colleague; without it, the first organization's default
//! project is chosen.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use keystead_app::accounts::{Context, SessionView};
use keystead_app::organizations::{OrganizationChoice, ProjectChoice};
use keystead_app::request::Origin;
use keystead_app::{Actor, Error};
use keystead_core::network::Client;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use subtle::ConstantTimeEq;

use crate::state::DashboardState;
use crate::web::cookies::{Cookie, browsers_zone};
use crate::web::error_page::PageError;
use crate::web::form::Form;
use crate::web::without_role;
use keystead_core::language::Language;
use keystead_locales::LocalFormat;
use keystead_locales::Messages;

/// The parameters of the query string.
pub(crate) type QueryParams = HashMap<String, String>;

/// The sender of a request, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) messages: Messages,
    pub(crate) format: LocalFormat,
    pub(crate) query: QueryParams,
    pub(crate) path: String,
    pub(crate) context: Context,
    pub(crate) session: Option<(SessionView, Secret<String>)>,
}

impl FromRequestParts<DashboardState> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &DashboardState) -> Result<Self, Response> {
        // The middleware of forms has read the session already.
        if let Some(visitor) = parts.extensions.remove::<Self>() {
            return Ok(visitor);
        }
        let query = Query::<QueryParams>::try_from_uri(&parts.uri).map(|found| found.0).unwrap_or_default();
        let cookie = Cookie::Session.read(&parts.headers, state.secure());
        let session = match cookie {
            None => None,
            Some(secret) => match state.app.session(&secret).await {
                Ok(view) => view.map(|view| (view, secret)),
                Err(error) => return Err(PageError::new(Messages(Language::English), error).into_response()),
            },
        };
        let accept = text_of(&parts.headers, header::ACCEPT_LANGUAGE.as_str());
        let kept = session.as_ref().map(|(view, _)| view.language.as_str()).filter(|tag| !tag.is_empty());
        let language = Language::choose(query.get("language").map(String::as_str).or(kept), accept);
        let chosen = session.as_ref().and_then(|(view, _)| TimeZone::get(&view.time_zone).ok());
        let zone = chosen.or_else(|| TimeZone::get(&browsers_zone(&parts.headers)?).ok()).unwrap_or(TimeZone::UTC);
        let ip = parts.extensions.get::<Client>().map(|client| client.address);
        let user_agent = text_of(&parts.headers, header::USER_AGENT.as_str()).unwrap_or_default().to_owned();
        let context = Context { origin: Origin { ip }, user_agent, language: language.tag().to_owned() };
        let messages = Messages(language);
        let format = LocalFormat { messages, now: state.app.now(), zone };
        Ok(Self { messages, format, query, path: here(&parts.uri), context, session })
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn here(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), |here| here.as_str().to_owned())
}

/// Returns the path if it leads to one of our own pages, else `/home`. Refuses hosts, schemes and backslashes, which
/// would make an open redirect.
pub(crate) fn local_path(next: &str) -> &str {
    let plain = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && next.len() <= 512;
    if plain && next.bytes().all(|b| b.is_ascii_graphic()) { next } else { "/home" }
}

/// The address of the sign-in page that leads on to this path.
pub(crate) fn sign_in_path(next: &str) -> String {
    format!("/sign-in?{}", encode(next))
}

fn encode(text: &str) -> String {
    serde_urlencoded::to_string([("next", text)]).unwrap_or_default()
}

/// A signed-in person, who may not have an organization yet.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) messages: Messages,
    pub(crate) format: LocalFormat,
    pub(crate) query: QueryParams,
    pub(crate) path: String,
    pub(crate) context: Context,
    pub(crate) session: SessionView,
    pub(crate) secret: Secret<String>,
}

impl FromRequestParts<DashboardState> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &DashboardState) -> Result<Self, Response> {
        let Visitor { messages, format, query, path, context, session } =
            Visitor::from_request_parts(parts, state).await?;
        match session {
            Some((session, secret)) => Ok(Self { messages, format, query, path, context, session, secret }),
            None => Err(Redirect::to(&sign_in_path(&path)).into_response()),
        }
    }
}

impl Person {
    /// Parses an id from an address or a form. A malformed id is answered like an unknown one.
    pub(crate) fn named<T: std::str::FromStr>(&self, kind: &'static str, id: &str) -> Result<T, PageError> {
        id.parse().map_err(|_| PageError::new(self.messages, Error::not_found(kind, id)))
    }

    /// The actor for use cases.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Session(self.session.user.clone(), self.session.id.clone())
    }

    /// Refuses a form that does not carry this session's token.
    pub(crate) fn check(&self, form: &Form) -> Result<(), Box<PageError>> {
        let same = form.field("csrf").as_bytes().ct_eq(self.session.csrf.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(Box::new(PageError::form(self.messages))) }
    }
}

/// A signed-in person with the chosen organization and project.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) person: Person,
    pub(crate) choices: Vec<OrganizationChoice>,
    pub(crate) organization: OrganizationChoice,
    pub(crate) project: ProjectChoice,
}

/// Reads the signed-in person, and the organizations and projects that they can choose.
pub(super) async fn person_with_choices(
    parts: &mut Parts,
    state: &DashboardState,
) -> Result<(Person, Vec<OrganizationChoice>), Response> {
    let person = Person::from_request_parts(parts, state).await?;
    let choices = state.app.organizations_of(&person.session.user).await;
    let choices = choices.map_err(|error| PageError::new(person.messages, error).into_response())?;
    Ok((person, choices))
}

impl FromRequestParts<DashboardState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &DashboardState) -> Result<Self, Response> {
        let (person, choices) = person_with_choices(parts, state).await?;
        if choices.is_empty() {
            // The console needs no organization.
            let operator = person.session.operator || person.session.operator_waits;
            return Err(Redirect::to(if operator { "/operator" } else { "/welcome" }).into_response());
        }
        let visit = Self::choose(person, choices, parts.uri.path()).map_err(|response| *response)?;
        if visit.organization.holds_role || open_without_role(parts.uri.path()) {
            return Ok(visit);
        }
        Err(without_role::answer(state, &visit))
    }
}

impl Visit {
    /// Chooses the organization and project that the query names, or the first ones.
    pub(crate) fn choose(person: Person, choices: Vec<OrganizationChoice>, path: &str) -> Result<Self, Box<Response>> {
        let wanted = person.query.get("project").map(String::as_str);
        let chosen = |organization: &OrganizationChoice| match wanted {
            None => organization.projects.first().map(|project| (organization.clone(), project.clone())),
            Some(id) => {
                let project = organization.projects.iter().find(|project| project.id.as_str() == id)?;
                Some((organization.clone(), project.clone()))
            }
        };
        // Where a person holds no role, nothing can be shown to them.
        let held = choices.iter().filter(|organization| organization.holds_role);
        match held.chain(&choices).find_map(chosen) {
            // The organization requires a second factor: only the pages to set one up are open.
            Some((organization, project))
                if organization.locked && !person.session.by_passkey && !open_to_all(path) =>
            {
                let there = format!("/settings/account/security?project={}", project.id);
                Err(Box::new(Redirect::to(&there).into_response()))
            }
            // The console is closed to an operator who signed in with a password alone.
            Some((_, project)) if person.session.operator_waits && of_console(path) => {
                let there = format!("/settings/account/security?project={}", project.id);
                Err(Box::new(Redirect::to(&there).into_response()))
            }
            Some((organization, project)) => Ok(Self { person, choices, organization, project }),
            None => Err(Box::new(PageError::foreign_project(&person).into_response())),
        }
    }
}

/// Whether the path is a page of the operator's console.
pub(crate) fn of_console(path: &str) -> bool {
    path.strip_prefix("/operator").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the page belongs to the person or the installation, not to the organization.
fn open_to_all(path: &str) -> bool {
    const OWN: [&str; 4] =
        ["/settings/account/security", "/settings/account/sessions", "/settings/account/delete", "/operator"];
    matches!(path, "/settings/account" | "/settings/account/export.json")
        || OWN.iter().any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether the page is for members who hold no role, too: their own account and the console. A phone number belongs to
/// what they may do in the organization.
fn open_without_role(path: &str) -> bool {
    let below = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    of_console(path) || (below("/settings/account") && !below("/settings/account/phone"))
}

impl Visit {
    /// Whether the organization's pages are closed until the person has a second factor.
    pub(crate) fn locked(&self) -> bool {
        self.organization.locked && !self.person.session.by_passkey
    }

    /// Whether this person may see and change the organization's administration.
    pub(crate) fn owner(&self) -> bool {
        self.organization.manages
    }

    /// Whether this person is an owner: who holds every permission by other roles is none.
    pub(crate) fn owns(&self) -> bool {
        self.organization.role == OrganizationRole::Owner
    }

    /// Whether this person may see usage and spend: owners and readers may, others by a permission.
    pub(crate) fn sees_usage(&self) -> bool {
        self.organization.role != OrganizationRole::None || self.holds(Scope::UsageRead)
    }

    /// Whether this person holds a permission in the whole organization.
    pub(crate) fn holds(&self, scope: Scope) -> bool {
        self.organization.permissions.allows(scope)
    }

    /// Parses an id from an address or a form. A malformed id is answered like an unknown one.
    pub(crate) fn named<T: std::str::FromStr>(&self, kind: &'static str, id: &str) -> Result<T, PageError> {
        self.person.named(kind, id)
    }

    /// Adds the chosen project to a path.
    pub(crate) fn link(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}project={}", self.project.id)
    }
}

#[cfg(test)]
mod tests {
    use super::{local_path, open_to_all, open_without_role};

    #[test]
    fn members_without_a_role_keep_their_account_alone() {
        for own in
            ["/settings/account", "/settings/account/notifications", "/settings/account/keys/revoke", "/operator"]
        {
            assert!(open_without_role(own), "{own}");
        }
        for shut in
            ["/home", "/settings/account/phone", "/settings/account/phone/check", "/settings/accounts", "/usage"]
        {
            assert!(!open_without_role(shut), "{shut}");
        }
    }

    #[test]
    fn only_pages_of_the_own_account_stay_open() {
        for own in [
            "/settings/account",
            "/settings/account/security/passkeys",
            "/settings/account/sessions/end",
            "/settings/account/delete",
            "/settings/account/delete/request",
            "/settings/account/delete/cancel",
            "/settings/account/export.json",
            "/operator",
        ] {
            assert!(open_to_all(own), "{own}");
        }
        for shut in ["/home", "/settings/account/phone", "/settings/account/securityx", "/settings/organization/delete"]
        {
            assert!(!open_to_all(shut), "{shut}");
        }
    }

    #[test]
    fn no_person_is_redirected_to_another_site() {
        assert_eq!(local_path("/api-keys?project=proj_1"), "/api-keys?project=proj_1");
        for foreign in
            ["", "//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "/a b", "/\u{e9}"]
        {
            assert_eq!(local_path(foreign), "/home", "{foreign}");
        }
    }
}
