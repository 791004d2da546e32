//! Payments at Stripe: payment intents with the card on file, Checkout in `payment` mode, refunds and disputes.
//!
//! Every request that moves money has our id as its idempotency key and in its metadata, so that it is done once and is
//! found again when its answer was lost.

use keystead_core::money::CURRENCY;
use keystead_core::purchase::{PaymentStatus, Reversal, ReversalKind, ReversalState};
use serde_json::Value;
use url::Url;

use super::{Stripe, code_word, done};
use crate::http::{Answer, at, unavailable};
use crate::payment::{CardOrder, Order, PageOrder, Payment, PaymentAt, PurchaseProvider, RefundOrder};
use crate::{BoxFuture, ProviderError};

/// Objects on one page of a list, which is the most that Stripe allows.
const MOST: &str = "100";
/// Pages of a list that are read.
const MOST_PAGES: usize = 100;

fn currency() -> String {
    CURRENCY.to_ascii_lowercase()
}

/// Returns what an event about a payment is about: our purchase, or the payment.
pub(super) fn subject<'a>(name: &str, event: &'a Value) -> Option<&'a str> {
    let text = |path: &[&str]| at(event, path).and_then(Value::as_str).filter(|text| (1..=255).contains(&text.len()));
    if name.starts_with("payment_intent.") {
        return text(&["data", "object", "metadata", "purchase"]);
    }
    let of_payment =
        name.starts_with("refund.") || (name.starts_with("charge.") && !name.starts_with("charge.dispute."));
    text(&["data", "object", "payment_intent"]).filter(|_| of_payment)
}

/// Text of a field, when it is one; the id of an object that is expanded.
fn reference(value: &Value, name: &str) -> Option<String> {
    let field = value.get(name)?;
    field.as_str().or_else(|| field.get("id").and_then(Value::as_str)).map(str::to_owned)
}

/// An address that a browser may be sent to.
fn link(value: &Value, path: &[&str]) -> Option<String> {
    let text = at(value, path).and_then(Value::as_str)?;
    (text.starts_with("https://") || text.starts_with("http://")).then(|| text.to_owned())
}

/// Parses a payment intent with its charge expanded; `None` when it is not one.
fn intent(body: &Value) -> Option<Payment> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let error = body.get("last_payment_error").filter(|error| !error.is_null());
    let status = match text("status")? {
        // Without an error it waits for a first card.
        "requires_payment_method" if error.is_some() => PaymentStatus::Failed,
        "requires_payment_method" | "requires_confirmation" => PaymentStatus::Open,
        "requires_action" => PaymentStatus::RequiresAction,
        "processing" | "requires_capture" => PaymentStatus::Processing,
        "succeeded" => PaymentStatus::Paid,
        "canceled" => PaymentStatus::Expired,
        _ => return None,
    };
    let reason = error.map(|error| {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let authentication = text("code").filter(|code| *code == "authentication_required");
        code_word(authentication.or_else(|| text("decline_code")).or_else(|| text("code")).unwrap_or("card_declined"))
    });
    let card = error.and_then(|error| at(error, &["payment_method", "card", "fingerprint"])).and_then(Value::as_str);
    let charge = body.get("latest_charge").unwrap_or(&Value::Null);
    let paid = status == PaymentStatus::Paid;
    Some(Payment {
        status,
        reason,
        card: card.map(str::to_owned),
        session: None,
        payment: Some(text("id")?.to_owned()),
        charge: reference(body, "latest_charge").filter(|_| paid),
        receipt_url: link(charge, &["receipt_url"]).filter(|_| paid),
        url: link(body, &["next_action", "redirect_to_url", "url"]),
        customer: reference(body, "customer"),
        cents: body.get(if paid { "amount_received" } else { "amount" }).and_then(Value::as_i64)?,
        currency: text("currency")?.to_ascii_lowercase(),
        reversals: Vec::new(),
    })
}

