//! The usage page: a sentence with the result, four figures, a chart by day and the table with the same numbers.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use keystead_app::usage::Estimated;
use keystead_core::chart::{SERIES, Series};
use keystead_core::money::Amount;

use super::budget::budgets;
use super::chart::{Drawing, Measure, Note};
use super::drawings::drawings;
use super::menus::{Choice, Figure, figures, groups, parts, periods};
use super::query::{Change, LONGEST, UsageQuery};
use super::read::{Read, Sum, called, read};
use super::refused::{self, Reason};
use super::words::{lead, note, percent, period, said};
use crate::pages::spend;
use crate::pages::spend::summary::SpendSummary;
use crate::state::DashboardState;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, render_invalid};

pub(super) const HERE: &str = "/usage";
/// The number of days that refused requests are kept.
const REFUSALS_KEPT: i64 = 30;

/// A row of the table.
struct Row {
    id: String,
    /// The name; empty if the id is enough.
    name: String,
    /// What distinguishes it from others of the same name.
    about: String,
    /// The place among the colours.
    place: usize,
    sum: Sum,
    share: String,
}

#[derive(Template)]
#[template(path = "pages/usage.html")]
struct Usage {
    layout: Layout,
    query: UsageQuery,
    lead: Vec<String>,
    /// The spend limits of what is shown.
    spend: Vec<SpendSummary>,
    /// Where alerts are set, for owners.
    notify: Option<String>,
    period: String,
    periods: Vec<Choice>,
    groups: Vec<Choice>,
    parts: Vec<Choice>,
    figures: Vec<Figure>,
    chart_name: String,
    drawings: Vec<Drawing>,
    note: Option<Note>,
    rows: Vec<Row>,
    /// The number of rows that are summed up as "other", and the address with all of them.
    other: Option<(i64, Sum, String, String)>,
    total: Sum,
    reasons: Vec<Reason>,
    refused: i64,
    kept: bool,
    show: &'static str,
    dates: (Date, Date),
    /// The chosen dates in words.
    dates_said: (String, String),
    project: String,
    csv: String,
    first_call: String,
}

impl Usage {
    /// A number of the table, marked if part of it was estimated; a dash for zero.
    fn number(&self, number: &i64, estimated: &i64) -> String {
        match number {
            0 => "–".to_owned(),
            _ => self.marked(self.layout.format.number(number), *estimated > 0),
        }
    }

    fn amount(&self, sum: &Sum) -> String {
        self.marked(self.layout.format.amount(&sum.cost), sum.estimated.cost > Amount::ZERO)
    }

    fn marked(&self, figure: String, estimated: bool) -> String {
        if estimated { self.layout.t.text_with("usage-about", "figure", figure) } else { figure }
    }

    /// How much was estimated because upstreams did not report it; `None` if they reported everything.
    fn estimates(&self) -> Option<String> {
        let Estimated { used, cost } = self.total.estimated;
        let (t, when) = (self.layout.t, &self.layout.format);
        let tokens = used.input_tokens.saturating_add(used.output_tokens);
        let cost = when.money(&cost);
        let text = match tokens {
            0 => t.count_with("usage-estimated-other", used.requests, &[("cost", &cost)]),
            _ => {
                let tokens = when.number(&tokens);
                t.count_with("usage-estimated", used.requests, &[("tokens", &tokens), ("cost", &cost)])
            }
        };
        (used.requests > 0).then_some(text)
    }

    fn group_name(&self) -> String {
        self.layout.t.text(&format!("usage-by-{}", self.query.by))
    }

    fn part_name(&self) -> String {
        if self.query.whole { self.layout.organization.clone() } else { self.layout.project.clone() }
    }

