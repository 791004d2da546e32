//! Usage: what was used and what it cost, day by day, by model, key, project or person; the same numbers in a table and
//! as CSV (S1-38).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use keystead_app::audit::{Named, Names};
use keystead_app::usage::{Bucket, Estimated, UsageRequest, Width};
use keystead_core::money::Amount;
use keystead_core::usage::Quantities;

use super::chart::{Measure, SERIES, chart, id_of};
use super::query::{Asked, GROUPS, LONGEST, MEASURES, RANGES, Range};
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::csv::cell;
use crate::web::error_page::Failure;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::layout::Shell;
use crate::web::response::{Page, show, show_again};

const HERE: &str = "/usage";
struct Row {
    id: String,
    /// What people call it; empty where the id says it all.
    name: String,
    /// What tells it from others of the same name.
    about: String,
    class: String,
    sum: Sum,
}

/// What was used and what it cost, with the part of it that was estimated.
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
    shell: Shell,
    rows: Vec<Row>,
    total: Sum,
    chart: String,
    chart_name: String,
    asked: Asked,
    show: &'static str,
    project: String,
    base: String,
    csv: String,
    home: String,
}

impl Usage {
    /// A number of a table, with a mark where a part of it was estimated.
    fn figure(&self, number: &i64, estimated: &i64) -> String {
        self.marked(self.shell.when.number(number), *estimated > 0)
    }

    fn money(&self, sum: &Sum) -> String {
        self.marked(self.shell.when.money(&sum.cost), sum.estimated.cost > Amount::ZERO)
    }

    fn marked(&self, figure: String, estimated: bool) -> String {
        if estimated { self.shell.t.say1("usage-about", "figure", figure) } else { figure }
    }

    /// How much of all this the model servers did not report; nothing when they reported everything.
    fn estimates(&self) -> Option<String> {
        let Estimated { used, cost } = self.total.estimated;
        let (t, when) = (self.shell.t, &self.shell.when);
        let tokens = used.input_tokens.saturating_add(used.output_tokens);
        let requests = t.count("usage-estimated-requests", &used.requests);
        let places = [("tokens", when.number(&tokens)), ("cost", when.money(&cost))];
        let [tokens, cost] = places.each_ref().map(|(name, text)| (*name, text.as_str()));
        let text = match used.input_tokens.saturating_add(used.output_tokens) {
            0 => t.say2("usage-estimated-other", &("requests", &requests), &cost),
            _ => t.say3("usage-estimated", &("requests", &requests), &tokens, &cost),
        };
        (used.requests > 0).then_some(text)
    }

    fn range(&self, days: &i64) -> String {
        self.shell.t.count("usage-days", days)
    }

    fn last(&self, days: &i64) -> String {
        format!("{}&{}", self.base, self.asked.query(Some(*days), None, None))
    }

    fn grouped(&self, by: &str) -> String {
        format!("{}&{}", self.base, self.asked.query(None, Some(by), None))
    }

    fn shown(&self, show: &str) -> String {
        format!("{}&{}", self.base, self.asked.query(None, None, Some(show)))
    }

    fn is_last(&self, days: &i64) -> bool {
        self.asked.range == Range::Last(*days)
    }

    fn is_by(&self, by: &str) -> bool {
        by == self.asked.by
    }

    fn is_shown(&self, show: &str) -> bool {
        show == self.show
    }

