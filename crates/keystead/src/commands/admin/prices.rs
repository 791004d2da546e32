//! `keystead admin prices`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use keystead_api::command_line::{price_import, price_preview};
use keystead_core::money::CURRENCY;
use keystead_core::prices::IMAGES;
use keystead_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::console::Console;
use super::moments::moment;
use super::request::Request;
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;

const PRICES: &str = "/v1/keystead/operator/prices";

#[derive(Debug, Subcommand)]
pub(crate) enum Prices {
    /// List the prices of all models for a million units, those without one first.
    List,
    /// Show every price of a model, the latest first.
    History {
        /// The model.
        #[arg(value_name = "MODEL")]
        model: String,
    },
    /// Set the price of a model for a million units. Kinds that are left out are free.
    Set(Box<NewPrice>),
    /// Withdraw a price that does not hold yet.
    Withdraw {
        /// The price, by the id in its history.
        #[arg(value_name = "PRICE")]
        id: String,
    },
    /// Set the prices of a list: Keystead's TOML, or the JSON map that LiteLLM publishes.
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// From when on; without it, now.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Timestamp>,
        /// The reason, for other operators.
        #[arg(long)]
        reason: String,
    },
    /// Show what a list would change, and what last month would have cost with it.
    Preview {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// From when on; without it, now.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Timestamp>,
    },
}

/// The price of a model for a million units of each kind.
#[derive(Debug, Args)]
pub(crate) struct NewPrice {
    /// The model.
    #[arg(value_name = "MODEL")]
    model: String,
    /// Tokens read.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    input: Option<String>,
    /// Cached tokens read; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    cached_input: Option<String>,
    /// Tokens read that are written into a cache; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    cache_write: Option<String>,
    /// Tokens of sound that are read; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    audio_input: Option<String>,
    /// Tokens of images that are read; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    image_input: Option<String>,
    /// Tokens written.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    output: Option<String>,
    /// Tokens of reasoning; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    reasoning: Option<String>,
    /// Tokens of sound that are written; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    audio_output: Option<String>,
    /// Tokens of images that are written; without it, as for other ones.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    image_output: Option<String>,
    /// Images.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    image: Option<String>,
    /// Characters spoken.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    character: Option<String>,
    /// Seconds of audio transcribed.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    second: Option<String>,
    /// Requests.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    request: Option<String>,
    /// Calls of web and file searches.
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    tool_call: Option<String>,
    /// Images of a quality and size, such as hd/1024x1792=120000; may be repeated.
    #[arg(long, value_name = "IMAGES=PRICE", value_parser = image_price)]
    images: Vec<(String, String)>,
    /// From when on; without it, now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// The reason, for other operators.
    #[arg(long)]
    reason: String,
}

/// Reads the price of images of one quality and size.
fn image_price(text: &str) -> Result<(String, String), String> {
    let (key, price) =
        text.split_once('=').ok_or("expected a quality and size and a price, such as hd/1024x1792=120000")?;
    Ok((key.trim().to_owned(), price.trim().to_owned()))
}

impl NewPrice {
    fn body(&self) -> Result<Value, CliError> {
        let mut images = Map::new();
        for (key, price) in &self.images {
            if images.insert(key.clone(), json!(price)).is_some() {
                return Err(CliError::Other(format!("--images {key} is there twice")));
            }
        }
        let images = (!images.is_empty()).then_some(images);
        Ok(json!({
            "model": self.model,
            "input": self.input,
            "cached_input": self.cached_input,
            "cache_write": self.cache_write,
            "audio_input": self.audio_input,
            "image_input": self.image_input,
            "output": self.output,
            "reasoning": self.reasoning,
            "audio_output": self.audio_output,
            "image_output": self.image_output,
            "image": self.image,
            "character": self.character,
            "second": self.second,
            "request": self.request,
            "tool_call": self.tool_call,
            "images": images,
            "holds_from": self.from,
            "reason": self.reason,
        }))
    }
}

const MODEL: &[Column] = &[
    column("MODEL", &["/model"], Kind::Id),
    column("SOURCE", &["/source"], Kind::Text),
    column("FREE", &["/free"], Kind::Text),
    column("INPUT", &["/price/input"], Kind::Number),
    column("CACHED", &["/price/cached_input"], Kind::Number),
    column("OUTPUT", &["/price/output"], Kind::Number),
    column("IMAGES OF", &["/images_of"], Kind::Id),
    column("IMAGES", &["/price/image"], Kind::Number),
    column("CHARACTERS", &["/price/character"], Kind::Number),
    column("SECONDS", &["/price/second"], Kind::Number),
    column("REQUESTS", &["/price/request"], Kind::Number),
    column("CALLS", &["/price/tool_call"], Kind::Number),
    column("NEXT", &["/next/0/holds_from"], Kind::Time),
];

