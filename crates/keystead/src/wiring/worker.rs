//! What a node does in the background. Queued jobs run at once when a job is queued here, and every second for those
//! queued by other nodes.

use std::time::Duration;

use keystead_app::App;
use tokio::sync::watch;
use tokio::time::timeout;

use super::audit_heads::Heads;

/// The interval when nothing wakes the worker.
const REST: Duration = Duration::from_secs(1);
/// The interval of the cleanup, in seconds.
const CLEANUP_INTERVAL: i64 = 300;
/// The interval of the evaluation of usage tiers, in seconds. A payment is evaluated at once, so this is for the age.
const TIERS_INTERVAL: i64 = 3_600;
/// The interval in which balances are compared with what owners set for automatic purchases.
const RECHARGE_INTERVAL: Duration = Duration::from_secs(5);
/// The interval in which usage is posted to ledgers, in seconds.
const LEDGER_INTERVAL: i64 = 60;

/// Sends webhooks until `stopped` turns true, apart from the other work: endpoints of customers may answer slowly.
pub(crate) async fn send_webhooks(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match app.send_due_webhooks().await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::debug!(%error, "webhooks cannot be read; it is tried again"),
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Handles what usage has caused until `stopped` turns true: pauses keys, and queues mails and webhooks. It is apart from
/// the other work, so that a key above its cap is paused within a second, however many jobs wait.
pub(crate) async fn follow_usage(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = app.handle_key_signals().await {
            tracing::debug!(%error, "signals about keys could not be handled; it is tried again");
        }
        if let Err(error) = app.queue_spend_alerts().await {
            tracing::debug!(%error, "mails of spend alerts could not be queued; it is tried again");
        }
        if let Err(error) = app.announce_budgets().await {
            tracing::debug!(%error, "what was reached of budgets could not be announced; it is tried again");
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Buys credit automatically until `stopped` turns true, apart from the other work: the payment service may answer
/// slowly.
pub(crate) async fn buy_credit(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = app.run_recharges().await {
            tracing::warn!(%error, "automatic purchases of credit did not finish; it is tried again");
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(RECHARGE_INTERVAL) => {}
        }
    }
}

/// Works until `stopped` turns true.
pub(crate) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    let wake = app.job_signal();
    let (mut cleaned_at, mut posted_at, mut tiers_at) = (i64::MIN, i64::MIN, i64::MIN);
    let mut heads = Heads::default();
    while !*stopped.borrow() {
        match app.run_due_jobs().await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::debug!(%error, "the job queue cannot be read; it is tried again"),
        }
        // Also when the time is before the last run, because a clock that was ahead was corrected.
        if !(0..CLEANUP_INTERVAL).contains(&app.now().0.saturating_sub(cleaned_at)) {
            cleaned_at = app.now().0;
            if let Err(error) = app.run_cleanup().await {
                tracing::warn!(%error, "the cleanup did not finish; it is tried again");
            }
        }
        if !(0..LEDGER_INTERVAL).contains(&app.now().0.saturating_sub(posted_at)) {
            posted_at = app.now().0;
            if let Err(error) = app.post_ledgers().await {
                tracing::warn!(%error, "usage was not posted to all ledgers; it is tried again");
            }
        }
        if !(0..TIERS_INTERVAL).contains(&app.now().0.saturating_sub(tiers_at)) {
            match app.evaluate_tiers().await {
                Ok(()) => tiers_at = app.now().0,
                Err(error) => tracing::debug!(%error, "the usage tiers could not be evaluated; it is tried again"),
            }
        }
        heads.log(&app).await;
        tokio::select! {
            _ = stopped.changed() => {}
            // In both cases the queue is checked next.
            _ = timeout(REST, wake.notified()) => {}
        }
    }
}
