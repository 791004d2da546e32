//! Settings > Account: phone, sessions, preferences (S1-18, S1-19).

use askama::Template;
use axum::extract::State;
use keystead_app::accounts::DeviceView;
use keystead_app::verification::phone::PhoneView;

use super::{Page, go, show};
use crate::DashboardState;
use crate::failure::Failure;
use crate::form::Form;
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
    devices: Vec<DeviceView>,
    end: String,
    end_others: String,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.text;
    let fail = |error| Failure::new(t, error);
    let session = &visit.person.session;
    let phone = state.app.phone(&visit.person.actor(), &visit.organization.id).await.map_err(fail)?;
    let devices = state.app.devices(&session.user, &session.id).await.map_err(fail)?;
    let page = Account {
        shell: Shell::new(&state, &visit, &t.say("nav-account"), HERE),
        email: session.email.clone(),
        zone: session.time_zone.clone(),
        phone,
        phone_href: visit.link("/settings/account/phone"),
        devices,
        end: visit.link("/settings/account/sessions/end"),
        end_others: visit.link("/settings/account/sessions/end-others"),
    };
    show(t, &page)
}

pub(crate) async fn end(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let ended = state.app.end_session(&visit.person.session.user, form.text("id")).await;
    ended.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=session-ended"))))
}

pub(crate) async fn end_others(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let ended = state.app.end_other_sessions(&visit.person.session.user, &visit.person.secret).await;
    ended.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=session-ended"))))
}