/// Parses a Checkout session with its payment intent expanded; `None` when it is not one.
fn session(body: &Value) -> Option<Payment> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let page = text("status")?;
    let paid = body.get("payment_intent").filter(|value| value.is_object()).map(intent);
    // An unreadable intent is not the same as none.
    let known = match paid {
        Some(None) => return None,
        Some(Some(known)) => Some(known),
        None => None,
    };
    let of_intent = known.as_ref().map(|known| known.status);
    let status = match (page, of_intent) {
        (_, Some(PaymentStatus::Paid)) => PaymentStatus::Paid,
        ("expired", _) => PaymentStatus::Expired,
        ("complete", Some(PaymentStatus::Failed)) => PaymentStatus::Failed,
        ("complete", _) => PaymentStatus::Processing,
        // A card that was refused leaves the page open for another one.
        ("open", _) => PaymentStatus::Open,
        _ => return None,
    };
    let cents = || body.get("amount_total").and_then(Value::as_i64);
    let known = known.unwrap_or(Payment {
        status,
        reason: None,
        card: None,
        session: None,
        payment: reference(body, "payment_intent"),
        charge: None,
        receipt_url: None,
        url: None,
        customer: reference(body, "customer"),
        cents: cents()?,
        currency: text("currency")?.to_ascii_lowercase(),
        reversals: Vec::new(),
    });
    let url = link(body, &["url"]).filter(|_| status == PaymentStatus::Open);
    Some(Payment { status, session: Some(text("id")?.to_owned()), url, ..known })
}

fn refund(body: &Value) -> Option<Reversal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    // The status can be null, then nothing is decided.
    let state = match text("status").unwrap_or("pending") {
        "succeeded" => ReversalState::Final,
        "failed" | "canceled" => ReversalState::Undone,
        _ => ReversalState::Open,
    };
    Some(Reversal {
        kind: ReversalKind::Refund,
        reference: text("id")?.to_owned(),
        own: at(body, &["metadata", "reversal"]).and_then(Value::as_str).map(str::to_owned),
        cents: body.get("amount").and_then(Value::as_i64)?,
        state,
        reason: code_word(text("reason").unwrap_or("requested_by_customer")),
    })
}

fn dispute(body: &Value) -> Option<Reversal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let state = match text("status")? {
        "lost" => ReversalState::Final,
        "won" => ReversalState::Undone,
        _ => ReversalState::Open,
    };
    let cents = body.get("amount").and_then(Value::as_i64)?;
    // The bank's currency may be another one: then all that is left of the payment counts as disputed.
    let is_ours = text("currency").is_none_or(|name| name.eq_ignore_ascii_case(CURRENCY));
    Some(Reversal {
        kind: ReversalKind::Dispute,
        reference: text("id")?.to_owned(),
        own: None,
        cents: if is_ours { cents } else { i64::MAX },
        state,
        reason: code_word(text("reason").unwrap_or("general")),
    })
}

/// Whether money was taken back: an inquiry asks first.
fn takes_money(body: &Value) -> bool {
    let status = body.get("status").and_then(Value::as_str).unwrap_or_default();
    !status.starts_with("warning_") && status != "prevented"
}

fn items(answer: &Answer) -> Result<&Vec<Value>, ProviderError> {
    answer.body.get("data").and_then(Value::as_array).ok_or_else(|| unavailable("Stripe: an unreadable list"))
}

impl Stripe {
    /// Leaves a link to a receipt only when it leads to Stripe, or to the host of this API.
    fn with_own_receipt(&self, mut payment: Payment) -> Payment {
        payment.receipt_url = payment.receipt_url.filter(|text| {
            let Ok(url) = Url::parse(text) else { return false };
            let host = url.host_str().unwrap_or_default();
            let of_stripe = host == "stripe.com" || host.ends_with(".stripe.com");
            (of_stripe && url.scheme() == "https") || Some(host) == self.base.host()
        });
        payment
    }

