//! An axis that begins at zero and has few, round steps.

/// The highest value an axis is made for; higher ones are drawn at its end.
const MOST: i128 = 10_i128.pow(36);

/// Steps of 1, 2, 2.5 or 5 times a power of ten, three at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The distance of two ticks.
    pub step: i128,
    /// The number of ticks above zero.
    pub steps: i128,
}

impl Axis {
    /// The axis with the smallest steps that holds values from zero to `most`.
    #[must_use]
    pub fn of(most: i128) -> Self {
        let most = most.clamp(1, MOST);
        let mut power = 1;
        loop {
            let quarter = if power % 10 == 0 { power / 10 * 25 } else { 0 };
            let fits = |step: &i128| *step > 0 && most <= step * 3;
            if let Some(step) = [power, power * 2, quarter, power * 5].into_iter().find(fits) {
                return Self { step, steps: (most + step - 1) / step };
            }
            power *= 10;
        }
    }

    /// The value at its end.
    #[must_use]
    pub const fn top(self) -> i128 {
        self.step * self.steps
    }

    /// The values of its ticks, zero first.
    pub fn ticks(self) -> impl Iterator<Item = i128> {
        (0..=self.steps).map(move |tick| tick * self.step)
    }
}
