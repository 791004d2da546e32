//! Calls that a verification gate refused, so that owners find the cause on a page.

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::time::Timestamp;

use super::{id, optional_id, time};
use crate::{Error, Row, Tx};

/// One refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// The request's id, which makes saving it twice harmless.
    pub id: String,
    pub organization: OrganizationId,
    pub project: Option<ProjectId>,
    pub api_key: Option<KeyId>,
    /// The action, such as `model.use:gpt-image-1`.
    pub action: String,
    /// The rule that refused.
    pub rule: String,
    /// The missing requirements, names with commas.
    pub missing: String,
    pub at: Timestamp,
}

fn refused(row: &Row) -> Result<RefusedCall, Error> {
    Ok(RefusedCall {
        id: row.text(0)?,
        organization: id(row, 1, "refusals")?,
        project: optional_id(row, 2, "refusals")?,
        api_key: optional_id(row, 3, "refusals")?,
        action: row.text(4)?,
        rule: row.text(5)?,
        missing: row.text(6)?,
        at: time(row, 7)?,
    })
}

/// Inserts a refused call.
pub async fn insert(tx: &mut Tx, row: &RefusedCall) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO refusals (id, organization, project, api_key, action, rule, missing, at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.project.as_ref().map(ProjectId::as_str).into(),
        row.api_key.as_ref().map(KeyId::as_str).into(),
        row.action.as_str().into(),
        row.rule.as_str().into(),
        row.missing.as_str().into(),
        row.at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the last refused calls of an organization after `since`, newest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, since: Timestamp) -> Result<Vec<RefusedCall>, Error> {
    const SQL: &str = "SELECT id, organization, project, api_key, action, rule, missing, at FROM refusals \
                       WHERE organization = $1 AND at > $2 ORDER BY at DESC, id LIMIT 100";
    tx.all(SQL, vec![organization.as_str().into(), since.0.into()]).await?.iter().map(refused).collect()
}

/// Lists the last refused calls of one key after `since`, newest first.
pub async fn list_of_key(
    tx: &mut Tx,
    organization: &OrganizationId,
    key: &KeyId,
    since: Timestamp,
) -> Result<Vec<RefusedCall>, Error> {
    const SQL: &str = "SELECT id, organization, project, api_key, action, rule, missing, at FROM refusals \
                       WHERE organization = $1 AND at > $2 AND api_key = $3 ORDER BY at DESC, id LIMIT 10";
    let values = vec![organization.as_str().into(), since.0.into(), key.as_str().into()];
    tx.all(SQL, values).await?.iter().map(refused).collect()
}

/// Refused calls of one day for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalSum {
    /// When the day begins.
    pub day: Timestamp,
    /// The action, such as `model.use:gpt-image-1`.
    pub action: String,
    pub rule: String,
    /// The missing requirements, names with commas.
    pub missing: String,
    pub times: i64,
    /// When the last one was refused.
    pub last_at: Timestamp,
}

/// Counts refused calls by days of 24 hours from `start` on, up to `end`, and by reason.
pub async fn count_by_day(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
    start: Timestamp,
    end: Timestamp,
) -> Result<Vec<RefusalSum>, Error> {
    const SQL: &str = "SELECT at - (at - $2) % 86400, action, rule, missing, COUNT(*), MAX(at) FROM refusals \
                       WHERE organization = $1 AND at >= $2 AND at < $3 AND (CAST($4 AS TEXT) IS NULL OR project = $4) \
                       GROUP BY at - (at - $2) % 86400, action, rule, missing ORDER BY 1, 2, 3, 4";
    let project = project.map(ProjectId::as_str).into();
    let values = vec![organization.as_str().into(), start.0.into(), end.0.into(), project];
    let sum = |row: &Row| {
        Ok(RefusalSum {
            day: time(row, 0)?,
            action: row.text(1)?,
            rule: row.text(2)?,
            missing: row.text(3)?,
            times: row.int(4)?,
            last_at: time(row, 5)?,
        })
    };
    tx.all(SQL, values).await?.iter().map(sum).collect()
}

/// Lists the last refused calls of a project after `since`, newest first.
pub async fn list_of_project(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<RefusedCall>, Error> {
    const SQL: &str = "SELECT id, organization, project, api_key, action, rule, missing, at FROM refusals \
                       WHERE organization = $1 AND at > $2 AND project = $3 ORDER BY at DESC, id LIMIT $4";
    let values = vec![organization.as_str().into(), since.0.into(), project.as_str().into(), i64::from(limit).into()];
    tx.all(SQL, values).await?.iter().map(refused).collect()
}

/// Deletes refusals before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM refusals WHERE at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}
