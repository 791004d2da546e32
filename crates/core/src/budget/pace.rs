//! What a month will come to at its present pace.

use super::Window;
use crate::chart;
use crate::money::Amount;
use crate::time::Timestamp;

/// Seconds of a day of a month in UTC.
const DAY: i64 = 86_400;

/// What a month will come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The estimated spend of the whole month.
    pub total: Amount,
    /// The day on which the limit is reached at this pace, by its beginning; `None` when it is not.
    pub reached: Option<Timestamp>,
}

/// When each day of a month in UTC so far begins, and when the current one ends.
#[must_use]
pub fn days_so_far(month: Window, now: Timestamp) -> Vec<Timestamp> {
    let count = now.since(month.start).div_euclid(DAY).clamp(0, 30) + 1;
    (0..=count).map(|day| month.start.plus(day * DAY)).collect()
}

/// Estimates the spend of a month in UTC. `days` are the sums of its days so far, the current one last. There is no
/// estimate in the first days, nor without spend.
#[must_use]
pub fn pace(month: Window, days: &[Amount], limit: Option<Amount>) -> Option<Pace> {
    let (today, complete) = days.split_last()?;
    let complete: Vec<i128> = complete.iter().map(|day| day.picos()).collect();
    let count = usize::try_from(month.end.since(month.start) / DAY).ok()?;
    let total = chart::forecast(&complete, today.picos(), count)?;
    let sum = complete.iter().fold(0_i128, |sum, day| sum.saturating_add(*day));
    let average = sum / i128::try_from(complete.len()).ok()?.max(1);
    let by_tonight = sum.saturating_add(today.picos().max(average));
    let reached = limit.map(Amount::picos).filter(|limit| total >= *limit).and_then(|limit| {
        let missing = limit.saturating_sub(by_tonight).max(0);
        let days_to_come = missing.saturating_add(average.max(1) - 1) / average.max(1);
        let day = i64::try_from(complete.len()).ok()?.checked_add(i64::try_from(days_to_come).ok()?)?;
        Some(month.start.plus(day.checked_mul(DAY)?))
    });
    Some(Pace { total: Amount::of_picos(total), reached })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// November 2026, which has 30 days.
    fn november() -> Window {
        Window::month(Timestamp(1_795_183_320))
    }

    fn cents(days: &[i64]) -> Vec<Amount> {
        days.iter().copied().map(Amount::of_cents).collect()
    }

    fn day(of_month: i64) -> Timestamp {
        november().start.plus((of_month - 1) * DAY)
    }

    #[test]
    fn days_end_with_the_current_one() {
        assert_eq!(days_so_far(november(), day(1)), [day(1), day(2)]);
        assert_eq!(days_so_far(november(), day(3).plus(-1)), [day(1), day(2), day(3)]);
        assert_eq!(days_so_far(november(), november().end.plus(-1)).len(), 31);
        assert_eq!(days_so_far(november(), day(1).plus(-1)), [day(1), day(2)], "clocks of nodes differ");
    }

    #[test]
    fn the_average_day_continues() {
        let found = pace(november(), &cents(&[100, 100, 100, 50]), None).unwrap();
        assert_eq!(found, Pace { total: Amount::of_cents(3_000), reached: None });
        // A day above the average counts as it is.
        let found = pace(november(), &cents(&[100, 100, 100, 400]), None).unwrap();
        assert_eq!(found.total, Amount::of_cents(3_300));
    }

    #[test]
    fn the_first_days_and_days_without_spend_say_nothing() {
        for days in [&[][..], &[500], &[500, 500], &[500, 500, 500], &[0, 0, 0, 0, 0], &[0, 0, 0, 900]] {
            assert_eq!(pace(november(), &cents(days), Some(Amount::of_cents(1))), None, "{days:?}");
        }
    }

    #[test]
    fn it_says_on_which_day_the_limit_is_reached() {
        let reached =
            |limit: i64, days: &[i64]| pace(november(), &cents(days), Some(Amount::of_cents(limit))).unwrap().reached;
        let days = [100, 100, 100, 20];
        assert_eq!(reached(3_001, &days), None);
        assert_eq!(reached(3_000, &days), Some(day(30)));
        assert_eq!(reached(401, &days), Some(day(5)));
        assert_eq!(reached(400, &days), Some(day(4)), "today");
        assert_eq!(reached(100, &days), Some(day(4)), "it was reached before; the page says so in another way");
        assert_eq!(reached(750, &[100, 100, 100, 400]), Some(day(5)));
    }
}
