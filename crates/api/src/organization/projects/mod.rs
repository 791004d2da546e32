//! Projects, `organization.project`.

use keystead_app::projects::Project;
use serde_json::{Value, json};

pub(crate) mod archive;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod model_permissions;
pub(crate) mod rate_limits;
pub(crate) mod retrieve;
pub(crate) mod update;

fn show(project: &Project) -> Value {
    let status = if project.archived_at.is_some() { "archived" } else { "active" };
    json!({
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": project.created_at,
        "archived_at": project.archived_at,
        "status": status,
        "external_key_id": null,
    })
}
