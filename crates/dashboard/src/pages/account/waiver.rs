//! Asking for a waiver of the phone requirement, and what became of it.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::verification::waivers::WaiverView;
use keystead_core::verification::waiver::WaiverState;

use crate::pages::phone_step::WAIVER;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

#[derive(Template)]
#[template(path = "pages/waiver.html")]
struct Waiver {
    layout: Layout,
    view: WaiverView,
    wrong: Option<String>,
    reason: String,
    action: String,
    phone_href: String,
    keys_href: String,
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Waiver, PageError> {
    let t = visit.person.messages;
    let view = state.app.waiver_view(&visit.person.actor(), &visit.organization.id).await;
    Ok(Waiver {
        layout: Layout::new(state, visit, &t.text("waiver-title"), "/settings/account"),
        view: view.map_err(|error| PageError::new(t, error))?,
        wrong: None,
        reason: String::new(),
        action: visit.link(WAIVER),
        phone_href: visit.link("/settings/account/phone"),
        keys_href: visit.link("/api-keys?new=1"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

pub(crate) async fn ask(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let asked = state.app.request_waiver(&visit.person.actor(), &visit.organization.id, form.field("reason")).await;
    match asked {
        Ok(_) => Ok(redirect(&visit.link(WAIVER))),
        Err(error @ (Error::Invalid { .. } | Error::Limited { .. })) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            form.field("reason").clone_into(&mut page.reason);
            render_error(t, &page, &error)
        }
        Err(error) => Err(PageError::new(t, error)),
    }
}
