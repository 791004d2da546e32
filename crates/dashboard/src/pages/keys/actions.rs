//! Actions on one key: edit, rotate, revoke.

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::keys::KeyChange;
use keystead_core::gate::Requirement;
use keystead_core::id::KeyId;

use super::list::{Dialog, HERE, Keys, OVERLAPS, made, rotation, row_of, shown_once, split};
use super::permissions::Permissions;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

fn key_of(visit: &Visit, id: &str) -> Result<KeyId, PageError> {
    visit.named("API key", id)
}

/// Rotates a key and shows the new secret, once.
pub(crate) async fn rotate(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let key = key_of(&visit, &id)?;
    let offered = OVERLAPS.iter().find(|(seconds, _)| *seconds == form.field("overlap"));
    let Some(overlap) = offered.and_then(|(seconds, _)| seconds.parse().ok()) else {
        let dialog = rotation(&state, &visit, &id, Some(t.text("rotate-choose"))).await?;
        return render_invalid(t, &Keys::with(&state, &visit, dialog).await?);
    };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    match state.app.rotate_key(&actor, organization, project, &key, overlap).await {
        Ok(rotated) => {
            let (_, old) = split(&rotated.old_redacted);
            let dialog = made(&visit, &rotated.made, Some((old, rotated.old_ends_at)));
            let page = render(t, &Keys::with(&state, &visit, dialog).await?);
            reloads_as(page, shown_once(&visit, &rotated.made))
        }
        Err(error) => {
            let wrong = match &error {
                Error::RequirementMissing { missing, .. } if missing.first() == Some(&Requirement::Phone) => None,
                error => Some(error_message(t, error)),
            };
            match rotation(&state, &visit, &id, wrong).await? {
                // The person may not rotate this key, so the dialog is not shown again.
                Dialog::None => Err(PageError::new(t, error)),
                dialog => render_invalid(t, &Keys::with(&state, &visit, dialog).await?),
            }
        }
    }
}

/// Whether two lists contain the same permissions.
fn alike(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|literal| other.contains(literal))
}

/// Changes the name or the permissions of a key.
pub(crate) async fn edit(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let key = key_of(&visit, &id)?;
    let missing = || PageError::new(t, Error::not_found("API key", id.as_str()));
    let row = row_of(&state, &visit, &id).await?.ok_or_else(missing)?;
    let again = async |wrong: String| {
        let permissions = Permissions::as_sent(&form);
        let (name, shown) = (form.field("name").to_owned(), row.name.clone());
        let dialog = Dialog::Edit { id: id.clone(), name, shown, wrong: Some(wrong), permissions };
        render_invalid(t, &Keys::with(&state, &visit, dialog).await?)
    };
    let Some(scopes) = Permissions::selected(&form) else { return again(t.text("key-scopes-missing")).await };
    let change = KeyChange {
        name: Some(form.field("name").to_owned()).filter(|name| *name != row.given_name),
        scopes: Some(scopes).filter(|scopes| !alike(scopes, &row.restriction)),
        expires_in_seconds: None,
    };
    if change.name.is_some() || change.scopes.is_some() {
        let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
        let changed = state.app.update_project_key(&actor, organization, project, &key, &change).await;
        if let Err(error) = changed {
            return again(error_message(t, &error)).await;
        }
    }
    let back = if form.field("from") == "key" { format!("{HERE}/{key}") } else { HERE.to_owned() };
    Ok(redirect(&visit.link(&format!("{back}?done=saved"))))
}

/// Revokes a key, and leads to its page, which shows on how many gateways that is in force.
pub(crate) async fn revoke(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let key = key_of(&visit, &id)?;
    let revoked = state.app.revoke_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    revoked.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}/{key}?done=key-revoked"))))
}
