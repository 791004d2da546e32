//! `keystead admin users` and `keystead admin invites`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

const USERS: &str = "/v1/organization/users";
const INVITES: &str = "/v1/organization/invites";

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List the members of an organization, the newest first.
    List {
        /// List only the members with this email address; it can be given several times.
        #[arg(long, value_name = "ADDRESS")]
        email: Vec<String>,
        #[command(flatten)]
        window: Window,
    },
    /// Show one member.
    Show {
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Give a member another role in the organization. Owners who become readers lose their admin keys.
    SetRole {
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The role: owner or reader.
        role: String,
    },
    /// Remove a member from the organization; their keys in it stop working.
    Remove {
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const MEMBER: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("EMAIL", &["/email"], Kind::Text),
    column("NAME", &["/name"], Kind::Text),
    column("ROLE", &["/role"], Kind::Text),
    column("ADDED", &["/added_at"], Kind::Time),
    column("KEY USED", &["/api_key_last_used_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: Users) -> Result<(), CliError> {
    match command {
        Users::List { email, window } => {
            let request = Request::get(USERS, &[]).with_all("emails", &email);
            within.list(request, window, Listed { columns: MEMBER, nothing: "There are no such members." }).await
        }
        Users::Show { id } => within.object(Request::get(USERS, &[&id]), MEMBER).await,
        Users::SetRole { id, role } => {
            within.object(Request::post(USERS, &[&id], json!({ "role": role })), MEMBER).await
        }
        Users::Remove { id } => {
            let sentence = format!("{id} is not a member any more.");
            within.done(Request::delete(USERS, &[&id]), sentence).await
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Invites {
    /// List the invitations of an organization, the newest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Show one invitation.
    Show {
        /// The invitation.
        #[arg(value_name = "INVITE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Invite a person by mail; the link works for seven days.
    Create {
        /// The person's email address.
        #[arg(value_name = "ADDRESS")]
        email: String,
        /// The role in the organization: owner or reader.
        #[arg(long, default_value = "reader")]
        role: String,
        /// A project, with the role in it after a colon: member (the default) or owner. It can be given several times;
        /// without it the person is invited to the Default project.
        #[arg(long, value_name = "ID[:ROLE]")]
        project: Vec<String>,
    },
    /// Withdraw an invitation; its link stops working.
    Delete {
        /// The invitation.
        #[arg(value_name = "INVITE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const INVITE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("EMAIL", &["/email"], Kind::Text),
    column("ROLE", &["/role"], Kind::Text),
    column("STATUS", &["/status"], Kind::Text),
    column("EXPIRES", &["/expires_at"], Kind::Time),
    column("PROJECTS", &["/projects"], Kind::Text),
];

pub(super) async fn run_invites(within: &Within, command: Invites) -> Result<(), CliError> {
    match command {
        Invites::List { window } => {
            let listed = Listed { columns: INVITE, nothing: "There are no invitations." };
            within.list(Request::get(INVITES, &[]), window, listed).await
        }
        Invites::Show { id } => within.object(Request::get(INVITES, &[&id]), INVITE).await,
        Invites::Create { email, role, project } => {
            let projects: Vec<Value> = project.iter().map(|text| in_project(text)).collect();
            let projects = (!projects.is_empty()).then_some(projects);
            let body = json!({ "email": email, "role": role, "projects": projects });
            within.object(Request::post(INVITES, &[], body), INVITE).await
        }
        Invites::Delete { id } => {
            let sentence = format!("The link of {id} does not work any more.");
            within.done(Request::delete(INVITES, &[&id]), sentence).await
        }
    }
}

/// Reads a project with a role, as `proj_…:owner`.
fn in_project(text: &str) -> Value {
    let (id, role) = text.split_once(':').unwrap_or((text, "member"));
    json!({ "id": id, "role": role })
}
