//! `cargo xtask bench --database`: what one PostgreSQL does for nodes.

use std::process::Command;

use crate::shell::{self, Done};
use crate::{machine, print};

pub(crate) fn run() -> Done {
    machine::system()?;
    print::step("usage, leases of budgets and parts of rate limits in one PostgreSQL");
    let mut command = Command::new("cargo");
    let bench = ["bench", "--quiet", "--package", "keystead-store", "--bench", "one_database"];
    shell::run(command.current_dir(shell::root()).args(bench))
}
