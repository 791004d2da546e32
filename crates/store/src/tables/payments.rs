//! Payment methods on file and the set-ups that put them there. Card numbers are never stored.

use keystead_core::id::{OrganizationId, PaymentMethodId, PaymentSetupId, UserId};
use keystead_core::time::Timestamp;
use keystead_core::verification::payment::SetupStatus;

use super::{conflict_as, id, named, optional_id, optional_time, time};
use crate::{Error, Row, Tx};

/// One set-up at the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSetup {
    pub id: PaymentSetupId,
    pub organization: OrganizationId,
    pub user: Option<UserId>,
    /// The service's name.
    pub provider: String,
    /// The service's id for it, once the service has answered.
    pub reference: Option<String>,
    /// The address at the service where the card is entered.
    pub url: Option<String>,
    pub state: SetupStatus,
    /// The class of a refusal.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When the service was last asked.
    pub checked_at: Option<Timestamp>,
    /// When it ended, in any way.
    pub finished_at: Option<Timestamp>,
}

/// One method on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    pub id: PaymentMethodId,
    pub organization: OrganizationId,
    /// The service's name.
    pub provider: String,
    /// The service's id for it.
    pub reference: String,
    /// The card's brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
    /// 1 to 12.
    pub expires_month: i64,
    /// Four digits.
    pub expires_year: i64,
    /// The country that issued it.
    pub country: Option<String>,
    /// `credit`, `debit`, `prepaid` or `unknown`.
    pub funding: String,
    /// The card's keyed fingerprint.
    pub card_fingerprint: Option<Vec<u8>>,
    /// Whether it is the default.
    pub is_default: bool,
    /// When it was put on file.
    pub created_at: Timestamp,
    /// When it was removed.
    pub removed_at: Option<Timestamp>,
}

/// The columns in the order in which [`setup`] reads them.
macro_rules! setup_columns {
    () => {
        "id, organization, user_id, provider, reference, url, state, reason, created_at, expires_at, \
         checked_at, finished_at"
    };
}

fn setup(row: &Row) -> Result<PaymentSetup, Error> {
    Ok(PaymentSetup {
        id: id(row, 0, "payment_setups")?,
        organization: id(row, 1, "payment_setups")?,
        user: optional_id(row, 2, "payment_setups")?,
        provider: row.text(3)?,
        reference: row.optional_text(4)?,
        url: row.optional_text(5)?,
        state: named(row, 6, "payment_setups", SetupStatus::from_name)?,
        reason: row.optional_text(7)?,
        created_at: time(row, 8)?,
        expires_at: time(row, 9)?,
        checked_at: optional_time(row, 10)?,
        finished_at: optional_time(row, 11)?,
    })
}

/// The columns in the order in which [`method`] reads them.
macro_rules! method_columns {
    () => {
        "id, organization, provider, reference, brand, last4, expires_month, expires_year, country, funding, \
         card_fingerprint, is_default, created_at, removed_at"
    };
}

fn method(row: &Row) -> Result<PaymentMethod, Error> {
    Ok(PaymentMethod {
        id: id(row, 0, "payment_methods")?,
        organization: id(row, 1, "payment_methods")?,
        provider: row.text(2)?,
        reference: row.text(3)?,
        brand: row.text(4)?,
        last4: row.text(5)?,
        expires_month: row.int(6)?,
        expires_year: row.int(7)?,
        country: row.optional_text(8)?,
        funding: row.text(9)?,
        card_fingerprint: row.optional_bytes(10)?,
        is_default: row.bool(11)?,
        created_at: time(row, 12)?,
        removed_at: optional_time(row, 13)?,
    })
}

/// Saves the service's customer for an organization; an earlier one stays.
pub async fn save_customer(
    tx: &mut Tx,
    organization: &OrganizationId,
    provider: &str,
    customer: &str,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO payment_customers (organization, provider, customer) VALUES ($1, $2, $3) \
                       ON CONFLICT (organization, provider) DO NOTHING";
    tx.execute(SQL, vec![organization.as_str().into(), provider.into(), customer.into()]).await.map(|_| ())
}

/// Finds the service's customer for an organization.
pub async fn find_customer(
    tx: &mut Tx,
    organization: &OrganizationId,
    provider: &str,
) -> Result<Option<String>, Error> {
    const SQL: &str = "SELECT customer FROM payment_customers WHERE organization = $1 AND provider = $2";
    tx.optional(SQL, vec![organization.as_str().into(), provider.into()]).await?.map(|row| row.text(0)).transpose()
}

/// Finds the organization of a service's customer.
pub async fn find_organization(tx: &mut Tx, provider: &str, customer: &str) -> Result<Option<OrganizationId>, Error> {
    const SQL: &str = "SELECT organization FROM payment_customers WHERE provider = $1 AND customer = $2";
    let found = tx.optional(SQL, vec![provider.into(), customer.into()]).await?;
    found.map(|row| id(&row, 0, "payment_customers")).transpose()
}

/// Deletes the service's customer for an organization, because it was deleted there.
pub async fn delete_customer(tx: &mut Tx, organization: &OrganizationId, provider: &str) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM payment_customers WHERE organization = $1 AND provider = $2";
    tx.execute(SQL, vec![organization.as_str().into(), provider.into()]).await
}

/// Inserts a set-up.
pub async fn insert(tx: &mut Tx, row: &PaymentSetup) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO payment_setups (id, organization, user_id, provider, reference, url, state, reason, \
                       created_at, expires_at, checked_at, finished_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.provider.as_str().into(),
        row.reference.as_deref().into(),
        row.url.as_deref().into(),
        row.state.as_str().into(),
        row.reason.as_deref().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
        row.checked_at.map(|at| at.0).into(),
        row.finished_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("payment set-up"))
}

