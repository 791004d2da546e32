//! Searches in the keys of a project, with the counts of each filter.

use keystead_core::id::{KeyId, ProjectId, UserId};
use keystead_core::key_search::{EXPIRING_WITHIN, KeyFilter, KeySearch, UNUSED_FOR};
use keystead_core::time::Timestamp;

use super::with_owner::{ANY_OF_PROJECT, KeyWithOwner, OF_PROJECT, rows_that};
use crate::{Error, Listing, Page, Tx, Value};

/// Which keys of a project are wanted.
#[derive(Debug, Clone, Copy)]
pub struct KeysWanted<'a> {
    pub project: &'a ProjectId,
    /// Only keys of this person; `None` is every owner.
    pub owner: Option<&'a UserId>,
    pub search: &'a KeySearch,
    pub filter: KeyFilter,
    /// The moment at which keys are active or expired.
    pub now: Timestamp,
}

/// How many keys match a search, by filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyCounts {
    pub active: i64,
    pub expiring: i64,
    pub unused: i64,
    pub expired: i64,
    pub revoked: i64,
    /// Every key that is revoked, whether or not it matches the search.
    pub revoked_in_all: i64,
}

/// The condition for the owner (`$2`).
const OWNER: &str = "(k.owner_user = $2 OR $2 IS NULL)";
/// The condition for the search: a pattern for the name (`$3`) and the last four characters (`$4`).
const FOUND: &str = "(k.name_folded LIKE $3 ESCAPE '!' OR substr(k.redacted, length(k.redacted) - 3) = $4 \
                     OR ($3 IS NULL AND $4 IS NULL))";
/// The condition for active keys at `$5`.
const ACTIVE: &str = "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $5)";

/// The condition of a filter, and whether it contains the time (`$5`).
fn condition(filter: KeyFilter) -> (String, bool) {
    match filter {
        KeyFilter::Active => (ACTIVE.to_owned(), true),
        KeyFilter::Expiring => (format!("{ACTIVE} AND k.expires_at <= $5 + {EXPIRING_WITHIN}"), true),
        KeyFilter::Unused => {
            (format!("{ACTIVE} AND COALESCE(k.last_used_at, k.created_at) <= $5 - {UNUSED_FOR}"), true)
        }
        KeyFilter::Expired => ("k.revoked_at IS NULL AND k.expires_at <= $5".to_owned(), true),
        KeyFilter::Revoked => ("k.revoked_at IS NOT NULL".to_owned(), false),
        KeyFilter::Unrevoked => ("k.revoked_at IS NULL".to_owned(), false),
        KeyFilter::All => ("TRUE".to_owned(), false),
    }
}

impl KeysWanted<'_> {
    /// The values `$2` to `$4`.
    fn values(&self) -> Vec<Value> {
        let pattern = self.search.name.as_deref().map(pattern);
        vec![self.owner.map(UserId::as_str).into(), pattern.as_deref().into(), self.search.last_four.as_deref().into()]
    }
}

/// The pattern for a name that contains this text.
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Lists the keys that are wanted, with their owners.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn search(tx: &mut Tx, wanted: &KeysWanted<'_>, page: &Page) -> Result<Listing<KeyWithOwner>, Error> {
    let (condition, timed) = condition(wanted.filter);
    let filter = format!("{OWNER} AND {FOUND} AND {condition}");
    let mut values = wanted.values();
    if timed {
        values.push(wanted.now.0.into());
    }
    rows_that(tx, (OF_PROJECT, vec![wanted.project.as_str().into()]), (&filter, values), page).await
}

/// Counts the keys that match the search, for each filter. The filter of `wanted` is not used.
pub async fn count(tx: &mut Tx, wanted: &KeysWanted<'_>) -> Result<KeyCounts, Error> {
    let sum = |condition: &str| format!("CAST(COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let filters = [KeyFilter::Active, KeyFilter::Expiring, KeyFilter::Unused, KeyFilter::Expired, KeyFilter::Revoked];
    let mut sums: Vec<String> =
        filters.iter().map(|filter| sum(&format!("{FOUND} AND {}", condition(*filter).0))).collect();
    sums.push(sum(&condition(KeyFilter::Revoked).0));
    let sql = format!("SELECT {} FROM api_keys k WHERE {OF_PROJECT} AND {OWNER}", sums.join(", "));
    let mut values: Vec<Value> = vec![wanted.project.as_str().into()];
    values.extend(wanted.values());
    values.push(wanted.now.0.into());
    let rows = tx.all_built(sql, values).await?;
    let Some(row) = rows.first() else { return Ok(KeyCounts::default()) };
    Ok(KeyCounts {
        active: row.int(0)?,
        expiring: row.int(1)?,
        unused: row.int(2)?,
        expired: row.int(3)?,
        revoked: row.int(4)?,
        revoked_in_all: row.int(5)?,
    })
}

/// Finds one key of a project with its owner, revoked or not, also one that was issued to a workload.
pub async fn find_of_project(tx: &mut Tx, project: &ProjectId, id: &KeyId) -> Result<Option<KeyWithOwner>, Error> {
    let page = Page { after: None, limit: 1, ascending: true };
    let scope = (ANY_OF_PROJECT, vec![project.as_str().into(), id.as_str().into()]);
    Ok(rows_that(tx, scope, ("TRUE", Vec::new()), &page).await?.data.pop())
}
