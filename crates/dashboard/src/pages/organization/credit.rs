//! Billing > Credit: what the organization has, its lots, automatic recharge, the mark for a low balance and its
//! ledger.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::Page as Cursor;
use keystead_app::credit::CreditView;
use keystead_app::verification::payment::MethodView;
use keystead_core::ledger::{BillingMode, Recharge, Suspension};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::bounds::{DAY, RECHARGE_NEW_FOR};

use super::credit_rows::{LedgerRow, LotRow};
use crate::pages::organization::buy::HERE as BUY;
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::{Layout, billing_entry};
use crate::web::response::{Page, redirect, render, render_invalid, subpath};

pub(crate) const HERE: &str = "/settings/organization/billing";
pub(crate) const PAYMENT_METHODS: &str = "/settings/organization/billing/payment-methods";
/// Transactions on one page.
const ROWS: u32 = 20;
/// Micros in a cent.
const CENT: i64 = 10_000;

/// A page of billing, in the strip above all of them.
pub(crate) struct Tab {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// The strip of the pages of billing; empty where only payment methods are of use.
pub(crate) fn tabs(visit: &Visit, view: &CreditView, current: &str) -> Vec<Tab> {
    if !is_of_use(view) {
        return Vec::new();
    }
    let t = visit.person.messages;
    let tab = |(key, path): (&str, &str)| Tab { label: t.text(key), href: visit.link(path), current: path == current };
    [("credit-tab", HERE), ("purchases-title", BUY), ("billing-title", PAYMENT_METHODS)].into_iter().map(tab).collect()
}

/// Whether there is anything to say about credit.
pub(crate) fn is_of_use(view: &CreditView) -> bool {
    view.mode != BillingMode::None || view.balance != Amount::ZERO || !view.lots.is_empty() || view.suspended.is_some()
}

/// One figure of the page.
struct Figure {
    label: String,
    value: String,
    unit: &'static str,
}

/// The fields of automatic recharge.
#[derive(Default)]
struct RechargeFields {
    below: String,
    amount: String,
    ceiling: String,
}

/// A recharge that charges a card at once, which needs to be confirmed.
struct Caution {
    text: String,
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/credit.html")]
struct Credit {
    layout: Layout,
    tabs: Vec<Tab>,
    /// How the organization pays, in words.
    lead: String,
    /// The page on which credit is bought, where it can be.
    buy: Option<String>,
    owner: bool,
    notice: Option<String>,
    figures: Vec<Figure>,
    lots: Vec<LotRow>,
    prepaid: bool,
    /// The page on which a card is added, where automatic recharge has none.
    add_card: Option<String>,
    /// What holds of automatic recharge, in words.
    recharge: String,
    recharges: bool,
    /// The bounds of one purchase, in words.
    amount_hint: String,
    /// What the ceiling means, and the bound of new organizations.
    ceiling_hint: String,
    fields: RechargeFields,
    caution: Option<Caution>,
    /// What holds of the mark for a low balance, in words.
    low: String,
    /// The field of that mark.
    mark: String,
    /// The field at fault, and what is wrong.
    wrong: FieldFault,
    rows: Vec<LedgerRow>,
    more: Option<String>,
    csv: String,
    action: String,
}

impl Credit {
    fn act(&self, verb: &str) -> String {
        subpath(&self.action, HERE, verb)
    }
}

/// The page on which credit is bought; `None` where nothing can be bought.
pub(crate) fn buy_page(state: &DashboardState, visit: &Visit, view: &CreditView) -> Option<String> {
    let sells = state.app.takes_payments() && view.mode != BillingMode::None && view.suspended.is_none();
    (sells && visit.owner()).then(|| visit.link(BUY))
}

fn notice(visit: &Visit, view: &CreditView) -> Option<String> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let suspended = view.suspended.as_ref()?;
    let when = format.exact(&suspended.since);
    Some(match suspended.why {
        Suspension::Chargeback => t.text_with("credit-suspended-chargeback", "when", when),
        Suspension::Operator if suspended.reason.is_empty() => t.text_with("credit-suspended", "when", when),
        Suspension::Operator => t.text_with_all(
            "credit-suspended-reason",
            &[("when", when.as_str()), ("reason", suspended.reason.as_str())],
        ),
    })
}

fn figures(visit: &Visit, view: &CreditView) -> Vec<Figure> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let owed = view.mode == BillingMode::Postpaid && view.balance < Amount::ZERO;
    let (label, balance) =
        if owed { ("credit-owed", Amount::ZERO.minus(view.balance)) } else { ("credit-balance", view.balance) };
    let mut figures =
        vec![Figure { label: t.text(label), value: format.amount(&balance), unit: keystead_core::money::CURRENCY }];
    let (value, unit) = match view.next_expiry() {
        Some((_, left)) => (format.amount(&left.into()), keystead_core::money::CURRENCY),
        None => ("–".to_owned(), ""),
    };
    let label = match view.next_expiry() {
        Some((at, _)) => t.text_with("credit-expires-at", "when", format.date(&at)),
        None => t.text("credit-expires-none"),
    };
    figures.push(Figure { label, value, unit });
    let (value, unit) = match view.recharge {
        Some(recharge) => (format.amount(&recharge.amount.into()), keystead_core::money::CURRENCY),
        None => (t.text("credit-recharge-off"), ""),
    };
    figures.push(Figure { label: t.text("credit-recharge"), value, unit });
    figures
}

