//! What a machine can say about identity documents and their pictures: machine-readable zones, limits and quality of
//! pictures, what is asked for before the camera. Pure: no IO, no clock, no database. What the findings mean for a case
//! is decided in `keystead-app`, by people.

mod day;
pub mod image;
pub mod mrz;
pub mod prompts;
pub mod slots;

pub use day::Day;
pub use slots::Slot;
