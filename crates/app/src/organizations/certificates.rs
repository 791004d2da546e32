//! Client certificates: an organization uploads certificates and activates them for itself or for single projects. While
//! any is active for a project, the gateway accepts its keys only from clients with a certificate that one of them
//! signed. Certificates never apply to admin keys and to the dashboard's other pages, so that owners can always
//! deactivate them.

use keystead_core::client_certificate::{Certificate, block};
use keystead_core::id::{CertificateId, OrganizationId, ProjectId};
use keystead_core::scope::Scope;
pub use keystead_store::tables::certificates::{PlacedCertificate, UploadedCertificate};
use keystead_store::tables::{certificates, changes};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// Certificates that one organization may have.
pub const MOST_CERTIFICATES: usize = 50;
/// Certificates that one request may activate or deactivate.
pub const MOST_AT_ONCE: usize = 10;
/// Active certificates of single projects, in one organization.
pub const MOST_OF_PROJECTS: i64 = 500;

/// The code of the refusal to activate a certificate that nothing would check.
pub const NOT_CHECKED: &str = "client_certificates_not_checked";

impl App {
    /// Lists the certificates of the organization, each with whether it is active for the whole organization or, with
    /// a project, for that project.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project, or for an unknown cursor.
    pub async fn certificates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        page: Page,
    ) -> Result<Listing<PlacedCertificate>, Error> {
        read_tx!(self.store(), "certificates", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let Some(project) = project else { return Ok(certificates::list(tx, organization, &page).await?) };
            project_of(tx, organization, project).await?;
            Ok(certificates::list_for_project(tx, organization, project, &page).await?)
        })
    }

    /// Finds a certificate of this organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn certificate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &CertificateId,
    ) -> Result<UploadedCertificate, Error> {
        read_tx!(self.store(), "certificate", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            certificate_of(tx, organization, id).await
        })
    }

    /// Uploads a certificate, which is not active yet.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the certificate cannot be trusted or has expired, or when the
    /// organization has [`MOST_CERTIFICATES`].
    pub async fn create_certificate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        name: Option<&str>,
        pem: &str,
    ) -> Result<UploadedCertificate, Error> {
        let wrong = |why: &str| Error::invalid("certificate", format!("Invalid 'certificate': {why}"));
        let name = name.map(checked_name).transpose()?;
        let content = block(pem).map_err(|fault| wrong(fault.message()))?;
        let read = Certificate::read(content).map_err(|fault| wrong(fault.message()))?;
        if read.has_expired(self.now()) {
            return Err(wrong("it has expired."));
        }
        let certificate = UploadedCertificate {
            id: self.draw(CertificateId::generate),
            organization: organization.clone(),
            name,
            content: content.to_owned(),
            valid_at: read.valid_at,
            expires_at: read.expires_at,
            created_at: self.now(),
        };
        write_tx!(self.store(), "create_certificate", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "certificates", organization.as_str()).await?;
            let known = certificates::count(tx, organization).await?;
            if usize::try_from(known).unwrap_or(usize::MAX) >= MOST_CERTIFICATES {
                let message = format!("An organization can have at most {MOST_CERTIFICATES} certificates.");
                return Err(Error::impossible(message));
            }
            certificates::insert(tx, &certificate).await?;
            let (action, target) = ("certificate.created", certificate.id.as_str());
            let details = json!({ "name": certificate.name });
            self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
            Ok(certificate.clone())
        })
    }

    /// Renames a certificate; without a name it is not changed.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn rename_certificate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &CertificateId,
        name: Option<&str>,
    ) -> Result<UploadedCertificate, Error> {
        let name = name.map(checked_name).transpose()?;
        write_tx!(self.store(), "rename_certificate", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let certificate = certificate_of(tx, organization, id).await?;
            let Some(name) = name.as_ref().filter(|name| certificate.name.as_ref() != Some(name)) else {
                return Ok(certificate);
            };
            certificates::rename(tx, organization, id, name).await?;
            let details = json!({ "name": name });
            let entry = AuditEntry { organization, action: "certificate.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(UploadedCertificate { name: Some(name.clone()), ..certificate })
        })
    }

    /// Deletes a certificate that is active nowhere.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when it is active.
    pub async fn delete_certificate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &CertificateId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_certificate", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let certificate = certificate_of(tx, organization, id).await?;
            if !certificates::delete(tx, organization, id, self.now()).await? {
                return Err(Error::Invalid {
                    param: None,
                    code: Some("certificate_active"),
                    message: format!(
                        "Certificate {id} is active. Deactivate it for the organization and for all projects first."
                    ),
                });
            }
            let details = json!({ "name": certificate.name, "certificate": certificate.content });
            let entry = AuditEntry { organization, action: "certificate.deleted", target: id.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }

    /// Activates certificates for the whole organization or for one project, all or none; those that are active stay
    /// so. It applies from the next request. Returns them in the order of `ids`.
    ///
    /// # Errors
    /// When the caller lacks the permission; when this installation checks no client certificates; when one does not
    /// exist or has expired; or when the project is missing or archived.
    pub async fn activate_certificates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        ids: &[CertificateId],
    ) -> Result<Vec<UploadedCertificate>, Error> {
        let ids = distinct(ids)?;
        if !self.settings().client_certificates {
            // Otherwise owners would believe that their keys are protected.
            let message = "This installation does not check client certificates, so an active certificate would \
                           protect nothing. The operator must set network.client_certificate_header first.";
            return Err(Error::coded("certificate_ids", NOT_CHECKED, message));
        }
        write_tx!(self.store(), "activate_certificates", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = project {
                open_project(tx, organization, project).await?;
            }
            let all = all_of(tx, organization, &ids).await?;
            if let Some(expired) = all.iter().find(|one| self.now() > one.expires_at) {
                let message = format!("Certificate {} has expired.", expired.id);
                return Err(Error::coded("certificate_ids", "certificate_expired", message));
            }
            self.set_active(tx, actor, (organization, project), &all, true).await?;
            // A look-up of a person's keys reads all of them.
            if project.is_some() && certificates::count_of_projects(tx, organization).await? > MOST_OF_PROJECTS {
                return Err(Error::impossible(format!(
                    "An organization can have at most {MOST_OF_PROJECTS} active certificates of single projects. \
                     Activate some for the whole organization instead."
                )));
            }
            Ok(all)
        })
    }

    /// Deactivates certificates for the whole organization or for one project, all or none; those that are not active
    /// stay so. It applies from the next request. Returns them in the order of `ids`.
    ///
    /// # Errors
    /// When the caller lacks the permission, when one does not exist, or when the project is missing.
    pub async fn deactivate_certificates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        ids: &[CertificateId],
    ) -> Result<Vec<UploadedCertificate>, Error> {
        let ids = distinct(ids)?;
        write_tx!(self.store(), "deactivate_certificates", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            let all = all_of(tx, organization, &ids).await?;
            self.set_active(tx, actor, (organization, project), &all, false).await?;
            Ok(all)
        })
    }

    /// Reports how many certificates are active in the whole installation. The operator's log says so while nothing
    /// checks clients, because keys with active certificates are then refused.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn active_certificates(&self) -> Result<i64, Error> {
        read_tx!(self.store(), "active_certificates", |tx| Ok(certificates::count_active(tx).await?))
    }

    async fn set_active(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        (organization, project): (&OrganizationId, Option<&ProjectId>),
        all: &[UploadedCertificate],
        active: bool,
    ) -> Result<(), Error> {
        let mut changed: Vec<Value> = Vec::new();
        for one in all {
            let differs = match project {
                None => certificates::set_active(tx, organization, &one.id, active, self.now()).await?,
                Some(project) => certificates::set_active_for_project(tx, project, &one.id, active, self.now()).await?,
            };
            if differs {
                changed.push(json!({ "id": one.id, "name": one.name }));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let mut details = json!({ "certificates": changed });
        if let Some(project) = project {
            details["project_id"] = json!(project);
        }
        let action = if active { "certificates.activated" } else { "certificates.deactivated" };
        let target = project.map_or(organization.as_str(), ProjectId::as_str);
        self.record(tx, actor, AuditEntry { organization, action, target, details }).await
    }
}

async fn certificate_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &CertificateId,
) -> Result<UploadedCertificate, Error> {
    let found = certificates::find(tx, organization, id).await?;
    found.ok_or_else(|| Error::not_found("certificate", id.as_str()))
}

async fn all_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    ids: &[CertificateId],
) -> Result<Vec<UploadedCertificate>, Error> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.push(certificate_of(tx, organization, id).await?);
    }
    Ok(all)
}

/// Removes repeated ids, and refuses none and too many.
fn distinct(ids: &[CertificateId]) -> Result<Vec<CertificateId>, Error> {
    if ids.is_empty() || ids.len() > MOST_AT_ONCE {
        let message = format!("Invalid 'certificate_ids': give 1 to {MOST_AT_ONCE} ids.");
        return Err(Error::invalid("certificate_ids", message));
    }
    let mut distinct: Vec<CertificateId> = Vec::with_capacity(ids.len());
    for id in ids {
        if !distinct.contains(id) {
            distinct.push(id.clone());
        }
    }
    Ok(distinct)
}
