//! Which table answers which part of a period: days where a whole day of UTC, or most of it, is in one bucket, hours where
//! a whole hour is, and minutes at the edges.

/// Seconds of an hour.
pub(super) const HOUR: i64 = 3_600;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// From the beginning of a day to its middle.
pub(super) const MIDDLE: i64 = DAY / 2;
/// The most parts that one statement reads, which bounds the number of its values.
const MOST_SPANS: usize = 32;

/// The width of the sums of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    Minute,
    Hour,
    Day,
}

impl Grain {
    /// All of them, finest first.
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(super) const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Minute => "usage_minutes",
            Self::Hour => "usage_hours",
            Self::Day => "usage_days",
        }
    }

    /// The beginning of the sum with a moment.
    pub(super) const fn floor(self, at: i64) -> i64 {
        at.saturating_sub(at.rem_euclid(self.seconds()))
    }

    /// The first beginning that is not before a moment.
    const fn ceiling(self, at: i64) -> i64 {
        self.floor(at.saturating_add(self.seconds() - 1))
    }
}

/// What the sums of a piece are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Their own bucket.
    Added,
    /// Their own bucket; they are subtracted from the one for which their day is read.
    Moved,
    /// They are outside the period, and subtracted from the bucket for which their day is read.
    Subtracted,
}

/// What one statement reads: parts of a period from one table. What is added is one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) grain: Grain,
    pub(super) share: Share,
    pub(super) spans: Vec<(i64, i64)>,
}

impl Piece {
    /// From the beginning of a sum to the moment whose bucket it belongs to: a day may begin before its bucket, and has
    /// its middle in it.
    pub(super) const fn offset(&self) -> i64 {
        match self.grain {
            Grain::Minute | Grain::Hour => 0,
            Grain::Day => MIDDLE,
        }
    }

    /// The beginnings of its sums.
    pub(super) fn starts(&self) -> Vec<i64> {
        let mut starts = Vec::new();
        for (start, end) in &self.spans {
            let mut at = self.grain.ceiling(*start);
            while at < *end {
                starts.push(at);
                at = at.saturating_add(self.grain.seconds());
            }
        }
        starts
    }
}

/// Cuts a period into pieces. Buckets have a width and begin at multiples of it after an origin. From `since` on, a full
/// hour, usage is known by the minute. Before, it is known by the hour, and an hour belongs to the bucket in which it
/// begins.
///
/// With `whole_days`, a day of which more than half is in one bucket is read as a whole, and its other parts are
/// subtracted: a bucket of a day in another time zone is one day and a few hours instead of 24 hours. Those parts come
/// first, so that usage that is counted between two statements never makes a sum negative.
pub(super) fn pieces(
    (start, end): (i64, i64),
    (origin, width): (i64, i64),
    since: i64,
    whole_days: bool,
) -> Vec<Piece> {
    let mut found =
        Found { whole_days, parts: Vec::new(), subtracted: Vec::new(), added: Vec::new(), days: Vec::new() };
    if width < HOUR {
        found.add(Grain::Minute, (start, end), Share::Added);
        return found.added;
    }
    let known = |at: i64| if at < since { Grain::Hour.ceiling(at) } else { at };
    let mut from = start;
    while from < end {
        let next = from.saturating_sub(from.saturating_sub(origin).rem_euclid(width)).saturating_add(width);
        let to = next.min(end);
        found.add_bucket(known(from), known(to));
        from = to;
    }
    found.close_day();
    [found.subtracted, found.added, found.days].concat()
}

struct Found {
    whole_days: bool,
    /// Parts of the last day, in order of time and without gaps.
    parts: Vec<(i64, i64)>,
    subtracted: Vec<Piece>,
    added: Vec<Piece>,
    days: Vec<Piece>,
}

impl Found {
    fn add_bucket(&mut self, start: i64, end: i64) {
        let (first, last) = (Grain::Day.ceiling(start), Grain::Day.floor(end));
        if first > last {
            return self.add_part(start, end);
        }
        self.add_part(start, first);
        if first < last {
            self.close_day();
            self.add(Grain::Day, (first, last), Share::Added);
        }
        self.add_part(last, end);
    }

    /// Adds a part of a day that is in one bucket.
    fn add_part(&mut self, start: i64, end: i64) {
        if start >= end {
            return;
        }
        if self.parts.first().is_some_and(|part| Grain::Day.floor(part.0) != Grain::Day.floor(start)) {
            self.close_day();
        }
        self.parts.push((start, end));
    }

    /// Decides how the parts of a day are read.
    fn close_day(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
        let main = parts.iter().position(|(start, end)| end.saturating_sub(*start) > MIDDLE);
        let Some(main) = main.filter(|_| self.whole_days) else {
            for part in &parts {
                self.add_hours(*part, Share::Added);
            }
            return;
        };
        let day = (Grain::Day.floor(first.0), Grain::Day.ceiling(last.1));
        self.add(Grain::Day, day, Share::Added);
        self.add_hours((day.0, first.0), Share::Subtracted);
        for (place, part) in parts.iter().enumerate() {
            if place != main {
                self.add_hours(*part, Share::Moved);
            }
        }
        self.add_hours((last.1, day.1), Share::Subtracted);
    }

