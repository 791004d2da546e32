//! `keystead admin projects` and `keystead admin project-users`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

pub(super) const PROJECTS: &str = "/v1/organization/projects";

#[derive(Debug, Subcommand)]
pub(crate) enum Projects {
    /// List the projects of an organization, the newest first.
    List {
        /// List archived projects too.
        #[arg(long)]
        include_archived: bool,
        #[command(flatten)]
        window: Window,
    },
    /// Show one project.
    Show {
        /// The project.
        #[arg(value_name = "PROJECT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make a project.
    Create {
        /// Its name.
        name: String,
    },
    /// Give a project another name.
    Rename {
        /// The project.
        #[arg(value_name = "PROJECT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Its new name.
        name: String,
    },
    /// Archive a project for good; its keys stop working.
    Archive {
        /// The project.
        #[arg(value_name = "PROJECT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const FIELDS: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("STATUS", &["/status"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
    column("ARCHIVED", &["/archived_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: Projects) -> Result<(), CliError> {
    match command {
        Projects::List { include_archived, window } => {
            let request = Request::get(PROJECTS, &[]).with("include_archived", include_archived.then_some(true));
            within.list(request, window, Listed { columns: FIELDS, nothing: "There are no projects." }).await
        }
        Projects::Show { id } => within.object(Request::get(PROJECTS, &[&id]), FIELDS).await,
        Projects::Create { name } => within.object(Request::post(PROJECTS, &[], json!({ "name": name })), FIELDS).await,
        Projects::Rename { id, name } => {
            within.object(Request::post(PROJECTS, &[&id], json!({ "name": name })), FIELDS).await
        }
        Projects::Archive { id } => within.object(Request::post(PROJECTS, &[&id, "archive"], json!({})), FIELDS).await,
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectUsers {
    /// List the people with a role of their own in a project, the newest first.
    List {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        #[command(flatten)]
        window: Window,
    },
    /// Give a member of the organization a role in a project.
    Add {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The person, by id or by email address.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        user: String,
        /// The role: owner, member or viewer.
        #[arg(long)]
        role: String,
    },
    /// Give a person another role in a project.
    SetRole {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        user: String,
        /// The role: owner, member or viewer.
        role: String,
    },
    /// Take a person's role in a project; the person stays in the organization.
    Remove {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The person.
        #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        user: String,
    },
}

const PEOPLE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("EMAIL", &["/email"], Kind::Text),
    column("NAME", &["/name"], Kind::Text),
    column("ROLE", &["/role"], Kind::Text),
    column("ADDED", &["/added_at"], Kind::Time),
];

pub(super) async fn run_users(within: &Within, command: ProjectUsers) -> Result<(), CliError> {
    match command {
        ProjectUsers::List { project, window } => {
            let listed = Listed { columns: PEOPLE, nothing: "No person has a role of their own in this project." };
            within.list(Request::get(PROJECTS, &[&project, "users"]), window, listed).await
        }
        ProjectUsers::Add { project, user, role } => {
            let (id, email) = if user.contains('@') { (None, Some(user)) } else { (Some(user), None) };
            let body = json!({ "user_id": id, "email": email, "role": role });
            within.object(Request::post(PROJECTS, &[&project, "users"], body), PEOPLE).await
        }
        ProjectUsers::SetRole { project, user, role } => {
            let request = Request::post(PROJECTS, &[&project, "users", &user], json!({ "role": role }));
            within.object(request, PEOPLE).await
        }
        ProjectUsers::Remove { project, user } => {
            let sentence = format!("{user} has no role of their own in {project} any more.");
            within.done(Request::delete(PROJECTS, &[&project, "users", &user]), sentence).await
        }
    }
}
