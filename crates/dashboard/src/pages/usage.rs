//! Usage: what was used and what it cost, day by day, by model, key, project or person; the same numbers in a table and
//! as CSV (S1-38).

use std::collections::BTreeMap;
use std::fmt::Write;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use keystead_app::usage::{Bucket, GroupKey, UsageRequest, UsageResult, Width};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_core::usage::Quantities;

use super::{Page, show};
use crate::DashboardState;
use crate::csv::cell;
use crate::failure::Failure;
use crate::shell::Shell;
use crate::visit::Visit;

const HERE: &str = "/usage";
/// Series that are told apart; the rest is "other".
const SERIES: usize = 5;
const DAY: i64 = 86_400;
/// The ranges people choose, in days.
const RANGES: [i64; 3] = [7, 30, 90];

struct Row {
    name: String,
    class: String,
    used: Quantities,
    cost: Micros,
}

#[derive(Template)]
#[template(path = "pages/usage.html")]
struct Usage {
    shell: Shell,
    rows: Vec<Row>,
    total: Row,
    chart: String,
    chart_name: String,
    days: i64,
    by: &'static str,
    ranges: [i64; 3],
    bys: [&'static str; 4],
    base: String,
    csv: String,
    home: String,
}

impl Usage {
    fn range(&self, days: &i64) -> String {
        self.shell.t.count("usage-days", days)
    }

    fn link(&self, days: &i64, by: &str) -> String {
        format!("{}&days={days}&by={by}", self.base)
    }

    fn chosen_range(&self, days: &i64) -> bool {
        *days == self.days
    }

    fn chosen_by(&self, by: &str) -> bool {
        by == self.by
    }