const PRICE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("FROM", &["/holds_from"], Kind::Time),
    column("INPUT", &["/price/input"], Kind::Number),
    column("CACHED", &["/price/cached_input"], Kind::Number),
    column("OUTPUT", &["/price/output"], Kind::Number),
    column("IMAGES OF", &["/images_of"], Kind::Id),
    column("IMAGES", &["/price/image"], Kind::Number),
    column("CHARACTERS", &["/price/character"], Kind::Number),
    column("SECONDS", &["/price/second"], Kind::Number),
    column("REQUESTS", &["/price/request"], Kind::Number),
    column("CALLS", &["/price/tool_call"], Kind::Number),
    column("BY", &["/made_by"], Kind::Text),
    column("REASON", &["/reason"], Kind::Text),
    column("WITHDRAWN", &["/withdrawn_at"], Kind::Time),
];

const CHANGE: &[Column] = &[
    column("MODEL", &["/model"], Kind::Id),
    column("PRICE", &["/kind"], Kind::Text),
    column("BEFORE", &["/before"], Kind::Number),
    column("NEW", &["/after"], Kind::Number),
];

/// Kinds that are as another one where a price does not state them.
const AS_OTHERS: [(&str, &str); 7] = [
    ("cached_input", "input"),
    ("cache_write", "input"),
    ("audio_input", "input"),
    ("image_input", "input"),
    ("reasoning", "output"),
    ("audio_output", "output"),
    ("image_output", "output"),
];

pub(super) async fn run(console: &Console, command: Prices) -> Result<(), CliError> {
    match command {
        Prices::List => {
            let list = console.call(None, &Request::get(PRICES, &[])).await?;
            let rows = with_images(list["data"].as_array().map_or(&[][..], Vec::as_slice));
            console.print_rows(&list, &rows, Listed { columns: MODEL, nothing: "No models are served." })
        }
        Prices::History { model } => {
            let request = Request::get(PRICES, &["history"]).with("model", Some(model));
            let history = console.call(None, &request).await?;
            let rows = with_images(history["history"].as_array().map_or(&[][..], Vec::as_slice));
            let listed = Listed { columns: PRICE, nothing: "This model has the price of the configuration only." };
            console.print(&history, || console.rows(&rows, listed))
        }
        Prices::Set(new) => {
            let made = console.call(None, &Request::post(PRICES, &[], new.body()?)).await?;
            console.print(&made, || console.lines(&naming_images(&made), PRICE))
        }
        Prices::Withdraw { id } => {
            let withdrawn = console.call(None, &Request::delete(PRICES, &[&id])).await?;
            console.print(&withdrawn, || console.lines(&naming_images(&withdrawn), PRICE))
        }
        // Lists may be longer than bodies of the API.
        Prices::Import { file, from, reason } => {
            let list = read(&file)?;
            let import = console.app().import_prices(console.operator(), &list, from, &reason);
            let shown = price_import(&console.run(import).await?);
            console.print(&shown, || changes(console, &shown, "Prices that were set"))
        }
        Prices::Preview { file, from } => {
            let list = read(&file)?;
            let preview = console.app().preview_prices(console.operator(), &list, from);
            let shown = price_preview(&console.run(preview).await?);
            console.print(&shown, || {
                format!("{}\n{}", changes(console, &shown, "Prices that would be set"), month(&shown))
            })
        }
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|error| CliError::Other(format!("{}: {error}", file.display())))
}

/// Returns the prices, each followed by a row for images of each quality and size that have a price of their own.
fn with_images(prices: &[Value]) -> Vec<Value> {
    let mut rows = Vec::new();
    for one in prices {
        rows.push(one.clone());
        let images = one["price"][IMAGES].as_object().into_iter().flatten();
        rows.extend(images.map(|(key, price)| {
            json!({ "id": one["id"], "model": one["model"], "images_of": key, "price": { "image": price } })
        }));
    }
    rows
}

/// Returns a price that names images of each quality and size with their price on one line.
fn naming_images(price: &Value) -> Value {
    let images = price["price"][IMAGES].as_object().into_iter().flatten();
    let named = images.map(|(key, price)| format!("{key}: {}", price.as_f64().unwrap_or_default()));
    let named: Vec<String> = named.collect();
    let mut shown = price.clone();
    shown["images_of"] = json!(named);
    shown
}

