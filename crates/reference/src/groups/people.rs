//! Members, invitations and people in projects.

use super::shared::{CREATED_AT, PAGE, READ, USER_PAGE, WRITE, id, object};
use crate::members::{Kind, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const ORGANIZATION_ROLE: Kind = Kind::OneOf(&["owner", "reader"]);
const PROJECT_ROLE: Kind = Kind::OneOf(&["owner", "member", "viewer", "none"]);

pub(super) const USER: Object = Object::new(
    "OrganizationUser",
    "A member of the organization.",
    &[
        id("user-"),
        object("organization.user"),
        field("name", Kind::Text, "Their name.").such_as("Ann"),
        field("email", Kind::Text, "Their address.").such_as("ann@example.com"),
        field(
            "role",
            ORGANIZATION_ROLE,
            "Their role in the organization; null for who has only other roles and groups.",
        )
        .or_null(),
        field("added_at", Kind::Time, "When they became a member."),
        field("created", Kind::Time, "When their account was made."),
        field("api_key_last_used_at", Kind::Time, "When one of their keys in the organization was last used.")
            .or_null(),
        field("technical_level", Kind::Text, "A text of the organization's tools.").or_null().such_as("null"),
        field("developer_persona", Kind::Text, "A text of the organization's tools.").or_null().such_as("null"),
        field("is_default", Kind::Boolean, "").such_as("false"),
        field("is_service_account", Kind::Boolean, "").such_as("false"),
        field("is_scim_managed", Kind::Boolean, "").such_as("false"),
        field("is_scale_tier_authorized_purchaser", Kind::Boolean, "").such_as("false"),
        field(
            "user",
            Kind::Members(&[
                object("user"),
                id("user-"),
                field("email", Kind::Text, "Their address.").such_as("ann@example.com"),
                field("name", Kind::Text, "Their name.").such_as("Ann"),
                field("picture", Kind::Null, ""),
                field("enabled", Kind::Boolean, "Whether their account is open."),
                field("banned", Kind::Boolean, "Whether their account is closed.").such_as("false"),
                field("banned_at", Kind::Time, "When it was closed.").or_null().such_as("null"),
            ]),
            "Their account.",
        ),
    ],
);

const INVITE: Object = Object::new(
    "Invite",
    "An invitation to the organization.",
    &[
        id("invite-"),
        object("organization.invite"),
        field("email", Kind::Text, "The invited address.").such_as("ben@example.com"),
        field("role", ORGANIZATION_ROLE, "The role that it gives."),
        field("status", Kind::OneOf(&["pending", "expired", "accepted"]), "Its state."),
        CREATED_AT,
        field("expires_at", Kind::Time, "When its link stops working."),
        field("accepted_at", Kind::Time, "When it was accepted.").or_null().such_as("null"),
        field(
            "projects",
            Kind::List(&Kind::Members(&[
                field("id", Kind::Id("proj_"), "The project."),
                field("role", Kind::OneOf(&["owner", "member", "viewer"]), "The role in it."),
            ])),
            "The projects that it gives access to.",
        ),
    ],
);

const PROJECT_USER: Object = Object::new(
    "ProjectUser",
    "A person with a role of their own in a project.",
    &[
        id("user-"),
        object("organization.project.user"),
        field("name", Kind::Text, "Their name.").such_as("Ann"),
        field("email", Kind::Text, "Their address.").such_as("ann@example.com"),
        field("role", PROJECT_ROLE, "Their role in the project."),
        field("added_at", Kind::Time, "Since when they have it."),
    ],
);

const ABOUT_PROJECT_ROLE: &str =
    "`owner`, `member`, `viewer`, or the id of a predefined role, such as `role-api-project-member`.";

pub(super) const GROUP: Group = Group {
    slug: "people",
    name: "People",
    about: "Members of the organization, invitations, and people with a role in a project.",
    operations: &[
        get("/v1/organization/users", "listUsers", "List members")
            .about("Newest first.")
            .needs(READ)
            .query(USER_PAGE)
            .lists(&USER)
            .sdk("admin.organization.users.list"),
        get("/v1/organization/users/{user_id}", "retrieveUser", "Retrieve a member")
            .needs(READ)
            .answers(&USER)
            .sdk("admin.organization.users.retrieve"),
        post("/v1/organization/users/{user_id}", "updateUser", "Change a member")
            .about("What is left out stays; an empty text is removed. The last owner stays an owner.")
            .needs(WRITE)
            .body(&[
                optional("role", ORGANIZATION_ROLE, "The role.").such_as("reader").shown(),
                optional("role_id", Kind::Text, "The id of a predefined role, such as `role-api-organization-reader`."),
                optional("technical_level", Kind::Text, "A text of the organization's tools.").at_most(255),
                optional("developer_persona", Kind::Text, "A text of the organization's tools.").at_most(255),
            ])
            .answers(&USER)
            .sdk("admin.organization.users.update"),
        delete("/v1/organization/users/{user_id}", "deleteUser", "Remove a member")
            .about("With their roles in projects. Their keys in the organization are revoked. The last owner stays.")
            .needs(WRITE)
            .removes("organization.user.deleted")
            .sdk("admin.organization.users.delete"),
        get("/v1/organization/invites", "listInvites", "List invitations")
            .about("Newest first.")
            .needs(READ)
            .query(PAGE)
            .lists(&INVITE)
            .sdk("admin.organization.invites.list"),
        post("/v1/organization/invites", "createInvite", "Invite a person")
            .about("Mails a link that works for seven days. A new invitation replaces an open one for the same address.")
            .needs(WRITE)
            .body(&[
                field("email", Kind::Text, "The address.").such_as("ben@example.com"),
                field("role", ORGANIZATION_ROLE, "The role in the organization.").such_as("reader"),
                optional(
                    "projects",
                    Kind::List(&Kind::Members(&[
                        field("id", Kind::Id("proj_"), "The project."),
                        field("role", Kind::OneOf(&["member", "owner"]), "The role in it."),
                    ])),
                    "The projects; without this member the Default project, `[]` is none.",
                ),
            ])
            .answers(&INVITE)
            .or(&[429, 501])
            .sdk("admin.organization.invites.create"),
        get("/v1/organization/invites/{invite_id}", "retrieveInvite", "Retrieve an invitation")
            .needs(READ)
            .answers(&INVITE)
            .sdk("admin.organization.invites.retrieve"),
        delete("/v1/organization/invites/{invite_id}", "deleteInvite", "Delete an invitation")
            .about("Its link stops working. An accepted invitation cannot be deleted.")
            .needs(WRITE)
            .removes("organization.invite.deleted")
            .sdk("admin.organization.invites.delete"),
        get("/v1/organization/projects/{project_id}/users", "listProjectUsers", "List people in a project")
            .about("People with a role of their own, newest first. Owners of the organization reach every project without one, and every member reaches the Default project.")
            .needs(READ)
            .query(PAGE)
            .lists(&PROJECT_USER)
            .sdk("admin.organization.projects.users.list"),
        post("/v1/organization/projects/{project_id}/users", "createProjectUser", "Add a person to a project")
            .about("The person is a member of the organization, named by `user_id` or by `email`.")
            .needs(WRITE)
            .body(&[
                optional("user_id", Kind::Text, "The member's id.").such_as("user-abc123").shown(),
                optional("email", Kind::Text, "The member's address, in place of the id.").such_as("ann@example.com"),
                field("role", Kind::Text, ABOUT_PROJECT_ROLE).such_as("member"),
            ])
            .answers(&PROJECT_USER)
            .or(&[409])
            .sdk("admin.organization.projects.users.create"),
        get("/v1/organization/projects/{project_id}/users/{user_id}", "retrieveProjectUser", "Retrieve a person in a project")
            .needs(READ)
            .answers(&PROJECT_USER)
            .sdk("admin.organization.projects.users.retrieve"),
        post("/v1/organization/projects/{project_id}/users/{user_id}", "updateProjectUser", "Change the role of a person in a project")
            .needs(WRITE)
            .body(&[optional("role", Kind::Text, ABOUT_PROJECT_ROLE).such_as("viewer").shown()])
            .answers(&PROJECT_USER)
            .sdk("admin.organization.projects.users.update"),
        delete("/v1/organization/projects/{project_id}/users/{user_id}", "deleteProjectUser", "Remove a person from a project")
            .about("The person stays in the organization.")
            .needs(WRITE)
            .removes("organization.project.user.deleted")
            .sdk("admin.organization.projects.users.delete"),
    ],
};
