//! Pausing a key, resuming it, and its velocity cap.

use axum::extract::{Path, State};
use keystead_core::anomaly::KeyCap;
use keystead_core::id::KeyId;

use super::overview;
use super::rows::HERE;
use crate::pages::velocity_cap::{CapFields, REQUESTS};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render_invalid};

/// Pauses a key, and leads to its page.
pub(crate) async fn pause(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    set_paused(&state, &visit, &id, &form, true).await
}

/// Resumes a key, and leads back to the page with the button.
pub(crate) async fn resume(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    set_paused(&state, &visit, &id, &form, false).await
}

/// Pauses or resumes a key.
async fn set_paused(state: &DashboardState, visit: &Visit, id: &str, form: &Form, pause: bool) -> Page {
    visit.person.check(form)?;
    let key: KeyId = visit.named("API key", id)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let done = match pause {
        true => state.app.pause_key(&actor, organization, &key).await,
        false => state.app.resume_key(&actor, organization, &key).await,
    };
    done.map_err(|error| PageError::new(visit.person.messages, error))?;
    let of_key = pause || form.field("from") == "key";
    let back = if of_key { format!("{HERE}/{key}") } else { HERE.to_owned() };
    let said = if pause { "key-paused" } else { "key-resumed" };
    Ok(redirect(&visit.link(&format!("{back}?done={said}"))))
}

/// Sets the velocity cap of a key.
pub(crate) async fn cap(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let key: KeyId = visit.named("API key", &id)?;
    let cap = match form.field("mode") {
        "own" => CapFields::sent(&form)
            .cap(&visit.person.format)
            .and_then(|cap| cap.map(KeyCap::Own).ok_or_else(|| FieldFault::new(REQUESTS, t.text("cap-wrong-empty")))),
        "off" => Ok(KeyCap::Off),
        _ => Ok(KeyCap::Inherited),
    };
    match cap {
        Ok(cap) => {
            let saved = state.app.set_key_cap(&visit.person.actor(), &visit.organization.id, &key, cap).await;
            saved.map_err(|error| PageError::new(t, error))?;
            Ok(redirect(&visit.link(&format!("{HERE}/{key}?done=saved"))))
        }
        Err(wrong) => render_invalid(t, &overview::refused_cap(&state, &visit, &id, &form, wrong).await?),
    }
}
