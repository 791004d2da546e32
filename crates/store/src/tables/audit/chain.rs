//! Verifying a chain, and its last row.

use keystead_core::id::{AuditEventId, OrganizationId};
use keystead_core::time::Timestamp;

use super::{AuditKey, FIRST, id, later_fields, mac, time};
use crate::{Error, Row, Tx};

/// The last row of a chain: a copy outside the database shows later whether rows were cut off at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The organization.
    pub organization: OrganizationId,
    /// The row's number in it, from 1.
    pub sequence: i64,
    /// The row.
    pub id: AuditEventId,
    /// Its time.
    pub at: Timestamp,
    /// Its authentication code.
    pub mac: Vec<u8>,
}

/// The result of verifying a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The number of intact rows from the beginning.
    pub rows: i64,
    /// The last intact row, if there is one.
    pub head: Option<Head>,
    /// The first row that was edited or moved, or that has lost its predecessor.
    pub broken: Option<AuditEventId>,
}

/// Verifies an organization's chain from its beginning. Rows cut off at the end cannot be noticed from inside the
/// database; compare the head with one that was kept outside.
pub async fn verify(tx: &mut Tx, key: &AuditKey, organization: &OrganizationId) -> Result<Walk, Error> {
    const SQL: &str = "SELECT id, organization, at, actor_kind, actor_id, action, target_id, details, project, sequence, \
                       previous_mac, mac, address FROM audit_events WHERE organization = $1 AND sequence > $2 \
                       ORDER BY sequence ASC LIMIT 1000";
    // Starts below every number, because a row moved before the first one is broken, too.
    let (mut from, mut rows, mut previous, mut head) = (i64::MIN, 0, FIRST.to_vec(), None);
    loop {
        let page = tx.all(SQL, vec![organization.as_str().into(), from.into()]).await?;
        if page.is_empty() {
            return Ok(Walk { rows, head, broken: None });
        }
        for row in &page {
            let stored = row.bytes(11)?;
            if row.int(9)? != rows + 1 || row.bytes(10)? != previous || stored != mac_of(key, row)? {
                return Ok(Walk { rows, head, broken: Some(id(row, 0, "audit_events")?) });
            }
            rows = row.int(9)?;
            previous.clone_from(&stored);
            head = Some(Head {
                organization: organization.clone(),
                sequence: rows,
                id: id(row, 0, "audit_events")?,
                at: time(row, 2)?,
                mac: stored,
            });
        }
        from = rows;
    }
}

/// Computes the MAC that a stored row should have: over its stored texts, even if an intruder changed them.
fn mac_of(key: &AuditKey, row: &Row) -> Result<Vec<u8>, Error> {
    let (id, organization, sequence, at) =
        (row.text(0)?, row.text(1)?, row.int(9)?.to_string(), row.int(2)?.to_string());
    let (kind, actor, action, target, details) = (row.text(3)?, row.text(4)?, row.text(5)?, row.text(6)?, row.text(7)?);
    let (project, address) = (row.optional_text(8)?, row.optional_text(12)?);
    let mut fields: Vec<&str> = vec![&id, &organization, &sequence, &at, &kind, &actor, &action, &target, &details];
    fields.extend(later_fields(project.as_deref(), address.as_deref()));
    Ok(mac(key, &fields, &row.bytes(10)?))
}

/// Returns the last row of every chain, also of organizations with a deleted row.
pub async fn heads(tx: &mut Tx) -> Result<Vec<Head>, Error> {
    const SQL: &str = "SELECT e.organization, e.sequence, e.id, e.at, e.mac FROM audit_events e \
                       JOIN (SELECT organization, MAX(sequence) AS last FROM audit_events GROUP BY organization) h \
                       ON h.organization = e.organization AND h.last = e.sequence";
    let rows = tx.all(SQL, vec![]).await?;
    let head = |row: &Row| {
        Ok(Head {
            organization: id(row, 0, "audit_events")?,
            sequence: row.int(1)?,
            id: id(row, 2, "audit_events")?,
            at: time(row, 3)?,
            mac: row.bytes(4)?,
        })
    };
    let mut heads = rows.iter().map(head).collect::<Result<Vec<_>, Error>>()?;
    heads.sort_by(|a, b| a.organization.cmp(&b.organization));
    Ok(heads)
}

/// Finds the row with this number in a chain, and its authentication code; `None` when the chain is shorter.
pub async fn find_mac(
    tx: &mut Tx,
    organization: &OrganizationId,
    sequence: i64,
) -> Result<Option<(AuditEventId, Vec<u8>)>, Error> {
    const SQL: &str = "SELECT id, mac FROM audit_events WHERE organization = $1 AND sequence = $2";
    let row = tx.optional(SQL, vec![organization.as_str().into(), sequence.into()]).await?;
    row.map(|row| Ok((id(&row, 0, "audit_events")?, row.bytes(1)?))).transpose()
}
