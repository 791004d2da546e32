//! Groups of people.

use super::shared::{
    CREATED_AT, GROUPS_READ, GROUPS_WRITE, LONG_NEXT_PAGE, LONG_NEXT_PAGE_DESCENDING, NAME, NEXT_PAGE, id, object,
};
use crate::members::{Kind, field, parameter};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const UPDATED: Object = Object::new(
    "UpdatedGroup",
    "A group after a change.",
    &[
        id("group_"),
        field("name", Kind::Text, "Its name.").such_as("Data team"),
        CREATED_AT,
        field("is_scim_managed", Kind::AlwaysBoolean(false), "Keystead has no groups of a directory."),
    ],
);

const PEOPLE: Object = Object::new(
    "Group",
    "A group of the organization's members. They hold its roles.",
    &[field("group_type", Kind::Always("group"), "The type of the group.")],
)
.more_than(&UPDATED);

const MEMBER: Object = Object::new(
    "GroupUser",
    "A person in a group.",
    &[
        id("user-"),
        field("name", Kind::Text, "Their name.").such_as("Ann"),
        field("email", Kind::Text, "Their address.").such_as("ann@example.com"),
    ],
);

const RETRIEVED_MEMBER: Object = Object::new(
    "RetrievedGroupUser",
    "A person in a group.",
    &[
        field("picture", Kind::Null, ""),
        field("is_service_account", Kind::AlwaysBoolean(false), ""),
        field("user_type", Kind::Always("user"), ""),
    ],
)
.more_than(&MEMBER);

const ADDED_MEMBER: Object = Object::new(
    "AddedGroupUser",
    "A person who was added to a group.",
    &[
        object("group.user"),
        field("user_id", Kind::Id("user-"), "The person."),
        field("group_id", Kind::Id("group_"), "The group."),
    ],
);

const REMOVED_MEMBER: Object = Object::new(
    "RemovedGroupUser",
    "The receipt of a removal.",
    &[object("group.user.deleted"), field("deleted", Kind::AlwaysBoolean(true), "They are no longer in the group.")],
);

const IN_PROJECT: Object = Object::new(
    "ProjectGroup",
    "A group with a role in a project.",
    &[
        object("project.group"),
        field("project_id", Kind::Id("proj_"), "The project."),
        field("group_id", Kind::Id("group_"), "The group."),
        field("group_name", Kind::Text, "Its name.").such_as("Data team"),
        field("group_type", Kind::Always("group"), "The type of the group."),
        field("created_at", Kind::Time, "Since when it has a role in the project."),
    ],
);

const REMOVED_FROM_PROJECT: Object = Object::new(
    "RemovedProjectGroup",
    "The receipt of a removal.",
    &[
        object("project.group.deleted"),
        field("deleted", Kind::AlwaysBoolean(true), "The group has no role in the project."),
    ],
);

pub(super) const GROUP: Group = Group {
    slug: "groups",
    name: "Groups",
    about: "Groups of the organization's members, and groups with a role in a project. People hold the roles of their groups.",
    operations: &[
        get("/v1/organization/groups", "listGroups", "List groups")
            .about("Oldest first.")
            .needs(GROUPS_READ)
            .query(LONG_NEXT_PAGE)
            .lists_on(&PEOPLE)
            .sdk("admin.organization.groups.list"),
        post("/v1/organization/groups", "createGroup", "Create a group")
            .about("It has no roles and no people. An organization has at most 1000 groups.")
            .needs(GROUPS_WRITE)
            .body(&[NAME.such_as("Data team")])
            .answers(&PEOPLE)
            .sdk("admin.organization.groups.create"),
        get("/v1/organization/groups/{group_id}", "retrieveGroup", "Retrieve a group")
            .needs(GROUPS_READ)
            .answers(&PEOPLE)
            .sdk("admin.organization.groups.retrieve"),
        post("/v1/organization/groups/{group_id}", "updateGroup", "Rename a group")
            .needs(GROUPS_WRITE)
            .body(&[NAME.such_as("Data team")])
            .answers(&UPDATED)
            .sdk("admin.organization.groups.update"),
        delete("/v1/organization/groups/{group_id}", "deleteGroup", "Delete a group")
            .about("Its people lose the roles that they hold through it.")
            .needs(GROUPS_WRITE)
            .removes("group.deleted")
            .sdk("admin.organization.groups.delete"),
        get("/v1/organization/groups/{group_id}/users", "listGroupUsers", "List the people in a group")
            .about("The person who was added last comes first.")
            .needs(GROUPS_READ)
            .query(LONG_NEXT_PAGE_DESCENDING)
            .lists_on(&MEMBER)
            .sdk("admin.organization.groups.users.list"),
        post("/v1/organization/groups/{group_id}/users", "createGroupUser", "Add a person to a group")
            .about("The person is a member of the organization. Who asks must hold every permission of the group.")
            .needs(GROUPS_WRITE)
            .body(&[field("user_id", Kind::Id("user-"), "The person.")])
            .answers(&ADDED_MEMBER)
            .or(&[409])
            .sdk("admin.organization.groups.users.create"),
        get("/v1/organization/groups/{group_id}/users/{user_id}", "retrieveGroupUser", "Retrieve a person in a group")
            .needs(GROUPS_READ)
            .answers(&RETRIEVED_MEMBER)
            .sdk("admin.organization.groups.users.retrieve"),
        delete("/v1/organization/groups/{group_id}/users/{user_id}", "deleteGroupUser", "Remove a person from a group")
            .about("The person stays in the organization, without the roles of the group.")
            .needs(GROUPS_WRITE)
            .answers(&REMOVED_MEMBER)
            .sdk("admin.organization.groups.users.delete"),
        get("/v1/organization/projects/{project_id}/groups", "listProjectGroups", "List groups in a project")
            .about("Groups with a role in the project, the oldest group first.")
            .needs(GROUPS_READ)
            .query(NEXT_PAGE)
            .lists_on(&IN_PROJECT)
            .sdk("admin.organization.projects.groups.list"),
        post("/v1/organization/projects/{project_id}/groups", "createProjectGroup", "Add a group to a project")
            .about("Gives the group a role in the project. Who asks must hold every permission of the role.")
            .needs(GROUPS_WRITE)
            .body(&[
                field("group_id", Kind::Id("group_"), "The group."),
                field("role", Kind::Text, "The id of a role of the project.").such_as("role-api-project-member"),
            ])
            .answers(&IN_PROJECT)
            .sdk("admin.organization.projects.groups.create"),
        get(
            "/v1/organization/projects/{project_id}/groups/{group_id}",
            "retrieveProjectGroup",
            "Retrieve a group in a project",
        )
        .needs(GROUPS_READ)
        .query(&[parameter(
            "group_type",
            Kind::OneOf(&["group", "tenant_group"]),
            "The type of the group; there are no groups of a tenant.",
        )
        .usually("group")])
        .answers(&IN_PROJECT)
        .sdk("admin.organization.projects.groups.retrieve"),
        delete(
            "/v1/organization/projects/{project_id}/groups/{group_id}",
            "deleteProjectGroup",
            "Remove a group from a project",
        )
        .about("Takes every role in the project from the group.")
        .needs(GROUPS_WRITE)
        .answers(&REMOVED_FROM_PROJECT)
        .sdk("admin.organization.projects.groups.delete"),
    ],
};
