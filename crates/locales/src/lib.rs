//! Everything written for people, in each language: the messages, the help pages, names of countries, and the formats
//! of dates, numbers and money. No other part of the product contains a sentence in Polish or Japanese.

pub mod countries;
mod format;
mod help;
mod messages;
pub mod time_zones;

#[cfg(test)]
mod tests;

pub use format::{LocalFormat, start_of};
pub use help::{HELP, HelpGroup, HelpPage};
pub use messages::{Messages, sources};
