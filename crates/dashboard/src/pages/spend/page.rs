//! Settings > Organization > Spend limits, and the same for one project.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Page as Cursor;
use keystead_app::organizations::spend_alerts::{MOST_ALERTS, MOST_RECIPIENTS};
use keystead_app::organizations::spend_figures::AlertView;
use keystead_app::projects::Project;
use keystead_core::budget::{BudgetFigures, MOST_CENTS};
use keystead_core::id::ProjectId;
use keystead_core::money::Amount;

use super::alerts::{AlertFields, AlertRow};
use super::summary::{Bar, SpendSummary, look};
use crate::pages::organization::projects::HERE as PROJECTS;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, subpath};

pub(crate) const HERE: &str = "/settings/organization/spend";
/// Projects on one page.
const ROWS: u32 = 50;

/// One of the four figures of the page.
struct Figure {
    label: String,
    value: String,
    unit: &'static str,
}

/// A project of the organization.
struct Row {
    name: String,
    href: String,
    spent: String,
    limit: Option<String>,
    left: Option<String>,
    bar: Option<Bar>,
    look: &'static str,
    state: String,
}

/// A limit below what is spent, which needs to be confirmed.
pub(super) struct Caution {
    pub(super) text: String,
    pub(super) button: String,
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/spend.html")]
pub(super) struct Spend {
    layout: Layout,
    owner: bool,
    /// Whether the page is of one project.
    of_project: bool,
    pub(super) archived: bool,
    place: String,
    summary: SpendSummary,
    figures: Vec<Figure>,
    /// The limit with its currency.
    limit: Option<String>,
    /// What the field of the limit contains.
    pub(super) amount: String,
    amount_hint: String,
    /// The id of the field at fault, if it is one, and what is wrong.
    pub(super) wrong: FieldFault,
    pub(super) caution: Option<Caution>,
    rows: Vec<Row>,
    more: Option<String>,
    alerts: Vec<AlertRow>,
    /// The dialog about an alert: `change` or `delete`.
    dialog: Option<(&'static str, AlertRow)>,
    /// The fields of a new alert; `None` when there are as many alerts as possible.
    draft: Option<AlertFields>,
    recipients: i64,
    most: i64,
    link: String,
    /// The address of this page.
    back: String,
}

impl Spend {
    /// The target of a form.
    pub(super) fn act(&self, verb: &str) -> String {
        subpath(&self.link, HERE, verb)
    }
}

/// The page of one project.
pub(crate) fn own_page(project: &ProjectId) -> String {
    format!("{PROJECTS}/{project}/spend")
}

/// The page of a project, or of the organization.
pub(super) fn here(project: Option<&ProjectId>) -> String {
    project.map_or_else(|| HERE.to_owned(), own_page)
}

fn figures(visit: &Visit, figures: &BudgetFigures) -> Vec<Figure> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let figure = |label: &str, amount: Option<Amount>, none: String| Figure {
        label: t.text(label),
        unit: if amount.is_some() { "USD" } else { "" },
        value: amount.map_or(none, |amount| format.amount(&amount)),
    };
    let dash = || "–".to_owned();
    vec![
        figure("spend-spent", Some(figures.spent), dash()),
        figure("spend-aside", Some(figures.set_aside), dash()),
        figure("spend-left", figures.left(), dash()),
        figure("spend-limit", figures.limit, t.text("spend-no-limit")),
    ]
}

fn row(visit: &Visit, (project, figures): &(Project, BudgetFigures)) -> Row {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let (look, words) = look(figures.state());
    Row {
        name: t.project(project.is_default, &project.name),
        // The project becomes the chosen one.
        href: format!("{}?project={}", own_page(&project.id), project.id),
        spent: format.amount(&figures.spent),
        limit: figures.limit.map(|limit| format.amount(&limit)),
        left: figures.left().map(|left| format.amount(&left)),
        bar: Bar::of(format, figures),
        look,
        state: t.text(words),
    }
}

/// The projects of the organization, and the address of the next ones.
async fn projects(state: &DashboardState, visit: &Visit) -> Result<(Vec<Row>, Option<String>), PageError> {
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: true };
    let listed = state.app.spend_of_projects(&visit.person.actor(), &visit.organization.id, &cursor).await;
    let listed = listed.map_err(|error| PageError::new(visit.person.messages, error))?;
    let more = listed.data.last().filter(|_| listed.has_more);
    let more = more.map(|(last, _)| visit.link(&format!("{HERE}?after={}", last.id)));
    Ok((listed.data.iter().map(|one| row(visit, one)).collect(), more))
}

