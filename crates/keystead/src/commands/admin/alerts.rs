//! `keystead admin alerts`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

/// The prefix of the paths of alerts.
const ALERTS: &str = "/v1/keystead/alerts";

#[derive(Debug, Subcommand)]
pub(crate) enum Alerts {
    /// List the alerts about budgets, the oldest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Show one alert.
    Show {
        /// The alert.
        #[arg(value_name = "ALERT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make an alert about a budget.
    Create {
        /// The budget.
        #[arg(value_name = "BUDGET", value_parser = NonEmptyStringValueParser::new())]
        budget: String,
        /// The share of the budget at which it is reached.
        #[arg(long, value_name = "PERCENT", conflicts_with = "amount")]
        percent: Option<i64>,
        /// The use at which it is reached: cents, tokens or requests.
        #[arg(long, value_name = "NUMBER")]
        amount: Option<i64>,
        /// An address that gets a mail; may be repeated.
        #[arg(long = "recipient", value_name = "ADDRESS")]
        recipients: Vec<String>,
        /// Mail the owners.
        #[arg(long)]
        mail_owners: bool,
        /// A webhook that gets an event; may be repeated. Without one, every webhook that is subscribed.
        #[arg(long = "webhook", value_name = "WEBHOOK")]
        webhooks: Vec<String>,
    },
    /// Delete an alert.
    Delete {
        /// The alert.
        #[arg(value_name = "ALERT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const ALERT: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("BUDGET", &["/budget_id"], Kind::Id),
    column("PERCENT", &["/percent"], Kind::Number),
    column("AMOUNT", &["/amount"], Kind::Number),
    column("UNIT", &["/unit"], Kind::Text),
    column("RECIPIENTS", &["/recipients"], Kind::Text),
    column("OWNERS", &["/mail_owners"], Kind::Text),
    column("LAST REACHED", &["/last_reached_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: Alerts) -> Result<(), CliError> {
    match command {
        Alerts::List { window } => {
            let listed = Listed { columns: ALERT, nothing: "There are no alerts about budgets." };
            within.list(Request::get(ALERTS, &[]), window, listed).await
        }
        Alerts::Show { id } => within.object(Request::get(ALERTS, &[&id]), ALERT).await,
        Alerts::Create { budget, percent, amount, recipients, mail_owners, webhooks } => {
            let body = json!({
                "budget_id": budget,
                "percent": percent,
                "amount": amount,
                "recipients": recipients,
                "mail_owners": mail_owners,
                "webhook_ids": Some(webhooks).filter(|ids| !ids.is_empty()),
            });
            within.object(Request::post(ALERTS, &[], body), ALERT).await
        }
        Alerts::Delete { id } => {
            let sentence = format!("{id} is deleted.");
            within.done(Request::delete(ALERTS, &[&id]), sentence).await
        }
    }
}
