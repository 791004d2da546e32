//! What was used in each period: counted in the transaction that counts the usage, together with what of it was paid from
//! leases. The spend of organizations and projects in months (UTC) is always counted, anything else while it has a budget.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetTerms, Measured, Payers, SubjectKind, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use serde_json::json;

use super::budgets::{self, OfSubjects};
use super::{amount, budget_alerts, spend_alerts, spend_leases};
use crate::{Error, PerEngine, Tx};

/// Amounts by subject, terms and a moment, in the order in which rows are locked.
pub(super) type Sums = BTreeMap<(String, BudgetTerms, i64), Amount>;

/// Whether a scope is counted also while it has no budget.
pub(super) fn is_always_counted(scope: &BudgetScope) -> bool {
    let kind = scope.subject.kind();
    scope.terms == BudgetTerms::SPEND_LIMIT && matches!(kind, SubjectKind::Organization | SubjectKind::Project)
}

/// What the events of the same payers used together, of requests that were admitted in the same minute. Periods begin
/// with a minute, so all of it belongs to the same periods and is paid from the same leases.
struct Group<'e> {
    /// One of the events, with the payers.
    event: &'e UsageEvent,
    /// The minute.
    minute: Timestamp,
    /// The budgets that paid.
    paid_by: Payers,
    used: Measured,
}

/// Groups events: a batch often has thousands of the same key.
fn groups(events: &[UsageEvent]) -> Vec<Group<'_>> {
    let mut groups = BTreeMap::new();
    for event in events {
        let admitted_at = event.charge.map_or(event.at, |charge| charge.admitted_at).0;
        let minute = Timestamp(admitted_at.saturating_sub(admitted_at.rem_euclid(60)));
        let paid_by = event.charge.map(|charge| charge.payers).unwrap_or_default();
        let payers = (event.key.as_str(), event.project.as_str(), event.organization.as_str(), &*event.owner);
        let new = Group { event, minute, paid_by, used: Measured::default() };
        let group = groups.entry((payers, minute, paid_by.0)).or_insert(new);
        group.used = group.used.plus(Measured::of_event(event));
    }
    groups.into_values().collect()
}

/// Adds what events used to the counters of their payers, and to what is counted of the leases that paid. Alerts that
/// are reached are noted. `segment` is the spool segment that the events come from.
pub(crate) async fn count(tx: &mut Tx, segment: &str, events: &[UsageEvent]) -> Result<(), Error> {
    let groups = groups(events);
    let Some(last) = events.iter().map(|event| event.at).max() else { return Ok(()) };
    let organizations: BTreeSet<_> = groups.iter().map(|group| &group.event.organization).collect();
    budgets::lock_setting(tx, organizations.into_iter()).await?;
    let mut text = String::new();
    let mut subjects = BTreeSet::new();
    for group in &groups {
        for kind in SubjectKind::ALL {
            if write_subject(&mut text, kind, group.event) {
                subjects.insert(text.clone());
            }
        }
    }
    let known = budgets::of_subjects(tx, subjects.iter().map(String::as_str)).await?;
    let (used, paid) = sums(&groups, &known);
    if used.is_empty() && paid.is_empty() {
        return Ok(());
    }
    let totals = add_to_counters(tx, &used).await?;
    spend_leases::consume(tx, spend_leases::holder_of(segment), &paid).await?;
    spend_alerts::reach(tx, &totals, last).await?;
    budget_alerts::reach(tx, &totals, &known, last).await
}

