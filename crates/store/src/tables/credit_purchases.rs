//! Purchases of credit. A row is saved with the version that was read, so that of two changes at a time one is refused.

use keystead_core::id::{OrganizationId, PurchaseId, UserId};
use keystead_core::purchase::{PurchaseState, PurchaseWay};
use keystead_core::time::Timestamp;

use super::list::List;
use super::{conflict_as, id, named, optional_id, optional_time, time};
use crate::{Error, Listing, Page, Row, Tx};

/// One purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    pub id: PurchaseId,
    pub organization: OrganizationId,
    /// The owner who buys; `None` for an automatic purchase, for a key's, and after the person's account is deleted.
    pub user: Option<UserId>,
    pub way: PurchaseWay,
    /// The service's name.
    pub provider: String,
    pub cents: i64,
    pub state: PurchaseState,
    /// The class of a refusal.
    pub reason: Option<String>,
    /// The service's id of the card that is charged.
    pub method: Option<String>,
    /// The service's id of the customer who pays; `None` until the service has made one, and after a deletion.
    pub customer: Option<String>,
    /// The service's id of its page.
    pub session: Option<String>,
    /// The service's id of the payment.
    pub payment: Option<String>,
    /// The service's id of the charge, once it is paid.
    pub charge: Option<String>,
    /// Where the service shows its receipt.
    pub receipt_url: Option<String>,
    /// Where the owner pays or confirms.
    pub url: Option<String>,
    /// The digest of the caller's idempotency key.
    pub request_key: Option<String>,
    pub created_at: Timestamp,
    /// When it ends without a payment.
    pub expires_at: Timestamp,
    /// When the service was last asked.
    pub checked_at: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
    /// When it ended, in any way.
    pub finished_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
}

/// The columns in the order in which [`purchase`] reads them.
macro_rules! columns {
    () => {
        "id, organization, user_id, way, provider, cents, state, reason, method, session, payment, charge, receipt_url, \
         url, request_key, created_at, expires_at, checked_at, paid_at, finished_at, version, customer"
    };
}

fn purchase(row: &Row) -> Result<Purchase, Error> {
    Ok(Purchase {
        id: id(row, 0, "credit_purchases")?,
        organization: id(row, 1, "credit_purchases")?,
        user: optional_id(row, 2, "credit_purchases")?,
        way: named(row, 3, "credit_purchases", PurchaseWay::from_name)?,
        provider: row.text(4)?,
        cents: row.int(5)?,
        state: named(row, 6, "credit_purchases", PurchaseState::from_name)?,
        reason: row.optional_text(7)?,
        method: row.optional_text(8)?,
        customer: row.optional_text(21)?,
        session: row.optional_text(9)?,
        payment: row.optional_text(10)?,
        charge: row.optional_text(11)?,
        receipt_url: row.optional_text(12)?,
        url: row.optional_text(13)?,
        request_key: row.optional_text(14)?,
        created_at: time(row, 15)?,
        expires_at: time(row, 16)?,
        checked_at: optional_time(row, 17)?,
        paid_at: optional_time(row, 18)?,
        finished_at: optional_time(row, 19)?,
        version: row.int(20)?,
    })
}

/// Inserts a purchase.
///
/// # Errors
/// [`Error::Conflict`] for a second automatic purchase at a time, and for a repeated idempotency key.
pub async fn insert(tx: &mut Tx, row: &Purchase) -> Result<(), Error> {
    const SQL: &str = concat!(
        "INSERT INTO credit_purchases (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
    );
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.way.as_str().into(),
        row.provider.as_str().into(),
        row.cents.into(),
        row.state.as_str().into(),
        row.reason.as_deref().into(),
        row.method.as_deref().into(),
        row.session.as_deref().into(),
        row.payment.as_deref().into(),
        row.charge.as_deref().into(),
        row.receipt_url.as_deref().into(),
        row.url.as_deref().into(),
        row.request_key.as_deref().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
        row.checked_at.map(|at| at.0).into(),
        row.paid_at.map(|at| at.0).into(),
        row.finished_at.map(|at| at.0).into(),
        row.version.into(),
        row.customer.as_deref().into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("purchase"))
}

