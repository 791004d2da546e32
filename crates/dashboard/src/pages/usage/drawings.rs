//! The chart of the usage page in its three proportions, with names and shares.

use std::collections::BTreeMap;

use keystead_core::chart::Series;

use super::chart::{Contents, Day, Drawing, Measure, Note, SHAPES, draw};
use super::read::{Read, called};
use super::words::{percent, value_text};
use crate::web::extract::Visit;

/// The days, their series with the totals, and what is shown.
pub(super) type Drawn<'a> = (&'a [Day], &'a Series, &'a BTreeMap<String, i128>, Measure);

/// The chart in its three proportions; none without values.
pub(super) fn drawings(visit: &Visit, read: &Read, drawn: Drawn<'_>, note: Option<&Note>) -> Vec<Drawing> {
    let (days, series, totals, measure) = drawn;
    let (t, format) = (visit.person.messages, &visit.person.format);
    let whole: i128 = totals.values().sum();
    if whole == 0 {
        return Vec::new();
    }
    let by = if measure == Measure::Refused { "model" } else { read.query.by };
    let mut names: Vec<(String, String)> = Vec::new();
    for id in &series.own {
        let (name, _) = called(t, by, id, &read.names);
        let part = totals.get(id).copied().unwrap_or_default();
        names.push((if name.is_empty() { id.clone() } else { name }, percent(visit, part, whole)));
    }
    if !series.other.is_empty() {
        let part: i128 = series.other.iter().filter_map(|id| totals.get(id)).sum();
        names.push((other_name(visit, series.other.len()), percent(visit, part, whole)));
    }
    let key = match measure {
        Measure::Cost => "usage-unit-cost",
        Measure::Requests | Measure::Refused => "usage-unit-requests",
        Measure::Tokens => "usage-unit-tokens",
    };
    let contents = Contents {
        days,
        series,
        measure,
        unit: &|millions| t.text(&if millions { format!("{key}-millions") } else { key.to_owned() }),
        title: &|day| {
            let (on, amount) = (format.date(&day.start), value_text(visit, measure, day.total()));
            t.text_with_all("usage-bar", &[("day", &on), ("amount", &amount)])
        },
        names: &names,
        until: read.until_now().then(|| t.text_with("usage-until", "time", format.time(&format.now))),
        note,
    };
    SHAPES.into_iter().map(|shape| draw(shape, format, &contents)).collect()
}

fn other_name(visit: &Visit, count: usize) -> String {
    visit.person.messages.count("usage-other", &i64::try_from(count).unwrap_or(i64::MAX))
}
