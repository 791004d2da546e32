//! `keystead admin credit`.

use clap::{Args, Subcommand, ValueEnum};
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use super::console::{Console, Within};
use super::moments::moment;
use super::place::Place;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;
use crate::config::Validated;

const CREDIT: &str = "/v1/keystead/operator/credit";

#[derive(Debug, Subcommand)]
pub(crate) enum Credit {
    /// List the organizations that pay, have or owe something, or are suspended, the newest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Show what an organization has, and its lots.
    Show,
    /// List the ledger of an organization, the latest first.
    Ledger {
        #[command(flatten)]
        window: Window,
    },
    /// List the purchases of an organization, the latest first.
    Purchases,
    /// Pay a purchase back, or a part of it.
    Refund(NewRefund),
    /// Grant credit.
    Grant(NewGrant),
    /// Correct the balance; a negative amount is taken.
    Adjust {
        /// Cents.
        #[arg(value_name = "CENTS", allow_hyphen_values = true)]
        cents: i64,
        /// The reason, for the ledger and the audit log.
        #[arg(long)]
        reason: String,
        /// A name of this request: with the same name it is carried out once.
        #[arg(long, value_name = "NAME")]
        idempotency_key: Option<String>,
    },
    /// Choose how the organization pays.
    Mode {
        /// The mode; "default" is that of the configuration.
        #[arg(value_enum)]
        mode: Mode,
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
    /// Suspend the billing of the organization, so that its requests are refused.
    Suspend {
        /// The reason, for the audit log and the organization's owners.
        #[arg(long)]
        reason: String,
    },
    /// Resume the billing of the organization, also after a chargeback.
    Resume {
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
    },
}

/// A grant.
#[derive(Debug, Args)]
pub(crate) struct NewGrant {
    /// Cents.
    #[arg(value_name = "CENTS", allow_hyphen_values = true)]
    cents: i64,
    /// When what is left of it expires; without it, never.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires: Option<Timestamp>,
    /// From 0 to 100: lots with a lower number are used first. 50 without it, as for purchases.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    priority: Option<i64>,
    /// The reason, for the ledger and the audit log.
    #[arg(long)]
    reason: String,
    /// A name of this request: with the same name it is carried out once.
    #[arg(long, value_name = "NAME")]
    idempotency_key: Option<String>,
}

impl NewGrant {
    fn body(&self) -> Value {
        json!({
            "amount_in_cents": self.cents,
            "expires_at": self.expires,
            "priority": self.priority,
            "reason": self.reason,
            "idempotency_key": self.idempotency_key,
        })
    }
}

/// A refund.
#[derive(Debug, Args)]
pub(crate) struct NewRefund {
    /// The purchase.
    #[arg(value_name = "PURCHASE")]
    purchase: String,
    /// Cents; without it, all that was not paid back.
    #[arg(long, value_name = "CENTS")]
    cents: Option<i64>,
    /// Pay credit back that is spent already, too.
    #[arg(long)]
    spent_too: bool,
    /// The reason, for the audit log.
    #[arg(long)]
    reason: String,
    /// A name of this request: with the same name it is carried out once.
    #[arg(long, value_name = "NAME")]
    idempotency_key: Option<String>,
}

impl NewRefund {
    fn body(&self) -> Value {
        json!({
            "amount_in_cents": self.cents,
            "spent_too": self.spent_too,
            "reason": self.reason,
            "idempotency_key": self.idempotency_key,
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    Default,
    None,
    Prepaid,
    Postpaid,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::None => "none",
            Self::Prepaid => "prepaid",
            Self::Postpaid => "postpaid",
        }
    }
}

const BALANCE: &[Column] = &[
    column("ORGANIZATION", &["/organization_id"], Kind::Id),
    column("NAME", &["/organization_name"], Kind::Text),
    column("MODE", &["/mode"], Kind::Text),
    column("BALANCE IN CENTS", &["/balance_in_cents"], Kind::Number),
    column("SUSPENDED", &["/suspended/since"], Kind::Time),
    column("FOR", &["/suspended/for"], Kind::Text),
];

const LOT: &[Column] = &[
    column("LOT", &["/id"], Kind::Id),
    column("KIND", &["/kind"], Kind::Text),
    column("CENTS", &["/amount_in_cents"], Kind::Number),
    column("LEFT", &["/left_in_cents"], Kind::Number),
    column("PRIORITY", &["/priority"], Kind::Number),
    column("EXPIRES", &["/expires_at"], Kind::Time),
    column("MADE", &["/created_at"], Kind::Time),
];

const PURCHASE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("AT", &["/created_at"], Kind::Time),
    column("CENTS", &["/amount_in_cents"], Kind::Number),
    column("WAY", &["/way"], Kind::Text),
    column("STATUS", &["/status"], Kind::Text),
    column("REFUNDED", &["/refunded_in_cents"], Kind::Number),
    column("DISPUTED", &["/disputed_in_cents"], Kind::Number),
];

const TRANSACTION: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("AT", &["/created_at"], Kind::Time),
    column("KIND", &["/kind"], Kind::Text),
    column("CENTS", &["/change_in_cents"], Kind::Number),
    column("PAYMENT", &["/payment"], Kind::Id),
    column("BY", &["/made_by"], Kind::Text),
    column("REASON", &["/reason"], Kind::Text),
];