/// The dialog about an alert: with the fields that were refused, or the one that the query opens.
fn dialog_of(visit: &Visit, alerts: &[AlertRow], typed: Option<&AlertFields>) -> Option<(&'static str, AlertRow)> {
    let find = |id: &str| alerts.iter().find(|row| row.id == id).cloned();
    if let Some(typed) = typed.filter(|typed| !typed.key.is_empty()) {
        return Some(("change", find(typed.key.trim_start_matches('-'))?.typed(typed.clone())));
    }
    ["change", "delete"].into_iter().find_map(|verb| Some((verb, find(visit.person.query.get(verb)?)?)))
}

/// The page. `typed` are the fields of an alert that were refused.
pub(super) async fn page(
    state: &DashboardState,
    visit: &Visit,
    project: Option<&ProjectId>,
    typed: Option<&AlertFields>,
) -> Result<Spend, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fail = |error| PageError::new(t, error);
    let (actor, organization, owner) = (visit.person.actor(), &visit.organization.id, visit.owner());
    let view = state.app.spend_of(&actor, organization, project).await.map_err(fail)?;
    let (rows, more) = if project.is_none() { projects(state, visit).await? } else { (Vec::new(), None) };
    let alerts = match owner {
        true => state.app.spend_alerts_of_month(&actor, organization, project).await.map_err(fail)?,
        false => Vec::new(),
    };
    let limit = view.figures.limit;
    let (least, most) = (format.amount(&Amount::of_cents(1)), format.amount(&Amount::of_cents(MOST_CENTS)));
    let is_full = i64::try_from(alerts.len()).unwrap_or(i64::MAX) >= MOST_ALERTS;
    let fresh = || AlertFields { recipients: visit.person.session.email.clone(), ..AlertFields::default() };
    let draft = || typed.filter(|typed| typed.key.is_empty()).cloned().unwrap_or_else(fresh);
    let place = here(project);
    let alert = |alert: &AlertView| {
        AlertRow::of(format, alert, |verb| visit.link(&format!("{place}?{verb}={}", alert.alert.id)))
    };
    let alerts: Vec<AlertRow> = alerts.iter().map(alert).collect();
    Ok(Spend {
        layout: Layout::new(state, visit, &t.text("nav-spend"), HERE),
        owner,
        of_project: project.is_some(),
        archived: view.project.as_ref().is_some_and(|project| project.archived_at.is_some()),
        place: project.map(ToString::to_string).unwrap_or_default(),
        summary: SpendSummary::of(visit, &view),
        figures: figures(visit, &view.figures),
        limit: limit.map(|limit| format.money(&limit)),
        amount: limit.map(|limit| format.decimal(limit.rounded_to(100), 2)).unwrap_or_default(),
        amount_hint: t.text_with_all("spend-amount-hint", &[("least", &least), ("most", &most)]),
        wrong: FieldFault::default(),
        caution: None,
        rows,
        more,
        dialog: dialog_of(visit, &alerts, typed),
        alerts,
        draft: (!is_full).then(draft),
        recipients: i64::try_from(MOST_RECIPIENTS).unwrap_or(i64::MAX),
        most: MOST_ALERTS,
        link: visit.link(HERE),
        back: visit.link(&place),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None, None).await?)
}

pub(crate) async fn open_project(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("project", &id)?;
    render(visit.person.messages, &page(&state, &visit, Some(&id), None).await?)
}
