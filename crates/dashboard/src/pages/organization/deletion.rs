//! Settings > Organization > Delete organization: what ends, the request, cancelling it, and the copy of the data.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::organizations::OrganizationDeletionView;
use keystead_core::money::Amount;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::form::Form;
use crate::web::layout::{Layout, ORGANIZATION_DELETION};
use crate::web::response::{Page, redirect, render, render_error};

#[derive(Template)]
#[template(path = "pages/organization_deletion.html")]
struct Deletion {
    layout: Layout,
    view: OrganizationDeletionView,
    /// What becomes of the credit that is left.
    credit: Option<String>,
    typed: String,
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
    /// Who requested the deletion, and when.
    fn requested(&self) -> Option<String> {
        let (name, at) = self.view.requested.as_ref()?;
        let when = self.layout.format.exact(at);
        Some(self.layout.t.text_with_all("organization-deletion-by", &[("name", name), ("when", &when)]))
    }

    /// When a key was last used, which tells whether programs still depend on the organization.
    fn last_used(&self) -> String {
        match &self.view.contents.last_used_at {
            Some(at) => self.layout.t.text_with("organization-deletion-used", "when", self.layout.format.ago(at)),
            None => self.layout.t.text("organization-deletion-unused"),
        }
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Deletion, PageError> {
    let person = &visit.person;
    let view = state.app.organization_deletion(&person.actor(), &visit.organization.id).await;
    let credit = state.app.credit(&person.actor(), &visit.organization.id).await;
    let left = credit.map_err(|error| PageError::new(&person.format, error))?.balance;
    let lost = || person.messages.text_with("organization-deletion-credit", "amount", person.format.money(&left));
    Ok(Deletion {
        credit: (left > Amount::ZERO).then(lost),
        layout: Layout::new(state, visit, &person.messages.text("organization-deletion"), super::general::HERE),
        view: view.map_err(|error| PageError::new(&person.format, error))?,
        typed: String::new(),
        wrong: None,
        links: Links {
            request: visit.link("/settings/organization/delete/request"),
            cancel: visit.link("/settings/organization/delete/cancel"),
            export: visit.link("/settings/organization/export.json"),
            back: visit.link(super::general::HERE),
        },
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// Requests the deletion.
pub(crate) async fn request(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    let person = &visit.person;
    person.check(&form)?;
    let name = form.field("name");
    match state.app.request_organization_deletion(&person.secret, &visit.organization.id, name).await {
        Ok(_) => Ok(redirect(&visit.link(&format!("{ORGANIZATION_DELETION}?done=organization-deletion-requested")))),
        Err(error @ Error::Invalid { .. }) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(error_message(&person.format, &error));
            name.clone_into(&mut page.typed);
            render_error(person.messages, &page, &error)
        }
        Err(error) => Err(PageError::new(&person.format, error)),
    }
}

pub(crate) async fn cancel(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    let person = &visit.person;
    person.check(&form)?;
    let cancelled = state.app.cancel_organization_deletion(&person.actor(), &visit.organization.id).await;
    cancelled.map_err(|error| PageError::new(&person.format, error))?;
    Ok(redirect(&visit.link(&format!("{ORGANIZATION_DELETION}?done=organization-deletion-cancelled"))))
}

/// Downloads a copy of what is kept about the organization.
pub(crate) async fn export(State(state): State<DashboardState>, visit: Visit) -> Page {
    let person = &visit.person;
    let copy = state.app.export_organization(&person.secret, &visit.organization.id).await;
    let copy = copy.map_err(|error| PageError::new(&person.format, error))?;
    let kind = FileKind::Json { disposition: "attachment; filename=\"keystead-organization.json\"" };
    Ok(file_answer(kind, format!("{copy:#}\n")))
}
