//! The purchases of one organization, for operators, who pay them back.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::credit::RefundPurchase;
use keystead_app::{Error, Page as Rows};
use keystead_core::id::OrganizationId;

use super::console::{layout, link_to_place, operator};
use crate::pages::organization::buy::Row;
use crate::pages::spend::cents;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_invalid};

/// The console of credit, to which this page belongs.
const CREDIT: &str = "/operator/credit";
/// Purchases on one page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "pages/operator_purchases.html")]
struct Purchases {
    layout: Layout,
    rows: Vec<Row>,
    /// The next page.
    older: Option<String>,
    /// The credit of the organization.
    back: String,
    action: String,
    /// The field at fault, and why; no field when the purchase is not shown.
    wrong: FieldFault,
    /// The purchase of which a refund was refused, and what was typed.
    of: String,
    amount: String,
    reason: String,
}

impl Purchases {
    fn is_wrong(&self, id: &str) -> bool {
        self.of == id
    }

    /// Whether this field is at fault.
    fn is_field_wrong(&self, field: &str, id: &str) -> bool {
        self.wrong.is_at(&format!("{field}{id}"))
    }

    fn amount_of(&self, id: &str) -> &str {
        if self.of == id { &self.amount } else { "" }
    }

    fn reason_of(&self, id: &str) -> &str {
        if self.of == id { &self.reason } else { "" }
    }
}

fn here(id: &str) -> String {
    format!("{CREDIT}/{id}/purchases")
}

async fn page(state: &DashboardState, visit: &OwnVisit, id: &str) -> Result<Purchases, PageError> {
    let actor = operator(visit)?;
    let (t, format) = (visit.person.messages, &visit.person.format);
    let organization: OrganizationId = visit.named("organization", id)?;
    let fail = |error: Error| PageError::new(t, error);
    let found = state.app.credit_for_operator(&actor, &organization).await.map_err(fail)?;
    let wanted = Rows { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: false };
    let listed = state.app.purchases(&actor, &organization, &wanted).await.map_err(fail)?;
    let older = listed.data.last().filter(|_| listed.has_more);
    let title = t.text_with("refund-title", "organization", &found.name);
    Ok(Purchases {
        layout: layout(state, visit, &title, CREDIT),
        rows: listed.data.iter().map(|view| Row::of(format, view)).collect(),
        older: older.map(|last| visit.link(&format!("{}?after={}", here(id), last.id))),
        back: visit.link(&format!("{CREDIT}/{id}")),
        action: link_to_place(visit, &format!("{}/refund", here(id)), None),
        wrong: FieldFault::default(),
        of: String::new(),
        amount: String::new(),
        reason: String::new(),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit, Path(id): Path<String>) -> Page {
    render(visit.person.messages, &page(&state, &visit, &id).await?)
}

/// Pays a purchase back.
pub(crate) async fn refund(
    State(state): State<DashboardState>,
    visit: OwnVisit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let (t, format) = (visit.person.messages, &visit.person.format);
    let organization: OrganizationId = visit.named("organization", &id)?;
    let typed = form.field("amount");
    let read = if typed.is_empty() { Ok(None) } else { cents(format, typed, 1).map(Some) };
    let (field, wrong) = match read {
        Err(why) => ("amount-", why),
        Ok(cents) => {
            let order = RefundPurchase {
                cents,
                reason: form.field("reason").to_owned(),
                spent_too: form.field("spent") == "yes",
                key: None,
            };
            match state.app.refund_purchase(&actor, &organization, form.field("id"), order).await {
                Ok(_) => return Ok(redirect(&link_to_place(&visit, &here(&id), Some("refunded")))),
                Err(error @ (Error::Internal(_) | Error::Unavailable | Error::NotFound { .. })) => {
                    return Err(PageError::new(t, error));
                }
                Err(error) => {
                    let field = match &error {
                        Error::Invalid { param: Some("reason"), .. } => "reason-",
                        _ => "amount-",
                    };
                    (field, error_message(format, &error))
                }
            }
        }
    };
    let shown = page(&state, &visit, &id).await?;
    let is_shown = shown.rows.iter().any(|row| row.refundable && row.id == form.field("id"));
    let field = if is_shown { format!("{field}{}", form.field("id")) } else { String::new() };
    let page = Purchases {
        wrong: FieldFault::new(field, wrong),
        of: form.field("id").to_owned(),
        amount: typed.to_owned(),
        reason: form.field("reason").to_owned(),
        ..shown
    };
    render_invalid(t, &page)
}
