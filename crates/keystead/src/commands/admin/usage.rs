//! `keystead admin usage` and `keystead admin costs`.

use clap::{Args, ValueEnum};
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use super::console::Within;
use super::moments::moment;
use super::place::Place;
use super::request::Request;
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;
use crate::wiring;

const USAGE: &str = "/v1/organization/usage";
const COSTS: &str = "/v1/organization/costs";
const DAY: i64 = 86_400;
/// The periods of one answer; each is in memory until everything was read.
const MOST_PERIODS: i64 = 50_000;
/// The figures of one answer, for the same reason.
const MOST_FIGURES: usize = 200_000;

/// The time and the projects that figures are about.
#[derive(Debug, Args)]
pub(crate) struct Period {
    /// This many days, today included, in UTC.
    #[arg(long, value_name = "NUMBER", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3660),
        conflicts_with = "from")]
    days: u16,
    /// The beginning: 2026-11-30, 2026-11-30T12:00:00Z, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// The end, which is not included; now, without it.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Count only this project; it can be given several times.
    #[arg(long, value_name = "ID")]
    project: Vec<String>,
}

impl Period {
    fn start(&self) -> i64 {
        let today = wiring::now().0.div_euclid(DAY) * DAY;
        self.from.map_or(today - DAY * (i64::from(self.days) - 1), |from| from.0)
    }

    /// The request for figures of periods of this many seconds.
    fn request(&self, prefix: &str, parts: &[&str], width: i64) -> Result<Request, CliError> {
        let (start, end) = (self.start(), self.until.unwrap_or_else(wiring::now).0);
        if end.saturating_sub(start) / width > MOST_PERIODS {
            return Err(CliError::Usage(format!(
                "there are more than {MOST_PERIODS} periods in this time; choose a shorter time, or a longer --every"
            )));
        }
        let request = Request::get(prefix, parts)
            .with("start_time", Some(start))
            .with("end_time", self.until.map(|until| until.0))
            .with_all("project_ids", &self.project);
        Ok(request)
    }
}

/// A kind of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UsageOf {
    /// Chat completions, responses and completions.
    Completions,
    /// Embeddings.
    Embeddings,
    /// Images.
    Images,
    /// Text that was spoken.
    AudioSpeeches,
    /// Audio that was written down.
    AudioTranscriptions,
    /// Moderations.
    Moderations,
    /// Searches of the web by models.
    WebSearchCalls,
    /// Searches in files by models.
    FileSearchCalls,
}

impl UsageOf {
    const fn path(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
            Self::AudioSpeeches => "audio_speeches",
            Self::AudioTranscriptions => "audio_transcriptions",
            Self::Moderations => "moderations",
            Self::WebSearchCalls => "web_search_calls",
            Self::FileSearchCalls => "file_search_calls",
        }
    }
}

/// What figures are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// Projects.
    Project,
    /// Models.
    Model,
    /// People.
    User,
    /// Keys.
    Key,
}

impl GroupBy {
    const fn of_usage(self) -> &'static str {
        match self {
            Self::Project => "project_id",
            Self::Model => "model",
            Self::User => "user_id",
            Self::Key => "api_key_id",
        }
    }

    /// A line item of costs is a model.
    const fn of_costs(self) -> &'static str {
        match self {
            Self::Model => "line_item",
            other => other.of_usage(),
        }
    }
}

/// The length of one row in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Width {
    /// A day in UTC.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
}

/// Show what was used, a row for each day.
#[derive(Debug, Args)]
pub(crate) struct Usage {
    #[command(flatten)]
    place: Place,
    /// The kind of usage.
    #[arg(value_enum, default_value_t = UsageOf::Completions)]
    kind: UsageOf,
    #[command(flatten)]
    period: Period,
    /// The time of one row.
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = Width::Day)]
    every: Width,
    /// A row for each of these; it can be given several times.
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Vec<GroupBy>,
    /// Count only this model; it can be given several times.
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
}

/// Show what was spent, a row for each day.
#[derive(Debug, Args)]
pub(crate) struct Costs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    period: Period,
    /// A row for each of these; it can be given several times.
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Vec<GroupBy>,
}

impl Usage {
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }
}

impl Costs {
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }
}

