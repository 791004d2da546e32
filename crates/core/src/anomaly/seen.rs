//! What a key was used with: models, networks or countries, up to a number of each.

use serde::{Deserialize, Serialize};

use super::DAY;
use crate::time::Timestamp;

/// Models that are remembered of one key.
pub const MOST_MODELS: usize = 100;
/// Networks that are remembered of one key.
pub const MOST_NETWORKS: usize = 50;
/// Countries that are remembered of one key.
pub const MOST_COUNTRIES: usize = 50;
/// Days after its last use for which a value is remembered.
pub const REMEMBERED_DAYS: i64 = 90;
/// Characters of a value that are kept.
const LONGEST: usize = 200;

/// The result of [`Seen::note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was seen on the same day, or on a later one: nothing has changed.
    Known,
    /// It was seen on an earlier day only.
    Again,
    /// It was not seen before.
    New,
}

/// Values with the day on which each was last seen, sorted by value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(Vec<(String, i64)>);

impl Seen {
    /// Notes that a value is seen. Those that were not seen for [`REMEMBERED_DAYS`] leave; and when there are `most`, the
    /// one that was not seen for the longest time.
    pub fn note(&mut self, value: &str, at: Timestamp, most: usize) -> Noted {
        let (value, day): (String, _) = (value.chars().take(LONGEST).collect(), at.0.div_euclid(DAY));
        match self.0.binary_search_by(|(known, _)| known.as_str().cmp(&value)) {
            Ok(place) => match self.0.get_mut(place) {
                Some((_, last)) if *last < day => {
                    *last = day;
                    self.forget(day);
                    Noted::Again
                }
                _ => Noted::Known,
            },
            Err(place) => {
                self.0.insert(place, (value.clone(), day));
                self.forget(day);
                self.leave_out(&value, most);
                Noted::New
            }
        }
    }

    fn forget(&mut self, today: i64) {
        self.0.retain(|(_, day)| today.saturating_sub(*day) <= REMEMBERED_DAYS);
    }

    /// Removes the oldest values beyond `most`, except for the newest one.
    fn leave_out(&mut self, newest: &str, most: usize) {
        while self.0.len() > most.max(1) {
            let others = self.0.iter().enumerate().filter(|(_, (value, _))| value != newest);
            let Some(oldest) = others.min_by_key(|(_, (_, day))| *day).map(|(place, _)| place) else { return };
            self.0.remove(oldest);
        }
    }

    /// Reads what [`Seen::to_text`] wrote; `None` when it cannot be read.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let Self(mut values) = serde_json::from_str(text).ok()?;
        values.sort_unstable();
        Some(Self(values))
    }

    /// Writes it for the store.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Texts and numbers always serialize.
        serde_json::to_string(self).unwrap_or_else(|_| "[]".to_owned())
    }

    /// How many values are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
