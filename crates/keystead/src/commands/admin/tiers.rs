//! `keystead admin tier`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Console;
use super::request::Request;
use super::table::{Column, Kind, column};
use crate::cli_error::CliError;

const ORGANIZATIONS: &str = "/v1/keystead/operator/organizations";

#[derive(Debug, Subcommand)]
pub(crate) enum Tiers {
    /// Show the usage tier of an organization, and what the next one needs.
    Show {
        /// The organization.
        #[arg(value_name = "ORGANIZATION", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Set the usage tier of an organization. A lower one stays until the organization pays more.
    Set {
        /// The organization.
        #[arg(value_name = "ORGANIZATION", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The tier, 0 to 5.
        #[arg(value_name = "TIER")]
        tier: i64,
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
}

const TIER: &[Column] = &[
    column("ID", &["/organization_id"], Kind::Id),
    column("TIER", &["/tier"], Kind::Number),
    column("SINCE", &["/since"], Kind::Time),
    column("SET BY", &["/set_by"], Kind::Text),
    column("HELD", &["/held"], Kind::Text),
    column("PAID", &["/paid"], Kind::Number),
    column("NEXT TIER", &["/next/tier"], Kind::Number),
    column("MISSING AMOUNT", &["/next/missing/paid"], Kind::Number),
    column("MISSING DAYS", &["/next/missing/days"], Kind::Number),
];

pub(super) async fn run(console: &Console, command: Tiers) -> Result<(), CliError> {
    let request = match command {
        Tiers::Show { id } => Request::get(ORGANIZATIONS, &[&id, "tier"]),
        Tiers::Set { id, tier, reason } => {
            Request::post(ORGANIZATIONS, &[&id, "tier"], json!({ "tier": tier, "reason": reason }))
        }
    };
    console.print_object(&console.call(None, &request).await?, TIER)
}
