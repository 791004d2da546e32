//! How organizations pay, whether their billing is suspended, when their credit is bought automatically, and below
//! which balance owners are told.

use keystead_core::budget::{BudgetTerms, Window};
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{BillingMode, LowMark, Recharge, Suspension};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::recharge::Pause;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{amount, id, named, optional_named, optional_time};
use crate::{Error, Listing, Page, Row, Tx};

/// The account of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditAccount {
    /// The organization.
    pub organization: OrganizationId,
    /// What an operator chose for it; `None` is the mode of the configuration.
    pub chosen: Option<BillingMode>,
    /// The mode by which its usage is posted.
    pub applied: BillingMode,
    /// Usage below a micro that was counted before anything was charged.
    pub waived: Amount,
    /// Since when its requests are refused, why, and what the operator says about it.
    pub suspended: Option<(Timestamp, Suspension, String)>,
    /// When credit is bought automatically.
    pub recharge: Option<Recharge>,
    /// The mark below which owners are told.
    pub low_mark: Option<LowMark>,
}

/// The columns in the order in which [`account`] reads them.
macro_rules! columns {
    () => {
        "organization, chosen_mode, applied_mode, waived, waived_picos, suspended_at, suspended_for, suspended_reason, \
         recharge_below, recharge_amount, recharge_ceiling, low_mark, low_passed"
    };
}

fn account(row: &Row) -> Result<CreditAccount, Error> {
    const TABLE: &str = "credit_accounts";
    let suspended = match (optional_time(row, 5)?, optional_named(row, 6, TABLE, Suspension::from_name)?) {
        (Some(at), Some(why)) => Some((at, why, row.optional_text(7)?.unwrap_or_default())),
        _ => None,
    };
    let recharge = match (row.optional_int(8)?, row.optional_int(9)?, row.optional_int(10)?) {
        (Some(below), Some(amount), Some(ceiling)) => {
            Some(Recharge { below: Micros(below), amount: Micros(amount), ceiling: Micros(ceiling) })
        }
        _ => None,
    };
    let passed = row.bool(12)?;
    let low_mark = row.optional_int(11)?.map(|below| LowMark { below: Micros(below), passed });
    Ok(CreditAccount {
        organization: id(row, 0, TABLE)?,
        chosen: optional_named(row, 1, TABLE, BillingMode::from_name)?,
        applied: named(row, 2, TABLE, BillingMode::from_name)?,
        waived: amount(row, 3)?,
        suspended,
        recharge,
        low_mark,
    })
}

/// Finds the account of an organization; it has none before anything about its credit was written.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<CreditAccount>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM credit_accounts WHERE organization = $1");
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(account).transpose()
}

/// Locks the account of an organization and returns it; makes one without a mode of its own, and with nothing charged,
/// when there is none. Until the end of the transaction no other transaction posts to its ledger.
pub async fn lock(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<CreditAccount, Error> {
    const SQL: &str = concat!(
        "INSERT INTO credit_accounts (organization, applied_mode, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (organization) DO UPDATE SET organization = excluded.organization RETURNING ",
        columns!()
    );
    let values = vec![organization.as_str().into(), BillingMode::None.as_str().into(), at.0.into()];
    account(&tx.optional(SQL, values).await?.ok_or(Error::Missing)?)
}

/// Lists the organizations that are not deleted, each with its name; or those of them that have an account.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_organizations(
    tx: &mut Tx,
    with_account: bool,
    page: &Page,
) -> Result<Listing<(OrganizationId, String)>, Error> {
    let list = List {
        select: "SELECT o.id, o.name FROM organizations o LEFT JOIN credit_accounts a ON a.organization = o.id",
        table: "o",
        source: "organizations o",
        id: "id",
        scope: "TRUE",
        filter: match with_account {
            true => "o.deactivated_at IS NULL AND a.organization IS NOT NULL",
            false => "o.deactivated_at IS NULL",
        },
        values: Vec::new(),
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, |row| Ok((id(row, 0, "organizations")?, row.text(1)?))).await
}

/// Lists organizations that are not deleted and whose usage is posted by another mode than the one that holds for them:
/// the one chosen for them, or `configured`.
pub async fn list_to_apply(tx: &mut Tx, configured: BillingMode, limit: u32) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "SELECT o.id FROM organizations o LEFT JOIN credit_accounts a ON a.organization = o.id \
                       WHERE o.deactivated_at IS NULL \
                       AND COALESCE(a.chosen_mode, $1) <> COALESCE(a.applied_mode, $2) ORDER BY o.id LIMIT $3";
    let values = vec![configured.as_str().into(), BillingMode::None.as_str().into(), i64::from(limit).into()];
    tx.all(SQL, values).await?.iter().map(|row| id(row, 0, "organizations")).collect()
}

