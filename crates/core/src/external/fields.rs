//! The fields of each cloud, and what their values look like. The values become parts of addresses and signed requests,
//! so each has a narrow form: nothing in it can lead to another host or another path.

use super::Cloud;

/// One field of a location.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    /// Whether a value has the form of this field.
    pub(super) fits: fn(&str) -> bool,
    /// The form in words, for the refusal.
    pub(super) form: &'static str,
}

const fn field(name: &'static str, fits: fn(&str) -> bool, form: &'static str) -> Field {
    Field { name, required: true, fits, form }
}

const fn optional(name: &'static str, fits: fn(&str) -> bool, form: &'static str) -> Field {
    Field { name, required: false, fits, form }
}

const ROLE: Field =
    field("role_arn", is_role_arn, "the ARN of a role, such as arn:aws:iam::123456789012:role/keystead");
const TENANT: Field = field("tenant_id", is_uuid, "the UUID of a directory");
const POOL: Field = field("workload_identity_pool_id", is_name, NAME);
const POOL_PROJECT: Field = field("workload_identity_project_number", is_number, "the number of a project");
const POOL_PROVIDER: Field = field("workload_identity_provider_id", is_name, NAME);
const NAME: &str = "1 to 255 letters, digits, dots, hyphens and underscores";
const OCID: &str = "an OCID, such as ocid1.key.oc1..example";
const REGION: &str = "a region, such as eu-frankfurt-1";

/// The fields of a key in a cloud.
pub(super) const fn of_key(cloud: Cloud) -> &'static [Field] {
    match cloud {
        Cloud::Aws => {
            const {
                &[
                    field("external_id", is_external_id, "2 to 1224 letters, digits and the characters +=,.@:/-_"),
                    field(
                        "kms_arn",
                        is_kms_arn,
                        "the ARN of a KMS key, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
                    ),
                    ROLE,
                ]
            }
        }
        Cloud::Azure => {
            const {
                &[
                    field("key_name", is_name, NAME),
                    TENANT,
                    field(
                        "vault_uri",
                        is_vault_uri,
                        "https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net",
                    ),
                    optional("key_version", is_name, NAME),
                ]
            }
        }
        Cloud::Gcp => {
            const {
                &[
                    field("audience", is_audience, "1 to 512 visible ASCII characters"),
                    field("kms_key_location", is_name, NAME),
                    field("kms_key_name", is_name, NAME),
                    field("kms_key_ring_name", is_name, NAME),
                    field("kms_project_id", is_name, NAME),
                    POOL,
                    POOL_PROJECT,
                    POOL_PROVIDER,
                    optional("kms_key_version", is_name, NAME),
                ]
            }
        }
        Cloud::Oci => {
            const {
                &[
                    field("key_ocid", is_ocid, OCID),
                    field("region", is_region, REGION),
                    field("vault_ocid", is_ocid, OCID),
                    optional("key_version_ocid", is_ocid, OCID),
                ]
            }
        }
    }
}

/// The fields of a bucket in a cloud.
pub(super) const fn of_storage(cloud: Cloud) -> &'static [Field] {
    const BUCKET: &str = "the name of a bucket";
    const RESOURCE_GROUP: &str = "1 to 90 letters, digits, dots, hyphens, underscores and parentheses";
    match cloud {
        Cloud::Aws => const { &[field("bucket", is_bucket, BUCKET), ROLE] },
        Cloud::Azure => {
            const {
                &[
                    field("account_name", is_account, "3 to 24 lower-case letters and digits"),
                    field("container", is_bucket, "the name of a container"),
                    field("resource_group", is_resource_group, RESOURCE_GROUP),
                    field("subscription_id", is_uuid, "the UUID of a subscription"),
                    TENANT,
                ]
            }
        }
        Cloud::Gcp => const { &[field("bucket", is_name, BUCKET), POOL, POOL_PROJECT, POOL_PROVIDER] },
        Cloud::Oci => {
            const {
                &[
                    field("bucket", is_name, BUCKET),
                    field("region", is_region, REGION),
                    field("tenancy_ocid", is_ocid, OCID),
                ]
            }
        }
    }
}

