//! `cargo xtask bench --usage`: queries of usage over a month with 100 million events, on both engines.

use std::process::Command;

use crate::shell::{self, Done};
use crate::{machine, print};

pub(crate) fn run() -> Done {
    machine::system()?;
    print::step("queries of usage over the sums of 100 million events");
    let mut command = Command::new("cargo");
    let bench = ["bench", "--quiet", "--package", "keystead-store", "--bench", "usage"];
    shell::run(command.current_dir(shell::root()).args(bench))
}
