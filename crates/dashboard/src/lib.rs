//! Server-rendered pages for people: sign-up, onboarding, keys, organization, verification, usage, the operator's
//! console. Every form works without scripts; no inline script or style and no third-party request, and the response
//! headers say so (security checklist V3).
//!
//! Addresses: the chosen project stands in the query (`?project=proj_…`) and names its organization, too, so a link
//! means the same thing to a colleague. Without it, pages show the person's first organization and its Default project.

mod countries;
mod format;
mod help;
mod language;
mod pages;
mod routes;
mod state;
mod text;
mod web;

#[cfg(test)]
mod tests;

pub use routes::{Audience, ROUTES, Route, largest_body, router};
pub use state::DashboardState;
pub use web::stream_slots::Waiting;
