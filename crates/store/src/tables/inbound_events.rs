//! Deliveries from outside services: each event is stored once, however often it arrives.

use keystead_core::time::Timestamp;

use crate::{Error, Row, Tx};

/// One event as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEvent {
    /// The service's name.
    pub provider: String,
    /// The service's id of the event.
    pub event_id: String,
    /// The service's name of the event.
    pub name: String,
    /// The object it is about.
    pub reference: String,
    /// When it happened at the service.
    pub occurred_at: Timestamp,
    /// When it arrived here.
    pub received_at: Timestamp,
}

fn event(row: &Row) -> Result<InboundEvent, Error> {
    Ok(InboundEvent {
        provider: row.text(0)?,
        event_id: row.text(1)?,
        name: row.text(2)?,
        reference: row.text(3)?,
        occurred_at: Timestamp(row.int(4)?),
        received_at: Timestamp(row.int(5)?),
    })
}

/// Inserts an event; `false` when it was received before.
pub async fn insert(tx: &mut Tx, row: &InboundEvent) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO inbound_events (provider, event_id, name, reference, occurred_at, received_at) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider, event_id) DO NOTHING";
    let values = vec![
        row.provider.as_str().into(),
        row.event_id.as_str().into(),
        row.name.as_str().into(),
        row.reference.as_str().into(),
        row.occurred_at.0.into(),
        row.received_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Marks an event as processed; `false` when it was before.
pub async fn finish(tx: &mut Tx, provider: &str, event_id: &str, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE inbound_events SET processed_at = $3 \
                       WHERE provider = $1 AND event_id = $2 AND processed_at IS NULL";
    Ok(tx.execute(SQL, vec![provider.into(), event_id.into(), at.0.into()]).await? > 0)
}

/// Lists events that are not processed yet, oldest first.
pub async fn list_waiting(tx: &mut Tx, provider: &str) -> Result<Vec<InboundEvent>, Error> {
    const SQL: &str = "SELECT provider, event_id, name, reference, occurred_at, received_at FROM inbound_events \
                       WHERE provider = $1 AND processed_at IS NULL ORDER BY received_at, event_id LIMIT 100";
    tx.all(SQL, vec![provider.into()]).await?.iter().map(event).collect()
}

/// Deletes events received before a moment: ids are kept for thirty days.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM inbound_events WHERE received_at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}
