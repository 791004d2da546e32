//! The queue: the cases that need a decision, and what was decided last.

use askama::Template;
use axum::extract::State;
use keystead_app::Actor;
use keystead_app::review::QueueRow;
use keystead_core::time::Timestamp;
use keystead_core::verification::review::CaseDecision;
use keystead_locales::{LocalFormat, Messages};

use super::{HERE, console};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, render};

/// The time before pictures are deleted, in seconds, in which the queue marks the case.
const SOON: i64 = 2 * 86_400;

/// The cases that need a decision; the one with the earliest deadline comes first.
pub(super) struct Queue {
    t: Messages,
    format: LocalFormat,
    pub(super) rows: Vec<QueueRow>,
    /// External services and their health.
    pub(super) services: Vec<(&'static str, &'static str)>,
}

impl Queue {
    pub(super) async fn load(state: &DashboardState, visit: &OwnVisit, actor: &Actor) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let fail = |error| PageError::new(t, error);
        let rows = state.app.review_queue(actor).await.map_err(fail)?;
        let services = state.app.provider_health(actor).await.map_err(fail)?.services;
        Ok(Self { t, format: visit.person.format.clone(), rows, services })
    }

    pub(super) fn waiting(&self) -> String {
        if self.rows.is_empty() {
            return self.t.text("review-nothing");
        }
        self.t.count("review-waiting", &i64::try_from(self.rows.len()).unwrap_or(i64::MAX))
    }

    pub(super) fn kind(&self, row: &QueueRow) -> String {
        self.t.text(&format!("review-kind-{}", row.kind.as_str()))
    }

    pub(super) fn soon(&self, until: &Timestamp) -> bool {
        until.since(self.format.now) < SOON
    }

    pub(super) fn erased(&self, until: &Timestamp) -> String {
        self.t.text_with("review-photos-erased", "when", self.format.ago(until))
    }

    pub(super) fn found(&self, row: &QueueRow) -> String {
        self.t.count("review-found", &i64::try_from(row.flags).unwrap_or(i64::MAX))
    }

    pub(super) fn service(&self, name: &str) -> String {
        self.t.text(&format!("service-{}", name.replace('_', "-")))
    }

    pub(super) fn health(&self, health: &str) -> String {
        self.t.text(&format!("health-{health}"))
    }

    pub(super) fn look(&self, health: &str) -> &'static str {
        console::look(health)
    }

    /// The cases before and after this one.
    pub(super) fn beside(&self, id: &str) -> (Option<&str>, Option<&str>) {
        let id_at = |at: usize| self.rows.get(at).map(|row| row.id.as_str());
        match self.rows.iter().position(|row| row.id == id) {
            Some(at) => (at.checked_sub(1).and_then(id_at), id_at(at + 1)),
            None => (None, id_at(0)),
        }
    }

    /// The case to open after this one is decided: the next one in the queue that the person can still decide.
    pub(super) fn after(&self, id: &str, person: &str) -> Option<&str> {
        let at = self.rows.iter().position(|row| row.id == id).unwrap_or_default();
        let (before, behind) = self.rows.split_at(at.min(self.rows.len()));
        let waits = |row: &&QueueRow| row.id != id && row.proposed_by.as_ref().is_none_or(|by| by.as_str() != person);
        behind.iter().chain(before).find(waits).map(|row| row.id.as_str())
    }
}

/// The sentence about a case that was decided or proposed, by its id in the address.
pub(super) async fn decided(
    state: &DashboardState,
    visit: &OwnVisit,
    actor: &Actor,
) -> Result<Option<String>, PageError> {
    let Some(id) = visit.person.query.get("decided") else { return Ok(None) };
    let t = visit.person.messages;
    // An address that names no case shows no sentence.
    let Ok(view) = state.app.review_case(actor, id).await else { return Ok(None) };
    let key = match (view.case.decision, &view.case.proposed_by) {
        (Some(CaseDecision::Approve), _) => "review-decided-approved",
        (Some(CaseDecision::Reject), _) => "review-decided-declined",
        (Some(CaseDecision::Recapture), _) => "review-decided-recapture",
        (Some(CaseDecision::Withdrawn), _) => "review-decided-withdrawn",
        (None, Some(_)) => "review-decided-proposed",
        (None, None) => return Ok(None),
    };
    Ok(Some(t.text_with(key, "organization", view.organization_name)))
}

#[derive(Template)]
#[template(path = "pages/operator_reviews.html")]
struct QueuePage {
    layout: Layout,
    queue: Queue,
    decided: Option<String>,
    last: Option<String>,
    first: Option<String>,
}

impl QueuePage {
    fn href(&self, row: &QueueRow) -> String {
        format!("{HERE}/{}", row.id)
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let actor = console::operator(&visit)?;
    let t = visit.person.messages;
    let queue = Queue::load(&state, &visit, &actor).await?;
    let last = state.app.last_decision(&actor).await.map_err(|error| PageError::new(t, error))?;
    let last = last.and_then(|(organization, case)| {
        let time = visit.person.format.exact(&case.decided_at?);
        let by = case.decided_by?;
        let known = [("organization", organization.as_str()), ("time", &time), ("name", by.as_str())];
        Some(t.text_with_all("review-last-decision", &known))
    });
    let decided = decided(&state, &visit, &actor).await?;
    let layout = console::layout(&state, &visit, &t.text("review-queue"), HERE);
    let first = queue.rows.first().map(|row| format!("{HERE}/{}", row.id));
    render(t, &QueuePage { layout, queue, decided, last, first })
}
