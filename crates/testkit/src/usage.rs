//! Usage as nodes report it.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageEvent, UsageKind};
use keystead_store::tables::usage;
use keystead_store::{Store, Tx};

/// The event of one request of this cost.
#[must_use]
pub fn usage_event(organization: &OrganizationId, project: &ProjectId, at: i64, cost: Amount) -> UsageEvent {
    UsageEvent {
        at: Timestamp(at),
        kind: UsageKind::Completions,
        organization: organization.clone(),
        project: project.clone(),
        key: "key_one".parse().unwrap(),
        owner: "user-ann".into(),
        model: "gpt-4o".into(),
        used: Quantities { requests: 1, ..Quantities::default() },
        cost,
        status: 200,
        estimated: false,
        request: "req".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: Attributes::default(),
        charge: None,
    }
}

/// Counts events from this place of a spool segment on; each must be new.
pub async fn count_usage(store: &Store, segment: &str, first: i64, events: &[UsageEvent]) {
    let write = store.write("record", async |tx: &mut Tx| usage::record(tx, segment, first, events).await);
    let counted: Result<usize, keystead_store::Error> = write.await;
    assert_eq!(counted, Ok(events.len()));
}
