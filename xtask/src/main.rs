//! The project's own tasks: `cargo xtask setup` installs what tests need, `check` is quick, `test` runs everything,
//! `bench` measures, `fuzz`, `kill` and `soak` search for defects that tests do not find.
#![expect(clippy::disallowed_methods, reason = "a task runner reads the machine's environment, clock and may wait")]

mod bench;
mod check;
mod fuzz;
mod fuzz_api;
mod journeys;
mod kill;
mod machine;
mod openapi;
mod postgres;
mod print;
mod product;
mod requirements;
mod setup;
mod shell;
mod soak;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::test::Part;

/// Keystead's tasks.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the tests need on this machine, after saying what.
    Setup(setup::Arguments),
    /// Formatting, lints, references, dependencies and spelling.
    Check,
    /// Install what the machine lacks, then run everything.
    Test {
        /// Only the official SDKs against the built binary.
        #[arg(long)]
        sdk_only: bool,
        /// Only the journeys in a browser, against the built binary.
        #[arg(long, conflicts_with = "sdk_only")]
        browser_only: bool,
    },
    /// Run the fuzz targets.
    Fuzz(fuzz::Arguments),
    /// Play every operation of the API's description against the built program.
    FuzzApi(fuzz_api::Arguments),
    /// Write docs/openapi.json from the rows of the reference.
    Openapi,
    /// Take the pictures of the help pages from the running product.
    Pictures,
    /// Write into docs/requirements.md which tests name each requirement.
    Requirements,
    /// Measure Keystead beside nginx on this machine and print ratios.
    Bench(bench::Arguments),
    /// Kill Keystead under load again and again, and compare what was counted with what clients received.
    Kill(kill::Arguments),
    /// Play the model tests for long, with new random sequences in each pass.
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup(arguments) => setup::run(&arguments),
        Task::Check => check::run(),
        Task::Test { sdk_only: true, .. } => test::run(Part::Sdks),
        Task::Test { browser_only: true, .. } => test::run(Part::Browser),
        Task::Test { .. } => test::run(Part::Everything),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::FuzzApi(arguments) => fuzz_api::run(&arguments),
        Task::Openapi => openapi::run(),
        Task::Pictures => journeys::pictures(),
        Task::Requirements => requirements::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Kill(arguments) => kill::run(&arguments),
        Task::Soak(arguments) => soak::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            print::line(&format!("FAILED: {reason}"));
            ExitCode::FAILURE
        }
    }
}
