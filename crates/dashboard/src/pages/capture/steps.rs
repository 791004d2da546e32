//! Where a person takes pictures for the built-in review. There is no session: access is by the link, on the device
//! that opened it first. Every step works without scripts, by choosing a file.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::review::{CaptureView, Holder, PromptView, RETENTION_CEILING, Slot, SlotView, Taken};
use keystead_core::secret::Secret;
use keystead_core::verification::documents::DocumentKind;
use serde_json::json;

use super::labels;
use crate::countries;
use crate::format::LocalFormat;
use crate::language::Language;
use crate::messages::Messages;
use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::form::{Form, Upload, wants_json};
use crate::web::html::mark_limit;
use crate::web::progress_stream::{Observed, stream_changes};
use crate::web::response::{Page, redirect, redirect_with_cookie, render, render_error};

/// How long the device's cookie lasts, in seconds; the link does not outlast it.
const HELD: i64 = 2 * 3_600;
/// The largest body of a form with a picture, in bytes. It is above the limit of a picture, which has a better message.
pub(crate) const LARGEST_UPLOAD: usize = 12 << 20;

#[derive(Template)]
#[template(path = "pages/capture.html")]
struct Capture {
    t: Messages,
    language: Language,
    operator: String,
    host: String,
    support: Option<String>,
    token: String,
    wrong: Option<String>,
    view: Option<CaptureView>,
    stage: &'static str,
    state: String,
    slot: Option<SlotView>,
    prompt: Option<PromptView>,
    countries: Vec<(&'static str, &'static str)>,
    country: String,
    until: String,
    zone: String,
    zone_wrong: bool,
}

impl Capture {
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

    fn reasons(&self) -> Vec<String> {
        let reasons = self.view.as_ref().map(|view| view.reasons.as_slice()).unwrap_or_default();
        reasons.iter().map(|reason| labels::reason(self.t, reason)).collect()
    }
}

fn holder(state: &DashboardState, token: &str, headers: &HeaderMap) -> Holder {
    Holder { token: Secret::new(token.to_owned()), device: Cookie::Capture.read(headers, state.secure()) }
}

fn path(token: &str) -> String {
    format!("/verify/{token}/capture")
}