    fn date(&self, end: &str) -> &str {
        match &self.asked.range {
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
        self.shell.t.say(&format!("usage-by-{by}"))
    }

    fn measure_name(&self, show: &str) -> String {
        self.shell.t.say(&format!("usage-{show}"))
    }
}

/// How a row is called, and what tells it from others.
fn called(t: Text, by: &str, id: &str, names: &Names) -> (String, String) {
    let person = |id: &str| match names.get(id) {
        Some(Named::Person(person)) => Some(person.name.clone()),
        Some(Named::ServiceAccount(name)) => Some(name.to_owned()),
        _ => None,
    };
    match names.get(id) {
        _ if id.is_empty() && by == "user" => (t.say("usage-nobody"), String::new()),
        Some(Named::Person(person)) => (person.name.clone(), person.email.clone()),
        Some(Named::Key(key)) => {
            let owner = key.user.as_deref().or(key.service_account.as_deref()).and_then(person).unwrap_or_default();
            let name = key.name.clone().unwrap_or_else(|| t.say("key-unnamed"));
            (name, if owner.is_empty() { key.redacted.clone() } else { format!("{owner} · {}", key.redacted) })
        }
        Some(Named::Project(name) | Named::ServiceAccount(name)) => (name.to_owned(), id.to_owned()),
        None => (String::new(), String::new()),
    }
}

struct Read {
    buckets: Vec<Bucket>,
    names: Names,
    asked: Asked,
}

async fn read(state: &DashboardState, visit: &Visit) -> Result<Read, Failure> {
    let fail = |error| Failure::new(visit.person.text, error);
    let asked = Asked::read(&visit.person.asked);
    let (start, days) = asked.days(state.app.now());
    let request = UsageRequest {
        kind: None,
        start,
        end: None,
        width: Width::Day,
        limit: days,
        page: None,
        group_by: vec![asked.group()],
        projects: Vec::new(),
        users: Vec::new(),
        keys: Vec::new(),
        models: Vec::new(),
    };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let buckets = state.app.usage(&actor, organization, &request).await.map_err(fail)?.buckets;
    let ids: BTreeSet<String> = buckets.iter().flat_map(|bucket| &bucket.results).map(id_of).collect();
    let names = match asked.by {
        "model" => Names::default(),
        _ => state.app.names_in_usage(&actor, organization, ids).await.map_err(fail)?,
    };
    Ok(Read { buckets, names, asked })
}

/// Sums by id, dearest first; what costs nothing is ordered by requests.
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
    let t = visit.person.text;
    let Read { buckets, names, asked } = read(&state, &visit).await?;
    let shell = Shell::new(&state, &visit, &t.say("nav-usage"), HERE);
    let sums = sums(&buckets);
    let money = sums.iter().any(|(_, sum)| sum.cost > Amount::ZERO);
    let show = asked.show.unwrap_or(if money { "cost" } else { "requests" });
    let measure = match show {
        "cost" => Measure::Cost,
        "tokens" => Measure::Tokens,
        _ => Measure::Requests,
    };
    let order: Vec<String> = sums.iter().take(SERIES).map(|(id, ..)| id.clone()).collect();
    let chart = chart(&shell, &buckets, &order, measure);
    let mut total = Sum::default();
    let mut rows = Vec::with_capacity(sums.len());
    for (at, (id, sum)) in sums.into_iter().enumerate() {
        total = total.plus(sum.used, sum.cost, sum.estimated);
        let (name, about) = called(t, asked.by, &id, &names);
        rows.push(Row { id, name, about, class: format!("f{}", at.min(SERIES) + 1), sum });
    }
    let page = Usage {
        chart_name: t.say(&format!("usage-chart-{show}")),
        shell,
        rows,
        total,
        chart,
        show,
        project: visit.project.id.to_string(),
        base: visit.link(HERE),
        csv: visit.link(&format!("/usage.csv?{}", asked.query(None, None, None))),
        home: visit.link("/welcome/first-call"),
        asked,
    };
    show_page(t, &page)
}

fn show_page(t: Text, page: &Usage) -> Page {
    if page.asked.wrong { show_again(t, page) } else { show(t, page) }
}

/// The same numbers for a spreadsheet.
pub(crate) async fn csv(State(state): State<DashboardState>, visit: Visit) -> Result<Response, Failure> {
    let Read { buckets, names, asked } = read(&state, &visit).await?;
    let mut text = format!("day,{},name,requests,input_tokens,output_tokens,images,cost_usd,", asked.by);
    text.push_str(
        "estimated_requests,estimated_input_tokens,estimated_output_tokens,estimated_images,estimated_cost_usd\r\n",
    );
    for bucket in &buckets {
        let day = bucket.start.to_string();
        let day = day.split('T').next().unwrap_or_default();
        for result in &bucket.results {
            let id = id_of(result);
            let (name, _) = called(visit.person.text, asked.by, &id, &names);
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
