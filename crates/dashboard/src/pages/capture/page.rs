//! The capture page as the person sees it: its step, the pictures taken, what to do next.

use askama::Template;
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::review::{CaptureView, Holder, PromptView, RETENTION_CEILING, Slot, SlotView};
use keystead_core::secret::Secret;
use keystead_core::verification::documents::DocumentKind;
use serde_json::json;

use super::labels;
use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::html::mark_limit;
use crate::web::response::{Page, render_error};
use keystead_core::language::Language;
use keystead_locales::LocalFormat;
use keystead_locales::Messages;
use keystead_locales::countries;

#[derive(Template)]
#[template(path = "pages/capture.html")]
pub(super) struct Capture {
    pub(super) t: Messages,
    language: Language,
    operator: String,
    host: String,
    support: Option<String>,
    token: String,
    pub(super) wrong: Option<String>,
    view: Option<CaptureView>,
    stage: &'static str,
    slot: Option<SlotView>,
    prompt: Option<PromptView>,
    countries: Vec<(&'static str, &'static str)>,
    country: String,
    until: String,
    pub(super) zone: String,
    pub(super) zone_wrong: bool,
}

impl Capture {
    /// The path of the last page, once nothing can be submitted any more.
    pub(super) fn ending(&self) -> Option<&str> {
        self.view.as_ref().filter(|view| !view.open).map(|view| view.ending.as_str())
    }

    fn whose(&self) -> String {
        let label = self.view.as_ref().map_or("", |view| view.organization.as_str());
        self.t.text_with_all("capture-whose", &[("organization", label), ("operator", &self.operator)])
    }

    fn country_name(&self) -> String {
        countries::name(self.language, &self.country)
    }

    fn documents(&self) -> Vec<&'static str> {
        let documents = self.view.as_ref().map(|view| view.documents.as_slice()).unwrap_or_default();
        documents.iter().map(|kind| kind.as_str()).collect()
    }

    fn document_name(&self, kind: &str) -> String {
        labels::document_name(self.t, kind)
    }

    fn chosen_document(&self) -> String {
        let chosen = self.view.as_ref().and_then(|view| view.document);
        chosen.map(|kind| labels::document_name(self.t, kind.as_str())).unwrap_or_default()
    }

    fn slots(&self) -> &[SlotView] {
        self.view.as_ref().map(|view| view.slots.as_slice()).unwrap_or_default()
    }

    /// "Picture 2 of 6".
    fn counted(&self) -> String {
        let slots = self.slots();
        let open = self.slot.as_ref().map(|slot| slot.slot);
        let at = slots.iter().position(|slot| Some(slot.slot) == open);
        let at = at.unwrap_or_else(|| slots.iter().filter(|slot| slot.taken).count());
        self.t.text_with_all("capture-step", &[("at", &(at + 1).to_string()), ("of", &slots.len().to_string())])
    }

    fn title_of(&self, slot: &SlotView) -> String {
        let kind = self.view.as_ref().and_then(|view| view.document);
        labels::slot_title(self.t, slot.slot, kind)
    }

    fn slot_title(&self) -> String {
        self.slot.as_ref().map(|slot| self.title_of(slot)).unwrap_or_default()
    }

    fn slot_lead(&self) -> String {
        let of_document = self.slot.as_ref().is_some_and(|slot| slot.slot.of_document());
        let kind = self.view.as_ref().and_then(|view| view.document);
        match (of_document, kind) {
            (true, Some(DocumentKind::MyNumberCard)) => self.t.text("capture-my-number-lead"),
            (true, _) => self.t.text("capture-document-lead"),
            (false, _) => self.t.text("capture-selfie-lead"),
        }
    }

    fn prompt(&self, prompt: &PromptView) -> String {
        labels::prompt_text(self.t, prompt.prompt)
    }

    fn hint(&self, hint: &str) -> String {
        self.t.text(&format!("hint-{hint}"))
    }

    fn takes_left(&self) -> String {
        self.t.count("capture-takes-left", &self.slot.as_ref().map_or(0, |slot| i64::from(slot.takes_left)))
    }

    fn is_prompt(&self, slot: &SlotView) -> bool {
        matches!(slot.slot, Slot::Prompt(_))
    }

    fn zone_expected(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.zone_expected)
    }

    fn name_stated(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.name_stated)
    }

    fn zone_typed(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.zone_typed)
    }
}

