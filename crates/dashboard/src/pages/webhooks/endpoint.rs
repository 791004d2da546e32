//! The page of one webhook: its settings, its secret once, tests and the log.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::webhooks::{WebhookChange, WebhookEndpoint};
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::{WebhookDeliveryId, WebhookEndpointId};
use keystead_core::secret::Secret;

use super::HERE;
use super::list::state_words;
use super::log::LogRow;
use super::typed::{Fields, TypeChoice, ends_form};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, render_invalid, subpath};
use crate::web::submit::reloads_as;

/// Deliveries on one page.
const ROWS: u32 = 25;

/// The dialog above the page.
enum Dialog {
    None,
    Secret { secret: String },
    Rotate,
    Delete,
}

#[derive(Template)]
#[template(path = "pages/webhook.html")]
struct WebhookPage {
    layout: Layout,
    id: String,
    enabled: bool,
    look: &'static str,
    state: String,
    /// Since when it takes nothing.
    failing: Option<String>,
    /// Until when the secret before the last rotation signs too.
    old_secret: Option<String>,
    fields: Fields,
    types: Vec<TypeChoice>,
    fault: FieldFault,
    /// A refusal that is not about a field.
    wrong: Option<String>,
    rows: Vec<LogRow>,
    more: Option<String>,
    dialog: Dialog,
    path: String,
    here: String,
    list_href: String,
}

impl WebhookPage {
    /// The target of a form.
    fn act(&self, verb: &str) -> String {
        subpath(&self.here, &self.path, verb)
    }
}

async fn page(state: &DashboardState, visit: &Visit, id: &WebhookEndpointId) -> Result<WebhookPage, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let webhook: WebhookEndpoint = state.app.webhook(&actor, organization, id).await.map_err(fail)?;
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: false };
    let listed = state.app.webhook_deliveries(&actor, organization, id, &cursor).await.map_err(fail)?;
    let path = format!("{HERE}/{id}");
    let more = listed.data.last().filter(|_| listed.has_more);
    let fields = Fields::of(&webhook);
    let (look, words) = state_words(&webhook);
    let until = webhook.previous_until.filter(|until| *until > state.app.now());
    Ok(WebhookPage {
        layout: Layout::new(state, visit, &t.text("webhook"), HERE),
        id: id.to_string(),
        enabled: webhook.is_enabled(),
        look,
        state: t.text(words),
        failing: webhook.failing_since.map(|since| t.text_with("webhook-failing-since", "when", format.exact(&since))),
        old_secret: until.map(|until| t.text_with("webhook-old-secret", "when", format.exact(&until))),
        types: fields.choices(t),
        fields,
        fault: FieldFault::default(),
        wrong: None,
        rows: listed.data.iter().map(|delivery| LogRow::of(format, delivery)).collect(),
        more: more.map(|last| visit.link(&format!("{path}?after={}", last.id))),
        dialog: Dialog::None,
        here: visit.link(&path),
        list_href: visit.link(HERE),
        path,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("webhook", &id)?;
    let mut page = page(&state, &visit, &id).await?;
    page.dialog = match visit.person.query.get("ask").map(String::as_str) {
        Some("rotate") => Dialog::Rotate,
        Some("delete") => Dialog::Delete,
        _ => Dialog::None,
    };
    render(visit.person.messages, &page)
}

/// The page with the secret, which is shown this once.
pub(super) async fn show_secret(
    state: &DashboardState,
    visit: &Visit,
    id: &WebhookEndpointId,
    secret: &Secret<String>,
) -> Page {
    let mut page = page(state, visit, id).await?;
    page.dialog = Dialog::Secret { secret: secret.expose().clone() };
    reloads_as(render(visit.person.messages, &page), page.here.clone())
}

/// `save`, `enable`, `disable`, `test`, `rotate`, `redeliver` or `delete`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, verb)): Path<(String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: WebhookEndpointId = visit.named("webhook", &id)?;
    if verb == "save" {
        return save(&state, &visit, &id, &form).await;
    }
    let here = format!("{HERE}/{id}");
    let (app, actor, organization) = (&state.app, visit.person.actor(), &visit.organization.id);
    let switch = |enabled| WebhookChange { enabled: Some(enabled), ..WebhookChange::default() };
    let done = match verb.as_str() {
        "enable" | "disable" => {
            let change = switch(verb == "enable");
            app.update_webhook(&actor, organization, &id, &change).await.map(|_| format!("{here}?done=saved"))
        }
        "test" => app.test_webhook(&actor, organization, &id).await.map(|_| here),
        "redeliver" => {
            let delivery: WebhookDeliveryId = visit.named("webhook delivery", form.field("delivery"))?;
            app.redeliver_webhook(&actor, organization, &id, &delivery).await.map(|_| here)
        }
        "rotate" => match app.rotate_webhook(&actor, organization, &id).await {
            Ok((webhook, secret)) => return show_secret(&state, &visit, &webhook.id, &secret).await,
            Err(error) => Err(error),
        },
        "delete" => {
            app.delete_webhook(&actor, organization, &id).await.map(|()| format!("{HERE}?done=webhook-deleted"))
        }
        other => Err(Error::not_found("page", other)),
    };
    match done {
        Ok(next) => Ok(redirect(&visit.link(&next))),
        Err(error) if ends_form(&error) => Err(PageError::new(visit.person.messages, error)),
        Err(error) => {
            let mut page = page(&state, &visit, &id).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            reloads_as(render_error(visit.person.messages, &page, &error), page.here.clone())
        }
    }
}

async fn save(state: &DashboardState, visit: &Visit, id: &WebhookEndpointId, form: &Form) -> Page {
    let t = visit.person.messages;
    let fields = Fields::sent(form);
    let change = WebhookChange {
        url: Some(fields.url.clone()),
        description: Some(Some(fields.description.clone())),
        event_types: Some(fields.event_types.clone()),
        enabled: None,
    };
    match state.app.update_webhook(&visit.person.actor(), &visit.organization.id, id, &change).await {
        Ok(_) => Ok(redirect(&visit.link(&format!("{HERE}/{id}?done=saved")))),
        Err(error) if ends_form(&error) => Err(PageError::new(t, error)),
        Err(error) => {
            let mut page = page(state, visit, id).await?;
            page.fault = fields.refused(visit, &error);
            page.types = fields.choices(t);
            page.fields = fields;
            reloads_as(render_invalid(t, &page), page.here.clone())
        }
    }
}
