//! The page for a member who holds no role in the organization: what that means, whom to ask, and where else to go.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::state::DashboardState;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::render;

#[derive(Template)]
#[template(path = "pages/without_role.html")]
struct WithoutRole {
    layout: Layout,
    lead: String,
    account_href: String,
    /// Name and address of each organization in which the person holds a role.
    others: Vec<(String, String)>,
}

/// Answers every page of the organization.
pub(super) fn answer(state: &DashboardState, visit: &Visit) -> Response {
    let t = visit.person.messages;
    let title = t.text_with("without-role-title", "organization", &visit.organization.name);
    let others = visit.choices.iter().filter(|other| other.holds_role).filter_map(|other| {
        let project = other.projects.first()?;
        Some((other.name.clone(), format!("/home?project={}", project.id)))
    });
    let page = WithoutRole {
        layout: Layout::new(state, visit, &title, "/home"),
        lead: t.text_with("without-role-lead", "organization", &visit.organization.name),
        account_href: visit.link("/settings/account"),
        others: others.collect(),
    };
    let mut response = render(t, &page).unwrap_or_else(IntoResponse::into_response);
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}
