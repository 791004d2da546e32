//! `POST /v1/organization/projects/{project_id}/service_accounts`: with a first key unless told otherwise.

use axum::Json;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::keys::NewKey;
use keystead_app::projects::service_accounts::NewServiceAccount;
use serde_json::Value;

use super::{show, show_key};
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, Failure> {
    let project = ids.get("project_id", "project")?;
    let name = fields.required_text("name")?;
    let expires_in_seconds = fields.lifetime()?;
    let key = match fields.flag("create_service_account_only")? {
        true if expires_in_seconds.is_some() => {
            let message = "'expires_in_seconds' must be null when 'create_service_account_only' is true.";
            return Err(Error::invalid("expires_in_seconds", message)).or_fail(&state);
        }
        true => None,
        false => Some(NewKey { name: Some("Secret Key".to_owned()), scopes: Vec::new(), expires_in_seconds }),
    };
    let asked = NewServiceAccount { name, key };
    let made = state.app.create_service_account(&admin.actor, &admin.organization, &project, asked).await;
    let (account, key) = made.or_fail(&state)?;
    let mut answer = show(&account);
    answer["api_key"] = key.as_ref().map_or(Value::Null, show_key);
    Ok(Json(answer))
}
