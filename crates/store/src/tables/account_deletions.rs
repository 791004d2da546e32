//! Accounts that will be deleted, and the erasure of a person's data.

use std::collections::BTreeSet;

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{budgets, id, time};
use crate::{Error, Row, Tx};

/// A requested deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDeletion {
    pub user: UserId,
    pub requested_at: Timestamp,
    /// When the account is deleted; until then the person can cancel.
    pub due_at: Timestamp,
}

fn deletion(row: &Row) -> Result<AccountDeletion, Error> {
    Ok(AccountDeletion { user: id(row, 0, "account_deletions")?, requested_at: time(row, 1)?, due_at: time(row, 2)? })
}

/// Saves a request; `false` when there is one already.
pub async fn insert(tx: &mut Tx, row: &AccountDeletion) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO account_deletions (user_id, requested_at, due_at) VALUES ($1, $2, $3) \
                       ON CONFLICT DO NOTHING RETURNING user_id";
    // The lock serializes the request with other owners who leave: an owner whose account is deleted does not count as
    // one of those who stay.
    changes::lock(tx).await?;
    let values = vec![row.user.as_str().into(), row.requested_at.0.into(), row.due_at.0.into()];
    Ok(tx.optional(SQL, values).await?.is_some())
}

/// Finds the requested deletion of an account.
pub async fn find(tx: &mut Tx, user: &UserId) -> Result<Option<AccountDeletion>, Error> {
    const SQL: &str = "SELECT user_id, requested_at, due_at FROM account_deletions WHERE user_id = $1";
    tx.optional(SQL, vec![user.as_str().into()]).await?.as_ref().map(deletion).transpose()
}

/// Removes a request; `false` when there is none.
pub async fn delete(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM account_deletions WHERE user_id = $1", vec![user.as_str().into()]).await? > 0)
}

/// Removes the request of this moment; `false` when it was cancelled. Of two transactions that try this at once, one gets
/// `false`.
pub async fn take(tx: &mut Tx, user: &UserId, requested_at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM account_deletions WHERE user_id = $1 AND requested_at = $2";
    Ok(tx.execute(SQL, vec![user.as_str().into(), requested_at.0.into()]).await? > 0)
}

