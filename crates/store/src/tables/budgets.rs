//! Budgets of organizations, projects, persons and keys. The spend limit of the Administration API is one of them, and so
//! is the prepaid credit of an organization.

use std::collections::HashMap;

use keystead_core::budget::{Budget, BudgetScope, BudgetSubject, BudgetTerms, BudgetZone};
use keystead_core::id::{BudgetId, KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{amount, id, removed_rows, spend_counters, time, usage};
use crate::{Error, Listing, Page, PerEngine, Row, Tx};

/// One budget, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRow {
    /// The organization that pays.
    pub organization: OrganizationId,
    /// The budget.
    pub budget: Budget,
    /// When it was first set.
    pub created_at: Timestamp,
}

/// What is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBudget<'a> {
    /// The id, where there is no budget of this scope yet.
    pub id: BudgetId,
    /// The organization that pays.
    pub organization: &'a OrganizationId,
    /// The subject and the terms.
    pub scope: &'a BudgetScope,
    /// The time zone by which periods begin, where there is no budget of this scope yet.
    pub zone: BudgetZone,
    /// The most that may be used in one period.
    pub most: Amount,
}

/// The columns in the order in which [`budget`] reads them.
macro_rules! columns {
    () => {
        "id, organization, subject, terms, zone, most, most_picos, version, created_at"
    };
}

fn budget(row: &Row) -> Result<BudgetRow, Error> {
    let corrupt = |id: String| Error::Corrupt { table: "budgets", id };
    let (terms, zone) = (row.text(3)?, row.text(4)?);
    Ok(BudgetRow {
        organization: id(row, 1, "budgets")?,
        budget: Budget {
            id: id(row, 0, "budgets")?,
            scope: BudgetScope { subject: id(row, 2, "budgets")?, terms: terms.parse().map_err(|_| corrupt(terms))? },
            zone: zone.parse().map_err(|_| corrupt(zone))?,
            most: amount(row, 5)?,
            version: row.int(7)?,
        },
        created_at: time(row, 8)?,
    })
}

/// The subject of a change: the callers that gateways read again.
fn touched(subject: &BudgetSubject) -> ChangeSubject {
    match subject {
        BudgetSubject::Organization(id) => ChangeSubject::Organization(id.clone()),
        BudgetSubject::Project(id) => ChangeSubject::Project(id.clone()),
        BudgetSubject::Person(person) => ChangeSubject::User(person.user().clone()),
        BudgetSubject::Key(id) => ChangeSubject::Key(id.clone()),
    }
}

/// Finds the budget of a scope.
pub async fn find(tx: &mut Tx, scope: &BudgetScope) -> Result<Option<BudgetRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM budgets WHERE subject = $1 AND terms = $2");
    let values = vec![scope.subject.as_str().into(), scope.terms.to_string().into()];
    tx.optional(SQL, values).await?.as_ref().map(budget).transpose()
}

/// Finds a budget of an organization by its id.
pub async fn find_by_id(tx: &mut Tx, organization: &OrganizationId, id: &BudgetId) -> Result<Option<BudgetRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM budgets WHERE organization = $1 AND id = $2");
    let values = vec![organization.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(budget).transpose()
}

/// Lists the budgets of an organization and of everything in it.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<BudgetRow>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM budgets"),
        table: "budgets",
        source: "budgets",
        id: "id",
        scope: "budgets.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, budget).await
}

/// Lists the budgets of these subjects, in the order in which they refuse.
pub async fn list_of(tx: &mut Tx, subjects: &[BudgetSubject]) -> Result<Vec<BudgetRow>, Error> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=subjects.len()).map(|place| format!("${place}")).collect();
    let sql = format!(concat!("SELECT ", columns!(), " FROM budgets WHERE subject IN ({})"), places.join(", "));
    let values = subjects.iter().map(|subject| subject.as_str().into()).collect();
    let mut found = tx.all_built(sql, values).await?.iter().map(budget).collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|row| row.budget.scope.place());
    Ok(found)
}

