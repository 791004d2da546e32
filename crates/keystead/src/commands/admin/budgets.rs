//! `keystead admin budgets` and `keystead admin leases`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::console::{Console, Within};
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

const BUDGETS: &str = "/v1/keystead/budgets";
const LEASES: &str = "/v1/keystead/operator/leases";

#[derive(Debug, Subcommand)]
pub(crate) enum Budgets {
    /// List the budgets of an organization, its projects, its members and its keys.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Set a budget that is not there yet.
    Set(NewBudget),
    /// Change how much a budget allows.
    Change {
        /// The budget, by the id in the list.
        #[arg(value_name = "BUDGET")]
        id: String,
        /// Cents, tokens or requests in a period.
        #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
        amount: i64,
    },
    /// Remove a budget.
    Remove {
        /// The budget, by the id in the list.
        #[arg(value_name = "BUDGET")]
        id: String,
    },
}

/// A new budget. Without a project, a user or a key it is the organization's.
#[derive(Debug, Args)]
pub(crate) struct NewBudget {
    /// Cents, tokens or requests in a period.
    #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
    amount: i64,
    /// What is measured.
    #[arg(long, value_enum)]
    measure: Measure,
    /// The period.
    #[arg(long, value_enum)]
    interval: Interval,
    /// The project that it is for.
    #[arg(long, value_name = "ID", group = "subject")]
    project: Option<String>,
    /// The member that it is for, with all their keys.
    #[arg(long, value_name = "ID", group = "subject")]
    user: Option<String>,
    /// The key that it is for.
    #[arg(long, value_name = "ID", group = "subject")]
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Measure {
    Money,
    Tokens,
    Requests,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Interval {
    Hour,
    Day,
    Week,
    Month,
    Total,
}

impl NewBudget {
    fn request(&self) -> Request {
        let subject = match (&self.project, &self.user, &self.key) {
            (Some(id), ..) => json!({ "type": "project", "id": id }),
            (_, Some(id), _) => json!({ "type": "user", "id": id }),
            (.., Some(id)) => json!({ "type": "api_key", "id": id }),
            (None, None, None) => json!({ "type": "organization" }),
        };
        let measure = match self.measure {
            Measure::Money => "money",
            Measure::Tokens => "tokens",
            Measure::Requests => "requests",
        };
        let interval = match self.interval {
            Interval::Hour => "hour",
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::Month => "month",
            Interval::Total => "total",
        };
        let body = json!({ "subject": subject, "measure": measure, "interval": interval, "amount": self.amount });
        Request::post(BUDGETS, &[], body)
    }
}

const BUDGET: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("FOR", &["/subject/id"], Kind::Id),
    // Prepaid credit is in the list, and is not changed as a budget.
    column("KIND", &["/kind"], Kind::Text),
    column("PER", &["/interval"], Kind::Text),
    column("UNIT", &["/unit"], Kind::Text),
    column("AMOUNT", &["/amount"], Kind::Number),
    column("USED", &["/used"], Kind::Number),
    column("SET ASIDE", &["/set_aside"], Kind::Number),
    column("LEFT", &["/remaining"], Kind::Number),
    column("RESETS", &["/resets_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: Budgets) -> Result<(), CliError> {
    match command {
        Budgets::List { window } => {
            let listed = Listed { columns: BUDGET, nothing: "There are no budgets." };
            within.list(Request::get(BUDGETS, &[]), window, listed).await
        }
        Budgets::Set(new) => within.object(new.request(), BUDGET).await,
        Budgets::Change { id, amount } => {
            within.object(Request::post(BUDGETS, &[&id], json!({ "amount": amount })), BUDGET).await
        }
        Budgets::Remove { id } => {
            within.done(Request::delete(BUDGETS, &[&id]), format!("Removed the budget {id}.")).await
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Leases {
    /// List what nodes hold of budgets that have not been heard of for longer than a lease.
    List,
    /// Release what such a node holds, because its data directory is lost.
    Release {
        /// The node, as the list names it.
        #[arg(value_name = "NODE")]
        node: String,
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
}

const LEASE: &[Column] = &[
    column("NODE", &["/node"], Kind::Id),
    column("FOR", &["/subject/id"], Kind::Id),
    column("PER", &["/interval"], Kind::Text),
    column("UNIT", &["/unit"], Kind::Text),
    column("HELD", &["/held"], Kind::Number),
    column("LAST HEARD OF", &["/last_heard_of_at"], Kind::Time),
];

pub(super) async fn run_leases(console: &Console, command: Leases) -> Result<(), CliError> {
    let (request, nothing) = match command {
        Leases::List => (Request::get(LEASES, &[]), "No node that is gone holds anything."),
        Leases::Release { node, reason } => {
            (Request::post(LEASES, &[&node, "release"], json!({ "reason": reason })), "Nothing was released.")
        }
    };
    let answer = console.call(None, &request).await?;
    console.print_list(&answer, Listed { columns: LEASE, nothing })
}
