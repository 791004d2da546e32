//! Whole-product tests: one binary, real sockets, a separate folder for each.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail a test as tests do; clippy excuses only the test functions themselves"
)]

mod audit;
mod automation;
mod away;
mod canary;
mod exemptions;
mod failures;
mod ladder;
mod network;
mod outage;
mod product;
mod rates;
mod references;
mod review;
mod running;
mod second_service;
mod source_references;
mod story;
mod strangers;
mod surface;
mod taken;
mod upstream;
mod usage_totals;
mod verification;
