//! The first page after signing in: the current state, the next step, and recent refusals.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::verification::{RefusedCall, Upcoming};
use keystead_core::gate::Requirement;

use crate::help;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};
use keystead_locales::Messages;

/// A refused call with its help page.
pub(crate) struct Refusal {
    pub(crate) call: RefusedCall,
    pub(crate) what: String,
    pub(crate) missing: String,
    pub(crate) help: String,
}

impl Refusal {
    pub(crate) fn of(t: Messages, call: RefusedCall) -> Self {
        let (action, model) = call.action.split_once(':').unwrap_or((call.action.as_str(), ""));
        let what = if model.is_empty() { action } else { model }.to_owned();
        let topic = help::topic_of_refusal(action, model, &call.rule);
        let words = |name: &str| Requirement::from_name(name).map(|known| t.requirement(known));
        let missing: Vec<String> = call.missing.split(',').filter_map(words).collect();
        Self {
            what,
            missing: missing.join(", "),
            help: topic.map(|one| help::href(one, t.0)).unwrap_or_default(),
            call,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/home.html")]
struct Home {
    layout: Layout,
    base_url: String,
    keys: i64,
    phone_needed: bool,
    locked: String,
    refusals: Vec<Refusal>,
    /// Requirements that apply from a later date.
    ahead: Vec<String>,
    keys_href: String,
    phone_href: String,
    general_href: String,
    first_href: String,
}

/// "From 1 December 2026, o3 needs: verified organization."
fn announced(visit: &Visit, upcoming: &Upcoming) -> String {
    let t = visit.person.messages;
    let day = visit.person.format.date(&upcoming.from);
    let needs: Vec<String> = upcoming.action.missing.iter().map(|one| t.requirement(*one)).collect();
    let what = match upcoming.action.action.split_once(':') {
        Some((_, model)) => model.to_owned(),
        None if upcoming.action.action == "api_key.create" => t.text("ahead-keys"),
        None => t.text("ahead-verification"),
    };
    t.text_with_all("ahead", &[("day", &day), ("what", &what), ("needs", &needs.join(", "))])
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let cursor = Cursor { after: None, limit: 50, ascending: false };
    let keys = state.app.visible_keys(&actor, organization, &visit.project.id, cursor).await.map_err(fail)?;
    let verification = state.app.verification_of(organization).await.map_err(fail)?;
    let lacks = |action: &keystead_app::verification::ActionView, what| action.missing.contains(&what);
    let served = state.app.served_models().await.map_err(fail)?;
    let locked: Vec<&str> = verification
        .actions
        .iter()
        .filter(|action| lacks(action, Requirement::Organization))
        .filter_map(|action| action.action.strip_prefix("model.use:"))
        .filter(|name| served.iter().any(|model| model == name))
        .collect();
    let ahead = verification.upcoming.iter().map(|one| announced(&visit, one)).collect();
    let refused = state.app.refused_calls(&actor, organization).await.map_err(fail)?;
    let page = Home {
        layout: Layout::new(&state, &visit, &t.text("nav-dashboard"), "/home"),
        base_url: format!("{}/v1", state.public_url),
        keys: i64::try_from(keys.data.len()).unwrap_or(0),
        phone_needed: verification.actions.iter().any(|action| lacks(action, Requirement::Phone)),
        locked: locked.join(", "),
        refusals: refused.into_iter().map(|call| Refusal::of(t, call)).collect(),
        ahead,
        keys_href: visit.link("/api-keys"),
        phone_href: visit.link("/settings/account/phone"),
        general_href: visit.link("/settings/organization/general"),
        first_href: visit.link("/welcome/first-call"),
    };
    render(t, &page)
}
