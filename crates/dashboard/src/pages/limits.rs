//! The rate limits of the chosen project for each model, and how to get higher ones.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::projects::rate_limits::ProjectRate;
use keystead_app::verification::RequirementState;
use keystead_core::gate::Requirement;
use keystead_core::rate::{MOST, Measure, RateLimits};

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

const HERE: &str = "/limits";

/// One limit of one model.
struct Cell {
    name: &'static str,
    label: String,
    /// The limit in force, formatted.
    effective: String,
    /// The project's own limit, as typed; empty if it has none.
    own: String,
    /// The organization's limit, formatted; `None` if there is none.
    organization: Option<String>,
}

struct Row {
    id: String,
    model: String,
    cells: Vec<Cell>,
    own: bool,
}

#[derive(Template)]
#[template(path = "pages/limits.html")]
struct Limits {
    layout: Layout,
    rows: Vec<Row>,
    labels: Vec<String>,
    wrong: Option<String>,
    administers: bool,
    organization: String,
    /// Whether the organization is verified or does not have to be.
    verified: bool,
    action: String,
    general: String,
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

fn row(visit: &Visit, rate: &ProjectRate, typed: Option<&Form>) -> Row {
    let (t, when) = (visit.person.messages, &visit.person.format);
    let number = |limit: u64| when.number(&i64::try_from(limit).unwrap_or(i64::MAX));
    let effective = rate.effective();
    let cell = |measure: Measure| Cell {
        name: measure.member(),
        label: t.text(label(measure)),
        effective: effective.get(measure).map_or_else(|| t.text("limits-none"), number),
        own: match typed {
            Some(form) => form.field(measure.member()).to_owned(),
            None => rate.own.get(measure).map(|limit| limit.to_string()).unwrap_or_default(),
        },
        organization: rate.organization.get(measure).map(number),
    };
    Row {
        id: rate.id(),
        model: rate.model.clone(),
        cells: COLUMNS.into_iter().map(cell).collect(),
        own: !rate.own.is_none(),
    }
}

/// The page; values of a refused form are kept.
async fn page(state: &DashboardState, visit: &Visit, typed: Option<&Form>) -> Result<Limits, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let rates = state.app.project_rates(&actor, organization, &visit.project.id).await.map_err(fail)?;
    let verification = state.app.verification_of(organization).await.map_err(fail)?;
    let proven = |(requirement, verification): &(Requirement, RequirementState)| {
        *requirement == Requirement::Organization
            && matches!(verification, RequirementState::Verified | RequirementState::Waived)
    };
    let rows = rates.iter().map(|rate| row(visit, rate, typed.filter(|form| form.field("id") == rate.id()))).collect();
    Ok(Limits {
        layout: Layout::new(state, visit, &t.text("nav-limits"), HERE),
        rows,
        labels: COLUMNS.into_iter().map(|measure| t.text(label(measure))).collect(),
        wrong: None,
        administers: visit.project.administers,
        organization: organization.to_string(),
        verified: verification.requirements.iter().any(proven),
        action: visit.link(HERE),
        general: visit.link("/settings/organization/general"),
    })
}

/// Parses the fields: an empty one removes the project's own limit.
fn limits(form: &Form, organization: &RateLimits) -> Result<RateLimits, Error> {
    let mut limits = RateLimits::NONE;
    for measure in Measure::ALL {
        let text: String = form.field(measure.member()).chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        let limit = match text.as_str() {
            "" => organization.get(measure).unwrap_or(MOST),
            digits => digits
                .parse()
                .map_err(|_| Error::coded(measure.member(), "rate_limit_out_of_range", "A limit is a whole number."))?,
        };
        limits.set(measure, Some(limit));
    }
    Ok(limits)
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

pub(crate) async fn save(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    let id = form.field("id");
    let saved = if form.field("act") == "reset" {
        state.app.reset_project_rate(&actor, organization, project, id).await
    } else {
        match change(&state, &visit, &form).await {
            Ok(limits) => state.app.update_project_rate(&actor, organization, project, id, limits).await.map(drop),
            Err(error) => Err(error),
        }
    };
    match saved {
        Ok(()) => Ok(redirect(&visit.link("/limits?done=saved"))),
        Err(error) => {
            let mut page = page(&state, &visit, Some(&form)).await?;
            page.wrong = Some(error_message(visit.person.messages, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

async fn change(state: &DashboardState, visit: &Visit, form: &Form) -> Result<RateLimits, Error> {
    let (organization, project) = (&visit.organization.id, &visit.project.id);
    let rates = state.app.project_rates(&visit.person.actor(), organization, project).await?;
    let rate = rates.iter().find(|rate| rate.id() == form.field("id"));
    limits(form, &rate.ok_or_else(|| Error::not_found("rate limit", form.field("id")))?.organization)
}
