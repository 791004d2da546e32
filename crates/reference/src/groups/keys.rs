//! Keys of people, admin keys, and what a key's owner may ask.

use keystead_core::anomaly::PauseReason;
use keystead_core::key::KeyKind;
use keystead_core::rotation::{LONGEST_LIFE, LONGEST_OVERLAP};

use super::anomalies::{CAP_MODE, KEY_CAP};
use super::shared::{CREATED_AT, KEY_PAGE, LIFETIME, NAME, PAGE_ASCENDING, READ, SCOPES, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Access, Group, delete, get, post};

const REDACTED: Member =
    field("redacted_value", Kind::Text, "The beginning and the end of the key.").such_as("sk-proj-ab…wxyz");
const EXPIRES_AT: Member = field("expires_at", Kind::Time, "When it stops working; null if it does not.").or_null();
const LAST_USED_AT: Member = field("last_used_at", Kind::Time, "When it was last used.").or_null();
const NAME_OR_NULL: Member = field("name", Kind::Text, "Its name.").or_null().such_as("CI");
/// The secret, which is shown once.
pub(super) const VALUE: Member =
    field("value", Kind::Text, "The key itself. It is shown in this answer only.").such_as("sk-proj-…");

const ADMIN_KEY: Object = Object::new(
    "AdminApiKey",
    "A key for the administration of the organization.",
    &[
        id("key_"),
        object("organization.admin_api_key"),
        NAME_OR_NULL,
        field("redacted_value", Kind::Text, "The beginning and the end of the key.").such_as("sk-admin-ab…wxyz"),
        field("scopes", Kind::List(&Kind::Text), "Its permissions; empty when it has all.")
            .such_as("[\"api.management.read\"]"),
        CREATED_AT,
        EXPIRES_AT,
        LAST_USED_AT,
        field(
            "owner",
            Kind::Members(&[
                field("type", Kind::Always("user"), ""),
                object("organization.user"),
                field("id", Kind::Id("user-"), "The person."),
                field("name", Kind::Text, "Their name.").such_as("Ann"),
                field("created_at", Kind::Time, "When their account was made."),
                field("role", Kind::Text, "Their role.").such_as("owner"),
            ]),
            "The person who owns it.",
        ),
    ],
);

const NEW_ADMIN_KEY: Object =
    Object::new("NewAdminApiKey", "An admin key with its secret.", &[VALUE.such_as("sk-admin-…")])
        .more_than(&ADMIN_KEY);

const OWNER: &[Member] = &[
    field("id", Kind::Text, "The person or service account.").such_as("user-abc123"),
    field("email", Kind::Text, "The person's address.").or_null().sometimes().such_as("ann@example.com"),
    field("name", Kind::Text, "The name.").such_as("Ann"),
    CREATED_AT,
    field("role", Kind::Text, "The role in the project, or else in the organization.").such_as("owner"),
];

const PROJECT_KEY: Object = Object::new(
    "ProjectApiKey",
    "A key of a project.",
    &[
        id("key_"),
        object("organization.project.api_key"),
        field("name", Kind::Text, "Its name; empty without one.").such_as("CI"),
        REDACTED,
        CREATED_AT,
        LAST_USED_AT,
        EXPIRES_AT,
        field(
            "owner_project_access",
            Kind::OneOf(&["active", "inactive"]),
            "Whether its owner still reaches the project.",
        ),
        field(
            "owner",
            Kind::Members(&[
                field("type", Kind::OneOf(&["user", "service_account"]), "What owns it."),
                field("user", Kind::Members(OWNER), "The person, if one owns it.").sometimes(),
                field("service_account", Kind::Members(OWNER), "The service account, if one owns it.").sometimes(),
            ]),
            "What owns it.",
        )
        .such_as(
            "{\"type\":\"user\",\"user\":{\"id\":\"user-abc123\",\"email\":\"ann@example.com\",\"name\":\"Ann\",\
         \"created_at\":1767225600,\"role\":\"owner\"}}",
        ),
    ],
);

const OWNED_BY: Kind = Kind::Members(&[
    field("type", Kind::OneOf(&["user", "service_account"]), "What owns it."),
    field("user", Kind::Members(&[id("user-")]), "The person, if one owns it.").sometimes(),
    field("service_account", Kind::Members(&[id("svc_acct_")]), "The service account, if one owns it.").sometimes(),
]);