/// Updates a set-up.
pub async fn update(tx: &mut Tx, row: &PaymentSetup) -> Result<(), Error> {
    const SQL: &str = "UPDATE payment_setups SET reference = $2, url = $3, state = $4, reason = $5, expires_at = $6, \
                       checked_at = $7, finished_at = $8 WHERE id = $1";
    let values = vec![
        row.id.as_str().into(),
        row.reference.as_deref().into(),
        row.url.as_deref().into(),
        row.state.as_str().into(),
        row.reason.as_deref().into(),
        row.expires_at.0.into(),
        row.checked_at.map(|at| at.0).into(),
        row.finished_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the set-up with this id in this organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &PaymentSetupId,
) -> Result<Option<PaymentSetup>, Error> {
    const SQL: &str = concat!("SELECT ", setup_columns!(), " FROM payment_setups WHERE organization = $1 AND id = $2");
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(setup).transpose()
}

/// Finds the set-up by the service's reference or by our own id: the service's events name one or the other.
pub async fn find_by_reference(tx: &mut Tx, provider: &str, reference: &str) -> Result<Option<PaymentSetup>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        setup_columns!(),
        " FROM payment_setups WHERE provider = $1 AND (reference = $2 OR id = $2)"
    );
    tx.optional(SQL, vec![provider.into(), reference.into()]).await?.as_ref().map(setup).transpose()
}

/// Counts the organizations with a card of this one on file, including itself; 0 without a card that has a fingerprint.
pub async fn count_sharing(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT CAST(COALESCE(MAX(n), 0) AS BIGINT) FROM (SELECT COUNT(DISTINCT m.organization) AS n \
                       FROM payment_methods m JOIN organizations g ON g.id = m.organization AND g.deactivated_at IS NULL \
                       WHERE m.removed_at IS NULL AND m.card_fingerprint IN (SELECT card_fingerprint FROM payment_methods \
                       WHERE organization = $1 AND removed_at IS NULL AND card_fingerprint IS NOT NULL) \
                       GROUP BY m.card_fingerprint) AS counted";
    let row = tx.optional(SQL, vec![organization.as_str().into()]).await?;
    row.ok_or(Error::Missing)?.int(0)
}

/// Finds the newest set-up of an organization; of those made in one second, the one in progress.
pub async fn find_newest(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<PaymentSetup>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        setup_columns!(),
        " FROM payment_setups WHERE organization = $1 \
         ORDER BY created_at DESC, finished_at IS NOT NULL, id DESC LIMIT 1"
    );
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(setup).transpose()
}

/// Lists every unfinished set-up, oldest first.
pub async fn list_live(tx: &mut Tx) -> Result<Vec<PaymentSetup>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        setup_columns!(),
        " FROM payment_setups WHERE finished_at IS NULL ORDER BY created_at, id LIMIT 500"
    );
    tx.all(SQL, vec![]).await?.iter().map(setup).collect()
}

/// Puts a method on file; for a known method only what the service reports changes.
pub async fn save_method(tx: &mut Tx, row: &PaymentMethod) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO payment_methods (id, organization, provider, reference, brand, last4, \
                       expires_month, expires_year, country, funding, card_fingerprint, is_default, created_at, removed_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
                       ON CONFLICT (provider, reference) DO UPDATE SET brand = excluded.brand, \
                       last4 = excluded.last4, expires_month = excluded.expires_month, \
                       expires_year = excluded.expires_year, is_default = excluded.is_default, \
                       removed_at = excluded.removed_at";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.provider.as_str().into(),
        row.reference.as_str().into(),
        row.brand.as_str().into(),
        row.last4.as_str().into(),
        row.expires_month.into(),
        row.expires_year.into(),
        row.country.as_deref().into(),
        row.funding.as_str().into(),
        row.card_fingerprint.as_deref().into(),
        row.is_default.into(),
        row.created_at.0.into(),
        row.removed_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the methods on file of an organization, newest first.
pub async fn list_methods(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<PaymentMethod>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        method_columns!(),
        " FROM payment_methods WHERE organization = $1 AND removed_at IS NULL ORDER BY created_at DESC, id"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(method).collect()
}

/// Lists the default methods with cards that expire in this month or before.
pub async fn list_ending(tx: &mut Tx, year: i64, month: i64) -> Result<Vec<PaymentMethod>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        method_columns!(),
        " FROM payment_methods WHERE is_default AND removed_at IS NULL AND expires_year * 12 + expires_month \
         <= $1 * 12 + $2 ORDER BY expires_year, expires_month, id LIMIT 1000"
    );
    tx.all(SQL, vec![year.into(), month.into()]).await?.iter().map(method).collect()
}

/// Finds the method by the service's reference, on file or not.
pub async fn find_method(tx: &mut Tx, provider: &str, reference: &str) -> Result<Option<PaymentMethod>, Error> {
    const SQL: &str =
        concat!("SELECT ", method_columns!(), " FROM payment_methods WHERE provider = $1 AND reference = $2");
    tx.optional(SQL, vec![provider.into(), reference.into()]).await?.as_ref().map(method).transpose()
}

/// Clears the default of an organization, so that another method may become it.
pub async fn clear_default(tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    const SQL: &str = "UPDATE payment_methods SET is_default = FALSE WHERE organization = $1";
    tx.execute(SQL, vec![organization.as_str().into()]).await.map(|_| ())
}
