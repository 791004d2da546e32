//! External storage: where each cloud has a bucket.

use super::keys::{FAULT, HEALTH, name, text};
use crate::groups::shared::{CREATED_AT, id, object};
use crate::members::{Kind, Member, field};
use crate::object::Object;

const BUCKET: Member = text("bucket", "The bucket.", "acme-data").between(3, 63);
const NAMED_BUCKET: Member = name("bucket", "The bucket.", "acme-data");
const ROLE_ARN: Member =
    text("role_arn", "The ARN of the role that is assumed.", "arn:aws:iam::123456789012:role/keystead");
const ACCOUNT: Member = text("account_name", "The storage account.", "acmedata").between(3, 24);
const CONTAINER: Member = text("container", "The container.", "keystead").between(3, 63);
const GROUP: Member = text("resource_group", "The resource group.", "keystead").between(1, 90);
const SUBSCRIPTION: Member =
    text("subscription_id", "The UUID of the subscription.", "3c1f7f0e-5a43-4c8e-8a53-0b9f2d7a6e11");
const TENANT: Member = text("tenant_id", "The UUID of the directory.", "7a9d3f52-0c1e-4b86-9d2f-5e8b1c6a4d30");
const POOL: Member = name("workload_identity_pool_id", "The pool of workload identities.", "keystead");
const POOL_PROJECT: Member =
    text("workload_identity_project_number", "The number of the pool's project.", "123456789").between(1, 30);
const POOL_PROVIDER: Member = name("workload_identity_provider_id", "The provider of the pool.", "keystead");
const TENANCY: Member = name("tenancy_ocid", "The OCID of the tenancy.", "ocid1.tenancy.oc1..example");
const OWN_REGION: Member = text("region", "The region.", "eu-frankfurt-1");
const REGION: Member = text("region", "The region; `unknown` until the cloud has said it.", "eu-west-1");

const fn of(cloud: &'static str) -> Member {
    field("type", Kind::Always(cloud), "The cloud.")
}

/// Where a new bucket is.
pub(super) const NEW_PROVIDER: Member = field(
    "provider",
    Kind::Either(&[
        Kind::Members(&[of("aws"), BUCKET, ROLE_ARN]),
        Kind::Members(&[of("azure"), ACCOUNT, CONTAINER, GROUP, SUBSCRIPTION, TENANT]),
        Kind::Members(&[of("gcp"), NAMED_BUCKET, POOL, POOL_PROJECT, POOL_PROVIDER]),
        Kind::Members(&[of("oci"), NAMED_BUCKET, OWN_REGION, TENANCY]),
    ]),
    "Where it is.",
);

const PROVIDER: Kind = Kind::Either(&[
    Kind::Members(&[
        of("aws"),
        BUCKET,
        ROLE_ARN,
        text("external_id", "The external id that the role must require: the organization.", "org-abc123"),
        text("account_id", "The account of the role.", "123456789012"),
        REGION,
    ]),
    Kind::Members(&[of("azure"), ACCOUNT, CONTAINER, GROUP, SUBSCRIPTION, TENANT, REGION]),
    Kind::Members(&[
        of("gcp"),
        NAMED_BUCKET,
        POOL,
        POOL_PROJECT,
        POOL_PROVIDER,
        text("audience", "The audience of the tokens.", "//iam.googleapis.com/projects/123456789/…"),
        REGION,
    ]),
    Kind::Members(&[of("oci"), NAMED_BUCKET, TENANCY, OWN_REGION]),
]);

pub(super) const STORAGE: Object = Object::new(
    "ExternalStorage",
    "A bucket in the organization's own cloud account, for a project.",
    &[
        id("extstore_"),
        object("organization.external_storage"),
        field("project_id", Kind::Id("proj_"), "The project."),
        field("geography", Kind::Text, "The geography of the region; `GLOBAL` when no other is known.").such_as("EU"),
        field("provider", PROVIDER, "Where it is."),
        field("status", HEALTH, "Whether the bucket can be used, by the last validation.").such_as("validated"),
        field("reason", FAULT, "Why it cannot, or not fully.").or_null().such_as("null"),
        field("validated_at", Kind::Time, "When it was last validated.").or_null(),
        CREATED_AT,
    ],
);
