//! Usage that is counted, as a node reports it.

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageEvent, UsageKind};
use keystead_store::tables::usage;
use keystead_store::{Store, Tx};

/// A request of this cost.
pub(crate) fn request(organization: &OrganizationId, project: &ProjectId, at: i64, cost: Amount) -> UsageEvent {
    UsageEvent {
        at: Timestamp(at),
        kind: UsageKind::Completions,
        organization: organization.clone(),
        project: project.clone(),
        key: "key_one".parse::<KeyId>().unwrap(),
        owner: "user-ann".into(),
        model: "m".into(),
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

/// Counts an event at this place of the spool.
pub(crate) async fn count(store: &Store, position: i64, event: UsageEvent) {
    let write = store.write("record", async move |tx: &mut Tx| {
        usage::record(tx, "1-x", position, std::slice::from_ref(&event)).await
    });
    let written: Result<usize, keystead_store::Error> = write.await;
    assert_eq!(written, Ok(1));
}
