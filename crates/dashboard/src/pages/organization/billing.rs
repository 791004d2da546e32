//! Billing > Payment methods. Nothing is charged; the card is entered at the payment service.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::verification::payment::PaymentView;
use keystead_core::gate::Requirement;
use keystead_core::verification::payment::PaymentState;

use super::credit::{PAYMENT_METHODS as HERE, Tab, tabs};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::{Layout, billing_entry};
use crate::web::response::{Page, redirect, render, render_error, subpath};

#[derive(Template)]
#[template(path = "pages/billing.html")]
struct Billing {
    layout: Layout,
    view: PaymentView,
    wrong: Option<String>,
    action: String,
    phone_needed: bool,
    phone_href: String,
    general: String,
    tabs: Vec<Tab>,
}

impl Billing {
    fn act(&self, verb: &str) -> String {
        subpath(&self.action, HERE, verb)
    }

    /// The state of the requirement, in words.
    fn notice(&self) -> Option<String> {
        let (t, when) = (self.layout.t, &self.layout.format);
        if let Some(until) = self.view.blocked_until {
            return Some(t.text_with("billing-blocked", "when", when.exact(&until)));
        }
        let until = self.view.until.filter(|_| self.view.state == PaymentState::Attention)?;
        Some(t.text_with("billing-runs-out", "when", when.date(&until)))
    }

    fn reason(&self) -> Option<String> {
        let reason = self.view.setup.as_ref()?.reason.as_ref()?;
        Some(match reason.as_str() {
            "insufficient_funds" | "expired_card" | "provider_unavailable" => {
                self.layout.t.text(&format!("card-{}", reason.replace('_', "-")))
            }
            _ => self.layout.t.text("card-declined"),
        })
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Billing, PageError> {
    let t = visit.person.messages;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    // After the return from the payment service its state is read again; the address of the return proves nothing.
    if let Some(setup) = visit.person.query.get("setup") {
        match state.app.check_payment_setup(&actor, organization, setup).await {
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(PageError::new(t, error)),
        }
    }
    let view = state.app.payment_methods(&actor, organization).await.map_err(|e| PageError::new(t, e))?;
    let verification = state.app.verification_of(organization).await.map_err(|e| PageError::new(t, e))?;
    let lacks = |action: &keystead_app::verification::ActionView| action.missing.contains(&Requirement::Phone);
    let next = serde_urlencoded::to_string([("next", visit.link(HERE))]).unwrap_or_default();
    let tabs = match state.app.credit(&actor, organization).await {
        Ok(credit) => tabs(visit, &credit, HERE),
        // Who manages the organization and may not see what it uses has this page alone.
        Err(Error::Refused(_)) => Vec::new(),
        Err(error) => return Err(PageError::new(t, error)),
    };
    let title = if tabs.is_empty() { "billing-title" } else { "nav-billing" };
    Ok(Billing {
        layout: Layout::new(state, visit, &t.text(title), billing_entry(state, visit)),
        tabs,
        phone_needed: verification.actions.iter().any(lacks),
        view,
        wrong: None,
        action: visit.link(HERE),
        phone_href: visit.link(&format!("/settings/account/phone?{next}")),
        general: visit.link("/settings/organization/general"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

pub(crate) async fn add(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    match state.app.start_payment_method(&visit.person.actor(), &visit.organization.id).await {
        Ok(view) => Ok(redirect(view.url.as_deref().unwrap_or(HERE))),
        Err(error) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let removed =
        state.app.remove_payment_method(&visit.person.actor(), &visit.organization.id, form.field("id")).await;
    removed.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=card-removed"))))
}

pub(crate) async fn prefer(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let done = state.app.prefer_payment_method(&visit.person.actor(), &visit.organization.id, form.field("id")).await;
    done.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=saved"))))
}
