//! Rules of charts: the steps of an axis, labels beside a stack, the order of series, unusual days and forecasts.
//!
//! Values are whole numbers: picos of an amount, requests or tokens. Lengths are whole pixels.

mod axis;
mod days;
mod labels;
mod series;

pub use axis::Axis;
pub use days::{Unusual, forecast, rounded, unusual};
pub use labels::{GAP, place};
pub use series::{SERIES, Series};

#[cfg(test)]
mod tests;
