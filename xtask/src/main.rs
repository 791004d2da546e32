//! The project's own tasks: `cargo xtask test` runs everything, `cargo xtask bench` measures, `cargo xtask
//! kill` and `cargo xtask soak` look for what tests do not find.
#![expect(clippy::disallowed_methods, reason = "a task runner reads the machine's environment, clock and may wait")]

mod bench;
mod kill;
mod machine;
mod postgres;
mod print;
mod product;
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
    /// Install what the machine lacks, then run everything.
    Test {
        /// Only the official SDKs against the built binary.
        #[arg(long)]
        sdk_only: bool,
        /// Only the journeys in a browser, against the built binary.
        #[arg(long, conflicts_with = "sdk_only")]
        browser_only: bool,
    },
    /// Make the pictures of the help pages anew from the running product.
    Pictures,
    /// Measure Keystead beside nginx on this machine and print ratios.
    Bench(bench::Arguments),
    /// Kill Keystead under load again and again, and compare what was counted with what clients received.
    Kill(kill::Arguments),
    /// Play the model tests for long, with new random sequences in each pass.
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { sdk_only: true, .. } => test::run(Part::Sdks),
        Task::Test { browser_only: true, .. } => test::run(Part::Browser),
        Task::Test { .. } => test::run(Part::Everything),
        Task::Pictures => test::pictures(),
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
