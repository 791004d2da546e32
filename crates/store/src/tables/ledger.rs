//! The ledger of credit. Transactions and their entries are inserted, and never changed or deleted.

use std::collections::BTreeMap;

use keystead_core::id::{ActorId, CreditLotId, LedgerTransactionId, OrganizationId};
use keystead_core::ledger::{Account, Entry, TransactionKind, is_balanced};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use serde_json::json;

use super::list::List;
use super::{actor, id, named, optional_id, optional_time, time};
use crate::{Error, Listing, Page, PerEngine, Row, Tx};

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerTransaction {
    /// Its id.
    pub id: LedgerTransactionId,
    /// The organization.
    pub organization: OrganizationId,
    /// What it is.
    pub kind: TransactionKind,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The name by which it is posted once.
    pub reference: Option<String>,
    /// The payment that it is about.
    pub payment: Option<String>,
    /// The lot that it began or ended.
    pub lot: Option<CreditLotId>,
    /// The month of posted usage.
    pub month: Option<Timestamp>,
    /// Who made it.
    pub made_by: ActorId,
    /// Why; empty where the kind says it.
    pub reason: String,
    /// Its entries, by account.
    pub entries: Vec<Entry>,
}

macro_rules! columns {
    () => {
        "ledger_transactions.id, ledger_transactions.organization, ledger_transactions.kind, \
         ledger_transactions.created_at, ledger_transactions.reference, ledger_transactions.payment, \
         ledger_transactions.lot, ledger_transactions.window_start, ledger_transactions.made_by, \
         ledger_transactions.reason"
    };
}

fn transaction(row: &Row) -> Result<LedgerTransaction, Error> {
    const TABLE: &str = "ledger_transactions";
    Ok(LedgerTransaction {
        id: id(row, 0, TABLE)?,
        organization: id(row, 1, TABLE)?,
        kind: named(row, 2, TABLE, TransactionKind::from_name)?,
        created_at: time(row, 3)?,
        reference: row.optional_text(4)?,
        payment: row.optional_text(5)?,
        lot: optional_id(row, 6, TABLE)?,
        month: optional_time(row, 7)?,
        made_by: actor(row, 8)?,
        reason: row.text(9)?,
        entries: Vec::new(),
    })
}

/// Inserts a transaction with its entries; `false` when one with the same reference is there already.
///
/// # Errors
/// [`Error::Invalid`] when the entries do not sum to zero, or are fewer than two.
pub async fn insert(tx: &mut Tx, row: &LedgerTransaction) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO ledger_transactions (id, organization, kind, created_at, reference, payment, lot, \
                       window_start, made_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                       ON CONFLICT DO NOTHING RETURNING id";
    const ENTRY: &str =
        "INSERT INTO ledger_entries (transaction_id, account, organization, micros) VALUES ($1, $2, $3, $4)";
    if row.entries.len() < 2 || !is_balanced(&row.entries) {
        return Err(Error::Invalid("entries of a transaction that do not sum to zero"));
    }
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.kind.as_str().into(),
        row.created_at.0.into(),
        row.reference.as_deref().into(),
        row.payment.as_deref().into(),
        row.lot.as_ref().map(CreditLotId::as_str).into(),
        row.month.map(|at| at.0).into(),
        row.made_by.as_str().into(),
        row.reason.as_str().into(),
    ];
    if tx.optional(SQL, values).await?.is_none() {
        return Ok(false);
    }
    for entry in &row.entries {
        let account = entry.account.to_string();
        let values =
            vec![row.id.as_str().into(), account.into(), row.organization.as_str().into(), entry.micros.0.into()];
        tx.execute(ENTRY, values).await?;
    }
    Ok(true)
}

/// Finds the transaction with a reference.
pub async fn find_by_reference(tx: &mut Tx, reference: &str) -> Result<Option<LedgerTransaction>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM ledger_transactions WHERE reference = $1");
    let found = tx.optional(SQL, vec![reference.into()]).await?.as_ref().map(transaction).transpose()?;
    with_entries(tx, found.into_iter().collect()).await.map(|mut found| found.pop())
}

