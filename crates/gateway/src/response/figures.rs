//! The figures under `usage`, in the formats of different servers.

use keystead_core::usage::TokenParts;

/// Larger figures are reduced to this before they are added.
const MOST: f64 = 1e12;

/// The figures that an upstream reported; missing ones are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    pub(crate) input: Option<i64>,
    pub(crate) cached: Option<i64>,
    pub(crate) output: Option<i64>,
    pub(crate) total: Option<i64>,
    pub(crate) seconds: Option<i64>,
    pub(crate) parts: TokenParts,
}

impl Figures {
    /// Whether any of them is above zero.
    pub(crate) fn say_something(&self) -> bool {
        [self.input, self.output, self.total, self.seconds].into_iter().flatten().any(|figure| figure > 0)
    }

    /// Adds both.
    pub(crate) fn plus(self, other: Self) -> Self {
        let sum = |one: Option<i64>, other: Option<i64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            input: sum(self.input, other.input),
            cached: sum(self.cached, other.cached),
            output: sum(self.output, other.output),
            total: sum(self.total, other.total),
            seconds: sum(self.seconds, other.seconds),
            parts: self.parts.plus(other.parts),
        }
    }

    /// Returns tokens read and written, if they were reported or follow from the others. The total includes reasoning
    /// that a server leaves out of the tokens written. Zero counts as not reported.
    pub(crate) fn tokens(&self) -> (Option<i64>, Option<i64>) {
        let said = |figure: Option<i64>| figure.filter(|figure| *figure > 0);
        match (said(self.input), said(self.output), said(self.total)) {
            (Some(input), Some(output), Some(total)) => (Some(input), Some(output.max(total.saturating_sub(input)))),
            (Some(input), None, Some(total)) => (Some(input), said(Some(total.saturating_sub(input)))),
            (None, Some(output), Some(total)) => (said(Some(total.saturating_sub(output))), Some(output)),
            (input, output, _) => (input, output),
        }
    }
}

/// Parses a figure as a number or as text, rounded up; a negative or invalid one counts as not reported.
pub(crate) fn number(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return (whole >= 0).then_some(whole);
    }
    let value = text.parse::<f64>().ok().filter(|value| *value >= 0.0)?;
    // This is the only conversion that cannot fail.
    format!("{:.0}", value.ceil().min(MOST)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_any_spelling() {
        for (text, wanted) in [
            ("21", Some(21)),
            (" 21 ", Some(21)),
            ("2.2", Some(3)),
            ("8.0", Some(8)),
            ("0.5", Some(1)),
            ("1e300", Some(1_000_000_000_000)),
            ("18446744073709551615", Some(1_000_000_000_000)),
            ("0", Some(0)),
            ("-5", None),
            ("null", None),
            ("true", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(number(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_derived() {
        let said = |input, output, total| Figures { input, output, total, ..Figures::default() }.tokens();
        assert_eq!(said(Some(21), Some(6), Some(321)), (Some(21), Some(300)));
        assert_eq!(said(Some(21), Some(6), Some(27)), (Some(21), Some(6)));
        assert_eq!(said(Some(21), Some(6), Some(3)), (Some(21), Some(6)));
        assert_eq!(said(Some(21), None, Some(27)), (Some(21), Some(6)));
        assert_eq!(said(None, Some(6), Some(27)), (Some(21), Some(6)));
        assert_eq!(said(Some(9), None, Some(9)), (Some(9), None));
        assert_eq!(said(Some(0), Some(0), Some(0)), (None, None));
        assert_eq!(said(None, None, Some(9)), (None, None));
    }
}
