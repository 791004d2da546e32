//! External keys and external storage.

mod keys;
mod storage;

use super::shared::{EXTERNAL_KEY_PAGE, EXTERNAL_STORAGE_PAGE, READ, WRITE};
use crate::members::{Kind, field};
use crate::operation::{Group, delete, get, post};
pub(super) use keys::PURPOSE;
use keys::{CHECK, KEY, NEW_KEY};
use storage::{NEW_PROVIDER, STORAGE};

pub(super) const GROUP: Group = Group {
    slug: "external",
    name: "External keys and storage",
    about: "Keys and buckets in the organization's own cloud account, registered without any secret. Keystead says whether they can be used; it does not encrypt or store anything with them.",
    operations: &[
        get("/v1/organization/external_keys", "listExternalKeys", "List external keys")
            .about("Newest first.")
            .needs(READ)
            .query(EXTERNAL_KEY_PAGE)
            .lists(&KEY)
            .sdk("admin.organization.external_keys.list"),
        post("/v1/organization/external_keys", "createExternalKey", "Register an external key")
            .about("The cloud decides which fields are required: AWS `external_id`, `kms_arn`, `role_arn`; Azure `key_name`, `tenant_id`, `vault_uri`; Google `audience`, `kms_key_location`, `kms_key_name`, `kms_key_ring_name`, `kms_project_id` and those of its workload identity; Oracle `key_ocid`, `region`, `vault_ocid`. A field of another cloud is refused. Nothing is sent to the cloud before the key is validated. An organization has at most 100 keys.")
            .needs(WRITE)
            .body(NEW_KEY)
            .answers(&KEY)
            .sdk("admin.organization.external_keys.create"),
        get("/v1/organization/external_keys/{external_key_id}", "retrieveExternalKey", "Retrieve an external key")
            .needs(READ)
            .answers(&KEY)
            .sdk("admin.organization.external_keys.retrieve"),
        delete("/v1/organization/external_keys/{external_key_id}", "deleteExternalKey", "Remove an external key")
            .about("Nothing changes in the cloud. The answer is the key that was removed.")
            .needs(WRITE)
            .answers(&KEY)
            .sdk("admin.organization.external_keys.delete"),
        post(
            "/v1/organization/external_keys/{external_key_id}/validate",
            "validateExternalKey",
            "Validate an external key",
        )
        .about("Uses the key once, as its purpose is, within 20 seconds. Every outcome is an answer; without an identity of the operator in the cloud it is `unhealthy` with `no_identity`.")
        .needs(WRITE)
        .answers(&CHECK)
        .or(&[429])
        .sdk("admin.organization.external_keys.validate"),
        get("/v1/organization/external_storage", "listExternalStorage", "List external storage")
            .about("Newest first.")
            .needs(READ)
            .query(EXTERNAL_STORAGE_PAGE)
            .lists(&STORAGE)
            .or(&[404])
            .sdk("admin.organization.external_storage.list"),
        post("/v1/organization/external_storage", "createExternalStorage", "Register external storage")
            .about("Nothing is sent to the cloud before the bucket is validated. An organization has at most 100 buckets.")
            .needs(WRITE)
            .body(&[field("project_id", Kind::Id("proj_"), "The project."), NEW_PROVIDER])
            .answers(&STORAGE)
            .or(&[404])
            .sdk("admin.organization.external_storage.create"),
        get(
            "/v1/organization/external_storage/{external_storage_id}",
            "retrieveExternalStorage",
            "Retrieve external storage",
        )
        .needs(READ)
        .answers(&STORAGE)
        .sdk("admin.organization.external_storage.retrieve"),
        delete("/v1/organization/external_storage/{external_storage_id}", "deleteExternalStorage", "Remove external storage")
            .about("Nothing changes in the cloud.")
            .needs(WRITE)
            .removes("organization.external_storage.deleted")
            .sdk("admin.organization.external_storage.delete"),
        post(
            "/v1/organization/external_storage/{external_storage_id}/validate",
            "validateExternalStorage",
            "Validate external storage",
        )
        .about("Writes, reads and deletes one object, within 20 seconds. Every outcome is an answer with the new `status`.")
        .needs(WRITE)
        .answers(&STORAGE)
        .or(&[429])
        .sdk("admin.organization.external_storage.validate"),
    ],
};
