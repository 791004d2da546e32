//! What nodes may use of budgets. The rules by which a budget is divided are in `keystead_core::budget`.
//!
//! Every transaction that changes a lease locks the counter of its scope and period first, or changes only what is
//! counted of it after the counter.

use keystead_core::budget::{
    BudgetScope, BudgetSubject, BudgetTerms, Decision, LeaseAsk, OtherLease, PendingHold, StoredFigures, SubjectKind,
    Window,
};
use keystead_core::id::ServiceAccountId;
use keystead_core::money::Amount;
use keystead_core::pending::Pending;
use keystead_core::time::Timestamp;

use super::spend_counters::{Sums, is_always_counted};
use super::{amount, budgets, time};
use crate::{Error, Row, Tx};

/// Returns the holder of a lease from the name of a spool segment: a number and the name of the run.
#[must_use]
pub fn holder_of(segment: &str) -> &str {
    segment.rsplit_once('-').map_or(segment, |(_, run)| run)
}

/// Locks the counter of a scope, and returns it: what is used, and since when and until when the rest is scarce.
async fn lock_counter(
    tx: &mut Tx,
    scope: &BudgetScope,
    window: Timestamp,
) -> Result<(Amount, (Timestamp, Timestamp)), Error> {
    const LOCK: &str = "INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
                        VALUES ($1, $2, $3, 0, 0) \
                        ON CONFLICT (subject, terms, window_start) DO UPDATE SET spent = spend_counters.spent \
                        RETURNING spent, spent_picos, scarce_since, scarce_until";
    let values = vec![scope.subject.as_str().into(), scope.terms.to_string().into(), window.0.into()];
    counter(&tx.optional(LOCK, values).await?.ok_or(Error::Missing)?)
}

fn counter(row: &Row) -> Result<(Amount, (Timestamp, Timestamp)), Error> {
    Ok((amount(row, 0)?, (time(row, 2)?, time(row, 3)?)))
}

/// Does the same, unless the subject was deleted: then it writes nothing and returns `None`.
async fn lock_existing(
    tx: &mut Tx,
    scope: &BudgetScope,
    window: Timestamp,
) -> Result<Option<(Amount, (Timestamp, Timestamp))>, Error> {
    const LOCK: &str = "INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
                        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), 0, 0 \
                        WHERE NOT EXISTS (SELECT 1 FROM organizations WHERE id = $4 AND deactivated_at IS NOT NULL) \
                        AND NOT EXISTS (SELECT 1 FROM projects p JOIN organizations o ON o.id = p.organization \
                        WHERE p.id = $1 AND (p.archived_at IS NOT NULL OR o.deactivated_at IS NOT NULL)) \
                        AND NOT EXISTS (SELECT 1 FROM api_keys WHERE id = $1 AND revoked_at IS NOT NULL) \
                        AND NOT EXISTS (SELECT 1 FROM users WHERE id = $5 AND deactivated_at IS NOT NULL) \
                        ON CONFLICT (subject, terms, window_start) DO UPDATE SET spent = spend_counters.spent \
                        RETURNING spent, spent_picos, scarce_since, scarce_until";
    let subject = scope.subject.as_str();
    let (organization, user) = match &scope.subject {
        BudgetSubject::Person(person) => (person.organization().as_str(), person.user().as_str()),
        BudgetSubject::Organization(_) | BudgetSubject::Project(_) | BudgetSubject::Key(_) => (subject, ""),
    };
    let values =
        vec![subject.into(), scope.terms.to_string().into(), window.0.into(), organization.into(), user.into()];
    tx.optional(LOCK, values).await?.as_ref().map(counter).transpose()
}

