//! `keystead admin groups`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

pub(super) const GROUPS: &str = "/v1/organization/groups";

#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// List the groups of an organization, the oldest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Make a group.
    Create {
        /// Its name.
        name: String,
    },
    /// Give a group another name.
    Rename {
        /// The group.
        #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Its new name.
        name: String,
    },
    /// Delete a group; its members lose what it permitted.
    Delete {
        /// The group.
        #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// List the people in a group, the newest first.
    Users {
        /// The group.
        #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        window: Window,
    },
    /// Add a member of the organization to a group.
    AddUser {
        /// The group.
        #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        user: String,
    },
    /// Take a person out of a group.
    RemoveUser {
        /// The group.
        #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        user: String,
    },
}

const GROUP: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
];

const PERSON: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("EMAIL", &["/email"], Kind::Text),
    column("NAME", &["/name"], Kind::Text),
];

pub(super) async fn run(within: &Within, command: Groups) -> Result<(), CliError> {
    match command {
        Groups::List { window } => {
            let listed = Listed { columns: GROUP, nothing: "There are no groups." };
            within.list(Request::get(GROUPS, &[]), window, listed).await
        }
        Groups::Create { name } => within.object(Request::post(GROUPS, &[], json!({ "name": name })), GROUP).await,
        Groups::Rename { id, name } => {
            within.object(Request::post(GROUPS, &[&id], json!({ "name": name })), GROUP).await
        }
        Groups::Delete { id } => {
            let sentence = format!("{id} is deleted.");
            within.done(Request::delete(GROUPS, &[&id]), sentence).await
        }
        Groups::Users { id, window } => {
            let listed = Listed { columns: PERSON, nothing: "No one is in this group." };
            within.list(Request::get(GROUPS, &[&id, "users"]), window, listed).await
        }
        Groups::AddUser { id, user } => {
            let sentence = format!("{user} is in {id}.");
            within.done(Request::post(GROUPS, &[&id, "users"], json!({ "user_id": user })), sentence).await
        }
        Groups::RemoveUser { id, user } => {
            let sentence = format!("{user} is not in {id} any more.");
            within.done(Request::delete(GROUPS, &[&id, "users", &user]), sentence).await
        }
    }
}
