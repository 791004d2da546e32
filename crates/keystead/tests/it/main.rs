//! Whole-product tests: one binary, real sockets, a separate folder for each.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail a test as tests do; clippy excuses only the test functions themselves"
)]

mod audit;
mod automation;
mod canary;
mod certificates;
mod command_line;
mod command_line_failures;
mod credit;
mod denial_of_service;
mod exemptions;
mod failures;
mod first_hour;
mod first_run;
mod init;
mod ladder;
mod network;
mod playground;
mod prices;
mod process;
mod product;
mod proxies;
mod purchases;
mod rates;
mod references;
mod review;
mod revoked_permissions;
mod second_service;
mod service_outages;
mod source_references;
mod spend;
mod store_outage;
mod surface;
mod upstream;
mod usage_totals;
mod velocity_cap;
mod verification;
mod webhooks;
