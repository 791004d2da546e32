//! The list of workload identity providers.

use askama::Template;
use axum::extract::State;
use keystead_app::workload_overview::ProviderSummary;

use super::HERE;
use super::wording::KeysShown;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};

struct Row {
    name: String,
    description: String,
    issuer: String,
    audience: String,
    keys: KeysShown,
    rules: i64,
    enabled_rules: i64,
    enabled: bool,
    href: String,
}

impl Row {
    fn keys(&self) -> &KeysShown {
        &self.keys
    }

    fn of(visit: &Visit, found: ProviderSummary) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            href: visit.link(&format!("{HERE}/{}", found.provider.id)),
            name: found.provider.name,
            description: found.provider.description.unwrap_or_default(),
            issuer: found.provider.issuer,
            audience: found.provider.audience,
            keys: KeysShown::of(visit, found.keys),
            rules: count(found.rules),
            enabled_rules: count(found.enabled_rules),
            enabled: found.provider.enabled,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/workloads.html")]
struct Workloads {
    layout: Layout,
    owner: bool,
    rows: Vec<Row>,
    new_href: String,
    /// Names of platforms with the address of the form that is filled in for them.
    platforms: Vec<(&'static str, String)>,
}

/// The platforms that the form knows, with their names.
pub(super) const PLATFORMS: [(&str, &str); 3] =
    [("github", "GitHub Actions"), ("kubernetes", "Kubernetes"), ("google", "Google Cloud")];

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let found = match visit.owner() {
        true => state.app.provider_summaries(&visit.person.actor(), &visit.organization.id).await,
        false => Ok(Vec::new()),
    };
    let found = found.map_err(|error| PageError::new(t, error))?;
    let platform = |(word, name): (&str, &'static str)| (name, visit.link(&format!("{HERE}/new?platform={word}")));
    let page = Workloads {
        layout: Layout::new(&state, &visit, &t.text("nav-workloads"), HERE),
        owner: visit.owner(),
        rows: found.into_iter().map(|one| Row::of(&visit, one)).collect(),
        new_href: visit.link(&format!("{HERE}/new")),
        platforms: PLATFORMS.into_iter().map(platform).collect(),
    };
    render(t, &page)
}
