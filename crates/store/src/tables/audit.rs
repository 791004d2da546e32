//! The audit chain: each row carries an HMAC over itself and its predecessor under a key outside the database, so that
//! whoever can write the database still cannot rewrite the past unseen (security decision 6).

use hmac::{Hmac, KeyInit, Mac};
use keystead_core::Secret;
use keystead_core::id::{AuditEventId, OrganizationId};
use keystead_core::time::Timestamp;
use serde_json::Value as Json;
use sha2::Sha256;

use super::{changes, id, time};
use crate::{Error, Listing, Page, Row, Tx};

/// Under which the chain is made.
#[derive(Debug, Clone)]
pub struct AuditKey(pub Secret<[u8; 32]>);

/// A row of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The id.
    pub id: AuditEventId,
    /// In whose chain.
    pub organization: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// `api_key`, `session` or `operator`.
    pub actor_kind: String,
    /// Who.
    pub actor_id: String,
    /// What, as contract 1.6 names it.
    pub action: String,
    /// To what.
    pub target_id: String,
    /// The details of contract 1.6.
    pub details: Json,
    /// The client's address, when it was a request.
    pub address: Option<String>,
}

/// A row to be.
pub type NewAuditEvent = AuditEvent;

const FIRST: [u8; 32] = [0; 32];

/// Appends a row to its organization's chain.
///
/// # Errors
/// [`Error::Conflict`] when two transactions append at once and the engine did not make one wait.
pub async fn append(tx: &mut Tx, key: &AuditKey, event: NewAuditEvent) -> Result<AuditEvent, Error> {
    // The revision counter's row is the lock that makes appends to a chain follow each other on PostgreSQL.
    changes::lock(tx).await?;
    const LAST: &str = "SELECT sequence, mac FROM audit_events WHERE organization = $1 ORDER BY sequence DESC LIMIT 1";
    let last = tx.optional(LAST, vec![event.organization.as_str().into()]).await?;
    let (sequence, previous) = match last {
        None => (1, FIRST.to_vec()),
        Some(row) => (row.int(0)? + 1, row.bytes(1)?),
    };
    let details = event.details.to_string();
    let fields = [
        event.id.as_str(),
        event.organization.as_str(),
        &sequence.to_string(),
        &event.at.0.to_string(),
        &event.actor_kind,
        &event.actor_id,
        &event.action,
        &event.target_id,
        &details,
    ];
    let mac = mac(key, fields, event.address.as_deref(), &previous);
    const SQL: &str = "INSERT INTO audit_events (id, organization, sequence, at, actor_kind, actor_id, action, target_id, \
                       details, previous_mac, mac, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = vec![
        event.id.as_str().into(),
        event.organization.as_str().into(),
        sequence.into(),
        event.at.0.into(),
        event.actor_kind.as_str().into(),
        event.actor_id.as_str().into(),
        event.action.as_str().into(),
        event.target_id.as_str().into(),
        details.into(),
        previous.as_slice().into(),
        mac.as_slice().into(),
        event.address.as_deref().into(),
    ];
    tx.execute(SQL, values).await?;
    Ok(event)
}

/// The fields in the order in which they are chained, lengths first, so that neighbours cannot run into each other. A row
/// without an address is chained as rows were before there were any.
fn mac(key: &AuditKey, fields: [&str; 9], address: Option<&str>, previous: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.0.expose()) else {
        unreachable!("HMAC takes keys of any length")
    };
    for field in fields.into_iter().chain(address) {
        mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(field.as_bytes());
    }
    mac.update(previous);
    mac.finalize().into_bytes().to_vec()
}

fn event(row: &Row) -> Result<AuditEvent, Error> {
    let id: AuditEventId = id(row, 0, "audit_events")?;
    let corrupt = |_| Error::Corrupt { table: "audit_events", id: id.to_string() };
    Ok(AuditEvent {
        organization: super::id(row, 1, "audit_events")?,
        at: time(row, 2)?,
        actor_kind: row.text(3)?,
        actor_id: row.text(4)?,
        action: row.text(5)?,
        target_id: row.text(6)?,
        details: serde_json::from_str(&row.text(7)?).map_err(corrupt)?,
        address: row.optional_text(8)?,
        id,
    })
}

/// An organization's rows; newest first unless the page says otherwise.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<AuditEvent>, Error> {
    const CURSOR: &str = "SELECT sequence FROM audit_events WHERE organization = $1 AND id = $2";
    const OLDEST: &str = "SELECT id, organization, at, actor_kind, actor_id, action, target_id, details, address FROM audit_events \
                          WHERE organization = $1 AND sequence > $2 ORDER BY sequence ASC LIMIT $3";
    const NEWEST: &str = "SELECT id, organization, at, actor_kind, actor_id, action, target_id, details, address FROM audit_events \
                          WHERE organization = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
    let from = match &page.after {
        None if page.ascending => 0,
        None => i64::MAX,
        Some(after) => {
            let row = tx.optional(CURSOR, vec![organization.as_str().into(), after.as_str().into()]).await?;
            row.ok_or(Error::Missing)?.int(0)?
        }
    };
    let values = vec![organization.as_str().into(), from.into(), (i64::from(page.limit) + 1).into()];
    let rows = tx.all(if page.ascending { OLDEST } else { NEWEST }, values).await?;
    let limit = page.limit as usize;
    let data = rows.iter().take(limit).map(event).collect::<Result<_, _>>()?;
    Ok(Listing { data, has_more: rows.len() > limit })
}

/// Walks an organization's chain from its beginning. `Some` names the first row that was edited, moved or whose
/// predecessor is gone; rows cut off the end cannot be seen from inside the database.
///
/// # Errors
/// When the store cannot.
pub async fn verify(tx: &mut Tx, key: &AuditKey, organization: &OrganizationId) -> Result<Option<AuditEventId>, Error> {
    const SQL: &str = "SELECT id, organization, at, actor_kind, actor_id, action, target_id, details, sequence, \
                       previous_mac, mac, address FROM audit_events WHERE organization = $1 AND sequence > $2 \
                       ORDER BY sequence ASC LIMIT 1000";
    let (mut sequence, mut previous) = (0, FIRST.to_vec());
    loop {
        let rows = tx.all(SQL, vec![organization.as_str().into(), sequence.into()]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            let stored = row.bytes(10)?;
            if row.int(8)? != sequence + 1 || row.bytes(9)? != previous || stored != mac_of(key, row)? {
                return id(row, 0, "audit_events").map(Some);
            }
            (sequence, previous) = (row.int(8)?, stored);
        }
    }
}

/// The MAC a stored row should carry: over its texts as they stand, whatever an intruder made of them.
fn mac_of(key: &AuditKey, row: &Row) -> Result<Vec<u8>, Error> {
    let (id, organization, sequence, at) =
        (row.text(0)?, row.text(1)?, row.int(8)?.to_string(), row.int(2)?.to_string());
    let (kind, actor, action, target, details) = (row.text(3)?, row.text(4)?, row.text(5)?, row.text(6)?, row.text(7)?);
    let fields = [&id, &organization, &sequence, &at, &kind, &actor, &action, &target, &details];
    Ok(mac(key, fields.map(String::as_str), row.optional_text(11)?.as_deref(), &row.bytes(9)?))
}
