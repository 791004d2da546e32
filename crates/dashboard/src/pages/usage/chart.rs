//! A chart of stacked bars, one for each day, as SVG without scripts, in three proportions.

use std::collections::BTreeMap;
use std::fmt::Write;

use keystead_core::chart::{Axis, SERIES, Series, place};
use keystead_core::time::Timestamp;
use keystead_locales::LocalFormat;

/// What the bars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// In picos.
    Cost,
    Requests,
    Tokens,
    Refused,
}

/// A day and the value of each series.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) start: Timestamp,
    pub(super) values: BTreeMap<String, i128>,
}

impl Day {
    pub(super) fn total(&self) -> i128 {
        self.values.values().sum()
    }
}

/// What is written in a chart.
pub(super) struct Contents<'a> {
    pub(super) days: &'a [Day],
    pub(super) series: &'a Series,
    pub(super) measure: Measure,
    pub(super) unit: &'a dyn Fn(bool) -> String,
    pub(super) title: &'a dyn Fn(&Day) -> String,
    /// The name and the share of each series with a colour, and of "other".
    pub(super) names: &'a [(String, String)],
    /// Until when the last bar is counted, if its day has not ended.
    pub(super) until: Option<String>,
    pub(super) note: Option<&'a Note>,
}

/// The note on an unusual day.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) day: usize,
    pub(super) text: String,
    pub(super) cause: String,
    pub(super) href: String,
}

/// The measures of one proportion, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    width: i32,
    height: i32,
    /// The width of the column of labels; zero without labels.
    labels: i32,
    /// How many letters of a name fit into it.
    letters: usize,
}

/// For wide pages, for narrower ones, and for phones.
pub(super) const SHAPES: [Shape; 3] = [
    Shape { name: "large", width: 1_104, height: 224, labels: 216, letters: 23 },
    Shape { name: "medium", width: 640, height: 208, labels: 176, letters: 17 },
    Shape { name: "phone", width: 358, height: 196, labels: 0, letters: 0 },
];

const TOP: i32 = 32;

/// Text at a place.
pub(super) struct Text {
    pub(super) x: f64,
    pub(super) y: i32,
    pub(super) text: String,
    pub(super) strong: bool,
}

/// A label with the points of its leader.
pub(super) struct Label {
    pub(super) y: i32,
    pub(super) name: String,
    pub(super) share: String,
    pub(super) leader: String,
}

/// The note with its place.
pub(super) struct PlacedNote {
    pub(super) x: f64,
    pub(super) y: i32,
    pub(super) anchor: &'static str,
    pub(super) text: String,
    pub(super) cause: String,
    pub(super) href: String,
}

/// A drawn chart.
pub(super) struct Drawing {
    pub(super) name: &'static str,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
    pub(super) labels_at: i32,
    pub(super) unit: String,
    /// Lines of the grid: height, label.
    pub(super) ticks: Vec<(i32, String)>,
    /// The path of each series: its number and its bars.
    pub(super) paths: Vec<(usize, String)>,
    /// A place for the pointer above each bar: left, width, title.
    pub(super) titles: Vec<(f64, f64, String)>,
    pub(super) days: Vec<Text>,
    pub(super) months: Vec<Text>,
    pub(super) until: Option<Text>,
    pub(super) labels: Vec<Label>,
    pub(super) note: Option<PlacedNote>,
}

