//! Uploads of pictures, from the camera by script or chosen as a file.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use keystead_app::Error;
use keystead_app::review::{Slot, Taken};
use serde_json::json;

use super::page::{again, holder, page, path, refused};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::form::{Upload, wants_json};
use crate::web::response::{Page, redirect};

/// The largest body of a form with a picture, in bytes. It is above the limit of a picture, which has a better message.
pub(crate) const LARGEST_UPLOAD: usize = 12 << 20;

/// Receives one picture, from the camera by script or chosen as a file.
pub(crate) async fn receive(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path((token, slot)): Path<(String, String)>,
    headers: HeaderMap,
    Upload(upload): Upload,
) -> Page {
    let here = holder(&state, &token, &headers);
    let missing = || Error::not_found("picture", slot.as_str());
    // The upload is read only for the device that holds the link; the use case gives others the error.
    let view = state.app.find_capture(&here).await.map_err(|error| PageError::new(visitor.messages, error))?;
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
