//! `keystead admin roles`: roles of an organization or a project, and who holds them.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::json;

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

#[derive(Debug, Subcommand)]
pub(crate) enum Roles {
    /// List the roles of an organization, or of a project.
    List {
        #[command(flatten)]
        area: Area,
        #[command(flatten)]
        window: Window,
    },
    /// Show one role.
    Show {
        /// The role.
        #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        area: Area,
    },
    /// Make a role.
    Create {
        /// Its name.
        name: String,
        #[command(flatten)]
        area: Area,
        /// A permission, such as api.usage.read; it can be given several times.
        #[arg(long, required = true, value_name = "PERMISSION")]
        permission: Vec<String>,
        /// What the role is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// Change a role; what is left out stays.
    Update {
        /// The role.
        #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        area: Area,
        /// Its new name.
        #[arg(long)]
        name: Option<String>,
        /// A permission; those that are given replace all earlier ones. It can be given several times.
        #[arg(long, value_name = "PERMISSION")]
        permission: Vec<String>,
        /// What the role is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// Delete a role; everyone who holds it loses it.
    Delete {
        /// The role.
        #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        area: Area,
    },
    /// List the roles that a person or a group holds.
    Held {
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        area: Area,
        #[command(flatten)]
        window: Window,
    },
    /// Give a role to a person or a group.
    Give {
        /// The role.
        #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        area: Area,
    },
    /// Take a role from a person or a group.
    Take {
        /// The role.
        #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        area: Area,
    },
}

/// What a role belongs to.
#[derive(Debug, Args)]
pub(crate) struct Area {
    /// The project; the whole organization, without it.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    project: Option<String>,
}

/// Who holds a role.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Holder {
    /// The person.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,
    /// The group.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    group: Option<String>,
}

impl Area {
    /// The prefix of paths, and their first parts.
    fn path(&self) -> (&'static str, Vec<&str>) {
        match &self.project {
            Some(project) => ("/v1/projects", vec![project]),
            None => ("/v1/organization", Vec::new()),
        }
    }

    fn request(&self, parts: &[&str], make: impl Fn(&str, &[&str]) -> Request) -> Request {
        let (prefix, first) = self.path();
        make(prefix, &[first.as_slice(), parts].concat())
    }
}

impl Holder {
    /// The parts of a path that name the holder.
    fn parts(&self) -> [&str; 2] {
        match (&self.user, &self.group) {
            (Some(user), _) => ["users", user],
            (None, group) => ["groups", group.as_deref().unwrap_or_default()],
        }
    }

    fn name(&self) -> &str {
        self.parts()[1]
    }
}

const ROLE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("PRESET", &["/predefined_role"], Kind::Text),
    column("PERMISSIONS", &["/permissions"], Kind::Text),
];

const HELD: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("GIVEN", &["/created_at"], Kind::Time),
    column("FROM", &["/sources"], Kind::Text),
];

pub(super) async fn run(within: &Within, command: Roles) -> Result<(), CliError> {
    match command {
        Roles::List { area, window } => {
            let listed = Listed { columns: ROLE, nothing: "There are no roles." };
            within.list(area.request(&["roles"], Request::get), window, listed).await
        }
        Roles::Show { id, area } => within.object(area.request(&["roles", &id], Request::get), ROLE).await,
        Roles::Create { name, area, permission, description } => {
            let body = json!({ "role_name": name, "permissions": permission, "description": description });
            let request = area.request(&["roles"], |prefix, parts| Request::post(prefix, parts, body.clone()));
            within.object(request, ROLE).await
        }
        Roles::Update { id, area, name, permission, description } => {
            let permissions = (!permission.is_empty()).then_some(permission);
            let body = json!({ "role_name": name, "permissions": permissions, "description": description });
            let request = area.request(&["roles", &id], |prefix, parts| Request::post(prefix, parts, body.clone()));
            within.object(request, ROLE).await
        }
        Roles::Delete { id, area } => {
            let sentence = format!("{id} is deleted, and no one holds it any more.");
            within.done(area.request(&["roles", &id], Request::delete), sentence).await
        }
        Roles::Held { holder, area, window } => held(within, &holder, &area, window).await,
        Roles::Give { id, holder, area } => {
            let sentence = format!("{} holds {id}.", holder.name());
            let parts = [&holder.parts()[..], &["roles"]].concat();
            let body = json!({ "role_id": id });
            let request = area.request(&parts, |prefix, parts| Request::post(prefix, parts, body.clone()));
            within.done(request, sentence).await
        }
        Roles::Take { id, holder, area } => {
            let sentence = format!("{} does not hold {id} any more.", holder.name());
            let parts = [&holder.parts()[..], &["roles", &id]].concat();
            within.done(area.request(&parts, Request::delete), sentence).await
        }
    }
}

async fn held(within: &Within, holder: &Holder, area: &Area, window: Window) -> Result<(), CliError> {
    let parts = [&holder.parts()[..], &["roles"]].concat();
    let list = within.read_list(area.request(&parts, Request::get), window).await?;
    let rows = list["data"].as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|held| {
        let mut row = held.clone();
        let from = held["assignment_sources"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
        row["sources"] = from.map(|source| source["principal_id"].clone()).collect();
        row
    });
    let rows: Vec<_> = rows.collect();
    let listed = Listed { columns: HELD, nothing: "No role is held." };
    within.console.print_rows(&list, &rows, listed)
}
