//! Errors of commands, in words for the person who started them.

use std::io;

use crate::config::ConfigError;
use crate::data_folder::FolderError;
use crate::secrets::SecretsError;

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
    #[error("{0}")]
    Other(String),
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
