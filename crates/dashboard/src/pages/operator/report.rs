//! The operator's report: the health of external services, and which personal data is kept until when.

use askama::Template;
use axum::extract::State;
use keystead_app::operator::{HealthView, KeptView};

use super::console::{Tab, operator, tabs};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};

#[derive(Template)]
#[template(path = "pages/operator_report.html")]
struct Report {
    layout: Layout,
    tabs: Vec<Tab>,
    health: HealthView,
    kept: Vec<KeptView>,
}

impl Report {
    fn service(&self, name: &str) -> String {
        self.layout.t.text(&format!("service-{}", name.replace('_', "-")))
    }

    fn word(&self, health: &str) -> String {
        self.layout.t.text(&format!("health-{health}"))
    }

    fn look(&self, health: &str) -> &'static str {
        match health {
            "up" => "ok",
            "down" => "bad",
            _ => "",
        }
    }

    fn what(&self, row: &KeptView) -> String {
        self.layout.t.text(&format!("kept-{}", row.what.replace('_', "-")))
    }

    fn goes(&self, row: &KeptView) -> String {
        match row.days {
            Some(days) => self.layout.t.count("report-days", &days),
            None => self.layout.t.text("report-with-owner"),
        }
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let health = state.app.provider_health(&actor).await.map_err(fail)?;
    let kept = state.app.retention_report(&actor).await.map_err(fail)?;
    let layout = Layout::new(&state, &visit, &t.text("report"), "/operator");
    render(t, &Report { layout, tabs: tabs(&visit, "/operator/report"), health, kept })
}
