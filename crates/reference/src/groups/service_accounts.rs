//! Service accounts.

use super::keys::VALUE;
use super::shared::{CREATED_AT, LIFETIME, NAME, PAGE, READ, SCOPES, WRITE, flag, id, object};
use crate::members::{Kind, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const ACCOUNT: Object = Object::new(
    "ServiceAccount",
    "An owner of keys that is no person.",
    &[
        id("svc_acct_"),
        object("organization.project.service_account"),
        field("name", Kind::Text, "Its name.").such_as("Search in production"),
        field("role", Kind::OneOf(&["owner", "member", "viewer", "none"]), "Its role in the project.")
            .such_as("member"),
        CREATED_AT,
    ],
);

const KEY: Object = Object::new(
    "ServiceAccountApiKey",
    "A new key of a service account with its secret.",
    &[
        object("organization.project.service_account.api_key"),
        id("key_"),
        field("name", Kind::Text, "Its name.").or_null().such_as("Secret Key"),
        VALUE.such_as("sk-svcacct-…"),
        CREATED_AT,
        field("expires_at", Kind::Time, "When it stops working; null if it does not.").or_null().such_as("null"),
    ],
);

const NEW_ACCOUNT: Object = Object::new(
    "NewServiceAccount",
    "A new service account with its first key.",
    &[field("api_key", Kind::Object(&KEY), "The first key; null if none was wanted.").or_null()],
)
.more_than(&ACCOUNT);

pub(super) const GROUP: Group = Group {
    slug: "service-accounts",
    name: "Service accounts",
    about: "Owners of keys for programs. Their keys keep working when people leave the organization.",
    operations: &[
        get("/v1/organization/projects/{project_id}/service_accounts", "listServiceAccounts", "List service accounts")
            .about("Newest first.")
            .needs(READ)
            .query(PAGE)
            .lists(&ACCOUNT)
            .sdk("admin.organization.projects.service_accounts.list"),
        post(
            "/v1/organization/projects/{project_id}/service_accounts",
            "createServiceAccount",
            "Create a service account",
        )
        .about("With a first key, unless `create_service_account_only` says otherwise.")
        .needs(WRITE)
        .body(&[
            NAME.such_as("Search in production"),
            flag("create_service_account_only", "Whether no key is made."),
            LIFETIME,
        ])
        .answers(&NEW_ACCOUNT)
        .sdk("admin.organization.projects.service_accounts.create"),
        get(
            "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}",
            "retrieveServiceAccount",
            "Retrieve a service account",
        )
        .needs(READ)
        .answers(&ACCOUNT)
        .sdk("admin.organization.projects.service_accounts.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}",
            "updateServiceAccount",
            "Change a service account",
        )
        .about("What is left out stays as it is.")
        .needs(WRITE)
        .body(&[
            optional("name", Kind::Text, "A name for people.").between(1, 255).such_as("Search").shown(),
            optional("role", Kind::OneOf(&["member", "owner"]), "The role in the project."),
        ])
        .answers(&ACCOUNT)
        .sdk("admin.organization.projects.service_accounts.update"),
        delete(
            "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}",
            "deleteServiceAccount",
            "Delete a service account",
        )
        .about("With its keys, which stop working with the next request.")
        .needs(WRITE)
        .removes("organization.project.service_account.deleted")
        .sdk("admin.organization.projects.service_accounts.delete"),
        post(
            "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys",
            "createServiceAccountApiKey",
            "Create a key of a service account",
        )
        .needs(WRITE)
        .body(&[
            optional("name", Kind::Text, "A name for people.")
                .between(1, 255)
                .usually("Secret Key")
                .such_as("Rotation in May")
                .shown(),
            SCOPES,
            LIFETIME,
        ])
        .answers(&KEY)
        .sdk("admin.organization.projects.service_accounts.api_keys.create"),
    ],
};
