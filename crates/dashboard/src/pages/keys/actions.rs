//! One key: another name or other permissions, a new secret in its place, its end (S1-36, S3-03).

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::keys::KeyChange;
use keystead_core::id::KeyId;

use super::list::{Dialog, HERE, Keys, OVERLAPS, made, rotation, row_of, split};
use super::permissions::Permissions;
use crate::state::DashboardState;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, go, show, show_again};

fn key_of(visit: &Visit, id: &str) -> Result<KeyId, Failure> {
    visit.named("API key", id)
}

/// Makes a key in this one's place and shows its secret, once.
pub(crate) async fn rotate(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.text;
    let key = key_of(&visit, &id)?;
    let offered = OVERLAPS.iter().find(|(seconds, _)| *seconds == form.text("overlap"));
    let Some(overlap) = offered.and_then(|(seconds, _)| seconds.parse().ok()) else {
        let dialog = rotation(&state, &visit, &id, Some(t.say("rotate-choose"))).await?;
        return show_again(t, &Keys::with(&state, &visit, dialog).await?);
    };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    match state.app.rotate_key(&actor, organization, project, &key, overlap).await {
        Ok(rotated) => {
            let (_, old) = split(&rotated.old_redacted);
            let dialog = made(&visit, &rotated.made, Some((old, rotated.old_ends_at)));
            show(t, &Keys::with(&state, &visit, dialog).await?)
        }
        Err(error) => {
            let wrong = match &error {
                Error::RequirementMissing { .. } => None,
                error => Some(words(t, error)),
            };
            match rotation(&state, &visit, &id, wrong).await? {
                // Nothing this person could rotate, so there is nothing to try again.
                Dialog::None => Err(Failure::new(t, error)),
                dialog => show_again(t, &Keys::with(&state, &visit, dialog).await?),
            }
        }
    }
}

/// Whether two lists of literals hold the same ones.
fn alike(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|literal| other.contains(literal))
}

/// Gives a key another name or other permissions.
pub(crate) async fn edit(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.text;
    let key = key_of(&visit, &id)?;
    let missing = || Failure::new(t, Error::not_found("API key", id.as_str()));
    let row = row_of(&state, &visit, &id).await?.ok_or_else(missing)?;
    let again = async |wrong: String| {
        let permissions = Permissions::as_sent(&form);
        let (name, shown) = (form.text("name").to_owned(), row.name.clone());
        let dialog = Dialog::Edit { id: id.clone(), name, shown, wrong: Some(wrong), permissions };
        show_again(t, &Keys::with(&state, &visit, dialog).await?)
    };
    let Some(scopes) = Permissions::asked(&form) else { return again(t.say("key-scopes-missing")).await };
    let change = KeyChange {
        name: Some(form.text("name").to_owned()).filter(|name| *name != row.given_name),
        scopes: Some(scopes).filter(|scopes| !alike(scopes, &row.restriction)),
        expires_in_seconds: None,
    };
    if change.name.is_some() || change.scopes.is_some() {
        let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
        let changed = state.app.update_project_key(&actor, organization, project, &key, &change).await;
        if let Err(error) = changed {
            return again(words(t, &error)).await;
        }
    }
    Ok(go(&visit.link(&format!("{HERE}?done=saved"))))
}

/// Ends a key.
pub(crate) async fn revoke(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let key = key_of(&visit, &id)?;
    let revoked = state.app.revoke_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    revoked.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=key-revoked"))))
}
