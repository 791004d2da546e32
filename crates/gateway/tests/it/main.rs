//! The data plane over real sockets, between a client that writes bytes and an upstream that remembers them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod addresses;
mod batch_images;
mod batches;
mod budgets;
mod certificates;
mod connections;
mod counting;
mod cut;
mod dialects;
mod directory;
mod durable;
mod errors;
mod forms;
mod gates;
mod hostile;
mod last_uses;
mod metering;
mod ownership;
mod passing;
mod pending;
mod prices;
mod rates;
mod sessions;
mod spend;
mod spend_ends;
mod spend_faults;
mod streaming;
mod upstreams;
mod world;
