//! Permissions of keys in words.

use keystead_core::scope::{ALL_READ, Scope};
use keystead_locales::Messages;

/// A permission in words; one that has no words is shown as the API names it.
pub(crate) fn scope_words(t: Messages, literal: &str) -> String {
    if literal == ALL_READ {
        return t.text("key-permission-read");
    }
    let Some(scope) = Scope::from_name(literal) else { return literal.to_owned() };
    t.text(match scope {
        Scope::ModelRead => "scope-model-read",
        Scope::ModelRequest => "scope-model-request",
        Scope::ResponsesRead => "scope-responses-read",
        Scope::ResponsesWrite => "scope-responses-write",
        Scope::FilesRead => "scope-files-read",
        Scope::FilesWrite => "scope-files-write",
        Scope::BatchRead => "scope-batch-read",
        Scope::BatchWrite => "scope-batch-write",
        Scope::UsageRead => "scope-usage-read",
        Scope::ManagementRead => "scope-management-read",
        Scope::ManagementWrite => "scope-management-write",
        Scope::GroupsRead => "scope-groups-read",
        Scope::GroupsWrite => "scope-groups-write",
        Scope::RolesRead => "scope-roles-read",
        Scope::RolesWrite => "scope-roles-write",
    })
}
