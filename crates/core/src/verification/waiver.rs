//! A request to lift the phone requirement for one organization: who may ask again, and what its state is called.

use crate::time::Timestamp;

/// The number of requests of one organization in [`WINDOW`].
pub const MOST: i64 = 3;
/// Seconds in which requests are counted: thirty days.
pub const WINDOW: i64 = 30 * 86_400;
/// The longest reason and the longest answer, in characters.
pub const LONGEST: usize = 500;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverState {
    /// An operator has not decided yet.
    Open,
    /// The requirement was waived.
    Accepted,
    /// The requirement stays.
    Refused,
}

impl WaiverState {
    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }

    /// Returns the state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Refused].into_iter().find(|state| state.as_str() == name)
    }
}

/// When another request is possible, given the times of the earlier ones in the window, oldest first; `None` is now.
#[must_use]
pub fn possible_again(earlier: &[Timestamp]) -> Option<Timestamp> {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let over = earlier.len().checked_sub(most)?;
    earlier.get(over).map(|first| first.plus(WINDOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_requests_in_thirty_days() {
        let times = [1, 2, 3, 4].map(Timestamp);
        assert_eq!(possible_again(&times[..2]), None);
        assert_eq!(possible_again(&times[..3]), Some(Timestamp(1 + WINDOW)));
        assert_eq!(possible_again(&times), Some(Timestamp(2 + WINDOW)));
        for state in [WaiverState::Open, WaiverState::Accepted, WaiverState::Refused] {
            assert_eq!(WaiverState::from_name(state.as_str()), Some(state));
        }
    }
}
