//! Accounts through the pages' real router: strangers, pages of other sites, planted cookies, late forms and hostile
//! names.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod account_deletion;
mod audit;
mod bursts;
mod console;
mod first_steps;
mod forms;
mod headers;
mod home;
mod key_search;
mod keys;
mod limits;
mod lists;
mod markup;
mod operators;
mod organization_deletion;
mod profile;
mod progress;
mod project_features;
mod reauthentication;
mod redirects;
mod refusal_links;
mod roles;
mod second_factor_policy;
mod sessions;
mod spend;
mod submissions;
mod unknown;
mod usage;
mod waivers;
mod world;
