//! The rows, a file for each group.
//!
//! A row names the route's method and path, a stable name and a title; then what it needs, takes and answers, in the
//! order of [`Operation`]. An object that several rows answer is a constant of its own.

mod anomalies;
mod audit;
mod certificates;
mod credit;
mod external;
mod keys;
mod network;
mod operator;
mod people;
mod people_groups;
mod project_settings;
mod projects;
mod requests;
mod role_assignments;
mod roles;
mod service_accounts;
mod shared;
mod spend;
mod usage;
mod verification;
mod webhooks;
mod workload_identity;

use crate::operation::{Group, Operation};

/// Every group, in the order of the reference.
pub static GROUPS: &[Group] = &[
    requests::GROUP,
    requests::FILES,
    projects::GROUP,
    project_settings::GROUP,
    people::GROUP,
    people_groups::GROUP,
    roles::GROUP,
    role_assignments::GROUP,
    keys::GROUP,
    service_accounts::GROUP,
    workload_identity::GROUP,
    usage::GROUP,
    spend::GROUP,
    spend::BUDGETS,
    credit::GROUP,
    webhooks::GROUP,
    anomalies::GROUP,
    audit::GROUP,
    verification::GROUP,
    verification::ORGANIZATION,
    network::GROUP,
    certificates::GROUP,
    external::GROUP,
    operator::GROUP,
    operator::PRICES,
    operator::CREDIT,
];

/// Every operation.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    GROUPS.iter().flat_map(|group| group.operations)
}
