//! The spend limits of what the usage page shows: what is spent, what is left, and what the month will come to.

use keystead_app::organizations::spend_figures::SpendView;
use keystead_app::usage::{DailyRequest, GroupKey};
use keystead_core::budget::{BudgetState, days_so_far, pace};
use keystead_core::id::ProjectId;
use keystead_core::money::Amount;

use super::words::rounded_amount;
use crate::pages::spend::summary::{SpendSummary, in_utc, spend_of};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// The limits that apply to what is shown.
pub(super) struct Budgets {
    pub(super) lines: Vec<SpendSummary>,
    /// Whether the first one is of exactly what is shown.
    pub(super) own: bool,
}

/// Reads the limits of the project and of the organization, or only that of the organization.
pub(super) async fn budgets(state: &DashboardState, visit: &Visit, whole: bool) -> Result<Budgets, PageError> {
    let project = (!whole).then_some(&visit.project.id);
    let mut budgets = Budgets { lines: Vec::new(), own: false };
    for subject in [project, None].into_iter().skip(usize::from(whole)) {
        let Some(view) = spend_of(state, visit, subject).await? else { continue };
        if view.figures.state() == BudgetState::Unlimited {
            continue;
        }
        budgets.own |= subject.is_some() || whole;
        let mut line = SpendSummary::of(visit, &view);
        if let Some(forecast) = forecast(state, visit, subject, &view).await? {
            // After what is left, before when the next month begins.
            line.rest.insert(line.rest.len().min(1), forecast);
        }
        budgets.lines.push(line);
    }
    Ok(budgets)
}

/// What the month will come to, in a sentence.
async fn forecast(
    state: &DashboardState,
    visit: &Visit,
    project: Option<&ProjectId>,
    view: &SpendView,
) -> Result<Option<String>, PageError> {
    let (t, format) = (visit.person.messages, in_utc(&visit.person.format));
    let days = days_so_far(view.month, state.app.now());
    let request = DailyRequest { days, group_by: GroupKey::Model, project: project.cloned() };
    let buckets = state.app.usage_by_day(&visit.person.actor(), &visit.organization.id, &request).await;
    let buckets = buckets.map_err(|error| PageError::new(t, error))?;
    let costs: Vec<Amount> = buckets
        .iter()
        .map(|bucket| bucket.results.iter().fold(Amount::ZERO, |sum, result| sum.plus(result.cost)))
        .collect();
    let figures = &view.figures;
    let limit = figures.limit.filter(|_| figures.state() != BudgetState::Reached);
    let Some(pace) = pace(view.month, &costs, limit) else { return Ok(None) };
    let cost = rounded_amount(pace.total.max(figures.spent).picos(), visit);
    let day = format.day(&view.month.end.plus(-1));
    Ok(Some(match pace.reached {
        None => t.text_with_all("spend-pace", &[("cost", &cost), ("day", &day)]),
        Some(at) => {
            let places = [("reached", format.day(&at)), ("cost", cost), ("day", day)];
            let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
            t.text_with_all("spend-pace-over", &places)
        }
    }))
}
