//! Scheduled cleanup: deletes what is not needed any more.

use keystead_core::gate::Requirement;
use keystead_core::node_lag::GONE;
use keystead_core::usage::MINUTES_KEPT_DAYS;
use keystead_core::verification::organization::Status;
use keystead_core::verification::phone_sharing::CLOSED_COUNTS;
use keystead_core::webhook::DELIVERIES_KEPT_DAYS;
use keystead_store::tables::{
    accounts, activity, address_fingerprints, api_keys, changes, form_submissions, inbound_events, invites,
    key_addresses, limit_hits, operator_approvals, organization_verifications, pending_usage, phones, privacy,
    refusals, removed_rows, requirement_states, sessions, spend_counters, usage, webhook_deliveries, webhook_endpoints,
};

use crate::operator::kept_days;
use crate::review::erase::erase_due_evidence;
use crate::verification::organization::apply::expire_dated;
use crate::verification::organization::owners::watch_verifications;
use crate::verification::payment::status::{tick_payment, watch_cards};
use crate::verification::phone::status::{end_stale_phones, tick_phone};
use crate::{App, Error};

const DAY: i64 = 86_400;
/// Seconds a sign-up waits for its address to be confirmed; its links work for a day.
const UNCONFIRMED: i64 = 7 * DAY;
/// Seconds that changes are kept after every node has confirmed them, for people who investigate an incident. Nodes do
/// not need them any more.
const CHANGES: i64 = 7 * DAY;

impl App {
    /// Deletes what is not needed any more. It may run at any time and on every node.
    ///
    /// # Errors
    /// When the store fails; the next run continues.
    pub async fn run_cleanup(&self) -> Result<(), Error> {
        let now = self.now();
        write_tx!(self.store(), "run_cleanup", |tx| {
            let before = |what: &str| now.plus(-kept_days(what).unwrap_or_default() * DAY);
            // The longest counted window is thirty days, but a hundred wrong codes lock for ever: those are kept.
            limit_hits::delete_old(tx, before("limit_hits")).await?;
            inbound_events::delete_old(tx, now.plus(-30 * DAY)).await?;
            key_addresses::delete_old(tx, before("key_addresses")).await?;
            invites::delete_old(tx, before("invites")).await?;
            phones::delete_old(tx, before("phone_verifications")).await?;
            phones::delete_numbers_of_deleted(tx, now.plus(-CLOSED_COUNTS)).await?;
            phones::delete_lines(tx, before("line_lookups")).await?;
            address_fingerprints::delete_old(tx, before("address_fingerprints")).await?;
            privacy::delete_documents(tx, before("document_fingerprints")).await?;
            privacy::delete_consents(tx, before("consents")).await?;
            sessions::delete_old(tx, now.plus(-7 * DAY)).await?;
            accounts::delete_tokens(tx, now.plus(-DAY)).await?;
            // Strangers cause these; no limit on them looks back further than a day.
            for name in ["sign_in", "second_factor", "account_mails", "token_exchanges"] {
                limit_hits::delete_of(tx, name, now.plus(-2 * DAY)).await?;
            }
            for user in accounts::list_unconfirmed(tx, now.plus(-UNCONFIRMED)).await? {
                accounts::delete_unconfirmed(tx, &user).await?;
            }
            form_submissions::delete_expired(tx, now).await?;
            // Longer than anyone takes to read a list.
            removed_rows::delete_old(tx, now.plus(-DAY)).await?;
            refusals::delete_old(tx, now.plus(-30 * DAY)).await?;
            activity::delete_features(tx, now.plus(-32 * DAY)).await?;
            changes::delete_nodes(tx, now.plus(-GONE)).await?;
            changes::delete_old(tx, now.plus(-CHANGES)).await?;
            operator_approvals::delete_old(tx, now.plus(-7 * DAY)).await?;
            webhook_deliveries::delete_old(tx, now.plus(-DELIVERIES_KEPT_DAYS * DAY)).await?;
            webhook_endpoints::forget_previous_secrets(tx, now).await?;
            // Longer than any response or batch is kept that could still report its usage.
            pending_usage::forget(tx, now.plus(-400 * DAY)).await?;
            // Longer than any response or batch runs: its cost counts in the month in which it began.
            spend_counters::delete_old(tx, now.plus(-100 * DAY)).await?;
            Ok(())
        })?;
        expire_due(self).await?;
        erase_due_evidence(self).await?;
        forget_issued_keys(self).await?;
        // Last, because it takes longest and nothing waits for it.
        forget_minutes(self).await
    }
}

/// Deletes keys of workloads a week after their end, which is long enough to find out in the audit log what a key was for.
/// There may be a million of them, so it is done in many small transactions.
async fn forget_issued_keys(app: &App) -> Result<(), Error> {
    const SLICE: u32 = 1_000;
    // The next run continues.
    const MOST: usize = 1_000;
    let now = app.now();
    for _ in 0..MOST {
        let deleted: Result<u64, Error> = write_tx!(app.store(), "forget_issued_keys", |tx| {
            Ok(api_keys::delete_issued(tx, now.plus(-7 * DAY), now, SLICE).await?)
        });
        if deleted? < u64::from(SLICE) {
            break;
        }
    }
    Ok(())
}

/// Deletes usage by the minute a day after it is not answered any more, in many small transactions. Hours and days keep
/// the same usage.
async fn forget_minutes(app: &App) -> Result<(), Error> {
    // Two days of a busy installation; the next run continues.
    const MOST: usize = 300;
    let before = app.now().plus(-(MINUTES_KEPT_DAYS + 1) * DAY);
    for _ in 0..MOST {
        let more: Result<bool, Error> =
            write_tx!(app.store(), "forget_minutes", |tx| Ok(usage::delete_minutes(tx, before).await?));
        if !more? {
            break;
        }
    }
    Ok(())
}

/// Ends exemptions and cooldowns on their date, even when no request looks at them.
async fn expire_due(app: &App) -> Result<(), Error> {
    write_tx!(app.store(), "expire_due", |tx| {
        for status in [Status::Exempt, Status::Cooldown, Status::Verified] {
            for row in organization_verifications::list(tx, status).await? {
                expire_dated(app, tx, &row.organization).await?;
            }
        }
        watch_verifications(app, tx).await?;
        watch_cards(app, tx).await?;
        end_stale_phones(app, tx).await?;
        for row in requirement_states::list_due(tx, app.now()).await? {
            match row.requirement {
                Requirement::Phone => tick_phone(app, tx, &row.organization).await?,
                Requirement::PaymentMethod => tick_payment(app, tx, &row.organization).await?,
                Requirement::Organization => {}
            }
        }
        Ok(())
    })
}
