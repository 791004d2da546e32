//! Settings > Organization > Budgets > Alerts: emails to owners about each budget, and alerts with recipients of their own.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::budgets::BudgetView;
use keystead_app::budgets::alerts::{BudgetAlertSettings, BudgetAlertView, NewThreshold, is_of_owners};
use keystead_app::{Error, Page as Cursor};
use keystead_core::budget::{BudgetKind, MOST_ALERT_RECIPIENTS, Measure, OWNERS_SHARES, SHARES, Threshold};
use keystead_core::id::{BudgetAlertId, BudgetId};
use keystead_core::text;

use super::table::{self, figure};
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, render_invalid, subpath};
use crate::web::submit::reloads_as;
use crate::web::whole_number::whole_number;

pub(crate) const HERE: &str = "/settings/organization/budget-alerts";
/// Budgets and alerts that the page shows.
const ROWS: u32 = 100;

/// A budget, and whether owners get mails about it.
struct OwnersRow {
    id: String,
    whom: String,
    what: String,
    mailed: bool,
}

/// An alert with recipients of its own.
struct AlertRow {
    id: String,
    whom: String,
    what: String,
    threshold: String,
    channels: Vec<String>,
    reached: String,
}

/// What was typed into the form of a new alert.
#[derive(Debug, Clone)]
struct Typed {
    budget: String,
    kind: String,
    value: String,
    recipients: String,
    owners: bool,
}

#[derive(Template)]
#[template(path = "pages/budget_alerts.html")]
struct Alerts {
    layout: Layout,
    owner: bool,
    budgets: Vec<OwnersRow>,
    rows: Vec<AlertRow>,
    typed: Typed,
    wrong: FieldFault,
    /// The alert that the dialog deletes.
    asked: Option<String>,
    recipients: i64,
    link: String,
    budgets_href: String,
    webhooks_href: String,
}

impl Alerts {
    fn act(&self, verb: &str) -> String {
        subpath(&self.link, HERE, verb)
    }
}

