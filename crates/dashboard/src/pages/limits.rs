//! The rate limits of the chosen project for each model, in one form, and how to get higher ones.

mod tier;

use askama::Template;
use axum::extract::State;
use keystead_app::projects::rate_limits::{ProjectRate, RateChange, SavedRates};
use keystead_app::verification::RequirementState;
use keystead_core::gate::Requirement;
use keystead_core::rate::{InvalidLimit, Measure, RateLimits};

use self::tier::TierSection;
use crate::pages::budgets::table::{BudgetRow, applying};
use crate::pages::spend::summary::{SpendSummary, spend_of};
use crate::pages::{budgets, spend};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, render_invalid};

const HERE: &str = "/limits";
/// Models on one page, so that a form stays below its largest size.
const ROWS: usize = 100;

/// One limit of one model.
struct Cell {
    /// The id of its field. It has no part of the model's name, which may contain spaces.
    id: String,
    name: String,
    label: String,
    /// The limit in force, formatted.
    effective: String,
    /// The project's own limit, as typed; empty if it has none.
    own: String,
    /// The organization's limit, formatted; `None` if there is none.
    organization: Option<String>,
    /// Whether the project has its own limit.
    by_project: bool,
    wrong: Option<String>,
}

struct Row {
    id: String,
    model: String,
    cells: Vec<Cell>,
    /// The own limits that are shown, for the form.
    seen: String,
    /// Whether another person changed the row after the form was opened.
    taken: bool,
}

/// A wrong field, for the summary.
struct Wrong {
    field: String,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/limits.html")]
struct Limits {
    layout: Layout,
    /// The usage tier; `None` where the installation has none.
    tier: Option<TierSection>,
    /// What the project and the organization have spent; empty for people who may not see it.
    spend: Vec<SpendSummary>,
    spend_href: String,
    /// Every budget that applies here.
    budget_rows: Vec<BudgetRow>,
    budgets_change: bool,
    budgets_href: String,
    rows: Vec<Row>,
    labels: Vec<String>,
    /// What is wrong as a whole.
    wrong: Option<String>,
    wrong_fields: Vec<Wrong>,
    administers: bool,
    organization: String,
    /// Whether the organization is verified or does not have to be.
    verified: bool,
    action: String,
    general: String,
    /// The address of the next models, if there are more.
    more: Option<String>,
}

const fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::RequestsPerMinute => "limits-requests",
        Measure::RequestsPerDay => "limits-requests-day",
        Measure::TokensPerMinute => "limits-tokens",
        Measure::ImagesPerMinute => "limits-images",
    }
}

/// The four columns; first those that the headers of the API report.
const COLUMNS: [Measure; 4] =
    [Measure::RequestsPerMinute, Measure::TokensPerMinute, Measure::RequestsPerDay, Measure::ImagesPerMinute];

/// A form that was refused: its fields, and why.
struct Refused<'a> {
    form: &'a Form,
    invalid: Vec<(String, InvalidLimit)>,
    taken: Vec<String>,
}

/// The name of the field of one limit.
fn field(id: &str, measure: Measure) -> String {
    format!("{}-{id}", measure.member())
}

/// Own limits as text for a hidden field, in the order of [`COLUMNS`].
fn seen(own: &RateLimits) -> String {
    let text = |measure: Measure| own.get(measure).map(|limit| limit.to_string()).unwrap_or_default();
    COLUMNS.map(text).join(",")
}

fn row(visit: &Visit, place: usize, rate: &ProjectRate, refused: Option<&Refused<'_>>) -> Row {
    let (t, when) = (visit.person.messages, &visit.person.format);
    let number = |limit: u64| when.number(&i64::try_from(limit).unwrap_or(i64::MAX));
    let (effective, id) = (rate.effective(), rate.id());
    let cell = |measure: Measure| {
        let name = field(&id, measure);
        let invalid = refused.and_then(|refused| {
            refused.invalid.iter().find(|(wrong, limit)| *wrong == id && limit.measure() == measure)
        });
        Cell {
            id: format!("limit-{place}-{}", measure.member()),
            label: t.text(label(measure)),
            effective: effective.get(measure).map_or_else(|| t.text("limits-none"), number),
            own: match refused {
                Some(refused) => refused.form.field(&name).to_owned(),
                None => rate.own.get(measure).map(|limit| limit.to_string()).unwrap_or_default(),
            },
            organization: rate.organization.get(measure).map(number),
            by_project: rate.own.get(measure).is_some(),
            wrong: invalid.map(|(_, limit)| match limit {
                InvalidLimit::Range(_) => t.text("error-rate-limit-out-of-range"),
                InvalidLimit::AboveOrganization(..) => t.text("error-rate-limit-too-high"),
            }),
            name,
        }
    };
    Row {
        model: rate.model.clone(),
        cells: COLUMNS.into_iter().map(cell).collect(),
        seen: seen(&rate.own),
        taken: refused.is_some_and(|refused| refused.taken.contains(&id)),
        id,
    }
}

