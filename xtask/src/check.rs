//! `cargo xtask check`: the checks of a change without the whole suite.

use std::process::Command;

use crate::print;
use crate::shell::{self, Done, cargo};

pub(crate) fn run() -> Done {
    rust()?;
    print::step("links, paths and requirements in documents");
    shell::run(cargo().args(["test", "--quiet", "--workspace", "--test", "it", "references::"]))?;
    optional("dependencies", "cargo-deny", "cargo install cargo-deny --locked", cargo().args(["deny", "check"]))?;
    optional("spelling", "typos", "cargo install typos-cli --locked", Command::new("typos").current_dir(shell::root()))
}

/// Formatting and lints.
pub(crate) fn rust() -> Done {
    print::step("formatting");
    shell::run(cargo().args(["fmt", "--all", "--check"]))?;
    print::step("lints");
    shell::run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // On its own, so that a dependency's feature that only the sandbox asks for is missed here.
    print::step("lints of the build for production, without the sandbox");
    shell::run(cargo().args(["clippy", "--package", "keystead", "--no-default-features", "--", "-D", "warnings"]))
}

/// Runs a step with a program that may be missing.
fn optional(what: &str, program: &str, install: &str, command: &mut Command) -> Done {
    if !shell::has(program) {
        print::step(&format!("{what}: left out, {program} is not installed ({install})"));
        return Ok(());
    }
    print::step(what);
    shell::run(command)
}
