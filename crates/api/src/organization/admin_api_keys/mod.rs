//! Admin API keys, `organization.admin_api_key`.

use keystead_app::KeyWithOwner;
use serde_json::{Value, json};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod retrieve;

/// The object without its secret.
fn show(found: &KeyWithOwner) -> Value {
    let key = &found.key;
    json!({
        "id": key.id,
        "object": "organization.admin_api_key",
        "name": key.name,
        "redacted_value": key.redacted,
        "scopes": key.restriction.0,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": key.owner.as_str(),
            "name": found.owner_name,
            "created_at": found.owner_created_at,
            "role": found.owner_role,
        },
    })
}