fn recharge_words(visit: &Visit, view: &CreditView) -> String {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let Some(Recharge { below, amount, ceiling }) = view.recharge else { return t.text("credit-recharge-none") };
    let [below, amount, ceiling] = [below, amount, ceiling].map(|part| format.money(&part.into()));
    let arguments = [("below", below.as_str()), ("amount", amount.as_str()), ("ceiling", ceiling.as_str())];
    t.text_with_all("credit-recharge-on", &arguments)
}

fn low_words(visit: &Visit, view: &CreditView) -> String {
    let (t, format) = (visit.person.messages, &visit.person.format);
    match view.low_mark {
        Some(mark) => t.text_with("credit-low-on", "mark", format.money(&mark.into())),
        None => t.text("credit-low-off"),
    }
}

/// Why automatic purchases pause, and when they begin again.
fn paused(visit: &Visit, view: &CreditView) -> Option<String> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let pause = view.paused?;
    let key = format!("recharge-paused-{}", pause.why.as_str().replace('_', "-"));
    let until = pause.until.map(|until| format.exact(&until)).unwrap_or_default();
    Some(t.text_with_all(&key, &[("when", format.exact(&pause.since).as_str()), ("until", until.as_str())]))
}

/// Whether automatic purchases would find no card.
async fn needs_card(state: &DashboardState, visit: &Visit, view: &CreditView) -> Result<bool, Error> {
    if view.mode != BillingMode::Prepaid || !visit.owner() || !state.app.takes_payments() {
        return Ok(false);
    }
    let options = state.app.buy_options(&visit.person.actor(), &visit.organization.id).await?;
    Ok(options.method.is_none())
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Credit, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: false };
    let listed = state.app.ledger(&actor, organization, &cursor).await.map_err(fail)?;
    let view = state.app.credit(&actor, organization).await.map_err(fail)?;
    let more = listed.data.last().filter(|_| listed.has_more);
    let lead = match view.mode {
        BillingMode::None => "credit-lead-none",
        BillingMode::Prepaid => "credit-lead-prepaid",
        BillingMode::Postpaid => "credit-lead-postpaid",
    };
    let field = |micros: Option<Micros>| {
        micros.map(|micros| format.decimal(Amount::from(micros).rounded_to(100), 2)).unwrap_or_default()
    };
    let money = |cents: i64| format.money(&Amount::of_cents(cents));
    let bounds = state.app.settings().purchases;
    Ok(Credit {
        layout: Layout::new(state, visit, &t.text("nav-billing"), billing_entry(state, visit)),
        tabs: tabs(visit, &view, HERE),
        lead: t.text(lead),
        buy: buy_page(state, visit, &view),
        owner: visit.owner(),
        notice: notice(visit, &view).or_else(|| paused(visit, &view)),
        figures: figures(visit, &view),
        lots: view.lots.iter().map(|lot| LotRow::of(format, lot)).collect(),
        prepaid: view.mode == BillingMode::Prepaid,
        add_card: needs_card(state, visit, &view).await.map_err(fail)?.then(|| visit.link(PAYMENT_METHODS)),
        recharge: recharge_words(visit, &view),
        amount_hint: t.text_with_all(
            "buy-amount-hint",
            &[("least", &money(bounds.least)), ("most", &money(bounds.of_one(false)))],
        ),
        ceiling_hint: t.text_with_all(
            "credit-recharge-ceiling-hint",
            &[("days", &(RECHARGE_NEW_FOR / DAY).to_string()), ("most", &money(bounds.most_recharge_month_new))],
        ),
        recharges: view.recharge.is_some(),
        fields: RechargeFields {
            below: field(view.recharge.map(|recharge| recharge.below)),
            amount: field(view.recharge.map(|recharge| recharge.amount)),
            ceiling: field(view.recharge.map(|recharge| recharge.ceiling)),
        },
        caution: None,
        low: low_words(visit, &view),
        mark: field(view.low_mark),
        wrong: FieldFault::default(),
        rows: listed.data.iter().map(|row| LedgerRow::of(format, row)).collect(),
        more: more.map(|last| format!("{}#ledger", visit.link(&format!("{HERE}?after={}", last.id)))),
        csv: visit.link(&format!("{HERE}/ledger.csv")),
        action: visit.link(HERE),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// The card that a recharge charges as soon as it is saved: the one on file, where the balance is already low.
async fn charged_at_once(
    state: &DashboardState,
    visit: &Visit,
    wanted: Recharge,
) -> Result<Option<MethodView>, PageError> {
    let fail = |error| PageError::new(visit.person.messages, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    if !visit.owner() || !state.app.takes_payments() {
        return Ok(None);
    }
    let view = state.app.credit(&actor, organization).await.map_err(fail)?;
    if view.mode != BillingMode::Prepaid || view.suspended.is_some() || view.balance >= wanted.below.into() {
        return Ok(None);
    }
    Ok(state.app.buy_options(&actor, organization).await.map_err(fail)?.method)
}

/// The page with what was typed into the form of automatic recharge.
async fn typed_again(state: &DashboardState, visit: &Visit, form: &Form) -> Result<Credit, PageError> {
    let mut shown = page(state, visit).await?;
    let text = |name: &str| form.field(name).to_owned();
    shown.fields = RechargeFields { below: text("below"), amount: text("amount"), ceiling: text("ceiling") };
    Ok(shown)
}

/// Asks whether a recharge is wanted that charges this card at once.
async fn ask(state: &DashboardState, visit: &Visit, form: &Form, wanted: Recharge, card: &MethodView) -> Page {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let mut shown = typed_again(state, visit, form).await?;
    let [below, amount] = [wanted.below, wanted.amount].map(|part| format.money(&part.into()));
    let brand = shown.layout.brand(&card.brand);
    let words = [("below", below.as_str()), ("amount", &amount), ("brand", &brand), ("last4", &card.last4)];
    shown.caution = Some(Caution {
        text: t.text_with_all("credit-recharge-caution", &words),
        fields: form.without(&["csrf", "form", "acknowledged"]),
    });
    render_invalid(t, &shown)
}

/// Saves automatic recharge.
pub(crate) async fn recharge(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let wrong = match typed(&visit, &form) {
        Ok(wanted) => {
            let is_confirmed = form.ticked("acknowledged");
            let charged = if is_confirmed { None } else { charged_at_once(&state, &visit, wanted).await? };
            if let Some(card) = charged {
                return ask(&state, &visit, &form, wanted, &card).await;
            }
            let set = state.app.set_recharge(&visit.person.actor(), &visit.organization.id, Some(wanted)).await;
            match set {
                Ok(()) => return Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
                Err(Error::Invalid { param: Some("monthly_ceiling_in_cents"), .. }) => {
                    FieldFault::new("ceiling", t.text("credit-ceiling-low"))
                }
                Err(error @ Error::Invalid { param: Some("amount_in_cents"), .. }) => {
                    FieldFault::new("amount", error_message(&visit.person.format, &error))
                }
                Err(error @ Error::Invalid { .. }) => FieldFault::new("", error_message(&visit.person.format, &error)),
                Err(error) => return Err(PageError::new(t, error)),
            }
        }
        Err(wrong) => wrong,
    };
    let shown = Credit { wrong, ..typed_again(&state, &visit, &form).await? };
    render_invalid(t, &shown)
}

/// Switches automatic recharge off.
pub(crate) async fn stop(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let set = state.app.set_recharge(&visit.person.actor(), &visit.organization.id, None).await;
    set.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=saved"))))
}

/// Saves below which balance the owners are told; an empty field is never.
pub(crate) async fn save_low_mark(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let mark = form.field("mark");
    let wanted = match mark {
        "" => Ok(None),
        typed => cents(&visit.person.format, typed, 1).map(Some),
    };
    match wanted {
        Ok(wanted) => {
            let below = wanted.map(|cents| Micros(cents.saturating_mul(CENT)));
            let set = state.app.set_low_mark(&visit.person.actor(), &visit.organization.id, below).await;
            set.map_err(|error| PageError::new(t, error))?;
            Ok(redirect(&visit.link(&format!("{HERE}?done=saved"))))
        }
        Err(text) => {
            let mut shown = page(&state, &visit).await?;
            shown.wrong = FieldFault::new("mark", text);
            shown.mark = mark.to_owned();
            render_invalid(t, &shown)
        }
    }
}

/// Reads the three amounts.
fn typed(visit: &Visit, form: &Form) -> Result<Recharge, FieldFault> {
    let read = |name: &str| -> Result<Micros, FieldFault> {
        let cents = cents(&visit.person.format, form.field(name), 1).map_err(|text| FieldFault::new(name, text))?;
        Ok(Micros(cents.saturating_mul(CENT)))
    };
    Ok(Recharge { below: read("below")?, amount: read("amount")?, ceiling: read("ceiling")? })
}
