//! Settings > Account: phone, preferences (S1-18, S1-19).

use askama::Template;
use axum::extract::State;
use keystead_app::verification::phone::PhoneView;

use super::{Page, show};
use crate::DashboardState;
use crate::failure::Failure;
use crate::shell::Shell;
use crate::visit::Visit;

const HERE: &str = "/settings/account";

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    shell: Shell,
    email: String,
    zone: String,
    phone: PhoneView,
    phone_href: String,
    security_href: String,
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
        phone_href: visit.link("/settings/account/phone"),
        security_href: visit.link("/settings/account/security"),
    };
    show(t, &page)
}
