//! Who holds which role.

use super::people::USER;
use super::roles::{BARE, ROLE};
use super::shared::{CREATED_AT, ROLES_READ, ROLES_WRITE, WHOLE_NEXT_PAGE, id, object};
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const HELD: Object = Object::new(
    "HeldRole",
    "A role that a person or a group holds. Times and author are those of the role.",
    &[
        field("created_at", Kind::Time, "When the role was made; null for a predefined one.").or_null(),
        field("updated_at", Kind::Time, "When the role was last changed; null for a predefined one.").or_null(),
        field("created_by", Kind::Text, "Who made the role; null for a predefined one.")
            .or_null()
            .such_as("user-abc123"),
        field("created_by_user_obj", Kind::Null, ""),
        field("metadata", Kind::Null, ""),
        field(
            "assignment_sources",
            Kind::List(&Kind::Members(&[
                field("principal_id", Kind::Text, "The person or group.").such_as("group_abc123"),
                field("principal_type", Kind::OneOf(&["user", "group"]), "Which of them it is.").such_as("group"),
            ])),
            "To whom the role was given: the holder, or groups of a person.",
        ),
    ],
)
.more_than(&BARE);

const ROLE_GIVEN: Member = field("role", Kind::Object(&ROLE), "The role.");

const USER_ROLE: Object = Object::new(
    "UserRole",
    "A role that was given to a person.",
    &[object("user.role"), field("user", Kind::Object(&USER), "The person."), ROLE_GIVEN],
);

const GROUP_ROLE: Object = Object::new(
    "GroupRole",
    "A role that was given to a group.",
    &[
        object("group.role"),
        field(
            "group",
            Kind::Members(&[
                object("group"),
                id("group_"),
                field("name", Kind::Text, "Its name.").such_as("Data team"),
                CREATED_AT,
                field("scim_managed", Kind::AlwaysBoolean(false), "Keystead has no groups of a directory."),
            ]),
            "The group.",
        ),
        ROLE_GIVEN,
    ],
);

const TAKEN: Member = field("deleted", Kind::AlwaysBoolean(true), "The role was taken.");
const TAKEN_FROM_USER: Object =
    Object::new("RemovedUserRole", "The receipt of a removal.", &[object("user.role.deleted"), TAKEN]);
const TAKEN_FROM_GROUP: Object =
    Object::new("RemovedGroupRole", "The receipt of a removal.", &[object("group.role.deleted"), TAKEN]);

const BODY: &[Member] = &[field("role_id", Kind::Id("role-"), "The role, of the organization.")];
const PROJECT_BODY: &[Member] =
    &[field("role_id", Kind::Id("role-"), "The role, of the project.").such_as("role-api-project-member")];

const ABOUT_LIST: &str = "Predefined roles first, then the oldest.";
const ABOUT_GIVE: &str = "Who asks must hold every permission of the role. A role that is held already stays. At most 100 roles can be held.";
const ABOUT_GIVE_GROUP: &str = "Its people hold the role as well. Who asks must hold every permission of the role. A group cannot own an organization.";
const ABOUT_TAKE: &str =
    "The last owner stays an owner. A role that a person holds through a group is taken from the group.";
const ABOUT_TAKE_GROUP: &str = "Its people lose the role, unless they hold it otherwise.";

