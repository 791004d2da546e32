//! How many buckets of a page of usage are read at once.

/// The number of results after which a page ends early, between two buckets, so that an answer and its memory are bounded.
const MOST_RESULTS: usize = 20_000;
/// The most rows that are read for one part. A part with more is read again in smaller ones; a single bucket with more is
/// not answered.
pub(super) const MOST_ROWS: usize = 50_000;
/// A part is at most this share of a page, because usage may begin suddenly.
const SHARE: usize = 12;

/// The size of the next part, in buckets: one at first, then by what was found.
#[derive(Debug)]
pub(super) struct PartSize {
    size: usize,
    most: usize,
    found: usize,
}

impl PartSize {
    /// For a page of this number of buckets. Without groups no bucket has more than one result, and all are read at once.
    pub(super) fn new(buckets: usize, grouped: bool) -> Self {
        let most = if grouped { buckets.div_ceil(SHARE) } else { buckets };
        Self { size: if grouped { 1 } else { most.max(1) }, most: most.max(1), found: 0 }
    }

    /// The number of buckets to be read next.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Begins again with one bucket after a part had too many rows. Returns `false` when it was one bucket already.
    pub(super) fn begin_again(&mut self) -> bool {
        let smaller = self.size > 1;
        self.size = 1;
        smaller
    }

    /// Notes how many results the last part had. Returns whether another part is to be read.
    pub(super) fn note(&mut self, results: usize) -> bool {
        self.found = self.found.saturating_add(results);
        let left = MOST_RESULTS.saturating_sub(self.found);
        let fitting = left.saturating_mul(self.size) / results.max(1);
        self.size = fitting.clamp(1, self.most.min(self.size.saturating_mul(2)));
        left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a page of buckets with this number of results each; returns the parts, and all results.
    fn read(results: &[usize], grouped: bool) -> (Vec<usize>, usize) {
        let mut part = PartSize::new(results.len(), grouped);
        let (mut rest, mut parts, mut found) = (results, Vec::new(), 0);
        while !rest.is_empty() {
            let (some, more) = rest.split_at(part.size().min(rest.len()));
            let these: usize = some.iter().sum();
            if these > MOST_ROWS {
                if part.begin_again() {
                    continue;
                }
                return (parts, usize::MAX);
            }
            parts.push(some.len());
            (rest, found) = (more, found + these);
            if !part.note(these) {
                break;
            }
        }
        (parts, found)
    }

    #[test]
    fn a_page_ends_near_the_most_results() {
        assert_eq!(read(&[1; 180], false), (vec![180], 180), "without groups in one part");
        assert_eq!(read(&[], true), (vec![], 0));
        let (parts, found) = read(&[0; 1_440], true);
        assert_eq!((parts.iter().sum::<usize>(), found), (1_440, 0));
        assert!(parts.len() < 20, "{parts:?}");
        for each in [1, 13, 14, 100, 999, 1_000, 5_000, 19_999, 20_000] {
            for buckets in [1, 7, 24, 31, 168, 1_440] {
                let (parts, found) = read(&vec![each; buckets], true);
                let whole = parts.iter().sum::<usize>() == buckets;
                assert!(whole || found >= MOST_RESULTS, "{each} in each of {buckets} ended after {found}");
                assert!(found < MOST_RESULTS + each, "{each} in each of {buckets} gave {found}");
            }
        }
        // A part that is too large is read in smaller ones; a bucket that is too large is refused.
        let (parts, found) = read(&[vec![0; 720], vec![5_000; 720]].concat(), true);
        assert!((MOST_RESULTS..MOST_RESULTS + MOST_ROWS).contains(&found), "{found} in {parts:?}");
        for buckets in [vec![MOST_ROWS + 1], [vec![0; 100], vec![MOST_ROWS + 1]].concat()] {
            assert_eq!(read(&buckets, true).1, usize::MAX);
        }
        assert_eq!(read(&[MOST_ROWS], true).1, MOST_ROWS);
        // Usage that begins suddenly makes at most one part too large.
        let sudden = [vec![0; 720], vec![1_000; 720]].concat();
        assert!(read(&sudden, true).1 < MOST_RESULTS + 120 * 1_000, "{:?}", read(&sudden, true));
    }
}
