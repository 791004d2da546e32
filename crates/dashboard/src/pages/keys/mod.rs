//! API keys of a project.

mod accounts;
pub(crate) mod actions;
pub(crate) mod create;
mod draft;
pub(crate) mod list;
pub(crate) mod permissions;