pub(super) fn holder(state: &DashboardState, token: &str, headers: &HeaderMap) -> Holder {
    Holder { token: Secret::new(token.to_owned()), device: Cookie::Capture.read(headers, state.secure()) }
}

pub(super) fn path(token: &str) -> String {
    format!("/verify/{token}/capture")
}

/// The current step of the page, while pictures can be submitted.
fn stage(view: &CaptureView, wanted: Option<&str>, change: bool) -> (&'static str, Option<SlotView>) {
    if !view.held {
        return ("begin", None);
    }
    if change || view.slots.is_empty() {
        return ("document", None);
    }
    let again =
        wanted.and_then(|name| view.slots.iter().find(|slot| slot.slot.as_str() == name && slot.takes_left > 0));
    let next = again.or_else(|| view.slots.iter().find(|slot| !slot.taken));
    match next {
        None => ("check", None),
        Some(slot) if matches!(slot.slot, Slot::Prompt(_)) && view.prompts.is_empty() => ("prompts", None),
        Some(slot) => ("picture", Some(slot.clone())),
    }
}

pub(super) async fn page(
    state: &DashboardState,
    visitor: &Visitor,
    token: &str,
    holder: &Holder,
) -> Result<Capture, PageError> {
    let view = state.app.find_capture(holder).await.or_else(|error| match error {
        // Without the built-in review every link is unknown.
        Error::Unsupported(_) => Ok(None),
        other => Err(PageError::new(visitor.messages, other)),
    })?;
    // The language chosen on the first device, unless this device chose another.
    let language = match (visitor.query.get("language"), &view) {
        (None, Some(view)) => Language::choose(Some(&view.language), None),
        _ => visitor.messages.0,
    };
    let t = Messages(language);
    let param = |name: &str| visitor.query.get(name).map(String::as_str);
    let (stage, slot) = match &view {
        None => ("dead", None),
        Some(view) => stage(view, param("slot"), param("change").is_some()),
    };
    let prompt = match (&view, &slot) {
        (Some(view), Some(slot)) => view.prompts.iter().find(|prompt| prompt.slot == slot.slot).cloned(),
        _ => None,
    };
    let usual = match language {
        Language::English => "US",
        Language::Polish => "PL",
        Language::Japanese => "JP",
    };
    let served = view.as_ref().map(|view| view.countries.as_slice()).unwrap_or_default();
    let settings = state.app.settings();
    let days = settings.biometrics_days.clamp(1, RETENTION_CEILING / 86_400);
    let when = LocalFormat { messages: t, now: visitor.format.now, zone: visitor.format.zone.clone() };
    Ok(Capture {
        t,
        language,
        operator: settings.operator.clone(),
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        support: settings.support_email.clone(),
        token: token.to_owned(),
        wrong: None,
        stage,
        slot,
        prompt,
        countries: countries::list(language, served),
        country: view.as_ref().and_then(|view| view.country.clone()).unwrap_or_else(|| usual.to_owned()),
        until: when.date(&visitor.format.now.plus(days * 86_400)),
        zone: String::new(),
        zone_wrong: false,
        view,
    })
}

/// The page with an error message.
pub(super) async fn again(
    state: &DashboardState,
    visitor: &Visitor,
    token: &str,
    holder: &Holder,
    error: &Error,
) -> Page {
    let mut page = page(state, visitor, token, holder).await?;
    page.wrong = Some(error_message(page.t, error));
    render_error(page.t, &page, error)
}

/// The error as JSON, for the script to show.
pub(super) fn refused(message: &str, error: &Error) -> Response {
    let answer = (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": message }))).into_response();
    mark_limit(answer, error)
}
