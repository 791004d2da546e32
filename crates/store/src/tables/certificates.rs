//! Certificates of organizations, and where they are active: for the whole organization, or for single projects.

use std::collections::HashMap;
use std::sync::Arc;

use keystead_core::client_certificate::{Certificate, TrustedCertificates};
use keystead_core::id::{CertificateId, OrganizationId, ProjectId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{id, optional_id, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx};

/// One uploaded certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedCertificate {
    pub id: CertificateId,
    pub organization: OrganizationId,
    /// The name, if it has one.
    pub name: Option<String>,
    /// One block of PEM.
    pub content: String,
    /// The first second in which it is valid.
    pub valid_at: Timestamp,
    /// The last second in which it is valid.
    pub expires_at: Timestamp,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// A certificate, and whether it is active in the place for which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedCertificate {
    pub certificate: UploadedCertificate,
    pub active: bool,
}

macro_rules! columns {
    () => {
        "c.id, c.organization, c.name, c.content, c.valid_at, c.expires_at, c.created_at"
    };
}

fn read(row: &Row) -> Result<UploadedCertificate, Error> {
    Ok(UploadedCertificate {
        id: id(row, 0, "certificates")?,
        organization: id(row, 1, "certificates")?,
        name: row.optional_text(2)?,
        content: row.text(3)?,
        valid_at: time(row, 4)?,
        expires_at: time(row, 5)?,
        created_at: time(row, 6)?,
    })
}

fn placed(row: &Row) -> Result<PlacedCertificate, Error> {
    Ok(PlacedCertificate { certificate: read(row)?, active: row.bool(7)? })
}

/// Inserts a certificate, which is not active.
pub async fn insert(tx: &mut Tx, row: &UploadedCertificate) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO certificates (id, organization, name, content, valid_at, expires_at, active, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.name.as_deref().into(),
        row.content.as_str().into(),
        row.valid_at.0.into(),
        row.expires_at.0.into(),
        false.into(),
        row.created_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Counts the certificates of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM certificates WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.ok_or(Error::Missing)?.int(0)
}

/// Finds a certificate of this organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &CertificateId,
) -> Result<Option<UploadedCertificate>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM certificates c WHERE c.organization = $1 AND c.id = $2");
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Lists the certificates of an organization, each with whether it is active for the whole organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    page: &Page,
) -> Result<Listing<PlacedCertificate>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), ", c.active FROM certificates c"),
        table: "c",
        source: "certificates c",
        id: "id",
        scope: "c.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, placed).await
}

/// Lists the certificates of an organization, each with whether it is active for one of its projects.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_for_project(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    page: &Page,
) -> Result<Listing<PlacedCertificate>, Error> {
    const SQL: &str = "SELECT certificate FROM project_certificates WHERE project = $1";
    let mut listing = list(tx, organization, page).await?;
    let rows = tx.all(SQL, vec![project.as_str().into()]).await?;
    let active: Vec<CertificateId> =
        rows.iter().map(|row| id(row, 0, "project_certificates")).collect::<Result<_, _>>()?;
    for one in &mut listing.data {
        one.active = active.contains(&one.certificate.id);
    }
    Ok(listing)
}

/// Renames a certificate.
///
/// # Errors
/// [`Error::Missing`] when the organization has no such certificate.
pub async fn rename(tx: &mut Tx, organization: &OrganizationId, id: &CertificateId, name: &str) -> Result<(), Error> {
    const SQL: &str = "UPDATE certificates SET name = $3 WHERE organization = $1 AND id = $2";
    let changed = tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), name.into()]).await?;
    if changed == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Activates or deactivates a certificate for the whole organization; gateways follow with the next request. Returns
/// whether that changed anything.
pub async fn set_active(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &CertificateId,
    active: bool,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE certificates SET active = $3 WHERE organization = $1 AND id = $2 AND active <> $3";
    changes::lock(tx).await?;
    let changed = tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), active.into()]).await?;
    if changed > 0 {
        changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await?;
    }
    Ok(changed > 0)
}

/// Activates or deactivates a certificate for one project; gateways follow with the next request. The caller has found
/// both in one organization. Returns whether that changed anything.
pub async fn set_active_for_project(
    tx: &mut Tx,
    project: &ProjectId,
    id: &CertificateId,
    active: bool,
    at: Timestamp,
) -> Result<bool, Error> {
    const INSERT: &str =
        "INSERT INTO project_certificates (certificate, project) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const DELETE: &str = "DELETE FROM project_certificates WHERE certificate = $1 AND project = $2";
    changes::lock(tx).await?;
    let values = vec![id.as_str().into(), project.as_str().into()];
    let changed = tx.execute(if active { INSERT } else { DELETE }, values).await?;
    if changed > 0 {
        changes::append(tx, &ChangeSubject::Project(project.clone()), at).await?;
    }
    Ok(changed > 0)
}

