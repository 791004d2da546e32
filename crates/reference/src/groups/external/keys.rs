//! External keys: the fields by which each cloud finds a key, and what requests and answers have beside them.

use keystead_core::external::{Cloud, Fault, Health, KeyPurpose};

use crate::groups::shared::{CREATED_AT, NAME, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;

pub(super) const CLOUD: Kind = Kind::Names(|| Cloud::ALL.map(Cloud::as_str).to_vec());
/// What a key is for.
pub(in crate::groups) const PURPOSE: Kind =
    Kind::OneOf(&[KeyPurpose::Ekm.as_str(), KeyPurpose::PspDecryption.as_str()]);
/// Why a validation did not succeed.
pub(super) const FAULT: Kind = Kind::Names(|| Fault::ALL.map(Fault::as_str).to_vec());
/// What a validation found.
pub(super) const HEALTH: Kind = Kind::Names(|| Health::ALL.map(Health::as_str).to_vec());

/// One field of a cloud.
pub(super) const fn text(name: &'static str, about: &'static str, example: &'static str) -> Member {
    field(name, Kind::Text, about).such_as(example)
}

/// One field of a cloud with the length of a name.
pub(super) const fn name(name: &'static str, about: &'static str, example: &'static str) -> Member {
    text(name, about, example).between(1, 255)
}

const AUDIENCE: Member = text("audience", "Google: the audience of the tokens.", "acme").between(1, 512);
const EXTERNAL_ID: Member = text(
    "external_id",
    "AWS: the external id that the role requires. The id of another organization is refused.",
    "k3Zq8vTn4Lx2",
)
.between(2, 1_224);
const KEY_NAME: Member = name("key_name", "Azure: the name of the key.", "keystead");
const KEY_OCID: Member = name("key_ocid", "Oracle: the OCID of the key.", "ocid1.key.oc1..example");
const KEY_VERSION: Member = name("key_version", "Azure: the version of the key, if it is a certain one.", "1f5a2c");
const KEY_VERSION_OCID: Member = name(
    "key_version_ocid",
    "Oracle: the OCID of the key's version, if it is a certain one.",
    "ocid1.keyversion.oc1..a",
);
const KMS_ARN: Member =
    text("kms_arn", "AWS: the ARN of the KMS key or of its alias.", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd");
const KMS_KEY_LOCATION: Member = name("kms_key_location", "Google: the location of the key ring.", "europe-west3");
const KMS_KEY_NAME: Member = name("kms_key_name", "Google: the name of the key.", "keystead");
const KMS_KEY_RING_NAME: Member = name("kms_key_ring_name", "Google: the name of the key ring.", "ring");
const KMS_KEY_VERSION: Member = name("kms_key_version", "Google: the version of the key, if it is a certain one.", "1");
const KMS_PROJECT_ID: Member = name("kms_project_id", "Google: the project of the key ring.", "acme-keys");
const REGION: Member = text("region", "Oracle: the region of the vault.", "eu-frankfurt-1");
const ROLE_ARN: Member =
    text("role_arn", "AWS: the ARN of the role that is assumed.", "arn:aws:iam::123456789012:role/keystead");
const TENANT_ID: Member =
    text("tenant_id", "Azure: the UUID of the directory.", "7a9d3f52-0c1e-4b86-9d2f-5e8b1c6a4d30");
const VAULT_OCID: Member = name("vault_ocid", "Oracle: the OCID of the vault.", "ocid1.vault.oc1..example");
const VAULT_URI: Member = text(
    "vault_uri",
    "Azure: the address of the vault, at `vault.azure.net` or `managedhsm.azure.net`.",
    "https://acme.vault.azure.net",
);
const POOL: Member = name("workload_identity_pool_id", "Google: the pool of workload identities.", "keystead");
const POOL_PROJECT: Member =
    text("workload_identity_project_number", "Google: the number of the pool's project.", "123456789").between(1, 30);
const POOL_PROVIDER: Member = name("workload_identity_provider_id", "Google: the provider of the pool.", "keystead");

/// A field in a request. Whether it is required depends on the cloud.
const fn sent(one: Member) -> Member {
    Member { required: false, null: true, ..one }
}

/// A field in an answer, where each key has those of its own cloud. Examples have a key at AWS.
const fn shown(one: Member) -> Member {
    Member { required: false, least: None, most: None, ..one }
}

/// The body of a new key.
pub(super) const NEW_KEY: &[Member] = &[
    field("type", CLOUD, "The cloud of the key."),
    NAME.such_as("Master key"),
    optional("purpose", PURPOSE, "What it is for: to encrypt and decrypt, or to decrypt only.").usually("ekm"),
    sent(AUDIENCE),
    sent(EXTERNAL_ID).shown(),
    sent(KEY_NAME),
    sent(KEY_OCID),
    sent(KEY_VERSION),
    sent(KEY_VERSION_OCID),
    sent(KMS_ARN).shown(),
    sent(KMS_KEY_LOCATION),
    sent(KMS_KEY_NAME),
    sent(KMS_KEY_RING_NAME),
    sent(KMS_KEY_VERSION),
    sent(KMS_PROJECT_ID),
    sent(REGION),
    sent(ROLE_ARN).shown(),
    sent(TENANT_ID),
    sent(VAULT_OCID),
    sent(VAULT_URI),
    sent(POOL),
    sent(POOL_PROJECT),
    sent(POOL_PROVIDER),
];

pub(super) const KEY: Object = Object::new(
    "ExternalKey",
    "A key in the organization's own cloud account. It has the fields of its cloud.",
    &[
        id("extkey_"),
        object("organization.external_key"),
        field("type", CLOUD, "The cloud of the key."),
        field("name", Kind::Text, "Its name.").such_as("Master key"),
        field("purpose", PURPOSE, "What it is for."),
        field("workspace_id", Kind::Id("org-"), "The organization."),
        field("api_project_ids", Kind::List(&Kind::Text), "Always empty: projects cannot choose a key.")
            .at_most(0)
            .such_as("[]"),
        CREATED_AT,
        shown(AUDIENCE).left_out(),
        shown(EXTERNAL_ID),
        shown(KEY_NAME).left_out(),
        shown(KEY_OCID).left_out(),
        shown(KEY_VERSION).left_out(),
        shown(KEY_VERSION_OCID).left_out(),
        shown(KMS_ARN),
        shown(KMS_KEY_LOCATION).left_out(),
        shown(KMS_KEY_NAME).left_out(),
        shown(KMS_KEY_RING_NAME).left_out(),
        shown(KMS_KEY_VERSION).left_out(),
        shown(KMS_PROJECT_ID).left_out(),
        shown(REGION).left_out(),
        shown(ROLE_ARN),
        shown(TENANT_ID).left_out(),
        shown(VAULT_OCID).left_out(),
        shown(VAULT_URI).left_out(),
        shown(POOL).left_out(),
        shown(POOL_PROJECT).left_out(),
        shown(POOL_PROVIDER).left_out(),
    ],
);

pub(super) const CHECK: Object = Object::new(
    "ExternalKeyCheck",
    "What the validation of a key found.",
    &[
        field("status", HEALTH, "Whether the key can be used.").such_as("validated"),
        field("reason", FAULT, "Why it cannot, or not fully.").or_null().such_as("null"),
        field("validated_at", Kind::Time, "When it was validated.").or_null(),
    ],
);
