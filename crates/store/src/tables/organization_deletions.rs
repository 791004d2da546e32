//! Organizations that will be deleted, what that stops, and the erasure of what is kept about one.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{budgets, id, optional_time, time};
use crate::{Error, Row, Tx};

/// A requested deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDeletion {
    pub organization: OrganizationId,
    /// The owner who requested it.
    pub requested_by: UserId,
    pub requested_at: Timestamp,
    /// When the organization is deleted; until then an owner can cancel.
    pub due_at: Timestamp,
}

/// How much an organization contains that its deletion ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// Keys that work, of every kind that belongs to the organization.
    pub keys: i64,
    /// When one of them was last used.
    pub last_used_at: Option<Timestamp>,
    pub members: i64,
    /// Projects that are not archived.
    pub projects: i64,
    pub service_accounts: i64,
    /// Open invitations.
    pub invites: i64,
    /// Payment methods on file.
    pub payment_methods: i64,
}

/// The columns in the order in which [`deletion`] reads them.
macro_rules! columns {
    () => {
        "organization, requested_by, requested_at, due_at"
    };
}

fn deletion(row: &Row) -> Result<OrganizationDeletion, Error> {
    Ok(OrganizationDeletion {
        organization: id(row, 0, "organization_deletions")?,
        requested_by: id(row, 1, "organization_deletions")?,
        requested_at: time(row, 2)?,
        due_at: time(row, 3)?,
    })
}

/// Saves a request; `false` when there is one already.
pub async fn insert(tx: &mut Tx, row: &OrganizationDeletion) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "INSERT INTO organization_deletions (",
        columns!(),
        ") VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING organization"
    );
    let values = vec![
        row.organization.as_str().into(),
        row.requested_by.as_str().into(),
        row.requested_at.0.into(),
        row.due_at.0.into(),
    ];
    Ok(tx.optional(SQL, values).await?.is_some())
}

/// Finds the requested deletion of an organization.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<OrganizationDeletion>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM organization_deletions WHERE organization = $1");
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(deletion).transpose()
}

