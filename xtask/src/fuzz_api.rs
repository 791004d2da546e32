//! `cargo xtask fuzz-api`, and a step of `cargo xtask test`: starts the product and lets schemathesis play every operation
//! of the API's description. Each is called with success, and no answer may be a 5xx or differ from the description.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::postgres::Postgres;
use crate::product::Product;
use crate::shell::{self, Done, cargo};
use crate::{machine, print};

/// How much to play.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Random requests for each operation; without any, only the examples are played.
    #[arg(long, default_value_t = 60)]
    examples: u32,
    /// The seed of the requests.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// On PostgreSQL, which refuses more texts, instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

impl Arguments {
    /// What the test suite plays.
    pub(crate) const QUICK: Self = Self { examples: 9, seed: 1, postgres: true };
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    print::step("building the program");
    shell::run(cargo().args(["build", "--package", "keystead"]))?;
    play(&shell::root().join("target/debug/keystead"), arguments)
}

pub(crate) fn play(binary: &Path, arguments: &Arguments) -> Done {
    let python = machine::schemathesis()?;
    print::step("schemathesis plays every operation of the API");
    let settings = [
        ("KEYSTEAD_OPERATOR__EMAILS", "owner@example.com"),
        // Certificates can be activated only where a trusted proxy reports those of clients.
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "192.0.2.1"),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
        // Credit is sold, and requests are not refused without it.
        ("KEYSTEAD_CREDIT__MODE", "postpaid"),
        ("KEYSTEAD_TIER__0__NUMBER", "0"),
        ("KEYSTEAD_TIER__1__NUMBER", "1"),
        ("KEYSTEAD_TIER__1__PAID", "5"),
    ];
    let postgres = arguments.postgres.then(Postgres::start).transpose()?;
    let url = postgres.as_ref().map(|server| server.database("keystead_fuzz_api")).transpose()?;
    let product = Product::start(binary, "fuzz-api", url, &settings)?;
    let made = product.bootstrap()?;
    let project_key = product.owner_key(&made, &made.owner, false)?;
    let mut command = Command::new(python);
    command.arg(shell::root().join("tests/sdk/python/fuzz_api.py"));
    command.arg(arguments.examples.to_string()).arg(arguments.seed.to_string());
    command.env("SDK_BASE_URL", format!("{}/v1", product.address)).env("SDK_SANDBOX_URL", &product.sandbox);
    command.env("SDK_ADMIN_KEY", &made.admin_key).env("SDK_PROJECT_KEY", project_key);
    command.env("SDK_ORGANIZATION_ID", &made.organization).env("SDK_PROJECT_ID", &made.project);
    command.env("SDK_CERTIFICATES", shell::root().join("tests/certificates"));
    // The same hashes in each run, so that the same seed makes the same requests.
    command.env("PYTHONHASHSEED", "0");
    shell::run(&mut command)
}