/// Lists the budgets of a person in all organizations, of which there are fewer than budgets.
pub async fn list_of_person(tx: &mut Tx, user: &UserId) -> Result<Vec<BudgetRow>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM budgets WHERE subject IN (SELECT id || '/' || CAST($1 AS TEXT) FROM organizations) ORDER BY subject, terms"
    );
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(budget).collect()
}

/// Counts the budgets of an organization and of everything in it. Those of keys that have ended do not count: a rotation
/// leaves one behind.
pub async fn count(tx: &mut Tx, organization: &OrganizationId, now: Timestamp) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM budgets b WHERE b.organization = $1 AND NOT EXISTS (SELECT 1 \
                       FROM api_keys k WHERE k.id = b.subject AND (k.revoked_at IS NOT NULL OR k.expires_at <= $2))";
    let values = vec![organization.as_str().into(), now.0.into()];
    tx.optional(SQL, values).await?.map_or(Ok(0), |row| row.int(0))
}

/// Sets or changes a budget; keys in memory follow with the next request. A new one begins with what its running period
/// has used so far, by the sums of usage.
pub async fn set(tx: &mut Tx, new: NewBudget<'_>, at: Timestamp) -> Result<BudgetRow, Error> {
    changes::lock(tx).await?;
    lock_counting(tx, new.organization).await?;
    let (row, is_new) = save(tx, new, at).await?;
    let scope = &row.budget.scope;
    if is_new && !spend_counters::is_always_counted(scope) {
        let window = row.budget.window(at);
        let used = usage::measured(tx, &row.organization, &scope.subject, window, at).await?;
        spend_counters::begin(tx, scope, window, used.of(scope.terms.measure)).await?;
    }
    Ok(row)
}

/// Returns what a budget of this scope would begin with, by the sums of usage; or what is counted, if there is one.
pub async fn used_so_far(
    tx: &mut Tx,
    organization: &OrganizationId,
    scope: &BudgetScope,
    zone: &BudgetZone,
    at: Timestamp,
) -> Result<Amount, Error> {
    let known = find(tx, scope).await?;
    let zone = known.as_ref().map_or(zone, |row| &row.budget.zone);
    let window = scope.terms.interval.window(at, zone.rules());
    if known.is_some() || spend_counters::is_always_counted(scope) {
        return spend_counters::used(tx, scope, window).await;
    }
    let used = usage::measured(tx, organization, &scope.subject, window, at).await?;
    Ok(used.of(scope.terms.measure))
}

/// Gives a key the budgets of the key that it replaces, with what these have used: a rotation frees nothing.
pub async fn carry_over(
    tx: &mut Tx,
    from: &KeyId,
    to: &KeyId,
    at: Timestamp,
    mut draw: impl FnMut() -> BudgetId,
) -> Result<(), Error> {
    for BudgetRow { organization, budget, .. } in list_of(tx, &[BudgetSubject::Key(from.clone())]).await? {
        let window = budget.window(at);
        let used = spend_counters::used(tx, &budget.scope, window).await?;
        let scope = BudgetScope { subject: BudgetSubject::Key(to.clone()), terms: budget.scope.terms };
        let new =
            NewBudget { id: draw(), organization: &organization, scope: &scope, zone: budget.zone, most: budget.most };
        save(tx, new, at).await?;
        spend_counters::begin(tx, &scope, window, used).await?;
    }
    Ok(())
}

/// Sets the prepaid credit of an organization, in the transaction that changes its ledger. It pays for all usage that is
/// counted after it was first set. Without credit left, requests that cost something are refused.
pub async fn set_credit(
    tx: &mut Tx,
    organization: &OrganizationId,
    most: Amount,
    at: Timestamp,
) -> Result<Budget, Error> {
    let scope = credit_of(organization);
    let (id, zone) = (BudgetId::of_credit(organization), BudgetZone::UTC);
    changes::lock(tx).await?;
    lock_counting(tx, organization).await?;
    let (row, is_new) = save(tx, NewBudget { id, organization, scope: &scope, zone, most }, at).await?;
    if is_new {
        spend_counters::begin(tx, &scope, row.budget.window(at), Amount::ZERO).await?;
    }
    Ok(row.budget)
}