    fn by_name(&self, by: &str) -> String {
        self.shell.t.say(&format!("usage-by-{by}"))
    }
}

/// What is told apart.
fn group(by: &str) -> (GroupKey, &'static str) {
    match by {
        "key" => (GroupKey::ApiKey, "key"),
        "project" => (GroupKey::Project, "project"),
        "user" => (GroupKey::User, "user"),
        _ => (GroupKey::Model, "model"),
    }
}

fn name_of(result: &UsageResult) -> String {
    let name = result.model.as_ref().or(result.key.as_ref()).or(result.project.as_ref()).or(result.user.as_ref());
    name.cloned().unwrap_or_default()
}

struct Read {
    buckets: Vec<Bucket>,
    days: i64,
    by: &'static str,
}

async fn read(state: &DashboardState, visit: &Visit) -> Result<Read, Failure> {
    let asked = |name: &str| visit.person.asked.get(name).map(String::as_str).unwrap_or_default();
    let days = asked("days").parse().ok().filter(|days| RANGES.contains(days)).unwrap_or(30);
    let (group, by) = group(asked("by"));
    let now = state.app.now();
    let today = now.0.saturating_sub(now.0.rem_euclid(DAY));
    let request = UsageRequest {
        kind: None,
        start: Timestamp(today - (days - 1) * DAY),
        end: None,
        width: Width::Day,
        limit: days,
        page: None,
        group_by: vec![group],
        projects: Vec::new(),
        users: Vec::new(),
        keys: Vec::new(),
        models: Vec::new(),
    };
    let page = state.app.usage(&visit.person.actor(), &visit.organization.id, &request).await;
    let page = page.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(Read { buckets: page.buckets, days, by })
}

/// Sums by name, dearest first; what costs nothing is ordered by requests.
fn sums(buckets: &[Bucket]) -> Vec<(String, Quantities, Micros)> {
    let mut all: BTreeMap<String, (Quantities, Micros)> = BTreeMap::new();
    for result in buckets.iter().flat_map(|bucket| &bucket.results) {
        let entry = all.entry(name_of(result)).or_default();
        *entry = (entry.0.plus(result.used), entry.1.plus(result.cost));
    }
    let mut sorted: Vec<_> = all.into_iter().map(|(name, (used, cost))| (name, used, cost)).collect();
    sorted.sort_by(|a, b| (b.2.0, b.1.requests).cmp(&(a.2.0, a.1.requests)).then_with(|| a.0.cmp(&b.0)));
    sorted
}

/// What a bar shows: money when there is any, requests otherwise.
const fn height(result: &UsageResult, money: bool) -> i64 {
    if money { result.cost.0 } else { result.used.requests }
}

/// Stacked bars from zero, the largest series at the base.
fn chart(shell: &Shell, read: &Read, order: &[String], money: bool) -> String {
    const WIDTH: f64 = 1000.0;
    const HEIGHT: f64 = 240.0;
    const TOP: f64 = 24.0;
    const LEFT: f64 = 72.0;
    let total = |bucket: &Bucket| bucket.results.iter().map(|result| height(result, money)).sum::<i64>();
    let most = read.buckets.iter().map(total).max().unwrap_or(0).max(1);
    let label = |value: i64| if money { shell.when.money(&Micros(value)) } else { shell.when.number(&value) };
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-labelledby=\"chart-name\">",
        HEIGHT + TOP + 24.0
    );
    for quarter in 0..=3_i64 {
        let value = most * quarter / 3;
        let y = TOP + HEIGHT - HEIGHT * as_f64(value) / as_f64(most);
        let _ = write!(svg, "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
        let minor = if quarter == 3 { "" } else { " class=\"minor\"" };
        let _ = write!(svg, "<text x=\"0\" y=\"{:.1}\"{minor}>{}</text>", y + 4.0, label(value));
    }
    let slot = (WIDTH - LEFT) / as_f64(i64::try_from(read.buckets.len()).unwrap_or(1).max(1));
    for (at, bucket) in read.buckets.iter().enumerate() {
        let x = LEFT + slot * as_f64(i64::try_from(at).unwrap_or(0)) + slot * 0.16;
        let mut y = TOP + HEIGHT;
        let _ = write!(svg, "<g><title>{}: {}</title>", shell.when.date(&bucket.start), label(total(bucket)));
        for (index, name) in order.iter().enumerate().chain(std::iter::once((SERIES, &String::new()))) {
            let in_series = |result: &&UsageResult| {
                let own = order.iter().position(|known| *known == name_of(result));
                if index == SERIES { own.is_none() } else { own == Some(index) }
            };
            let sum: i64 = bucket.results.iter().filter(in_series).map(|result| height(result, money)).sum();
            if sum == 0 || (index == SERIES && !name.is_empty()) {
                continue;
            }
            let tall = HEIGHT * as_f64(sum) / as_f64(most);
            y -= tall;
            let _ = write!(
                svg,
                "<rect class=\"f{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                index.min(SERIES) + 1,
                slot * 0.68,
                (tall - 1.0).max(0.5)
            );
        }
        svg.push_str("</g>");
        let every = (read.buckets.len() / 6).max(1);
        if at % every == 0 {
            let minor = if (at / every).is_multiple_of(3) { "" } else { " class=\"minor\"" };
            let _ = write!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\"{minor}>{}</text>",
                TOP + HEIGHT + 18.0,
                short(shell, &bucket.start)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A day without its year.
fn short(shell: &Shell, at: &Timestamp) -> String {
    let date = shell.when.date(at);
    match date.split_once('年') {
        Some((_, rest)) => rest.to_owned(),
        None => date.rsplit_once(' ').map_or(date.clone(), |(rest, _)| rest.to_owned()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser than a float")]
const fn as_f64(value: i64) -> f64 {
    value as f64
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.text;
    let read = read(&state, &visit).await?;
    let shell = Shell::new(&state, &visit, &t.say("nav-usage"), HERE);
    let sums = sums(&read.buckets);
    let money = sums.iter().any(|(_, _, cost)| cost.0 > 0);
    let order: Vec<String> = sums.iter().take(SERIES).map(|(name, ..)| name.clone()).collect();
    let chart = chart(&shell, &read, &order, money);
    let mut total = Row { name: t.say("total"), class: String::new(), used: Quantities::default(), cost: Micros(0) };
    let mut rows = Vec::with_capacity(sums.len());
    for (at, (name, used, cost)) in sums.into_iter().enumerate() {
        total.used = total.used.plus(used);
        total.cost = total.cost.plus(cost);
        rows.push(Row { name, class: format!("f{}", at.min(SERIES) + 1), used, cost });
    }
    let (days, by) = (read.days, read.by);
    let page = Usage {
        chart_name: t.say(if money { "usage-chart-cost" } else { "usage-chart-requests" }),
        shell,
        rows,
        total,
        chart,
        days,
        by,
        ranges: RANGES,
        bys: ["model", "key", "project", "user"],
        base: visit.link(HERE),
        csv: visit.link(&format!("/usage.csv?days={days}&by={by}")),
        home: visit.link("/welcome/first-call"),
    };
    show(t, &page)
}

/// The same numbers for a spreadsheet.
pub(crate) async fn csv(State(state): State<DashboardState>, visit: Visit) -> Result<Response, Failure> {
    let read = read(&state, &visit).await?;
    let mut text = format!("day,{},requests,input_tokens,output_tokens,images,cost_usd\r\n", read.by);
    for bucket in &read.buckets {
        let day = bucket.start.to_string();
        let day = day.split('T').next().unwrap_or_default();
        for result in &bucket.results {
            let used = &result.used;
            let cost = result.cost.0;
            let _ = write!(
                text,
                "{day},{},{},{},{},{},{}.{:06}\r\n",
                cell(&name_of(result)),
                used.requests,
                used.input_tokens,
                used.output_tokens,
                used.images,
                cost / 1_000_000,
                cost.unsigned_abs() % 1_000_000
            );
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"usage.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}
