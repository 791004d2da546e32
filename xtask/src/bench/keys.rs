//! `cargo xtask bench --keys`: the cost of many keys, in the store and in memory.

use std::process::Command;

use crate::shell::{self, Done};
use crate::{machine, print};

pub(crate) fn run() -> Done {
    machine::system()?;
    for (what, package, bench) in [
        ("keys in the store, looked up one by one", "keystead-store", "look_up"),
        ("keys in memory", "keystead-gateway", "directory"),
        ("budgets of a request", "keystead-gateway", "budgets"),
    ] {
        print::step(what);
        let mut command = Command::new("cargo");
        shell::run(command.current_dir(shell::root()).args([
            "bench",
            "--quiet",
            "--package",
            package,
            "--bench",
            bench,
        ]))?;
    }
    Ok(())
}
