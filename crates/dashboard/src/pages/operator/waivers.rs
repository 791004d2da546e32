//! Deciding the requests for a waiver of the phone requirement.

use axum::extract::State;

use super::console::operator;
use super::policy::{read_moment, show_exemptions_with};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::form::Form;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect};
use keystead_app::Error;

/// Accepts or refuses a request.
pub(crate) async fn decide(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let id = visit.named("open request for a waiver", form.field("id"))?;
    let accept = form.field("do") == "accept";
    let done = match read_moment(form.field("until")) {
        Ok(until) => state.app.decide_waiver(&actor, &id, accept, until, form.field("reason")).await,
        Err(key) => Err(Error::invalid("until", t.text(key))),
    };
    match done {
        Ok(()) => Ok(redirect(&visit.link("/operator/exemptions?done=saved"))),
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => Err(PageError::new(t, error)),
        Err(error) => show_exemptions_with(&state, &visit, &error).await,
    }
}
