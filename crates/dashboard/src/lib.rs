//! Server-rendered pages for people: sign-up, onboarding, keys, organization, verification, usage, the operator's
//! console. Every form works without scripts; no inline script or style and no third-party request, and the response
//! headers enforce it.
//!
//! Addresses: the chosen project is in the query (`?project=proj_…`) and determines the organization, so that a link
//! opens the same page for a colleague. Without it, pages show the person's first organization and its default project.

mod help;
mod pages;
mod playground;
mod routes;
mod state;
mod web;

#[cfg(test)]
mod tests;

pub use playground::{ApiClient, ModelRequest, PLAYGROUND_STREAM, Playground};
pub use routes::{Audience, ROUTES, Route, largest_body, router};
pub use state::DashboardState;
pub use web::stream_slots::OpenStreams;
