//! Settings > Account: phone, legacy keys, preferences.

use askama::Template;
use axum::extract::State;
use keystead_app::KeyRow;
use keystead_app::verification::phone::PhoneView;
use keystead_core::id::KeyId;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render};

const HERE: &str = "/settings/account";

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    layout: Layout,
    email: String,
    zone: String,
    phone: PhoneView,
    /// The person's own legacy keys.
    keys: Vec<KeyRow>,
    phone_href: String,
    security_href: String,
    revoke_href: String,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let session = &visit.person.session;
    let phone = state.app.phone_view(&visit.person.actor(), &visit.organization.id).await.map_err(fail)?;
    let page = Account {
        layout: Layout::new(&state, &visit, &t.text("nav-account"), HERE),
        email: session.email.clone(),
        zone: session.time_zone.clone(),
        phone,
        keys: state.app.user_keys(&session.user).await.map_err(fail)?,
        revoke_href: visit.link("/settings/account/keys/revoke"),
        phone_href: visit.link("/settings/account/phone"),
        security_href: visit.link("/settings/account/security"),
    };
    render(t, &page)
}

/// Revokes a legacy key of the person.
pub(crate) async fn revoke_key(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let id: KeyId = visit.named("API key", form.field("id"))?;
    let revoked = state.app.revoke_user_key(&visit.person.actor(), &id).await;
    revoked.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=key-revoked"))))
}
