//! IP allowlists: addresses from which the API may be called, of organizations and of their projects.

use std::collections::HashMap;

use keystead_core::id::{IpAllowlistId, OrganizationId, ProjectId, UserId};
use keystead_core::network::{AddressList, Networks};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{id, optional_id, time};
use crate::{Error, Row, Tx};

/// One list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpAllowlist {
    pub id: IpAllowlistId,
    pub organization: OrganizationId,
    /// The project to which it applies; `None` is the whole organization.
    pub project: Option<ProjectId>,
    pub name: String,
    /// The admitted addresses.
    pub addresses: AddressList,
    /// Whether it is in force.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed, activated or deactivated.
    pub updated_at: Timestamp,
}

fn read(row: &Row) -> Result<IpAllowlist, Error> {
    Ok(IpAllowlist {
        id: id(row, 0, "ip_allowlists")?,
        organization: id(row, 1, "ip_allowlists")?,
        project: optional_id(row, 2, "ip_allowlists")?,
        name: row.text(3)?,
        addresses: addresses(row, 4)?,
        active: row.bool(5)?,
        created_at: time(row, 6)?,
        updated_at: time(row, 7)?,
    })
}

/// A list that cannot be parsed makes the look-up fail, so that it admits no address.
fn addresses(row: &Row, column: usize) -> Result<AddressList, Error> {
    let text = row.text(column)?;
    let entries: Option<Vec<String>> = serde_json::from_str(&text).ok();
    let list = entries.and_then(|entries| AddressList::new(entries.iter().map(String::as_str)).ok());
    list.ok_or(Error::Corrupt { table: "ip_allowlists", id: text })
}

fn written(addresses: &AddressList) -> String {
    serde_json::Value::from(addresses.entries()).to_string()
}

/// The subject of the change: keys of the project, or all of the organization; gateways read them again.
fn touched(organization: &OrganizationId, project: Option<&ProjectId>) -> ChangeSubject {
    project.map_or_else(|| ChangeSubject::Organization(organization.clone()), |id| ChangeSubject::Project(id.clone()))
}

/// Lists an organization's allowlists and those of its projects, oldest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<IpAllowlist>, Error> {
    const SQL: &str = "SELECT id, organization, project, name, allowed_ips, active, created_at, updated_at \
                       FROM ip_allowlists WHERE organization = $1 ORDER BY created_at, id";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(read).collect()
}

/// Inserts a list; it is not in force before it is activated.
pub async fn insert(tx: &mut Tx, row: &IpAllowlist) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO ip_allowlists (id, organization, project, name, allowed_ips, active, created_at, \
                       updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.project.as_ref().map(ProjectId::as_str).into(),
        row.name.as_str().into(),
        written(&row.addresses).into(),
        row.active.into(),
        row.created_at.0.into(),
        row.updated_at.0.into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await?;
    changes::append(tx, &touched(&row.organization, row.project.as_ref()), row.created_at).await.map(|_| ())
}

/// Updates name, addresses and whether it is in force; keys in memory follow with the next request.
///
/// # Errors
/// [`Error::Missing`] when there is no such list.
pub async fn update(tx: &mut Tx, row: &IpAllowlist) -> Result<(), Error> {
    const SQL: &str = "UPDATE ip_allowlists SET name = $3, allowed_ips = $4, active = $5, updated_at = $6 \
                       WHERE organization = $1 AND id = $2";
    let values = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        row.name.as_str().into(),
        written(&row.addresses).into(),
        row.active.into(),
        row.updated_at.0.into(),
    ];
    changes::lock(tx).await?;
    if tx.execute(SQL, values).await? == 0 {
        return Err(Error::Missing);
    }
    changes::append(tx, &touched(&row.organization, row.project.as_ref()), row.updated_at).await.map(|_| ())
}

/// Deletes a list.
///
/// # Errors
/// [`Error::Missing`] when there is no such list.
pub async fn delete(tx: &mut Tx, row: &IpAllowlist, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM ip_allowlists WHERE organization = $1 AND id = $2";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![row.organization.as_str().into(), row.id.as_str().into()]).await? == 0 {
        return Err(Error::Missing);
    }
    changes::append(tx, &touched(&row.organization, row.project.as_ref()), at).await.map(|_| ())
}

/// The combined active lists, by organization and project; no project means the whole organization.
pub(super) struct InForce(HashMap<(OrganizationId, Option<ProjectId>), Networks>);

impl InForce {
    fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut lists: HashMap<_, Vec<AddressList>> = HashMap::new();
        for row in rows {
            let place = (id(row, 0, "ip_allowlists")?, optional_id(row, 1, "ip_allowlists")?);
            lists.entry(place).or_default().push(addresses(row, 2)?);
        }
        Ok(Self(lists.into_iter().map(|(place, lists)| (place, Networks::of(&lists))).collect()))
    }

    /// Returns the addresses from which the organization or project may be called; `None` is every address.
    pub(super) fn of(&mut self, organization: &OrganizationId, project: Option<&ProjectId>) -> Option<Networks> {
        if self.0.is_empty() {
            return None;
        }
        self.0.remove(&(organization.clone(), project.cloned()))
    }
}

/// Loads the active lists of one organization and its projects.
pub(super) async fn in_force(tx: &mut Tx, organization: &OrganizationId) -> Result<InForce, Error> {
    const SQL: &str = "SELECT organization, project, allowed_ips FROM ip_allowlists \
                       WHERE organization = $1 AND active ORDER BY created_at, id";
    InForce::read(&tx.all(SQL, vec![organization.as_str().into()]).await?)
}

/// Loads the active lists of all organizations of a person.
pub(super) async fn in_force_for(tx: &mut Tx, user: &UserId) -> Result<InForce, Error> {
    const SQL: &str = "SELECT l.organization, l.project, l.allowed_ips FROM memberships m \
                       JOIN ip_allowlists l ON l.organization = m.organization \
                       WHERE m.user_id = $1 AND l.active ORDER BY l.created_at, l.id";
    InForce::read(&tx.all(SQL, vec![user.as_str().into()]).await?)
}
