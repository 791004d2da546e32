//! `keystead admin webhooks`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::console::Within;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

/// The prefix of the paths of webhooks.
const WEBHOOKS: &str = "/v1/keystead/webhooks";

#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// List the webhooks of the organization.
    List,
    /// Show one webhook.
    Show {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make a webhook and its secret, which is shown once.
    Create {
        /// The address to which events are sent.
        url: String,
        /// A type of events; may be repeated.
        #[arg(long = "event", value_name = "TYPE", required = true)]
        events: Vec<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// Send events to a webhook again.
    Enable {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Send no events to a webhook.
    Disable {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make a new secret, which is shown once; the present one signs too for a day.
    Rotate {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Queue a test event, which a running node sends.
    Test {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// List what was sent to a webhook in the last 30 days, the newest first.
    Deliveries {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        window: Window,
    },
    /// Send a delivery again.
    Redeliver {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The delivery.
        #[arg(value_name = "DELIVERY", value_parser = NonEmptyStringValueParser::new())]
        delivery: String,
    },
    /// Delete a webhook with its log.
    Delete {
        /// The webhook.
        #[arg(value_name = "WEBHOOK", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const WEBHOOK: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("URL", &["/url"], Kind::Id),
    column("EVENTS", &["/event_types"], Kind::Text),
    column("ENABLED", &["/enabled"], Kind::Text),
    column("OFF BECAUSE", &["/disabled_reason"], Kind::Text),
    column("FAILING SINCE", &["/failing_since"], Kind::Time),
];

const WITH_SECRET: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("URL", &["/url"], Kind::Id),
    column("SECRET", &["/secret"], Kind::Id),
    column("OLD SECRET ENDS", &["/previous_secret_ends_at"], Kind::Time),
];

const DELIVERY: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("EVENT", &["/event_type"], Kind::Text),
    column("STATE", &["/state"], Kind::Text),
    column("ATTEMPTS", &["/attempts"], Kind::Number),
    column("STATUS", &["/status"], Kind::Number),
    column("FAULT", &["/fault"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
    column("NEXT", &["/next_attempt_at"], Kind::Time),
];

pub(super) async fn run(within: &Within, command: Webhooks) -> Result<(), CliError> {
    let switch = |enabled: bool| json!({ "enabled": enabled });
    match command {
        Webhooks::List => {
            let list = within.call(&Request::get(WEBHOOKS, &[])).await?;
            within.console.print_list(&list, Listed { columns: WEBHOOK, nothing: "There are no webhooks." })
        }
        Webhooks::Show { id } => within.object(Request::get(WEBHOOKS, &[&id]), WEBHOOK).await,
        Webhooks::Create { url, events, description } => {
            let body = json!({ "url": url, "event_types": events, "description": description });
            within.secret(Request::post(WEBHOOKS, &[], body), WITH_SECRET).await
        }
        Webhooks::Enable { id } => within.object(Request::post(WEBHOOKS, &[&id], switch(true)), WEBHOOK).await,
        Webhooks::Disable { id } => within.object(Request::post(WEBHOOKS, &[&id], switch(false)), WEBHOOK).await,
        Webhooks::Rotate { id } => {
            within.secret(Request::post(WEBHOOKS, &[&id, "rotate"], json!({})), WITH_SECRET).await
        }
        Webhooks::Test { id } => within.object(Request::post(WEBHOOKS, &[&id, "test"], json!({})), DELIVERY).await,
        Webhooks::Deliveries { id, window } => {
            let listed = Listed { columns: DELIVERY, nothing: "Nothing was sent to this webhook." };
            within.list(Request::get(WEBHOOKS, &[&id, "deliveries"]), window, listed).await
        }
        Webhooks::Redeliver { id, delivery } => {
            let request = Request::post(WEBHOOKS, &[&id, "deliveries", &delivery, "redeliver"], json!({}));
            within.object(request, DELIVERY).await
        }
        Webhooks::Delete { id } => {
            let sentence = format!("{id} is deleted, and nothing is sent to it any more.");
            within.done(Request::delete(WEBHOOKS, &[&id]), sentence).await
        }
    }
}
