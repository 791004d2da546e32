//! The audit chain: each row carries an HMAC over itself and its predecessor, with a key outside the database, so that
//! even a person with write access to the database cannot change the past unnoticed.

use hmac::{Hmac, KeyInit, Mac};
use keystead_core::Secret;
use keystead_core::id::{AuditEventId, OrganizationId, ProjectId};
use keystead_core::time::Timestamp;
use serde_json::Value as Json;
use sha2::Sha256;

mod chain;
mod names;

pub use chain::{Head, Walk, find_mac, heads, verify};
pub use names::{
    KeyName, PersonName, invited_addresses, key_names, people, people_by_email, project_names, service_account_names,
};

use super::{changes, id, optional_id, time};
use crate::{Error, Listing, Page, Row, Tx, Value};

/// The key of the chain.
#[derive(Debug, Clone)]
pub struct AuditKey(pub Secret<[u8; 32]>);

/// A row of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    pub id: AuditEventId,
    /// The organization of the chain.
    pub organization: OrganizationId,
    pub at: Timestamp,
    /// `api_key`, `session` or `operator`.
    pub actor_kind: String,
    pub actor_id: String,
    /// The kind of event, in OpenAI's names.
    pub action: String,
    pub target_id: String,
    /// The project, if it is known.
    pub project: Option<ProjectId>,
    /// The details, in OpenAI's shape.
    pub details: Json,
    /// The client's address, if there was a request.
    pub address: Option<String>,
}

/// A row that is to be appended.
pub type NewAuditEvent = AuditEvent;

const FIRST: [u8; 32] = [0; 32];

/// Appends a row to its organization's chain.
///
/// # Errors
/// [`Error::Conflict`] when two transactions append at once and the engine did not make one wait.
pub async fn append(tx: &mut Tx, key: &AuditKey, event: NewAuditEvent) -> Result<AuditEvent, Error> {
    // Locking the row of the revision counter serializes appends to a chain on PostgreSQL.
    changes::lock(tx).await?;
    const LAST: &str = "SELECT sequence, mac FROM audit_events WHERE organization = $1 ORDER BY sequence DESC LIMIT 1";
    let last = tx.optional(LAST, vec![event.organization.as_str().into()]).await?;
    let (sequence, previous) = match last {
        None => (1, FIRST.to_vec()),
        Some(row) => (row.int(0)? + 1, row.bytes(1)?),
    };
    let details = event.details.to_string();
    let number = sequence.to_string();
    let at = event.at.0.to_string();
    let mut fields = vec![
        event.id.as_str(),
        event.organization.as_str(),
        &number,
        &at,
        &event.actor_kind,
        &event.actor_id,
        &event.action,
        &event.target_id,
        &details,
    ];
    fields.extend(later_fields(event.project.as_ref().map(ProjectId::as_str), event.address.as_deref()));
    let mac = mac(key, &fields, &previous);
    const SQL: &str = "INSERT INTO audit_events (id, organization, sequence, at, actor_kind, actor_id, action, target_id, \
                       details, previous_mac, mac, project, address) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
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
        event.project.as_ref().map(ProjectId::as_str).into(),
        event.address.as_deref().into(),
    ];
    tx.execute(SQL, values).await?;
    Ok(event)
}

/// Returns the fields that are chained only when they exist, because rows older than these columns do not have them:
/// the project, and the address with a prefix, so that neither can pass for the other.
fn later_fields<'t>(project: Option<&'t str>, address: Option<&'t str>) -> impl Iterator<Item = &'t str> {
    project.into_iter().chain(address.into_iter().flat_map(|address| ["from", address]))
}

/// Computes the HMAC of the fields in a fixed order, lengths first, so that neighbouring fields cannot be shifted into
/// each other.
fn mac(key: &AuditKey, fields: &[&str], previous: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.0.expose()) else {
        unreachable!("HMAC takes keys of any length")
    };
    for field in fields {
        mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(field.as_bytes());
    }
    mac.update(previous);
    mac.finalize().into_bytes().to_vec()
}

fn event(row: &Row) -> Result<AuditEvent, Error> {
    let details = row.text(7)?;
    Ok(AuditEvent {
        id: id(row, 0, "audit_events")?,
        organization: super::id(row, 1, "audit_events")?,
        at: time(row, 2)?,
        actor_kind: row.text(3)?,
        actor_id: row.text(4)?,
        action: row.text(5)?,
        target_id: row.text(6)?,
        // What an intruder left there is shown as it is, so that spoiling a row does not hide the page.
        details: serde_json::from_str(&details).unwrap_or(Json::String(details)),
        project: optional_id(row, 8, "audit_events")?,
        address: row.optional_text(9)?,
    })
}

