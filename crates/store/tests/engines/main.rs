//! The store on both engines: the same stories, every statement prepared, the schemas compared.
//!
//! SQLite runs always. PostgreSQL runs when `TEST_POSTGRES_URL` holds a server's address, as `cargo xtask test` sets it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;
mod schema;
mod statements;
mod story;
mod usage;