/// Sets another date for a request; `false` when it was cancelled.
pub async fn postpone(tx: &mut Tx, user: &UserId, requested_at: Timestamp, due_at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE account_deletions SET due_at = $3 WHERE user_id = $1 AND requested_at = $2";
    let values = vec![user.as_str().into(), requested_at.0.into(), due_at.0.into()];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Waits until no transaction changes a caller, or counts usage of an organization in which a person is a member, has a
/// key or a budget, or is a recipient of alerts; and lets none begin before the end of this one. It comes before the
/// first row that the deletion of their account changes.
///
/// The order is: the lock of changes, the locks of counting by the ids of the organizations, rows. A transaction that
/// counts usage takes the same locks of counting, also by the ids of the organizations, and then locks rows of
/// counters, leases, alerts, profiles and signals of keys, and keys. A deletion changes such rows in another order: it
/// begins with the keys. Without these locks the two could wait for each other.
pub async fn lock(tx: &mut Tx, user: &UserId) -> Result<(), Error> {
    const ORGANIZATIONS: &str = "SELECT organization FROM memberships WHERE user_id = $1 \
        UNION SELECT organization FROM api_keys WHERE owner_user = $1 AND organization IS NOT NULL \
        UNION SELECT organization FROM budgets WHERE subject IN \
        (SELECT id || '/' || CAST($1 AS TEXT) FROM organizations) \
        UNION SELECT a.organization FROM users u JOIN budget_alert_recipients r ON r.address = u.email \
        JOIN budget_alerts a ON a.id = r.alert WHERE u.id = $1 \
        UNION SELECT a.organization FROM users u JOIN spend_alert_recipients r ON r.address = u.email \
        JOIN spend_alerts a ON a.id = r.alert WHERE u.id = $1";
    changes::lock(tx).await?;
    let mut organizations: BTreeSet<OrganizationId> = BTreeSet::new();
    for row in &tx.all(ORGANIZATIONS, vec![user.as_str().into()]).await? {
        organizations.insert(id(row, 0, "organizations")?);
    }
    for organization in &organizations {
        budgets::lock_counting(tx, organization).await?;
    }
    Ok(())
}

/// Statements that erase what is kept about a person; `$1` is their id.
const ERASE: [&str; 17] = [
    // What is counted for the person, and what nodes hold of their budgets: one look-up for each organization, because
    // the tables are far longer. A renewal of a lease locks the counter first, too.
    "DELETE FROM spend_counters WHERE subject IN (SELECT id || '/' || CAST($1 AS TEXT) FROM organizations)",
    "DELETE FROM spend_leases WHERE subject IN (SELECT id || '/' || CAST($1 AS TEXT) FROM organizations)",
    "DELETE FROM key_addresses WHERE api_key IN (SELECT id FROM api_keys WHERE owner_user = $1)",
    "DELETE FROM key_profiles WHERE api_key IN (SELECT id FROM api_keys WHERE owner_user = $1)",
    "DELETE FROM key_signals WHERE api_key IN (SELECT id FROM api_keys WHERE owner_user = $1)",
    "DELETE FROM sessions WHERE user_id = $1",
    "DELETE FROM tokens WHERE user_id = $1",
    "DELETE FROM recovery_codes WHERE user_id = $1",
    "DELETE FROM identities WHERE user_id = $1",
    "DELETE FROM passkeys WHERE user_id = $1",
    "DELETE FROM phone_verifications WHERE user_id = $1 AND finished_at IS NOT NULL",
    "UPDATE api_keys SET name = NULL, name_folded = '' WHERE owner_user = $1 AND organization IS NULL",
    "UPDATE waiver_requests SET reason = '' WHERE user_id = $1",
    "UPDATE consents SET ip = NULL WHERE user_id = $1",
    "UPDATE payment_setups SET url = NULL WHERE user_id = $1",
    "UPDATE credit_purchases SET url = NULL, version = version + 1 WHERE user_id = $1",
    "DELETE FROM accounts WHERE user_id = $1",
];

/// Erases a person's data. The row of the person stays without it, because rows of organizations refer to its id: the
/// id takes the place of the name and the address. Of a phone number only the fingerprint stays: as long as it is the
/// verified number of an organization it counts towards how many organizations one number may verify, and a locked
/// attempt stays locked until the cleanup ends it.
pub async fn erase(tx: &mut Tx, user: &UserId, at: Timestamp) -> Result<(), Error> {
    const INVITES: &str = "DELETE FROM invites WHERE email = (SELECT email FROM users WHERE id = $1)";
    const PERSON: &str = "UPDATE users SET email = id, name = id, default_organization = NULL, deactivated_at = $2 \
                          WHERE id = $1";
    const NUMBERS: &str = "UPDATE phone_numbers SET user_id = NULL, number_sealed = $2, number_masked = '' \
                           WHERE user_id = $1";
    const ATTEMPTS: &str = "UPDATE phone_verifications SET user_id = NULL, session = NULL, number_sealed = $2, \
                            number_masked = '', code_fingerprint = NULL WHERE user_id = $1";
    changes::lock(tx).await?;
    for sql in ERASE {
        tx.execute(sql, vec![user.as_str().into()]).await?;
    }
    for sql in [NUMBERS, ATTEMPTS] {
        tx.execute(sql, vec![user.as_str().into(), [].as_slice().into()]).await?;
    }
    tx.execute(INVITES, vec![user.as_str().into()]).await?;
    tx.execute(PERSON, vec![user.as_str().into(), at.0.into()]).await?;
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await.map(|_| ())
}
