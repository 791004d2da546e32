//! Settings > Account > Emails: which emails a person wants. Emails about security have no switch.

use axum::extract::State;
use keystead_core::notification::Notification;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, redirect};

/// One kind of email with its switch.
#[derive(Debug, Clone)]
pub(super) struct NotificationChoice {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) wanted: bool,
}

/// The kinds that are offered: those about reviews go to operators only.
fn offered(visit: &Visit) -> Vec<Notification> {
    let operates = visit.person.session.operator || visit.person.session.operator_waits;
    Notification::ALL.into_iter().filter(|kind| operates || *kind != Notification::Review).collect()
}

pub(super) async fn choices(state: &DashboardState, visit: &Visit) -> Result<Vec<NotificationChoice>, PageError> {
    let (t, offered) = (visit.person.messages, offered(visit));
    let kept = state.app.notifications(&visit.person.session.user).await;
    let kept = kept.map_err(|error| PageError::new(&visit.person.format, error))?;
    let shown = kept.into_iter().filter(|(kind, _)| offered.contains(kind));
    let choice = |(kind, wanted): (Notification, bool)| NotificationChoice {
        name: kind.as_str(),
        label: t.text(&format!("notify-{}", kind.as_str())),
        wanted,
    };
    Ok(shown.map(choice).collect())
}

pub(crate) async fn save(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let wanted: Vec<Notification> =
        form.all("wanted").into_iter().filter_map(|name| Notification::from_name(&name)).collect();
    let saved = state.app.save_notifications(&visit.person.session.user, &offered(&visit), &wanted).await;
    saved.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect(&visit.link("/settings/account?done=saved")))
}
