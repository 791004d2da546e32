//! `keystead admin organizations`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use keystead_app::operator::OrganizationRow;
use keystead_core::tier::Tier;
use serde_json::{Value, json};

use super::console::Console;
use super::request::Request;
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

const ORGANIZATIONS: &str = "/v1/keystead/operator/organizations";

#[derive(Debug, Subcommand)]
pub(crate) enum Organizations {
    /// List the organizations of this installation, the oldest first.
    List,
    /// Show one organization.
    Show {
        /// The organization.
        #[arg(value_name = "ORGANIZATION", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Give an organization another name.
    Rename {
        /// The organization.
        #[arg(value_name = "ORGANIZATION", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Its new name.
        name: String,
    },
    /// Replace the tags of an organization, which rules can use; without tags, it has none.
    SetTags {
        /// The organization.
        #[arg(value_name = "ORGANIZATION", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The tags.
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
}

const FIELDS: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("VERIFICATION", &["/verification"], Kind::Text),
    column("REQUIREMENTS MET", &["/requirements_met"], Kind::Text),
    column("TAGS", &["/tags"], Kind::Text),
    column("TIER", &["/tier"], Kind::Number),
    column("ATTENTION", &["/attention"], Kind::Text),
    column("DELETION", &["/deletion_at"], Kind::Time),
];

const TAGS: &[Column] = &[column("ID", &["/organization_id"], Kind::Id), column("TAGS", &["/tags"], Kind::Text)];

fn shown(row: &OrganizationRow) -> Value {
    let met = row.met.iter().map(|(requirement, how)| format!("{} ({})", requirement.as_str(), how.as_str()));
    json!({
        "id": row.id,
        "object": "keystead.organization",
        "name": row.name,
        "verification": row.status,
        "requirements_met": met.collect::<Vec<_>>().join(", "),
        "tags": row.tags,
        "tier": row.tier.map(Tier::number),
        "attention": row.attention,
        "deletion_at": row.deletion_at,
        "deleted": row.deleted,
    })
}

async fn rows(console: &Console) -> Result<Vec<Value>, CliError> {
    let overview = console.run(console.app().operator_overview(console.operator())).await?;
    Ok(overview.organizations.iter().map(shown).collect())
}

async fn show(console: &Console, id: &str) -> Result<(), CliError> {
    let found = rows(console).await?.into_iter().find(|row| row["id"] == id);
    match found {
        Some(row) => console.print_object(&row, FIELDS),
        None => Err(console.missing("organization", id).await),
    }
}

pub(super) async fn run(console: &Console, command: Organizations) -> Result<(), CliError> {
    match command {
        Organizations::List => {
            let list = json!({ "object": "list", "data": rows(console).await?, "has_more": false });
            console.print_list(&list, Listed { columns: FIELDS, nothing: "There are no organizations." })
        }
        Organizations::Show { id } => show(console, &id).await,
        Organizations::Rename { id, name } => {
            let organization = console.organization(Some(&id), false).await?;
            console.run(console.app().rename_organization(console.operator(), &organization, &name)).await?;
            show(console, &id).await
        }
        Organizations::SetTags { id, tags, reason } => {
            let body = json!({ "tags": tags, "reason": reason });
            let answer = console.call(None, &Request::post(ORGANIZATIONS, &[&id, "tags"], body)).await?;
            console.print_object(&answer, TAGS)
        }
    }
}
