//! What values of complete days tell: a day that is far above the others, and what a period will come to.

/// Fewer complete days than this say nothing about a typical one.
const FEWEST: usize = 7;
/// Fewer complete days than this give no forecast.
const FEWEST_TO_FORECAST: usize = 3;

/// A day far above the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual {
    /// Its place among the days.
    pub day: usize,
    /// Its value.
    pub value: i128,
    /// Its value in tenths of that of a typical day.
    pub tenths: i64,
}

/// Finds the highest day if it is at least twice the median of the other days with usage and half as much again as the
/// second highest.
#[must_use]
pub fn unusual(days: &[i128]) -> Option<Unusual> {
    let (day, value) = days.iter().copied().enumerate().max_by_key(|(day, value)| (*value, usize::MAX - day))?;
    let mut others: Vec<i128> =
        days.iter().enumerate().filter(|(at, value)| *at != day && **value > 0).map(|(_, value)| *value).collect();
    if others.len() + 1 < FEWEST {
        return None;
    }
    others.sort_unstable();
    let (median, second) = (*others.get(others.len() / 2)?, *others.last()?);
    let high = value / 2 >= median && value >= second.saturating_add(second / 2);
    let tenths = i64::try_from(value.saturating_mul(10) / median.max(1)).unwrap_or(i64::MAX);
    high.then_some(Unusual { day, value, tenths })
}

/// Estimates the sum of a period of `days` days, with the average of its complete days for each day to come. `today` is
/// the sum of the current day so far; it counts as a whole day once it is above the average.
#[must_use]
pub fn forecast(complete: &[i128], today: i128, days: usize) -> Option<i128> {
    let left = i128::try_from(days.checked_sub(complete.len() + 1)?).ok()?;
    let count = i128::try_from(complete.len()).ok()?;
    let sum: i128 = complete.iter().fold(0, |sum, day| sum.saturating_add(*day));
    if complete.len() < FEWEST_TO_FORECAST || sum <= 0 {
        return None;
    }
    let average = sum / count;
    Some(sum.saturating_add(today.max(average)).saturating_add(average.saturating_mul(left)))
}

/// Rounds to two significant digits, because a forecast is no more exact than that.
#[must_use]
pub const fn rounded(value: i128) -> i128 {
    let mut unit = 1;
    while value / unit >= 100 {
        unit *= 10;
    }
    (value.saturating_add(unit / 2)) / unit * unit
}
