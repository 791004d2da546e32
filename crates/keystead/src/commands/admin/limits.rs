//! `keystead admin limits` and `keystead admin models`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use keystead_core::money::{Amount, Micros};
use keystead_core::usage::Price;
use serde_json::{Value, json};

use super::console::{Console, Within};
use super::place::Place;
use super::projects::PROJECTS;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;
use crate::config::Validated;

#[derive(Debug, Subcommand)]
pub(crate) enum Limits {
    /// List the rate limits of a project, by model.
    List {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        #[command(flatten)]
        window: Window,
    },
    /// Set rate limits of a project for one model.
    Set {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The rate limit, by the id in the list.
        #[arg(value_name = "LIMIT", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Requests in a minute.
        #[arg(long, value_name = "NUMBER")]
        requests_per_minute: Option<i64>,
        /// Tokens in a minute.
        #[arg(long, value_name = "NUMBER")]
        tokens_per_minute: Option<i64>,
        /// Images in a minute.
        #[arg(long, value_name = "NUMBER")]
        images_per_minute: Option<i64>,
        /// Requests in a day.
        #[arg(long, value_name = "NUMBER")]
        requests_per_day: Option<i64>,
    },
}

const LIMIT: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("MODEL", &["/model"], Kind::Text),
    column("REQUESTS/MIN", &["/max_requests_per_1_minute"], Kind::Limit),
    column("TOKENS/MIN", &["/max_tokens_per_1_minute"], Kind::Limit),
    column("IMAGES/MIN", &["/max_images_per_1_minute"], Kind::Limit),
    column("REQUESTS/DAY", &["/max_requests_per_1_day"], Kind::Limit),
];

pub(super) async fn run(within: &Within, command: Limits) -> Result<(), CliError> {
    match command {
        Limits::List { project, window } => {
            let listed = Listed { columns: LIMIT, nothing: "There are no models with rate limits." };
            within.list(Request::get(PROJECTS, &[&project, "rate_limits"]), window, listed).await
        }
        Limits::Set { project, id, requests_per_minute, tokens_per_minute, images_per_minute, requests_per_day } => {
            let body = json!({
                "max_requests_per_1_minute": requests_per_minute,
                "max_tokens_per_1_minute": tokens_per_minute,
                "max_images_per_1_minute": images_per_minute,
                "max_requests_per_1_day": requests_per_day,
            });
            within.object(Request::post(PROJECTS, &[&project, "rate_limits", &id], body), LIMIT).await
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// List the models of this installation with their prices, in dollars per million.
    List,
    /// Show which models a project may use.
    Show {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
    },
    /// Let a project use these models and no others.
    Allow {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The models.
        #[arg(required = true, value_name = "MODEL")]
        models: Vec<String>,
    },
    /// Let a project use every model except these.
    Deny {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// The models.
        #[arg(required = true, value_name = "MODEL")]
        models: Vec<String>,
    },
    /// Let a project use every model.
    Reset {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
    },
}

/// The last part of the path of a project's models.
const PERMISSIONS: &str = "model_permissions";

const ALLOWED: &[Column] = &[column("MODE", &["/mode"], Kind::Text), column("MODELS", &["/model_ids"], Kind::Text)];

const PRICES: &[Column] = &[
    column("MODEL", &["/id"], Kind::Id),
    column("INPUT", &["/input"], Kind::Number),
    column("CACHED", &["/cached_input"], Kind::Number),
    column("OUTPUT", &["/output"], Kind::Number),
    column("IMAGES", &["/image"], Kind::Number),
    column("CHARACTERS", &["/character"], Kind::Number),
    column("SECONDS", &["/second"], Kind::Number),
];

pub(super) async fn run_models(config: &Validated, place: Place, command: Models) -> Result<(), CliError> {
    let within = async || Within::open(config, &place).await;
    match command {
        Models::List => {
            place.everywhere("models list")?;
            list_models(&Console::open(config, place.json).await?).await
        }
        Models::Show { project } => {
            within().await?.object(Request::get(PROJECTS, &[&project, PERMISSIONS]), ALLOWED).await
        }
        Models::Allow { project, models } => set(&within().await?, &project, "allow_list", &models).await,
        Models::Deny { project, models } => set(&within().await?, &project, "deny_list", &models).await,
        Models::Reset { project } => {
            let sentence = format!("{project} may use every model.");
            within().await?.done(Request::delete(PROJECTS, &[&project, PERMISSIONS]), sentence).await
        }
    }
}

/// Lists the models of the installation.
async fn list_models(console: &Console) -> Result<(), CliError> {
    let prices = console.run(console.app().model_prices()).await?;
    let units = |price: Micros| Amount::from(price).as_units();
    let row = |(id, price): &(String, Price)| {
        json!({
            "id": id,
            "object": "keystead.model_price",
            "input": units(price.input),
            "cached_input": units(price.cached_input),
            "output": units(price.output),
            "image": units(price.image),
            "character": units(price.character),
            "second": units(price.second),
            "request": units(price.request),
            "tool_call": units(price.tool_call),
        })
    };
    let rows: Vec<Value> = prices.iter().map(row).collect();
    let list = json!({ "object": "list", "data": rows, "has_more": false });
    console.print_list(&list, Listed { columns: PRICES, nothing: "No models are served." })
}

async fn set(within: &Within, project: &str, mode: &str, models: &[String]) -> Result<(), CliError> {
    let body = json!({ "mode": mode, "model_ids": models });
    within.object(Request::post(PROJECTS, &[project, PERMISSIONS], body), ALLOWED).await
}