/// Writes what a list changes.
fn changes(console: &Console, shown: &Value, done: &str) -> String {
    let changes = shown["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let table = console.rows(&differences(changes), Listed { columns: CHANGE, nothing: "No price differs." });
    let names = |member: &str, name: &str| {
        let all = shown[member].as_array().map_or(&[][..], Vec::as_slice);
        let names = all.iter().map(|one| one.as_str().or_else(|| one[name].as_str()).unwrap_or_default());
        keystead_core::text::in_terminal(&names.collect::<Vec<_>>().join(", "))
    };
    let (unusable, free) = (names("unusable", "model"), names("still_free", "model"));
    let mut lines = vec![
        table,
        format!(
            "{done}: {}. Models with the same price: {}. Entries of models that are not served: {}.",
            changes.len(),
            shown["unchanged"],
            shown["not_served"]
        ),
    ];
    for change in changes {
        let left_out = change["left_out"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let left_out = left_out.collect::<Vec<_>>().join(", ");
        if !left_out.is_empty() {
            let line = format!("Left out of {}: {left_out}", change["model"].as_str().unwrap_or_default());
            lines.push(keystead_core::text::in_terminal(&line));
        }
    }
    if !unusable.is_empty() {
        lines.push(format!("Without a price of what is counted: {unusable}"));
    }
    if !free.is_empty() {
        lines.push(format!("Free, because they have no price: {free}"));
    }
    lines.join("\n")
}

/// Returns a row for each kind of price that differs. A kind that is as another one, before and after, has none.
fn differences(changes: &[Value]) -> Vec<Value> {
    let mut rows = Vec::new();
    for change in changes {
        let (before, after) = (&change["before"], &change["after"]);
        let kinds = before.as_object().into_iter().flatten().map(|(kind, _)| kind.as_str());
        for kind in kinds.filter(|kind| *kind != IMAGES) {
            let base = AS_OTHERS.iter().find(|(one, _)| *one == kind).map(|(_, base)| *base);
            let is_as_base = base.is_some_and(|base| before[kind] == before[base] && after[kind] == after[base]);
            if before[kind] != after[kind] && !is_as_base {
                let model = &change["model"];
                rows.push(json!({ "model": model, "kind": kind, "before": before[kind], "after": after[kind] }));
            }
        }
        rows.extend(differences_of_images(&change["model"], &before[IMAGES], &after[IMAGES]));
    }
    rows
}

/// Returns a row for images of each quality and size with another price.
fn differences_of_images(model: &Value, before: &Value, after: &Value) -> Vec<Value> {
    let keys = [before, after].into_iter().filter_map(Value::as_object).flatten().map(|(key, _)| key.as_str());
    let keys: BTreeSet<&str> = keys.filter(|key| before[*key] != after[*key]).collect();
    let row = |key: &str| {
        let kind = format!("{IMAGES} {key}");
        json!({ "model": model, "kind": kind, "before": before[key], "after": after[key] })
    };
    keys.into_iter().map(row).collect()
}

/// Writes what last month would have cost.
fn month(shown: &Value) -> String {
    let month = &shown["last_month"];
    let (charged, would_cost) = (&month["charged"], &month["would_cost"]);
    format!("Last month cost {charged} {CURRENCY}; with these prices it would have cost {would_cost} {CURRENCY}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_that_differs_has_a_row() {
        let before = json!({ "input": 2.5, "cached_input": 1.25, "audio_input": 2.5, "image": 0.0 });
        let after = json!({ "input": 3.0, "cached_input": 1.25, "audio_input": 3.0, "image": 40_000.0 });
        let rows = differences(&[json!({ "model": "m", "before": before, "after": after })]);
        let kinds: Vec<&Value> = rows.iter().map(|row| &row["kind"]).collect();
        assert_eq!(kinds, ["image", "input"], "sound that is read costs what other input costs, before and after");
    }

    #[test]
    fn images_of_each_quality_and_size_have_a_row_with_their_price() {
        let plain = json!({ "id": "price_1", "model": "m", "price": { "input": 2.5, "image": 1.0, "images": {} } });
        let images = json!({ "hd": 3.5, "hd/1x1": 4.0 });
        let priced = json!({ "id": "price_2", "model": "n", "price": { "image": 2.0, "images": images } });
        let rows = with_images(&[plain.clone(), priced.clone()]);
        let expected = [
            plain.clone(),
            priced.clone(),
            json!({ "id": "price_2", "model": "n", "images_of": "hd", "price": { "image": 3.5 } }),
            json!({ "id": "price_2", "model": "n", "images_of": "hd/1x1", "price": { "image": 4.0 } }),
        ];
        assert_eq!(rows, expected);
        assert_eq!(naming_images(&priced)["images_of"], json!(["hd: 3.5", "hd/1x1: 4"]));
        assert_eq!(naming_images(&plain)["images_of"], json!([]));
    }

    #[test]
    fn images_that_differ_have_a_row_for_each_quality_and_size() {
        let before = json!({ "image": 1.0, "images": { "hd": 1.0, "low": 2.0 } });
        let after = json!({ "image": 1.0, "images": { "hd": 3.0, "low": 2.0, "1x1": 4.0 } });
        let rows = differences(&[json!({ "model": "m", "before": before, "after": after })]);
        let expected = [
            json!({ "model": "m", "kind": "images 1x1", "before": null, "after": 4.0 }),
            json!({ "model": "m", "kind": "images hd", "before": 1.0, "after": 3.0 }),
        ];
        assert_eq!(rows, expected);
        assert_eq!(image_price("hd/1x1 = 5"), Ok(("hd/1x1".to_owned(), "5".to_owned())));
        assert!(image_price("hd").is_err());
    }
}