/// Draws bars from zero, the largest series at the base.
pub(super) fn draw(shape: Shape, format: &LocalFormat, contents: &Contents<'_>) -> Drawing {
    let most = contents.days.iter().map(Day::total).max().unwrap_or(0);
    let axis = Axis::of(most);
    let (ticks, millions) = tick_labels(contents.measure, axis, format);
    let longest = ticks.iter().map(|label| label.chars().count()).max().unwrap_or(1);
    let left = i32::try_from(longest).unwrap_or(8) * 7 + 12;
    let right = shape.width - shape.labels;
    let bottom = TOP + shape.height;
    let slot = f64::from(right - left) / as_f64(contents.days.len().max(1));
    let height = |value: i128| f64::from(shape.height) * value as f64 / axis.top() as f64;
    let mut drawing = Drawing {
        name: shape.name,
        width: shape.width,
        height: bottom + 44,
        left,
        right,
        bottom,
        labels_at: right + 28,
        unit: (contents.unit)(millions),
        ticks: axis.ticks().zip(ticks).map(|(value, label)| (bottom - height(value).round() as i32, label)).collect(),
        paths: Vec::new(),
        titles: Vec::new(),
        days: Vec::new(),
        months: Vec::new(),
        until: None,
        labels: Vec::new(),
        note: None,
    };
    let mut paths = vec![String::new(); SERIES + 1];
    let mut last = Vec::new();
    for (at, day) in contents.days.iter().enumerate() {
        let x = f64::from(left) + slot * (as_f64(at) + 0.16);
        drawing.titles.push((f64::from(left) + slot * as_f64(at), slot, (contents.title)(day)));
        last = stack(&mut paths, contents.series, day, (x, slot * 0.68, f64::from(bottom)), &height);
    }
    drawing.paths = paths.into_iter().enumerate().filter(|(_, path)| !path.is_empty()).collect();
    name_days(&mut drawing, format, contents.days, slot);
    let end = f64::from(right) - slot * 0.16;
    let top_of = |day: &Day| bottom - height(day.total()).round() as i32;
    if let Some(text) = &contents.until {
        // The text is wider than the last bar, and stands above those that it would cover.
        let tops = contents.days.iter().rev().take(days_below(text, slot)).map(top_of);
        drawing.until = tops.min().map(|top| Text { x: end, y: top - 8, text: text.clone(), strong: false });
    }
    if shape.labels > 0 {
        drawing.labels = labels(shape, contents.names, &last, (right, bottom));
    }
    if shape.name == "large" {
        drawing.note = contents.note.and_then(|note| Some((note, contents.days.get(note.day)?))).map(|(note, day)| {
            let ahead = note.day * 2 < contents.days.len();
            let (side, anchor) = if ahead { (0.84, "start") } else { (0.16, "end") };
            let x = f64::from(left) + slot * (as_f64(note.day) + side) + if ahead { 10.0 } else { -10.0 };
            let Note { text, cause, href, .. } = note.clone();
            PlacedNote { x, y: top_of(day) + 12, anchor, text, cause, href }
        });
    }
    drawing
}

/// Adds a day's bar to the paths of its series; returns the middle of each part, from the base up.
fn stack(
    paths: &mut [String],
    series: &Series,
    day: &Day,
    (x, width, bottom): (f64, f64, f64),
    height: &dyn Fn(i128) -> f64,
) -> Vec<f64> {
    let mut sums = [0_i128; SERIES + 1];
    for (id, value) in &day.values {
        if let Some(sum) = sums.get_mut(series.place(id)) {
            *sum += value;
        }
    }
    let mut y = bottom;
    let mut middles = Vec::with_capacity(sums.len());
    for (path, sum) in paths.iter_mut().zip(sums) {
        let tall = height(sum);
        middles.push(y - tall / 2.0);
        y -= tall;
        if sum > 0 {
            // A pixel of the ground lies between two parts.
            let drawn = (tall - 1.0).max(0.6);
            let _ = write!(path, "M{x:.1} {y:.1}h{width:.1}v{drawn:.1}h-{width:.1}z");
        }
    }
    middles
}

/// Writes the days below the bars as far as they fit, and the name of each month below its first one.
fn name_days(drawing: &mut Drawing, format: &LocalFormat, days: &[Day], slot: f64) {
    let every = (24.0 / slot).ceil().max(1.0) as usize;
    let mut last_month = String::new();
    let mut free_from = f64::MIN;
    let end = days.len().saturating_sub(1);
    for (at, day) in days.iter().enumerate() {
        let x = f64::from(drawing.left) + slot * (as_f64(at) + 0.5);
        let month = format.month(&day.start);
        let near_end = at != end && end - at < every;
        if at == end || (at % every == 0 && !near_end) {
            let text = format.day_of_month(&day.start).to_string();
            drawing.days.push(Text { x, y: drawing.bottom + 20, text, strong: at == end });
        }
        if month != last_month {
            let start = x - slot / 2.0;
            let width = as_f64(month.chars().count()) * 8.0;
            if start >= free_from && start + width < f64::from(drawing.right) + 40.0 {
                drawing.months.push(Text { x: start, y: drawing.bottom + 38, text: month.clone(), strong: false });
                free_from = start + width + 8.0;
            }
            last_month = month;
        }
    }
}

