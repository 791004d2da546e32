//! The usage page: quantities and costs by day, grouped by model, key, project or person, as chart, table and CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use keystead_app::audit::{Named, Names};
use keystead_app::exports::Export;
use keystead_app::usage::{Bucket, Estimated, UsageRequest, Width};
use keystead_core::money::Amount;
use keystead_core::usage::Quantities;

use super::chart::{Measure, SERIES, chart, id_of};
use super::query::{GROUPS, LONGEST, MEASURES, RANGES, Range, UsageQuery};
use crate::state::DashboardState;
use crate::web::csv::cell;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::layout::Layout;
use crate::web::response::{Page, render, render_invalid};
use keystead_locales::Messages;

const HERE: &str = "/usage";
struct Row {
    id: String,
    /// The name; empty if the id is enough.
    name: String,
    /// What distinguishes it from others of the same name.
    about: String,
    class: String,
    sum: Sum,
}

/// Quantities and cost, with the part that was estimated.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    used: Quantities,
    cost: Amount,
    estimated: Estimated,
}

impl Sum {
    const fn plus(self, used: Quantities, cost: Amount, estimated: Estimated) -> Self {
        let Self { used: sum, cost: costs, estimated: estimates } = self;
        Self { used: sum.plus(used), cost: costs.plus(cost), estimated: estimates.plus(estimated) }
    }
}

#[derive(Template)]
#[template(path = "pages/usage.html")]
struct Usage {
    layout: Layout,
    rows: Vec<Row>,
    total: Sum,
    chart: String,
    chart_name: String,
    query: UsageQuery,
    show: &'static str,
    project: String,
    base: String,
    csv: String,
    home: String,
}

impl Usage {
    /// A number of the table, marked if part of it was estimated.
    fn figure(&self, number: &i64, estimated: &i64) -> String {
        self.marked(self.layout.format.number(number), *estimated > 0)
    }

    fn money(&self, sum: &Sum) -> String {
        self.marked(self.layout.format.money(&sum.cost), sum.estimated.cost > Amount::ZERO)
    }

    fn marked(&self, figure: String, estimated: bool) -> String {
        if estimated { self.layout.t.text_with("usage-about", "figure", figure) } else { figure }
    }

    /// How much was estimated because upstreams did not report it; `None` if they reported everything.
    fn estimates(&self) -> Option<String> {
        let Estimated { used, cost } = self.total.estimated;
        let (t, when) = (self.layout.t, &self.layout.format);
        let tokens = used.input_tokens.saturating_add(used.output_tokens);
        let requests = t.count("usage-estimated-requests", &used.requests);
        let places = [("tokens", when.number(&tokens)), ("cost", when.money(&cost))];
        let [tokens, cost] = places.each_ref().map(|(name, text)| (*name, text.as_str()));
        let text = match used.input_tokens.saturating_add(used.output_tokens) {
            0 => t.text_with_all("usage-estimated-other", &[("requests", &requests), cost]),
            _ => t.text_with_all("usage-estimated", &[("requests", &requests), tokens, cost]),
        };
        (used.requests > 0).then_some(text)
    }

    fn range(&self, days: &i64) -> String {
        self.layout.t.count("usage-days", days)
    }

    fn last(&self, days: &i64) -> String {
        format!("{}&{}", self.base, self.query.query_string(Some(*days), None, None))
    }

    fn grouped(&self, by: &str) -> String {
        format!("{}&{}", self.base, self.query.query_string(None, Some(by), None))
    }

    fn shown(&self, show: &str) -> String {
        format!("{}&{}", self.base, self.query.query_string(None, None, Some(show)))
    }

    fn is_last(&self, days: &i64) -> bool {
        self.query.range == Range::Last(*days)
    }

    fn is_by(&self, by: &str) -> bool {
        by == self.query.by
    }

    fn is_shown(&self, show: &str) -> bool {
        show == self.show
    }

    fn date(&self, end: &str) -> &str {
        match &self.query.range {
            Range::Between { from, to, .. } => {
                if end == "from" {
                    from
                } else {
                    to
                }
            }
            Range::Last(_) => "",
        }
    }

    fn by_name(&self, by: &str) -> String {
        self.layout.t.text(&format!("usage-by-{by}"))
    }

    fn measure_name(&self, show: &str) -> String {
        self.layout.t.text(&format!("usage-{show}"))
    }
}

/// The name of a row, and what distinguishes it from others of the same name.
fn called(t: Messages, by: &str, id: &str, names: &Names) -> (String, String) {
    let person = |id: &str| match names.get(id) {
        Some(Named::Person(person)) => Some(person.name.clone()),
        Some(Named::ServiceAccount(name)) => Some(name.to_owned()),
        _ => None,
    };
    match names.get(id) {
        _ if id.is_empty() && by == "user" => (t.text("usage-nobody"), String::new()),
        Some(Named::Person(person)) => (person.name.clone(), person.email.clone()),
        Some(Named::Key(key)) => {
            let owner = key.user.as_deref().or(key.service_account.as_deref()).and_then(person).unwrap_or_default();
            let name = key.name.clone().unwrap_or_else(|| t.text("key-unnamed"));
            (name, if owner.is_empty() { key.redacted.clone() } else { format!("{owner} · {}", key.redacted) })
        }
        Some(Named::Project(name) | Named::ServiceAccount(name)) => (name.to_owned(), id.to_owned()),
        None => (String::new(), String::new()),
    }
}

