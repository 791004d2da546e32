//! Spend limits and alerts of an organization and of its projects, and what is said about them on other pages.

mod act;
mod alerts;
mod page;
pub(crate) mod summary;

pub(crate) use act::{act, cents};
pub(crate) use page::{HERE, open, open_project, own_page};
