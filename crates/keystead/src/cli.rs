//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::init::Answers;

/// Who may use which model: keys, projects, verification and usage in front of OpenAI-compatible model servers.
#[derive(Debug, Parser)]
#[command(name = "keystead", version)]
pub(crate) struct Cli {
    /// The configuration file; `keystead.toml` where it exists.
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
    /// Make and change things as the operator; works while the server runs.
    #[command(subcommand)]
    Admin(Admin),
    /// Check the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Say what works, what is not set up, and which rules cannot be met; exit code 1 when something needs attention.
    Doctor(Output),
    /// Bring the database's tables up to date.
    Migrate(Output),
    /// Write a consistent copy of the database; the secrets are not in it.
    Backup(Backup),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
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
pub(crate) enum Admin {
    /// Make an organization with its Default project, its owner and an admin key.
    Bootstrap {
        /// The owner's e-mail address.
        #[arg(long)]
        email: String,
        /// The organization's name.
        #[arg(long)]
        organization: String,
        /// Waive neither phone nor payment method.
        #[arg(long)]
        no_waiver: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Make a key for a member of a project's organization.
    CreateKey {
        /// The organization that holds the project.
        #[arg(long)]
        organization: String,
        /// The project; for user keys it is left out.
        #[arg(long)]
        project: Option<String>,
        /// The user who owns the key.
        #[arg(long)]
        owner: String,
        /// What kind of key.
        #[arg(long, value_enum, default_value_t = Kind::Project)]
        kind: Kind,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Seconds until it stops working.
        #[arg(long, value_name = "SECONDS")]
        expires_in: Option<i64>,
        #[command(flatten)]
        output: Output,
    },
    /// Excuse an organization from a requirement; written into its audit log.
    Waive {
        /// The organization.
        #[arg(long)]
        organization: String,
        /// The requirement: phone, payment_method or organization.
        #[arg(long)]
        requirement: String,
        /// The reason.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Remove the second factor of a person who lost it and has proven who they are; all their sessions end.
    ResetSecondFactor {
        /// The person's e-mail address.
        #[arg(long)]
        email: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Bound to one project.
    Project,
    /// Reaches everything its owner reaches.
    User,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute the chain and name the first row that was changed; 1 is the exit code then.
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
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// A folder that does not exist yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}