const NEW_KEY: Object = Object::new(
    "NewApiKey",
    "A new key with its secret.",
    &[
        id("key_"),
        object("organization.project.api_key"),
        NAME_OR_NULL,
        VALUE,
        REDACTED,
        CREATED_AT,
        EXPIRES_AT,
        field("last_used_at", Kind::Null, "It was never used."),
        field("project_id", Kind::Id("proj_"), "Its project; null for a user key.").or_null(),
        field("organization_id", Kind::Id("org-"), "Its organization; null for a user key.").or_null(),
        field("owner", OWNED_BY, "What owns it.").such_as("{\"type\":\"user\",\"user\":{\"id\":\"user-abc123\"}}"),
    ],
);

const ROTATED_KEY: Object = Object::new(
    "RotatedApiKey",
    "The key that replaces another one.",
    &[field(
        "replaces",
        Kind::Members(&[id("key_"), field("expires_at", Kind::Time, "When it stops working.")]),
        "The replaced key.",
    )],
)
.more_than(&NEW_KEY);

/// A key with its state.
pub(super) const EXPLAINED_KEY: Object = Object::new(
    "KeyStatus",
    "A key with its state, also after it was revoked.",
    &[
        id("key_"),
        object("keystead.api_key"),
        field("kind", Kind::Names(|| KeyKind::ALL.map(KeyKind::as_str).to_vec()), "The kind of key."),
        NAME_OR_NULL,
        REDACTED,
        field("state", Kind::OneOf(&["active", "paused", "expired", "revoked"]), "Whether it works."),
        field("scopes", Kind::List(&Kind::Text), "Its permissions; empty when it has all of its owner's.")
            .such_as("[]"),
        field("organization_id", Kind::Id("org-"), "Its organization.").or_null(),
        field("project_id", Kind::Id("proj_"), "Its project.").or_null(),
        field("owner_id", Kind::Text, "What owns it.").such_as("user-abc123"),
        CREATED_AT,
        EXPIRES_AT,
        LAST_USED_AT,
        field("revoked_at", Kind::Time, "When it was revoked.").or_null().such_as("null"),
        field("revoked_by", Kind::Text, "Who revoked it.").or_null().such_as("null"),
        field("revoked_reason", Kind::Text, "Why it was revoked.").or_null().such_as("null"),
        field("rotated_to", Kind::Id("key_"), "The key that replaces it.").or_null().such_as("null"),
        field("federation_rule_id", Kind::Id("wifr_"), "The rule of workload identity that issued it.")
            .or_null()
            .such_as("null"),
        field("paused_at", Kind::Time, "Since when it is paused.").or_null().such_as("null"),
        field("pause_reason", Kind::Names(|| PauseReason::ALL.map(PauseReason::as_str).to_vec()), "Why it is paused.")
            .or_null()
            .such_as("null"),
        CAP_MODE,
        KEY_CAP,
    ],
);

const ME: Object = Object::new(
    "Me",
    "The owner of the key.",
    &[
        object("user"),
        field("id", Kind::Text, "The person or service account.").such_as("user-abc123"),
        field("email", Kind::Text, "The person's address; null for a service account.")
            .or_null()
            .such_as("ann@example.com"),
        field("name", Kind::Text, "The person's name; null for a service account.").or_null().such_as("Ann"),
        field(
            "orgs",
            Kind::Members(&[
                object("list"),
                field(
                    "data",
                    Kind::List(&Kind::Members(&[
                        object("organization"),
                        id("org-"),
                        field("title", Kind::Text, "Its name.").such_as("Example"),
                        field("name", Kind::Text, "Its name.").such_as("Example"),
                        field("role", Kind::OneOf(&["owner", "reader"]), "The role in it; null for a service account.")
                            .or_null(),
                        field("is_default", Kind::Boolean, "Whether requests without a header are made for it."),
                    ])),
                    "The organizations that the key reaches.",
                ),
            ]),
            "The organizations that the key reaches.",
        ),
    ],
);

