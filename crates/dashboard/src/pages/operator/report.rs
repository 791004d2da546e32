//! What the operator must know: how the outside services are, and what personal data is kept until when.

use askama::Template;
use axum::extract::State;
use keystead_app::operator::{HealthView, KeptView};

use super::console::{Tab, operator, tabs};
use crate::state::DashboardState;
use crate::web::error_page::Failure;
use crate::web::extract::Visit;
use crate::web::layout::Shell;
use crate::web::response::{Page, show};

#[derive(Template)]
#[template(path = "pages/operator_report.html")]
struct Report {
    shell: Shell,
    tabs: Vec<Tab>,
    health: HealthView,
    kept: Vec<KeptView>,
}

impl Report {
    fn service(&self, name: &str) -> String {
        self.shell.t.say(&format!("service-{}", name.replace('_', "-")))
    }

    fn word(&self, health: &str) -> String {
        self.shell.t.say(&format!("health-{health}"))
    }

    fn look(&self, health: &str) -> &'static str {
        match health {
            "up" => "ok",
            "down" => "bad",
            _ => "",
        }
    }

    fn what(&self, row: &KeptView) -> String {
        self.shell.t.say(&format!("kept-{}", row.what.replace('_', "-")))
    }

    fn goes(&self, row: &KeptView) -> String {
        match row.days {
            Some(days) => self.shell.t.count("report-days", &days),
            None => self.shell.t.say("report-with-owner"),
        }
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let actor = operator(&visit)?;
    let t = visit.person.text;
    let fail = |error| Failure::new(t, error);
    let health = state.app.provider_health(&actor).await.map_err(fail)?;
    let kept = state.app.retention_report(&actor).await.map_err(fail)?;
    let shell = Shell::new(&state, &visit, &t.say("report"), "/operator");
    show(t, &Report { shell, tabs: tabs(&visit, "/operator/report"), health, kept })
}
