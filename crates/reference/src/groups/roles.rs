//! Roles.

use super::shared::{ROLES_READ, ROLES_WRITE, WHOLE_NEXT_PAGE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

/// A role without the member `object`, which lists of what a holder has leave out.
pub(super) const BARE: Object = Object::new(
    "BareRole",
    "A role.",
    &[
        id("role-"),
        field("name", Kind::Text, "Its name.").such_as("Auditor"),
        field("description", Kind::Text, "What it is for.").or_null().such_as("Reads usage."),
        field("permissions", Kind::List(&Kind::Text), "What it permits.").such_as("[\"api.usage.read\"]"),
        field("resource_type", Kind::OneOf(&["api.organization", "api.project"]), "Where it applies."),
        field("predefined_role", Kind::Boolean, "Whether it is the same everywhere and cannot be changed.")
            .such_as("false"),
    ],
);

pub(super) const ROLE: Object =
    Object::new("Role", "A set of permissions with a name.", &[object("role")]).more_than(&BARE);

const NEW: &[Member] = &[
    field("role_name", Kind::Text, "A name for people that no other role of the place has.")
        .between(1, 255)
        .such_as("Auditor"),
    field("permissions", Kind::List(&Kind::Text), "What it permits.").such_as("[\"api.usage.read\"]"),
    optional("description", Kind::Text, "What it is for.").at_most(1_000).such_as("Reads usage."),
];

const CHANGES: &[Member] = &[
    optional("role_name", Kind::Text, "The new name.").between(1, 255).such_as("Auditor"),
    optional("permissions", Kind::List(&Kind::Text), "What it permits from now on.")
        .such_as("[\"api.usage.read\"]")
        .shown(),
    optional("description", Kind::Text, "What it is for; null removes it.").at_most(1_000).such_as("Reads usage."),
];

const ABOUT_LIST: &str = "Predefined roles first, then the oldest.";
const ABOUT_NEW: &str = "Who asks must hold every permission of the role.";
const ABOUT_CHANGE: &str = "What is left out stays. Predefined roles cannot be changed. Who asks must hold every permission that the role has and gets.";
const ABOUT_DELETE: &str = "Its holders lose its permissions. Predefined roles cannot be deleted.";

pub(super) const GROUP: Group = Group {
    slug: "roles",
    name: "Roles",
    about: "Sets of permissions, of the organization or of one project. Predefined roles are the same everywhere.",
    operations: &[
        get("/v1/organization/roles", "listRoles", "List roles of the organization")
            .about(ABOUT_LIST)
            .needs(ROLES_READ)
            .query(WHOLE_NEXT_PAGE)
            .lists_on(&ROLE)
            .sdk("admin.organization.roles.list"),
        post("/v1/organization/roles", "createRole", "Create a role of the organization")
            .about(ABOUT_NEW)
            .needs(ROLES_WRITE)
            .body(NEW)
            .answers(&ROLE)
            .sdk("admin.organization.roles.create"),
        get("/v1/organization/roles/{role_id}", "retrieveRole", "Retrieve a role of the organization")
            .needs(ROLES_READ)
            .answers(&ROLE)
            .sdk("admin.organization.roles.retrieve"),
        post("/v1/organization/roles/{role_id}", "updateRole", "Change a role of the organization")
            .about(ABOUT_CHANGE)
            .needs(ROLES_WRITE)
            .body(CHANGES)
            .answers(&ROLE)
            .sdk("admin.organization.roles.update"),
        delete("/v1/organization/roles/{role_id}", "deleteRole", "Delete a role of the organization")
            .about(ABOUT_DELETE)
            .needs(ROLES_WRITE)
            .removes("role.deleted")
            .sdk("admin.organization.roles.delete"),
        get("/v1/projects/{project_id}/roles", "listProjectRoles", "List roles of a project")
            .about(ABOUT_LIST)
            .needs(ROLES_READ)
            .query(WHOLE_NEXT_PAGE)
            .lists_on(&ROLE)
            .sdk("admin.organization.projects.roles.list"),
        post("/v1/projects/{project_id}/roles", "createProjectRole", "Create a role of a project")
            .about(ABOUT_NEW)
            .needs(ROLES_WRITE)
            .body(NEW)
            .answers(&ROLE)
            .sdk("admin.organization.projects.roles.create"),
        get("/v1/projects/{project_id}/roles/{role_id}", "retrieveProjectRole", "Retrieve a role of a project")
            .needs(ROLES_READ)
            .answers(&ROLE)
            .sdk("admin.organization.projects.roles.retrieve"),
        post("/v1/projects/{project_id}/roles/{role_id}", "updateProjectRole", "Change a role of a project")
            .about(ABOUT_CHANGE)
            .needs(ROLES_WRITE)
            .body(CHANGES)
            .answers(&ROLE)
            .sdk("admin.organization.projects.roles.update"),
        delete("/v1/projects/{project_id}/roles/{role_id}", "deleteProjectRole", "Delete a role of a project")
            .about(ABOUT_DELETE)
            .needs(ROLES_WRITE)
            .removes("role.deleted")
            .sdk("admin.organization.projects.roles.delete"),
    ],
};