/// Why a form changed nothing.
enum Fault {
    Error(Error),
    Field(&'static str, String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn alert_row(visit: &Visit, view: &BudgetAlertView, budgets: &[OwnersRow]) -> Option<AlertRow> {
    let (t, format, alert) = (visit.person.messages, &visit.person.format, &view.alert);
    let budget = budgets.iter().find(|budget| budget.id == alert.budget.as_str())?;
    let mut channels = alert.recipients.clone();
    if alert.owners {
        channels.push(t.text("budget-alert-owners"));
    }
    match &alert.webhooks {
        None => channels.push(t.text("budget-alert-webhooks-all")),
        Some(ids) if ids.is_empty() => {}
        Some(ids) => channels.push(t.count("budget-alert-webhooks", &i64::try_from(ids.len()).unwrap_or(i64::MAX))),
    }
    Some(AlertRow {
        id: alert.id.to_string(),
        whom: budget.whom.clone(),
        what: budget.what.clone(),
        threshold: match alert.threshold {
            Threshold::Share(percent) => t.text_with("budget-alert-share", "percent", percent),
            Threshold::Amount(amount) => figure(format, view.measure, &amount),
        },
        channels,
        reached: match alert.last_reached {
            Some((at, _)) => t.text_with("budget-alert-reached", "when", format.exact(&at)),
            None => t.text("budget-alert-not-reached"),
        },
    })
}

async fn page(state: &DashboardState, visit: &Visit, typed: Option<Typed>) -> Result<Alerts, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let (mut budgets, mut rows) = (Vec::new(), Vec::new());
    if visit.owner() {
        let all = || Cursor { after: None, limit: ROWS, ascending: true };
        let views: Vec<BudgetView> = state.app.budgets(&actor, organization, &all()).await.map_err(fail)?.data;
        let of_limits = |view: &BudgetView| view.row.budget.scope.terms.kind == BudgetKind::Limit;
        let views: Vec<BudgetView> = views.into_iter().filter(of_limits).collect();
        let alerts = state.app.budget_alerts(&actor, organization, &all()).await.map_err(fail)?.data;
        let (shown, _) = table::rows(state, visit, &views).await?;
        let mailed = |id: &str| {
            let of_owners = |view: &&BudgetAlertView| {
                let share = OWNERS_SHARES.iter().any(|percent| is_of_owners(&view.alert, *percent));
                view.alert.budget.as_str() == id && share
            };
            alerts.iter().filter(of_owners).count() >= OWNERS_SHARES.len()
        };
        budgets.extend(shown.into_iter().map(|row| OwnersRow {
            mailed: mailed(&row.id),
            id: row.id,
            whom: row.whom,
            what: row.what,
        }));
        // The two alerts of a budget about which owners get mails are that budget's row above.
        let is_above = |view: &&BudgetAlertView| {
            let share = OWNERS_SHARES.iter().any(|percent| is_of_owners(&view.alert, *percent));
            share && budgets.iter().any(|budget| budget.mailed && budget.id == view.alert.budget.as_str())
        };
        rows.extend(alerts.iter().filter(|view| !is_above(view)).filter_map(|view| alert_row(visit, view, &budgets)));
    }
    let fresh = || Typed {
        budget: visit.person.query.get("for").cloned().unwrap_or_default(),
        kind: "percent".to_owned(),
        value: "80".to_owned(),
        recipients: visit.person.session.email.clone(),
        owners: false,
    };
    let asked = visit.person.query.get("delete").filter(|id| rows.iter().any(|row| row.id == **id));
    Ok(Alerts {
        layout: Layout::new(state, visit, &t.text("budget-alerts"), super::page::HERE),
        owner: visit.owner(),
        budgets,
        rows,
        typed: typed.unwrap_or_else(fresh),
        wrong: FieldFault::default(),
        asked: asked.cloned(),
        recipients: i64::try_from(MOST_ALERT_RECIPIENTS).unwrap_or(i64::MAX),
        link: visit.link(HERE),
        budgets_href: visit.link(super::page::HERE),
        webhooks_href: visit.link(crate::pages::webhooks::HERE),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

/// Reads the form of a new alert.
fn settings(visit: &Visit, form: &Form, measure: Measure) -> Result<BudgetAlertSettings, Fault> {
    let (t, format, value) = (visit.person.messages, &visit.person.format, form.field("value"));
    let wrong = |text: &str| Fault::Field("value", t.text(text));
    let threshold = match (form.field("kind"), measure) {
        ("percent", _) => {
            let percent = whole_number(value.trim_end_matches(['%', '％'])).filter(|percent| SHARES.contains(percent));
            NewThreshold::Percent(percent.ok_or_else(|| wrong("budget-alert-percent-wrong"))?)
        }
        (_, Measure::Money) => {
            NewThreshold::Amount(cents(format, value, 1).map_err(|text| Fault::Field("value", text))?)
        }
        (_, Measure::Tokens | Measure::Requests) => {
            NewThreshold::Amount(whole_number(value).ok_or_else(|| wrong("budget-wrong-number"))?)
        }
    };
    let separates = |one: char| one.is_whitespace() || matches!(one, ',' | ';' | '、' | '，');
    let recipients: Vec<String> =
        form.field("recipients").split(separates).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    if recipients.len() > MOST_ALERT_RECIPIENTS {
        let most = i64::try_from(MOST_ALERT_RECIPIENTS).unwrap_or(i64::MAX);
        return Err(Fault::Field("recipients", t.count("spend-recipients-many", &most)));
    }
    if let Some(address) = recipients.iter().find(|address| text::email(address).is_err()) {
        let text = t.text_with("spend-recipient-wrong", "address", text::printable(address));
        return Err(Fault::Field("recipients", text));
    }
    Ok(BudgetAlertSettings { threshold, recipients, owners: form.ticked("owners"), webhooks: None })
}

/// `create`, `delete`, or `mail` and `silence` for the owners' emails about a budget.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fault = match run(&state, &visit, &verb, &form).await {
        Ok(()) => return Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(Fault::Error(
            error @ (Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_)),
        )) => return Err(PageError::new(t, error)),
        Err(fault) => fault,
    };
    let text = |name: &str| form.field(name).to_owned();
    let typed = Typed {
        budget: text("budget"),
        kind: text("kind"),
        value: text("value"),
        recipients: text("recipients"),
        owners: form.ticked("owners"),
    };
    let mut shown = page(&state, &visit, (verb == "create").then_some(typed)).await?;
    let here = visit.link(HERE);
    match fault {
        Fault::Field(field, text) => {
            shown.wrong = FieldFault::new(field, text);
            reloads_as(render_invalid(t, &shown), here)
        }
        Fault::Error(error) => {
            let text = match &error {
                Error::Invalid { param: None, .. } => t.text("budget-alerts-full"),
                other => error_message(format, other),
            };
            shown.wrong = FieldFault::new("", text);
            reloads_as(render_error(t, &shown, &error), here)
        }
    }
}

async fn run(state: &DashboardState, visit: &Visit, verb: &str, form: &Form) -> Result<(), Fault> {
    let (app, actor, organization) = (&state.app, visit.person.actor(), &visit.organization.id);
    let budget = || {
        let id = form.field("budget");
        id.parse::<BudgetId>().map_err(|_| Error::not_found("budget", id))
    };
    match verb {
        "create" => {
            let id = budget()?;
            let measure = app.budget(&actor, organization, &id).await?.row.budget.scope.terms.measure;
            let settings = settings(visit, form, measure)?;
            app.create_budget_alert(&actor, organization, &id, settings).await?;
        }
        "delete" => {
            let id = form.field("id");
            let id: BudgetAlertId = id.parse().map_err(|_| Error::not_found("alert", id))?;
            app.delete_budget_alert(&actor, organization, &id).await?;
        }
        "mail" | "silence" => {
            app.mail_owners_about_budget(&actor, organization, &budget()?, verb == "mail").await?;
        }
        other => return Err(Error::not_found("page", other).into()),
    }
    Ok(())
}
