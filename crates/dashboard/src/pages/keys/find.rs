//! Searching for a key, also by a leaked secret, and revoking several keys at once.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use keystead_app::keys::LeakedKey;
use keystead_core::id::KeyId;
use keystead_core::key_search::secret_in;
use keystead_core::time::Timestamp;

use super::dialog::Dialog;
use super::rows::{HERE, Several, row};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, redirect};

/// Finds keys by what a person typed or pasted. The form is sent by POST, and the redirect contains no secret.
pub(crate) async fn search(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let pasted = form.secret("q");
    let typed = pasted.expose().trim();
    if secret_in(typed).is_none() {
        let leaked = form.ticked("leaked") && typed.is_empty();
        let query = if leaked { vec![("leaked", "empty")] } else { vec![("q", typed)] };
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        return Ok(redirect(&visit.link(&format!("{HERE}?{query}"))));
    }
    let found = state.app.find_leaked_key(&visit.person.actor(), &visit.organization.id, &pasted).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&match found {
        LeakedKey::OfProject(id, project) => format!("{HERE}/{id}?leaked=1&project={project}"),
        LeakedKey::Admin(id) => visit.link(&format!("/settings/organization/admin-keys?delete={id}")),
        LeakedKey::OwnUserKey => format!("{}#keys", visit.link("/settings/account")),
        LeakedKey::UserKeyOfMember => visit.link(&format!("{HERE}?leaked=member")),
        LeakedKey::Revoked => visit.link(&format!("{HERE}?leaked=revoked")),
        LeakedKey::Unknown => visit.link(&format!("{HERE}?leaked=none")),
    }))
}

/// The dialog in which a leaked key is pasted, with the result of the last search.
pub(crate) fn leaked_dialog(visit: &Visit, result: &str) -> Dialog {
    let wrong = match result {
        "empty" => Some("leaked-empty"),
        "none" if visit.owner() => Some("leaked-none"),
        "none" => Some("leaked-none-own"),
        "member" => Some("leaked-member"),
        "revoked" => Some("leaked-revoked"),
        _ => None,
    };
    Dialog::Leaked { wrong: wrong.map(|key| visit.person.messages.text(key)) }
}

/// The keys that the address names, as the list's checkboxes send them.
fn chosen(visit: &Visit) -> Vec<KeyId> {
    let query = visit.person.path.split_once('?').map_or("", |(_, query)| query);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    ids(pairs.into_iter().filter(|(name, _)| name == "key").map(|(_, id)| id))
}

fn ids(texts: impl IntoIterator<Item = String>) -> Vec<KeyId> {
    let mut ids: Vec<KeyId> = texts.into_iter().filter_map(|text| text.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The confirmation before several keys are revoked.
pub(crate) async fn several(state: &DashboardState, visit: &Visit) -> Result<Dialog, PageError> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let found = state.app.changeable_keys(&actor, organization, &visit.project.id, &chosen(visit)).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    let keys: Vec<Several> = found
        .iter()
        .map(|key| row(visit, key))
        .map(|row| Several { id: row.id, name: row.name, head: row.head, tail: row.tail, used: row.last_used_at })
        .collect();
    let t = visit.person.messages;
    let title = t.count("keys-revoke-several", &i64::try_from(keys.len()).unwrap_or(i64::MAX));
    Ok(Dialog::RevokeSeveral { title, keys })
}

/// Revokes several keys.
pub(crate) async fn revoke_several(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let revoked = state.app.revoke_keys(&actor, organization, &visit.project.id, &ids(form.all("key"))).await;
    let revoked = revoked.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?revoked={revoked}"))))
}

/// How many gateways have confirmed the last revocation, or the one of the time `since` in Unix seconds, as text for the
/// script of a page that waits for them; empty when all have.
pub(crate) async fn gateways(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let since = visit.person.query.get("since").and_then(|at| at.parse().ok()).map(Timestamp);
    let waiting = match since {
        Some(at) => state.app.progress_since(at).await.map(|view| view.filter(|view| view.current < view.all)),
        None => state.app.revocation_spreading(&visit.organization.id).await,
    };
    let waiting = waiting.map_err(|error| PageError::new(visit.person.messages, error))?;
    let text = waiting.map_or_else(String::new, |view| format!("{}/{}", view.current, view.all));
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}
