//! Creating a key.

use axum::extract::State;
use keystead_app::Error;
use keystead_app::keys::NewKey;
use keystead_app::projects::service_accounts::NewServiceAccount;

use super::list::{Accounts, Dialog, Keys, made, shown_once};
use super::permissions::Permissions;
use crate::state::DashboardState;
use crate::web::error_page::error_message;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, render, render_invalid};
use crate::web::submit::reloads_as;

/// Creates a key and shows its secret, once.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let name = Some(form.field("name")).filter(|name| !name.is_empty()).map(str::to_owned);
    let life = form.field("days").parse::<i64>().ok().map(|days| days.saturating_mul(86_400));
    let again = async |wrong: Option<String>, phone: bool| {
        let (name, permissions) = (name.clone().unwrap_or_default(), Permissions::as_sent(&form));
        let chosen = form.field("owner") == "service_account";
        let accounts = Accounts::of(&state, &visit, chosen, form.field("account")).await?;
        render_invalid(
            t,
            &Keys::with(&state, &visit, Dialog::Create { wrong, phone, name, accounts, permissions }).await?,
        )
    };
    let Some(scopes) = Permissions::selected(&form) else {
        return again(Some(t.text("key-scopes-missing")), false).await;
    };
    let new_key = NewKey { name: name.clone(), scopes, expires_in_seconds: life };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    let created = match (form.field("owner"), form.field("account")) {
        ("service_account", "") => {
            let name = name.clone().unwrap_or_else(|| t.text("key-unnamed"));
            let account = NewServiceAccount { name, key: Some(new_key) };
            let created = state.app.create_service_account(&actor, organization, project, account).await;
            created.and_then(|(_, key)| key.ok_or_else(|| Error::not_found("API key", "")))
        }
        ("service_account", account) => {
            let account = visit.named("service account", account)?;
            state.app.create_service_account_key(&actor, organization, project, &account, new_key).await
        }
        _ => state.app.create_project_key(&actor, organization, project, &new_key).await,
    };
    match created {
        Ok(key) => {
            let page = render(t, &Keys::with(&state, &visit, made(&visit, &key, None)).await?);
            reloads_as(page, shown_once(&visit, &key))
        }
        Err(Error::RequirementMissing { .. }) => again(None, true).await,
        Err(error) => again(Some(error_message(t, &error)), false).await,
    }
}