/// Returns the figures of a budget. Until the end of the transaction no other transaction changes them. `None` when its
/// subject was deleted: nothing is to be saved about it.
pub async fn stored(tx: &mut Tx, ask: &LeaseAsk, now: Timestamp) -> Result<Option<StoredFigures>, Error> {
    const LEASES: &str = "SELECT holder, granted, granted_picos, committed, committed_picos, consumed, consumed_picos, \
                          renewed_at, ends_at FROM spend_leases \
                          WHERE subject = $1 AND terms = $2 AND window_start = $3";
    const HOLDS: &str = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(amount_picos), 0) AS BIGINT) \
                         FROM spend_holds WHERE subject = $1 AND terms = $2 AND window_start = $3";
    const OWN: &str = "DELETE FROM spend_leases \
                       WHERE subject = $1 AND terms = $2 AND window_start = $3 AND holder = $4";
    let (scope, window) = (&ask.scope, ask.window.start);
    let place = || vec![scope.subject.as_str().into(), scope.terms.to_string().into(), window.0.into()];
    let Some((spent, scarce)) = lock_existing(tx, scope, window).await? else {
        // It may have been written at the same time as the deletion.
        let mut values = place();
        values.push((&*ask.holder).into());
        tx.execute(OWN, values).await?;
        return Ok(None);
    };
    let limit = budgets::find(tx, scope).await?.map(|row| row.budget.most);
    let mut stored = StoredFigures { limit, spent, scarce, ..StoredFigures::default() };
    for row in &tx.all(LEASES, place()).await? {
        let lease = lease(row)?;
        if *row.text(0)? == *ask.holder {
            stored.consumed = lease.consumed;
        } else {
            stored.add_other(&lease, ask.ended_by, now);
        }
    }
    if let Some(row) = tx.optional(HOLDS, place()).await? {
        stored.pending = amount(&row, 0)?;
    }
    Ok(Some(stored))
}

fn lease(row: &Row) -> Result<OtherLease, Error> {
    Ok(OtherLease {
        granted: amount(row, 1)?,
        committed: amount(row, 3)?,
        consumed: amount(row, 5)?,
        renewed_at: time(row, 7)?,
        ends_at: time(row, 8)?,
    })
}

/// Saves what was decided for a node, in the transaction that read the figures. It is a conflict, and nothing may be
/// saved, when a newer ask of the node was answered before: the node waits for that answer, or for a later one.
pub async fn save(tx: &mut Tx, ask: &LeaseAsk, decision: &Decision, now: Timestamp) -> Result<(), Error> {
    const LEASE: &str = "INSERT INTO spend_leases (subject, terms, window_start, holder, granted, granted_picos, \
                         committed, committed_picos, renewed_at, ends_at, ask_number) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                         ON CONFLICT (subject, terms, window_start, holder) DO UPDATE SET \
                         granted = excluded.granted, granted_picos = excluded.granted_picos, \
                         committed = excluded.committed, committed_picos = excluded.committed_picos, \
                         renewed_at = excluded.renewed_at, ends_at = excluded.ends_at, \
                         ask_number = excluded.ask_number WHERE spend_leases.ask_number <= excluded.ask_number";
    const SCARCE: &str = "UPDATE spend_counters SET scarce_since = $4, scarce_until = $5 \
                          WHERE subject = $1 AND terms = $2 AND window_start = $3 AND scarce_until <> $5";
    let (subject, terms, window) = (ask.scope.subject.as_str(), ask.scope.terms.to_string(), ask.window.start.0);
    let (granted, committed) = (decision.granted.parts(), decision.committed.parts());
    let values = vec![
        subject.into(),
        terms.as_str().into(),
        window.into(),
        (&*ask.holder).into(),
        granted.0.into(),
        granted.1.into(),
        committed.0.into(),
        committed.1.into(),
        now.0.into(),
        ask.ends_at.0.into(),
        ask.number.into(),
    ];
    if tx.execute(LEASE, values).await? == 0 {
        return Err(Error::Conflict("a newer ask for the lease"));
    }
    let (since, until) = decision.scarce;
    let values = vec![subject.into(), terms.into(), window.into(), since.0.into(), until.0.into()];
    tx.execute(SCARCE, values).await.map(|_| ())
}

