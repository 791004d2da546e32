//! External keys.

use keystead_core::external::{Checked, Cloud, Fault, Health, KeyPurpose, Location};
use keystead_core::id::{ExternalKeyId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_store::tables::external_keys::{self, ExternalKey};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::{MOST_EXTERNAL, count_validation, draw_probe, refused};
use crate::audit::AuditEntry;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// The request for a new external key.
#[derive(Debug, Clone)]
pub struct NewExternalKey {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The cloud that it is in.
    pub cloud: Cloud,
    /// The fields by which the cloud finds it.
    pub fields: Vec<(&'static str, String)>,
}

impl App {
    /// Lists the external keys of an organization, of one purpose if one is given.
    ///
    /// # Errors
    /// When the caller lacks the permission, or for an unknown cursor.
    pub async fn external_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        purpose: Option<KeyPurpose>,
        page: Page,
    ) -> Result<Listing<ExternalKey>, Error> {
        read_tx!(self.store(), "external_keys", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(external_keys::list(tx, organization, purpose, &page).await?)
        })
    }

    /// Finds one external key.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn external_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalKeyId,
    ) -> Result<ExternalKey, Error> {
        read_tx!(self.store(), "external_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            key_of(tx, organization, id).await
        })
    }

    /// Registers a key. Nothing is sent to its cloud before it is validated.
    ///
    /// # Errors
    /// When the caller lacks the permission, when a field is impossible, or when the organization has [`MOST_EXTERNAL`].
    pub async fn register_external_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: NewExternalKey,
    ) -> Result<ExternalKey, Error> {
        let name = checked_name(&asked.name)?;
        let location =
            Location::of_key(asked.cloud, &asked.fields).map_err(|fault| refused(fault, asked.cloud, None))?;
        if location.names_another(organization) {
            let message = "Invalid 'external_id': must not be the id of another organization.";
            return Err(Error::invalid("external_id", message));
        }
        let key = ExternalKey {
            id: self.draw(ExternalKeyId::generate),
            organization: organization.clone(),
            name,
            purpose: asked.purpose,
            location,
            health: Health::Pending,
            fault: None,
            checked_at: None,
            created_at: self.now(),
        };
        write_tx!(self.store(), "register_external_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "external_keys", organization.as_str()).await?;
            if external_keys::count(tx, organization).await? >= MOST_EXTERNAL {
                let message = format!("An organization can have at most {MOST_EXTERNAL} external keys.");
                return Err(Error::impossible(message));
            }
            external_keys::insert(tx, &key).await?;
            let (action, target) = ("external_key.registered", key.id.as_str());
            let details = json!({ "data": described(&key) });
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(key.clone())
        })
    }

    /// Removes an external key. Nothing changes in its cloud.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn remove_external_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalKeyId,
    ) -> Result<ExternalKey, Error> {
        write_tx!(self.store(), "remove_external_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let key = key_of(tx, organization, id).await?;
            if !external_keys::delete(tx, &key, self.now()).await? {
                return Err(missing(id));
            }
            let (action, target) = ("external_key.removed", id.as_str());
            let details = json!({ "data": described(&key) });
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(key)
        })
    }

    /// Uses a key once, as its purpose is, and saves whether that worked. The cloud is contacted outside of every
    /// transaction, and the permission is checked again afterwards. A fault of the key is an outcome, not an error.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the key does not exist or is removed meanwhile, or beyond
    /// [`EXTERNAL_CHECK_LIMITS`](keystead_core::verification::limits::EXTERNAL_CHECK_LIMITS).
    pub async fn validate_external_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ExternalKeyId,
    ) -> Result<ExternalKey, Error> {
        let began = self.now();
        let key = write_tx!(self.store(), "begin_key_validation", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let key = key_of(tx, organization, id).await?;
            count_validation(self, tx, actor, organization).await?;
            Ok(key)
        })?;
        let checked = match &self.services().clouds {
            Some(clouds) => clouds.check_key(&key.location, key.purpose, &draw_probe(self)).await,
            None => Checked::failed(Fault::NoIdentity),
        };
        write_tx!(self.store(), "save_key_validation", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let saved = external_keys::save_check(tx, organization, id, &checked, began).await?;
            let saved = saved.ok_or_else(|| missing(id))?;
            let details = json!({ "status": checked.health().as_str(), "reason": checked.fault.map(Fault::as_str) });
            let (action, target) = ("external_key.validated", id.as_str());
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(saved)
        })
    }
}

fn missing(id: &ExternalKeyId) -> Error {
    Error::not_found("external key", id.as_str())
}

async fn key_of(tx: &mut Tx, organization: &OrganizationId, id: &ExternalKeyId) -> Result<ExternalKey, Error> {
    external_keys::find(tx, organization, id).await?.ok_or_else(|| missing(id))
}

fn described(key: &ExternalKey) -> Value {
    json!({
        "name": key.name,
        "type": key.location.cloud().as_str(),
        "purpose": key.purpose.as_str(),
        "location": key.location.fields(),
    })
}
