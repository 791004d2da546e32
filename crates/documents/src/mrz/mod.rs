//! Machine-readable zones: read, checked for slips, compared with what the person said. None of it shows that a
//! document is genuine or belongs to its bearer; that is for people.

pub mod country;
mod format;
mod lines;
mod names;
mod refusal;
mod report;
mod rules;

pub use format::Format;
pub use names::NameComparison;
pub use refusal::MrzRefusal;
pub use report::{Digits, MrzReport};
pub use rules::{Claim, MrzFinding, assess};
