//! What organizations and projects spent in each month: counted in the transaction that counts their usage, together
//! with what of it was paid from leases.

use std::collections::BTreeMap;

use keystead_core::budget::{BudgetSubject, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use serde_json::json;

use super::{amount, spend_alerts, spend_leases};
use crate::{Error, PerEngine, Tx};

/// Amounts by subject and beginning of the month, in the order in which rows are locked.
pub(super) type Sums = BTreeMap<(String, i64), Amount>;

/// Adds the cost of events to the counters of their payers, and to what is counted of the leases that paid. Alerts that
/// are reached are noted. `segment` is the spool segment that the events come from.
pub(crate) async fn count(tx: &mut Tx, segment: &str, events: &[UsageEvent]) -> Result<(), Error> {
    let (mut spent, mut paid) = (Sums::new(), Sums::new());
    let mut last = Timestamp::default();
    for event in events.iter().filter(|event| event.cost > Amount::ZERO) {
        let window = Window::month(event.charge.map_or(event.at, |charge| charge.admitted_at)).start.0;
        // As in the sums of usage.
        let cost = event.cost.min(Amount::MOST_OF_ONE_REQUEST);
        last = last.max(event.at);
        let paying = event.charge.map_or((false, false), |charge| (charge.organization, charge.project));
        for (subject, leased) in [(event.organization.as_str(), paying.0), (event.project.as_str(), paying.1)] {
            let key = (subject.to_owned(), window);
            if leased {
                add(&mut paid, key.clone(), cost);
            }
            add(&mut spent, key, cost);
        }
    }
    if spent.is_empty() {
        return Ok(());
    }
    let totals = add_to_counters(tx, &spent).await?;
    spend_leases::consume(tx, spend_leases::holder_of(segment), &paid).await?;
    spend_alerts::reach(tx, &totals, last).await
}

fn add(sums: &mut Sums, key: (String, i64), cost: Amount) {
    let sum = sums.entry(key).or_default();
    *sum = sum.plus(cost);
}

/// Returns the new totals.
async fn add_to_counters(tx: &mut Tx, sums: &Sums) -> Result<Sums, Error> {
    // One statement; each engine has its own syntax to unpack it.
    const UPSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO spend_counters (subject, window_start, spent, spent_picos) \
                 SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1) WHERE TRUE \
                 ON CONFLICT (subject, window_start) DO UPDATE SET spent = spend_counters.spent + excluded.spent, \
                 spent_picos = spend_counters.spent_picos + excluded.spent_picos \
                 RETURNING subject, window_start, spent, spent_picos",
        postgres: "INSERT INTO spend_counters (subject, window_start, spent, spent_picos) \
                   SELECT value->>0, (value->>1)::BIGINT, (value->>2)::BIGINT, (value->>3)::BIGINT \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
                   ON CONFLICT (subject, window_start) DO UPDATE SET spent = spend_counters.spent + excluded.spent, \
                   spent_picos = spend_counters.spent_picos + excluded.spent_picos \
                   RETURNING subject, window_start, spent, spent_picos",
    };
    let rows: Vec<_> = sums
        .iter()
        .map(|((subject, window), sum)| {
            let (micros, picos) = sum.parts();
            json!([subject, window, micros, picos])
        })
        .collect();
    let sql = tx.pick(UPSERT);
    let rows = tx.all(sql, vec![json!(rows).to_string().into()]).await?;
    rows.iter().map(|row| Ok(((row.text(0)?, row.int(1)?), amount(row, 2)?))).collect()
}

/// Returns what a subject has spent in the month of this moment.
pub async fn spent(tx: &mut Tx, subject: &BudgetSubject, at: Timestamp) -> Result<Amount, Error> {
    const SQL: &str = "SELECT spent, spent_picos FROM spend_counters WHERE subject = $1 AND window_start = $2";
    let values = vec![subject.as_str().into(), Window::month(at).start.0.into()];
    tx.optional(SQL, values).await?.map_or(Ok(Amount::ZERO), |row| amount(&row, 0))
}

/// Deletes counters and leases of months that began before a moment, and what is set aside from these months.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM spend_counters WHERE window_start < $1", vec![before.0.into()]).await?;
    tx.execute("DELETE FROM spend_holds WHERE window_start < $1", vec![before.0.into()]).await?;
    tx.execute("DELETE FROM spend_leases WHERE window_start < $1", vec![before.0.into()]).await.map(|_| ())
}
