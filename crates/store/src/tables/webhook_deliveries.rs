//! Events that are sent to endpoints, with the outcome of the last attempt. The table is the queue of what is to be sent,
//! apart from the other jobs, so that endpoints that answer slowly delay nothing else.

use keystead_core::id::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryFault, DeliveryState, EventType};

use super::list::List;
use super::{id, named, optional_named, optional_time, time};
use crate::{Error, Listing, Page, PerEngine, Row, Tx};

const TABLE: &str = "webhook_deliveries";

/// One event for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    pub id: WebhookDeliveryId,
    pub organization: OrganizationId,
    pub endpoint: WebhookEndpointId,
    /// The event, which is the same for all its deliveries and attempts.
    pub event: WebhookEventId,
    pub event_type: EventType,
    /// The body, byte for byte.
    pub body: String,
    pub created_at: Timestamp,
    pub state: DeliveryState,
    /// Attempts in all.
    pub attempts: i64,
    /// Attempts since the delivery was last begun, by the event or by a person.
    pub series: i64,
    /// When it is sent next, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    pub last_attempt_at: Option<Timestamp>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Milliseconds that the last attempt took.
    pub duration_ms: Option<i64>,
    /// Why the last attempt failed.
    pub fault: Option<DeliveryFault>,
}

/// The columns in the order in which [`delivery`] reads them.
macro_rules! columns {
    () => {
        "id, organization, endpoint, event, event_type, body, created_at, state, attempts, series, next_attempt_at, \
         last_attempt_at, status, duration_ms, fault"
    };
}

fn delivery(row: &Row) -> Result<WebhookDelivery, Error> {
    Ok(WebhookDelivery {
        id: id(row, 0, TABLE)?,
        organization: id(row, 1, TABLE)?,
        endpoint: id(row, 2, TABLE)?,
        event: id(row, 3, TABLE)?,
        event_type: named(row, 4, TABLE, EventType::from_name)?,
        body: row.text(5)?,
        created_at: time(row, 6)?,
        state: named(row, 7, TABLE, DeliveryState::from_name)?,
        attempts: row.int(8)?,
        series: row.int(9)?,
        next_attempt_at: optional_time(row, 10)?,
        last_attempt_at: optional_time(row, 11)?,
        status: row.optional_int(12)?,
        duration_ms: row.optional_int(13)?,
        fault: optional_named(row, 14, TABLE, DeliveryFault::from_name)?,
    })
}

