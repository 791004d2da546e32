//! The job queue (outbox): effects as rows that a worker runs, so that none is lost and none happens inside a
//! transaction.

use keystead_core::id::JobId;
use keystead_core::time::Timestamp;
use serde_json::Value as Json;

use super::id;
use crate::{Error, PerEngine, Row, Tx};

/// A job a worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The id, which makes a repeated run harmless.
    pub id: JobId,
    /// The kind of work.
    pub name: String,
    /// The data the work needs.
    pub payload: Json,
    /// The number of earlier attempts.
    pub attempts: i64,
}

fn job(row: &Row) -> Result<JobRow, Error> {
    let id: JobId = id(row, 0, "jobs")?;
    let corrupt = |_| Error::Corrupt { table: "jobs", id: id.to_string() };
    let payload = serde_json::from_str(&row.text(2)?).map_err(corrupt)?;
    Ok(JobRow { name: row.text(1)?, payload, attempts: row.int(3)?, id })
}

/// Queues a job.
pub async fn insert(tx: &mut Tx, id: &JobId, name: &str, payload: &Json, run_at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO jobs (id, name, payload, run_at, attempts) VALUES ($1, $2, $3, $4, 0) \
                       ON CONFLICT (id) DO NOTHING";
    let values = vec![id.as_str().into(), name.into(), payload.to_string().into(), run_at.0.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Claims due jobs for `lease` seconds; the jobs of a dead worker become available when the lease ends.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease: i64, limit: u32) -> Result<Vec<JobRow>, Error> {
    // The engines differ here by nature: PostgreSQL must skip rows that another worker has locked.
    const SQL: PerEngine = PerEngine {
        sqlite: "UPDATE jobs SET claimed_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM jobs \
                 WHERE finished_at IS NULL AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) \
                 ORDER BY run_at LIMIT $3) RETURNING id, name, payload, attempts - 1",
        postgres: "UPDATE jobs SET claimed_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM jobs \
                   WHERE finished_at IS NULL AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) \
                   ORDER BY run_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id, name, payload, attempts - 1",
    };
    let values = vec![now.0.into(), now.plus(lease).0.into(), i64::from(limit).into()];
    let sql = tx.pick(SQL);
    tx.all(sql, values).await?.iter().map(job).collect()
}

/// Records that a job failed; it is due again later.
pub async fn fail(tx: &mut Tx, id: &JobId, retry_at: Timestamp) -> Result<(), Error> {
    let values = vec![id.as_str().into(), retry_at.0.into()];
    tx.execute("UPDATE jobs SET run_at = $2, claimed_until = NULL WHERE id = $1", values).await.map(|_| ())
}

/// Deletes a finished job with its payload.
pub async fn delete(tx: &mut Tx, id: &JobId) -> Result<(), Error> {
    tx.execute("DELETE FROM jobs WHERE id = $1", vec![id.as_str().into()]).await.map(|_| ())
}

/// Counts waiting jobs, and returns since when the oldest of them is due.
pub async fn count_waiting(tx: &mut Tx) -> Result<(i64, Option<Timestamp>), Error> {
    const SQL: &str = "SELECT COUNT(*), MIN(run_at) FROM jobs WHERE finished_at IS NULL";
    let Some(row) = tx.optional(SQL, vec![]).await? else { return Ok((0, None)) };
    Ok((row.int(0)?, row.optional_int(1)?.map(Timestamp)))
}
