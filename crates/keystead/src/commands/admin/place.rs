//! What every command of the operator takes: the organization, and the form of the answer.

use clap::Args;

use crate::cli_error::CliError;

/// Where a command works.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The organization; it may be left out while the installation has only one.
    #[arg(long, global = true, value_name = "ID")]
    pub(super) organization: Option<String>,
    /// Print JSON: the objects of the Administration API.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

impl Place {
    /// Refuses an organization where the command works on the whole installation: it would be ignored.
    pub(super) fn everywhere(&self, command: &str) -> Result<(), CliError> {
        match &self.organization {
            Some(_) => Err(CliError::Usage(format!(
                "{command} is about the whole installation and not about one organization; leave --organization out"
            ))),
            None => Ok(()),
        }
    }
}

/// The commands of one kind of object within an organization.
#[derive(Debug, Args)]
pub(crate) struct Noun<C: clap::Subcommand> {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(subcommand)]
    pub(super) command: C,
}

/// The commands of one kind of object in the whole installation.
#[derive(Debug, Args)]
pub(crate) struct Everywhere<C: clap::Subcommand> {
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: C,
}
