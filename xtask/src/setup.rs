//! `cargo xtask setup`: installs what the tests need on this machine, after listing it.

use std::io::{IsTerminal, Write, stdin, stdout};

use clap::Args;

use crate::shell::Done;
use crate::{machine, print};

/// How to set up.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Do not ask on a terminal.
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let wanted = machine::missing();
    if wanted.is_empty() {
        print::line("Nothing is missing.");
        return Ok(());
    }
    print::line("This will be installed:");
    for one in &wanted {
        print::line(&format!("  {one}"));
    }
    if !arguments.yes && stdin().is_terminal() && !agreed()? {
        return Err("nothing was installed".to_owned());
    }
    install()
}

/// Installs everything that is missing, without asking.
pub(crate) fn install() -> Done {
    machine::system()?;
    machine::python()?;
    machine::schemathesis()?;
    machine::node()?;
    machine::browser()?;
    Ok(())
}

fn agreed() -> Done<bool> {
    let mut answer = String::new();
    let mut out = stdout();
    let asked = write!(out, "Continue? [y/N] ").and_then(|()| out.flush());
    asked.and_then(|()| stdin().read_line(&mut answer)).map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
