//! What a subject has used in a period, by the sums of usage: a new budget begins with it.

use keystead_core::budget::{BudgetSubject, Measured, Window};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageKind;

use super::{UsageQuery, query};
use crate::{Error, Tx};

/// Wider than any period that is asked for, so that all of it is one bucket.
const WIDTH: i64 = 1 << 40;
/// Seconds by which the clock of another node may be ahead.
const AHEAD: i64 = 86_400;

/// Returns what a subject of an organization has used in a period so far, by the minutes in which requests ended. Where a
/// period begins within an hour of which minutes are not kept any more, it is exact to that hour.
pub(in crate::tables) async fn measured(
    tx: &mut Tx,
    organization: &OrganizationId,
    subject: &BudgetSubject,
    window: Window,
    now: Timestamp,
) -> Result<Measured, Error> {
    let span = (window.start, window.end.min(now.plus(AHEAD)));
    let mut all = UsageQuery::all(organization, span, WIDTH);
    match subject {
        BudgetSubject::Organization(_) => {}
        BudgetSubject::Project(project) => all.projects.push(project.clone()),
        BudgetSubject::Person(person) => all.users.push(person.user().as_str().to_owned()),
        BudgetSubject::Key(key) => all.keys.push(key.clone()),
    }
    let mut used = Measured::default();
    // Calls of hosted tools cost, and are a part of requests that are counted under another kind.
    let kinds = UsageKind::ALL.into_iter().filter(|kind| kind.is_of_tools()).map(Some);
    for kind in std::iter::once(None).chain(kinds) {
        let asked = UsageQuery { kind, ..all.clone() };
        for row in query(tx, &asked).await? {
            let of_tools = row.kind.is_of_tools();
            let count = |figure: i64| if of_tools { 0 } else { figure };
            used = used.plus(Measured {
                money: row.cost,
                tokens: count(row.used.input_tokens.saturating_add(row.used.output_tokens)),
                requests: count(row.used.requests),
            });
        }
    }
    Ok(used)
}
