//! Where a person hands in pictures for the built-in reviewer (S0-05…S0-15, S3-25, S3-26, S3-35). No session: whoever
//! holds the link, on the first device that went on with it. Every step works without scripts, by choosing a file.

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
use crate::format::When;
use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::cookies::Cookie;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visitor;
use crate::web::form::{Form, Upload, wants_json};
use crate::web::html::mark_limit;
use crate::web::progress_stream::{Seen, tell};
use crate::web::response::{Page, go, go_with, show, show_refused};

/// Seconds for which the device's secret is kept; the link ends before or with it.
const HELD: i64 = 2 * 3_600;
/// Bytes of a form with a picture: the picture's own limit says no in better words.
pub(crate) const LARGEST_UPLOAD: usize = 12 << 20;

#[derive(Template)]
#[template(path = "pages/capture.html")]
struct Capture {
    t: Text,
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
        self.t.say2("capture-whose", &("organization", label), &("operator", &self.operator))
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
        self.t.say2("capture-step", &("at", &(at + 1).to_string()), &("of", &slots.len().to_string()))
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
            (true, Some(DocumentKind::MyNumberCard)) => self.t.say("capture-my-number-lead"),
            (true, _) => self.t.say("capture-document-lead"),
            (false, _) => self.t.say("capture-selfie-lead"),
        }
    }

    fn prompt(&self, prompt: &PromptView) -> String {
        labels::prompt_text(self.t, prompt.prompt)
    }

    fn hint(&self, hint: &str) -> String {
        self.t.say(&format!("hint-{hint}"))
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

/// What the page is about now.
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

async fn page(state: &DashboardState, visitor: &Visitor, token: &str, holder: &Holder) -> Result<Capture, Failure> {
    let view = state.app.look_at_capture(holder).await.or_else(|error| match error {
        // Without a reviewer no link leads anywhere.
        Error::Unsupported(_) => Ok(None),
        other => Err(Failure::new(visitor.text, other)),
    })?;
    // The language chosen on the first device, unless this one asks for another.
    let language = match (visitor.asked.get("language"), &view) {
        (None, Some(view)) => Language::choose(Some(&view.language), None),
        _ => visitor.text.0,
    };
    let t = Text(language);
    let asked = |name: &str| visitor.asked.get(name).map(String::as_str);
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
    let when = When { text: t, now: visitor.when.now, zone: visitor.when.zone.clone() };
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
        until: when.date(&visitor.when.now.plus(days * 86_400)),
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
    show(page.t, &page)
}

/// The page again, with what was wrong.
async fn again(state: &DashboardState, visitor: &Visitor, token: &str, holder: &Holder, error: &Error) -> Page {
    let mut page = page(state, visitor, token, holder).await?;
    page.wrong = Some(words(page.t, error));
    show_refused(page.t, &page, error)
}

/// Goes on with the link on this device.
pub(crate) async fn begin(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let here = holder(&state, &token, &headers);
    let view = state.app.look_at_capture(&here).await.map_err(|error| Failure::new(visitor.text, error))?;
    if view.is_some_and(|view| view.held) {
        // The button a second time.
        return Ok(go(&path(&token)));
    }
    match state.app.begin_capture(&here.token, form.text("country")).await {
        Ok(device) => Ok(go_with(&path(&token), Cookie::Capture.set(&device, HELD, state.secure()))),
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// Every step that is not a picture.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path((token, verb)): Path<(String, String)>,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let here = holder(&state, &token, &headers);
    let done = match verb.as_str() {
        "country" => state.app.choose_capture_country(&here, form.text("country")).await,
        "document" => state.app.choose_capture_document(&here, form.text("document")).await,
        "zone" => match state.app.type_capture_zone(&here, form.text("zone")).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let mut page = page(&state, &visitor, &token, &here).await?;
                page.wrong = Some(words(page.t, &error));
                page.zone = form.text("zone").to_owned();
                page.zone_wrong = true;
                return show_refused(page.t, &page, &error);
            }
        },
        "name" => state.app.state_capture_name(&here, form.text("name")).await,
        "prompts" => match state.app.ask_capture_prompts(&here).await {
            Ok(prompts) if wants_json(&headers) => return Ok(prompts_as_json(&state, &here, &prompts).await),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        },
        "submit" => state.app.hand_in_capture(&here).await,
        _ => Err(Error::not_found("page", verb.as_str())),
    };
    match done {
        Ok(()) => Ok(go(&path(&token))),
        Err(error) if wants_json(&headers) => Ok(refused(&words(visitor.text, &error), &error)),
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// One picture, from the camera by script or chosen as a file.
pub(crate) async fn picture(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path((token, slot)): Path<(String, String)>,
    headers: HeaderMap,
    Upload(upload): Upload,
) -> Page {
    let here = holder(&state, &token, &headers);
    let missing = || Error::not_found("picture", slot.as_str());
    // Megabytes are read for nobody but the holder; the use case tells others why not.
    let view = state.app.look_at_capture(&here).await.map_err(|error| Failure::new(visitor.text, error))?;
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
            Ok(if wants_json(&headers) { Json(json!({ "next": next })).into_response() } else { go(&next) })
        }
        Err(error) if wants_json(&headers) => {
            let page = page(&state, &visitor, &token, &here).await?;
            Ok(refused(&words(page.t, &error), &error))
        }
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

/// What a waiting page looks at.
pub(crate) async fn follow(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let view = state.app.look_at_capture(&holder(&state, &token, &headers)).await;
    let view = view.map_err(|error| Failure::new(visitor.text, error))?;
    let word = view.map_or_else(String::new, |view| view.attempt);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], word).into_response())
}

/// The same word, told whenever it changes, while somebody looks at the pictures.
pub(crate) async fn events(
    State(state): State<DashboardState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (app, holder) = (state.app.clone(), Arc::new(holder(&state, &token, &headers)));
    tell(&state, &headers, &token, move || {
        let (app, holder) = (app.clone(), Arc::clone(&holder));
        async move {
            match app.look_at_capture(&holder).await {
                Ok(Some(view)) if matches!(view.attempt.as_str(), "submitted" | "in_review") => {
                    Seen::Moving(view.attempt)
                }
                Ok(Some(view)) => Seen::Still(view.attempt),
                Ok(None) | Err(_) => Seen::Nothing,
            }
        }
    })
    .await
}

/// The picture and how it was taken; none when the body is too long or broken.
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
    let t = Text(Language::choose(view.as_ref().map(|view| view.language.as_str()), None));
    let one = |prompt: &PromptView| {
        let text = labels::prompt_text(t, prompt.prompt);
        json!({ "slot": prompt.slot.as_str(), "echo": prompt.echo, "text": text })
    };
    Json(json!({ "prompts": prompts.iter().map(one).collect::<Vec<_>>() })).into_response()
}

/// What went wrong, in words for the person, as the script shows it.
fn refused(message: &str, error: &Error) -> Response {
    let answer = (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": message }))).into_response();
    mark_limit(answer, error)
}
