//! Usage as a page and as a file.

pub(crate) mod page;

mod chart;
mod query;
