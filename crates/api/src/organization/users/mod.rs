//! People of the organization, `organization.user`.

use keystead_app::organizations::members::Member;
use serde_json::{Value, json};

pub(crate) mod list;
pub(crate) mod retrieve;

fn show(member: &Member) -> Value {
    json!({
        "id": member.user.id,
        "object": "organization.user",
        "name": member.user.name,
        "email": member.user.email,
        "role": member.membership.role.as_str(),
        "added_at": member.membership.created_at,
        "created": member.user.created_at,
        "is_service_account": false,
    })
}