/// Adds to what is counted of the leases of a holder: of each scope, that of the period with the moment of admission.
pub(super) async fn consume(tx: &mut Tx, holder: &str, paid: &Sums) -> Result<(), Error> {
    const SQL: &str = "UPDATE spend_leases SET consumed = consumed + $5, consumed_picos = consumed_picos + $6 \
                       WHERE subject = $1 AND terms = $2 AND holder = $4 AND window_start = \
                       (SELECT MAX(window_start) FROM spend_leases \
                       WHERE subject = $1 AND terms = $2 AND holder = $4 AND window_start <= $3)";
    for ((subject, terms, admitted_at), sum) in paid {
        let (micros, picos) = sum.parts();
        let values = vec![
            subject.as_str().into(),
            terms.to_string().into(),
            (*admitted_at).into(),
            holder.into(),
            micros.into(),
            picos.into(),
        ];
        tx.execute(SQL, values).await?;
    }
    Ok(())
}

/// The scopes from which was set aside for something pending, each with its period, in the order in which rows are locked.
async fn scopes_of(tx: &mut Tx, pending: &Pending, hold: &PendingHold) -> Result<Vec<(BudgetScope, Timestamp)>, Error> {
    const LEASED: &str = "SELECT MAX(window_start) FROM spend_leases \
                          WHERE subject = $1 AND terms = $2 AND holder = $3 AND window_start <= $4";
    let mut scopes = Vec::new();
    for (kind, terms) in hold.charge.payers.iter() {
        let Some(scope) = subject_of(kind, pending).map(|subject| BudgetScope { subject, terms }) else { continue };
        let admitted_at = hold.charge.admitted_at;
        let window = if is_always_counted(&scope) {
            Some(Window::month(admitted_at).start)
        } else {
            let (subject, terms) = (scope.subject.as_str(), terms.to_string());
            let values = vec![subject.into(), terms.into(), hold.holder.as_str().into(), admitted_at.0.into()];
            let leased = tx.optional(LEASED, values).await?.map_or(Ok(None), |row| row.optional_int(0))?;
            match leased {
                Some(window) => Some(Timestamp(window)),
                // The lease has ended, and a budget that was deleted holds nothing.
                None => budgets::find(tx, &scope).await?.map(|row| row.budget.window(admitted_at).start),
            }
        };
        scopes.extend(window.map(|window| (scope, window)));
    }
    scopes.sort_by(|(one, at), (other, then)| {
        (one.subject.as_str(), one.terms, at).cmp(&(other.subject.as_str(), other.terms, then))
    });
    Ok(scopes)
}

fn subject_of(kind: SubjectKind, pending: &Pending) -> Option<BudgetSubject> {
    match kind {
        SubjectKind::Organization => Some(BudgetSubject::Organization(pending.organization.clone())),
        SubjectKind::Project => Some(BudgetSubject::Project(pending.project.clone())),
        SubjectKind::Person => {
            pending.owner.parse().ok().map(|user| BudgetSubject::person(&pending.organization, &user))
        }
        SubjectKind::Key => Some(BudgetSubject::Key(pending.key.clone())),
    }
}

/// Moves what a request has set aside from the leases to the response or batch that outlives it, once, however often it is
/// noted. What was counted before needs nothing more: its leases have paid for it, and nothing stays set aside.
pub(super) async fn hold(tx: &mut Tx, pending: &Pending, hold: &PendingHold) -> Result<(), Error> {
    const MOVED: &str = "INSERT INTO counted_once (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    const COUNTED: &str = "SELECT 1 FROM counted_once WHERE id = $1";
    const HOLD: &str = "INSERT INTO spend_holds (object, subject, terms, window_start, amount, amount_picos) \
                        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (object, subject, terms) DO NOTHING";
    let scopes = scopes_of(tx, pending, hold).await?;
    for (scope, window) in &scopes {
        lock_counter(tx, scope, *window).await?;
    }
    // No object that is counted has such an id.
    let moved = format!("hold/{}", pending.id);
    if tx.execute(MOVED, vec![moved.into(), pending.begun_at.0.into()]).await? == 0 {
        return Ok(());
    }
    let counted = tx.optional(COUNTED, vec![pending.id.as_str().into()]).await?.is_some();
    let (mut paid, most) = (Sums::new(), hold.most());
    for (BudgetScope { subject, terms }, window) in scopes {
        let most = most.of(terms.measure);
        if !counted && most > Amount::ZERO {
            let (micros, picos) = most.parts();
            let (object, subject, terms) = (pending.id.as_str(), subject.as_str(), terms.to_string());
            let values =
                vec![object.into(), subject.into(), terms.into(), window.0.into(), micros.into(), picos.into()];
            tx.execute(HOLD, values).await?;
        }
        paid.insert((subject.as_str().to_owned(), terms, hold.charge.admitted_at.0), most);
    }
    consume(tx, &hold.holder, &paid).await
}