/// Every figure of every kind; columns without a value are left out.
const FIGURES: &[Column] = &[
    column("FROM", &["/from"], Kind::Time),
    column("PROJECT", &["/project_id"], Kind::Id),
    column("MODEL", &["/model"], Kind::Text),
    column("USER", &["/user_id"], Kind::Id),
    column("KEY", &["/api_key_id"], Kind::Id),
    column("REQUESTS", &["/num_model_requests"], Kind::Number),
    column("CALLS", &["/num_requests"], Kind::Number),
    column("INPUT", &["/input_tokens"], Kind::Number),
    column("CACHED", &["/input_cached_tokens"], Kind::Number),
    column("OUTPUT", &["/output_tokens"], Kind::Number),
    column("IMAGES", &["/images"], Kind::Number),
    column("CHARACTERS", &["/characters"], Kind::Number),
    column("SECONDS", &["/seconds"], Kind::Number),
];

const AMOUNTS: &[Column] = &[
    column("FROM", &["/from"], Kind::Time),
    column("PROJECT", &["/project_id"], Kind::Id),
    column("MODEL", &["/line_item"], Kind::Text),
    column("USER", &["/user_id"], Kind::Id),
    column("KEY", &["/api_key_id"], Kind::Id),
    column("AMOUNT", &["/amount/value"], Kind::Number),
    column("CURRENCY", &["/amount/currency"], Kind::Text),
];

pub(super) async fn run(within: &Within, command: Usage) -> Result<(), CliError> {
    let (width, seconds) = match command.every {
        Width::Day => ("1d", DAY),
        Width::Hour => ("1h", 3_600),
        Width::Minute => ("1m", 60),
    };
    let request = command.period.request(USAGE, &[command.kind.path()], seconds)?;
    let request = command.by.iter().fold(request, |request, by| request.with("group_by", Some(by.of_usage())));
    let request = request.with("bucket_width", Some(width)).with_all("models", &command.model);
    show(within, request, FIGURES, "Nothing was used in this time.").await
}

pub(super) async fn run_costs(within: &Within, command: Costs) -> Result<(), CliError> {
    let request = command.period.request(COSTS, &[], DAY)?;
    let request = command.by.iter().fold(request, |request, by| request.with("group_by", Some(by.of_costs())));
    show(within, request, AMOUNTS, "Nothing was spent in this time.").await
}

/// Reads every page of buckets, and prints a row for each of their results.
async fn show(within: &Within, request: Request, columns: &[Column], nothing: &'static str) -> Result<(), CliError> {
    let (mut buckets, mut figures, mut next) = (Vec::new(), 0, None::<String>);
    loop {
        let mut page = within.call(&request.clone().with("page", next.as_ref())).await?;
        let Some(Value::Array(read)) = page.get_mut("data").map(Value::take) else {
            return Err(CliError::Other("the answer has no figures".to_owned()));
        };
        figures += read.iter().map(|bucket| bucket["results"].as_array().map_or(0, Vec::len)).sum::<usize>();
        buckets.extend(read);
        ensure_few(figures)?;
        next = page["next_page"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let rows: Vec<Value> = buckets.iter().flat_map(results).collect();
    let columns = filled(&rows, columns);
    let answer = json!({ "object": "page", "data": buckets, "has_more": false, "next_page": null });
    within.console.print(&answer, || within.console.rows(&rows, Listed { columns: &columns, nothing }))
}

/// Refuses an answer that would need too much memory.
fn ensure_few(figures: usize) -> Result<(), CliError> {
    if figures <= MOST_FIGURES {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "there are more than {MOST_FIGURES} figures in this time; choose a shorter time, fewer --by, or a longer --every"
    )))
}

/// The results of a bucket, each with the time when the bucket begins.
fn results(bucket: &Value) -> Vec<Value> {
    let dated = |result: &Value| {
        let mut row = result.clone();
        row["from"] = bucket["start_time"].clone();
        row
    };
    bucket["results"].as_array().map(|results| results.iter().map(dated).collect()).unwrap_or_default()
}

/// The columns with a value in some row.
fn filled(rows: &[Value], columns: &[Column]) -> Vec<Column> {
    columns.iter().filter(|column| rows.iter().any(|row| column.has_value(row))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded() {
        assert!(ensure_few(MOST_FIGURES).is_ok());
        assert!(matches!(ensure_few(MOST_FIGURES + 1), Err(CliError::Usage(text)) if text.contains("--every")));
    }
}
