//! Reading requests in the one way that the API defines; what could be read in two ways is refused.

pub(crate) mod body_memory;
pub(crate) mod bounded_body;
pub(crate) mod client_body;
pub(crate) mod content_type;
pub mod credential;
pub(crate) mod figures;
pub(crate) mod form_body;
pub(crate) mod form_progress;
pub(crate) mod headers;
pub(crate) mod input;
pub(crate) mod json_body;
pub(crate) mod json_outline;
mod json_shapes;
mod json_tokens;
pub(crate) mod json_walk;
#[cfg(test)]
mod readers_tests;
pub(crate) mod target;
