//! Requests of organizations to lift the phone requirement.

use keystead_core::id::{OrganizationId, UserId, WaiverRequestId};
use keystead_core::time::Timestamp;
use keystead_core::verification::waiver::WaiverState;

use super::{id, named, optional_time, time};
use crate::{Error, Row, Tx};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverRequest {
    pub id: WaiverRequestId,
    pub organization: OrganizationId,
    /// The owner who asked.
    pub user: UserId,
    /// Why, in their words.
    pub reason: String,
    pub state: WaiverState,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The operator's reason, which the organization sees.
    pub answer: Option<String>,
}

macro_rules! columns {
    () => {
        "id, organization, user_id, reason, state, created_at, decided_at, answer"
    };
}

fn read(row: &Row) -> Result<WaiverRequest, Error> {
    Ok(WaiverRequest {
        id: id(row, 0, "waiver_requests")?,
        organization: id(row, 1, "waiver_requests")?,
        user: id(row, 2, "waiver_requests")?,
        reason: row.text(3)?,
        state: named(row, 4, "waiver_requests", WaiverState::from_name)?,
        created_at: time(row, 5)?,
        decided_at: optional_time(row, 6)?,
        answer: row.optional_text(7)?,
    })
}

/// Inserts an open request. Returns whether there was none that is open.
pub async fn insert(tx: &mut Tx, row: &WaiverRequest) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO waiver_requests (id, organization, user_id, reason, state, created_at) \
                       VALUES ($1, $2, $3, $4, 'open', $5) ON CONFLICT DO NOTHING RETURNING id";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.user.as_str().into(),
        row.reason.as_str().into(),
        row.created_at.0.into(),
    ];
    Ok(tx.optional(SQL, values).await?.is_some())
}

/// Lists an organization's requests after `since`, oldest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, since: Timestamp) -> Result<Vec<WaiverRequest>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM waiver_requests WHERE organization = $1 AND created_at > $2 ORDER BY created_at, id LIMIT 100"
    );
    tx.all(SQL, vec![organization.as_str().into(), since.0.into()]).await?.iter().map(read).collect()
}

/// Lists the open requests of all organizations, oldest first.
pub async fn list_open(tx: &mut Tx) -> Result<Vec<WaiverRequest>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM waiver_requests WHERE state = 'open' ORDER BY created_at, id LIMIT 200");
    tx.all(SQL, Vec::new()).await?.iter().map(read).collect()
}

/// Decides an open request. Returns it, or `None` when there is no open one with this id.
pub async fn decide(
    tx: &mut Tx,
    request: &WaiverRequestId,
    (state, answer): (WaiverState, &str),
    by: &str,
    at: Timestamp,
) -> Result<Option<WaiverRequest>, Error> {
    const SQL: &str = concat!(
        "UPDATE waiver_requests SET state = $2, answer = $3, decided_by = $4, decided_at = $5 \
         WHERE id = $1 AND state = 'open' RETURNING ",
        columns!()
    );
    let values = vec![request.as_str().into(), state.as_str().into(), answer.into(), by.into(), at.0.into()];
    tx.optional(SQL, values).await?.as_ref().map(read).transpose()
}
