//! Refunds and disputes, as the service reports them.

use keystead_core::id::{CreditLotId, ReversalId};
use keystead_core::ledger::reverse_refund;
use keystead_core::money::Micros;
use keystead_core::purchase::{Reversal, ReversalChange, ReversalKind, ReversalState};
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::Purchase;
use keystead_store::tables::credit_reversals::{self, ReversalRow};
use keystead_store::tables::ledger;

use super::apply::mail_amount;
use super::mails::PurchaseNotice;
use super::{PollPurchase, micros};
use crate::credit::book::{About, Book, fault};
use crate::credit::payments::{
    TakenBack, bought, lost_of, record, record_chargeback, record_refund, reverse_chargeback,
};
use crate::jobs::{Job, poll_wait};
use crate::{Actor, App, Error};

/// What of a purchase has not gone back, in cents.
pub(super) fn rest(row: &Purchase, known: &[ReversalRow]) -> i64 {
    let gone = known.iter().filter(|one| one.state != ReversalState::Undone).map(|one| one.cents);
    gone.fold(row.cents, i64::saturating_sub)
}

/// Applies the refunds and disputes of a purchase.
pub(super) async fn apply_reversals(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Purchase,
    reported: &[Reversal],
) -> Result<(), Error> {
    for one in reported {
        apply_reversal(app, tx, actor, row, one).await?;
    }
    // After all of them, because a refund that failed leaves something to a dispute.
    for one in reported.iter().filter(|one| one.kind == ReversalKind::Dispute) {
        apply_further_parts(app, tx, actor, row, one).await?;
    }
    Ok(())
}

/// Applies what the bank took back besides the first part of a dispute. When the dispute came, another reversal had taken
/// that out; once that one is undone, its credit belongs to the dispute, as a reversal of its own.
async fn apply_further_parts(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Purchase,
    reported: &Reversal,
) -> Result<(), Error> {
    let further = |number: usize, cents: i64| Reversal {
        reference: format!("{}/{number}", reported.reference),
        own: None,
        cents,
        ..reported.clone()
    };
    let all = credit_reversals::list(tx, &row.id).await?;
    let find = |reference: &str| {
        let of_dispute = |one: &&ReversalRow| one.kind == ReversalKind::Dispute;
        all.iter().filter(of_dispute).find(|one| one.reference.as_deref() == Some(reference))
    };
    let Some(first) = find(&reported.reference) else { return Ok(()) };
    let (mut taken, mut number) = (first.cents, 1);
    while let Some(known) = find(&further(number, 0).reference) {
        taken = taken.saturating_add(known.cents);
        apply_reversal(app, tx, actor, row, &further(number, known.cents)).await?;
        number += 1;
    }
    let missing = reported.cents.saturating_sub(taken).min(rest(row, &all));
    if missing > 0 && first.state != ReversalState::Undone {
        apply_reversal(app, tx, actor, row, &further(number, missing)).await?;
    }
    Ok(())
}

/// Applies one refund or dispute.
async fn apply_reversal(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Purchase,
    reported: &Reversal,
) -> Result<(), Error> {
    let all = credit_reversals::list(tx, &row.id).await?;
    let own = reported.own.as_deref();
    let is_it = |one: &&ReversalRow| {
        one.kind == reported.kind
            && (one.reference.as_deref() == Some(&reported.reference) || own == Some(one.id.as_str()))
    };
    let known = all.iter().find(is_it).cloned();
    let (state, change) = ReversalState::read(known.as_ref().map(|one| one.state), reported.state);
    let is_new = known.is_none();
    let mut one = known.unwrap_or_else(|| ReversalRow {
        id: app.draw(ReversalId::generate),
        purchase: row.id.clone(),
        organization: row.organization.clone(),
        kind: reported.kind,
        reference: None,
        // The bank may take more than was paid, with fees; credit is only ever what was bought.
        cents: reported.cents.min(rest(row, &all)),
        state,
        reason: reported.reason.clone(),
        actor: None,
        created_at: app.now(),
        changed_at: app.now(),
    });
    if !is_new && one.state == state && one.reference.is_some() {
        return Ok(());
    }
    one.state = state;
    one.reference = Some(reported.reference.clone());
    one.changed_at = app.now();
    match change.filter(|_| one.cents > 0) {
        Some(ReversalChange::TakeOut) => take_out(app, tx, actor, row, &one).await?,
        Some(ReversalChange::GiveBack) => give_back(app, tx, actor, row, &one).await?,
        None => {}
    }
    match is_new {
        true => credit_reversals::insert(tx, &one).await?,
        false => credit_reversals::update(tx, &one).await?,
    }
    if is_new && state == ReversalState::Open {
        // Its end may come in months, and its delivery may be lost.
        let (purchase, organization) = (row.id.clone(), row.organization.clone());
        let poll = Job::PollPurchase(PollPurchase { purchase, organization, attempts: 5 });
        app.enqueue(tx, &poll, app.now().plus(poll_wait(5))).await?;
    }
    Ok(())
}

/// Takes the credit of a reversal out of the ledger, and tells the owners.
pub(super) async fn take_out(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Purchase,
    one: &ReversalRow,
) -> Result<(), Error> {
    let back = TakenBack {
        organization: &row.organization,
        payment: row.id.as_str(),
        id: one.id.as_str(),
        micros: micros(one.cents),
    };
    let notice = match one.kind {
        ReversalKind::Refund => {
            record_refund(app, tx, actor, &back).await?;
            PurchaseNotice::Refunded
        }
        ReversalKind::Dispute => {
            record_chargeback(app, tx, actor, &back).await?;
            PurchaseNotice::Disputed
        }
    };
    mail_amount(app, tx, row, notice, one.cents).await
}

/// Gives the credit of a reversal back.
pub(super) async fn give_back(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Purchase,
    one: &ReversalRow,
) -> Result<(), Error> {
    let organization = &row.organization;
    match one.kind {
        ReversalKind::Dispute => {
            reverse_chargeback(app, tx, actor, organization, one.id.as_str()).await?;
            mail_amount(app, tx, row, PurchaseNotice::DisputeWon, one.cents).await
        }
        ReversalKind::Refund => {
            let mut book = Book::lock(app, tx, organization).await?;
            let reference = format!("refund_failed/{}", one.id);
            if ledger::find_by_reference(tx, &reference).await?.is_none() {
                let lot = app.draw(CreditLotId::generate);
                let taken = ledger::find_by_reference(tx, &format!("refund/{}", one.id)).await?;
                let lost = taken.as_ref().map_or(Micros(0), lost_of);
                let made = reverse_refund(&book.position, &lot, (micros(one.cents), lost)).map_err(fault)?;
                let about = About {
                    reference: Some(reference),
                    payment: Some(row.id.to_string()),
                    reason: "refund_failed".to_owned(),
                    ..About::default()
                };
                let new = (made.change().0 > 0).then(|| (lot, bought(app)));
                let posted = book.post(app, tx, &actor.actor_id(), made, about, new).await?;
                record(app, tx, actor, &posted).await?;
            }
            book.finish(app, tx).await?;
            mail_amount(app, tx, row, PurchaseNotice::RefundFailed, one.cents).await
        }
    }
}
