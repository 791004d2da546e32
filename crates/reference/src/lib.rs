//! The reference of the HTTP API as data: every operation with its parameters, bodies, answers and errors, the OpenAPI
//! document made from it, and examples in three languages.
//!
//! One row in [`groups`] documents one route. Tests compare the rows with the tables that serve ([`keystead_core::route`]
//! and the routes of the administration) and check every request and answer of the API's tests against them, so that a
//! route without a row, and a row that is not true, fail.

mod document;
mod error_statuses;
mod examples;
mod groups;
mod json;
mod members;
mod object;
mod operation;
mod samples;
mod schema;
#[cfg(test)]
mod tests;

pub use document::document;
pub use error_statuses::{ERROR_STATUSES, ErrorStatus, OAUTH_STATUSES};
pub use examples::{answer_example, body_example};
pub use groups::{GROUPS, operations};
pub use json::Json;
pub use members::{Kind, Member};
pub use object::Object;
pub use operation::{Access, Answer, Group, Operation};
pub use samples::{Sample, samples};