/// Labels at the right end, each with a thin leader to its part of the last bar.
fn labels(shape: Shape, names: &[(String, String)], middles: &[f64], (right, bottom): (i32, i32)) -> Vec<Label> {
    let mut anchors: Vec<(i32, &(String, String))> =
        middles.iter().zip(names).map(|(middle, name)| (middle.round() as i32, name)).collect();
    anchors.reverse();
    let heights: Vec<i32> = anchors.iter().map(|(height, _)| *height).collect();
    let placed = place(&heights, TOP, bottom - 4);
    let label = |((anchor, (name, share)), y): ((i32, &(String, String)), i32)| Label {
        y,
        name: shortened(name, shape.letters),
        share: share.clone(),
        leader: format!("M{} {anchor}H{}L{} {y}H{}", right - 2, right + 8, right + 18, right + 24),
    };
    anchors.into_iter().zip(placed).map(label).collect()
}

/// The width of a letter in letters; wide ones count twice.
const fn width(letter: char) -> usize {
    if letter >= '\u{2e80}' { 2 } else { 1 }
}

/// How many of the last days a text at the right end stands above.
fn days_below(text: &str, slot: f64) -> usize {
    let pixels = 7 * text.chars().map(width).sum::<usize>();
    (as_f64(pixels) / slot).ceil() as usize + 1
}

/// Cuts a name.
fn shortened(name: &str, letters: usize) -> String {
    if name.chars().map(width).sum::<usize>() <= letters {
        return name.to_owned();
    }
    let mut left = letters.saturating_sub(1);
    let fits = |letter: &char| {
        let fits = width(*letter) <= left;
        left = left.saturating_sub(width(*letter));
        fits
    };
    name.chars().take_while(fits).chain(['…']).collect()
}

/// The labels of an axis with equal decimals, and whether they are millions.
fn tick_labels(measure: Measure, axis: Axis, format: &LocalFormat) -> (Vec<String>, bool) {
    const PICO_DIGITS: u32 = 12;
    let unit = 10_i128.pow(PICO_DIGITS);
    let (unit_digits, millions) = match measure {
        Measure::Cost => (PICO_DIGITS, axis.step >= 1_000_000 * unit),
        _ => (0, axis.step >= 1_000_000),
    };
    let digits = unit_digits + if millions { 6 } else { 0 };
    let mut decimals = digits;
    let mut step = axis.step;
    while decimals > 0 && step % 10 == 0 {
        (step, decimals) = (step / 10, decimals - 1);
    }
    let scale = 10_i128.pow(digits - decimals);
    let label = |value: i128| format.decimal(i64::try_from(value / scale).unwrap_or(i64::MAX), decimals);
    (axis.ticks().map(|value| if value == 0 { format.decimal(0, 0) } else { label(value) }).collect(), millions)
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser than a float")]
const fn as_f64(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;
    use keystead_locales::Messages;

    use super::*;

    /// The height at which the time of the last bar stands, with these values of 30 days.
    fn height_of_time(shape: Shape, values: impl Iterator<Item = i128>) -> i32 {
        let day = |(at, value): (i64, i128)| Day {
            start: Timestamp(at * 86_400),
            values: BTreeMap::from([("model".to_owned(), value)]),
        };
        let days: Vec<Day> = (0..30).zip(values).map(day).collect();
        let series = Series::of(&BTreeMap::from([("model".to_owned(), 1)]));
        let contents = Contents {
            days: &days,
            series: &series,
            measure: Measure::Requests,
            unit: &|_| String::new(),
            title: &|_| String::new(),
            names: &[],
            until: Some("until 14:10".to_owned()),
            note: None,
        };
        let format = LocalFormat::in_zone(Messages(Language::English), Timestamp(0), "UTC");
        draw(shape, &format, &contents).until.unwrap().y
    }

    #[test]
    fn the_time_of_the_last_bar_covers_no_bar() {
        for shape in SHAPES {
            let of_equal_days = height_of_time(shape, std::iter::repeat_n(100, 30));
            let of_a_short_last_day = height_of_time(shape, std::iter::repeat_n(100, 29).chain([1]));
            assert_eq!(of_a_short_last_day, of_equal_days, "{}", shape.name);
        }
    }
}
