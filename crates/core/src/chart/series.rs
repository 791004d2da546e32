//! Which series have their own colour, and in which order.

use std::collections::BTreeMap;

/// The number of series with their own colour; the rest is "other".
pub const SERIES: usize = 5;

/// Ids in the order of a chart and of its table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// The series with their own colour, largest first.
    pub own: Vec<String>,
    /// The rest, largest first.
    pub other: Vec<String>,
}

impl Series {
    /// Orders ids by their totals, equal ones by their names.
    #[must_use]
    pub fn of(totals: &BTreeMap<String, i128>) -> Self {
        let mut ids: Vec<(&String, &i128)> = totals.iter().collect();
        ids.sort_by(|one, two| two.1.cmp(one.1).then_with(|| one.0.cmp(two.0)));
        let mut own: Vec<String> = ids.into_iter().map(|(id, _)| id.clone()).collect();
        let other = own.split_off(own.len().min(SERIES));
        Self { own, other }
    }

    /// The place of an id among the colours; [`SERIES`] is "other".
    #[must_use]
    pub fn place(&self, id: &str) -> usize {
        self.own.iter().position(|own| own == id).unwrap_or(SERIES)
    }
}