/// Lists the transactions about a payment, by time.
pub async fn list_of_payment(tx: &mut Tx, payment: &str) -> Result<Vec<LedgerTransaction>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM ledger_transactions WHERE payment = $1 ORDER BY created_at, id");
    let found = tx.all(SQL, vec![payment.into()]).await?.iter().map(transaction).collect::<Result<_, _>>()?;
    with_entries(tx, found).await
}

/// Lists the transactions of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    page: &Page,
) -> Result<Listing<LedgerTransaction>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM ledger_transactions"),
        table: "ledger_transactions",
        source: "ledger_transactions",
        id: "id",
        scope: "ledger_transactions.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    let listed = list.rows(tx, transaction).await?;
    Ok(Listing { data: with_entries(tx, listed.data).await?, has_more: listed.has_more })
}

/// Reads the entries of transactions.
async fn with_entries(tx: &mut Tx, mut rows: Vec<LedgerTransaction>) -> Result<Vec<LedgerTransaction>, Error> {
    // One statement; each engine has its own syntax to unpack the ids.
    const SQL: PerEngine = PerEngine {
        sqlite: "SELECT transaction_id, account, micros FROM ledger_entries \
                 WHERE transaction_id IN (SELECT value->>0 FROM json_each($1))",
        postgres: "SELECT transaction_id, account, micros FROM ledger_entries WHERE transaction_id IN \
                   (SELECT value->>0 FROM jsonb_array_elements(CAST($1 AS JSONB)) AS listed(value))",
    };
    if rows.is_empty() {
        return Ok(rows);
    }
    let ids: Vec<_> = rows.iter().map(|row| json!([row.id.as_str()])).collect();
    let sql = tx.pick(SQL);
    let mut found: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for row in &tx.all(sql, vec![json!(ids).to_string().into()]).await? {
        let entry = Entry { account: id(row, 1, "ledger_entries")?, micros: Micros(row.int(2)?) };
        found.entry(row.text(0)?).or_default().push(entry);
    }
    for row in &mut rows {
        row.entries = found.remove(row.id.as_str()).unwrap_or_default();
        row.entries.sort_by(|a, b| a.account.cmp(&b.account));
    }
    Ok(rows)
}

/// The sum of each account of an organization, by account.
pub async fn sums(tx: &mut Tx, organization: &OrganizationId) -> Result<BTreeMap<Account, Micros>, Error> {
    const SQL: &str = "SELECT account, CAST(SUM(micros) AS BIGINT) FROM ledger_entries WHERE organization = $1 \
                       GROUP BY account";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "ledger_entries")?, Micros(row.int(1)?)))).collect()
}

/// The sums of posted usage by organization and month, by organization, oldest first.
pub async fn list_posted(tx: &mut Tx) -> Result<Vec<(OrganizationId, Timestamp, Micros)>, Error> {
    const SQL: &str = "SELECT t.organization, t.window_start, CAST(SUM(e.micros) AS BIGINT) FROM ledger_transactions t \
                       JOIN ledger_entries e ON e.transaction_id = t.id AND e.account = 'usage' \
                       WHERE t.window_start IS NOT NULL GROUP BY t.organization, t.window_start";
    let rows = tx.all(SQL, vec![]).await?;
    let read = |row: &Row| Ok((id(row, 0, "ledger_transactions")?, time(row, 1)?, Micros(row.int(2)?)));
    let mut sums = rows.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    sums.sort();
    Ok(sums)
}

/// A transaction whose entries do not sum to zero or belong to another organization, the first by id; `None` when all are
/// right.
pub async fn find_unbalanced(tx: &mut Tx) -> Result<Option<(LedgerTransactionId, OrganizationId, Micros)>, Error> {
    const SQL: &str = "SELECT t.id, t.organization, CAST(COALESCE(SUM(e.micros), 0) AS BIGINT) FROM ledger_transactions t \
                       LEFT JOIN ledger_entries e ON e.transaction_id = t.id GROUP BY t.id, t.organization \
                       HAVING COALESCE(SUM(e.micros), 0) <> 0 OR COUNT(e.account) < 2 \
                       OR SUM(CASE WHEN e.organization = t.organization THEN 0 ELSE 1 END) > 0 ORDER BY t.id LIMIT 1";
    let row = tx.optional(SQL, vec![]).await?;
    row.map(|row| Ok((id(&row, 0, "ledger_transactions")?, id(&row, 1, "ledger_transactions")?, Micros(row.int(2)?))))
        .transpose()
}
