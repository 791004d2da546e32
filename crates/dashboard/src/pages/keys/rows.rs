//! Keys as rows of a list.

use keystead_app::{Error, KeyWithOwner};
use keystead_core::caller::Owner;
use keystead_core::scope::ALL_READ;
use keystead_core::time::Timestamp;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::scope_words::scope_words;

/// The list.
pub(crate) const HERE: &str = "/api-keys";

/// One row of the list.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name as given; empty if there is none.
    pub(crate) given_name: String,
    pub(crate) head: String,
    pub(crate) tail: String,
    pub(crate) owner: String,
    pub(crate) service_account: bool,
    pub(crate) permissions: String,
    pub(crate) restriction: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// Since when it is paused, on pages that read it.
    pub(crate) paused_at: Option<Timestamp>,
    /// Whether the key has expired.
    pub(crate) ended: bool,
    /// Whether the key was rotated.
    pub(crate) rotated: bool,
    /// Whether the key was issued to a workload; it cannot be changed, but it can be revoked.
    pub(crate) issued: bool,
    /// Whether the visitor may rotate the key.
    pub(crate) rotatable: bool,
    /// The address of its page.
    pub(crate) href: String,
}

/// One of several keys that are revoked together.
pub(crate) struct Several {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) head: String,
    pub(crate) tail: String,
    pub(crate) used: Option<Timestamp>,
}

/// The first characters and the last four of a stored key such as `sk-proj-ab…wxyz`.
pub(crate) fn split(redacted: &str) -> (String, String) {
    let tail: String = redacted.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = redacted.chars().take_while(|c| *c != '*' && *c != '…' && *c != '.').take(12).collect();
    (head, tail)
}

pub(crate) fn permissions(visit: &Visit, scopes: &[String]) -> String {
    let t = visit.person.messages;
    match scopes {
        [] => t.text("key-permission-all"),
        [one] if one == ALL_READ => t.text("key-permission-read"),
        [one] => scope_words(t, one),
        some => t.count("key-permission-some", &i64::try_from(some.len()).unwrap_or(0)),
    }
}

pub(crate) fn row(visit: &Visit, found: &KeyWithOwner) -> Row {
    let (head, tail) = split(&found.key.redacted);
    let ended = found.key.expires_at.is_some_and(|end| visit.person.format.now >= end);
    let rotated = found.key.rotated_to.is_some();
    let issued = found.key.federation_rule.is_some();
    let hers = match &found.key.owner {
        Owner::User(user) => *user == visit.person.session.user,
        Owner::ServiceAccount(_) => visit.project.administers,
    };
    Row {
        id: found.key.id.to_string(),
        name: found.key.name.clone().unwrap_or_else(|| visit.person.messages.text("key-unnamed")),
        given_name: found.key.name.clone().unwrap_or_default(),
        head,
        tail,
        owner: found.owner_name.clone(),
        service_account: matches!(found.key.owner, Owner::ServiceAccount(_)),
        permissions: permissions(visit, &found.key.restriction.0),
        restriction: found.key.restriction.0.clone(),
        created_at: found.key.created_at,
        last_used_at: found.key.last_used_at,
        expires_at: found.key.expires_at,
        revoked_at: found.key.revoked_at,
        paused_at: None,
        issued,
        rotatable: hers && found.owner_active && !ended && !rotated && !issued && found.key.revoked_at.is_none(),
        href: visit.link(&format!("{HERE}/{}", found.key.id)),
        ended,
        rotated,
    }
}

/// The row of one key, on any page of the list; `None` if the person may not change it.
pub(crate) async fn row_of(state: &DashboardState, visit: &Visit, id: &str) -> Result<Option<Row>, PageError> {
    let Ok(key) = id.parse() else { return Ok(None) };
    let found = state.app.changeable_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    shown(visit, found)
}

/// The row of one key that the person may revoke, which may be one of a workload; `None` if they may not.
pub(crate) async fn row_to_end(state: &DashboardState, visit: &Visit, id: &str) -> Result<Option<Row>, PageError> {
    let Ok(key) = id.parse() else { return Ok(None) };
    let found = state.app.endable_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    shown(visit, found)
}

fn shown(visit: &Visit, found: Result<KeyWithOwner, Error>) -> Result<Option<Row>, PageError> {
    match found {
        Ok(found) => Ok(Some(row(visit, &found))),
        Err(Error::NotFound { .. } | Error::Refused(_)) => Ok(None),
        Err(error) => Err(PageError::new(visit.person.messages, error)),
    }
}
