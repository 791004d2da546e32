//! The job queue: an effect is queued in the transaction that decides it, and run afterwards until it succeeds.
//!
//! A payload may hold an address or a one-time link, so it is sealed at rest and deleted with the job.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keystead_core::id::JobId;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::jobs::{self, JobRow};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::run::execute_job;
use super::{Job, Outcome};
use crate::{App, Error};

/// Seconds after which the jobs of a dead worker become available again; longer than any provider takes to answer.
const LEASE: i64 = 120;
/// Jobs that one worker runs at once.
const AT_ONCE: u32 = 16;
/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT: i64 = 3_600;

/// Returns how long to wait before the next attempt: 5 s, 10 s, 20 s … an hour.
const fn wait(attempts: i64) -> i64 {
    let doubled = 5_i64 << (if attempts < 10 { attempts } else { 10 });
    if doubled < LONGEST_WAIT { doubled } else { LONGEST_WAIT }
}

fn context(id: &JobId) -> String {
    format!("jobs.payload:{id}")
}

impl App {
    /// Queues a job in this transaction.
    pub(crate) async fn enqueue(&self, tx: &mut Tx, job: &Job, at: Timestamp) -> Result<(), Error> {
        let id = self.draw(JobId::generate);
        let (name, payload) = job.to_row()?;
        let sealed = self.draw(|rng| self.sealer().seal(rng, &context(&id), payload.to_string().as_bytes()));
        let row = json!({ "sealed": STANDARD.encode(sealed) });
        jobs::insert(tx, &id, &name, &row, at).await?;
        self.inner.work.notify_one();
        Ok(())
    }

    /// Notified when work may be waiting; the loop that calls [`App::run_due_jobs`] waits on it.
    #[must_use]
    pub fn job_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.inner.work)
    }

    /// Runs the jobs that are due. Returns how many were taken.
    ///
    /// # Errors
    /// When the store fails; the jobs stay queued.
    pub async fn run_due_jobs(&self) -> Result<usize, Error> {
        let now = self.now();
        let claimed = write_tx!(self.store(), "claim_jobs", |tx| Ok(jobs::claim(tx, now, LEASE, AT_ONCE).await?))?;
        let taken = claimed.len();
        let work = claimed.into_iter().map(|job| async move { run_job(self, job).await });
        futures_util::future::join_all(work).await;
        Ok(taken)
    }

    /// Returns how many jobs wait and since when the oldest is due, for the operator.
    pub async fn waiting_jobs(&self) -> Result<(i64, Option<Timestamp>), Error> {
        read_tx!(self.store(), "waiting_jobs", |tx| Ok(jobs::count_waiting(tx).await?))
    }
}

async fn run_job(app: &App, job: JobRow) {
    let outcome = match open_job(app, &job) {
        Ok(opened) => execute_job(app, opened, job.attempts).await,
        Err(error) => Err(error),
    };
    let outcome = outcome.unwrap_or_else(|error| {
        // An error's text is meant for logs and contains no personal data.
        tracing::warn!(job = %job.id, name = job.name, attempts = job.attempts, %error, "a job failed; it runs again later");
        Outcome::Again(None)
    });
    let (id, now) = (&job.id, app.now());
    let ended = write_tx!(app.store(), "settle_job", |tx| match outcome {
        Outcome::Done => Ok(jobs::delete(tx, id).await?),
        Outcome::Again(seconds) => {
            let seconds = seconds.unwrap_or_else(|| wait(job.attempts));
            Ok(jobs::fail(tx, id, now.plus(seconds)).await?)
        }
    });
    if let Err(error) = ended {
        // The lease ends by itself and the job runs again; every job is idempotent.
        tracing::warn!(%error, "the result of a job could not be saved; the job runs again");
    }
}

fn open_job(app: &App, row: &JobRow) -> Result<Job, Error> {
    let broken = || Error::Internal(format!("job {} has an unreadable payload", row.id));
    let text = row.payload.get("sealed").and_then(Value::as_str).ok_or_else(broken)?;
    let sealed = STANDARD.decode(text).map_err(|_| broken())?;
    let plain = app.sealer().open(&context(&row.id), &sealed)?;
    Job::from_row(&row.name, serde_json::from_slice(plain.expose()).map_err(|_| broken())?)
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn waits_grow_to_an_hour() {
        let waits: Vec<i64> = (0..12).map(wait).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(wait(i64::MAX), 3600);
    }
}
