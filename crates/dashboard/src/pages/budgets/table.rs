//! Rows of budgets: what each is for, what of it is used and left, and when it resets.

use std::collections::BTreeSet;

use keystead_app::audit::{Named, Names};
use keystead_app::budgets::BudgetView;
use keystead_core::budget::{BudgetKind, BudgetSubject, Interval, Measure, SubjectKind};
use keystead_core::money::Amount;
use keystead_locales::{LocalFormat, Messages};

use crate::pages::spend::summary::{Bar, look};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// One budget.
pub(crate) struct BudgetRow {
    pub(crate) id: String,
    /// The name of the subject, and its kind in words.
    pub(crate) whom: String,
    pub(crate) kind: String,
    /// What is measured in which period, in words.
    pub(crate) what: String,
    pub(crate) most: String,
    pub(crate) used: String,
    pub(crate) left: String,
    pub(crate) bar: Option<Bar>,
    pub(crate) look: &'static str,
    pub(crate) state: String,
    pub(crate) resets: String,
    /// Whether owners change it here.
    pub(crate) changeable: bool,
}

/// The key of the words for what is measured in a period.
pub(crate) const fn words(measure: Measure, interval: Interval) -> &'static str {
    match (measure, interval) {
        (Measure::Money, Interval::Hour) => "budget-money-hour",
        (Measure::Money, Interval::Day) => "budget-money-day",
        (Measure::Money, Interval::Week) => "budget-money-week",
        (Measure::Money, Interval::Month) => "budget-money-month",
        (Measure::Money, Interval::Total) => "budget-money-total",
        (Measure::Tokens, Interval::Hour) => "budget-tokens-hour",
        (Measure::Tokens, Interval::Day) => "budget-tokens-day",
        (Measure::Tokens, Interval::Week) => "budget-tokens-week",
        (Measure::Tokens, Interval::Month) => "budget-tokens-month",
        (Measure::Tokens, Interval::Total) => "budget-tokens-total",
        (Measure::Requests, Interval::Hour) => "budget-requests-hour",
        (Measure::Requests, Interval::Day) => "budget-requests-day",
        (Measure::Requests, Interval::Week) => "budget-requests-week",
        (Measure::Requests, Interval::Month) => "budget-requests-month",
        (Measure::Requests, Interval::Total) => "budget-requests-total",
    }
}

/// A figure with its currency, or a number.
pub(super) fn figure(format: &LocalFormat, measure: Measure, amount: &Amount) -> String {
    match measure {
        Measure::Money => format.money(amount),
        Measure::Tokens | Measure::Requests => format.number(&measure.figure(*amount)),
    }
}

const fn kind_words(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Organization => "audit-organization",
        SubjectKind::Project => "project",
        SubjectKind::Person => "budget-person",
        SubjectKind::Key => "budget-key",
    }
}

/// The name of a subject, or its id where the name is not known.
pub(super) fn name(visit: &Visit, names: &Names, subject: &BudgetSubject) -> String {
    let t: Messages = visit.person.messages;
    if matches!(subject, BudgetSubject::Organization(_)) {
        return visit.organization.name.clone();
    }
    let own = visit.organization.projects.iter().find(|project| project.id.as_str() == subject.id());
    if let Some(project) = own {
        return t.project(project.is_default, &project.name);
    }
    match names.get(subject.id()) {
        Some(Named::Person(person)) if !person.name.is_empty() => person.name.clone(),
        Some(Named::Person(person)) => person.email.clone(),
        Some(Named::Key(key)) => key.name.clone().unwrap_or_else(|| key.redacted.clone()),
        Some(Named::Project(name) | Named::ServiceAccount(name)) => name.to_owned(),
        None if subject.id() == visit.person.session.user.as_str() => visit.person.session.name.clone(),
        None => subject.id().to_owned(),
    }
}

fn row(visit: &Visit, names: &Names, view: &BudgetView) -> BudgetRow {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let (scope, figures) = (&view.row.budget.scope, &view.figures);
    let terms = scope.terms;
    let shown = |amount: Amount| figure(format, terms.measure, &amount);
    let (look, state) = look(figures.state());
    let credit = terms.kind == BudgetKind::Credit;
    BudgetRow {
        id: view.row.budget.id.to_string(),
        whom: name(visit, names, &scope.subject),
        kind: t.text(kind_words(scope.subject.kind())),
        what: t.text(if credit { "budget-credit" } else { words(terms.measure, terms.interval) }),
        most: shown(view.row.budget.most),
        used: shown(figures.spent),
        left: shown(figures.left().unwrap_or_default()),
        bar: Bar::of(format, figures),
        look,
        state: t.text(state),
        resets: match view.window.resets_at() {
            Some(at) => format.exact_in_zone(&at),
            None => t.text("budget-resets-never"),
        },
        changeable: !credit,
    }
}

/// The rows of budgets, with the names of what they are for as far as the visitor may see them.
pub(crate) async fn rows(
    state: &DashboardState,
    visit: &Visit,
    views: &[BudgetView],
) -> Result<(Vec<BudgetRow>, Names), PageError> {
    let ids = views.iter().map(|view| view.row.budget.scope.subject.id().to_owned()).collect();
    let names = names(state, visit, ids).await;
    Ok((views.iter().map(|view| row(visit, &names, view)).collect(), names))
}

/// The names of these ids; none for people who may not see usage.
pub(super) async fn names(state: &DashboardState, visit: &Visit, ids: BTreeSet<String>) -> Names {
    let names = state.app.names_in_usage(&visit.person.actor(), &visit.organization.id, ids).await;
    names.unwrap_or_default()
}

/// The budgets that apply to the visitor in the chosen project.
pub(crate) async fn applying(state: &DashboardState, visit: &Visit) -> Result<Vec<BudgetRow>, PageError> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let views = state.app.budgets_applying(&actor, organization, &visit.project.id).await;
    let views = views.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(rows(state, visit, &views).await?.0)
}