/// The page; values of a refused form are kept.
async fn page(state: &DashboardState, visit: &Visit, refused: Option<&Refused<'_>>) -> Result<Limits, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let rates = state.app.project_rates(&actor, organization, &visit.project.id).await.map_err(fail)?;
    let verification = state.app.verification_of(organization).await.map_err(fail)?;
    let proven = |(requirement, verification): &(Requirement, RequirementState)| {
        *requirement == Requirement::Organization
            && matches!(verification, RequirementState::Verified | RequirementState::Waived)
    };
    let tier = state.app.usage_tier(&actor, organization).await.map_err(fail)?;
    let from: usize = visit.person.query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    let listed = rates.iter().enumerate().skip(from).take(ROWS);
    let rows: Vec<Row> = listed.map(|(place, rate)| row(visit, place, rate, refused)).collect();
    let next = from.saturating_add(ROWS);
    let own = spend_of(state, visit, Some(&visit.project.id)).await?;
    let of_organization = spend_of(state, visit, None).await?;
    let cells = rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
    let wrong_fields: Vec<Wrong> = cells
        .filter_map(|(row, cell)| {
            let why = cell.wrong.as_deref()?;
            let words = [("model", row.model.as_str()), ("limit", cell.label.as_str()), ("why", why)];
            Some(Wrong { field: cell.id.clone(), text: t.text_with_all("limits-wrong-at", &words) })
        })
        .collect();
    Ok(Limits {
        tier: TierSection::of(&visit.person.format, &tier, &state.app.settings().operator),
        layout: Layout::new(state, visit, &t.text("nav-limits"), HERE),
        spend: own.iter().chain(&of_organization).map(|view| SpendSummary::of(visit, view)).collect(),
        spend_href: visit.link(&spend::own_page(&visit.project.id)),
        budget_rows: applying(state, visit).await?,
        budgets_change: visit.owner(),
        budgets_href: visit.link(budgets::HERE),
        wrong: refused.filter(|refused| !refused.taken.is_empty()).map(|_| t.text("limits-conflict")),
        wrong_fields,
        rows,
        labels: COLUMNS.into_iter().map(|measure| t.text(label(measure))).collect(),
        administers: visit.project.administers,
        organization: organization.to_string(),
        verified: verification.requirements.iter().any(proven),
        action: visit.link(&if from == 0 { HERE.to_owned() } else { format!("{HERE}?from={from}") }),
        general: visit.link("/settings/organization/general"),
        more: (rates.len() > next).then(|| visit.link(&format!("{HERE}?from={next}"))),
    })
}

/// Parses a limit; an empty field has none, and what is not a number is out of every range.
fn limit(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(0)) }
}

/// The rows of the form. Its hidden fields `seen-…` name the models and say what was shown.
fn changes(form: &Form) -> Vec<RateChange> {
    let change = |(id, shown): (&str, &str)| {
        let (mut seen, mut wanted) = (RateLimits::NONE, RateLimits::NONE);
        for (measure, text) in COLUMNS.into_iter().zip(shown.split(',')) {
            seen.set(measure, text.parse().ok());
            wanted.set(measure, limit(form.field(&field(id, measure))));
        }
        RateChange { id: id.to_owned(), seen, wanted }
    };
    form.starting("seen-").into_iter().map(change).collect()
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

pub(crate) async fn save(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    let saved = state.app.save_project_rates(&actor, organization, project, &changes(&form)).await;
    let mut refused = Refused { form: &form, invalid: Vec::new(), taken: Vec::new() };
    match saved {
        Ok(SavedRates::Changed(_)) => return Ok(redirect(&visit.link("/limits?done=saved"))),
        Ok(SavedRates::Invalid(invalid)) => refused.invalid = invalid,
        Ok(SavedRates::Conflict(taken)) => refused.taken = taken,
        Err(error) => {
            let mut page = page(&state, &visit, Some(&refused)).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            return render_error(visit.person.messages, &page, &error);
        }
    }
    render_invalid(visit.person.messages, &page(&state, &visit, Some(&refused)).await?)
}
