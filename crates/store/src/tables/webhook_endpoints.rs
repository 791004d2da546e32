//! Addresses of organizations to which events are sent. Their secrets are sealed.

use keystead_core::id::{OrganizationId, WebhookEndpointId};
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DisabledReason, EventType};
use serde_json::json;

use super::list::List;
use super::{id, optional_named, optional_time, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx};

const TABLE: &str = "webhook_endpoints";

/// An endpoint, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub id: WebhookEndpointId,
    pub organization: OrganizationId,
    pub url: String,
    pub description: Option<String>,
    /// The types of events that are sent to it, in the order of [`EventType::ALL`].
    pub event_types: Vec<EventType>,
    /// Why it is off; `None` while it is on.
    pub disabled: Option<DisabledReason>,
    /// Since when it has taken no delivery; `None` when it took the last one, or got none.
    pub failing_since: Option<Timestamp>,
    /// Until when the secret before the last rotation signs too.
    pub previous_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl WebhookEndpoint {
    /// Whether events are sent to it.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.disabled.is_none()
    }
}

/// The sealed secrets of an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecrets {
    pub current: Vec<u8>,
    /// The one before the last rotation, and until when it signs too.
    pub previous: Option<(Vec<u8>, Timestamp)>,
}

impl std::fmt::Debug for SealedSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[sealed secrets]")
    }
}

/// The columns in the order in which [`endpoint`] reads them.
macro_rules! columns {
    () => {
        "id, organization, url, description, event_types, disabled, failing_since, previous_until, created_at, updated_at"
    };
}

fn endpoint(row: &Row) -> Result<WebhookEndpoint, Error> {
    let types = row.text(4)?;
    let corrupt = || Error::Corrupt { table: TABLE, id: types.clone() };
    let names: Vec<String> = serde_json::from_str(&types).map_err(|_| corrupt())?;
    let event_types = names.iter().map(|name| EventType::from_name(name).ok_or_else(corrupt));
    Ok(WebhookEndpoint {
        id: id(row, 0, TABLE)?,
        organization: id(row, 1, TABLE)?,
        url: row.text(2)?,
        description: row.optional_text(3)?,
        event_types: event_types.collect::<Result<_, _>>()?,
        disabled: optional_named(row, 5, TABLE, DisabledReason::from_name)?,
        failing_since: optional_time(row, 6)?,
        previous_until: optional_time(row, 7)?,
        created_at: time(row, 8)?,
        updated_at: time(row, 9)?,
    })
}

fn event_types(row: &WebhookEndpoint) -> String {
    json!(row.event_types.iter().map(|one| one.as_str()).collect::<Vec<_>>()).to_string()
}

/// Inserts an endpoint with its first secret.
pub async fn insert(tx: &mut Tx, row: &WebhookEndpoint, secret: &[u8]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "INSERT INTO webhook_endpoints (",
        columns!(),
        ", secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.url.as_str().into(),
        row.description.as_deref().into(),
        event_types(row).into(),
        row.disabled.map(DisabledReason::as_str).into(),
        row.failing_since.map(|at| at.0).into(),
        row.previous_until.map(|at| at.0).into(),
        row.created_at.0.into(),
        row.updated_at.0.into(),
        secret.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds an endpoint of an organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &WebhookEndpointId,
) -> Result<Option<WebhookEndpoint>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM webhook_endpoints WHERE organization = $1 AND id = $2");
    let values = vec![organization.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(endpoint).transpose()
}

/// Lists the endpoints of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<WebhookEndpoint>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM webhook_endpoints"),
        table: TABLE,
        source: TABLE,
        id: "id",
        scope: "webhook_endpoints.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, endpoint).await
}

/// Lists the endpoints of an organization that are on, oldest first.
pub async fn list_enabled(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<WebhookEndpoint>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM webhook_endpoints WHERE organization = $1 AND disabled IS NULL ORDER BY created_at, id"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(endpoint).collect()
}

