//! The forms of the page of budgets: owners add, change and remove them.

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::budgets::BudgetSettings;
use keystead_core::budget::{BudgetTerms, Measure};
use keystead_core::id::BudgetId;
use keystead_core::money::Amount;
use keystead_locales::LocalFormat;

use super::page::{Caution, HERE, Typed, dialog, page, subject};
use super::table::figure;
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render_error, render_invalid};
use crate::web::whole_number::whole_number;

/// Why a form changed nothing.
enum Fault {
    Error(Error),
    /// What is wrong with the amount.
    Amount(String),
    /// A budget that refuses at once, which was not confirmed: what it would be, and what is used already.
    Refuses {
        measure: Measure,
        amount: i64,
        used: Amount,
    },
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Reads an amount: money in units of the currency, or a whole number.
fn amount(format: &LocalFormat, measure: Measure, typed: &str) -> Result<i64, Fault> {
    match measure {
        Measure::Money => cents(format, typed, 1).map_err(Fault::Amount),
        Measure::Tokens | Measure::Requests => {
            whole_number(typed).ok_or_else(|| Fault::Amount(format.messages.text("budget-wrong-number")))
        }
    }
}

/// `create`, `change` or `remove`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    match run(&state, &visit, &verb, &form).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(fault) => refused(&state, &visit, &verb, &form, fault).await,
    }
}

async fn run(state: &DashboardState, visit: &Visit, verb: &str, form: &Form) -> Result<(), Fault> {
    let (actor, organization, format) = (visit.person.actor(), &visit.organization.id, &visit.person.format);
    let id = || {
        let id = form.field("id");
        id.parse::<BudgetId>().map_err(|_| Error::not_found("budget", id))
    };
    match verb {
        "create" => {
            let terms: BudgetTerms = form
                .field("terms")
                .parse()
                .map_err(|_| Error::invalid("interval", "Invalid 'interval': choose one of the list."))?;
            let amount = amount(format, terms.measure, form.field("amount"))?;
            let id = form.field("subject");
            let subject = subject(visit, id).ok_or_else(|| Error::not_found("organization", id))?;
            let settings = BudgetSettings { subject, measure: terms.measure, interval: terms.interval, amount };
            if visit.owner() && !form.ticked("acknowledged") {
                let used = state.app.budget_used_so_far(&actor, organization, &settings).await?;
                if used >= terms.measure.amount(amount) {
                    return Err(Fault::Refuses { measure: terms.measure, amount, used });
                }
            }
            state.app.create_budget(&actor, organization, &settings).await?;
        }
        "change" => {
            let id = id()?;
            let view = state.app.budget(&actor, organization, &id).await?;
            let measure = view.row.budget.scope.terms.measure;
            let amount = amount(format, measure, form.field("amount"))?;
            if !form.ticked("acknowledged") && view.figures.would_refuse(measure.amount(amount)) {
                return Err(Fault::Refuses { measure, amount, used: view.figures.spent });
            }
            state.app.change_budget(&actor, organization, &id, amount).await?;
        }
        "remove" => match state.app.delete_budget(&actor, organization, &id()?).await {
            // It was removed meanwhile, as was wanted.
            Ok(()) | Err(Error::NotFound { kind: "budget", .. }) => {}
            Err(error) => return Err(error.into()),
        },
        other => return Err(Error::not_found("page", other).into()),
    }
    Ok(())
}

/// The page with what is wrong, and what was typed.
async fn refused(state: &DashboardState, visit: &Visit, verb: &str, form: &Form, fault: Fault) -> Page {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let text = |name: &str| form.field(name).to_owned();
    let typed = Typed { subject: text("subject"), terms: text("terms"), amount: text("amount") };
    let mut shown = page(state, visit, (verb == "create").then_some(typed)).await?;
    match fault {
        Fault::Error(
            error @ (Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_)),
        ) => Err(PageError::new(t, error)),
        Fault::Error(Error::Conflict { .. }) => {
            shown.wrong = FieldFault::new("", t.text("budget-taken"));
            render_invalid(t, &shown)
        }
        Fault::Error(error) => {
            shown.wrong = FieldFault::new("", error_message(format, &error));
            render_error(t, &shown, &error)
        }
        Fault::Amount(wrong) if verb == "change" => {
            shown.dialog = dialog(state, visit, "change", form.field("id")).await?;
            if let Some(dialog) = &mut shown.dialog {
                dialog.amount = text("amount");
                dialog.wrong = Some(wrong);
            }
            render_invalid(t, &shown)
        }
        Fault::Amount(text) => {
            shown.wrong = FieldFault::new("budget-amount", text);
            render_invalid(t, &shown)
        }
        Fault::Refuses { measure, amount, used } => {
            let most = figure(format, measure, &measure.amount(amount));
            let used = figure(format, measure, &used);
            shown.caution = Some(Caution {
                text: t.text_with_all("budget-caution", &[("most", &most), ("used", &used)]),
                action: shown.act(verb),
                fields: form.without(&["csrf", "form", "acknowledged"]),
            });
            render_invalid(t, &shown)
        }
    }
}
