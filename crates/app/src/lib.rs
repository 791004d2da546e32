//! Use cases, one file per noun: authorize, let the core decide, then save with an audit row in one transaction.
//!
//! There are no status codes and no pages here: the API and the dashboard each translate [`Error`] for their clients.

#[macro_use]
mod transaction;

pub mod accounts;
pub mod actor;
pub mod audit;
pub mod budgets;
mod case_mails;
mod context;
pub mod credit;
mod entitlements;
pub mod error;
pub mod exports;
pub mod external;
pub mod first_calls;
pub mod groups;
pub mod installation;
pub mod issuer_states;
mod jobs;
pub mod keys;
pub mod me;
pub mod operator;
pub mod organizations;
pub mod prices;
pub mod projects;
pub mod request;
pub mod review;
pub mod roles;
pub mod sealing;
pub mod services;
pub mod settings;
pub mod setup_tests;
pub mod submissions;
pub mod usage;
mod validate;
pub mod verification;
mod watched_calls;
pub mod workload_identity;
pub mod workload_overview;

pub use actor::Actor;
pub use context::{App, AppOptions, Clock, Nodes};
pub use error::Error;
pub use keystead_store::tables::api_keys::{KeyRow, KeyWithOwner};
pub use keystead_store::{Listing, Page};
pub use sealing::Sealer;
pub use services::{Codes, Services};
pub use settings::Settings;