struct Read {
    buckets: Vec<Bucket>,
    names: Names,
    query: UsageQuery,
}

async fn read(state: &DashboardState, visit: &Visit) -> Result<Read, PageError> {
    let fail = |error| PageError::new(visit.person.messages, error);
    let query = UsageQuery::read(&visit.person.query);
    let (start, days) = query.days(state.app.now());
    let request = UsageRequest {
        kind: None,
        start,
        end: None,
        width: Width::Day,
        limit: days,
        page: None,
        group_by: vec![query.group()],
        projects: Vec::new(),
        users: Vec::new(),
        keys: Vec::new(),
        models: Vec::new(),
    };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let buckets = state.app.usage(&actor, organization, &request).await.map_err(fail)?.buckets;
    let ids: BTreeSet<String> = buckets.iter().flat_map(|bucket| &bucket.results).map(id_of).collect();
    let names = match query.by {
        "model" => Names::default(),
        _ => state.app.names_in_usage(&actor, organization, ids).await.map_err(fail)?,
    };
    Ok(Read { buckets, names, query })
}

/// Sums by id, highest cost first; without costs, most requests first.
fn sums(buckets: &[Bucket]) -> Vec<(String, Sum)> {
    let mut all: BTreeMap<String, Sum> = BTreeMap::new();
    for result in buckets.iter().flat_map(|bucket| &bucket.results) {
        let sum = all.entry(id_of(result)).or_default();
        *sum = sum.plus(result.used, result.cost, result.estimated);
    }
    let mut sorted: Vec<_> = all.into_iter().collect();
    let order = |sum: &Sum| (sum.cost, sum.used.requests);
    sorted.sort_by(|a, b| order(&b.1).cmp(&order(&a.1)).then_with(|| a.0.cmp(&b.0)));
    sorted
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let Read { buckets, names, query } = read(&state, &visit).await?;
    let layout = Layout::new(&state, &visit, &t.text("nav-usage"), HERE);
    let sums = sums(&buckets);
    let money = sums.iter().any(|(_, sum)| sum.cost > Amount::ZERO);
    let show = query.show.unwrap_or(if money { "cost" } else { "requests" });
    let measure = match show {
        "cost" => Measure::Cost,
        "tokens" => Measure::Tokens,
        _ => Measure::Requests,
    };
    let order: Vec<String> = sums.iter().take(SERIES).map(|(id, ..)| id.clone()).collect();
    let chart = chart(&layout, &buckets, &order, measure);
    let mut total = Sum::default();
    let mut rows = Vec::with_capacity(sums.len());
    for (at, (id, sum)) in sums.into_iter().enumerate() {
        total = total.plus(sum.used, sum.cost, sum.estimated);
        let (name, about) = called(t, query.by, &id, &names);
        rows.push(Row { id, name, about, class: format!("f{}", at.min(SERIES) + 1), sum });
    }
    let page = Usage {
        chart_name: t.text(&format!("usage-chart-{show}")),
        layout,
        rows,
        total,
        chart,
        show,
        project: visit.project.id.to_string(),
        base: visit.link(HERE),
        csv: visit.link(&format!("/usage.csv?{}", query.query_string(None, None, None))),
        home: visit.link("/welcome/first-call"),
        query,
    };
    show_page(t, &page)
}

fn show_page(t: Messages, page: &Usage) -> Page {
    if page.query.wrong { render_invalid(t, page) } else { render(t, page) }
}

/// The same numbers for a spreadsheet.
pub(crate) async fn csv(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let counted = state.app.begin_export(&actor, organization, Export::Usage).await;
    counted.map_err(|error| PageError::new(visit.person.messages, error))?;
    let Read { buckets, names, query } = read(&state, &visit).await?;
    let mut text = format!("day,{},name,requests,input_tokens,output_tokens,images,cost_usd,", query.by);
    text.push_str(
        "estimated_requests,estimated_input_tokens,estimated_output_tokens,estimated_images,estimated_cost_usd\r\n",
    );
    for bucket in &buckets {
        let day = bucket.start.to_string();
        let day = day.split('T').next().unwrap_or_default();
        for result in &bucket.results {
            let id = id_of(result);
            let (name, _) = called(visit.person.messages, query.by, &id, &names);
            let Estimated { used: estimated, cost: estimated_cost } = &result.estimated;
            let all = figures(&result.used, &result.cost);
            let part = figures(estimated, estimated_cost);
            let _ = write!(text, "{day},{},{},{all},{part}\r\n", cell(&id), cell(&name));
        }
    }
    Ok(file_answer(FileKind::Csv { disposition: "attachment; filename=\"usage.csv\"" }, text))
}

/// Cells of one sum. A cost has all its digits.
fn figures(used: &Quantities, cost: &Amount) -> String {
    format!("{},{},{},{},{cost}", used.requests, used.input_tokens, used.output_tokens, used.images)
}