pub(super) const GROUP: Group = Group {
    slug: "keys",
    name: "API keys",
    about: "Keys of projects, admin keys, and rotation. A secret is shown once, when the key is made.",
    operations: &[
        get("/v1/organization/projects/{project_id}/api_keys", "listProjectApiKeys", "List the keys of a project")
            .about("Newest first.")
            .needs(READ)
            .query(KEY_PAGE)
            .lists(&PROJECT_KEY)
            .sdk("admin.organization.projects.api_keys.list"),
        get("/v1/organization/projects/{project_id}/api_keys/{key_id}", "retrieveProjectApiKey", "Retrieve a key of a project")
            .needs(READ)
            .answers(&PROJECT_KEY)
            .sdk("admin.organization.projects.api_keys.retrieve"),
        post("/v1/organization/projects/{project_id}/api_keys/{key_id}", "updateProjectApiKey", "Change a key of a project")
            .about("Its permissions, or its lifetime counted from now. The secret stays. Null is refused.")
            .needs(WRITE)
            .body(&[
                field("scopes", Kind::List(&Kind::Text), "The permissions.").sometimes().at_most(64).such_as("[\"api.model.request\"]").shown(),
                field("expires_in_seconds", Kind::Integer, "The lifetime in seconds, counted from now.").sometimes().between(1, LONGEST_LIFE).such_as("2592000"),
            ])
            .answers(&PROJECT_KEY)
            .sdk("admin.organization.projects.api_keys.update"),
        delete("/v1/organization/projects/{project_id}/api_keys/{key_id}", "deleteProjectApiKey", "Delete a key of a project")
            .about("It stops working with the next request. A service account and its other keys stay.")
            .needs(WRITE)
            .removes("organization.project.api_key.deleted")
            .sdk("admin.organization.projects.api_keys.delete"),
        post("/v1/api-keys", "createOwnApiKey", "Create a key for yourself")
            .about("A key of the owner of the calling key, in the project of that key or in `project_id`. It cannot have more permissions or a longer life than the calling key.")
            .needs(Access::AnyKey)
            .body(&[
                optional("name", Kind::Text, "A name for people.").between(1, 255).usually("API key").such_as("CI").shown(),
                SCOPES,
                LIFETIME,
                optional("project_id", Kind::Text, "The project.").such_as("proj_abc123"),
            ])
            .answers(&NEW_KEY).or(&[404]),
        get("/v1/keystead/api_keys/{key_id}", "retrieveApiKeyStatus", "Explain a key")
            .about("Its state and the reason for it, also of a key that was deleted.")
            .needs(READ)
            .answers(&EXPLAINED_KEY),
        post("/v1/keystead/api_keys/{key_id}/rotate", "rotateApiKey", "Rotate a key")
            .about("Makes a key of the same owner, project, name and permissions. The old one works until the overlap ends.")
            .needs(WRITE)
            .body(&[optional("overlap_in_seconds", Kind::Integer, "How long the old secret keeps working.").between(0, LONGEST_OVERLAP).usually("86400").such_as("3600").shown()])
            .answers(&ROTATED_KEY),
        get("/v1/organization/admin_api_keys", "listAdminApiKeys", "List admin keys")
            .about("Oldest first.")
            .needs(READ)
            .query(PAGE_ASCENDING)
            .lists(&ADMIN_KEY)
            .sdk("admin.organization.admin_api_keys.list"),
        post("/v1/organization/admin_api_keys", "createAdminApiKey", "Create an admin key")
            .about("It belongs to the owner of the calling key and cannot have more permissions than that key.")
            .needs(WRITE)
            .body(&[NAME.such_as("Terraform"), SCOPES.such_as("[\"api.management.read\"]"), LIFETIME])
            .answers(&NEW_ADMIN_KEY)
            .sdk("admin.organization.admin_api_keys.create"),
        get("/v1/organization/admin_api_keys/{key_id}", "retrieveAdminApiKey", "Retrieve an admin key")
            .needs(READ)
            .answers(&ADMIN_KEY)
            .sdk("admin.organization.admin_api_keys.retrieve"),
        delete("/v1/organization/admin_api_keys/{key_id}", "deleteAdminApiKey", "Delete an admin key")
            .about("It stops working with the next request.")
            .needs(WRITE)
            .removes("organization.admin_api_key.deleted")
            .sdk("admin.organization.admin_api_keys.delete"),
        get("/v1/me", "retrieveMe", "Retrieve the owner of the key")
            .needs(Access::AnyKey)
            .answers(&ME),
    ],
};
