//! External storage.

use keystead_core::external::{Checked, Cloud, Fault, Health, Location, geography};
use keystead_core::id::{ExternalStorageId, OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_store::tables::external_storage::{self, ExternalStorage};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::{MOST_EXTERNAL, count_validation, draw_probe, refused};
use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// The request for new external storage.
#[derive(Debug, Clone)]
pub struct NewExternalStorage {
    /// The project that it is for.
    pub project: ProjectId,
    /// The cloud that it is in.
    pub cloud: Cloud,
    /// The fields by which the cloud finds it.
    pub fields: Vec<(&'static str, String)>,
}

impl App {
    /// Lists the external storage of an organization, of one project if one is given.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project, or for an unknown cursor.
    pub async fn external_storages(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        page: Page,
    ) -> Result<Listing<ExternalStorage>, Error> {
        read_tx!(self.store(), "external_storages", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            Ok(external_storage::list(tx, organization, project, &page).await?)
        })
    }

    /// Finds one external storage.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn external_storage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalStorageId,
    ) -> Result<ExternalStorage, Error> {
        read_tx!(self.store(), "external_storage", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            storage_of(tx, organization, id).await
        })
    }

    /// Registers storage for a project. Nothing is sent to its cloud before it is validated.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing or archived, when a field is impossible, or when
    /// the organization has [`MOST_EXTERNAL`].
    pub async fn register_external_storage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: NewExternalStorage,
    ) -> Result<ExternalStorage, Error> {
        let location = Location::of_storage(asked.cloud, &asked.fields)
            .map_err(|fault| refused(fault, asked.cloud, Some("provider")))?
            .with_external_id(organization.as_str());
        let storage = ExternalStorage {
            id: self.draw(ExternalStorageId::generate),
            organization: organization.clone(),
            project: asked.project,
            region: location.region().map(str::to_owned),
            location,
            health: Health::Pending,
            fault: None,
            checked_at: None,
            created_at: self.now(),
        };
        write_tx!(self.store(), "register_external_storage", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "external_storage", organization.as_str()).await?;
            open_project(tx, organization, &storage.project).await?;
            if external_storage::count(tx, organization).await? >= MOST_EXTERNAL {
                let message = format!("An organization can have at most {MOST_EXTERNAL} external storages.");
                return Err(Error::impossible(message));
            }
            external_storage::insert(tx, &storage).await?;
            let (action, target) = ("external_storage.registered", storage.id.as_str());
            let details = json!({ "project_id": storage.project, "data": described(&storage) });
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(storage.clone())
        })
    }

    /// Removes external storage. Nothing changes in its cloud.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn remove_external_storage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalStorageId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "remove_external_storage", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let storage = storage_of(tx, organization, id).await?;
            if !external_storage::delete(tx, &storage, self.now()).await? {
                return Err(missing(id));
            }
            let (action, target) = ("external_storage.removed", id.as_str());
            let details = json!({ "project_id": storage.project, "data": described(&storage) });
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await
        })
    }

    /// Writes, reads and deletes one small object, and saves whether that worked. The cloud is contacted outside of every
    /// transaction, and the permission is checked again afterwards. A fault of the storage is an outcome, not an error.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the storage does not exist or is removed meanwhile, or beyond
    /// [`EXTERNAL_CHECK_LIMITS`](keystead_core::verification::limits::EXTERNAL_CHECK_LIMITS).
    pub async fn validate_external_storage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalStorageId,
    ) -> Result<ExternalStorage, Error> {
        let began = self.now();
        let storage = write_tx!(self.store(), "begin_storage_validation", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let storage = storage_of(tx, organization, id).await?;
            count_validation(self, tx, actor, organization).await?;
            Ok(storage)
        })?;
        let checked = match &self.services().clouds {
            Some(clouds) => clouds.check_storage(&storage.location, &draw_probe(self)).await,
            None => Checked::failed(Fault::NoIdentity),
        };
        write_tx!(self.store(), "save_storage_validation", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let saved = external_storage::save_check(tx, organization, id, &checked, began).await?;
            let saved = saved.ok_or_else(|| missing(id))?;
            let details = json!({
                "project_id": saved.project,
                "status": checked.health().as_str(),
                "reason": checked.fault.map(Fault::as_str),
            });
            let (action, target) = ("external_storage.validated", id.as_str());
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(saved)
        })
    }
}

fn missing(id: &ExternalStorageId) -> Error {
    Error::not_found("external storage", id.as_str())
}

async fn storage_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ExternalStorageId,
) -> Result<ExternalStorage, Error> {
    external_storage::find(tx, organization, id).await?.ok_or_else(|| missing(id))
}

/// The fields of a storage in the audit log, in the shape of OpenAI's API.
fn described(storage: &ExternalStorage) -> Value {
    let (region, mut provider) = (storage.region.as_deref().unwrap_or("unknown"), json!(storage.location.fields()));
    provider["type"] = storage.location.cloud().as_str().into();
    provider["region"] = region.into();
    match storage.location.cloud() {
        Cloud::Aws => provider["account_id"] = storage.location.account().into(),
        Cloud::Gcp => provider["audience"] = storage.location.audience().into(),
        Cloud::Azure | Cloud::Oci => {}
    }
    json!({ "geography": geography(region), "provider": provider })
}
