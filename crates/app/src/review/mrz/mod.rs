//! Machine-readable zones: read, checked for slips, compared with what the person said. None of it shows that a document
//! is genuine or belongs to its bearer; that is for people (verification.md 4.1, 4.2).

pub mod country;
mod day;
mod lines;
mod names;
mod report;
mod rules;

pub use day::Day;
pub use names::NameComparison;
pub use report::{Digits, Format, MrzRefusal, MrzReport};
pub use rules::{Claim, MrzFinding, assess};