    /// Adds whole hours, and minutes at the edges.
    fn add_hours(&mut self, (start, end): (i64, i64), share: Share) {
        let (first, last) = (Grain::Hour.ceiling(start), Grain::Hour.floor(end));
        if first > last {
            return self.add(Grain::Minute, (start, end), share);
        }
        self.add(Grain::Minute, (start, first), share);
        self.add(Grain::Hour, (first, last), share);
        self.add(Grain::Minute, (last, end), share);
    }

    fn add(&mut self, grain: Grain, (start, end): (i64, i64), share: Share) {
        // Without the beginning of a sum there is nothing to read.
        if grain.ceiling(start) >= end {
            return;
        }
        let span = (start, end);
        if share != Share::Added {
            let same =
                |piece: &&mut Piece| (piece.grain, piece.share) == (grain, share) && piece.spans.len() < MOST_SPANS;
            match self.subtracted.iter_mut().find(same) {
                Some(piece) => piece.spans.push(span),
                None => self.subtracted.push(Piece { grain, share, spans: vec![span] }),
            }
            return;
        }
        let pieces = if grain == Grain::Day { &mut self.days } else { &mut self.added };
        if let Some(piece) = pieces.last_mut()
            && piece.grain == grain
            && let Some(last) = piece.spans.last_mut()
            && last.1 == start
        {
            last.1 = end;
            return;
        }
        pieces.push(Piece { grain, share, spans: vec![span] });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Cut = Vec<(Grain, Share, Vec<(i64, i64)>)>;

    fn cut(span: (i64, i64), buckets: (i64, i64), since: i64, whole_days: bool) -> Cut {
        let found = pieces(span, buckets, since, whole_days);
        found.into_iter().map(|piece| (piece.grain, piece.share, piece.spans)).collect()
    }

    #[test]
    fn a_table_answers_as_much_as_it_can() {
        use Grain::{Day, Hour, Minute};
        for (name, span, buckets, since, wanted) in [
            ("days of UTC", (0, 31 * DAY), (0, DAY), 0, vec![(Day, 0, 31 * DAY)]),
            ("hours", (HOUR, 5 * HOUR), (0, HOUR), 0, vec![(Hour, HOUR, 5 * HOUR)]),
            ("minutes", (60, 600), (0, 60), 0, vec![(Minute, 60, 600)]),
            (
                "unaligned ends",
                (60, 2 * DAY + HOUR + 120),
                (0, DAY),
                0,
                vec![
                    (Minute, 60, HOUR),
                    (Hour, HOUR, DAY),
                    (Hour, 2 * DAY, 2 * DAY + HOUR),
                    (Minute, 2 * DAY + HOUR, 2 * DAY + HOUR + 120),
                    (Day, DAY, 2 * DAY),
                ],
            ),
            ("within an hour", (60, 120), (0, DAY), 0, vec![(Minute, 60, 120)]),
            ("over an hour's edge", (3_540, 3_660), (0, DAY), 0, vec![(Minute, 3_540, 3_660)]),
            (
                "days of a zone at whole hours",
                (HOUR, 2 * DAY + HOUR),
                (HOUR, DAY),
                0,
                vec![(Hour, HOUR, 2 * DAY + HOUR)],
            ),
            (
                "days of a zone at half hours",
                (1_800, 2 * DAY + 1_800),
                (1_800, DAY),
                0,
                vec![
                    (Minute, 1_800, HOUR),
                    (Hour, HOUR, DAY),
                    (Minute, DAY, DAY + HOUR),
                    (Hour, DAY + HOUR, 2 * DAY),
                    (Minute, 2 * DAY, 2 * DAY + 1_800),
                ],
            ),
            (
                "the same where minutes end",
                (1_800, 2 * DAY + 1_800),
                (1_800, DAY),
                DAY,
                vec![
                    (Hour, HOUR, DAY),
                    (Minute, DAY, DAY + HOUR),
                    (Hour, DAY + HOUR, 2 * DAY),
                    (Minute, 2 * DAY, 2 * DAY + 1_800),
                ],
            ),
            ("and where none are kept", (1_800, DAY + 1_800), (1_800, DAY), 9 * DAY, vec![(Hour, HOUR, DAY + HOUR)]),
            ("nothing", (60, 60), (0, DAY), 0, vec![]),
            ("one bucket", (0, 3 * DAY), (0, 400 * DAY), 0, vec![(Day, 0, 3 * DAY)]),
        ] {
            let added = |(grain, start, end)| (grain, Share::Added, vec![(start, end)]);
            let wanted: Cut = wanted.into_iter().map(added).collect();
            assert_eq!(cut(span, buckets, since, false), wanted, "{name}");
        }
    }

    #[test]
    fn most_of_a_day_is_read_as_a_day_without_the_rest() {
        use Grain::{Day, Hour, Minute};
        use Share::{Added, Moved, Subtracted};
        for (name, span, buckets, since, wanted) in [
            ("days of UTC", (0, 31 * DAY), (0, DAY), 0, vec![(Day, Added, vec![(0, 31 * DAY)])]),
            (
                "days that begin late in a day of UTC",
                (23 * HOUR, 3 * DAY + 23 * HOUR),
                (23 * HOUR, DAY),
                0,
                vec![
                    (Hour, Moved, vec![(DAY + 23 * HOUR, 2 * DAY), (2 * DAY + 23 * HOUR, 3 * DAY)]),
                    (Hour, Subtracted, vec![(3 * DAY + 23 * HOUR, 4 * DAY)]),
                    (Hour, Added, vec![(23 * HOUR, DAY)]),
                    (Day, Added, vec![(DAY, 4 * DAY)]),
                ],
            ),
            (
                "days that begin at half past",
                (1_800, 2 * DAY + 1_800),
                (1_800, DAY),
                0,
                vec![
                    (Minute, Subtracted, vec![(0, 1_800)]),
                    (Minute, Moved, vec![(DAY, DAY + 1_800)]),
                    (Minute, Added, vec![(2 * DAY, 2 * DAY + 1_800)]),
                    (Day, Added, vec![(0, 2 * DAY)]),
                ],
            ),
            (
                "the same where minutes end",
                (1_800, 2 * DAY + 1_800),
                (1_800, DAY),
                DAY,
                vec![
                    (Hour, Subtracted, vec![(0, HOUR)]),
                    (Minute, Moved, vec![(DAY, DAY + 1_800)]),
                    (Minute, Added, vec![(2 * DAY, 2 * DAY + 1_800)]),
                    (Day, Added, vec![(0, 2 * DAY)]),
                ],
            ),
            ("half a day each", (0, DAY), (0, DAY / 2), 0, vec![(Hour, Added, vec![(0, DAY)])]),
            (
                "a long day after whole ones",
                (0, 2 * DAY + 13 * HOUR),
                (0, DAY),
                0,
                vec![(Hour, Subtracted, vec![(2 * DAY + 13 * HOUR, 3 * DAY)]), (Day, Added, vec![(0, 3 * DAY)])],
            ),
        ] {
            assert_eq!(cut(span, buckets, since, true), wanted, "{name}");
        }
        let year = cut((HOUR, 365 * DAY + HOUR), (HOUR, DAY), 0, true);
        assert!(year.len() > 10 && year.iter().all(|(_, _, spans)| spans.len() <= MOST_SPANS), "{year:?}");
    }

    /// How often each bucket has a minute, by these pieces.
    fn counted(found: &[Piece], minute: i64, (origin, width): (i64, i64)) -> Vec<(i64, i64)> {
        let bucket = |at: i64| at - (at - origin).rem_euclid(width);
        let mut times: BTreeMap<i64, i64> = BTreeMap::new();
        for piece in found.iter().filter(|piece| piece.starts().contains(&piece.grain.floor(minute))) {
            if piece.share != Share::Subtracted {
                *times.entry(bucket(piece.grain.floor(minute) + piece.offset())).or_insert(0) += 1;
            }
            if piece.share != Share::Added {
                *times.entry(bucket(Grain::Day.floor(minute) + MIDDLE)).or_insert(0) -= 1;
            }
        }
        times.into_iter().filter(|(_, times)| *times != 0).collect()
    }

    fn check(period: (i64, i64), buckets: (i64, i64), whole_days: bool) {
        let (start, end) = period;
        let found = pieces(period, buckets, 0, whole_days);
        let spans = found.iter().flat_map(|piece| &piece.spans).chain([&period]);
        for minute in spans.flat_map(|span| [span.0 - 60, span.0, span.1 - 60, span.1]) {
            let mut wanted = Vec::new();
            if (start..end).contains(&minute) {
                wanted.push((minute - (minute - buckets.0).rem_euclid(buckets.1), 1_i64));
            }
            assert_eq!(counted(&found, minute, buckets), wanted, "{minute} of {start} to {end}: {found:?}");
        }
    }

    /// Every minute counts once, in its bucket, and no minute outside the period counts.
    #[test]
    fn every_minute_counts_once() {
        for start in (0..DAY).step_by(10_860) {
            for length in [60, 1_800, HOUR, 5 * HOUR + 60, DAY, 3 * DAY + 60] {
                for origin in [0, 1_800, HOUR, -900] {
                    for width in [HOUR, 18 * HOUR, DAY, 400 * DAY] {
                        check((start, start + length), (origin, width), false);
                        check((start, start + length), (origin, width), true);
                    }
                }
            }
        }
    }
}
