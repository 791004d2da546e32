//! The usage of a batch, summed over its lines.

use std::collections::BTreeMap;

use keystead_core::usage::{Attributes, Quantities, UsageKind};

use crate::response::reported_usage::Counted;

/// Sums by kind, by model, by attributes, and by whether figures are estimated: one estimated line does not make the
/// others so. The order is the same on every node, so that the events get the same ids everywhere.
#[derive(Debug, Default)]
pub(super) struct LineSums(BTreeMap<(UsageKind, String, Label, bool), Vec<Quantities>>);

/// Attributes in an order.
type Label = (bool, String, String, String);

/// One sum, which becomes one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineSum {
    pub(super) kind: UsageKind,
    pub(super) model: String,
    pub(super) attributes: Attributes,
    pub(super) counted: Counted,
    /// Tells it apart from the other sums of its batch. It follows from what is summed and not from which other sums
    /// there are, so that a batch that is read again after a stop counts nothing twice.
    pub(super) name: String,
}

impl LineSums {
    /// Adds what a line or one of its tools used. A sum that is too large for one event continues in another one.
    pub(super) fn add(&mut self, (kind, attributes): (UsageKind, Attributes), model: String, counted: Counted) {
        let text = |text: Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        let label = (attributes.batch, text(attributes.detail), text(attributes.source), text(attributes.quality));
        let sums = self.0.entry((kind, model, label, counted.estimated)).or_default();
        match sums.last_mut() {
            Some(sum) if sum.plus(counted.used).fits_one_event() => *sum = sum.plus(counted.used),
            _ => sums.push(counted.used),
        }
    }

    /// Returns what each event holds.
    pub(super) fn events(self) -> Vec<LineSum> {
        let known = |text: &str| (!text.is_empty()).then(|| text.into());
        let mut events = Vec::new();
        for ((kind, model, (batch, detail, source, quality), estimated), sums) in self.0 {
            for (part, used) in sums.into_iter().enumerate() {
                let attributes =
                    Attributes { batch, detail: known(&detail), source: known(&source), quality: known(&quality) };
                // The model is last, because only it may contain a slash.
                let name = format!("{}/{part}/{estimated}/{detail}/{source}/{quality}/{model}", kind.as_str());
                let (model, counted) = (model.clone(), Counted { used, estimated });
                events.push(LineSum { kind, model, attributes, counted, name });
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use keystead_core::usage::LARGEST_COUNT;

    use super::*;

    const COMPLETIONS: UsageKind = UsageKind::Completions;

    #[test]
    fn a_large_batch_loses_no_tokens() {
        let mut sums = LineSums::default();
        let line = |input_tokens: i64, estimated: bool| Counted {
            used: Quantities { requests: 1, input_tokens, ..Quantities::default() },
            estimated,
        };
        let flex = Attributes { batch: true, ..Attributes::of_detail(Some("flex")) };
        for _ in 0..50 {
            sums.add((COMPLETIONS, flex.clone()), "m".to_owned(), line(LARGEST_COUNT / 20, false));
        }
        sums.add((COMPLETIONS, flex.clone()), "m".to_owned(), line(7, true));
        sums.add((COMPLETIONS, Attributes { batch: true, ..Attributes::default() }), "m".to_owned(), line(9, false));
        let events = sums.events();
        let shown: Vec<_> = events
            .iter()
            .map(|sum| (sum.attributes.detail.as_deref(), sum.counted.estimated, sum.counted.used.input_tokens))
            .collect();
        let half = LARGEST_COUNT / 2;
        assert_eq!(
            shown,
            [
                (None, false, 9),
                (Some("flex"), false, LARGEST_COUNT),
                (Some("flex"), false, LARGEST_COUNT),
                (Some("flex"), false, half),
                (Some("flex"), true, 7)
            ]
        );
        assert!(events.iter().all(|sum| sum.attributes.batch && sum.counted.used == sum.counted.used.clamped()));
        assert_eq!(events.iter().map(|sum| sum.counted.used.requests).sum::<i64>(), 52);
        let names: std::collections::BTreeSet<&str> = events.iter().map(|sum| sum.name.as_str()).collect();
        assert_eq!(names.len(), events.len(), "{names:?}");
    }

    /// A node stops in the middle, and the next one knows another model: what both sum has the same name.
    #[test]
    fn a_sum_keeps_its_name_beside_others() {
        let counted = Counted { used: Quantities { requests: 1, ..Quantities::default() }, estimated: false };
        let named = |models: &[&str]| {
            let mut sums = LineSums::default();
            for model in models {
                let of = (COMPLETIONS, Attributes { batch: true, ..Attributes::default() });
                sums.add(of, (*model).to_owned(), counted);
            }
            sums.events().into_iter().map(|sum| (sum.model, sum.name)).collect::<Vec<_>>()
        };
        let (few, many) = (named(&["b", "d"]), named(&["a", "b", "c", "d", "e"]));
        assert!(few.iter().all(|sum| many.contains(sum)), "{few:?} {many:?}");
    }

    /// Of a response that searches twice, both kinds have the same model and no attributes.
    #[test]
    fn kinds_are_summed_apart() {
        let used = |tool_calls| Quantities { requests: 1, tool_calls, ..Quantities::default() };
        let batch = || Attributes { batch: true, ..Attributes::default() };
        let mut sums = LineSums::default();
        for (kind, calls) in [(COMPLETIONS, 0), (UsageKind::FileSearchCalls, 2), (UsageKind::FileSearchCalls, 3)] {
            sums.add((kind, batch()), "m".to_owned(), Counted { used: used(calls), estimated: false });
        }
        let shown: Vec<_> = sums.events().into_iter().map(|sum| (sum.kind, sum.counted.used, sum.name)).collect();
        let sum = |kind: UsageKind, requests, tool_calls| {
            let used = Quantities { requests, tool_calls, ..Quantities::default() };
            (kind, used, format!("{}/0/false////m", kind.as_str()))
        };
        assert_eq!(shown, [sum(COMPLETIONS, 1, 0), sum(UsageKind::FileSearchCalls, 2, 5)]);
    }
}