/// Every field of keys, in any cloud. A test compares it with the tables above.
pub const KEY_MEMBERS: &[&str] = &[
    "audience",
    "external_id",
    "key_name",
    "key_ocid",
    "key_version",
    "key_version_ocid",
    "kms_arn",
    "kms_key_location",
    "kms_key_name",
    "kms_key_ring_name",
    "kms_key_version",
    "kms_project_id",
    "region",
    "role_arn",
    "tenant_id",
    "vault_ocid",
    "vault_uri",
    "workload_identity_pool_id",
    "workload_identity_project_number",
    "workload_identity_provider_id",
];

/// Every field of storage, in any cloud. A test compares it with the tables above.
pub const STORAGE_MEMBERS: &[&str] = &[
    "account_name",
    "bucket",
    "container",
    "region",
    "resource_group",
    "role_arn",
    "subscription_id",
    "tenancy_ocid",
    "tenant_id",
    "workload_identity_pool_id",
    "workload_identity_project_number",
    "workload_identity_provider_id",
];

fn made_of(text: &str, lengths: std::ops::RangeInclusive<usize>, others: &[u8]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// One segment of a path that cannot be `.` or `..`.
fn is_name(text: &str) -> bool {
    made_of(text, 1..=255, b"-_.") && text.bytes().any(|byte| byte != b'.')
}

/// By the rules of S3, which those of Azure's containers are part of.
fn is_bucket(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().last()];
    made_of(text, 3..=63, b"-.")
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        && !text.contains("..")
        && ends.into_iter().flatten().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_account(text: &str) -> bool {
    made_of(text, 3..=24, b"") && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// By the rules of Azure. It is no part of an address.
fn is_resource_group(text: &str) -> bool {
    made_of(text, 1..=90, b"-_.()") && !text.ends_with('.')
}

fn is_external_id(text: &str) -> bool {
    made_of(text, 2..=1_224, b"+=,.@:/-_")
}

fn is_audience(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_number(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a region of AWS or Oracle, such as `us-gov-west-1`: words and a number. The names of
/// other hosts below a cloud's domain, such as `s3-eu-west-1` and `compute-1`, do not have it.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let is_word = |word: &str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.len() <= 32
        && words.contains('-')
        && words.split('-').all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_ocid(text: &str) -> bool {
    text.starts_with("ocid1.") && made_of(text, 7..=255, b"-_.")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A vault's own address at Azure, and nothing else: no port, no path, no user.
fn is_vault_uri(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let name = host
        .and_then(|host| host.strip_suffix(".vault.azure.net").or_else(|| host.strip_suffix(".managedhsm.azure.net")));
    name.is_some_and(|name| made_of(name, 3..=24, b"-") && !name.starts_with('-') && !name.ends_with('-'))
}

/// The parts of an ARN of this service: partition, region, account, resource.
pub(super) fn arn<'t>(text: &'t str, service: &str) -> Option<(&'t str, &'t str, &'t str, &'t str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, of, region, account, resource] = parts.as_slice() else { return None };
    let known = matches!(partition, "aws" | "aws-cn" | "aws-us-gov") && of == service;
    let account_fits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (known && account_fits).then_some((partition, region, account, resource))
}

fn is_role_arn(text: &str) -> bool {
    let Some((_, region, _, resource)) = arn(text, "iam") else { return false };
    let role = resource.strip_prefix("role/");
    region.is_empty() && role.is_some_and(|role| made_of(role, 1..=512, b"+=,.@-_/") && !role.ends_with('/'))
}

fn is_kms_arn(text: &str) -> bool {
    let Some((_, region, _, resource)) = arn(text, "kms") else { return false };
    let key = resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"));
    is_region(region) && key.is_some_and(|key| made_of(key, 1..=256, b"-_/"))
}