/// A filter for rows. Empty fields match everything; a row must match all the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// At or after this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// One of these actions.
    pub actions: Vec<String>,
    /// By one of these keys, people, service accounts (both also through their keys), operators or services.
    pub actors: Vec<String>,
    /// By one of these people, themselves or through their keys.
    pub people: Vec<String>,
    /// On one of these things.
    pub targets: Vec<String>,
    /// In, or to, one of these projects.
    pub projects: Vec<String>,
}

/// Lists an organization's rows that match; newest first unless the page says otherwise. The row of the cursor need not
/// match.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    filter: &Filter,
    page: &Page,
) -> Result<Listing<AuditEvent>, Error> {
    const CURSOR: &str = "SELECT sequence FROM audit_events WHERE organization = $1 AND id = $2";
    const ROWS: &str = "SELECT id, organization, at, actor_kind, actor_id, action, target_id, details, project, address \
                        FROM audit_events WHERE organization = $1";
    let mut wanted = Clauses { sql: ROWS.to_owned(), values: vec![organization.as_str().into()] };
    if let Some(after) = &page.after {
        let row = tx.optional(CURSOR, vec![organization.as_str().into(), after.as_str().into()]).await?;
        let from = row.ok_or(Error::Missing)?.int(0)?;
        wanted.compare(if page.ascending { "sequence >" } else { "sequence <" }, from);
    }
    if let Some(from) = filter.from {
        wanted.compare("at >=", from.0);
    }
    if let Some(until) = filter.until {
        wanted.compare("at <", until.0);
    }
    wanted.any(&["action IN "], &filter.actions);
    wanted.any(&["target_id IN "], &filter.targets);
    wanted.any(&["project IN ", "target_id IN "], &filter.projects);
    for by in [&filter.actors, &filter.people] {
        const OF_USER: &str = "actor_id IN (SELECT k.id FROM api_keys k WHERE k.owner_user IN ";
        const OF_BOT: &str = "actor_id IN (SELECT k.id FROM api_keys k WHERE k.owner_service_account IN ";
        wanted.any(&["actor_id IN ", OF_USER, OF_BOT], by);
    }
    wanted.sql.push_str(if page.ascending { " ORDER BY sequence ASC" } else { " ORDER BY sequence DESC" });
    wanted.values.push((i64::from(page.limit) + 1).into());
    wanted.sql.push_str(&format!(" LIMIT ${}", wanted.values.len()));
    let rows = tx.all_built(wanted.sql, wanted.values).await?;
    let limit = page.limit as usize;
    let data = rows.iter().take(limit).map(event).collect::<Result<_, _>>()?;
    Ok(Listing { data, has_more: rows.len() > limit })
}

/// The text of growing conditions; every value is bound.
struct Clauses {
    sql: String,
    values: Vec<Value>,
}

impl Clauses {
    fn compare(&mut self, with: &'static str, value: i64) {
        self.values.push(value.into());
        self.sql.push_str(&format!(" AND {with} ${}", self.values.len()));
    }

    /// Adds a condition that one of the texts is in one of these columns; an expression may leave one bracket open.
    fn any(&mut self, places: &[&'static str], texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        let first = self.values.len() + 1;
        self.values.extend(texts.iter().map(|text| Value::from(text.as_str())));
        let marks: Vec<String> = (first..=self.values.len()).map(|at| format!("${at}")).collect();
        let marks = marks.join(", ");
        let places: Vec<String> = places
            .iter()
            .map(|place| format!("{place}({marks}){}", if place.contains("(SELECT") { ")" } else { "" }))
            .collect();
        self.sql.push_str(&format!(" AND ({})", places.join(" OR ")));
    }
}

/// Lists the actions that occur in an organization's log, by name.
pub async fn actions(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<String>, Error> {
    const SQL: &str = "SELECT DISTINCT action FROM audit_events WHERE organization = $1";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    // The engines sort text differently; sorting in Rust gives one order.
    let mut found = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable();
    Ok(found)
}

/// Lists the actors in an organization's log: kinds and ids.
pub async fn actors(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "SELECT DISTINCT actor_kind, actor_id FROM audit_events WHERE organization = $1";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    let mut found = rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect::<Result<Vec<_>, Error>>()?;
    found.sort_unstable();
    Ok(found)
}

/// Finds the project of a key or a service account of this organization, to which entries about them belong.
pub async fn project_of(tx: &mut Tx, organization: &OrganizationId, target: &str) -> Result<Option<ProjectId>, Error> {
    const SQL: &str = "SELECT k.project FROM api_keys k WHERE k.id = $2 AND k.organization = $1 \
                       UNION SELECT s.project FROM service_accounts s JOIN projects p ON p.id = s.project \
                       WHERE s.id = $2 AND p.organization = $1 \
                       UNION SELECT p.id FROM projects p WHERE p.id = $2 AND p.organization = $1";
    let row = tx.optional(SQL, vec![organization.as_str().into(), target.into()]).await?;
    row.map_or(Ok(None), |row| optional_id(&row, 0, "audit_events"))
}
