//! Billing > Buy credit: an amount, a way to pay, a confirmation, the result; and the purchases with their receipts.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use keystead_app::credit::{BuyCredit, BuyOptions, PurchaseView};
use keystead_app::{Error, Page as Rows};
use keystead_core::ledger::BillingMode;
use keystead_core::money::Amount;
use keystead_core::purchase::{PurchaseState, PurchaseWay};
use keystead_locales::LocalFormat;

use super::credit::{Tab, tabs};
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::{Layout, billing_entry};
use crate::web::response::{Page, redirect, render, render_error, render_invalid, subpath};

/// Its address.
pub(crate) const HERE: &str = "/settings/organization/billing/buy";
/// Amounts to choose from, in cents.
const AMOUNTS: [i64; 4] = [1_000, 2_000, 5_000, 10_000];
/// Purchases on one page.
const ROWS: u32 = 20;

/// What became of the purchase that the address names.
struct Outcome {
    look: &'static str,
    text: String,
    /// A link, with its text.
    link: Option<(String, String)>,
    /// Where the state of an unfinished purchase is asked for, and that state.
    follow: Option<(String, &'static str)>,
}

/// One purchase in the table.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) at: String,
    pub(crate) amount: String,
    pub(crate) way: String,
    pub(crate) look: &'static str,
    pub(crate) state: String,
    /// The class of a refusal, for operators.
    pub(crate) reason: Option<String>,
    /// What went back.
    pub(crate) back: Vec<String>,
    pub(crate) receipt: Option<String>,
    /// Whether something of it can be paid back.
    pub(crate) refundable: bool,
}

impl Row {
    pub(crate) fn of(format: &LocalFormat, view: &PurchaseView) -> Self {
        let t = format.messages;
        let money = |cents: i64| format.money(&Amount::of_cents(cents));
        let name = |part: &str, value: &str| t.text(&format!("purchases-{part}-{}", value.replace('_', "-")));
        let gone = [("purchases-refunded", view.refunded), ("purchases-disputed", view.disputed)];
        Self {
            id: view.id.to_string(),
            at: format.exact(&view.created_at),
            amount: money(view.cents),
            way: name("way", view.way.as_str()),
            look: match view.state {
                PurchaseState::Paid if view.disputed > 0 => "bad",
                PurchaseState::Paid => "ok",
                PurchaseState::Failed | PurchaseState::Expired => "bad",
                PurchaseState::Created | PurchaseState::RequiresAction | PurchaseState::Processing => "wait",
            },
            state: name("state", view.state.as_str()),
            reason: view.reason.clone().filter(|_| view.state.has_ended()),
            back: gone
                .into_iter()
                .filter(|(_, cents)| *cents > 0)
                .map(|(key, cents)| t.text_with(key, "amount", money(cents)))
                .collect(),
            receipt: view.receipt_url.clone(),
            refundable: view.state == PurchaseState::Paid && view.disputed == 0 && view.refunded < view.cents,
        }
    }
}

/// An amount and a way that wait for the confirmation.
struct Confirmation {
    sentence: String,
    button: String,
}

#[derive(Template)]
#[template(path = "pages/buy.html")]
struct Buy {
    layout: Layout,
    tabs: Vec<Tab>,
    options: BuyOptions,
    balance: String,
    bounds: String,
    amounts: Vec<String>,
    amount: String,
    checkout: bool,
    confirmation: Option<Confirmation>,
    outcome: Option<Outcome>,
    rows: Vec<Row>,
    older: Option<String>,
    /// Why nothing was bought; the field is the amount or none.
    wrong: FieldFault,
    action: String,
}

impl Buy {
    /// Where the confirmation is sent.
    fn pay(&self) -> String {
        subpath(&self.action, HERE, "pay")
    }

    /// Why nothing is sold.
    fn closed(&self) -> Option<String> {
        let key = match &self.options {
            one if one.mode == BillingMode::None => "buy-off",
            one if !one.offered => "buy-no-service",
            one if one.suspended => "buy-suspended",
            one if one.most < one.least => "buy-full",
            _ => return None,
        };
        Some(self.layout.t.text(key))
    }