/// A transaction that was made now, with the balance after it.
const MADE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("KIND", &["/kind"], Kind::Text),
    column("CENTS", &["/change_in_cents"], Kind::Number),
    column("BALANCE IN CENTS", &["/balance_in_cents"], Kind::Number),
    column("REASON", &["/reason"], Kind::Text),
];

pub(super) async fn run(config: &Validated, place: Place, command: Credit) -> Result<(), CliError> {
    if let Credit::List { window } = command {
        place.everywhere("credit list")?;
        let console = Console::open(config, place.json).await?;
        let list = console.read_list(None, Request::get(CREDIT, &[]), window).await?;
        return console.print_list(&list, Listed { columns: BALANCE, nothing: "No organization has credit." });
    }
    let within = Within::open(config, &place).await?;
    let organization = within.organization.as_str();
    let (request, columns) = match command {
        Credit::List { .. } | Credit::Show => {
            let found = within.console.call(None, &Request::get(CREDIT, &[organization])).await?;
            let lots = found["lots"].as_array().map_or(&[][..], Vec::as_slice);
            let listed = Listed { columns: LOT, nothing: "Nothing is left of any lot." };
            let lines = || {
                let balance = super::table::lines(&found, BALANCE, crate::print::terminal_columns());
                format!("{balance}\n\n{}", within.console.rows(lots, listed))
            };
            return within.console.print(&found, lines);
        }
        Credit::Ledger { window } => {
            let request = Request::get("/v1/keystead/ledger", &[]);
            return within
                .list(request, window, Listed { columns: TRANSACTION, nothing: "The ledger is empty." })
                .await;
        }
        Credit::Purchases => {
            let list = within.console.call(None, &Request::get(CREDIT, &[organization, "purchases"])).await?;
            let listed = Listed { columns: PURCHASE, nothing: "There are no purchases." };
            return within.console.print_list(&list, listed);
        }
        Credit::Refund(new) => {
            let parts = [organization, "purchases", new.purchase.as_str(), "refunds"];
            (Request::post(CREDIT, &parts, new.body()), PURCHASE)
        }
        Credit::Grant(new) => (Request::post(CREDIT, &[organization, "grants"], new.body()), MADE),
        Credit::Adjust { cents, reason, idempotency_key } => {
            let body = json!({ "amount_in_cents": cents, "reason": reason, "idempotency_key": idempotency_key });
            (Request::post(CREDIT, &[organization, "adjustments"], body), MADE)
        }
        Credit::Mode { mode, reason } => {
            let body = json!({ "mode": mode.name(), "reason": reason });
            (Request::post(CREDIT, &[organization, "mode"], body), BALANCE)
        }
        Credit::Suspend { reason } => {
            (Request::post(CREDIT, &[organization, "suspend"], json!({ "reason": reason })), BALANCE)
        }
        Credit::Resume { reason } => {
            (Request::post(CREDIT, &[organization, "resume"], json!({ "reason": reason })), BALANCE)
        }
    };
    let answer = within.console.call(None, &request).await?;
    within.console.print_object(&answer, columns)
}