/// Removes the credit of an organization: nothing is refused for want of it any more. `false` when there was none.
pub async fn remove_credit(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<bool, Error> {
    delete(tx, &credit_of(organization), at).await
}

fn credit_of(organization: &OrganizationId) -> BudgetScope {
    BudgetScope { subject: BudgetSubject::Organization(organization.clone()), terms: BudgetTerms::CREDIT }
}

async fn save(tx: &mut Tx, new: NewBudget<'_>, at: Timestamp) -> Result<(BudgetRow, bool), Error> {
    const INSERT: &str = concat!(
        "INSERT INTO budgets (",
        columns!(),
        ", updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (subject, terms) DO UPDATE SET \
         most = excluded.most, most_picos = excluded.most_picos, version = excluded.version, \
         updated_at = excluded.updated_at RETURNING ",
        columns!()
    );
    let NewBudget { id, organization, scope, zone, most } = new;
    changes::lock(tx).await?;
    let version = changes::append(tx, &touched(&scope.subject), at).await?;
    let is_new = find(tx, scope).await?.is_none();
    let (micros, picos) = most.parts();
    let values = vec![
        id.as_str().into(),
        organization.as_str().into(),
        scope.subject.as_str().into(),
        scope.terms.to_string().into(),
        zone.to_string().into(),
        micros.into(),
        picos.into(),
        version.into(),
        at.0.into(),
    ];
    let row = tx.optional(INSERT, values).await?.ok_or(Error::Missing)?;
    Ok((budget(&row)?, is_new))
}

/// Deletes a budget and what was counted for it; `false` when there was none. It waits for transactions that count
/// usage of the organization: what these write about the budget is deleted too.
pub async fn delete(tx: &mut Tx, scope: &BudgetScope, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = concat!("DELETE FROM budgets WHERE subject = $1 AND terms = $2 RETURNING ", columns!());
    changes::lock(tx).await?;
    let Some(known) = find(tx, scope).await? else { return Ok(false) };
    lock_counting(tx, &known.organization).await?;
    let values = vec![scope.subject.as_str().into(), scope.terms.to_string().into()];
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(false) };
    let BudgetRow { organization, budget, created_at } = budget(&row)?;
    if !spend_counters::is_always_counted(scope) {
        spend_counters::delete(tx, scope).await?;
    }
    removed_rows::insert(tx, "budgets", organization.as_str(), budget.id.as_str(), (created_at, at)).await?;
    changes::append(tx, &touched(&scope.subject), at).await?;
    Ok(true)
}

/// Waits until no transaction counts usage of the organization, and lets none begin before the end of this one: a
/// budget begins with the sums of usage, and each event counts in exactly one of the two; and nothing is counted for a
/// budget that has been deleted. A transaction locks several organizations in the order of their ids, and before rows
/// that counting changes.
pub(super) async fn lock_counting(tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    // SQLite has one writer at a time.
    const SQL: PerEngine =
        PerEngine { sqlite: "SELECT $1", postgres: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))" };
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![organization.as_str().into()]).await.map(|_| ())
}

/// The same for a transaction that counts usage of these organizations; such transactions do not wait for each other.
pub(super) async fn lock_setting<'o>(
    tx: &mut Tx,
    organizations: impl Iterator<Item = &'o OrganizationId>,
) -> Result<(), Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: "SELECT $1",
        postgres: "SELECT pg_advisory_xact_lock_shared(hashtextextended(value, 0)) \
                   FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value)",
    };
    let ids: Vec<&str> = organizations.map(OrganizationId::as_str).collect();
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![serde_json::json!(ids).to_string().into()]).await.map(|_| ())
}

