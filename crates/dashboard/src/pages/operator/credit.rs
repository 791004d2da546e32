//! The operator's console of credit: the organizations that pay, and one of them with grants, corrections and its mode.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::credit::{Adjustment, CreditView, Grant, OrganizationCredit};
use keystead_app::{Actor, Error, Page as Cursor};
use keystead_core::id::OrganizationId;
use keystead_core::ledger::BillingMode;
use keystead_core::money::{Amount, Micros};
use keystead_locales::{LocalFormat, Messages};

use super::console::{layout, link_to_place, operator};
use super::policy::read_moment;
use crate::pages::organization::credit_rows::{LedgerRow, LotRow};
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

const HERE: &str = "/operator/credit";
/// Organizations on a page of the list.
const ORGANIZATIONS: u32 = 50;
/// Transactions on one page.
const ROWS: u32 = 20;
/// Micros in a cent.
const CENT: i64 = 10_000;

/// One organization of the list.
struct Row {
    name: String,
    href: String,
    mode: String,
    balance: String,
    look: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "pages/operator_credit.html")]
struct List {
    layout: Layout,
    rows: Vec<Row>,
    /// The next page.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/operator_credit_one.html")]
struct One {
    layout: Layout,
    back: String,
    purchases: String,
    action: String,
    id: String,
    lead: String,
    look: &'static str,
    state: String,
    suspended: bool,
    balance: String,
    lots: Vec<LotRow>,
    rows: Vec<LedgerRow>,
    /// The next page of the ledger.
    older: Option<String>,
    modes: Vec<(&'static str, String, bool)>,
    /// What was typed, by the name of the form.
    typed: Typed,
    /// The form and the field at fault, and why.
    wrong: FieldFault,
}

/// What was typed into the form at fault.
#[derive(Default)]
struct Typed {
    grant: String,
    expires: String,
    priority: String,
    grant_reason: String,
    adjust: String,
    adjust_reason: String,
    mode_reason: String,
    state_reason: String,
}

fn mode_name(t: Messages, mode: BillingMode) -> String {
    t.text(match mode {
        BillingMode::None => "credit-mode-none",
        BillingMode::Prepaid => "credit-mode-prepaid",
        BillingMode::Postpaid => "credit-mode-postpaid",
    })
}

fn state_of(format: &LocalFormat, view: &CreditView) -> (&'static str, String) {
    let t = format.messages;
    match &view.suspended {
        Some(suspended) => ("bad", t.text_with("credit-state-suspended", "when", format.date(&suspended.since))),
        None if view.mode == BillingMode::Prepaid && view.balance <= Amount::ZERO => {
            ("wait", t.text("credit-state-spent"))
        }
        None => ("ok", t.text("credit-state-active")),
    }
}

pub(crate) async fn list(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ORGANIZATIONS, ascending: false };
    let found = state.app.credit_of_organizations(&operator(&visit)?, &cursor).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let row = |one: &OrganizationCredit| {
        let (look, state) = state_of(format, &one.credit);
        Row {
            name: one.name.clone(),
            href: visit.link(&format!("{HERE}/{}", one.credit.organization)),
            mode: mode_name(t, one.credit.mode),
            balance: format.amount(&one.credit.balance),
            look,
            state,
        }
    };
    let rows = found.data.iter().map(row).collect();
    let last = found.data.last().filter(|_| found.has_more);
    let more = last.map(|last| visit.link(&format!("{HERE}?after={}", last.credit.organization)));
    render(t, &List { layout: layout(&state, &visit, &t.text("credit-console"), HERE), rows, more })
}

async fn page(state: &DashboardState, visit: &OwnVisit, id: &OrganizationId) -> Result<One, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fail = |error| PageError::new(t, error);
    let actor = operator(visit)?;
    let OrganizationCredit { name, credit } = state.app.credit_for_operator(&actor, id).await.map_err(fail)?;
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: false };
    let listed = state.app.ledger(&actor, id, &cursor).await.map_err(fail)?;
    let older = listed.data.last().filter(|_| listed.has_more);
    let (look, words) = state_of(format, &credit);
    let choice = |mode: Option<BillingMode>| {
        let (value, label) = match mode {
            Some(mode) => (mode.as_str(), mode_name(t, mode)),
            None => ("default", t.text("credit-mode-default")),
        };
        (value, label, credit.chosen == mode)
    };
    let all = std::iter::once(None).chain(BillingMode::ALL.into_iter().map(Some));
    Ok(One {
        layout: layout(state, visit, &name, HERE),
        back: visit.link(HERE),
        purchases: visit.link(&format!("{HERE}/{id}/purchases")),
        action: link_to_place(visit, &format!("{HERE}/{id}/change"), None),
        id: id.to_string(),
        lead: t.text_with("credit-mode-now", "mode", mode_name(t, credit.mode)),
        look,
        state: words,
        suspended: credit.suspended.is_some(),
        balance: format.money(&credit.balance),
        lots: credit.lots.iter().map(|lot| LotRow::of(format, lot)).collect(),
        rows: listed.data.iter().map(|row| LedgerRow::of(format, row)).collect(),
        older: older.map(|last| format!("{}#ledger", visit.link(&format!("{HERE}/{id}?after={}", last.id)))),
        modes: all.map(choice).collect(),
        typed: Typed::default(),
        wrong: FieldFault::default(),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit, Path(id): Path<String>) -> Page {
    let id = visit.named("organization", &id)?;
    render(visit.person.messages, &page(&state, &visit, &id).await?)
}

/// `grant`, `adjust`, `mode`, `suspend` or `resume`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: OwnVisit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let (t, id) = (visit.person.messages, visit.named::<OrganizationId>("organization", &id)?);
    let address = link_to_place(&visit, &format!("{HERE}/{id}"), None);
    let (field, why) = match run(&state, &visit, &actor, &id, &form).await {
        Ok(()) => return Ok(redirect(&visit.link(&format!("{HERE}/{id}?done=saved")))),
        Err(Wrong::Error(error @ (Error::Internal(_) | Error::Unavailable | Error::NotFound { .. }))) => {
            return Err(PageError::new(t, error));
        }
        Err(Wrong::Error(error)) => {
            let said = || error_message(&visit.person.format, &error);
            match &error {
                Error::Invalid { param: Some("reason"), .. } => (format!("{}-reason", form.field("do")), said()),
                Error::Invalid { param: Some("priority"), .. } => {
                    ("priority".to_owned(), t.text("credit-wrong-priority"))
                }
                Error::Invalid { param: Some("expires_at"), .. } => {
                    ("expires".to_owned(), t.text("credit-wrong-expires"))
                }
                Error::Invalid { param: Some("amount_in_cents"), .. } => (form.field("do").to_owned(), said()),
                _ => (String::new(), said()),
            }
        }
        Err(Wrong::Field(field, text)) => (field, text),
    };
    let mut shown = page(&state, &visit, &id).await?;
    shown.wrong = FieldFault::new(field, why);
    if form.field("do") == "mode" {
        shown.modes.iter_mut().for_each(|(value, _, chosen)| *chosen = *value == form.field("mode"));
    }
    let text = |name: &str| form.field(name).to_owned();
    shown.typed = Typed {
        grant: text("grant"),
        expires: text("expires"),
        priority: text("priority"),
        grant_reason: if form.field("do") == "grant" { text("reason") } else { String::new() },
        adjust: text("adjust"),
        adjust_reason: if form.field("do") == "adjust" { text("reason") } else { String::new() },
        mode_reason: if form.field("do") == "mode" { text("reason") } else { String::new() },
        state_reason: if matches!(form.field("do"), "suspend" | "resume") { text("reason") } else { String::new() },
    };
    reloads_as(render_invalid(t, &shown), address)
}