    async fn charge_card(&self, order: CardOrder<'_>) -> Result<Payment, ProviderError> {
        let Order { purchase, organization, cents, description } = order.order;
        let (cents, currency) = (cents.to_string(), currency());
        let mut form = vec![
            ("amount", cents.as_str()),
            ("currency", currency.as_str()),
            ("customer", order.customer),
            ("payment_method", order.method),
            ("payment_method_types[0]", "card"),
            ("confirm", "true"),
            ("description", description),
            ("metadata[purchase]", purchase),
            ("metadata[organization]", organization),
            ("expand[0]", "latest_charge"),
        ];
        match order.return_url {
            Some(url) => form.push(("return_url", url)),
            None => form.push(("off_session", "true")),
        }
        let answer = self.post(&["payment_intents"], &form, Some(purchase)).await?;
        if answer.status.as_u16() == 402 {
            // The bank refused: the error holds the payment.
            let known = at(&answer.body, &["error", "payment_intent"]).and_then(intent);
            let reason = ["decline_code", "code"].iter().find_map(|name| answer.text(&["error", name])).map(code_word);
            if let Some(known) = known {
                let reason = known.reason.clone().or(reason);
                return Ok(Payment { status: PaymentStatus::Failed, reason, ..known });
            }
        }
        let answer = done(answer)?;
        intent(&answer.body).ok_or_else(|| unavailable("Stripe: an unreadable payment"))
    }

    async fn begin_page(&self, page: PageOrder<'_>) -> Result<Payment, ProviderError> {
        let Order { purchase, organization, cents, description } = page.order;
        let customer = match page.customer {
            Some(known) => known.to_owned(),
            None => self.customer(organization, purchase).await?,
        };
        let (cents, currency, expires_at) = (cents.to_string(), currency(), page.expires_at.0.to_string());
        let form = [
            ("mode", "payment"),
            ("customer", customer.as_str()),
            ("payment_method_types[0]", "card"),
            ("client_reference_id", purchase),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", currency.as_str()),
            ("line_items[0][price_data][unit_amount]", cents.as_str()),
            ("line_items[0][price_data][product_data][name]", description),
            ("metadata[purchase]", purchase),
            ("metadata[organization]", organization),
            // Events about the payment itself do not name the session, so they carry our purchase.
            ("payment_intent_data[metadata][purchase]", purchase),
            ("payment_intent_data[metadata][organization]", organization),
            ("payment_intent_data[description]", description),
            // The amount is charged in the currency in which it is credited.
            ("adaptive_pricing[enabled]", "false"),
            ("expires_at", expires_at.as_str()),
            ("success_url", page.return_url),
            ("cancel_url", page.return_url),
        ];
        let answer = done(self.post(&["checkout", "sessions"], &form, Some(purchase)).await?)?;
        let opened = session(&answer.body).ok_or_else(|| unavailable("Stripe: an unreadable session"))?;
        Ok(Payment { customer: Some(customer), ..opened })
    }

    async fn read_payment(&self, asked: PaymentAt<'_>) -> Result<Option<Payment>, ProviderError> {
        let found = match (asked.session, asked.payment) {
            (Some(id), _) => {
                let read = self.read(&["checkout", "sessions", id], Some("payment_intent.latest_charge")).await?;
                session(&done(read)?.body)
            }
            (None, Some(id)) => intent(&done(self.read(&["payment_intents", id], Some("latest_charge")).await?)?.body),
            (None, None) => match self.find_payment(asked).await? {
                Some(found) => Some(found),
                None => return Ok(None),
            },
        };
        let mut found = found.ok_or_else(|| unavailable("Stripe: an unreadable payment"))?;
        if found.status == PaymentStatus::Paid
            && let Some(payment) = found.payment.clone()
        {
            found.reversals = self.reversals(&payment).await?;
        }
        Ok(Some(found))
    }

    /// Looks for a payment that was requested and of which the answer was lost.
    async fn find_payment(&self, asked: PaymentAt<'_>) -> Result<Option<Payment>, ProviderError> {
        let Some(customer) = asked.customer else { return Ok(None) };
        // Clocks differ by a little.
        let since = asked.since.plus(-600).0.to_string();
        let query = [
            ("customer", customer),
            ("created[gte]", since.as_str()),
            ("limit", MOST),
            ("expand[]", "data.latest_charge"),
        ];
        let ours = |body: &&Value| at(body, &["metadata", "purchase"]).and_then(Value::as_str) == Some(asked.purchase);
        let all = self.list(&["payment_intents"], &query).await?;
        match all.iter().find(ours) {
            None => Ok(None),
            Some(body) => intent(body).map(Some).ok_or_else(|| unavailable("Stripe: an unreadable payment")),
        }
    }