/// Inserts a delivery. With `claimed_until`, the caller makes the first attempt itself.
pub async fn insert(tx: &mut Tx, row: &WebhookDelivery, claimed_until: Option<Timestamp>) -> Result<(), Error> {
    const SQL: &str = concat!(
        "INSERT INTO webhook_deliveries (",
        columns!(),
        ", claimed_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.endpoint.as_str().into(),
        row.event.as_str().into(),
        row.event_type.as_str().into(),
        row.body.as_str().into(),
        row.created_at.0.into(),
        row.state.as_str().into(),
        row.attempts.into(),
        row.series.into(),
        row.next_attempt_at.map(|at| at.0).into(),
        row.last_attempt_at.map(|at| at.0).into(),
        row.status.into(),
        row.duration_ms.into(),
        row.fault.map(DeliveryFault::as_str).into(),
        claimed_until.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a delivery of an endpoint.
pub async fn find(
    tx: &mut Tx,
    endpoint: &WebhookEndpointId,
    id: &WebhookDeliveryId,
) -> Result<Option<WebhookDelivery>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM webhook_deliveries WHERE endpoint = $1 AND id = $2");
    let values = vec![endpoint.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(delivery).transpose()
}

/// Lists the deliveries of an endpoint.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, endpoint: &WebhookEndpointId, page: &Page) -> Result<Listing<WebhookDelivery>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM webhook_deliveries"),
        table: TABLE,
        source: TABLE,
        id: "id",
        scope: "webhook_deliveries.endpoint = $1",
        filter: "TRUE",
        values: vec![endpoint.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, delivery).await
}

/// Claims deliveries that are due until a moment; those of a dead worker become available then. Organizations take
/// turns, so that endpoints of one that answer slowly do not keep events from the others.
pub async fn claim(tx: &mut Tx, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<WebhookDelivery>, Error> {
    // The engines differ here by nature: PostgreSQL must skip rows that another worker has locked, and see whether a row
    // was claimed meanwhile.
    const SQL: PerEngine = PerEngine {
        sqlite: concat!(
            "UPDATE webhook_deliveries SET claimed_until = $2 WHERE id IN (SELECT id FROM (SELECT id, next_attempt_at, \
             row_number() OVER (PARTITION BY organization ORDER BY next_attempt_at, id) AS turn FROM webhook_deliveries \
             WHERE state = 'pending' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)) \
             AS due ORDER BY turn, next_attempt_at LIMIT $3) RETURNING ",
            columns!()
        ),
        postgres: concat!(
            "UPDATE webhook_deliveries SET claimed_until = $2 WHERE id IN (SELECT id FROM webhook_deliveries \
             WHERE state = 'pending' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) \
             AND id IN (SELECT id FROM (SELECT id, next_attempt_at, \
             row_number() OVER (PARTITION BY organization ORDER BY next_attempt_at, id) AS turn FROM webhook_deliveries \
             WHERE state = 'pending' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)) \
             AS due ORDER BY turn, next_attempt_at LIMIT $3) FOR UPDATE SKIP LOCKED) RETURNING ",
            columns!()
        ),
    };
    let sql = tx.pick(SQL);
    let values = vec![now.0.into(), until.0.into(), i64::from(limit).into()];
    tx.all(sql, values).await?.iter().map(delivery).collect()
}

/// Whether a delivery is due.
pub async fn has_due(tx: &mut Tx, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= $1 \
                       AND (claimed_until IS NULL OR claimed_until <= $1) LIMIT 1";
    Ok(tx.optional(SQL, vec![now.0.into()]).await?.is_some())
}

/// Saves the outcome of an attempt and ends the claim; `false` when the delivery is not pending any more, because another
/// worker ended it or the endpoint was deleted.
pub async fn settle(tx: &mut Tx, row: &WebhookDelivery) -> Result<bool, Error> {
    const SQL: &str = "UPDATE webhook_deliveries SET state = $2, attempts = $3, series = $4, next_attempt_at = $5, \
                       last_attempt_at = $6, status = $7, duration_ms = $8, fault = $9, claimed_until = NULL \
                       WHERE id = $1 AND state = 'pending'";
    let values = vec![
        row.id.as_str().into(),
        row.state.as_str().into(),
        row.attempts.into(),
        row.series.into(),
        row.next_attempt_at.map(|at| at.0).into(),
        row.last_attempt_at.map(|at| at.0).into(),
        row.status.into(),
        row.duration_ms.into(),
        row.fault.map(DeliveryFault::as_str).into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Begins a delivery that has ended once more; `false` while it is pending or when it is missing.
pub async fn begin_again(
    tx: &mut Tx,
    endpoint: &WebhookEndpointId,
    id: &WebhookDeliveryId,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE webhook_deliveries SET state = 'pending', series = 0, next_attempt_at = $3, \
                       claimed_until = NULL WHERE endpoint = $1 AND id = $2 AND state <> 'pending'";
    Ok(tx.execute(SQL, vec![endpoint.as_str().into(), id.as_str().into(), at.0.into()]).await? > 0)
}

/// Ends what is pending for an endpoint that is off.
pub async fn end_pending(tx: &mut Tx, endpoint: &WebhookEndpointId) -> Result<u64, Error> {
    const SQL: &str = "UPDATE webhook_deliveries SET state = 'failed', fault = 'disabled', next_attempt_at = NULL, \
                       claimed_until = NULL WHERE endpoint = $1 AND state = 'pending'";
    tx.execute(SQL, vec![endpoint.as_str().into()]).await
}

/// Deletes deliveries of events before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM webhook_deliveries WHERE created_at < $1", vec![before.0.into()]).await
}
