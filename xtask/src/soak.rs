//! `cargo xtask soak`: every model test of the workspace with many more random sequences than the suite plays.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::print;
use crate::shell::{self, Done};

/// How long, and how much at once.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Minutes; the pass that is under way then is finished.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Sequences of each test in a pass.
    #[arg(long, default_value_t = 2_000)]
    cases: u32,
    /// Play one pass with this seed, which an earlier one reported.
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    if !shell::has("cargo-nextest") {
        return Err("cargo-nextest is not installed: cargo install cargo-nextest --locked".to_owned());
    }
    let began = Instant::now();
    let first =
        arguments.seed.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    let mut failed = Vec::new();
    let mut passes = 0;
    loop {
        let seed = first.wrapping_add(passes);
        passes += 1;
        print::step(&format!("pass {passes}, seed {seed}"));
        // The test itself reduces a failing sequence and prints its steps.
        let mut pass = Command::new("cargo");
        pass.current_dir(shell::root()).args([
            "nextest",
            "run",
            "--workspace",
            "--profile",
            "soak",
            "-E",
            "test(model)",
        ]);
        pass.env("PROPTEST_CASES", arguments.cases.to_string()).env("PROPTEST_RNG_SEED", seed.to_string());
        if shell::run(&mut pass).is_err() {
            failed.push(seed.to_string());
        }
        if arguments.seed.is_some() || began.elapsed() >= Duration::from_secs(arguments.minutes * 60) {
            break;
        }
    }
    if failed.is_empty() {
        print::line(&format!("{passes} passes of {} sequences for each model test, none failed", arguments.cases));
        return Ok(());
    }
    Err(format!("{} of {passes} passes failed; seeds for cargo xtask soak --seed: {}", failed.len(), failed.join(", ")))
}
