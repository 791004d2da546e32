//! The operator's report: the health of external services, and which personal data is kept until when.

use askama::Template;
use axum::extract::State;
use keystead_app::operator::{HealthView, KeptView};

use super::console::{self, layout, operator};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, render};

#[derive(Template)]
#[template(path = "pages/operator_report.html")]
struct Report {
    layout: Layout,
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
        console::look(health)
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

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let health = state.app.provider_health(&actor).await.map_err(fail)?;
    let kept = state.app.retention_report(&actor).await.map_err(fail)?;
    let layout = layout(&state, &visit, &t.text("report"), "/operator/report");
    render(t, &Report { layout, health, kept })
}
