//! Billing > Payment methods (S0-04, S1-11…S1-15): nothing is charged, the card is entered at the service.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::verification::payment::PaymentView;
use keystead_core::gate::Requirement;
use keystead_core::verification::payment::PaymentState;

use crate::state::DashboardState;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Shell;
use crate::web::response::{Page, below, go, show, show_refused};

const HERE: &str = "/settings/organization/billing/payment-methods";

#[derive(Template)]
#[template(path = "pages/billing.html")]
struct Billing {
    shell: Shell,
    view: PaymentView,
    wrong: Option<String>,
    action: String,
    phone_needed: bool,
    phone_href: String,
    general: String,
}

impl Billing {
    fn act(&self, verb: &str) -> String {
        below(&self.action, HERE, verb)
    }

    /// What the machine's dates mean for the person.
    fn notice(&self) -> Option<String> {
        let (t, when) = (self.shell.t, &self.shell.when);
        if let Some(until) = self.view.blocked_until {
            return Some(t.say1("billing-blocked", "when", when.exact(&until)));
        }
        let until = self.view.until.filter(|_| self.view.state == PaymentState::Attention)?;
        Some(t.say1("billing-runs-out", "when", when.date(&until)))
    }

    fn reason(&self) -> Option<String> {
        let reason = self.view.setup.as_ref()?.reason.as_ref()?;
        Some(match reason.as_str() {
            "insufficient_funds" | "expired_card" | "provider_unavailable" => {
                self.shell.t.say(&format!("card-{}", reason.replace('_', "-")))
            }
            _ => self.shell.t.say("card-declined"),
        })
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Billing, Failure> {
    let t = visit.person.text;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    // Whoever comes back from the service sees what it says now, not what an address claims.
    if let Some(setup) = visit.person.asked.get("setup") {
        match state.app.check_payment_setup(&actor, organization, setup).await {
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(Failure::new(t, error)),
        }
    }
    let view = state.app.payment_methods(&actor, organization).await.map_err(|e| Failure::new(t, e))?;
    let standing = state.app.verification_of(organization).await.map_err(|e| Failure::new(t, e))?;
    let lacks = |action: &keystead_app::verification::ActionView| action.missing.contains(&Requirement::Phone);
    let next = serde_urlencoded::to_string([("next", visit.link(HERE))]).unwrap_or_default();
    Ok(Billing {
        shell: Shell::new(state, visit, &t.say("billing-title"), HERE),
        phone_needed: standing.actions.iter().any(lacks),
        view,
        wrong: None,
        action: visit.link(HERE),
        phone_href: visit.link(&format!("/settings/account/phone?{next}")),
        general: visit.link("/settings/organization/general"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    show(visit.person.text, &page(&state, &visit).await?)
}

pub(crate) async fn add(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    match state.app.start_payment_method(&visit.person.actor(), &visit.organization.id).await {
        Ok(view) => Ok(go(view.url.as_deref().unwrap_or(HERE))),
        Err(error) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(words(visit.person.text, &error));
            show_refused(visit.person.text, &page, &error)
        }
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let removed = state.app.remove_payment_method(&visit.person.actor(), &visit.organization.id, form.text("id")).await;
    removed.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=card-removed"))))
}

pub(crate) async fn prefer(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let done = state.app.prefer_payment_method(&visit.person.actor(), &visit.organization.id, form.text("id")).await;
    done.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=saved"))))
}
