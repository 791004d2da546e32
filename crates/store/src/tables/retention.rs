//! A report of the personal data that is kept: counts and dates only.

use keystead_core::time::Timestamp;

use super::optional_time;
use crate::{Error, Tx};

/// One kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub what: &'static str,
    /// The number of rows.
    pub rows: i64,
    /// The oldest of them.
    pub oldest: Option<Timestamp>,
}

const COUNTS: [(&str, &str); 18] = [
    ("phone_verifications", "SELECT COUNT(*), MIN(created_at) FROM phone_verifications"),
    ("phone_numbers", "SELECT COUNT(*), MIN(verified_at) FROM phone_numbers"),
    ("line_lookups", "SELECT COUNT(*), MIN(at) FROM line_lookups"),
    ("limit_hits", "SELECT COUNT(*), MIN(at) FROM limit_hits"),
    ("key_addresses", "SELECT COUNT(*), MIN(last_used_at) FROM key_addresses"),
    ("key_profiles", "SELECT COUNT(*), (MIN(last_used_day) + 1) * 86400 FROM key_profiles"),
    ("key_signals", "SELECT COUNT(*), MIN(at) FROM key_signals"),
    ("invites", "SELECT COUNT(*), MIN(created_at) FROM invites WHERE accepted_at IS NULL"),
    ("address_fingerprints", "SELECT COUNT(*), MIN(at) FROM address_fingerprints"),
    ("payment_methods", "SELECT COUNT(*), MIN(created_at) FROM payment_methods"),
    ("provider_copies", "SELECT COUNT(*), MIN(created_at) FROM identity_attempts WHERE redacted_at IS NULL"),
    ("identity_results", "SELECT COUNT(*), MIN(created_at) FROM identity_attempts WHERE redacted_at IS NOT NULL"),
    ("document_fingerprints", "SELECT COUNT(*), MIN(verified_at) FROM document_fingerprints"),
    ("pictures", "SELECT COUNT(*), MIN(captured_at) FROM evidence WHERE erased_at IS NULL"),
    ("appeals", "SELECT COUNT(*), MIN(opened_at) FROM review_cases WHERE statement_sealed IS NOT NULL"),
    ("consents", "SELECT COUNT(*), MIN(at) FROM consents"),
    ("accounts", "SELECT COUNT(*), MIN(created_at) FROM users"),
    ("sessions", "SELECT COUNT(*), MIN(created_at) FROM sessions"),
];

/// Counts every kind of personal data, with the age of the oldest.
pub async fn list(tx: &mut Tx) -> Result<Vec<Kept>, Error> {
    let mut kept = Vec::with_capacity(COUNTS.len());
    for (what, sql) in COUNTS {
        let row = tx.optional(sql, vec![]).await?.ok_or(Error::Missing)?;
        kept.push(Kept { what, rows: row.int(0)?, oldest: optional_time(&row, 1)? });
    }
    Ok(kept)
}
