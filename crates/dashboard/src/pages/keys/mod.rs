//! API keys of a project.

pub(crate) mod actions;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod permissions;
