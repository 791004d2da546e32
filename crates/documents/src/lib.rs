//! Automatic checks of identity documents and their pictures: machine-readable zones, limits and quality of pictures,
//! prompts for the camera. Pure: no IO, no clock, no database. People decide in `keystead-app` what the findings mean
//! for a case.

mod day;
pub mod image;
pub mod mrz;
pub mod prompts;
pub mod slots;

pub use day::Day;
pub use slots::Slot;
