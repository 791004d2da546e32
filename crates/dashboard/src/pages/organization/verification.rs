//! What an owner does with the verification of the organization, and how its page follows it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::verification::organization::{Channel, Consent, OrganizationView};
use keystead_core::time::Timestamp;

use super::general::{HERE, Qr, again, page};
use super::verification_card::{link_state, moving};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::progress_stream::{Observed, stream_changes};
use crate::web::qr_code::draw;
use crate::web::response::{Page, redirect, render};
use crate::web::submit::reloads_as;

/// Actions of an owner on the verification.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let attempt = form.field("attempt").to_owned();
    let done = match verb.as_str() {
        "start" => {
            let language = visit.person.messages.0.tag().to_owned();
            let consent = Consent { given: form.ticked("consent"), language, origin: visit.person.context.origin };
            match state.app.start_organization_verification(&actor, organization, consent).await {
                Ok((view, _)) => return show_code(&state, &visit, &view.id).await,
                Err(error) => Err(error),
            }
        }
        "code" => return show_code(&state, &visit, &attempt).await,
        "here" => match state.app.reissue_verification_link(&actor, organization, &attempt).await {
            Ok((_, link)) => return Ok(redirect(&link.url)),
            Err(error) => Err(error),
        },
        "mail" => {
            let sent = state.app.hand_off_verification(&actor, organization, &attempt, Channel::Mail).await;
            match sent {
                Ok(_) => return Ok(redirect(&visit.link(&format!("{HERE}?done=mail-sent")))),
                Err(error) => Err(error),
            }
        }
        "check" => state.app.check_organization_verification(&actor, organization, &attempt).await.map(|_| ()),
        "cancel" => state.app.cancel_organization_verification(&actor, organization).await.map(|_| ()),
        "withdraw" => state.app.withdraw_and_erase(&actor, organization).await.map(|_| ()),
        "appeal" => match state.app.appeal_verification(&actor, organization, form.field("statement")).await {
            Ok(_) => return Ok(redirect(&visit.link(&format!("{HERE}?done=appealed")))),
            Err(error) => Err(error),
        },
        _ => Err(Error::not_found("page", verb.as_str())),
    };
    match done {
        Ok(()) => Ok(redirect(&visit.link(HERE))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

/// Withdraws consent. It deletes what was collected, so it has a route of its own that requires recent authentication.
pub(crate) async fn withdraw(state: State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(state, visit, Path("withdraw".to_owned()), form).await
}

/// Shows a new QR code, once, in the answer to the form; its link appears in no address.
async fn show_code(state: &DashboardState, visit: &Visit, attempt: &str) -> Page {
    let made =
        state.app.hand_off_verification(&visit.person.actor(), &visit.organization.id, attempt, Channel::Qr).await;
    match made {
        Err(error) => again(state, visit, &error).await,
        Ok(link) => {
            let mut page = page(state, visit).await?;
            let url = link.url.expose().clone();
            page.qr = Some(Qr { svg: draw(&url), until: page.layout.format.time(&link.expires_at), url });
            // Not the page with the consent, which would ask for it again after a declined check.
            reloads_as(render(visit.person.messages, &page), visit.link(HERE))
        }
    }
}

/// The state as one word, for pages that poll.
pub(crate) async fn follow(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let t = visit.person.messages;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let view = state.app.organization_verification(&actor, organization).await.map_err(|e| PageError::new(t, e))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, word(&view, state.app.now())).into_response())
}

/// The state as a stream.
pub(crate) async fn events(State(state): State<DashboardState>, visit: Visit, headers: HeaderMap) -> Response {
    let (app, session) = (state.app.clone(), visit.person.session.id.clone());
    let (actor, organization, secret) = (visit.person.actor(), visit.organization.id.clone(), visit.person.secret);
    stream_changes(&state, &headers, session.as_str(), move || {
        let (app, actor, organization, secret) = (app.clone(), actor.clone(), organization.clone(), secret.clone());
        async move {
            // The stream ends when the session ends.
            if !matches!(app.session(&secret).await, Ok(Some(_))) {
                return Observed::Unavailable;
            }
            match app.organization_verification(&actor, &organization).await {
                Ok(view) if moving(view.status) => Observed::Changing(word(&view, app.now())),
                Ok(view) => Observed::Final(word(&view, app.now())),
                Err(_) => Observed::Unavailable,
            }
        }
    })
    .await
}

/// The state as one word: that of the organization, of the attempt with its step, and of the link for the phone.
pub(super) fn word(view: &OrganizationView, now: Timestamp) -> String {
    match &view.attempt {
        Some(attempt) => {
            format!("{}-{}-{}-{}", view.status.as_str(), attempt.state, attempt.step, link_state(view, now))
        }
        None => view.status.as_str().to_owned(),
    }
}