/// Deletes a certificate that is active nowhere; an archived project does not count, because its keys are never
/// accepted again. Returns `false` when it is active.
///
/// # Errors
/// [`Error::Missing`] when the organization has no such certificate.
pub async fn delete(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &CertificateId,
    at: Timestamp,
) -> Result<bool, Error> {
    const ACTIVE: &str = "SELECT 1 FROM certificates c WHERE c.id = $1 AND (c.active OR EXISTS (SELECT 1 FROM \
                          project_certificates pc JOIN projects p ON p.id = pc.project \
                          WHERE pc.certificate = c.id AND p.archived_at IS NULL))";
    // Every transaction that activates a certificate waits for this one.
    changes::lock(tx).await?;
    let row = find(tx, organization, id).await?.ok_or(Error::Missing)?;
    if tx.optional(ACTIVE, vec![id.as_str().into()]).await?.is_some() {
        return Ok(false);
    }
    tx.execute("DELETE FROM project_certificates WHERE certificate = $1", vec![id.as_str().into()]).await?;
    tx.execute("DELETE FROM certificates WHERE id = $1", vec![id.as_str().into()]).await?;
    removed_rows::insert(tx, "certificates", organization.as_str(), id.as_str(), (row.created_at, at)).await?;
    Ok(true)
}

/// Counts the certificates that are active anywhere in the installation, apart from archived projects.
pub async fn count_active(tx: &mut Tx) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM certificates c WHERE c.active OR EXISTS (SELECT 1 FROM \
                       project_certificates pc JOIN projects p ON p.id = pc.project \
                       WHERE pc.certificate = c.id AND p.archived_at IS NULL)";
    tx.optional(SQL, vec![]).await?.ok_or(Error::Missing)?.int(0)
}

/// Counts how often certificates of an organization are active for single projects, apart from archived ones.
pub async fn count_of_projects(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM project_certificates pc JOIN certificates c ON c.id = pc.certificate \
                       JOIN projects p ON p.id = pc.project WHERE c.organization = $1 AND p.archived_at IS NULL";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.ok_or(Error::Missing)?.int(0)
}

/// The active certificates of organizations and projects.
#[derive(Default)]
pub(super) struct ActiveCertificates {
    of_organizations: HashMap<OrganizationId, Vec<Arc<Certificate>>>,
    of_projects: HashMap<ProjectId, Vec<Arc<Certificate>>>,
    /// The sets of organizations, for projects without certificates of their own.
    shared: HashMap<OrganizationId, Arc<TrustedCertificates>>,
}

impl ActiveCertificates {
    /// A certificate that cannot be read makes the look-up fail, so that no client is let in without it. One that is
    /// active in many projects is read and kept once.
    fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut active = Self::default();
        let mut known: HashMap<String, Arc<Certificate>> = HashMap::new();
        for row in rows {
            let organization: OrganizationId = id(row, 0, "certificates")?;
            let content = row.text(2)?;
            let corrupt = |_| Error::Corrupt { table: "certificates", id: organization.to_string() };
            let certificate = match known.get(&content) {
                Some(same) => Arc::clone(same),
                None => {
                    let read = Arc::new(Certificate::read(&content).map_err(corrupt)?);
                    known.insert(content, Arc::clone(&read));
                    read
                }
            };
            match optional_id::<ProjectId>(row, 1, "project_certificates")? {
                Some(project) => active.of_projects.entry(project).or_default().push(certificate),
                None => active.of_organizations.entry(organization).or_default().push(certificate),
            }
        }
        Ok(active)
    }

    /// Returns the certificates of which one must accept the clients of a project; `None` is that they need none.
    pub(super) fn of(
        &mut self,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Option<Arc<TrustedCertificates>> {
        let inherited = self.of_organizations.get(organization);
        if let Some(mut own) = self.of_projects.remove(project) {
            own.extend(inherited.into_iter().flatten().cloned());
            return TrustedCertificates::new(own).map(Arc::new);
        }
        if let Some(known) = self.shared.get(organization) {
            return Some(Arc::clone(known));
        }
        let set = Arc::new(TrustedCertificates::new(inherited?.clone())?);
        self.shared.insert(organization.clone(), Arc::clone(&set));
        Some(set)
    }
}

/// Loads the active certificates of one project and its organization.
pub(super) async fn active_of_project(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
) -> Result<ActiveCertificates, Error> {
    const SQL: &str = "SELECT c.organization, CAST(NULL AS TEXT), c.content FROM certificates c \
                       WHERE c.organization = $1 AND c.active \
                       UNION ALL SELECT c.organization, pc.project, c.content FROM project_certificates pc \
                       JOIN certificates c ON c.id = pc.certificate WHERE pc.project = $2";
    let rows = tx.all(SQL, vec![organization.as_str().into(), project.as_str().into()]).await?;
    ActiveCertificates::read(&rows)
}

/// Loads the active certificates of all organizations of a person and of their projects.
pub(super) async fn active_of_user(tx: &mut Tx, user: &UserId) -> Result<ActiveCertificates, Error> {
    const SQL: &str = "SELECT c.organization, CAST(NULL AS TEXT), c.content FROM memberships m \
                       JOIN certificates c ON c.organization = m.organization WHERE m.user_id = $1 AND c.active \
                       UNION ALL SELECT c.organization, pc.project, c.content FROM memberships m \
                       JOIN certificates c ON c.organization = m.organization \
                       JOIN project_certificates pc ON pc.certificate = c.id JOIN projects p ON p.id = pc.project \
                       WHERE m.user_id = $1 AND p.archived_at IS NULL";
    ActiveCertificates::read(&tx.all(SQL, vec![user.as_str().into()]).await?)
}