    fn is_refused(&self) -> bool {
        self.show == "refused"
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let read = read(&state, &visit).await?;
    let sums = read.sums();
    let total = sums.values().fold(Sum::default(), |sum, one| sum.plus(*one));
    let money = total.cost > Amount::ZERO;
    let show = read.query.show.unwrap_or(if money { "cost" } else { "requests" });
    let measure = match show {
        "cost" => Measure::Cost,
        "tokens" => Measure::Tokens,
        "refused" => Measure::Refused,
        _ => Measure::Requests,
    };
    let days = if measure == Measure::Refused { refused::days(&read.refused) } else { read.days(measure) };
    let mut totals: BTreeMap<String, i128> = BTreeMap::new();
    for (id, value) in days.iter().flat_map(|day| &day.values) {
        *totals.entry(id.clone()).or_default() += value;
    }
    let series = Series::of(&totals);
    let layout = Layout::new(&state, &visit, &t.text("nav-usage"), HERE);
    let note = note(&state, &visit, &read, &days, measure).await?;
    let refused = read.refused_total();
    let budgets = budgets(&state, &visit, read.query.whole).await?;
    let (from, to) = read.dates;
    let first_kept = visit.person.format.now.plus(-REFUSALS_KEPT * 86_400);
    let (rows, other) = rows(&visit, &read, &sums, &series, &totals);
    let page = Usage {
        lead: lead(&visit, &read, &total, &read.days(Measure::Cost), budgets.own),
        spend: budgets.lines,
        notify: visit.owner().then(|| notify(&visit, read.query.whole)),
        period: period(&visit, from, to),
        periods: periods(&visit, &read.query),
        groups: groups(&visit, &read.query),
        parts: parts(&visit, &read.query),
        figures: figures(&visit, &read.query, show, &total, refused),
        chart_name: t.text(&format!("usage-chart-{show}")),
        drawings: drawings(&visit, &read, (&days, &series, &totals, measure), note.as_ref()),
        reasons: if measure == Measure::Refused { refused::reasons(t, &read.refused, &series) } else { Vec::new() },
        kept: read.buckets.first().is_some_and(|bucket| bucket.start < first_kept),
        note,
        rows,
        other,
        total,
        refused,
        show,
        dates: read.dates,
        dates_said: (said(&visit, from), said(&visit, to)),
        project: visit.project.id.to_string(),
        csv: visit.link(&format!("/usage.csv?{}", read.query.with(Change::Nothing))),
        first_call: visit.link("/welcome/first-call"),
        query: read.query,
        layout,
    };
    if page.query.wrong { render_invalid(t, &page) } else { render(t, &page) }
}

/// The page where alerts for what is shown are set.
fn notify(visit: &Visit, whole: bool) -> String {
    let page = if whole { spend::HERE.to_owned() } else { spend::own_page(&visit.project.id) };
    format!("{}#alerts", visit.link(&page))
}

type Other = (i64, Sum, String, String);

/// The rows of the table in the order of the chart, and the sum of those without a colour.
fn rows(
    visit: &Visit,
    read: &Read,
    sums: &BTreeMap<String, Sum>,
    series: &Series,
    totals: &BTreeMap<String, i128>,
) -> (Vec<Row>, Option<Other>) {
    let whole: i128 = totals.values().sum();
    let share = |ids: &[String]| percent(visit, ids.iter().filter_map(|id| totals.get(id)).sum(), whole);
    let listed = series.own.iter().chain(series.other.iter().filter(|_| read.query.all));
    let row = |id: &String| {
        let (name, about) = called(visit.person.messages, read.query.by, id, &read.names);
        let share = share(std::slice::from_ref(id));
        Some(Row { sum: *sums.get(id)?, place: series.place(id), id: id.clone(), name, about, share })
    };
    let rows = listed.filter_map(row).collect();
    if series.other.is_empty() || read.query.all {
        return (rows, None);
    }
    let sum = series.other.iter().filter_map(|id| sums.get(id)).fold(Sum::default(), |sum, one| sum.plus(*one));
    let count = i64::try_from(series.other.len()).unwrap_or(i64::MAX);
    let all = visit.link(&format!("{HERE}?{}", read.query.with(Change::All)));
    (rows, Some((count, sum, share(&series.other), all)))
}
