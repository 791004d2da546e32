//! Settings > Account > Delete account: what it does, the request, and cancelling it. It needs no organization.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::accounts::{AccountDeletionView, LeftOrganization};
use keystead_core::role::OrganizationRole;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Person;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

const HERE: &str = "/settings/account/delete";

#[derive(Template)]
#[template(path = "pages/account_deletion.html")]
struct Deletion {
    layout: Layout,
    email: String,
    view: AccountDeletionView,
    wrong: Option<String>,
}

impl Deletion {
    fn role(&self, one: &LeftOrganization) -> String {
        let owns = one.role == OrganizationRole::Owner;
        self.layout.t.text(if owns { "role-owner" } else { "role-reader" })
    }
}

async fn page(state: &DashboardState, person: &Person) -> Result<Deletion, PageError> {
    let view = state.app.account_deletion(&person.session.user).await;
    Ok(Deletion {
        layout: Layout::bare(state, person, &person.messages.text("deletion")),
        email: person.session.email.clone(),
        view: view.map_err(|error| PageError::new(&person.format, error))?,
        wrong: None,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, person: Person) -> Page {
    render(person.messages, &page(&state, &person).await?)
}

/// Requests the deletion.
pub(crate) async fn request(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    match state.app.request_account_deletion(&person.secret).await {
        Ok(_) => Ok(redirect(&format!("{HERE}?done=deletion-requested"))),
        Err(error @ Error::Invalid { .. }) => {
            let mut page = page(&state, &person).await?;
            page.wrong = Some(error_message(&person.format, &error));
            render_error(person.messages, &page, &error)
        }
        Err(error) => Err(PageError::new(&person.format, error)),
    }
}

pub(crate) async fn cancel(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    let cancelled = state.app.cancel_account_deletion(&person.session.user).await;
    cancelled.map_err(|error| PageError::new(&person.format, error))?;
    Ok(redirect(&format!("{HERE}?done=deletion-cancelled")))
}