/// Budgets by subject.
pub(super) type OfSubjects = HashMap<String, Vec<BudgetRow>>;

/// The budgets of subjects.
pub(super) async fn of_subjects<'s>(tx: &mut Tx, subjects: impl Iterator<Item = &'s str>) -> Result<OfSubjects, Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: concat!(
            "SELECT ",
            columns!(),
            " FROM budgets WHERE subject IN (SELECT value FROM json_each($1)) ORDER BY subject, terms"
        ),
        postgres: concat!(
            "SELECT ",
            columns!(),
            " FROM budgets WHERE subject IN (SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) \
             AS listed(value)) ORDER BY subject, terms"
        ),
    };
    let subjects: Vec<&str> = subjects.collect();
    let sql = tx.pick(SQL);
    let mut found = OfSubjects::new();
    for row in &tx.all(sql, vec![serde_json::json!(subjects).to_string().into()]).await? {
        let row = budget(row)?;
        found.entry(row.budget.scope.subject.as_str().to_owned()).or_default().push(row);
    }
    Ok(found)
}

/// The budgets that apply to a caller.
pub(super) struct InForce(Vec<Budget>);

impl InForce {
    fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut all = rows.iter().map(|row| Ok(budget(row)?.budget)).collect::<Result<Vec<_>, Error>>()?;
        all.sort_by_key(|budget| budget.scope.place());
        Ok(Self(all))
    }

    fn among(&self, of: impl Fn(&BudgetSubject) -> bool) -> Vec<Budget> {
        self.0.iter().filter(|budget| of(&budget.scope.subject)).cloned().collect()
    }

    /// Those of an organization itself.
    pub(super) fn of_organization(&self, id: &OrganizationId) -> Vec<Budget> {
        self.among(|subject| matches!(subject, BudgetSubject::Organization(other) if other == id))
    }

    /// Those of a project.
    pub(super) fn of_project(&self, id: &ProjectId) -> Vec<Budget> {
        self.among(|subject| matches!(subject, BudgetSubject::Project(other) if other == id))
    }

    /// Those of the person who calls in an organization, and then those of their key.
    pub(super) fn of_caller(&self, organization: &OrganizationId) -> Vec<Budget> {
        self.among(|subject| match subject {
            BudgetSubject::Person(person) => person.organization() == organization,
            BudgetSubject::Key(_) => true,
            BudgetSubject::Organization(_) | BudgetSubject::Project(_) => false,
        })
    }
}

/// Loads the budgets of one organization, of one of its projects, of a person there, and of a key.
pub(super) async fn in_force(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
    person: Option<&UserId>,
    key: Option<&KeyId>,
) -> Result<InForce, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM budgets WHERE subject IN ($1, $2, $3, $4)");
    let own = organization.as_str();
    let person = person.map(|user| BudgetSubject::person(organization, user));
    let values = vec![
        own.into(),
        project.map_or(own, ProjectId::as_str).into(),
        person.as_ref().map_or(own, BudgetSubject::as_str).into(),
        key.map_or(own, KeyId::as_str).into(),
    ];
    InForce::read(&tx.all(SQL, values).await?)
}

/// Loads the budgets of all organizations of a person and of their projects, and those of the person.
pub(super) async fn in_force_for(tx: &mut Tx, user: &UserId) -> Result<InForce, Error> {
    const SQL: &str = "SELECT b.id, b.organization, b.subject, b.terms, b.zone, b.most, b.most_picos, b.version, \
                       b.created_at FROM memberships m JOIN budgets b ON b.organization = m.organization \
                       WHERE m.user_id = $1 AND (b.subject = m.organization OR b.subject LIKE 'proj%' \
                       OR b.subject = m.organization || '/' || m.user_id)";
    InForce::read(&tx.all(SQL, vec![user.as_str().into()]).await?)
}
