//! What nodes may spend of limits. The rules by which a limit is divided are in `keystead_core::budget`.
//!
//! Every transaction that changes a lease locks the counter of its subject first, or changes only what is counted of it
//! after the counter.

use keystead_core::budget::{Decision, LeaseAsk, PendingHold, StoredFigures, Window};
use keystead_core::money::Amount;
use keystead_core::pending::Pending;
use keystead_core::time::Timestamp;

use super::spend_counters::Sums;
use super::{amount, spend_limits, time};
use crate::{Error, Tx};

/// Returns the holder of a lease from the name of a spool segment: a number and the name of the run.
#[must_use]
pub fn holder_of(segment: &str) -> &str {
    segment.rsplit_once('-').map_or(segment, |(_, run)| run)
}

/// Locks the counter of a subject, and returns it: what is spent, and since when and until when the rest is scarce.
async fn lock_counter(
    tx: &mut Tx,
    subject: &str,
    window: Timestamp,
) -> Result<(Amount, (Timestamp, Timestamp)), Error> {
    const LOCK: &str = "INSERT INTO spend_counters (subject, window_start, spent, spent_picos) VALUES ($1, $2, 0, 0) \
                        ON CONFLICT (subject, window_start) DO UPDATE SET spent = spend_counters.spent \
                        RETURNING spent, spent_picos, scarce_since, scarce_until";
    let row = tx.optional(LOCK, vec![subject.into(), window.0.into()]).await?.ok_or(Error::Missing)?;
    Ok((amount(&row, 0)?, (time(&row, 2)?, time(&row, 3)?)))
}

/// Returns the figures of a budget. Until the end of the transaction no other transaction changes them.
pub async fn stored(tx: &mut Tx, ask: &LeaseAsk, now: Timestamp) -> Result<StoredFigures, Error> {
    const LEASES: &str = "SELECT holder, granted, granted_picos, consumed, consumed_picos, renewed_at FROM spend_leases \
                          WHERE subject = $1 AND window_start = $2";
    const HOLDS: &str = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(amount_picos), 0) AS BIGINT) \
                         FROM spend_holds WHERE subject = $1 AND window_start = $2";
    let (subject, window) = (ask.subject.as_str(), ask.window.start);
    let (spent, scarce) = lock_counter(tx, subject, window).await?;
    let limit = spend_limits::find(tx, &ask.subject).await?.map(|limit| limit.amount());
    let mut stored = StoredFigures { limit, spent, scarce, ..StoredFigures::default() };
    for row in &tx.all(LEASES, vec![subject.into(), window.0.into()]).await? {
        let (granted, consumed) = (amount(row, 1)?, amount(row, 3)?);
        if *row.text(0)? == *ask.holder {
            stored.consumed = consumed;
        } else {
            stored.add_other(granted, consumed, time(row, 5)?, now);
        }
    }
    if let Some(row) = tx.optional(HOLDS, vec![subject.into(), window.0.into()]).await? {
        stored.pending = amount(&row, 0)?;
    }
    Ok(stored)
}

/// Saves what was decided for a node, in the transaction that read the figures.
pub async fn save(tx: &mut Tx, ask: &LeaseAsk, decision: &Decision, now: Timestamp) -> Result<(), Error> {
    const LEASE: &str = "INSERT INTO spend_leases (subject, window_start, holder, granted, granted_picos, renewed_at) \
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (subject, window_start, holder) DO UPDATE SET \
                         granted = excluded.granted, granted_picos = excluded.granted_picos, \
                         renewed_at = excluded.renewed_at";
    const SCARCE: &str = "UPDATE spend_counters SET scarce_since = $3, scarce_until = $4 \
                          WHERE subject = $1 AND window_start = $2 AND scarce_until <> $4";
    let (subject, window, (micros, picos)) = (ask.subject.as_str(), ask.window.start.0, decision.granted.parts());
    let values = vec![subject.into(), window.into(), (&*ask.holder).into(), micros.into(), picos.into(), now.0.into()];
    tx.execute(LEASE, values).await?;
    let (since, until) = decision.scarce;
    tx.execute(SCARCE, vec![subject.into(), window.into(), since.0.into(), until.0.into()]).await.map(|_| ())
}

/// Adds to what is counted of the leases of a holder.
pub(super) async fn consume(tx: &mut Tx, holder: &str, paid: &Sums) -> Result<(), Error> {
    const SQL: &str = "UPDATE spend_leases SET consumed = consumed + $4, consumed_picos = consumed_picos + $5 \
                       WHERE subject = $1 AND window_start = $2 AND holder = $3";
    for ((subject, window), sum) in paid {
        let (micros, picos) = sum.parts();
        let values = vec![subject.as_str().into(), (*window).into(), holder.into(), micros.into(), picos.into()];
        tx.execute(SQL, values).await?;
    }
    Ok(())
}

/// Moves what a request has set aside from the lease to the response or batch that outlives it, once, however often it is
/// noted. What was counted before needs nothing more: its lease has paid for it, and nothing stays set aside.
pub(super) async fn hold(tx: &mut Tx, pending: &Pending, hold: &PendingHold) -> Result<(), Error> {
    const MOVED: &str = "INSERT INTO counted_once (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    const COUNTED: &str = "SELECT 1 FROM counted_once WHERE id = $1";
    const HOLD: &str = "INSERT INTO spend_holds (object, subject, window_start, amount, amount_picos) \
                        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (object, subject) DO NOTHING";
    let window = Window::month(hold.charge.admitted_at).start;
    let (micros, picos) = hold.amount.parts();
    let organization = hold.charge.organization.then(|| pending.organization.as_str());
    let project = hold.charge.project.then(|| pending.project.as_str());
    let subjects: Vec<&str> = organization.into_iter().chain(project).collect();
    for subject in &subjects {
        lock_counter(tx, subject, window).await?;
    }
    // No object that is counted has such an id.
    let moved = format!("hold/{}", pending.id);
    if tx.execute(MOVED, vec![moved.into(), pending.begun_at.0.into()]).await? == 0 {
        return Ok(());
    }
    let counted = tx.optional(COUNTED, vec![pending.id.as_str().into()]).await?.is_some();
    let mut paid = Sums::new();
    for subject in subjects {
        if !counted {
            let object = pending.id.as_str();
            let values = vec![object.into(), subject.into(), window.0.into(), micros.into(), picos.into()];
            tx.execute(HOLD, values).await?;
        }
        paid.insert((subject.to_owned(), window.0), hold.amount);
    }
    consume(tx, &hold.holder, &paid).await
}

/// Frees what a holder has not spent: its process has ended, and all that its spool contained is counted.
pub async fn release(tx: &mut Tx, holder: &str) -> Result<(), Error> {
    const SQL: &str = "UPDATE spend_leases SET granted = consumed, granted_picos = consumed_picos WHERE holder = $1";
    tx.execute(SQL, vec![holder.into()]).await.map(|_| ())
}
