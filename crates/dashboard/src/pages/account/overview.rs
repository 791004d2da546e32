//! Settings > Account: phone, legacy keys, preferences (S1-18, S1-19).

use askama::Template;
use axum::extract::State;
use keystead_app::KeyRow;
use keystead_app::verification::phone::PhoneView;
use keystead_core::id::KeyId;

use crate::state::DashboardState;
use crate::web::error_page::Failure;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Shell;
use crate::web::response::{Page, go, show};

const HERE: &str = "/settings/account";

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    shell: Shell,
    email: String,
    zone: String,
    phone: PhoneView,
    /// Legacy keys of the person's own.
    keys: Vec<KeyRow>,
    phone_href: String,
    security_href: String,
    revoke_href: String,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.text;
    let fail = |error| Failure::new(t, error);
    let session = &visit.person.session;
    let phone = state.app.phone(&visit.person.actor(), &visit.organization.id).await.map_err(fail)?;
    let page = Account {
        shell: Shell::new(&state, &visit, &t.say("nav-account"), HERE),
        email: session.email.clone(),
        zone: session.time_zone.clone(),
        phone,
        keys: state.app.user_keys(&session.user).await.map_err(fail)?,
        revoke_href: visit.link("/settings/account/keys/revoke"),
        phone_href: visit.link("/settings/account/phone"),
        security_href: visit.link("/settings/account/security"),
    };
    show(t, &page)
}

/// Ends a legacy key of one's own.
pub(crate) async fn revoke_key(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let id: KeyId = visit.named("API key", form.text("id"))?;
    let revoked = state.app.revoke_user_key(&visit.person.actor(), &id).await;
    revoked.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=key-revoked"))))
}