    fn card(&self) -> Option<String> {
        let method = self.options.method.as_ref()?;
        let brand = self.layout.brand(&method.brand);
        Some(self.layout.t.text_with_all("buy-way-card", &[("brand", &brand), ("last4", &method.last4)]))
    }
}

fn outcome(visit: &Visit, view: &PurchaseView) -> Outcome {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let money = format.money(&Amount::of_cents(view.cents));
    let said = |key: &str| t.text_with(key, "amount", money.clone());
    let again = visit.link(&format!("{HERE}?purchase={}", view.id));
    let page_open = view.way == PurchaseWay::Checkout;
    let (look, text, link) = match (view.state, &view.url) {
        (PurchaseState::Paid, _) => ("ok", said("buy-paid"), None),
        (PurchaseState::Expired, _) if view.reason.is_none() => ("wait", said("buy-expired"), None),
        (PurchaseState::Failed | PurchaseState::Expired, _) => {
            let key = match view.reason.as_deref() {
                Some("insufficient_funds") => "card-insufficient-funds",
                Some("expired_card") => "card-expired-card",
                Some("provider_unavailable") => "card-provider-unavailable",
                Some("payment_mismatch") => "buy-reason-mismatch",
                Some("authentication_required" | "payment_intent_authentication_failure") => {
                    "buy-reason-authentication"
                }
                _ => "card-declined",
            };
            ("bad", t.text(key), None)
        }
        (PurchaseState::RequiresAction, Some(url)) => {
            ("wait", said("buy-needs-confirmation"), Some((url.clone(), t.text("buy-confirm-at-bank"))))
        }
        (PurchaseState::Created, Some(url)) if page_open => {
            ("wait", said("buy-page-open"), Some((url.clone(), t.text("buy-continue"))))
        }
        _ => ("wait", said("buy-in-progress"), Some((again, t.text("buy-check")))),
    };
    let follow = (!view.state.has_ended()).then(|| {
        let address = visit.link(&format!("{HERE}/state?purchase={}", view.id));
        (address, view.state.as_str())
    });
    Outcome { look, text, link, follow }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Buy, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let fail = |error: Error| PageError::new(t, error);
    // After the return from the payment service its state is read again; the address of the return proves nothing.
    let bought = match visit.person.query.get("purchase") {
        None => None,
        Some(id) => match state.app.check_purchase(&actor, organization, id).await {
            Ok(view) => Some(outcome(visit, &view)),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(fail(error)),
        },
    };
    let options = state.app.buy_options(&actor, organization).await.map_err(fail)?;
    let credit = state.app.credit(&actor, organization).await.map_err(fail)?;
    let wanted = Rows { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: false };
    let listed = state.app.purchases(&actor, organization, &wanted).await.map_err(fail)?;
    let older = listed.data.last().filter(|_| listed.has_more);
    let money = |cents: i64| format.money(&Amount::of_cents(cents));
    let fits = |cents: &i64| (options.least..=options.most).contains(cents);
    Ok(Buy {
        layout: Layout::new(state, visit, &t.text("nav-billing"), billing_entry(state, visit)),
        tabs: tabs(visit, &credit, HERE),
        balance: t.text_with("buy-balance", "amount", format.money(&credit.balance)),
        bounds: t.text_with_all("buy-amount-hint", &[("least", &money(options.least)), ("most", &money(options.most))]),
        amounts: AMOUNTS.into_iter().filter(fits).map(|cents| format.amount(&Amount::of_cents(cents))).collect(),
        amount: String::new(),
        checkout: options.method.is_none(),
        confirmation: None,
        outcome: bought,
        older: older.map(|row| visit.link(&format!("{HERE}?after={}", row.id))),
        rows: listed.data.iter().map(|view| Row::of(format, view)).collect(),
        options,
        wrong: FieldFault::default(),
        action: visit.link(HERE),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// The state of a purchase. Its page asks until it changes, because the bank's answer may come after the person.
pub(crate) async fn state(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let id = visit.person.query.get("purchase").map_or("", String::as_str);
    let found = state.app.check_purchase(&visit.person.actor(), &visit.organization.id, id).await;
    let view = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, view.state.as_str()).into_response())
}

/// The page with what was typed, and the amount in cents or why it is none.
async fn read_order(
    state: &DashboardState,
    visit: &Visit,
    form: &Form,
) -> Result<(Buy, Result<i64, String>), PageError> {
    visit.person.check(form)?;
    let mut page = page(state, visit).await?;
    form.field("amount").clone_into(&mut page.amount);
    page.checkout = form.field("way") == "checkout" || page.options.method.is_none();
    let read = cents(&visit.person.format, &page.amount, page.options.least);
    Ok((page, read))
}

/// The fault of the amount. Where nothing is sold, the page has no field for it.
fn amount_fault(page: &Buy, why: String) -> FieldFault {
    FieldFault::new(if page.closed().is_some() { "" } else { "amount" }, why)
}

fn render_wrong_amount(visit: &Visit, mut page: Buy, why: String) -> Page {
    page.wrong = amount_fault(&page, why);
    render_invalid(visit.person.messages, &page)
}

/// `review` shows what will be charged, and `change` goes back to it.
pub(crate) async fn review(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    let (mut page, read) = read_order(&state, &visit, &form).await?;
    let cents = match read {
        Ok(cents) => cents,
        Err(why) => return render_wrong_amount(&visit, page, why),
    };
    if cents > page.options.most && page.closed().is_none() {
        let most = visit.person.format.money(&Amount::of_cents(page.options.most));
        return render_wrong_amount(&visit, page, visit.person.messages.text_with("spend-wrong-high", "most", most));
    }
    if form.field("do") != "change" {
        page.confirmation = Some(confirmation(&page, &visit.person.format, cents));
    }
    render(visit.person.messages, &page)
}

/// Buys what was confirmed. Only this asks for a recent sign-in, so a purchase asks at most once.
pub(crate) async fn pay(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    let (page, read) = read_order(&state, &visit, &form).await?;
    match read {
        Ok(cents) => buy(&state, &visit, page, cents).await,
        Err(why) => render_wrong_amount(&visit, page, why),
    }
}

fn confirmation(page: &Buy, format: &LocalFormat, cents: i64) -> Confirmation {
    let (t, money) = (format.messages, format.money(&Amount::of_cents(cents)));
    let sentence = match page.options.method.as_ref().filter(|_| !page.checkout) {
        Some(method) => {
            let brand = page.layout.brand(&method.brand);
            let values = [("amount", money.as_str()), ("brand", &brand), ("last4", &method.last4)];
            t.text_with_all("buy-confirm-card", &values)
        }
        None => t.text_with("buy-confirm-checkout", "amount", money.clone()),
    };
    Confirmation { sentence, button: t.text_with("buy-confirm", "amount", money) }
}

async fn buy(state: &DashboardState, visit: &Visit, mut page: Buy, cents: i64) -> Page {
    let order = BuyCredit { cents, checkout: page.checkout, key: None };
    match state.app.buy_credit(&visit.person.actor(), &visit.organization.id, order).await {
        // The page of the payment service is where a form may lead; that of a bank is reached by a link.
        Ok(view) => match view.url.filter(|_| view.way == PurchaseWay::Checkout) {
            Some(url) => Ok(redirect(&url)),
            None => Ok(redirect(&visit.link(&format!("{HERE}?purchase={}", view.id)))),
        },
        Err(error) => {
            let is_amount = matches!(&error, Error::Invalid { param: Some("amount_in_cents"), .. });
            let why = error_message(&visit.person.format, &error);
            page.wrong = if is_amount { amount_fault(&page, why) } else { FieldFault::new("", why) };
            render_error(visit.person.messages, &page, &error)
        }
    }
}
