//! Refused requests on the usage page: their reasons, and the days of their chart.

use std::collections::BTreeMap;

use keystead_app::usage::{RefusalSum, RefusedDay};
use keystead_core::chart::Series;
use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;
use keystead_locales::Messages;

use super::chart::Day;
use crate::help;

/// One reason with its count.
pub(super) struct Reason {
    /// The place of the model among the colours.
    pub(super) place: usize,
    pub(super) what: String,
    /// The missing requirements, in words.
    pub(super) missing: String,
    pub(super) times: i64,
    pub(super) last_at: Timestamp,
    /// The help page; empty if there is none.
    pub(super) help: String,
}

/// The days of the chart: refused requests by model.
pub(super) fn days(refused: &[RefusedDay]) -> Vec<Day> {
    let day = |day: &RefusedDay| {
        let mut values: BTreeMap<String, i128> = BTreeMap::new();
        for reason in &day.reasons {
            *values.entry(what(reason).to_owned()).or_default() += i128::from(reason.times);
        }
        Day { start: day.start, values }
    };
    refused.iter().map(day).collect()
}

/// What was refused: the model, or the action without one.
fn what(reason: &RefusalSum) -> &str {
    reason.action.split_once(':').map_or(reason.action.as_str(), |(_, model)| model)
}

/// The reasons in the order of the chart, the most frequent of a model first.
pub(super) fn reasons(t: Messages, refused: &[RefusedDay], series: &Series) -> Vec<Reason> {
    let mut sums: BTreeMap<(String, String, String), (i64, Timestamp)> = BTreeMap::new();
    for reason in refused.iter().flat_map(|day| &day.reasons) {
        let key = (reason.action.clone(), reason.rule.clone(), reason.missing.clone());
        let sum = sums.entry(key).or_insert((0, reason.last_at));
        *sum = (sum.0 + reason.times, sum.1.max(reason.last_at));
    }
    let words = |name: &str| Requirement::from_name(name).map(|known| t.requirement(known));
    let reason = |((action, rule, missing), (times, last_at)): ((String, String, String), (i64, Timestamp))| {
        let (verb, model) = action.split_once(':').unwrap_or((action.as_str(), ""));
        let what = if model.is_empty() { verb } else { model };
        let topic = help::topic_of_refusal(verb, model, &rule);
        Reason {
            place: series.place(what),
            what: what.to_owned(),
            missing: missing.split(',').filter_map(words).collect::<Vec<_>>().join(", "),
            times,
            last_at,
            help: topic.map(|one| help::href(one, t.0)).unwrap_or_default(),
        }
    };
    let mut reasons: Vec<Reason> = sums.into_iter().map(reason).collect();
    reasons.sort_by(|one, two| one.place.cmp(&two.place).then(two.times.cmp(&one.times)));
    reasons
}
