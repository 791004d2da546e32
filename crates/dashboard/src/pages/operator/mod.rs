//! The operator's console.

mod console;
pub(crate) mod credit;
pub(crate) mod overview;
pub(crate) mod policy;
pub(crate) mod prices;
pub(crate) mod purchases;
pub(crate) mod report;
pub(crate) mod reviews;
pub(crate) mod setup;
pub(crate) mod waivers;
