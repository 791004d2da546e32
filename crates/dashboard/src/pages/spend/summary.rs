//! What an organization or project has spent and may still spend: in words, and as a bar with its shares.

use jiff::tz::TimeZone;
use keystead_app::Error;
use keystead_app::organizations::spend_figures::SpendView;
use keystead_core::budget::{BudgetFigures, BudgetState};
use keystead_core::id::ProjectId;
use keystead_core::money::Amount;
use keystead_locales::LocalFormat;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// The parts of a limit, in thousandths of the bar, with their labels.
pub(crate) struct Bar {
    pub(crate) spent: u32,
    pub(crate) aside: u32,
    pub(crate) spent_label: String,
    /// Empty when nothing is set aside.
    pub(crate) aside_label: String,
    /// The spent part alone, for tables.
    pub(crate) share: String,
}

/// The state of one organization or project.
pub(crate) struct SpendSummary {
    /// What is spent, and the limit.
    pub(crate) text: String,
    /// What is left, and when the next month begins.
    pub(crate) rest: Vec<String>,
    pub(crate) bar: Option<Bar>,
    /// The class of the glyph, and the state in words.
    pub(crate) look: &'static str,
    pub(crate) state: String,
}

/// A share in thousandths as text: 61%, 61.5%.
fn percent(format: &LocalFormat, thousandths: u32) -> String {
    let figure = i64::from(thousandths);
    if figure % 10 == 0 { format!("{}%", figure / 10) } else { format!("{}%", format.decimal(figure, 1)) }
}

impl Bar {
    pub(crate) fn of(format: &LocalFormat, figures: &BudgetFigures) -> Option<Self> {
        let t = format.messages;
        let (spent, aside) = figures.thousandths()?;
        let share = percent(format, spent);
        Some(Self {
            spent,
            aside,
            spent_label: t.text_with("spend-part-spent", "percent", &share),
            aside_label: match aside {
                0 => String::new(),
                _ => t.text_with("spend-part-aside", "percent", percent(format, aside)),
            },
            share,
        })
    }
}

/// The class of the glyph of a state, and the key of its words.
pub(crate) const fn look(state: BudgetState) -> (&'static str, &'static str) {
    match state {
        BudgetState::Unlimited => ("", "spend-no-limit"),
        BudgetState::Within => ("ok", "spend-state-within"),
        BudgetState::Near => ("wait", "spend-state-near"),
        BudgetState::Reached => ("bad", "spend-state-reached"),
    }
}

impl SpendSummary {
    pub(crate) fn of(visit: &Visit, view: &SpendView) -> Self {
        let (t, format) = (visit.person.messages, &visit.person.format);
        let (kind, name) = match &view.project {
            Some(project) => ("project", t.project(project.is_default, &project.name)),
            None => ("organization", visit.organization.name.clone()),
        };
        let figures = &view.figures;
        let (spent, when) = (format.money(&figures.spent), format.exact_in_zone(&view.month.end));
        let limit = figures.limit.map(|limit| format.money(&limit)).unwrap_or_default();
        let (state, left) = (figures.state(), figures.left().unwrap_or_default());
        let all = [("kind", kind), ("name", &*name), ("spent", &*spent), ("limit", &*limit), ("when", &*when)];
        let (text, rest) = match state {
            BudgetState::Unlimited => (t.text_with_all("spend-lead-open", &all[..3]), Vec::new()),
            BudgetState::Reached => (t.text_with_all("spend-lead-reached", &all), Vec::new()),
            BudgetState::Within | BudgetState::Near => {
                let next = t.text_with("spend-resets", "when", &when);
                (t.text_with_all("spend-lead", &all[..4]), vec![left_text(format, left, figures.set_aside), next])
            }
        };
        let (look, words) = look(state);
        Self { text, rest, bar: Bar::of(format, figures), look, state: t.text(words) }
    }
}

fn left_text(format: &LocalFormat, left: Amount, aside: Amount) -> String {
    let (t, left) = (format.messages, format.money(&left));
    if aside == Amount::ZERO {
        return t.text_with("spend-left-line", "left", left);
    }
    t.text_with_all("spend-left-aside", &[("left", &left), ("aside", &format.money(&aside))])
}

/// The same format for days of months in UTC.
pub(crate) fn in_utc(format: &LocalFormat) -> LocalFormat {
    LocalFormat { zone: TimeZone::UTC, ..format.clone() }
}

/// Reads what the organization or a project has spent; `None` for people who may not see it.
pub(crate) async fn spend_of(
    state: &DashboardState,
    visit: &Visit,
    project: Option<&ProjectId>,
) -> Result<Option<SpendView>, PageError> {
    match state.app.spend_of(&visit.person.actor(), &visit.organization.id, project).await {
        Ok(view) => Ok(Some(view)),
        Err(Error::Refused(_) | Error::Forbidden { .. }) => Ok(None),
        Err(error) => Err(PageError::new(visit.person.messages, error)),
    }
}
