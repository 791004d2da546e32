//! The audit log as a page and as a file.

pub(crate) mod csv;
pub(crate) mod page;
pub(crate) mod recent;

mod filters;
pub(crate) mod wording;
