//! Service accounts of a project, `organization.project.service_account`.

use keystead_app::keys::MintedKey;
use keystead_app::projects::service_accounts::ServiceAccount;
use serde_json::{Value, json};

pub(crate) mod create;
pub(crate) mod create_key;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod retrieve;
pub(crate) mod update;

fn show(account: &ServiceAccount) -> Value {
    json!({
        "id": account.id,
        "object": "organization.project.service_account",
        "name": account.name,
        "role": account.role.as_str(),
        "created_at": account.created_at,
    })
}

/// A key just made, with its secret.
fn show_key(key: &MintedKey) -> Value {
    json!({
        "object": "organization.project.service_account.api_key",
        "id": key.row.id,
        "name": key.row.name,
        "value": key.secret.expose(),
        "created_at": key.row.created_at,
        "expires_at": key.row.expires_at,
    })
}