pub(super) const GROUP: Group = Group {
    slug: "role-assignments",
    name: "Role assignments",
    about: "The roles that people and groups hold, in the organization or in one project.",
    operations: &[
        get("/v1/organization/users/{user_id}/roles", "listUserRoles", "List the roles of a person")
            .about(ABOUT_LIST)
            .needs(ROLES_READ)
            .query(WHOLE_NEXT_PAGE)
            .lists_on(&HELD)
            .sdk("admin.organization.users.roles.list"),
        post("/v1/organization/users/{user_id}/roles", "createUserRole", "Give a role to a person")
            .about(ABOUT_GIVE)
            .needs(ROLES_WRITE)
            .body(BODY)
            .answers(&USER_ROLE)
            .sdk("admin.organization.users.roles.create"),
        get("/v1/organization/users/{user_id}/roles/{role_id}", "retrieveUserRole", "Retrieve a role of a person")
            .needs(ROLES_READ)
            .answers(&HELD)
            .sdk("admin.organization.users.roles.retrieve"),
        delete("/v1/organization/users/{user_id}/roles/{role_id}", "deleteUserRole", "Take a role from a person")
            .about(ABOUT_TAKE)
            .needs(ROLES_WRITE)
            .answers(&TAKEN_FROM_USER)
            .sdk("admin.organization.users.roles.delete"),
        get("/v1/organization/groups/{group_id}/roles", "listGroupRoles", "List the roles of a group")
            .about(ABOUT_LIST)
            .needs(ROLES_READ)
            .query(WHOLE_NEXT_PAGE)
            .lists_on(&HELD)
            .sdk("admin.organization.groups.roles.list"),
        post("/v1/organization/groups/{group_id}/roles", "createGroupRole", "Give a role to a group")
            .about(ABOUT_GIVE_GROUP)
            .needs(ROLES_WRITE)
            .body(BODY)
            .answers(&GROUP_ROLE)
            .sdk("admin.organization.groups.roles.create"),
        get("/v1/organization/groups/{group_id}/roles/{role_id}", "retrieveGroupRole", "Retrieve a role of a group")
            .needs(ROLES_READ)
            .answers(&HELD)
            .sdk("admin.organization.groups.roles.retrieve"),
        delete("/v1/organization/groups/{group_id}/roles/{role_id}", "deleteGroupRole", "Take a role from a group")
            .about(ABOUT_TAKE_GROUP)
            .needs(ROLES_WRITE)
            .answers(&TAKEN_FROM_GROUP)
            .sdk("admin.organization.groups.roles.delete"),
        get(
            "/v1/projects/{project_id}/users/{user_id}/roles",
            "listProjectUserRoles",
            "List the roles of a person in a project",
        )
        .about(ABOUT_LIST)
        .needs(ROLES_READ)
        .query(WHOLE_NEXT_PAGE)
        .lists_on(&HELD)
        .sdk("admin.organization.projects.users.roles.list"),
        post(
            "/v1/projects/{project_id}/users/{user_id}/roles",
            "createProjectUserRole",
            "Give a role to a person in a project",
        )
        .about(ABOUT_GIVE)
        .needs(ROLES_WRITE)
        .body(PROJECT_BODY)
        .answers(&USER_ROLE)
        .sdk("admin.organization.projects.users.roles.create"),
        get(
            "/v1/projects/{project_id}/users/{user_id}/roles/{role_id}",
            "retrieveProjectUserRole",
            "Retrieve a role of a person in a project",
        )
        .needs(ROLES_READ)
        .answers(&HELD)
        .sdk("admin.organization.projects.users.roles.retrieve"),
        delete(
            "/v1/projects/{project_id}/users/{user_id}/roles/{role_id}",
            "deleteProjectUserRole",
            "Take a role from a person in a project",
        )
        .about(ABOUT_TAKE)
        .needs(ROLES_WRITE)
        .answers(&TAKEN_FROM_USER)
        .sdk("admin.organization.projects.users.roles.delete"),
        get(
            "/v1/projects/{project_id}/groups/{group_id}/roles",
            "listProjectGroupRoles",
            "List the roles of a group in a project",
        )
        .about(ABOUT_LIST)
        .needs(ROLES_READ)
        .query(WHOLE_NEXT_PAGE)
        .lists_on(&HELD)
        .sdk("admin.organization.projects.groups.roles.list"),
        post(
            "/v1/projects/{project_id}/groups/{group_id}/roles",
            "createProjectGroupRole",
            "Give a role to a group in a project",
        )
        .about(ABOUT_GIVE_GROUP)
        .needs(ROLES_WRITE)
        .body(PROJECT_BODY)
        .answers(&GROUP_ROLE)
        .sdk("admin.organization.projects.groups.roles.create"),
        get(
            "/v1/projects/{project_id}/groups/{group_id}/roles/{role_id}",
            "retrieveProjectGroupRole",
            "Retrieve a role of a group in a project",
        )
        .needs(ROLES_READ)
        .answers(&HELD)
        .sdk("admin.organization.projects.groups.roles.retrieve"),
        delete(
            "/v1/projects/{project_id}/groups/{group_id}/roles/{role_id}",
            "deleteProjectGroupRole",
            "Take a role from a group in a project",
        )
        .about(ABOUT_TAKE_GROUP)
        .needs(ROLES_WRITE)
        .answers(&TAKEN_FROM_GROUP)
        .sdk("admin.organization.projects.groups.roles.delete"),
    ],
};
