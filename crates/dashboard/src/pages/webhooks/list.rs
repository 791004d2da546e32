//! The list of webhooks, and the form for a new one.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::webhooks::{NewWebhook, WebhookEndpoint};
use keystead_core::webhook::{DisabledReason, MOST_ENDPOINTS};
use keystead_locales::Messages;

use super::HERE;
use super::endpoint::show_secret;
use super::typed::{Fields, TypeChoice, ends_form, type_words};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, render_invalid};
use crate::web::submit::reloads_as;

struct Row {
    href: String,
    url: String,
    description: String,
    types: Vec<String>,
    look: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "pages/webhooks.html")]
struct Webhooks {
    layout: Layout,
    owner: bool,
    rows: Vec<Row>,
    is_full: bool,
    most: i64,
    fields: Fields,
    types: Vec<TypeChoice>,
    fault: FieldFault,
    action: String,
}

/// The class of the glyph of a webhook, and its state in words.
pub(super) fn state_words(webhook: &WebhookEndpoint) -> (&'static str, &'static str) {
    match (webhook.disabled, webhook.failing_since) {
        (None, None) => ("ok", "webhook-on"),
        (None, Some(_)) => ("wait", "webhook-fails"),
        (Some(DisabledReason::Owner), _) => ("", "webhook-off"),
        (Some(DisabledReason::Gone), _) => ("bad", "webhook-off-gone"),
        (Some(DisabledReason::Failing), _) => ("bad", "webhook-off-failing"),
    }
}

fn row(t: Messages, visit: &Visit, webhook: &WebhookEndpoint) -> Row {
    let (look, state) = state_words(webhook);
    Row {
        href: visit.link(&format!("{HERE}/{}", webhook.id)),
        url: webhook.url.clone(),
        description: webhook.description.clone().unwrap_or_default(),
        types: webhook.event_types.iter().map(|one| t.text(type_words(*one))).collect(),
        look,
        state: t.text(state),
    }
}

async fn page(state: &DashboardState, visit: &Visit, fields: Fields, fault: FieldFault) -> Result<Webhooks, PageError> {
    let t = visit.person.messages;
    let mut rows = Vec::new();
    if visit.owner() {
        let limit = u32::try_from(MOST_ENDPOINTS).unwrap_or(u32::MAX);
        let all = Cursor { after: None, limit, ascending: true };
        let listed = state.app.webhooks(&visit.person.actor(), &visit.organization.id, &all).await;
        let listed = listed.map_err(|error| PageError::new(t, error))?;
        rows.extend(listed.data.iter().map(|webhook| row(t, visit, webhook)));
    }
    Ok(Webhooks {
        layout: Layout::new(state, visit, &t.text("nav-webhooks"), HERE),
        owner: visit.owner(),
        is_full: i64::try_from(rows.len()).unwrap_or(i64::MAX) >= MOST_ENDPOINTS,
        most: MOST_ENDPOINTS,
        rows,
        types: fields.choices(t),
        fields,
        fault,
        action: visit.link(&format!("{HERE}/create")),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, Fields::fresh(), FieldFault::default()).await?)
}

/// Creates a webhook and shows its secret, once.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let fields = Fields::sent(&form);
    let asked = NewWebhook {
        url: fields.url.clone(),
        description: Some(fields.description.clone()),
        event_types: fields.event_types.clone(),
        enabled: true,
    };
    match state.app.create_webhook(&visit.person.actor(), &visit.organization.id, &asked).await {
        Ok((webhook, secret)) => show_secret(&state, &visit, &webhook.id, &secret).await,
        Err(error) if ends_form(&error) => Err(PageError::new(t, error)),
        Err(error) => {
            let fault = fields.refused(&visit, &error);
            let page = page(&state, &visit, fields, fault).await?;
            reloads_as(render_invalid(t, &page), visit.link(HERE))
        }
    }
}
