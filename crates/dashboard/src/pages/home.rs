//! The first page after signing in: the numbers of the project, what needs attention, and the last refusals and events.

use askama::Template;
use axum::extract::State;
use keystead_app::usage::{Overview, OverviewRequest};
use keystead_app::verification::{RefusedCall, Upcoming};
use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;

use crate::help;
use crate::pages::audit::recent::{RecentEvent, recent};
use crate::pages::operator::setup;
use crate::pages::usage::today;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render};
use keystead_locales::{Messages, start_of};

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

/// A figure with the page that explains it.
struct Figure {
    label: String,
    value: String,
    unit: &'static str,
    href: String,
}

/// Something to look at, with the page for it.
struct Attention {
    text: String,
    link: String,
    href: String,
}

#[derive(Template)]
#[template(path = "pages/home.html")]
struct Home {
    layout: Layout,
    lead: String,
    base_url: String,
    figures: Vec<Figure>,
    attention: Vec<Attention>,
    /// Whether a rule applies from a later date.
    ahead: bool,
    /// Whether the project has no key that works.
    empty: bool,
    refusals: Vec<Refusal>,
    more_refusals: bool,
    events: Vec<RecentEvent>,
    keys_href: String,
    refused_href: String,
    first_href: String,
    log_href: String,
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

/// Rules that apply or will apply, and keys that expire or are not used.
async fn attention(
    state: &DashboardState,
    visit: &Visit,
    view: &Overview,
    text_messages: bool,
) -> Result<(Vec<Attention>, bool), PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let verification = state.app.verification_of(&visit.organization.id).await.map_err(fail)?;
    let served = state.app.served_models().await.map_err(fail)?;
    let lacks = |action: &keystead_app::verification::ActionView, what| action.missing.contains(&what);
    let general = format!("{}#verifications", visit.link("/settings/organization/general"));
    let one = |text, link: &str, href: &str| Attention { text, link: t.text(link), href: href.to_owned() };
    let mut found = Vec::new();
    if verification.actions.iter().any(|action| lacks(action, Requirement::Phone)) {
        let key = if text_messages { "home-phone" } else { "phone-unavailable" };
        found.push(one(t.text(key), "add-phone", &visit.link("/settings/account/phone")));
    }
    let locked = verification.actions.iter().filter(|action| lacks(action, Requirement::Organization));
    let locked = locked.filter_map(|action| action.action.strip_prefix("model.use:"));
    let locked: Vec<&str> = locked.filter(|name| served.iter().any(|model| model == name)).collect();
    if !locked.is_empty() {
        let text = t.text_with("home-models", "models", locked.join(", "));
        found.push(one(text, "verify-organization", &general));
    }
    for upcoming in &verification.upcoming {
        found.push(one(announced(visit, upcoming), "verifications", &general));
    }
    let keys = visit.link("/api-keys");
    if view.keys.expiring > 0 {
        found.push(one(t.count("home-expiring", &view.keys.expiring), "nav-api-keys", &keys));
    }
    if view.keys.unused > 0 {
        found.push(one(t.count("home-unused", &view.keys.unused), "nav-api-keys", &keys));
    }
    Ok((found, !verification.upcoming.is_empty()))
}

fn figures(visit: &Visit, view: &Overview) -> Vec<Figure> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let figure =
        |label: &str, value, unit, path: &str| Figure { label: t.text(label), value, unit, href: visit.link(path) };
    vec![
        figure("home-spend", format.amount(&view.month.1), "USD", "/usage?period=month&show=cost"),
        figure("home-requests", format.number(&view.today.0.requests), "", "/usage?period=7&show=requests"),
        figure("home-refused", format.number(&view.refused_today), "", "/usage?period=7&show=refused"),
        figure(
            if view.all_keys { "home-keys" } else { "home-own-keys" },
            format.number(&view.keys.active),
            "",
            "/api-keys",
        ),
    ]
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    if setup::comes_first(&state, &visit.person).await? {
        return Ok(redirect(&visit.link("/operator/setup")));
    }
    let t = visit.person.messages;
    let (format, now) = (&visit.person.format, state.app.now());
    let day = today(now, &format.zone);
    let begins = |day| start_of(day, &format.zone).unwrap_or(Timestamp(0));
    let request =
        OverviewRequest { project: visit.project.id.clone(), today: begins(day), month: begins(day.first_of_month()) };
    let view = state.app.overview(&visit.person.actor(), &visit.organization.id, &request).await;
    let view = view.map_err(|error| PageError::new(t, error))?;
    let layout = Layout::new(&state, &visit, &t.text("nav-dashboard"), "/home");
    let (attention, ahead) = attention(&state, &visit, &view, layout.services.text_messages).await?;
    let zone = if layout.zone.is_empty() { "UTC".to_owned() } else { layout.zone.clone() };
    let time = format.time(&now);
    let page = Home {
        lead: t.text_with_all("home-as-of", &[("project", &layout.project), ("time", &time), ("zone", &zone)]),
        layout,
        base_url: format!("{}/v1", state.public_url),
        figures: figures(&visit, &view),
        attention,
        ahead,
        empty: view.keys.active == 0,
        refusals: view.refused.into_iter().map(|call| Refusal::of(t, call)).collect(),
        more_refusals: view.more_refused,
        events: recent(&state, &visit).await?,
        keys_href: visit.link("/api-keys"),
        refused_href: visit.link("/usage?period=30&show=refused"),
        first_href: visit.link("/welcome/first-call"),
        log_href: visit.link("/settings/organization/audit-log"),
    };
    render(t, &page)
}
