//! API keys of a project.

mod accounts;
pub(crate) mod actions;
pub(crate) mod create;
mod dialog;
mod draft;
pub(crate) mod find;
pub(crate) mod issued;
pub(crate) mod list;
pub(crate) mod overview;
pub(crate) mod pauses;
pub(crate) mod permissions;
mod rows;
pub(crate) mod view;
