//! Budgets of an organization, its projects, its members and its keys, and what is said about them on other pages.

mod act;
mod page;
pub(crate) mod table;

pub(crate) use act::act;
pub(crate) use page::{HERE, open};
