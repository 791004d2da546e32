//! Settings > Organization > Budgets.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::budgets::BudgetView;
use keystead_core::budget::{BudgetSubject, Interval, MOST_CENTS, Measure};
use keystead_core::money::Amount;

use super::table::{self, BudgetRow, words};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, subpath};

pub(crate) const HERE: &str = "/settings/organization/budgets";
/// Budgets on one page.
const ROWS: u32 = 50;
/// Projects and members to choose from; others have the link of their own page.
const CHOICES: u32 = 100;

/// One choice of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// What the form of a new budget contains.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) subject: String,
    pub(super) terms: String,
    pub(super) amount: String,
}

/// A budget below what is used, which needs to be confirmed.
pub(super) struct Caution {
    pub(super) text: String,
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

/// The dialog that changes or removes a budget.
pub(super) struct Dialog {
    verb: &'static str,
    row: BudgetRow,
    pub(super) amount: String,
    /// What is wrong with the amount.
    pub(super) wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/budgets.html")]
pub(super) struct Budgets {
    layout: Layout,
    owner: bool,
    budget_rows: Vec<BudgetRow>,
    budgets_change: bool,
    budgets_href: String,
    more: Option<String>,
    subjects: Vec<Choice>,
    terms: Vec<Choice>,
    pub(super) amount: String,
    /// The field of a new budget that is at fault, and why.
    pub(super) wrong: FieldFault,
    pub(super) caution: Option<Caution>,
    pub(super) dialog: Option<Dialog>,
    amount_hint: String,
    link: String,
    back: String,
    spend_href: String,
    alerts_href: String,
}

impl Budgets {
    /// The target of a form.
    pub(super) fn act(&self, verb: &str) -> String {
        subpath(&self.link, HERE, verb)
    }
}

fn choices_of_terms(visit: &Visit, typed: &Typed) -> Vec<Choice> {
    let each = |measure: Measure| Interval::ALL.into_iter().map(move |interval| (measure, interval));
    let choice = |(measure, interval): (Measure, Interval)| {
        let value = format!("{}/{}", measure.as_str(), interval.as_str());
        let chosen = if typed.terms.is_empty() { value == "money/month" } else { value == typed.terms };
        Choice { label: visit.person.messages.text(words(measure, interval)), value, chosen }
    };
    Measure::ALL.into_iter().flat_map(each).map(choice).collect()
}

/// What a budget can be for: the organization, its projects and members, and what the address names.
async fn choices_of_subjects(state: &DashboardState, visit: &Visit, typed: &Typed) -> Result<Vec<Choice>, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let first = || Cursor { after: None, limit: CHOICES, ascending: true };
    let projects = state.app.projects(&actor, organization, false, first()).await.map_err(fail)?;
    let members = state.app.members(&actor, organization, &[], first()).await.map_err(fail)?;
    let mut found =
        vec![(organization.to_string(), t.text_with("budget-for-organization", "name", &visit.organization.name))];
    for project in projects.data {
        let name = t.project(project.is_default, &project.name);
        found.push((project.id.to_string(), t.text_with("budget-for-project", "name", name)));
    }
    for member in members.data {
        let name = if member.user.name.is_empty() { member.user.email } else { member.user.name };
        found.push((member.user.id.to_string(), t.text_with("budget-for-person", "name", name)));
    }
    if !typed.subject.is_empty() && found.iter().all(|(id, _)| *id != typed.subject) {
        let names = table::names(state, visit, [typed.subject.clone()].into()).await;
        if let Some(subject) = subject(visit, &typed.subject) {
            let name = table::name(visit, &names, &subject);
            let words = if matches!(subject, BudgetSubject::Key(_)) { "budget-for-key" } else { "budget-for-person" };
            found.push((typed.subject.clone(), t.text_with(words, "name", name)));
        }
    }
    let choice = |(value, label): (String, String)| Choice { chosen: value == typed.subject, value, label };
    Ok(found.into_iter().map(choice).collect())
}

/// Reads what a budget is for, by the id of the organization, a project, a person or a key.
pub(super) fn subject(visit: &Visit, id: &str) -> Option<BudgetSubject> {
    match id.parse() {
        Ok(user) => Some(BudgetSubject::person(&visit.organization.id, &user)),
        Err(_) => id.parse().ok(),
    }
}

/// The budgets of the page, and whether there are more: all for owners, for others those that apply to them.
async fn listed(state: &DashboardState, visit: &Visit) -> Result<(Vec<BudgetView>, bool), PageError> {
    let fail = |error| PageError::new(visit.person.messages, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    if !visit.owner() {
        let views = state.app.budgets_applying(&actor, organization, &visit.project.id).await.map_err(fail)?;
        return Ok((views, false));
    }
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: true };
    let listed = state.app.budgets(&actor, organization, &cursor).await.map_err(fail)?;
    Ok((listed.data, listed.has_more))
}

/// The dialog that changes or removes this budget.
pub(super) async fn dialog(
    state: &DashboardState,
    visit: &Visit,
    verb: &'static str,
    id: &str,
) -> Result<Option<Dialog>, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let id = visit.named("budget", id)?;
    let view = state.app.budget(&visit.person.actor(), &visit.organization.id, &id).await;
    let view = view.map_err(|error| PageError::new(t, error))?;
    let (measure, most) = (view.row.budget.scope.terms.measure, view.row.budget.most);
    let amount = match measure {
        Measure::Money => format.decimal(measure.figure(most), 2),
        Measure::Tokens | Measure::Requests => measure.figure(most).to_string(),
    };
    let (mut rows, _) = table::rows(state, visit, &[view]).await?;
    Ok(rows.pop().map(|row| Dialog { verb, row, amount, wrong: None }))
}

/// The page. `typed` is what was typed into a form that was refused.
pub(super) async fn page(state: &DashboardState, visit: &Visit, typed: Option<Typed>) -> Result<Budgets, PageError> {
    let (t, format, owner) = (visit.person.messages, &visit.person.format, visit.owner());
    let (views, has_more) = listed(state, visit).await?;
    let (rows, _) = table::rows(state, visit, &views).await?;
    let named = || Typed { subject: visit.person.query.get("for").cloned().unwrap_or_default(), ..Typed::default() };
    let typed = typed.unwrap_or_else(named);
    let subjects = if owner { choices_of_subjects(state, visit, &typed).await? } else { Vec::new() };
    let asked = ["change", "remove"].into_iter().find_map(|verb| Some((verb, visit.person.query.get(verb)?)));
    let dialog = match asked.filter(|_| owner) {
        None => None,
        Some((verb, id)) => dialog(state, visit, verb, id).await?,
    };
    let last = views.last().filter(|_| has_more);
    let (least, most) = (format.amount(&Amount::of_cents(1)), format.amount(&Amount::of_cents(MOST_CENTS)));
    Ok(Budgets {
        layout: Layout::new(state, visit, &t.text("nav-budgets"), HERE),
        owner,
        budget_rows: rows,
        budgets_change: owner,
        budgets_href: visit.link(HERE),
        more: last.map(|last| visit.link(&format!("{HERE}?after={}", last.row.budget.id))),
        subjects,
        terms: choices_of_terms(visit, &typed),
        amount: typed.amount,
        wrong: FieldFault::default(),
        caution: None,
        dialog,
        amount_hint: t.text_with_all("budget-amount-hint", &[("least", &least), ("most", &most)]),
        link: visit.link(HERE),
        back: visit.link(HERE),
        spend_href: visit.link(crate::pages::spend::HERE),
        alerts_href: visit.link(super::alerts::HERE),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}
