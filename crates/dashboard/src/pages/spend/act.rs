//! The forms of the pages of spend limits: owners set and remove limits, and create, change and delete alerts.

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::organizations::spend_alerts::MOST_ALERTS;
use keystead_core::budget::{AmountFault, MOST_CENTS};
use keystead_core::id::{ProjectId, SpendAlertId};
use keystead_core::money::Amount;
use keystead_locales::LocalFormat;

use super::alerts::{AlertFields, settings};
use super::page::{Caution, Spend, here, page};
use super::summary::spend_of;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render_invalid};

/// Why a form changed nothing.
pub(super) enum Fault {
    Error(Error),
    /// The name of a field, and why it is wrong.
    Field(&'static str, String),
    /// A limit of this many cents refuses every request that costs something, and that was not confirmed.
    Refuses(i64),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Reads an amount; what is none is answered with what to change.
pub(crate) fn cents(format: &LocalFormat, typed: &str, least: i64) -> Result<i64, String> {
    let (t, money) = (format.messages, |cents| format.money(&Amount::of_cents(cents)));
    keystead_core::budget::cents(typed, t.0, least).map_err(|fault| match fault {
        AmountFault::Empty => t.text("spend-wrong-empty"),
        AmountFault::NotANumber => t.text("spend-wrong-number"),
        AmountFault::Negative => t.text("spend-wrong-negative"),
        AmountFault::Currency => t.text("spend-wrong-currency"),
        AmountFault::PartsOfCents => t.text("spend-wrong-cents"),
        AmountFault::TooLow => t.text_with("spend-wrong-low", "least", money(least)),
        AmountFault::TooHigh => t.text_with("spend-wrong-high", "most", money(MOST_CENTS)),
    })
}

/// `limit`, `remove`, `create`, `change` or `delete`; the last three are about alerts.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let place = form.field("place");
    let project: Option<ProjectId> = if place.is_empty() { None } else { Some(visit.named("project", place)?) };
    let project = project.as_ref();
    match run(&state, &visit, &verb, project, &form).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{}?done=saved", here(project))))),
        Err(fault) => refused(&state, &visit, &verb, project, &form, fault).await,
    }
}

async fn run(
    state: &DashboardState,
    visit: &Visit,
    verb: &str,
    project: Option<&ProjectId>,
    form: &Form,
) -> Result<(), Fault> {
    let (actor, organization, format) = (visit.person.actor(), &visit.organization.id, &visit.person.format);
    let id = || {
        let id = form.field("id");
        id.parse::<SpendAlertId>().map_err(|_| Error::not_found("spend alert", id))
    };
    match verb {
        "limit" => {
            let cents = cents(format, form.field("amount"), 1).map_err(|text| Fault::Field("limit", text))?;
            if visit.owner() && !form.ticked("acknowledged") {
                let view = state.app.spend_of(&actor, organization, project).await?;
                if view.figures.would_refuse(Amount::of_cents(cents)) {
                    return Err(Fault::Refuses(cents));
                }
            }
            state.app.set_spend_limit(&actor, organization, project, cents).await?;
        }
        "remove" => match state.app.delete_spend_limit(&actor, organization, project).await {
            // It was removed meanwhile, as was wanted.
            Ok(()) | Err(Error::NotFound { kind: "spend limit", .. }) => {}
            Err(error) => return Err(error.into()),
        },
        "create" => {
            let settings = settings(format, form)?;
            state.app.create_spend_alert(&actor, organization, project, settings).await?;
        }
        "change" => {
            let (id, settings) = (id()?, settings(format, form)?);
            state.app.update_spend_alert(&actor, organization, project, &id, settings).await?;
        }
        "delete" => state.app.delete_spend_alert(&actor, organization, project, &id()?).await?,
        other => return Err(Error::not_found("page", other).into()),
    }
    Ok(())
}

/// The page with what is wrong, and what was typed.
async fn refused(
    state: &DashboardState,
    visit: &Visit,
    verb: &str,
    project: Option<&ProjectId>,
    form: &Form,
    fault: Fault,
) -> Page {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let of_alert = matches!(verb, "create" | "change");
    let mut shown = page(state, visit, project, of_alert.then(|| typed(form, &fault)).as_ref()).await?;
    match fault {
        Fault::Error(
            error @ (Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_)),
        ) => return Err(PageError::new(t, error)),
        Fault::Error(Error::Invalid { param: None, .. }) => {
            let full = t.count("spend-alerts-full", &MOST_ALERTS);
            shown.wrong = FieldFault::new("", if shown.archived { t.text("spend-archived") } else { full });
        }
        Fault::Error(error) => shown.wrong = FieldFault::new("", error_message(format, &error)),
        Fault::Field("limit", text) => {
            shown.amount = form.field("amount").to_owned();
            shown.wrong = FieldFault::new("limit", text);
        }
        Fault::Field(field, text) => {
            let key = AlertFields::typed(form, FieldFault::default()).key;
            shown.wrong = FieldFault::new(format!("alert-{field}{key}"), text);
        }
        Fault::Refuses(cents) => {
            shown.amount = form.field("amount").to_owned();
            shown.caution = Some(caution(state, visit, project, &shown, cents, form).await?);
        }
    }
    render_invalid(t, &shown)
}

fn typed(form: &Form, fault: &Fault) -> AlertFields {
    let wrong = match fault {
        Fault::Field(field, text) => FieldFault::new(*field, text.clone()),
        Fault::Error(_) | Fault::Refuses(_) => FieldFault::default(),
    };
    AlertFields::typed(form, wrong)
}

/// The question whether a limit below what is spent is meant.
async fn caution(
    state: &DashboardState,
    visit: &Visit,
    project: Option<&ProjectId>,
    shown: &Spend,
    cents: i64,
    form: &Form,
) -> Result<Caution, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let limit = format.money(&Amount::of_cents(cents));
    let view = spend_of(state, visit, project).await?;
    let spent = view.as_ref().map(|view| format.money(&view.figures.spent)).unwrap_or_default();
    let when = view.map(|view| format.exact_in_zone(&view.month.end)).unwrap_or_default();
    Ok(Caution {
        text: t.text_with_all("spend-caution", &[("spent", &spent), ("limit", &limit), ("when", &when)]),
        button: t.text_with("spend-caution-button", "limit", limit),
        action: shown.act("limit"),
        fields: form.without(&["csrf", "form", "acknowledged"]),
    })
}
