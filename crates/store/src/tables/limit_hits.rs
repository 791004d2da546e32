//! Counts for limits: sends, checks, set-ups, by number, person, organization, address and place. Subjects are
//! fingerprints or ids, never numbers.

use keystead_core::time::Timestamp;

use crate::{Error, PerEngine, Tx};

/// One thing to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The id, which makes counting it twice harmless.
    pub id: String,
    /// The limit's name.
    pub name: String,
    /// The subject it counts against.
    pub subject: String,
    /// The value, for limits that count different values; empty otherwise.
    pub value: String,
    pub at: Timestamp,
}

/// The result of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// The number of hits.
    pub hits: i64,
    /// The number of different values among them.
    pub values: i64,
    /// The oldest hit in the window.
    pub oldest: Option<Timestamp>,
}

/// Inserts a hit.
pub async fn insert(tx: &mut Tx, hit: &Hit) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO limit_hits (id, name, subject, value, at) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (id) DO NOTHING";
    let values = vec![
        hit.id.as_str().into(),
        hit.name.as_str().into(),
        hit.subject.as_str().into(),
        hit.value.as_str().into(),
        hit.at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Locks a subject until the transaction ends, so that no other transaction counts against it between this one's count
/// and its decision. Callers that lock several subjects lock them in one fixed order.
pub async fn lock(tx: &mut Tx, name: &str, subject: &str) -> Result<(), Error> {
    // SQLite has one writer; PostgreSQL has no row to lock before the first hit, so a name is locked.
    const SQL: PerEngine =
        PerEngine { sqlite: "SELECT LENGTH($1)", postgres: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))" };
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![format!("{name} {subject}").into()]).await.map(|_| ())
}

/// Counts the hits after `since`.
pub async fn count(tx: &mut Tx, name: &str, subject: &str, since: Timestamp) -> Result<Count, Error> {
    const SQL: &str = "SELECT COUNT(*), COUNT(DISTINCT value), MIN(at) FROM limit_hits \
                       WHERE name = $1 AND subject = $2 AND at > $3";
    let row = tx.optional(SQL, vec![name.into(), subject.into(), since.0.into()]).await?;
    let Some(row) = row else { return Ok(Count::default()) };
    Ok(Count { hits: row.int(0)?, values: row.int(1)?, oldest: row.optional_int(2)?.map(Timestamp) })
}

/// Counts the hits of each day, newest day first, for the median of a country's week. Days count back from `now`.
pub async fn count_by_day(
    tx: &mut Tx,
    name: &str,
    subject: &str,
    now: Timestamp,
    days: i64,
) -> Result<Vec<i64>, Error> {
    const SQL: &str = "SELECT ($3 - at) / 86400, COUNT(*) FROM limit_hits \
                       WHERE name = $1 AND subject = $2 AND at > $4 AND at <= $3 GROUP BY ($3 - at) / 86400";
    let since = now.plus(-days * 86_400);
    let rows = tx.all(SQL, vec![name.into(), subject.into(), now.0.into(), since.0.into()]).await?;
    let mut counts = vec![0; usize::try_from(days).unwrap_or_default()];
    for row in rows {
        let day = usize::try_from(row.int(0)?).unwrap_or(usize::MAX);
        if let Some(count) = counts.get_mut(day) {
            *count = row.int(1)?;
        }
    }
    Ok(counts)
}

/// Deletes the hits of one subject, for example after a success.
pub async fn delete(tx: &mut Tx, name: &str, subject: &str) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM limit_hits WHERE name = $1 AND subject = $2";
    tx.execute(SQL, vec![name.into(), subject.into()]).await
}

/// Deletes one hit, because what was counted beforehand did not happen.
pub async fn delete_hit(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM limit_hits WHERE id = $1", vec![id.into()]).await.map(|_| ())
}

/// Deletes hits before a moment, except wrong codes: a hundred of them lock for ever.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM limit_hits WHERE at < $1 AND name <> 'phone_checks'";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// Deletes hits of one name older than a moment; returns how many.
pub async fn delete_of(tx: &mut Tx, name: &str, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM limit_hits WHERE name = $1 AND at < $2", vec![name.into(), before.0.into()]).await
}
