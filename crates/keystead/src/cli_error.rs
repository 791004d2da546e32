//! Errors of commands, in words for the person who started them.

use std::io;
use std::process::ExitCode;

use keystead_api::command_line::Refused;
use serde_json::{Value, json};

use crate::config::ConfigError;
use crate::data_folder::FolderError;
use crate::secrets::SecretsError;
use crate::wiring::spread::Spread;

/// The exit code of a command line that cannot be read; clap uses it too.
pub(crate) const USAGE: u8 = 2;
/// The exit code of a change that is saved, and that some nodes have not confirmed.
const UNCONFIRMED: u8 = 3;

/// One sentence, with a solution if there is one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Secrets(#[from] SecretsError),
    #[error("{0}")]
    Folder(#[from] FolderError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{}", database(.0))]
    Store(#[from] keystead_store::Error),
    #[error("{}", use_case(.0))]
    App(#[from] keystead_app::Error),
    /// An endpoint of the Administration API answered with an error.
    #[error("{}", .0.message())]
    Refused(Refused),
    /// The options do not say what to do.
    #[error("{0}")]
    Usage(String),
    /// The change is saved; some nodes may still act on the state before it.
    #[error(
        "the change is saved, but {} of {} running nodes have not confirmed it and may still act on the state before \
         it; see docs/failures.md",
        .0.unconfirmed, .0.nodes
    )]
    Unconfirmed(Spread),
    #[error("{0}")]
    Other(String),
}

impl CliError {
    /// The exit code: 2 when the command line must be changed, 3 when nodes have not confirmed a change, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(USAGE),
            Self::Unconfirmed(_) => ExitCode::from(UNCONFIRMED),
            _ => ExitCode::FAILURE,
        }
    }

    /// The error in the form of the API, for programs.
    pub(crate) fn json(&self) -> Value {
        let code = matches!(self, Self::Unconfirmed(_)).then_some("change_unconfirmed");
        let kind = match self {
            Self::Refused(refused) => return refused.body.clone(),
            Self::Usage(_) | Self::Other(_) => "invalid_request_error",
            _ => "server_error",
        };
        json!({ "error": { "message": self.to_string(), "type": kind, "param": null, "code": code } })
    }
}

fn database(error: &keystead_store::Error) -> String {
    match error {
        keystead_store::Error::Unavailable(reason) => {
            format!("the database cannot be reached: {reason}. Check database.url and that the server runs")
        }
        other => format!("the database: {other}"),
    }
}

fn use_case(error: &keystead_app::Error) -> String {
    match error {
        keystead_app::Error::Internal(context) => format!("an internal error: {context}"),
        keystead_app::Error::Unavailable => "the database cannot be reached; check database.url".to_owned(),
        other => other.to_string(),
    }
}
