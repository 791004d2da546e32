//! The steps of the capture that are not pictures. There is no session: access is by the link, on the device that
//! opened it first. Every step works without scripts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::review::{Holder, PromptView};
use serde_json::json;

use super::labels;
use super::page::{again, holder, page, path, refused};
use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::form::{Form, wants_json};
use crate::web::response::{Page, redirect, redirect_with_cookie, render, render_error};
use keystead_core::language::Language;
use keystead_locales::Messages;

/// How long the device's cookie lasts, in seconds; the link does not outlast it.
const HELD: i64 = 2 * 3_600;

pub(crate) async fn open(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Page {
    let page = page(&state, &visitor, &token, &holder(&state, &token, &headers)).await?;
    match page.ending() {
        Some(ending) => Ok(redirect(ending)),
        None => render(page.t, &page),
    }
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
    let view = state.app.find_capture(&here).await.map_err(|error| PageError::new(visitor.messages, error))?;
    if view.is_none_or(|view| view.held) {
        // No such link, or the button was pressed a second time: the page says which.
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
        "submit" => state.app.submit_capture(&here).await,
        _ => Err(Error::not_found("page", verb.as_str())),
    };
    match done {
        Ok(()) => Ok(redirect(&path(&token))),
        Err(error) if wants_json(&headers) => Ok(refused(&error_message(&visitor.format, &error), &error)),
        Err(error) => again(&state, &visitor, &token, &here, &error).await,
    }
}

async fn prompts_as_json(state: &DashboardState, here: &Holder, prompts: &[PromptView]) -> Response {
    let view = state.app.find_capture(here).await.ok().flatten();
    let t = Messages(Language::choose(view.as_ref().map(|view| view.language.as_str()), None));
    let one = |prompt: &PromptView| {
        let text = labels::prompt_text(t, prompt.prompt);
        json!({ "slot": prompt.slot.as_str(), "echo": prompt.echo, "text": text })
    };
    Json(json!({ "prompts": prompts.iter().map(one).collect::<Vec<_>>() })).into_response()
}