    /// Reads all pages of a list.
    async fn list(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<Value>, ProviderError> {
        let url = self.base.at(&[&["v1"], path].concat());
        let (mut all, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut request = self.http.get(url.clone()).query(query);
            if let Some(after) = &after {
                request = request.query(&[("starting_after", after)]);
            }
            let answer = done(self.send(request).await?)?;
            let page = items(&answer)?;
            all.extend_from_slice(page);
            if answer.body.get("has_more").and_then(Value::as_bool) != Some(true) {
                return Ok(all);
            }
            let last = page.last().and_then(|body| reference(body, "id"));
            after = Some(last.ok_or_else(|| unavailable("Stripe: an unreadable list"))?);
        }
        // What is missing is not known, which is not the same as nothing.
        Err(unavailable("Stripe: a list with too many pages"))
    }

    async fn reversals(&self, payment: &str) -> Result<Vec<Reversal>, ProviderError> {
        let mut all = Vec::new();
        for path in ["refunds", "disputes"] {
            let query = [("payment_intent", payment), ("limit", MOST)];
            for body in &self.list(&[path], &query).await? {
                let parsed = match path {
                    "refunds" => refund(body),
                    _ if takes_money(body) => dispute(body),
                    _ => continue,
                };
                all.push(parsed.ok_or_else(|| unavailable("Stripe: an unreadable refund or dispute"))?);
            }
        }
        Ok(all)
    }

    async fn end_payment(&self, asked: PaymentAt<'_>) -> Result<(), ProviderError> {
        let answer = match (asked.session, asked.payment) {
            (Some(id), _) => self.post(&["checkout", "sessions", id, "expire"], &[], None).await?,
            (None, Some(id)) => self.post(&["payment_intents", id, "cancel"], &[], None).await?,
            (None, None) => return Ok(()),
        };
        done(answer).map(|_| ())
    }

    async fn request_refund(&self, order: RefundOrder<'_>) -> Result<Reversal, ProviderError> {
        let cents = order.cents.to_string();
        let form = [
            ("payment_intent", order.payment),
            ("amount", cents.as_str()),
            ("reason", "requested_by_customer"),
            ("metadata[reversal]", order.reversal),
        ];
        let answer = done(self.post(&["refunds"], &form, Some(order.reversal)).await?)?;
        refund(&answer.body).ok_or_else(|| unavailable("Stripe: an unreadable refund"))
    }

    async fn read_disputed(&self, id: &str) -> Result<Option<String>, ProviderError> {
        match done(self.read(&["disputes", id], None).await?) {
            Err(ProviderError::Gone(_)) => Ok(None),
            other => Ok(reference(&other?.body, "payment_intent")),
        }
    }
}

impl PurchaseProvider for Stripe {
    fn charge<'a>(&'a self, order: CardOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>> {
        Box::pin(async move {
            let charged = self.charge_card(order).await;
            self.http.record(charged.map(|payment| self.with_own_receipt(payment)))
        })
    }

    fn open_page<'a>(&'a self, order: PageOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>> {
        Box::pin(async move { self.http.record(self.begin_page(order).await) })
    }

    fn payment<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<Option<Payment>, ProviderError>> {
        Box::pin(async move {
            let read = self.read_payment(at).await;
            self.http.record(read.map(|found| found.map(|payment| self.with_own_receipt(payment))))
        })
    }

    fn end<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.http.record(self.end_payment(at).await) })
    }

    fn refund<'a>(&'a self, order: RefundOrder<'a>) -> BoxFuture<'a, Result<Reversal, ProviderError>> {
        Box::pin(async move { self.http.record(self.request_refund(order).await) })
    }

    fn disputed_payment<'a>(&'a self, dispute: &'a str) -> BoxFuture<'a, Result<Option<String>, ProviderError>> {
        Box::pin(async move { self.http.record(self.read_disputed(dispute).await) })
    }
}