/// What groups used of each counter, and what was paid from leases, by the minute in which the requests were admitted.
fn sums(groups: &[Group<'_>], known: &OfSubjects) -> (Sums, Sums) {
    let (mut used, mut paid, mut text) = (Sums::new(), Sums::new(), String::new());
    for Group { event, minute, paid_by, used: counted } in groups {
        for kind in SubjectKind::ALL {
            if !write_subject(&mut text, kind, event) {
                continue;
            }
            if matches!(kind, SubjectKind::Organization | SubjectKind::Project) {
                let month = Window::month(*minute).start.0;
                add(&mut used, (&text, BudgetTerms::SPEND_LIMIT, month), counted.money);
            }
            let budgets = known.get(text.as_str()).into_iter().flatten().map(|row| &row.budget);
            for budget in budgets.filter(|budget| !is_always_counted(&budget.scope)) {
                // Credit also pays for what was admitted before it was set and ends later, as in its ledger.
                let terms = budget.scope.terms;
                let window = budget.window(*minute).start.0;
                add(&mut used, (&text, terms, window), counted.of(terms.measure));
            }
        }
        for (kind, terms) in paid_by.iter() {
            if write_subject(&mut text, kind, event) {
                add(&mut paid, (&text, terms, minute.0), counted.of(terms.measure));
            }
        }
    }
    (used, paid)
}

fn write_subject(text: &mut String, kind: SubjectKind, event: &UsageEvent) -> bool {
    text.clear();
    // PostgreSQL refuses NUL, and one such event must not block all that follow it.
    BudgetSubject::write_of_event(text, kind, event) && !text.contains('\0')
}

fn add(sums: &mut Sums, (subject, terms, at): (&str, BudgetTerms, i64), counted: Amount) {
    if counted > Amount::ZERO {
        let sum = sums.entry((subject.to_owned(), terms, at)).or_default();
        *sum = sum.plus(counted);
    }
}

/// Returns the new totals.
async fn add_to_counters(tx: &mut Tx, sums: &Sums) -> Result<Sums, Error> {
    // One statement; each engine has its own syntax to unpack it.
    const UPSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
                 SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1) WHERE TRUE \
                 ON CONFLICT (subject, terms, window_start) DO UPDATE SET \
                 spent = spend_counters.spent + excluded.spent, \
                 spent_picos = spend_counters.spent_picos + excluded.spent_picos \
                 RETURNING subject, terms, window_start, spent, spent_picos",
        postgres: "INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
                   SELECT value->>0, value->>1, (value->>2)::BIGINT, (value->>3)::BIGINT, (value->>4)::BIGINT \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
                   ON CONFLICT (subject, terms, window_start) DO UPDATE SET \
                   spent = spend_counters.spent + excluded.spent, \
                   spent_picos = spend_counters.spent_picos + excluded.spent_picos \
                   RETURNING subject, terms, window_start, spent, spent_picos",
    };
    let rows: Vec<_> = sums
        .iter()
        .map(|((subject, terms, window), sum)| {
            let (micros, picos) = sum.parts();
            json!([subject, terms.to_string(), window, micros, picos])
        })
        .collect();
    let sql = tx.pick(UPSERT);
    let rows = tx.all(sql, vec![json!(rows).to_string().into()]).await?;
    let total = |row: &crate::Row| {
        let terms = row.text(1)?;
        let terms = terms.parse().map_err(|_| Error::Corrupt { table: "spend_counters", id: terms })?;
        Ok(((row.text(0)?, terms, row.int(2)?), amount(row, 3)?))
    };
    rows.iter().map(total).collect()
}

/// Begins the counter of a new budget with what its running period has used.
pub(super) async fn begin(tx: &mut Tx, scope: &BudgetScope, window: Window, used: Amount) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject, terms, window_start) DO UPDATE SET \
                       spent = excluded.spent, spent_picos = excluded.spent_picos";
    let (micros, picos) = used.parts();
    let (subject, terms) = (scope.subject.as_str(), scope.terms.to_string());
    let values = vec![subject.into(), terms.into(), window.start.0.into(), micros.into(), picos.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Deletes the counters of a budget.
pub(super) async fn delete(tx: &mut Tx, scope: &BudgetScope) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM spend_counters WHERE subject = $1 AND terms = $2";
    tx.execute(SQL, vec![scope.subject.as_str().into(), scope.terms.to_string().into()]).await.map(|_| ())
}

/// Returns what a subject has spent in the month (UTC) of this moment.
pub async fn spent(tx: &mut Tx, subject: &BudgetSubject, at: Timestamp) -> Result<Amount, Error> {
    used(tx, &BudgetScope::spend_limit(subject.clone()), Window::month(at)).await
}

/// Returns what is counted in a period of a scope.
pub async fn used(tx: &mut Tx, scope: &BudgetScope, window: Window) -> Result<Amount, Error> {
    const SQL: &str = "SELECT spent, spent_picos FROM spend_counters \
                       WHERE subject = $1 AND terms = $2 AND window_start = $3";
    let values = vec![scope.subject.as_str().into(), scope.terms.to_string().into(), window.start.0.into()];
    tx.optional(SQL, values).await?.map_or(Ok(Amount::ZERO), |row| amount(&row, 0))
}

/// Deletes counters and leases of periods that began before a moment, and what is set aside from these periods. All time
/// is a period that does not end.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    const COUNTERS: &str = "DELETE FROM spend_counters WHERE window_start < $1 AND window_start <> $2";
    const HOLDS: &str = "DELETE FROM spend_holds WHERE window_start < $1 AND window_start <> $2";
    const LEASES: &str = "DELETE FROM spend_leases WHERE window_start < $1 AND window_start <> $2";
    let all_time = Window::ALL_TIME.start.0;
    for sql in [COUNTERS, HOLDS, LEASES] {
        tx.execute(sql, vec![before.0.into(), all_time.into()]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
