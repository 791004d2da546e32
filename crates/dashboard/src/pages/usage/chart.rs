//! A chart of stacked bars, one for each day, as SVG without scripts.

use std::fmt::Write;

use keystead_app::usage::{Bucket, UsageResult};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use crate::web::layout::Layout;

/// The number of series with their own colour; the rest is "other".
pub(super) const SERIES: usize = 5;

/// What a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Cost,
    Requests,
    /// Input and output together.
    Tokens,
}

impl Measure {
    /// As a whole number: picos, requests or tokens.
    fn of(self, result: &UsageResult) -> i128 {
        match self {
            Self::Cost => result.cost.picos(),
            Self::Requests => result.used.requests.into(),
            Self::Tokens => result.used.input_tokens.saturating_add(result.used.output_tokens).into(),
        }
    }

    fn label(self, layout: &Layout, value: i128) -> String {
        match self {
            Self::Cost => layout.format.money(&Amount::of_picos(value)),
            Self::Requests | Self::Tokens => layout.format.number(&i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }
}

/// The id a result is grouped by; empty if there is none, such as the person of a service account's call.
pub(super) fn id_of(result: &UsageResult) -> String {
    let id = result.model.as_ref().or(result.key.as_ref()).or(result.project.as_ref()).or(result.user.as_ref());
    id.cloned().unwrap_or_default()
}

/// Stacked bars from zero, the largest series at the base.
pub(super) fn chart(layout: &Layout, buckets: &[Bucket], order: &[String], measure: Measure) -> String {
    const WIDTH: f64 = 1000.0;
    const HEIGHT: f64 = 240.0;
    const TOP: f64 = 24.0;
    const LEFT: f64 = 72.0;
    let total = |bucket: &Bucket| bucket.results.iter().map(|result| measure.of(result)).sum::<i128>();
    let most = buckets.iter().map(total).max().unwrap_or(0).max(1);
    let label = |value: i128| measure.label(layout, value);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-labelledby=\"chart-name\">",
        HEIGHT + TOP + 24.0
    );
    for quarter in 0..=3_i128 {
        let value = most * quarter / 3;
        let y = TOP + HEIGHT - HEIGHT * as_f64(value) / as_f64(most);
        let _ = write!(svg, "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
        let minor = if quarter == 3 { "" } else { " class=\"minor\"" };
        let _ = write!(svg, "<text x=\"0\" y=\"{:.1}\"{minor}>{}</text>", y + 4.0, label(value));
    }
    let slot = (WIDTH - LEFT) / as_f64(i128::try_from(buckets.len()).unwrap_or(1).max(1));
    for (at, bucket) in buckets.iter().enumerate() {
        let x = LEFT + slot * as_f64(i128::try_from(at).unwrap_or(0)) + slot * 0.16;
        let mut y = TOP + HEIGHT;
        let _ = write!(svg, "<g><title>{}: {}</title>", layout.format.date(&bucket.start), label(total(bucket)));
        for (index, name) in order.iter().enumerate().chain(std::iter::once((SERIES, &String::new()))) {
            let in_series = |result: &&UsageResult| {
                let own = order.iter().position(|known| *known == id_of(result));
                if index == SERIES { own.is_none() } else { own == Some(index) }
            };
            let sum: i128 = bucket.results.iter().filter(in_series).map(|result| measure.of(result)).sum();
            if sum == 0 || (index == SERIES && !name.is_empty()) {
                continue;
            }
            let tall = HEIGHT * as_f64(sum) / as_f64(most);
            y -= tall;
            let _ = write!(
                svg,
                "<rect class=\"f{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                index.min(SERIES) + 1,
                slot * 0.68,
                (tall - 1.0).max(0.5)
            );
        }
        svg.push_str("</g>");
        let every = (buckets.len() / 6).max(1);
        if at % every == 0 {
            let minor = if (at / every).is_multiple_of(3) { "" } else { " class=\"minor\"" };
            let _ = write!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\"{minor}>{}</text>",
                TOP + HEIGHT + 18.0,
                short(layout, &bucket.start)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A day without its year.
fn short(layout: &Layout, at: &Timestamp) -> String {
    let date = layout.format.date(at);
    match date.split_once('年') {
        Some((_, rest)) => rest.to_owned(),
        None => date.rsplit_once(' ').map_or(date.clone(), |(rest, _)| rest.to_owned()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser than a float")]
const fn as_f64(value: i128) -> f64 {
    value as f64
}
