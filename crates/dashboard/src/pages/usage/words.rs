//! Sentences of the usage page: the result, the forecast, the note on an unusual day.

use jiff::ToSpan;
use jiff::civil::Date;
use keystead_core::chart::{forecast, rounded};
use keystead_core::money::Amount;
use keystead_locales::start_of;

use super::chart::{Day, Measure, Note};
use super::page::HERE;
use super::query::{Change, Range, today};
use super::read::{Read, Sum, called, cause};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// A date in words.
pub(super) fn said(visit: &Visit, day: Date) -> String {
    let at = start_of(day, &visit.person.format.zone);
    at.map(|at| visit.person.format.date(&at)).unwrap_or_default()
}

pub(super) fn period(visit: &Visit, from: Date, to: Date) -> String {
    let zone = &visit.person.format.zone;
    let both = start_of(from, zone).zip(start_of(to, zone));
    both.map(|(from, to)| visit.person.format.period(&from, &to)).unwrap_or_default()
}

/// The result in sentences: what was spent, what the month will come to, and until when is counted. Where a limit says
/// what its month will come to, the lead does not.
pub(super) fn lead(visit: &Visit, read: &Read, total: &Sum, costs: &[Day], limited: bool) -> Vec<String> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let (from, to) = read.dates;
    let name = if read.query.whole {
        visit.organization.name.clone()
    } else {
        t.project(visit.project.is_default, &visit.project.name)
    };
    let key = if read.query.whole { "usage-lead-organization" } else { "usage-lead-project" };
    let (period, cost) = (period(visit, from, to), format.money(&total.cost));
    let spent = [("period", period.as_str()), ("name", &*name), ("cost", &*cost)];
    let mut lead = vec![t.count_with(key, total.used.requests, &spent)];
    let whole_month = !limited && read.query.range == Range::Period("month") && read.until_now();
    if let Some((today, complete)) = costs.split_last().filter(|_| whole_month) {
        let complete: Vec<i128> = complete.iter().map(Day::total).collect();
        let days = usize::try_from(from.days_in_month()).unwrap_or(31);
        if let Some(comes_to) = forecast(&complete, today.total(), days) {
            let comes_to = rounded_amount(comes_to, visit);
            lead.push(t.text_with("usage-forecast", "cost", comes_to));
        }
    }
    if read.until_now() {
        lead.push(t.text_with("usage-as-of", "time", format.time(&format.now)));
    }
    let zone = &visit.person.session.time_zone;
    lead.push(t.text_with("usage-zone", "zone", if zone.is_empty() { "UTC" } else { zone.as_str() }));
    lead
}

/// A forecast to two digits, without cents where it has none.
pub(super) fn rounded_amount(picos: i128, visit: &Visit) -> String {
    const UNIT: i128 = 1_000_000_000_000;
    let value = rounded(picos);
    match i64::try_from(value / UNIT) {
        Ok(whole) if value >= 10 * UNIT => format!("{}\u{a0}USD", visit.person.format.number(&whole)),
        _ => visit.person.format.money(&Amount::of_picos(value)),
    }
}

pub(super) fn value_text(visit: &Visit, measure: Measure, value: i128) -> String {
    match measure {
        Measure::Cost => visit.person.format.money(&Amount::of_picos(value)),
        _ => visit.person.format.number(&i64::try_from(value).unwrap_or(i64::MAX)),
    }
}

/// The note on an unusual day: how much, how unusual, and which key caused most of it.
pub(super) async fn note(
    state: &DashboardState,
    visit: &Visit,
    read: &Read,
    days: &[Day],
    measure: Measure,
) -> Result<Option<Note>, PageError> {
    let found = read.unusual(days).filter(|_| measure != Measure::Refused);
    let Some((found, day)) = found.and_then(|found| Some((found, days.get(found.day)?))) else { return Ok(None) };
    let (t, format) = (visit.person.messages, &visit.person.format);
    let date = today(day.start, &format.zone);
    let end = date.checked_add(1.day()).ok().and_then(|next| start_of(next, &format.zone)).unwrap_or(day.start);
    let amount = value_text(visit, measure, found.value);
    let (on, times) = (format.day(&day.start), format.decimal(found.tenths, 1));
    let text = t.text_with_all("usage-note", &[("day", &on), ("amount", &amount), ("times", &times)]);
    let cause = match cause(state, visit, read, (day.start, end), measure).await? {
        Some((key, percent)) if percent >= 40 => {
            let (ids, actor) = ([key.clone()].into(), visit.person.actor());
            let names = state.app.names_in_usage(&actor, &visit.organization.id, ids).await;
            let names = names.map_err(|error| PageError::new(t, error))?;
            let (name, _) = called(t, "key", &key, &names);
            let name = if name.is_empty() { key } else { name };
            let percent = format!("{percent}%");
            t.text_with_all("usage-note-key", &[("percent", percent.as_str()), ("key", &name)])
        }
        _ => t.text("usage-note-keys"),
    };
    let href = visit.link(&format!("{HERE}?{}", read.query.with(Change::Day(date))));
    Ok(Some(Note { day: found.day, text, cause, href }))
}

pub(super) fn percent(visit: &Visit, part: i128, whole: i128) -> String {
    let tenths = i64::try_from((part.saturating_mul(2_000) / whole.max(1) + 1) / 2).unwrap_or_default();
    format!("{}%", visit.person.format.decimal(tenths, 1))
}
