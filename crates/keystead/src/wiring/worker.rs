//! Runs queued jobs: at once when a job is queued here, and every second for those queued by other nodes.

use std::time::Duration;

use keystead_app::App;
use tokio::sync::watch;
use tokio::time::timeout;

use super::audit_heads::Heads;

/// The interval when nothing wakes the worker.
const REST: Duration = Duration::from_secs(1);
/// The interval of the cleanup, in seconds.
const CLEANUP_INTERVAL: i64 = 300;

/// Works until `stopped` turns true.
pub(crate) async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    let wake = app.job_signal();
    let mut cleaned_at = i64::MIN;
    let mut heads = Heads::default();
    while !*stopped.borrow() {
        match app.run_due_jobs().await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::debug!(%error, "the job queue cannot be read; it is tried again"),
        }
        if let Err(error) = app.queue_spend_alerts().await {
            tracing::debug!(%error, "mails of spend alerts could not be queued; it is tried again");
        }
        if let Err(error) = app.handle_key_signals().await {
            tracing::debug!(%error, "signals about keys could not be handled; it is tried again");
        }
        // Also when the time is before the last run, because a clock that was ahead was corrected.
        if !(0..CLEANUP_INTERVAL).contains(&app.now().0.saturating_sub(cleaned_at)) {
            cleaned_at = app.now().0;
            if let Err(error) = app.run_cleanup().await {
                tracing::warn!(%error, "the cleanup did not finish; it is tried again");
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
