//! An owner cancels, withdraws and erases, or appeals.

use keystead_core::id::{ErasureReceiptId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_core::verification::organization::{Event, Status, step};
use keystead_core::verification::review::{CaseKind, ErasureKind};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts;
use keystead_store::tables::privacy::{self, Receipt};
use keystead_store::tables::reviews;
use serde_json::json;

use super::apply::{apply_step, insert_case};
use super::state::{is_proven, live_attempt, load_verification, verification_facts};
use super::view::organization_view;
use super::{OrganizationView, refused};
use crate::jobs::Job;
use crate::organizations::find_open;
use crate::validate::operators_reason;
use crate::{Actor, App, Error};

/// The maximum length of an appeal's statement; people read it.
const LONGEST_STATEMENT: usize = 4_000;

impl App {
    /// Cancels the live attempt. It does not count, and everything submitted is erased.
    ///
    /// # Errors
    /// When the caller is not an owner, or when no attempt is live.
    pub async fn cancel_organization_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<OrganizationView, Error> {
        step_by_owner(self, actor, organization, Event::Cancel).await
    }

    /// Withdraws consent and erases the data, here and at the service. The receipt lists what was erased.
    ///
    /// # Errors
    /// When the caller is not an owner.
    pub async fn withdraw_and_erase(&self, actor: &Actor, organization: &OrganizationId) -> Result<Receipt, Error> {
        write_tx!(self.store(), "withdraw_and_erase", |tx| {
            self.authorize_owner(tx, actor, organization).await?;
            withdraw(self, tx, actor, organization).await
        })
    }

    /// Appeals: asks that a person decides. The statement is sealed at rest.
    ///
    /// # Errors
    /// When the caller is not an owner, when there is nothing to appeal against, or while an appeal is undecided.
    pub async fn appeal_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        statement: &str,
    ) -> Result<OrganizationView, Error> {
        let statement = statement.trim().to_owned();
        if statement.is_empty() || statement.chars().count() > LONGEST_STATEMENT {
            return Err(Error::invalid("statement", "Invalid 'statement': say in 1 to 4000 characters what is wrong."));
        }
        write_tx!(self.store(), "appeal", |tx| {
            self.authorize_owner(tx, actor, organization).await?;
            if reviews::list(tx, organization).await?.iter().any(|case| case.decided_at.is_none()) {
                return Err(Error::Conflict { message: "An appeal already waits for a person to look.".to_owned() });
            }
            let before = load_verification(tx, organization).await?;
            let facts = verification_facts(self, tx, organization, &before, None).await?;
            let mut next = step(before.status, None, Event::Appeal, facts, self.now()).map_err(refused)?;
            // The case is opened here with its statement, and not without one by the effect.
            next.effects.retain(|effect| *effect != keystead_core::verification::organization::Effect::OpenCase);
            let last = identity_attempts::list(tx, organization).await?.into_iter().next().map(|row| row.id);
            insert_case(self, tx, organization, last, CaseKind::Appeal, Some(&statement)).await?;
            apply_step(self, tx, actor, organization, &before, None, next, None).await?;
            organization_view(self, tx, organization).await
        })
    }

    /// Applies an operator's decision: pause, lift, revoke, waive. Each has a reason.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, or when the state does not allow it.
    pub async fn operate_on_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        event: Event,
        reason: &str,
    ) -> Result<OrganizationView, Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "operate_on_verification", |tx| {
            find_open(tx, organization).await?;
            let mut before = load_verification(tx, organization).await?;
            // Organizations opened before this table existed have the status that their requirement says.
            if before.status == Status::Unverified && is_proven(self, tx, organization).await? {
                before.status = Status::Verified;
            }
            let mut live = live_attempt(tx, organization).await?;
            let state = live.as_ref().map(|row| row.state);
            let facts = verification_facts(self, tx, organization, &before, None).await?;
            let next = step(before.status, state, event, facts, self.now()).map_err(refused)?;
            apply_step(self, tx, actor, organization, &before, live.as_mut(), next, Some(reason.clone())).await?;
            organization_view(self, tx, organization).await
        })
    }
}

async fn step_by_owner(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    event: Event,
) -> Result<OrganizationView, Error> {
    write_tx!(app.store(), "by_owner", |tx| {
        app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
        let before = load_verification(tx, organization).await?;
        let mut live = live_attempt(tx, organization).await?;
        let state = live.as_ref().map(|row| row.state);
        let facts = verification_facts(app, tx, organization, &before, None).await?;
        let next = step(before.status, state, event, facts, app.now()).map_err(refused)?;
        apply_step(app, tx, actor, organization, &before, live.as_mut(), next, None).await?;
        organization_view(app, tx, organization).await
    })
}

/// Withdraws consent and erases the data, here and at the service: the live attempt is cancelled, documents no longer
/// count, and jobs erase pictures and copies unless a legal hold forbids it until its date.
pub(crate) async fn withdraw(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<Receipt, Error> {
    let now = app.now();
    let before = load_verification(tx, organization).await?;
    let attempts = identity_attempts::list(tx, organization).await?;
    let due: Vec<_> =
        attempts.iter().filter(|row| row.reference.is_some() && row.redacted_at.is_none()).cloned().collect();
    let mut live = attempts.into_iter().find(|row| row.finished_at.is_none());
    let state = live.as_ref().map(|row| row.state);
    let facts = verification_facts(app, tx, organization, &before, None).await?;
    // When the service has nothing left, the result could not be checked against anything: it stays.
    let event = Event::Withdraw { keep: due.is_empty() };
    let next = step(before.status, state, event, facts, now).map_err(refused)?;
    let consents = privacy::withdraw_consents(tx, organization, now).await?;
    let documents = privacy::delete_documents_of(tx, organization).await?;
    apply_step(app, tx, actor, organization, &before, live.as_mut(), next, None).await?;
    for row in &due {
        app.enqueue(tx, &Job::redact_attempt(&row.id), now).await?;
    }
    let counts = json!({
        "consents_withdrawn": consents, "document_fingerprints": documents, "asked_of_service": due.len(),
    });
    let receipt = Receipt {
        id: app.draw(ErasureReceiptId::generate),
        organization: organization.clone(),
        what: ErasureKind::Withdrawal,
        receipt: counts.to_string(),
        at: now,
    };
    privacy::insert_receipt(tx, &receipt).await?;
    Ok(receipt)
}
