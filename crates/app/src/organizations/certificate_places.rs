//! The certificates of an organization with every place where they are active, as pages show them.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_store::tables::certificate_places as places;
pub use keystead_store::tables::certificate_places::CertificatePlace;
use keystead_store::tables::certificates;
use keystead_store::{Page, Tx};

use super::certificates::{MOST_CERTIFICATES, UploadedCertificate};
use crate::projects::project_of;
use crate::{Actor, App, Error};

/// A certificate and where it is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateWithPlaces {
    /// The certificate.
    pub certificate: UploadedCertificate,
    /// Whether it is active for the whole organization.
    pub everywhere: bool,
    /// The projects for which it is active besides, by name.
    pub projects: Vec<CertificatePlace>,
}

impl App {
    /// Lists all certificates of the organization, newest first, each with every place where it is active.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn certificates_with_places(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<Vec<CertificateWithPlaces>, Error> {
        read_tx!(self.store(), "certificates_with_places", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            all_of(tx, organization).await
        })
    }

    /// Counts the keys that would need a certificate while one is active: those of the organization's projects, or of
    /// one project.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn keys_behind_certificates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
    ) -> Result<i64, Error> {
        read_tx!(self.store(), "keys_behind_certificates", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            Ok(places::count_keys(tx, organization, project, self.now()).await?)
        })
    }
}

async fn all_of(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<CertificateWithPlaces>, Error> {
    let limit = u32::try_from(MOST_CERTIFICATES).unwrap_or(u32::MAX);
    let listing = certificates::list(tx, organization, &Page { after: None, limit, ascending: false }).await?;
    let active = places::list(tx, organization).await?;
    let with_places = |one: certificates::PlacedCertificate| CertificateWithPlaces {
        projects: active.iter().filter(|place| place.certificate == one.certificate.id).cloned().collect(),
        everywhere: one.active,
        certificate: one.certificate,
    };
    Ok(listing.data.into_iter().map(with_places).collect())
}
