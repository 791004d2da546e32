//! What several groups name.

use keystead_core::rotation::LONGEST_LIFE;
use keystead_core::scope::Scope;

use super::external::PURPOSE;
use crate::members::{Kind, Member, field, optional, parameter};
use crate::operation::Access;

/// Reading the administration.
pub(super) const READ: Access = Access::Admin(Scope::ManagementRead.as_str());
/// Changing it.
pub(super) const WRITE: Access = Access::Admin(Scope::ManagementWrite.as_str());
/// Usage and costs.
pub(super) const USAGE: Access = Access::Admin(Scope::UsageRead.as_str());

/// Reading groups.
pub(super) const GROUPS_READ: Access = Access::Admin(Scope::GroupsRead.as_str());
/// Changing groups.
pub(super) const GROUPS_WRITE: Access = Access::Admin(Scope::GroupsWrite.as_str());
/// Reading roles and who holds them.
pub(super) const ROLES_READ: Access = Access::Admin(Scope::RolesRead.as_str());
/// Changing roles and who holds them.
pub(super) const ROLES_WRITE: Access = Access::Admin(Scope::RolesWrite.as_str());

/// The order of a list that usually has the newest first.
const ORDER: Member =
    parameter("order", Kind::OneOf(&["asc", "desc"]), "By the time when it was made.").usually("desc");
const AFTER: Member = parameter("after", Kind::Text, "The id after which the page begins.");
const BEFORE: Member = parameter("before", Kind::Text, "The id before which the page ends; not with `after`.");
const LIMIT: Member = parameter("limit", Kind::Integer, "How many.").between(1, 100).usually("20");

/// The parameters of a list, newest first.
pub(super) const PAGE: &[Member] = &[AFTER, BEFORE, LIMIT.shown().such_as("20"), ORDER];
/// The parameters of a list, oldest first.
pub(super) const PAGE_ASCENDING: &[Member] = &[AFTER, BEFORE, LIMIT.shown().such_as("20"), ORDER.usually("asc")];
/// The parameters of a list that has up to 100 on a page.
pub(super) const LONG_PAGE: &[Member] = &[AFTER, BEFORE, LIMIT.usually("100"), ORDER.usually("asc")];
const NEXT: Member =
    parameter("after", Kind::Text, "`next` of the page before, or the id after which the page begins.");

/// The parameters of a list that says where the next page begins, oldest first, with up to 100 on a page.
pub(super) const NEXT_PAGE: &[Member] = &[NEXT, LIMIT.between(0, 100).shown().such_as("20"), ORDER.usually("asc")];
/// The same, with up to 1000 on a page.
pub(super) const LONG_NEXT_PAGE: &[Member] = &[NEXT, LIMIT.between(0, 1_000).usually("100"), ORDER.usually("asc")];
/// The same, newest first.
pub(super) const LONG_NEXT_PAGE_DESCENDING: &[Member] = &[NEXT, LIMIT.between(0, 1_000).usually("100"), ORDER];
/// The same for lists that usually fit on one page.
pub(super) const WHOLE_NEXT_PAGE: &[Member] = &[NEXT, LIMIT.between(0, 1_000).usually("1000"), ORDER.usually("asc")];

/// Federation rules.
pub(super) const RULE_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("service_account_id", Kind::Text, "Only the rules for this service account."),
];
/// External keys.
pub(super) const EXTERNAL_KEY_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("purpose", PURPOSE, "Only the keys for this purpose."),
];
/// External storage.
pub(super) const EXTERNAL_STORAGE_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("project_id", Kind::Text, "Only the buckets of this project."),
];
/// Projects.
pub(super) const PROJECT_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("include_archived", Kind::Boolean, "Whether archived projects are listed.").usually("false"),
];
/// Keys of a project.
pub(super) const KEY_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter(
        "owner_project_access",
        Kind::OneOf(&["active", "inactive", "any"]),
        "Keys of owners who still reach the project, who no longer do, or of all.",
    )
    .usually("active"),
];
/// Members of the organization.
pub(super) const USER_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("emails", Kind::List(&Kind::Text), "Only the members with these addresses, in any case.").at_most(100),
];
/// The audit log.
pub(super) const AUDIT_PAGE: &[Member] = &[
    AFTER,
    BEFORE,
    LIMIT.shown().such_as("20"),
    ORDER,
    parameter("effective_at[gt]", Kind::Integer, "After this time, in Unix seconds."),
    parameter("effective_at[gte]", Kind::Integer, "At this time or later."),
    parameter("effective_at[lt]", Kind::Integer, "Before this time."),
    parameter("effective_at[lte]", Kind::Integer, "At this time or earlier."),
    parameter("project_ids", Kind::List(&Kind::Id("proj_")), "Only events in these projects.").at_most(100),
    parameter("event_types", Kind::List(&Kind::Text), "Only events of these types."),
    parameter("actor_ids", Kind::List(&Kind::Text), "Only events by these people and keys.").at_most(100),
    parameter("actor_emails", Kind::List(&Kind::Text), "Only events by the people with these addresses.").at_most(100),
    parameter("resource_ids", Kind::List(&Kind::Text), "Only events about these objects.").at_most(100),
    parameter("tenant_only", Kind::Boolean, "Only events of a tenant above the organization; there are none.")
        .usually("false"),
];

/// The id of an object.
pub(super) const fn id(prefix: &'static str) -> Member {
    field("id", Kind::Id(prefix), "Its id.")
}

/// The member `object`.
pub(super) const fn object(name: &'static str) -> Member {
    field("object", Kind::Always(name), "The type of the object.")
}

/// When an object was made.
pub(super) const CREATED_AT: Member = field("created_at", Kind::Time, "When it was made.");

/// A name that a request gives.
pub(super) const NAME: Member = field("name", Kind::Text, "A name for people.").between(1, 255);

/// The lifetime of a key.
pub(super) const LIFETIME: Member =
    optional("expires_in_seconds", Kind::Integer, "The lifetime in seconds; without one the key does not expire.")
        .between(1, LONGEST_LIFE)
        .such_as("2592000");

/// Permissions of a key.
pub(super) const SCOPES: Member = optional(
    "scopes",
    Kind::List(&Kind::Text),
    "The permissions of the key; without any it has all that its owner has.",
)
.at_most(64)
.such_as("[\"api.model.request\"]");

/// Why an operator does something.
pub(super) const REASON: Member =
    field("reason", Kind::Text, "Why, for the audit log.").between(1, 500).such_as("Asked for by the owner.");

/// A choice between boolean values that is usually no.
pub(super) const fn flag(name: &'static str, about: &'static str) -> Member {
    optional(name, Kind::Boolean, about).usually("false")
}
