//! External keys and external storage.

use async_openai::types::admin::external_keys::{
    AwsExternalKeyParams, AzureExternalKeyParams, ExternalKeyPurpose, GcpExternalKeyParams,
    V1OrganizationExternalKeysPostRequest as NewKey,
};
use async_openai::types::admin::external_storage::{
    AwsExternalStorageProviderParams, AzureExternalStorageProviderParams, CreateExternalStorageBody,
    CreateExternalStorageBodyProvider as Provider, ExternalStorageStatus, GcpExternalStorageProviderParams,
    OciExternalStorageProviderParams,
};

use super::start;

const ROLE: &str = "arn:aws:iam::123456789012:role/keystead";
const UUID: &str = "7a9d3f52-0c1e-4b86-9d2f-5e8b1c6a4d30";

/// A key in each cloud that the client has.
fn keys() -> [NewKey; 3] {
    let text = str::to_owned;
    [
        NewKey::Aws(AwsExternalKeyParams {
            name: text("aws"),
            role_arn: text(ROLE),
            kms_arn: text("arn:aws:kms:eu-west-1:123456789012:key/1234abcd"),
            external_id: text("acme-1"),
            purpose: Some(ExternalKeyPurpose::PspDecryption),
        }),
        NewKey::Azure(AzureExternalKeyParams {
            name: text("azure"),
            tenant_id: text(UUID),
            vault_uri: text("https://acme.vault.azure.net"),
            key_name: text("keystead"),
            purpose: Some(ExternalKeyPurpose::Ekm),
            key_version: Some(text("1f5a2c")),
        }),
        NewKey::Gcp(GcpExternalKeyParams {
            name: text("gcp"),
            workload_identity_project_number: text("123456789"),
            workload_identity_pool_id: text("pool"),
            workload_identity_provider_id: text("provider"),
            kms_project_id: text("acme-keys"),
            kms_key_ring_name: text("ring"),
            kms_key_name: text("keystead"),
            kms_key_location: text("europe-west3"),
            audience: text("acme"),
            purpose: None,
            kms_key_version: Some(text("1")),
        }),
    ]
}

#[tokio::test]
async fn external_keys_are_read() {
    let (_world, _owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let external = admin.external_keys();
    let mut ids = Vec::new();
    for wanted in keys() {
        ids.push(to.read("external_keys.create", external.create(wanted).await).id);
    }
    assert_eq!(to.read("external_keys.list", external.list().await).data.len(), 3);
    to.read("external_keys.retrieve", external.retrieve(&ids[0]).await);
    let checked = to.read("external_keys.validate", external.validate(&ids[0]).await);
    assert_eq!(checked.status, "validated");
    to.read("external_keys.delete", external.delete(&ids[0]).await);
    let own = "only Keystead says when";
    to.lost_only(&[("external_keys.validate validated_at", own)]);
}

/// A bucket in each cloud.
fn providers() -> [Provider; 4] {
    let text = str::to_owned;
    [
        Provider::Aws(AwsExternalStorageProviderParams { bucket: text("acme-data"), role_arn: text(ROLE) }),
        Provider::Azure(AzureExternalStorageProviderParams {
            tenant_id: text(UUID),
            subscription_id: text(UUID),
            resource_group: text("keystead"),
            account_name: text("acmedata"),
            container: text("keystead"),
        }),
        Provider::Gcp(GcpExternalStorageProviderParams {
            bucket: text("acme-data"),
            workload_identity_project_number: text("123456789"),
            workload_identity_pool_id: text("pool"),
            workload_identity_provider_id: text("provider"),
        }),
        Provider::Oci(OciExternalStorageProviderParams {
            tenancy_ocid: text("ocid1.tenancy.oc1..example"),
            region: text("eu-frankfurt-1"),
            bucket: text("acme-data"),
        }),
    ]
}

#[tokio::test]
async fn external_storage_is_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let external = admin.external_storage();
    let mut ids = Vec::new();
    for provider in providers() {
        let wanted = CreateExternalStorageBody { project_id: owner.project_id.to_string(), provider };
        ids.push(to.read("external_storage.create", external.create(wanted).await).id);
    }
    assert_eq!(to.read("external_storage.list", external.list().await).data.len(), 4);
    let checked = to.read("external_storage.validate", external.validate(&ids[0]).await);
    assert_eq!(checked.status, ExternalStorageStatus::Validated);
    to.read("external_storage.retrieve", external.retrieve(&ids[0]).await);
    assert!(to.read("external_storage.delete", external.delete(&ids[0]).await).deleted);
    let own = "only Keystead says when";
    to.lost_only(&[("external_storage.validate validated_at", own), ("external_storage.retrieve validated_at", own)]);
}