/// The current step of the page.
fn stage(view: &CaptureView, wanted: Option<&str>, change: bool) -> (&'static str, Option<SlotView>) {
    if !view.open {
        let stage = match view.attempt.as_str() {
            "submitted" | "in_review" => "sent",
            "approved" => "approved",
            "rejected" => "rejected",
            _ => "ended",
        };
        return (stage, None);
    }
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

async fn page(state: &DashboardState, visitor: &Visitor, token: &str, holder: &Holder) -> Result<Capture, PageError> {
    let view = state.app.look_at_capture(holder).await.or_else(|error| match error {
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
    let asked = |name: &str| visitor.query.get(name).map(String::as_str);
    let (stage, slot) = match &view {
        None => ("dead", None),
        Some(view) => stage(view, asked("slot"), asked("change").is_some()),
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
        state: view.as_ref().map_or("", |view| view.attempt.as_str()).to_owned(),
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

pub(crate) async fn open(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Page {
    let page = page(&state, &visitor, &token, &holder(&state, &token, &headers)).await?;
    render(page.t, &page)
}

/// The page with an error message.
async fn again(state: &DashboardState, visitor: &Visitor, token: &str, holder: &Holder, error: &Error) -> Page {
    let mut page = page(state, visitor, token, holder).await?;
    page.wrong = Some(error_message(page.t, error));
    render_error(page.t, &page, error)
}

/// Binds the link to this device.
pub(crate) async fn begin(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let here = holder(&state, &token, &headers);
    let view = state.app.look_at_capture(&here).await.map_err(|error| PageError::new(visitor.messages, error))?;
    if view.is_some_and(|view| view.held) {
        // The button was pressed a second time.
        return Ok(redirect(&path(&token)));
    }
    match state.app.begin_capture(&here.token, form.field("country")).await {
        Ok(device) => Ok(redirect_with_cookie(&path(&token), Cookie::Capture.set(&device, HELD, state.secure()))),
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// Every step except pictures.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path((token, verb)): Path<(String, String)>,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let here = holder(&state, &token, &headers);
    let done = match verb.as_str() {
        "country" => state.app.choose_capture_country(&here, form.field("country")).await,
        "document" => state.app.choose_capture_document(&here, form.field("document")).await,
        "zone" => match state.app.type_capture_zone(&here, form.field("zone")).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let mut page = page(&state, &visitor, &token, &here).await?;
                page.wrong = Some(error_message(page.t, &error));
                page.zone = form.field("zone").to_owned();
                page.zone_wrong = true;
                return render_error(page.t, &page, &error);
            }
        },
        "name" => state.app.state_capture_name(&here, form.field("name")).await,
        "prompts" => match state.app.ask_capture_prompts(&here).await {
            Ok(prompts) if wants_json(&headers) => return Ok(prompts_as_json(&state, &here, &prompts).await),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        },
        "submit" => state.app.hand_in_capture(&here).await,
        _ => Err(Error::not_found("page", verb.as_str())),
    };
    match done {
        Ok(()) => Ok(redirect(&path(&token))),
        Err(error) if wants_json(&headers) => Ok(refused(&error_message(visitor.messages, &error), &error)),
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// Receives one picture, from the camera by script or chosen as a file.
pub(crate) async fn picture(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path((token, slot)): Path<(String, String)>,
    headers: HeaderMap,
    Upload(upload): Upload,
) -> Page {
    let here = holder(&state, &token, &headers);
    let missing = || Error::not_found("picture", slot.as_str());
    // The upload is read only for the device that holds the link; the use case gives others the error.
    let view = state.app.look_at_capture(&here).await.map_err(|error| PageError::new(visitor.messages, error))?;
    let sent = match view.is_some_and(|view| view.held && view.open) {
        true => read(upload).await,
        false => Some((Vec::new(), Taken::default())),
    };
    let taken = match (Slot::from_name(&slot), sent) {
        (Some(slot), Some((bytes, taken))) => state.app.take_capture_picture(&here, slot, bytes, taken).await,
        (None, _) => Err(missing()),
        (_, None) => Err(Error::Invalid {
            param: None,
            code: Some("picture_file_too_large"),
            message: "The file is larger than 10 MiB.".to_owned(),
        }),
    };
    match taken {
        Ok(view) => {
            let again = !view.hints.is_empty() && view.takes_left > 0 && !matches!(view.slot, Slot::Prompt(_));
            let next = if again { format!("{}?slot={slot}", path(&token)) } else { path(&token) };
            Ok(if wants_json(&headers) { Json(json!({ "next": next })).into_response() } else { redirect(&next) })
        }
        Err(error) if wants_json(&headers) => {
            let page = page(&state, &visitor, &token, &here).await?;
            Ok(refused(&error_message(page.t, &error), &error))
        }
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// The state of the attempt, for pages that poll.
pub(crate) async fn follow(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let view = state.app.look_at_capture(&holder(&state, &token, &headers)).await;
    let view = view.map_err(|error| PageError::new(visitor.messages, error))?;
    let word = view.map_or_else(String::new, |view| view.attempt);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], word).into_response())
}

/// The state of the attempt as a stream, while it is in review.
pub(crate) async fn events(
    State(state): State<DashboardState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (app, holder) = (state.app.clone(), Arc::new(holder(&state, &token, &headers)));
    stream_changes(&state, &headers, &token, move || {
        let (app, holder) = (app.clone(), Arc::clone(&holder));
        async move {
            match app.look_at_capture(&holder).await {
                Ok(Some(view)) if matches!(view.attempt.as_str(), "submitted" | "in_review") => {
                    Observed::Changing(view.attempt)
                }
                Ok(Some(view)) => Observed::Final(view.attempt),
                Ok(None) | Err(_) => Observed::Unavailable,
            }
        }
    })
    .await
}

/// The picture and how it was taken; `None` if the body is too long or malformed.
async fn read(mut upload: Multipart) -> Option<(Vec<u8>, Taken)> {
    let (mut bytes, mut taken) = (Vec::new(), Taken::default());
    while let Some(field) = upload.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.ok()?;
        let text = || String::from_utf8_lossy(&value).chars().take(80).collect::<String>();
        match name.as_str() {
            "picture" => bytes = value.to_vec(),
            "live" => taken.live = true,
            "echo" => taken.echo = text(),
            "shown" => taken.shown = text().parse().unwrap_or_default(),
            "captured" => taken.captured = text().parse().unwrap_or_default(),
            _ => {}
        }
    }
    Some((bytes, taken))
}

async fn prompts_as_json(state: &DashboardState, here: &Holder, prompts: &[PromptView]) -> Response {
    let view = state.app.look_at_capture(here).await.ok().flatten();
    let t = Messages(Language::choose(view.as_ref().map(|view| view.language.as_str()), None));
    let one = |prompt: &PromptView| {
        let text = labels::prompt_text(t, prompt.prompt);
        json!({ "slot": prompt.slot.as_str(), "echo": prompt.echo, "text": text })
    };
    Json(json!({ "prompts": prompts.iter().map(one).collect::<Vec<_>>() })).into_response()
}

/// The error as JSON, for the script to show.
fn refused(message: &str, error: &Error) -> Response {
    let answer = (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": message }))).into_response();
    mark_limit(answer, error)
}
