//! Settings > Account > Delete account: what it does, the request, and cancelling it. It needs no organization.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::accounts::{AccountDeletionView, LeftOrganization};
use keystead_core::role::OrganizationRole;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::form::Form;
use crate::web::layout::{ACCOUNT_DELETION, Layout};
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_error};

#[derive(Template)]
#[template(path = "pages/account_deletion.html")]
struct Deletion {
    layout: Layout,
    email: String,
    view: AccountDeletionView,
    wrong: Option<String>,
    links: Links,
}

struct Links {
    request: String,
    cancel: String,
    export: String,
    back: String,
}

impl Deletion {
    fn role(&self, one: &LeftOrganization) -> String {
        let owns = one.role == OrganizationRole::Owner;
        self.layout.t.text(if owns { "role-owner" } else { "role-reader" })
    }
}

async fn page(state: &DashboardState, visit: &OwnVisit) -> Result<Deletion, PageError> {
    let person = &visit.person;
    let view = state.app.account_deletion(&person.session.user).await;
    Ok(Deletion {
        layout: visit.layout(state, &person.messages.text("deletion"), "/settings/account"),
        email: person.session.email.clone(),
        view: view.map_err(|error| PageError::new(&person.format, error))?,
        wrong: None,
        links: Links {
            request: visit.link("/settings/account/delete/request"),
            cancel: visit.link("/settings/account/delete/cancel"),
            export: visit.link("/settings/account/export.json"),
            back: visit.link(if visit.visit().is_some() { "/settings/account" } else { "/welcome" }),
        },
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// Requests the deletion.
pub(crate) async fn request(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    let person = &visit.person;
    person.check(&form)?;
    match state.app.request_account_deletion(&person.secret).await {
        Ok(_) => Ok(redirect(&visit.link(&format!("{ACCOUNT_DELETION}?done=deletion-requested")))),
        Err(error @ Error::Invalid { .. }) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(error_message(&person.format, &error));
            render_error(person.messages, &page, &error)
        }
        Err(error) => Err(PageError::new(&person.format, error)),
    }
}

pub(crate) async fn cancel(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    let person = &visit.person;
    person.check(&form)?;
    let cancelled = state.app.cancel_account_deletion(&person.session.user).await;
    cancelled.map_err(|error| PageError::new(&person.format, error))?;
    Ok(redirect(&visit.link(&format!("{ACCOUNT_DELETION}?done=deletion-cancelled"))))
}
