//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::admin::Admin;
use crate::commands::init::Answers;

/// Who may use which model: keys, projects, verification and usage in front of OpenAI-compatible model servers.
#[derive(Debug, Parser)]
#[command(name = "keystead", version)]
pub(crate) struct Cli {
    /// The configuration file; keystead.toml where it exists.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// What to do; without a command, serve.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything (the default).
    Serve(Serve),
    /// Ask for what decides whether an installation works, try the answers, and write a configuration.
    Init(Box<Init>),
    /// Look at things and change them as the operator; works while the server runs.
    #[command(subcommand)]
    Admin(Box<Admin>),
    /// Check the audit log, and the figures of money.
    #[command(subcommand)]
    Audit(Audit),
    /// Say what works, what is not set up, and which rules cannot be met; exit code 1 when something needs attention.
    Doctor(Output),
    /// Bring the database's tables up to date.
    Migrate(Output),
    /// Write a consistent copy of the database; the secrets are not in it.
    Backup(Backup),
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, or write one for each command.
    Man {
        /// Write the pages into this folder.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

impl Command {
    /// Whether errors are read by a program.
    pub(crate) fn errors_as_json(&self) -> bool {
        matches!(self, Self::Admin(command) if command.json())
    }
}

/// Whether a command line that cannot be read is a program's. After `--`, nothing is an option.
pub(crate) fn asks_for_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments.into_iter().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// What is wrong with a command line, in sentences on one line without the usage that people read after it.
pub(crate) fn sentences(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let lines = said.map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
}

/// A shell with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// fish.
    Fish,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Write the bound addresses here, as JSON, once everything listens.
    #[arg(long, value_name = "PATH")]
    pub(crate) ready_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Ask nothing: take the answers from this file, and defaults for the others.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Ask nothing: take the answers from the options, and defaults for the others.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Replace files that exist; each is kept under its name with .before at its end.
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not try the database and the services.
    #[arg(long)]
    pub(crate) no_try: bool,
    #[command(flatten)]
    pub(crate) given: Answers,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute the chains and name the first row that was changed; the exit code is 1 then.
    Verify {
        /// The organization; all of them when left out.
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
        /// A service log: rows cut off the end are found by the heads it holds.
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
    /// Compare usage, prices, counters and ledgers of every organization and month, and name the first difference; the exit
    /// code is 1 then.
    Money(Output),
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// A folder that does not exist yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> (bool, String) {
        let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
        (asks_for_json(line.split(' ').map(OsString::from)), sentences(&error))
    }

    #[test]
    fn programs_read_what_is_wrong_with_a_command_line() {
        let (json, text) = refused("keystead admin projects show --json");
        assert_eq!((json, text.as_str()), (true, "the following required arguments were not provided: <PROJECT>"));
        let (json, text) = refused("keystead --json admin projects lisst");
        assert!(json && text.contains("'--json'") && !text.contains('\n'), "{text}");
        let (_, text) = refused("keystead admin projects lisst --json");
        let (_, value) = refused("keystead admin usage --from yesterday --json");
        assert!(value.contains("'yesterday'") && !value.contains("--help"), "{value}");
        assert!(text.starts_with("unrecognized subcommand 'lisst'") && !text.contains("Usage"), "{text}");
        assert!(!refused("keystead admin projects lisst -- --json").0);
        assert!(!refused("keystead admin projects lisst").0);
    }
}
