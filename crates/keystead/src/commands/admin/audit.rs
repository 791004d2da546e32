//! `keystead admin audit`.

use std::path::PathBuf;

use clap::Subcommand;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use serde_json::Value;

use super::console::{Console, Within};
use super::moments::moment;
use super::place::Place;
use super::request::{Pages, Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli::{self, Output};
use crate::cli_error::CliError;
use crate::commands::audit;
use crate::config::Validated;
use crate::print;

const LOG: &str = "/v1/organization/audit_logs";
/// The events that are listed without another wish.
const USUAL: u32 = 50;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditLog {
    /// List events, the newest first: 50 of them, unless there is a limit.
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        window: Window,
    },
    /// Print every event as a line of JSON, the oldest first.
    Export {
        #[command(flatten)]
        filter: Filter,
    },
    /// Recompute the chain of the named organization, or every chain, and name the first row that was changed; the exit
    /// code is 1 then.
    Verify {
        /// A service log: rows cut off the end are found by the heads it holds.
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
}

/// The events that are wanted.
#[derive(Debug, clap::Args)]
pub(crate) struct Filter {
    /// Events from this time on: 2026-11-30, 2026-11-30T12:00:00Z, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Events before this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Events of this type, such as api_key.created; it can be given several times.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Vec<String>,
    /// Events by this person or key; it can be given several times.
    #[arg(long, value_name = "ID")]
    actor: Vec<String>,
    /// Events about this thing; it can be given several times.
    #[arg(long, value_name = "ID")]
    resource: Vec<String>,
    /// Events of this project; it can be given several times.
    #[arg(long, value_name = "ID")]
    project: Vec<String>,
}

impl Filter {
    fn request(&self) -> Request {
        Request::get(LOG, &[])
            .with("effective_at[gte]", self.from.map(|from| from.0))
            .with("effective_at[lt]", self.until.map(|until| until.0))
            .with_all("event_types", &self.event_type)
            .with_all("actor_ids", &self.actor)
            .with_all("resource_ids", &self.resource)
            .with_all("project_ids", &self.project)
    }
}

const EVENT: &[Column] = &[
    column("AT", &["/effective_at"], Kind::Time),
    column("TYPE", &["/keystead_type", "/type"], Kind::Id),
    column(
        "ACTOR",
        &[
            "/actor/session/user/email",
            "/actor/api_key/user/email",
            "/actor/session/user/id",
            "/actor/api_key/id",
            "/by",
        ],
        Kind::Text,
    ),
    column("ABOUT", &["/about"], Kind::Id),
    column("PROJECT", &["/project/name", "/project/id"], Kind::Text),
];

pub(super) async fn run(config: &Validated, place: Place, command: AuditLog) -> Result<(), CliError> {
    let (filter, window) = match command {
        AuditLog::Verify { heads } => {
            let (organization, output) = (place.organization, Output { json: place.json });
            return audit::run(config, cli::Audit::Verify { organization, heads, output }).await;
        }
        AuditLog::List { filter, window } => (filter, Some(window.or_limit(USUAL))),
        AuditLog::Export { filter } => (filter, None),
    };
    let console = Console::open(config, place.json).await?;
    let organization: OrganizationId = console.organization(place.organization.as_deref(), true).await?;
    let within = Within { console, organization };
    match window {
        Some(window) => list(&within, filter.request(), window).await,
        None => export(&within, filter.request()).await,
    }
}

async fn list(within: &Within, request: Request, window: Window) -> Result<(), CliError> {
    let list = within.read_list(request, window).await?;
    let rows: Vec<Value> = list["data"].as_array().map(|rows| rows.iter().map(row).collect()).unwrap_or_default();
    let listed = Listed { columns: EVENT, nothing: "There are no such events." };
    within.console.print_rows(&list, &rows, listed)
}

/// An event with what the table shows of it: details are under the name of the type, and some actors have a kind alone.
fn row(event: &Value) -> Value {
    let mut row = event.clone();
    let name = event["keystead_type"].as_str().or_else(|| event["type"].as_str());
    row["about"] = name.map_or(Value::Null, |name| event[name]["id"].clone());
    let by = &event["keystead_actor"];
    if let (Some(kind), Some(id)) = (by["type"].as_str(), by["id"].as_str()) {
        row["by"] = format!("{kind} ({id})").into();
    }
    row
}

/// Prints page by page, so that a log of any length needs the memory of one page.
async fn export(within: &Within, request: Request) -> Result<(), CliError> {
    let mut pages = Pages::new(request.with("order", Some("asc")), Window::default());
    while let Some(request) = pages.request() {
        let page = within.call(&request).await?;
        for event in pages.take(page)? {
            if !print::result(&print::json(&event))? {
                return Ok(());
            }
        }
    }
    Ok(())
}
