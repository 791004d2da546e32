//! Machine-readable zones: parsed, checked for copying errors, compared with what the person stated. None of it shows
//! that a document is genuine or belongs to its holder; people decide that.

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