/// Why a form changed nothing.
enum Wrong {
    Error(Error),
    /// The field, and what is wrong.
    Field(String, String),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

async fn run(
    state: &DashboardState,
    visit: &OwnVisit,
    actor: &Actor,
    id: &OrganizationId,
    form: &Form,
) -> Result<(), Wrong> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let reason = form.field("reason");
    let amount = |name: &str, typed: &str| {
        let cents = cents(format, typed, 1).map_err(|text| Wrong::Field(name.to_owned(), text))?;
        Ok::<_, Wrong>(cents.saturating_mul(CENT))
    };
    match form.field("do") {
        "grant" => {
            let expires_at = read_moment(form.field("expires"));
            let expires_at = expires_at.map_err(|key| Wrong::Field("expires".to_owned(), t.text(key)))?;
            let priority = match form.field("priority").trim() {
                "" => None,
                text => {
                    let wrong = || Wrong::Field("priority".to_owned(), t.text("credit-wrong-priority"));
                    Some(text.parse().map_err(|_| wrong())?)
                }
            };
            let micros = Micros(amount("grant", form.field("grant"))?);
            let wanted = Grant { micros, expires_at, priority, reason, idempotency_key: None };
            state.app.grant_credit(actor, id, &wanted).await?;
        }
        "adjust" => {
            let typed = form.field("adjust").trim();
            let taken = typed.strip_prefix(['-', '−']);
            let micros = amount("adjust", taken.unwrap_or(typed))?;
            let micros = Micros(if taken.is_some() { micros.saturating_neg() } else { micros });
            state.app.adjust_credit(actor, id, &Adjustment { micros, reason, idempotency_key: None }).await?;
        }
        "mode" => {
            let chosen = BillingMode::from_name(form.field("mode"));
            state.app.set_billing_mode(actor, id, chosen, reason).await?;
        }
        "suspend" => {
            state.app.suspend_billing(actor, id, reason).await?;
        }
        "resume" => {
            state.app.resume_billing(actor, id, reason).await?;
        }
        other => return Err(Error::not_found("page", other).into()),
    }
    Ok(())
}