/// Saves what an operator chose, the mode by which usage is posted from now on, and what was waived.
pub async fn set_mode(
    tx: &mut Tx,
    organization: &OrganizationId,
    (chosen, applied): (Option<BillingMode>, BillingMode),
    waived: Amount,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_accounts SET chosen_mode = $2, applied_mode = $3, waived = $4, waived_picos = $5, \
                       updated_at = $6 WHERE organization = $1";
    let (micros, picos) = waived.parts();
    let values = vec![
        organization.as_str().into(),
        chosen.map(BillingMode::as_str).into(),
        applied.as_str().into(),
        micros.into(),
        picos.into(),
        at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Suspends the billing of an organization, or ends that with `None`; keys in memory follow with the next request.
pub async fn set_suspended(
    tx: &mut Tx,
    organization: &OrganizationId,
    suspended: Option<(Suspension, &str)>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_accounts SET suspended_at = $2, suspended_for = $3, suspended_reason = $4, \
                       updated_at = $5 WHERE organization = $1";
    let values = vec![
        organization.as_str().into(),
        suspended.map(|_| at.0).into(),
        suspended.map(|(why, _)| why.as_str()).into(),
        suspended.map(|(_, reason)| reason).into(),
        at.0.into(),
    ];
    tx.execute(SQL, values).await?;
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await.map(|_| ())
}

/// Saves when credit is bought automatically; `None` is never.
pub async fn set_recharge(
    tx: &mut Tx,
    organization: &OrganizationId,
    recharge: Option<Recharge>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_accounts SET recharge_below = $2, recharge_amount = $3, recharge_ceiling = $4, \
                       updated_at = $5 WHERE organization = $1";
    let part = |read: fn(Recharge) -> Micros| recharge.map(|recharge| read(recharge).0);
    let values = vec![
        organization.as_str().into(),
        part(|recharge| recharge.below).into(),
        part(|recharge| recharge.amount).into(),
        part(|recharge| recharge.ceiling).into(),
        at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Saves the mark below which owners are told, with whether the balance passed it; `None` is no mark.
pub async fn set_low_mark(
    tx: &mut Tx,
    organization: &OrganizationId,
    mark: Option<LowMark>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str =
        "UPDATE credit_accounts SET low_mark = $2, low_passed = $3, updated_at = $4 WHERE organization = $1";
    let values = vec![
        organization.as_str().into(),
        mark.map(|mark| mark.below.0).into(),
        mark.is_some_and(|mark| mark.passed).into(),
        at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the organizations for which credit may have to be bought automatically, by id: they are not suspended, they pay in
/// advance by the mode chosen for them or by `configured`, their purchases do not pause in this `month`, and what is left
/// of their credit, to the micro, is not above the threshold. Without a budget of credit the ledger must say what is left.
pub async fn list_to_recharge(
    tx: &mut Tx,
    configured: BillingMode,
    month: Timestamp,
) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "SELECT a.organization FROM credit_accounts a \
                       LEFT JOIN budgets b ON b.subject = a.organization AND b.terms = $1 \
                       LEFT JOIN spend_counters c ON c.subject = b.subject AND c.terms = b.terms \
                       AND c.window_start = $2 \
                       LEFT JOIN recharge_pauses p ON p.organization = a.organization \
                       WHERE a.recharge_amount IS NOT NULL AND a.suspended_at IS NULL \
                       AND COALESCE(a.chosen_mode, $3) = $4 \
                       AND (p.paused_at IS NULL OR (p.paused_at < $5 AND p.reason IN ($6, $7))) \
                       AND (b.most IS NULL OR b.most - COALESCE(c.spent, 0) \
                       + (b.most_picos - COALESCE(c.spent_picos, 0)) / 1000000 <= a.recharge_below)";
    let values = vec![
        BudgetTerms::CREDIT.to_string().into(),
        Window::ALL_TIME.start.0.into(),
        configured.as_str().into(),
        BillingMode::Prepaid.as_str().into(),
        month.0.into(),
        // The pauses that end with their month.
        Pause::Ceiling.as_str().into(),
        Pause::Bounds.as_str().into(),
    ];
    let rows = tx.all(SQL, values).await?;
    let mut found = rows.iter().map(|row| id(row, 0, "credit_accounts")).collect::<Result<Vec<_>, _>>()?;
    found.sort();
    Ok(found)
}

/// Whether the billing of an organization is suspended.
pub(super) async fn is_suspended(tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM credit_accounts WHERE organization = $1 AND suspended_at IS NOT NULL";
    Ok(tx.optional(SQL, vec![organization.as_str().into()]).await?.is_some())
}

/// The suspended organizations of a person.
pub(super) async fn suspended_of_user(
    tx: &mut Tx,
    user: &keystead_core::id::UserId,
) -> Result<std::collections::HashSet<OrganizationId>, Error> {
    const SQL: &str = "SELECT a.organization FROM memberships m JOIN credit_accounts a ON a.organization = m.organization \
                       WHERE m.user_id = $1 AND a.suspended_at IS NOT NULL";
    let rows = tx.all(SQL, vec![user.as_str().into()]).await?;
    rows.iter().map(|row| id(row, 0, "credit_accounts")).collect()
}
