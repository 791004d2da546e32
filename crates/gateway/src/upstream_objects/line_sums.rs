//! The usage of a batch, summed over its lines.

use std::collections::BTreeMap;

use keystead_core::usage::{Attributes, Quantities};

use crate::response::reported_usage::Counted;

/// Sums by model, by attributes, and by whether figures are estimated: one estimated line does not make the others so.
/// The order is the same on every node, so that the events get the same ids everywhere.
#[derive(Debug, Default)]
pub(super) struct LineSums(BTreeMap<(String, Label, bool), Vec<Quantities>>);

/// Attributes in an order.
type Label = (bool, String, String);

impl LineSums {
    /// Adds a line. A sum that is too large for one event continues in another one.
    pub(super) fn add(&mut self, model: String, attributes: Attributes, counted: Counted) {
        let text = |text: Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        let label = (attributes.batch, text(attributes.detail), text(attributes.source));
        let sums = self.0.entry((model, label, counted.estimated)).or_default();
        match sums.last_mut() {
            Some(sum) if sum.plus(counted.used).fits_one_event() => *sum = sum.plus(counted.used),
            _ => sums.push(counted.used),
        }
    }

    /// Returns what each event holds.
    pub(super) fn events(self) -> Vec<(String, Attributes, Counted)> {
        let known = |text: &str| (!text.is_empty()).then(|| text.into());
        let mut events = Vec::new();
        for ((model, (batch, detail, source), estimated), sums) in self.0 {
            for used in sums {
                let attributes = Attributes { batch, detail: known(&detail), source: known(&source) };
                events.push((model.clone(), attributes, Counted { used, estimated }));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use keystead_core::usage::LARGEST_COUNT;

    use super::*;

    #[test]
    fn a_large_batch_loses_no_tokens() {
        let mut sums = LineSums::default();
        let line = |input_tokens: i64, estimated: bool| Counted {
            used: Quantities { requests: 1, input_tokens, ..Quantities::default() },
            estimated,
        };
        let flex = Attributes { batch: true, ..Attributes::of_detail(Some("flex")) };
        for _ in 0..50 {
            sums.add("m".to_owned(), flex.clone(), line(LARGEST_COUNT / 20, false));
        }
        sums.add("m".to_owned(), flex.clone(), line(7, true));
        sums.add("m".to_owned(), Attributes { batch: true, ..Attributes::default() }, line(9, false));
        let events = sums.events();
        let shown: Vec<_> = events
            .iter()
            .map(|(_, attributes, sum)| (attributes.detail.as_deref(), sum.estimated, sum.used.input_tokens))
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
        assert!(events.iter().all(|(_, attributes, sum)| attributes.batch && sum.used == sum.used.clamped()));
        assert_eq!(events.iter().map(|(_, _, sum)| sum.used.requests).sum::<i64>(), 52);
    }
}
