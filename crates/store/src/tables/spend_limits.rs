//! Spend limits of organizations and projects.

use std::collections::HashMap;

use keystead_core::budget::{BudgetSubject, SpendLimit};
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use crate::{Error, Row, Tx};

fn limit(row: &Row, column: usize) -> Result<SpendLimit, Error> {
    Ok(SpendLimit { cents: row.int(column)?, version: row.int(column + 1)? })
}

/// The subject of a change: keys of the project, or all of the organization; gateways read them again.
fn touched(subject: &BudgetSubject) -> ChangeSubject {
    match subject {
        BudgetSubject::Organization(id) => ChangeSubject::Organization(id.clone()),
        BudgetSubject::Project(id) => ChangeSubject::Project(id.clone()),
    }
}

/// Finds the limit of an organization or project.
pub async fn find(tx: &mut Tx, subject: &BudgetSubject) -> Result<Option<SpendLimit>, Error> {
    const SQL: &str = "SELECT cents, version FROM spend_limits WHERE subject = $1";
    tx.optional(SQL, vec![subject.as_str().into()]).await?.map(|row| limit(&row, 0)).transpose()
}

/// Sets or replaces a limit; keys in memory follow with the next request.
pub async fn set(
    tx: &mut Tx,
    organization: &OrganizationId,
    subject: &BudgetSubject,
    cents: i64,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO spend_limits (subject, organization, cents, version, updated_at) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject) DO UPDATE SET cents = excluded.cents, \
                       version = excluded.version, updated_at = excluded.updated_at";
    changes::lock(tx).await?;
    let version = changes::append(tx, &touched(subject), at).await?;
    let values = vec![subject.as_str().into(), organization.as_str().into(), cents.into(), version.into(), at.0.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Deletes a limit; `false` when there was none.
pub async fn delete(tx: &mut Tx, subject: &BudgetSubject, at: Timestamp) -> Result<bool, Error> {
    changes::lock(tx).await?;
    let deleted = tx.execute("DELETE FROM spend_limits WHERE subject = $1", vec![subject.as_str().into()]).await?;
    if deleted == 0 {
        return Ok(false);
    }
    changes::append(tx, &touched(subject), at).await?;
    Ok(true)
}

/// The limits that apply to a caller.
pub(super) struct InForce(HashMap<String, SpendLimit>);

impl InForce {
    fn read(rows: &[Row]) -> Result<Self, Error> {
        rows.iter().map(|row| Ok((row.text(0)?, limit(row, 1)?))).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn of_organization(&self, id: &OrganizationId) -> Option<SpendLimit> {
        self.0.get(id.as_str()).copied()
    }

    pub(super) fn of_project(&self, id: &ProjectId) -> Option<SpendLimit> {
        self.0.get(id.as_str()).copied()
    }
}

/// Loads the limits of one organization and of one of its projects.
pub(super) async fn in_force(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
) -> Result<InForce, Error> {
    const SQL: &str = "SELECT subject, cents, version FROM spend_limits WHERE subject = $1 OR subject = $2";
    let project = project.map_or(organization.as_str(), ProjectId::as_str);
    InForce::read(&tx.all(SQL, vec![organization.as_str().into(), project.into()]).await?)
}

/// Loads the limits of all organizations of a person and of their projects.
pub(super) async fn in_force_for(tx: &mut Tx, user: &UserId) -> Result<InForce, Error> {
    const SQL: &str = "SELECT l.subject, l.cents, l.version FROM memberships m \
                       JOIN spend_limits l ON l.organization = m.organization WHERE m.user_id = $1";
    InForce::read(&tx.all(SQL, vec![user.as_str().into()]).await?)
}