/// Frees what a holder has not used: its process has ended, and all that its spool contained is counted.
pub async fn release(tx: &mut Tx, holder: &str) -> Result<(), Error> {
    const OPEN: &str = "UPDATE spend_leases SET granted = consumed, granted_picos = consumed_picos, \
                        committed = consumed, committed_picos = consumed_picos WHERE holder = $1";
    // Periods that end take their leases with them.
    const ALL_TIME: &str = "DELETE FROM spend_leases WHERE holder = $1 AND window_start = $2";
    tx.execute(OPEN, vec![holder.into()]).await?;
    tx.execute(ALL_TIME, vec![holder.into(), Window::ALL_TIME.start.0.into()]).await.map(|_| ())
}

/// Deletes what nodes hold of the budgets of a project or key, in the transaction that ends it.
pub(super) async fn delete_of_subject(tx: &mut Tx, subject: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM spend_leases WHERE subject = $1", vec![subject.into()]).await.map(|_| ())
}

/// Deletes what nodes hold of the budgets of the keys of a service account, in the transaction that ends them. That of the
/// keys of workloads is deleted with those keys.
pub(super) async fn delete_of_service_account(tx: &mut Tx, account: &ServiceAccountId) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM spend_leases WHERE subject IN \
                       (SELECT id FROM api_keys WHERE owner_service_account = $1 AND federation_rule IS NULL)";
    tx.execute(SQL, vec![account.as_str().into()]).await.map(|_| ())
}

/// What a node that is taken as gone still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedLease {
    /// The run of the node's usage spool.
    pub holder: String,
    /// The budget.
    pub scope: BudgetScope,
    /// When the period began.
    pub window_start: Timestamp,
    /// What it had committed and is not counted.
    pub held: Amount,
    /// When it was last heard of.
    pub renewed_at: Timestamp,
}

/// Lists what nodes hold that are taken as gone; the holder that was silent longest first.
pub async fn list_ended(tx: &mut Tx, now: Timestamp) -> Result<Vec<EndedLease>, Error> {
    const SQL: &str = "SELECT holder, granted, granted_picos, committed, committed_picos, consumed, consumed_picos, \
                       renewed_at, ends_at, subject, terms, window_start FROM spend_leases WHERE ends_at <= $1 \
                       ORDER BY renewed_at, holder, subject, terms, window_start";
    let mut ended = Vec::new();
    for row in &tx.all(SQL, vec![now.0.into()]).await? {
        let held = lease(row)?.open(now);
        if held <= Amount::ZERO {
            continue;
        }
        let corrupt = |id: String| Error::Corrupt { table: "spend_leases", id };
        let (subject, terms) = (row.text(9)?, row.text(10)?);
        let subject = subject.parse().map_err(|_| corrupt(subject))?;
        let terms: BudgetTerms = terms.parse().map_err(|_| corrupt(terms))?;
        ended.push(EndedLease {
            holder: row.text(0)?,
            scope: BudgetScope { subject, terms },
            window_start: time(row, 11)?,
            held,
            renewed_at: time(row, 7)?,
        });
    }
    Ok(ended)
}

/// Frees what a holder holds whose leases have ended, though its spool was not counted; returns how many leases that were.
/// Usage that is counted later is added all the same, and may then exceed a budget.
pub async fn release_ended(tx: &mut Tx, holder: &str, now: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE spend_leases SET granted = consumed, granted_picos = consumed_picos, \
                       committed = consumed, committed_picos = consumed_picos WHERE holder = $1 AND ends_at <= $2";
    tx.execute(SQL, vec![holder.into(), now.0.into()]).await
}
