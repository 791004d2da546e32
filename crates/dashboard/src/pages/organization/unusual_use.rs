//! Settings > Organization > Unusual use: which signals about keys are raised, and the velocity cap of keys.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use keystead_app::anomalies::{AnomalySettings, KeySignal, described};
use keystead_app::audit::{Named, Names};
use keystead_core::anomaly::{Signal, Signals};
use keystead_core::time::Timestamp;

use crate::pages::velocity_cap::{CapFields, REQUESTS};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_invalid};

pub(crate) const HERE: &str = "/settings/organization/unusual-use";
/// The number of signals that are shown.
const SHOWN: u32 = 20;

/// One signal with its switch.
struct Switch {
    name: &'static str,
    label: String,
    on: bool,
}

/// One row of what was noticed.
struct Noticed {
    at: Timestamp,
    /// The name of the key, or what is shown of its secret; empty if neither is known.
    name: String,
    key: String,
    href: String,
    what: String,
}

#[derive(Template)]
#[template(path = "pages/unusual_use.html")]
struct UnusualUse {
    layout: Layout,
    owner: bool,
    switches: Vec<Switch>,
    cap: CapFields,
    noticed: Vec<Noticed>,
    link: String,
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: Option<(&Form, FieldFault)>,
) -> Result<UnusualUse, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let (settings, noticed) = match visit.owner() {
        true => (
            state.app.anomaly_settings(&actor, organization).await.map_err(fail)?,
            state.app.anomalies(&actor, organization, None, SHOWN).await.map_err(fail)?,
        ),
        false => (AnomalySettings::default(), Vec::new()),
    };
    let (signals, cap) = match sent {
        Some((form, wrong)) => (wanted(form), CapFields { wrong, ..CapFields::sent(form) }),
        None => (settings.signals, CapFields::of(settings.cap, format)),
    };
    let switch = |signal: Signal| Switch {
        name: signal.as_str(),
        label: t.text(&format!("signal-{}", signal.as_str().replace('_', "-"))),
        on: signals.has(signal),
    };
    let names = match noticed.is_empty() {
        true => Names::default(),
        false => {
            let ids: BTreeSet<String> = noticed.iter().map(|one| one.key.to_string()).collect();
            state.app.names_in_usage(&actor, organization, ids).await.map_err(fail)?
        }
    };
    let name = |id: &str| match names.get(id) {
        Some(Named::Key(key)) => {
            key.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| key.redacted.clone())
        }
        _ => String::new(),
    };
    let row = |one: &KeySignal| Noticed {
        at: one.at,
        name: name(one.key.as_str()),
        key: one.key.to_string(),
        href: visit.link(&format!("/api-keys/{}", one.key)),
        what: described(one, t, format),
    };
    Ok(UnusualUse {
        layout: Layout::new(state, visit, &t.text("nav-unusual-use"), HERE),
        owner: visit.owner(),
        switches: Signal::SWITCHES.into_iter().map(switch).collect(),
        cap,
        noticed: noticed.iter().map(row).collect(),
        link: visit.link(HERE),
    })
}

/// The signals that were ticked.
fn wanted(form: &Form) -> Signals {
    let ticked: Vec<Signal> = form.all("signal").iter().filter_map(|name| Signal::from_name(name)).collect();
    Signals::only(&ticked)
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

/// Saves all settings of the page.
pub(crate) async fn save(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (t, format) = (visit.person.messages, &visit.person.format);
    let wrong = match CapFields::sent(&form).cap(format) {
        Ok(cap) => {
            let settings = AnomalySettings { signals: wanted(&form), cap };
            let saved = state.app.set_anomaly_settings(&visit.person.actor(), &visit.organization.id, &settings).await;
            match saved {
                Ok(()) => return Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
                Err(error @ keystead_app::Error::Invalid { .. }) => FieldFault::new(REQUESTS, error_message(t, &error)),
                Err(error) => return Err(PageError::new(t, error)),
            }
        }
        Err(wrong) => wrong,
    };
    render_invalid(t, &page(&state, &visit, Some((&form, wrong))).await?)
}
