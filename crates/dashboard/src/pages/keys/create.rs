//! Creating a key. When a rule asks for a phone first, the dialog continues with that step and what was filled in, and the
//! key is created as soon as the code is right.

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::keys::{MintedKey, NewKey};
use keystead_app::projects::service_accounts::NewServiceAccount;
use keystead_core::gate::Requirement;

use super::draft::{self, DRAFT};
use super::list::{HERE, Keys, create_dialog, made, phone_dialog, shown_once};
use super::permissions::Permissions;
use crate::pages::phone_step::{Progress, belongs_to_step, run};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render, render_error, render_invalid};
use crate::web::submit::reloads_as;

/// Creates a key and shows its secret, once.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    make(&state, &visit, &form).await
}

async fn make(state: &DashboardState, visit: &Visit, form: &Form) -> Page {
    let t = visit.person.messages;
    let again = async |wrong: String| {
        render_invalid(t, &Keys::with(state, visit, create_dialog(state, visit, form, Some(wrong)).await?).await?)
    };
    let Some(scopes) = Permissions::selected(form) else {
        return again(t.text("key-scopes-missing")).await;
    };
    match mint(state, visit, form, scopes).await? {
        Ok(key) => {
            let page = render(t, &Keys::with(state, visit, made(visit, &key, None)).await?);
            reloads_as(page, shown_once(visit, &key))
        }
        Err(Error::RequirementMissing { missing, .. }) if missing.first() == Some(&Requirement::Phone) => {
            let draft = draft::write(form);
            let page = Keys::with(state, visit, phone_dialog(state, visit, &draft, None).await?).await?;
            reloads_as(render_invalid(t, &page), phone_address(visit, &draft))
        }
        Err(error) => again(error_message(&visit.person.format, &error)).await,
    }
}

async fn mint(
    state: &DashboardState,
    visit: &Visit,
    form: &Form,
    scopes: Vec<String>,
) -> Result<Result<MintedKey, Error>, PageError> {
    let name = Some(form.field("name")).filter(|name| !name.is_empty()).map(str::to_owned);
    let life = form.field("days").parse::<i64>().ok().map(|days| days.saturating_mul(86_400));
    let new_key = NewKey { name: name.clone(), scopes, expires_in_seconds: life };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    Ok(match (form.field("owner"), form.field("account")) {
        ("service_account", "") => {
            let name = name.unwrap_or_else(|| visit.person.messages.text("key-unnamed"));
            let account = NewServiceAccount { name, key: Some(new_key) };
            let created = state.app.create_service_account(&actor, organization, project, account).await;
            created.and_then(|(_, key)| key.ok_or_else(|| Error::not_found("API key", "")))
        }
        ("service_account", account) => {
            let account = visit.named("service account", account)?;
            state.app.create_service_account_key(&actor, organization, project, &account, new_key).await
        }
        _ => state.app.create_project_key(&actor, organization, project, &new_key).await,
    })
}

/// The address of the phone step. It can be reloaded, because it contains what was filled in.
fn phone_address(visit: &Visit, draft: &str) -> String {
    let query = serde_urlencoded::to_string([(DRAFT, draft)]).unwrap_or_default();
    visit.link(&format!("{HERE}?new=1&step=phone&{query}"))
}

/// Sends the code of the phone step.
pub(crate) async fn phone(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, None, &form).await
}

/// Checks the code, sends another one, or asks for another number.
pub(crate) async fn phone_act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    act(&state, &visit, Some(&verb), &form).await
}

async fn act(state: &DashboardState, visit: &Visit, verb: Option<&str>, form: &Form) -> Page {
    visit.person.check(form)?;
    let t = visit.person.messages;
    let draft = form.field(DRAFT);
    match run(state, visit, verb, form).await {
        Ok(Progress::Verified) => make(state, visit, &draft::read(draft)).await,
        Ok(Progress::Continues) => Ok(redirect(&phone_address(visit, draft))),
        Err(error) if belongs_to_step(&error) => {
            let dialog = phone_dialog(state, visit, draft, Some((form, &error, verb))).await?;
            let page = Keys::with(state, visit, dialog).await?;
            reloads_as(render_error(t, &page, &error), phone_address(visit, draft))
        }
        Err(error) => Err(PageError::new(t, error)),
    }
}