/// Saves what changes of a purchase, unless it was changed since it was read. Returns whether it was saved.
pub async fn update(tx: &mut Tx, row: &Purchase) -> Result<bool, Error> {
    const SQL: &str = "UPDATE credit_purchases SET state = $3, reason = $4, session = $5, payment = $6, charge = $7, \
                       receipt_url = $8, url = $9, checked_at = $10, paid_at = $11, finished_at = $12, customer = $13, \
                       version = version + 1 WHERE id = $1 AND version = $2";
    let values = vec![
        row.id.as_str().into(),
        row.version.into(),
        row.state.as_str().into(),
        row.reason.as_deref().into(),
        row.session.as_deref().into(),
        row.payment.as_deref().into(),
        row.charge.as_deref().into(),
        row.receipt_url.as_deref().into(),
        row.url.as_deref().into(),
        row.checked_at.map(|at| at.0).into(),
        row.paid_at.map(|at| at.0).into(),
        row.finished_at.map(|at| at.0).into(),
        row.customer.as_deref().into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Finds a purchase of an organization.
pub async fn find(tx: &mut Tx, organization: &OrganizationId, id: &PurchaseId) -> Result<Option<Purchase>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM credit_purchases WHERE organization = $1 AND id = $2");
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(purchase).transpose()
}

/// Finds a purchase by the service's id of its page, payment or charge, or by our own id.
pub async fn find_by_reference(tx: &mut Tx, provider: &str, reference: &str) -> Result<Option<Purchase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM credit_purchases WHERE provider = $1 AND (id = $2 OR session = $2 OR payment = $2 OR charge = $2)"
    );
    tx.optional(SQL, vec![provider.into(), reference.into()]).await?.as_ref().map(purchase).transpose()
}

/// Finds a purchase by the digest of the caller's idempotency key.
pub async fn find_by_request(
    tx: &mut Tx,
    organization: &OrganizationId,
    request_key: &str,
) -> Result<Option<Purchase>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM credit_purchases WHERE organization = $1 AND request_key = $2");
    tx.optional(SQL, vec![organization.as_str().into(), request_key.into()]).await?.as_ref().map(purchase).transpose()
}

/// Finds the automatic purchase that has not ended.
pub async fn find_running_recharge(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Purchase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM credit_purchases WHERE organization = $1 AND way = 'recharge' AND finished_at IS NULL"
    );
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(purchase).transpose()
}

/// Lists the purchases of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<Purchase>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM credit_purchases"),
        table: "credit_purchases",
        source: "credit_purchases",
        id: "id",
        scope: "credit_purchases.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, purchase).await
}

/// Lists the purchases of an organization that have not ended.
pub async fn list_open(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<Purchase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM credit_purchases WHERE organization = $1 AND finished_at IS NULL ORDER BY created_at, id"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(purchase).collect()
}

/// Lists purchases that have not ended and began before this moment, oldest first.
pub async fn list_unfinished(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<Vec<Purchase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM credit_purchases WHERE finished_at IS NULL AND created_at < $1 ORDER BY created_at, id LIMIT $2"
    );
    tx.all(SQL, vec![before.0.into(), i64::from(limit).into()]).await?.iter().map(purchase).collect()
}

/// Sums what was bought since a moment and has not failed, in cents; with a way, only what was bought in it.
pub async fn sum_since(
    tx: &mut Tx,
    organization: &OrganizationId,
    way: Option<PurchaseWay>,
    since: Timestamp,
) -> Result<i64, Error> {
    const SQL: &str = "SELECT CAST(COALESCE(SUM(cents), 0) AS BIGINT) FROM credit_purchases WHERE organization = $1 \
                       AND created_at >= $2 AND state NOT IN ('failed', 'expired') AND (way = $3 OR $3 = '')";
    let way = way.map_or("", PurchaseWay::as_str);
    let values = vec![organization.as_str().into(), since.0.into(), way.into()];
    tx.optional(SQL, values).await?.map_or(Ok(0), |row| row.int(0))
}

/// Returns when an organization first paid. What was paid back or is disputed in full does not count: it may have been paid
/// with a stolen card.
pub async fn first_paid_at(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "SELECT MIN(paid_at) FROM credit_purchases \
                       WHERE organization = $1 AND cents > (SELECT COALESCE(SUM(credit_reversals.cents), 0) FROM credit_reversals \
                       WHERE credit_reversals.purchase = credit_purchases.id AND credit_reversals.state <> 'undone')";
    let row = tx.optional(SQL, vec![organization.as_str().into()]).await?;
    row.map_or(Ok(None), |row| optional_time(&row, 0))
}