/// Counts the endpoints of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM webhook_endpoints WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Updates address, description, types of events and whether it is on; `false` when there is no such endpoint.
pub async fn update(tx: &mut Tx, row: &WebhookEndpoint) -> Result<bool, Error> {
    const SQL: &str = "UPDATE webhook_endpoints SET url = $3, description = $4, event_types = $5, disabled = $6, \
                       failing_since = $7, updated_at = $8 WHERE organization = $1 AND id = $2";
    let values = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        row.url.as_str().into(),
        row.description.as_deref().into(),
        event_types(row).into(),
        row.disabled.map(DisabledReason::as_str).into(),
        row.failing_since.map(|at| at.0).into(),
        row.updated_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Deletes an endpoint with its deliveries; `false` when there is no such endpoint.
pub async fn delete(tx: &mut Tx, row: &WebhookEndpoint, at: Timestamp) -> Result<bool, Error> {
    const DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE organization = $1 AND endpoint = $2";
    const SQL: &str = "DELETE FROM webhook_endpoints WHERE organization = $1 AND id = $2";
    let (organization, id) = (row.organization.as_str(), row.id.as_str());
    tx.execute(DELIVERIES, vec![organization.into(), id.into()]).await?;
    if tx.execute(SQL, vec![organization.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, TABLE, organization, id, (row.created_at, at)).await?;
    Ok(true)
}

/// Returns the sealed secrets of an endpoint.
///
/// # Errors
/// [`Error::Missing`] when there is no such endpoint.
pub async fn secrets(tx: &mut Tx, id: &WebhookEndpointId) -> Result<SealedSecrets, Error> {
    const SQL: &str = "SELECT secret, previous_secret, previous_until FROM webhook_endpoints WHERE id = $1";
    let row = tx.optional(SQL, vec![id.as_str().into()]).await?.ok_or(Error::Missing)?;
    let previous = row.optional_bytes(1)?.zip(optional_time(&row, 2)?);
    Ok(SealedSecrets { current: row.bytes(0)?, previous })
}

/// Gives an endpoint a new secret; the present one signs too until a moment. `false` when there is no such endpoint.
pub async fn rotate(
    tx: &mut Tx,
    row: &WebhookEndpoint,
    (secret, previous): (&[u8], &[u8]),
    previous_until: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE webhook_endpoints SET secret = $3, previous_secret = $4, previous_until = $5, updated_at = $6 \
                       WHERE organization = $1 AND id = $2";
    let values = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        secret.into(),
        previous.into(),
        previous_until.0.into(),
        row.updated_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Notes that an endpoint took a delivery, or since when it takes none.
pub async fn note_outcome(tx: &mut Tx, id: &WebhookEndpointId, taken: bool, at: Timestamp) -> Result<(), Error> {
    const TAKEN: &str = "UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";
    const FAILED: &str = "UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL";
    match taken {
        true => tx.execute(TAKEN, vec![id.as_str().into()]).await.map(|_| ()),
        false => tx.execute(FAILED, vec![id.as_str().into(), at.0.into()]).await.map(|_| ()),
    }
}

/// Switches an endpoint off and returns it; `None` when it is off already or missing.
pub async fn disable(
    tx: &mut Tx,
    id: &WebhookEndpointId,
    reason: DisabledReason,
    at: Timestamp,
) -> Result<Option<WebhookEndpoint>, Error> {
    const SQL: &str = concat!(
        "UPDATE webhook_endpoints SET disabled = $2, updated_at = $3 WHERE id = $1 AND disabled IS NULL RETURNING ",
        columns!()
    );
    let values = vec![id.as_str().into(), reason.as_str().into(), at.0.into()];
    tx.optional(SQL, values).await?.as_ref().map(endpoint).transpose()
}

/// Forgets secrets that do not sign any more.
pub async fn forget_previous_secrets(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE webhook_endpoints SET previous_secret = NULL, previous_until = NULL \
                       WHERE previous_until IS NOT NULL AND previous_until <= $1";
    tx.execute(SQL, vec![now.0.into()]).await
}
