//! The Administration API over a store in memory, with a clock and a generator controlled by the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod audit_shapes;
mod audit_types;
mod budget;
mod budgets;
mod cases;
mod certificates;
mod command_line;
mod external;
mod features;
mod grants;
mod groups;
mod isolation;
mod keys;
mod lists;
mod lists_that_change;
mod models;
mod network;
mod openapi;
mod operator;
mod operator_tags;
mod organization;
mod people;
mod permissions;
mod prices;
mod rates;
mod refusals;
mod roles;
mod roles_world;
mod rust_client;
mod sketch;
mod spend;
mod unknown_fields;
mod usage;
mod usage_table;
mod webhooks;
mod workload_exchange;
mod workload_keys;
mod workload_leaks;
mod workload_limits;
mod workloads;
mod world;
