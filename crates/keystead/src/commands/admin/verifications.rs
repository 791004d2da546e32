//! `keystead admin verifications`.

use clap::Subcommand;
use serde_json::json;

use super::console::{Console, Within};
use super::place::Place;
use super::request::Request;
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;
use crate::config::Validated;

const STANDING: &str = "/v1/keystead/organization_verifications";
const ORGANIZATIONS: &str = "/v1/keystead/operator/organizations";
const CASES: &str = "/v1/keystead/operator/cases";

#[derive(Debug, Subcommand)]
pub(crate) enum Verifications {
    /// Show the verification of an organization.
    Show,
    /// Suspend the verification of an organization: what needs it is refused from the next request on.
    Suspend {
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
    /// Restore a verification that was suspended.
    Restore {
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
    /// Revoke a verification; the organization may verify itself again.
    Revoke {
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
    /// List the cases of the installation that people must decide. They are decided in the console, by a person whose
    /// name the decision keeps.
    Cases,
}

const STATUS: &[Column] = &[
    column("STATUS", &["/status"], Kind::Text),
    column("OPEN", &["/open"], Kind::Text),
    column("SINCE", &["/since"], Kind::Time),
    column("UNTIL", &["/until"], Kind::Time),
    column("REASON", &["/reason"], Kind::Text),
    column("ATTEMPT", &["/attempt/status"], Kind::Text),
    column("ATTEMPTS LEFT", &["/attempts_left"], Kind::Number),
];

const CASE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("ORGANIZATION", &["/organization_name"], Kind::Text),
    column("KIND", &["/kind"], Kind::Text),
    column("OPENED", &["/opened_at"], Kind::Time),
    column("PROPOSED BY", &["/proposed_by"], Kind::Text),
    column("SIGNALS", &["/signals"], Kind::Text),
];

pub(super) async fn run(config: &Validated, place: Place, command: Verifications) -> Result<(), CliError> {
    let within = async || Within::open(config, &place).await;
    match command {
        Verifications::Show => within().await?.object(Request::get(STANDING, &[]), STATUS).await,
        Verifications::Suspend { reason } => act(&within().await?, "suspend", &reason).await,
        Verifications::Restore { reason } => act(&within().await?, "restore", &reason).await,
        Verifications::Revoke { reason } => act(&within().await?, "revoke", &reason).await,
        Verifications::Cases => {
            place.everywhere("verifications cases")?;
            let console = Console::open(config, place.json).await?;
            let cases = console.call(None, &Request::get(CASES, &[])).await?;
            console.print_list(&cases, Listed { columns: CASE, nothing: "No case waits for a decision." })
        }
    }
}

async fn act(within: &Within, action: &str, reason: &str) -> Result<(), CliError> {
    let organization = within.organization.as_str();
    let body = json!({ "action": action, "reason": reason });
    within.object(Request::post(ORGANIZATIONS, &[organization, "verification"], body), &STATUS[..2]).await
}
