//! API keys of a project, `organization.project.api_key`: people's and service accounts'.

use keystead_app::KeyWithOwner;
use keystead_core::caller::Owner;
use serde_json::{Value, json};

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod retrieve;
pub(crate) mod update;

fn show(found: &KeyWithOwner) -> Value {
    let key = &found.key;
    let owner = match &key.owner {
        Owner::User(id) => json!({
            "type": "user",
            "user": {
                "id": id,
                "email": found.owner_email,
                "name": found.owner_name,
                "created_at": found.owner_created_at,
                "role": found.owner_role,
            },
        }),
        Owner::ServiceAccount(id) => json!({
            "type": "service_account",
            "service_account": {
                "id": id,
                "name": found.owner_name,
                "created_at": found.owner_created_at,
                "role": found.owner_role,
            },
        }),
    };
    json!({
        "id": key.id,
        "object": "organization.project.api_key",
        "name": key.name.as_deref().unwrap_or_default(),
        "redacted_value": key.redacted,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "owner_project_access": if found.owner_active { "active" } else { "inactive" },
        "owner": owner,
    })
}
