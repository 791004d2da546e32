//! Which table answers which part of a period: days where a whole day of UTC is in one bucket, hours where a whole hour
//! is, and minutes at the edges.

/// Seconds of an hour.
pub(super) const HOUR: i64 = 3_600;

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
            Self::Day => 86_400,
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

/// A part of a period, and the table that answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) grain: Grain,
    pub(super) start: i64,
    pub(super) end: i64,
}

/// Cuts a period into pieces, in order of time. Buckets have a width and begin at multiples of it after an origin. From
/// `since` on, a full hour, usage is known by the minute. Before, it is known by the hour, and an hour belongs to the
/// bucket in which it begins.
pub(super) fn pieces((start, end): (i64, i64), (origin, width): (i64, i64), since: i64) -> Vec<Piece> {
    let mut found = Found(Vec::new());
    if width < HOUR {
        found.add(Grain::Minute, start, end);
        return found.0;
    }
    let mut from = start;
    while from < end {
        let next = from.saturating_sub(from.saturating_sub(origin).rem_euclid(width)).saturating_add(width);
        let to = next.min(end);
        found.add_bucket(from, to, since);
        from = to;
    }
    found.0
}

struct Found(Vec<Piece>);

impl Found {
    fn add_bucket(&mut self, start: i64, end: i64, since: i64) {
        self.add_hours(Grain::Hour.ceiling(start), Grain::Hour.ceiling(end.min(since)));
        let start = start.max(since);
        let (first, last) = (Grain::Hour.ceiling(start), Grain::Hour.floor(end));
        if first > last {
            return self.add(Grain::Minute, start, end);
        }
        self.add(Grain::Minute, start, first);
        self.add_hours(first, last);
        self.add(Grain::Minute, last, end);
    }

    /// Adds whole hours.
    fn add_hours(&mut self, start: i64, end: i64) {
        let (first, last) = (Grain::Day.ceiling(start), Grain::Day.floor(end));
        if first >= last {
            return self.add(Grain::Hour, start, end);
        }
        self.add(Grain::Hour, start, first);
        self.add(Grain::Day, first, last);
        self.add(Grain::Hour, last, end);
    }

    fn add(&mut self, grain: Grain, start: i64, end: i64) {
        if start >= end {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.grain == grain && last.end == start => last.end = end,
            _ => self.0.push(Piece { grain, start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn cut(span: (i64, i64), buckets: (i64, i64), since: i64) -> Vec<(Grain, i64, i64)> {
        pieces(span, buckets, since).into_iter().map(|piece| (piece.grain, piece.start, piece.end)).collect()
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
                    (Day, DAY, 2 * DAY),
                    (Hour, 2 * DAY, 2 * DAY + HOUR),
                    (Minute, 2 * DAY + HOUR, 2 * DAY + HOUR + 120),
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
            assert_eq!(cut(span, buckets, since), wanted, "{name}");
        }
    }

    /// Every minute that is known is in exactly one piece, and a piece never spans two buckets with one row.
    #[test]
    fn pieces_neither_overlap_nor_leave_gaps() {
        for start in (0..DAY).step_by(7_260) {
            for length in [60, 1_800, HOUR, 5 * HOUR + 60, DAY, 3 * DAY + 60] {
                for origin in [0, 1_800, HOUR, -900] {
                    for width in [HOUR, DAY, 400 * DAY] {
                        let found = pieces((start, start + length), (origin, width), 0);
                        let mut at = start;
                        for piece in &found {
                            assert_eq!(piece.start, at);
                            assert_eq!(piece.start % piece.grain.seconds() + piece.end % piece.grain.seconds(), 0);
                            at = piece.end;
                        }
                        assert_eq!(at, start + length);
                    }
                }
            }
        }
    }
}