/// Removes a request and returns it. Of two transactions that try this at once, one gets `None`.
pub async fn take(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<OrganizationDeletion>, Error> {
    const SQL: &str = concat!("DELETE FROM organization_deletions WHERE organization = $1 RETURNING ", columns!());
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(deletion).transpose()
}

/// Removes the request of this moment; `false` when it was cancelled, also when another one followed. Of two transactions
/// that try this at once, one gets `false`.
pub async fn take_requested(
    tx: &mut Tx,
    organization: &OrganizationId,
    requested_at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM organization_deletions WHERE organization = $1 AND requested_at = $2";
    Ok(tx.execute(SQL, vec![organization.as_str().into(), requested_at.0.into()]).await? > 0)
}

/// Lists the requested deletions of a person's organizations.
pub async fn list_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<OrganizationDeletion>, Error> {
    const SQL: &str = "SELECT d.organization, d.requested_by, d.requested_at, d.due_at FROM organization_deletions d \
                       JOIN memberships m ON m.organization = d.organization WHERE m.user_id = $1 \
                       ORDER BY d.due_at, d.organization";
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(deletion).collect()
}

/// Counts what an organization contains.
pub async fn contents(tx: &mut Tx, organization: &OrganizationId, now: Timestamp) -> Result<Contents, Error> {
    const SQL: &str = "SELECT \
        (SELECT COUNT(*) FROM api_keys WHERE organization = $1 AND revoked_at IS NULL AND federation_rule IS NULL \
         AND (expires_at IS NULL OR expires_at > $2)), \
        (SELECT MAX(last_used_at) FROM api_keys WHERE organization = $1 AND revoked_at IS NULL), \
        (SELECT COUNT(*) FROM memberships WHERE organization = $1), \
        (SELECT COUNT(*) FROM projects WHERE organization = $1 AND archived_at IS NULL), \
        (SELECT COUNT(*) FROM service_accounts s JOIN projects p ON p.id = s.project \
         WHERE p.organization = $1 AND s.deleted_at IS NULL), \
        (SELECT COUNT(*) FROM invites WHERE organization = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $2), \
        (SELECT COUNT(*) FROM payment_methods WHERE organization = $1 AND removed_at IS NULL)";
    let row = tx.optional(SQL, vec![organization.as_str().into(), now.0.into()]).await?.ok_or(Error::Missing)?;
    Ok(Contents {
        keys: row.int(0)?,
        last_used_at: optional_time(&row, 1)?,
        members: row.int(2)?,
        projects: row.int(3)?,
        service_accounts: row.int(4)?,
        invites: row.int(5)?,
        payment_methods: row.int(6)?,
    })
}

/// Ends all memberships of an organization with their roles in projects, also as the default of its members; returns the
/// people.
pub async fn delete_members(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<Vec<UserId>, Error> {
    const ROLES: &str =
        "DELETE FROM project_members WHERE project IN (SELECT id FROM projects WHERE organization = $1)";
    // By the members: no index finds the people by their default organization.
    const DEFAULTS: &str = "UPDATE users SET default_organization = NULL WHERE default_organization = $1 \
                            AND id IN (SELECT user_id FROM memberships WHERE organization = $1)";
    const SQL: &str = "DELETE FROM memberships WHERE organization = $1 RETURNING user_id";
    changes::lock(tx).await?;
    tx.execute(DEFAULTS, vec![organization.as_str().into()]).await?;
    tx.execute(ROLES, vec![organization.as_str().into()]).await?;
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    let mut people = rows.iter().map(|row| id(row, 0, "memberships")).collect::<Result<Vec<UserId>, _>>()?;
    people.sort();
    for person in &people {
        changes::append(tx, &ChangeSubject::User(person.clone()), at).await?;
    }
    Ok(people)
}

/// What an organization has that is deleted with it, each with an id of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Certificate,
    ExternalKey,
    ExternalStorage,
    FederationRule,
    Group,
    IpAllowlist,
    WorkloadIdentityProvider,
    Role,
    ServiceAccount,
    SpendAlert,
    /// A spend limit, by what it limits.
    SpendLimit,
    /// Any other budget.
    Budget,
    BudgetAlert,
    WebhookEndpoint,
    /// A project, also an archived one.
    Project,
}

impl Part {
    /// Every kind, with the statement that lists its ids; `$1` is the organization.
    const ALL: [(Self, &'static str); 15] = [
        (Self::Certificate, "SELECT id FROM certificates WHERE organization = $1"),
        (Self::ExternalKey, "SELECT id FROM external_keys WHERE organization = $1"),
        (Self::ExternalStorage, "SELECT id FROM external_storage WHERE organization = $1"),
        (Self::FederationRule, "SELECT id FROM federation_rules WHERE organization = $1"),
        (Self::Group, "SELECT id FROM user_groups WHERE organization = $1"),
        (Self::IpAllowlist, "SELECT id FROM ip_allowlists WHERE organization = $1"),
        (Self::WorkloadIdentityProvider, "SELECT id FROM workload_identity_providers WHERE organization = $1"),
        (Self::Role, "SELECT id FROM roles WHERE organization = $1"),
        (
            Self::ServiceAccount,
            "SELECT s.id FROM service_accounts s JOIN projects p ON p.id = s.project \
             WHERE p.organization = $1 AND s.deleted_at IS NULL",
        ),
        (Self::SpendAlert, "SELECT id FROM spend_alerts WHERE organization = $1"),
        (
            Self::SpendLimit,
            "SELECT subject FROM budgets WHERE organization = $1 AND terms = 'money/month' \
             AND (subject = organization OR subject LIKE 'proj%')",
        ),
        (
            Self::Budget,
            "SELECT id FROM budgets WHERE organization = $1 AND NOT (terms = 'money/month' \
             AND (subject = organization OR subject LIKE 'proj%'))",
        ),
        (Self::BudgetAlert, "SELECT id FROM budget_alerts WHERE organization = $1"),
        (Self::WebhookEndpoint, "SELECT id FROM webhook_endpoints WHERE organization = $1"),
        (Self::Project, "SELECT id FROM projects WHERE organization = $1"),
    ];
}

/// Lists what an organization has, by kind and id; projects come last.
pub async fn parts(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<(Part, String)>, Error> {
    let mut found = Vec::new();
    for (part, sql) in Part::ALL {
        for row in tx.all(sql, vec![organization.as_str().into()]).await? {
            found.push((part, row.text(0)?));
        }
    }
    found.sort();
    Ok(found)
}

/// Statements that erase what is kept about an organization; `$1` is its id.
const ERASE: [&str; 48] = [
    "DELETE FROM key_addresses WHERE api_key IN (SELECT id FROM api_keys WHERE organization = $1)",
    "DELETE FROM key_profiles WHERE api_key IN (SELECT id FROM api_keys WHERE organization = $1)",
    "DELETE FROM key_caps WHERE api_key IN (SELECT id FROM api_keys WHERE organization = $1)",
    "DELETE FROM key_signals WHERE organization = $1",
    "DELETE FROM anomaly_settings WHERE organization = $1",
    "DELETE FROM invites WHERE organization = $1",
    "DELETE FROM role_assignments WHERE organization = $1",
    "DELETE FROM group_members WHERE group_id IN (SELECT id FROM user_groups WHERE organization = $1)",
    "DELETE FROM user_groups WHERE organization = $1",
    "DELETE FROM roles WHERE organization = $1",
    "DELETE FROM ip_allowlists WHERE organization = $1",
    "DELETE FROM project_certificates WHERE certificate IN (SELECT id FROM certificates WHERE organization = $1)",
    "DELETE FROM certificates WHERE organization = $1",
    "DELETE FROM federation_rules WHERE organization = $1",
    "DELETE FROM workload_identity_providers WHERE organization = $1",
    "DELETE FROM external_keys WHERE organization = $1",
    "DELETE FROM external_storage WHERE organization = $1",
    "DELETE FROM spend_alerts WHERE organization = $1",
    "DELETE FROM budget_alerts WHERE organization = $1",
    "DELETE FROM budget_exhaustions WHERE organization = $1",
    "DELETE FROM spend_counters WHERE terms <> 'money/month' AND (subject, terms) IN \
     (SELECT subject, terms FROM budgets WHERE organization = $1)",
    // Persons with a budget, and members until now: no index finds subjects by their beginning. What is left of a
    // person who was neither is deleted with its period.
    "DELETE FROM spend_counters WHERE subject IN (SELECT subject FROM budgets WHERE organization = $1 \
     AND subject LIKE '%/%' UNION SELECT CAST($1 AS TEXT) || '/' || user_id FROM memberships WHERE organization = $1 \
     UNION SELECT CAST($1 AS TEXT) || '/' || id FROM removed_rows WHERE list = 'memberships' AND owner = $1)",
    "DELETE FROM spend_counters WHERE subject IN (SELECT id FROM api_keys WHERE organization = $1)",
    "DELETE FROM spend_leases WHERE subject IN (SELECT CAST($1 AS TEXT) UNION SELECT subject FROM budgets \
     WHERE organization = $1 AND subject LIKE '%/%' UNION SELECT CAST($1 AS TEXT) || '/' || user_id FROM memberships \
     WHERE organization = $1 UNION SELECT CAST($1 AS TEXT) || '/' || id FROM removed_rows \
     WHERE list = 'memberships' AND owner = $1)",
    "DELETE FROM spend_leases WHERE subject IN (SELECT id FROM projects WHERE organization = $1)",
    "DELETE FROM spend_leases WHERE subject IN (SELECT id FROM api_keys WHERE organization = $1)",
    "DELETE FROM rate_shares WHERE subject = $1 OR subject IN (SELECT id FROM projects WHERE organization = $1)",
    "DELETE FROM budgets WHERE organization = $1",
    "DELETE FROM organization_tiers WHERE organization = $1",
    "DELETE FROM webhook_deliveries WHERE organization = $1",
    "DELETE FROM webhook_endpoints WHERE organization = $1",
    "DELETE FROM waiver_requests WHERE organization = $1",
    "DELETE FROM phone_verifications WHERE organization = $1",
    "DELETE FROM document_fingerprints WHERE organization = $1",
    "DELETE FROM payment_customers WHERE organization = $1",
    "DELETE FROM recharge_pauses WHERE organization = $1",
    "DELETE FROM requirement_states WHERE organization = $1",
    "DELETE FROM organization_verifications WHERE organization = $1",
    "DELETE FROM organization_requirements WHERE organization = $1",
    "DELETE FROM handoffs WHERE attempt IN (SELECT id FROM identity_attempts WHERE organization = $1)",
    "DELETE FROM capture_links WHERE capture IN (SELECT id FROM captures WHERE organization = $1)",
    // Keys of workloads, which may be very many, are deleted after their end.
    "UPDATE api_keys SET name = NULL, name_folded = '' WHERE organization = $1 AND federation_rule IS NULL",
    "UPDATE identity_attempts SET document_type = NULL, issuing_country = NULL, document_fingerprint = NULL \
     WHERE organization = $1",
    "UPDATE payment_setups SET reference = NULL, url = NULL WHERE organization = $1",
    // Purchases stay for the books and for disputes that come later, without links and without the person.
    "UPDATE credit_purchases SET user_id = NULL, url = NULL, receipt_url = NULL, method = NULL, customer = NULL, \
     version = version + 1 WHERE organization = $1",
    "UPDATE payment_methods SET reference = id, brand = '', last4 = '', expires_month = 0, expires_year = 0, \
     country = NULL, funding = 'unknown', card_fingerprint = NULL WHERE organization = $1",
    "UPDATE consents SET ip = NULL WHERE organization = $1",
    // The ledger stays, as usage does: it is the record of what was paid.
    "UPDATE credit_accounts SET recharge_below = NULL, recharge_amount = NULL, recharge_ceiling = NULL, \
     low_mark = NULL, low_passed = FALSE, suspended_reason = NULL WHERE organization = $1",
];

/// Waits until no transaction changes the organization or counts its usage, and lets none begin before the end of this one:
/// nothing is written about it by one that does not know of the deletion.
pub async fn lock(tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    changes::lock(tx).await?;
    budgets::lock_counting(tx, organization).await
}

/// Erases what is kept about an organization and marks it as deleted. Its row stays with the id in place of the name,
/// because usage and the audit log refer to it, and so do service accounts, which are marked as deleted. Of its phone
/// number and of the addresses it was verified from only the fingerprints stay, which count for a time; identity data is
/// erased on its own.
pub async fn erase(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<(), Error> {
    const NUMBER: &str = "UPDATE phone_numbers SET user_id = NULL, number_sealed = $2, number_masked = '' \
                          WHERE organization = $1";
    const CASES: &str = "UPDATE review_cases SET state = 'decided', decision = 'withdrawn', decided_by = 'clock', \
                         decided_at = $2 WHERE organization = $1 AND decided_at IS NULL";
    const STATEMENTS: &str = "UPDATE review_cases SET statement_sealed = NULL WHERE organization = $1";
    const ACCOUNTS: &str = "UPDATE service_accounts SET deleted_at = $2 WHERE deleted_at IS NULL \
                            AND project IN (SELECT id FROM projects WHERE organization = $1)";
    const ROW: &str = "UPDATE organizations SET name = id, tags = '', second_factor_since = NULL, deactivated_at = $2 \
                       WHERE id = $1";
    let key = organization.as_str();
    changes::lock(tx).await?;
    for sql in ERASE {
        tx.execute(sql, vec![key.into()]).await?;
    }
    tx.execute(NUMBER, vec![key.into(), [].as_slice().into()]).await?;
    tx.execute(CASES, vec![key.into(), at.0.into()]).await?;
    tx.execute(STATEMENTS, vec![key.into()]).await?;
    tx.execute(ACCOUNTS, vec![key.into(), at.0.into()]).await?;
    tx.execute(ROW, vec![key.into(), at.0.into()]).await?;
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await.map(|_| ())
}
