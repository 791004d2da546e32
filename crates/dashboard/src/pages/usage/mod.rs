//! The usage page and its CSV file.

mod budget;
mod chart;
mod csv;
mod drawings;
mod menus;
mod page;
mod query;
mod read;
mod refused;
mod words;

pub(crate) use csv::csv;
pub(crate) use page::open;
pub(crate) use query::today;
