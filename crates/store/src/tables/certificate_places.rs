//! Where the certificates of an organization are active, and how many keys that concerns.

use keystead_core::id::{CertificateId, OrganizationId, ProjectId};
use keystead_core::time::Timestamp;

use super::id;
use crate::{Error, Row, Tx};

/// A project for which a certificate is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePlace {
    pub certificate: CertificateId,
    pub project: ProjectId,
    /// The project's label.
    pub name: String,
    /// Whether it is the Default project.
    pub is_default: bool,
}

fn place(row: &Row) -> Result<CertificatePlace, Error> {
    Ok(CertificatePlace {
        certificate: id(row, 0, "project_certificates")?,
        project: id(row, 1, "project_certificates")?,
        name: row.text(2)?,
        is_default: row.bool(3)?,
    })
}

/// Lists the projects for which certificates of an organization are active, by name; archived ones are left out.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<CertificatePlace>, Error> {
    const SQL: &str = "SELECT pc.certificate, p.id, p.name, p.is_default FROM project_certificates pc \
                       JOIN certificates c ON c.id = pc.certificate JOIN projects p ON p.id = pc.project \
                       WHERE c.organization = $1 AND p.archived_at IS NULL ORDER BY p.name, p.id, pc.certificate";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(place).collect()
}

/// Counts the live keys of an organization's projects, or of one project. Admin keys need no certificate.
pub async fn count_keys(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
    now: Timestamp,
) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM api_keys k JOIN projects p ON p.id = k.project \
                       WHERE k.organization = $1 AND p.archived_at IS NULL AND k.revoked_at IS NULL \
                       AND (k.expires_at IS NULL OR k.expires_at > $2) \
                       AND (CAST($3 AS TEXT) IS NULL OR k.project = $3)";
    let values = vec![organization.as_str().into(), now.0.into(), project.map(ProjectId::as_str).into()];
    tx.optional(SQL, values).await?.map_or(Ok(0), |row| row.int(0))
}
