//! `keystead admin service-accounts`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Within;
use super::keys::Wanted;
use super::projects::PROJECTS;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

/// The last part of the path of a project's accounts.
const ACCOUNTS: &str = "service_accounts";

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceAccounts {
    /// List the service accounts of a project, the newest first.
    List {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        #[command(flatten)]
        window: Window,
    },
    /// Show one service account.
    Show {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The service account.
        #[arg(value_name = "ACCOUNT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make a service account and its first key, which is shown once.
    Create {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// Its name.
        name: String,
        /// Make no key.
        #[arg(long, conflicts_with = "expires_in")]
        without_key: bool,
        /// Seconds until the key stops working; without it, it does not expire.
        #[arg(long, value_name = "SECONDS")]
        expires_in: Option<i64>,
    },
    /// Change the name or the role of a service account.
    Update {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The service account.
        #[arg(value_name = "ACCOUNT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Its new name.
        #[arg(long)]
        name: Option<String>,
        /// Its new role: member or owner.
        #[arg(long)]
        role: Option<String>,
    },
    /// Make another key of a service account, which is shown once.
    CreateKey {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The service account.
        #[arg(value_name = "ACCOUNT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Delete a service account with its keys.
    Delete {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The service account.
        #[arg(value_name = "ACCOUNT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const ACCOUNT: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("ROLE", &["/role"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
];

const WITH_KEY: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("ROLE", &["/role"], Kind::Text),
    column("KEY", &["/api_key/id"], Kind::Id),
    column("VALUE", &["/api_key/value"], Kind::Id),
    column("EXPIRES", &["/api_key/expires_at"], Kind::Time),
];

const KEY: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("VALUE", &["/value"], Kind::Id),
    column("EXPIRES", &["/expires_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: ServiceAccounts) -> Result<(), CliError> {
    match command {
        ServiceAccounts::List { project, window } => {
            let listed = Listed { columns: ACCOUNT, nothing: "There are no service accounts in this project." };
            within.list(Request::get(PROJECTS, &[&project, ACCOUNTS]), window, listed).await
        }
        ServiceAccounts::Show { project, id } => {
            within.object(Request::get(PROJECTS, &[&project, ACCOUNTS, &id]), ACCOUNT).await
        }
        ServiceAccounts::Create { project, name, without_key, expires_in } => {
            let alone = without_key.then_some(true);
            let body = json!({ "name": name, "create_service_account_only": alone, "expires_in_seconds": expires_in });
            let request = Request::post(PROJECTS, &[&project, ACCOUNTS], body);
            if without_key { within.object(request, ACCOUNT).await } else { within.secret(request, WITH_KEY).await }
        }
        ServiceAccounts::Update { project, id, name, role } => {
            let body = json!({ "name": name, "role": role });
            within.object(Request::post(PROJECTS, &[&project, ACCOUNTS, &id], body), ACCOUNT).await
        }
        ServiceAccounts::CreateKey { project, id, wanted } => {
            let request = Request::post(PROJECTS, &[&project, ACCOUNTS, &id, "api_keys"], wanted.body());
            within.secret(request, KEY).await
        }
        ServiceAccounts::Delete { project, id } => {
            let sentence = format!("{id} is deleted, and its keys do not work any more.");
            within.done(Request::delete(PROJECTS, &[&project, ACCOUNTS, &id]), sentence).await
        }
    }
}
