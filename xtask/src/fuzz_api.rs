//! `cargo xtask fuzz-api`: starts the product and lets schemathesis play every operation of the API's description. No
//! answer may be a 5xx or differ from the description.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::product::Product;
use crate::shell::{self, Done, cargo};
use crate::{machine, print};

/// How much to play.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Requests for each operation.
    #[arg(long, default_value_t = 15)]
    examples: u32,
    /// The seed of the requests.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    print::step("building the program");
    shell::run(cargo().args(["build", "--package", "keystead"]))?;
    play(&shell::root().join("target/debug/keystead"), arguments)
}

fn play(binary: &Path, arguments: &Arguments) -> Done {
    let python = machine::schemathesis()?;
    print::step("schemathesis plays every operation of the API");
    let product = Product::start(binary, "fuzz-api", None, &[("KEYSTEAD_OPERATOR__EMAILS", "owner@example.com")])?;
    let made = product.bootstrap()?;
    let project_key = product.owner_key(&made, &made.owner, false)?;
    let mut command = Command::new(python);
    command.arg(shell::root().join("tests/sdk/python/fuzz_api.py"));
    command.arg(&product.address).arg(arguments.examples.to_string()).arg(arguments.seed.to_string());
    command.env("SDK_ADMIN_KEY", &made.admin_key).env("SDK_PROJECT_KEY", project_key);
    command.env("SDK_ORGANIZATION_ID", &made.organization).env("SDK_PROJECT_ID", &made.project);
    shell::run(&mut command)
}
