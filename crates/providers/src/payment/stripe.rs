//! Stripe: Checkout in `setup` mode, which charges nothing, and payments of an amount in `purchases`.

mod purchases;

use keystead_core::time::Timestamp;
use serde_json::Value;

use super::{Method, MethodEvent, PaymentProvider, PurchaseProvider, Setup, SetupState, StripeOptions};
use crate::http::{Answer, Base, Http, at, unavailable};
use crate::webhook::{Headers, Hint, SignatureError, verify_timestamped};
use crate::{BoxFuture, Health, ProviderError};

/// The API version that this client parses.
const VERSION: &str = "2025-03-31.basil";
/// Stripe ends a Checkout page after a day at the latest.
const LIFETIME: i64 = 86_400;

/// The client.
#[derive(Debug)]
pub struct Stripe {
    http: Http,
    base: Base,
    options: StripeOptions,
}

impl Stripe {
    /// Creates a client.
    ///
    /// # Errors
    /// When the address is not valid, or when TLS cannot be set up.
    pub fn new(options: StripeOptions) -> Result<Self, ProviderError> {
        Ok(Self { http: Http::new()?, base: Base::parse(&options.base_url)?, options })
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, ProviderError> {
        let request = request.bearer_auth(self.options.api_key.expose()).header("stripe-version", VERSION);
        self.http.send_json(request).await
    }

    /// Posts a form; with an idempotency key, a repeated post gets the answer of the first one.
    async fn post(&self, path: &[&str], form: &[(&str, &str)], key: Option<&str>) -> Result<Answer, ProviderError> {
        let mut request = self.http.post(self.base.at(&[&["v1"], path].concat())).form(form);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request).await
    }

    /// Finds or creates the customer of an organization.
    async fn customer(&self, organization: &str, attempt: &str) -> Result<String, ProviderError> {
        let (path, form) = (["customers"], [("metadata[organization]", organization)]);
        let key = format!("customer-{organization}");
        let mut answer = self.post(&path, &form, Some(&key)).await?;
        if answer.replayed && answer.status.is_server_error() {
            // Stripe repeats its own failure for a day under the same key; another key makes it try again.
            answer = self.post(&path, &form, Some(&format!("{key}-{attempt}"))).await?;
        }
        let id = done(answer)?.text(&["id"]).map(str::to_owned);
        id.ok_or_else(|| unavailable("Stripe: a customer without id"))
    }

    async fn begin(
        &self,
        attempt: &str,
        organization: &str,
        customer: Option<&str>,
        return_url: &str,
    ) -> Result<Setup, ProviderError> {
        let customer = match customer {
            Some(known) => known.to_owned(),
            None => self.customer(organization, attempt).await?,
        };
        let form = [
            ("mode", "setup"),
            ("customer", customer.as_str()),
            ("payment_method_types[0]", "card"),
            ("client_reference_id", attempt),
            ("metadata[attempt]", attempt),
            ("metadata[organization]", organization),
            // Events about the set-up itself do not name the session, so they carry our attempt.
            ("setup_intent_data[metadata][attempt]", attempt),
            ("success_url", return_url),
            ("cancel_url", return_url),
        ];
        let answer = done(self.post(&["checkout", "sessions"], &form, Some(attempt)).await?)?;
        let whole = || {
            let (text, number) = (|name| answer.text(&[name]), |name| answer.body.get(name).and_then(Value::as_i64));
            let expires_at =
                number("expires_at").or_else(|| number("created").map(|at| at.saturating_add(LIFETIME)))?;
            let (reference, url) = (text("id")?.to_owned(), text("url")?.to_owned());
            Some(Setup { reference, customer: customer.clone(), url, expires_at: Timestamp(expires_at) })
        };
        whole().ok_or_else(|| unavailable("Stripe: an unreadable session"))
    }

    async fn read_setup(&self, reference: &str) -> Result<SetupState, ProviderError> {
        let url = self.base.at(&["v1", "checkout", "sessions", reference]);
        let request = self.http.get(url).query(&[("expand[]", "setup_intent.payment_method")]);
        let answer = done(self.send(request).await?)?;
        let state = state(&answer.body).ok_or_else(|| unavailable("Stripe: an unreadable session"))?;
        if let (SetupState::Succeeded(method), Some(customer)) = (&state, answer.text(&["customer"])) {
            self.make_default(customer, &method.reference).await?;
        }
        Ok(state)
    }

    /// Reads what an event is about, if it is not about a set-up. The content of the event itself decides nothing.
    async fn read_event(&self, name: &str, reference: &str) -> Result<Option<MethodEvent>, ProviderError> {
        match name {
            "charge.dispute.created" => self.dispute(&["disputes", reference], true).await.map(Some),
            "radar.early_fraud_warning.created" => {
                self.dispute(&["radar", "early_fraud_warnings", reference], false).await.map(Some)
            }
            "payment_method.detached" | "payment_method.automatically_updated" | "payment_method.updated" => {
                let found = match done(self.read(&["payment_methods", reference], None).await?) {
                    Err(ProviderError::Gone(_)) => return Ok(Some(MethodEvent::Detached)),
                    other => other?,
                };
                Ok(Some(match method(&found.body) {
                    Some(method) if method.customer.is_some() => MethodEvent::Renewed(method),
                    Some(_) => MethodEvent::Detached,
                    None => MethodEvent::Nothing,
                }))
            }
            "customer.deleted" => Ok(Some(match done(self.read(&["customers", reference], None).await?) {
                Err(ProviderError::Gone(_)) => MethodEvent::CustomerGone,
                Ok(found) if found.body.get("deleted") == Some(&Value::Bool(true)) => MethodEvent::CustomerGone,
                Ok(_) => MethodEvent::Nothing,
                Err(failure) => return Err(failure),
            })),
            _ => Ok(None),
        }
    }

    async fn dispute(&self, path: &[&str], dispute: bool) -> Result<MethodEvent, ProviderError> {
        let found = match done(self.read(path, Some("charge")).await?) {
            Err(ProviderError::Gone(_)) => return Ok(MethodEvent::Nothing),
            other => other?,
        };
        Ok(disputed(&found.body, dispute))
    }

    async fn read(&self, path: &[&str], expand: Option<&str>) -> Result<Answer, ProviderError> {
        let expand: Vec<(&str, &str)> = expand.map(|field| ("expand[]", field)).into_iter().collect();
        self.send(self.http.get(self.base.at(&[&["v1"], path].concat())).query(&expand)).await
    }

    /// Makes the new method the customer's default.
    async fn make_default(&self, customer: &str, method: &str) -> Result<(), ProviderError> {
        let form = [("invoice_settings[default_payment_method]", method)];
        match done(self.post(&["customers", customer], &form, None).await?) {
            // The card is on file in any case; if it was removed since, that has its own event.
            Ok(_) | Err(ProviderError::Refused(_) | ProviderError::Gone(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// Checks that Stripe did what was requested.
fn done(answer: Answer) -> Result<Answer, ProviderError> {
    let status = answer.status.as_u16();
    let summary = format!("Stripe {status} {}", code_word(answer.text(&["error", "code"]).unwrap_or("-")));
    // The key was used for another request before: nothing was done, and what the first one did is not known.
    let other_request = answer.text(&["error", "type"]) == Some("idempotency_error");
    match status {
        200..=299 => Ok(answer),
        _ if other_request => Err(ProviderError::Unavailable(summary)),
        400 | 402 => Err(ProviderError::Refused(summary)),
        404 => Err(ProviderError::Gone(summary)),
        // Our key is wrong or lacks the permission, the same post is still running, too many at once, an outage: all of
        // them are solved without the person.
        _ => Err(ProviderError::Unavailable(summary)),
    }
}

/// Reduces a vendor's word to one that may appear in logs and on pages.
fn code_word(text: &str) -> String {
    let known = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if known { text.to_owned() } else { "unknown".to_owned() }
}

fn method(value: &Value) -> Option<Method> {
    let card = value.get("card")?;
    let text = |name: &str| card.get(name).and_then(Value::as_str);
    Some(Method {
        reference: value.get("id")?.as_str()?.to_owned(),
        brand: code_word(text("brand").unwrap_or("unknown")),
        last4: text("last4")?.chars().filter(char::is_ascii_digit).take(4).collect(),
        expires_month: card.get("exp_month")?.as_i64()?,
        expires_year: card.get("exp_year")?.as_i64()?,
        country: text("country").map(str::to_owned),
        funding: code_word(text("funding").unwrap_or("unknown")),
        fingerprint: text("fingerprint").map(str::to_owned),
        customer: value.get("customer").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Parses a Checkout session with its expanded set-up; `None` when it is not a session.
fn state(session: &Value) -> Option<SetupState> {
    let intent = session.get("setup_intent").unwrap_or(&Value::Null);
    let status = |value: &Value| value.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (page, set_up) = (status(session), status(intent));
    if !matches!(page.as_str(), "open" | "complete" | "expired") {
        return None;
    }
    if page == "complete" && set_up == "succeeded" {
        return Some(intent.get("payment_method").and_then(method).map_or(SetupState::Pending, SetupState::Succeeded));
    }
    if page == "expired" || set_up == "canceled" {
        return Some(SetupState::Expired);
    }
    Some(match intent.get("last_setup_error").filter(|error| !error.is_null()) {
        None => SetupState::Pending,
        Some(error) => {
            let text = |name: &str| error.get(name).and_then(Value::as_str);
            let reason = text("decline_code").or_else(|| text("code")).unwrap_or("card_declined");
            let card = at(error, &["payment_method", "card", "fingerprint"]).and_then(Value::as_str);
            SetupState::Failed { reason: code_word(reason), card: card.map(str::to_owned) }
        }
    })
}

/// Parses a dispute or a fraud warning with its charge expanded. What the bank has settled for the operator, or what is
/// no longer actionable, is [`MethodEvent::Nothing`].
fn disputed(body: &Value, dispute: bool) -> MethodEvent {
    let text = |path: &[&str]| at(body, path).and_then(Value::as_str).map(str::to_owned);
    let settled = if dispute {
        matches!(text(&["status"]).as_deref(), Some("won" | "warning_closed" | "prevented"))
    } else {
        body.get("actionable") == Some(&Value::Bool(false))
    };
    if settled {
        return MethodEvent::Nothing;
    }
    let reason = text(&["reason"]).or_else(|| text(&["fraud_type"])).unwrap_or_else(|| "general".to_owned());
    MethodEvent::Disputed {
        method: text(&["charge", "payment_method"]),
        customer: text(&["charge", "customer"]),
        reason: code_word(&reason),
    }
}

impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn start<'a>(
        &'a self,
        attempt: &'a str,
        organization: &'a str,
        customer: Option<&'a str>,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<Setup, ProviderError>> {
        Box::pin(async move { self.http.record(self.begin(attempt, organization, customer, return_url).await) })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, ProviderError>> {
        Box::pin(async move { self.http.record(self.read_setup(reference).await) })
    }

    fn method_event<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<MethodEvent>, ProviderError>> {
        Box::pin(async move { self.http.record(self.read_event(name, reference).await) })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let answer = self.post(&["checkout", "sessions", reference, "expire"], &[], None).await;
            self.http.record(answer.and_then(done).map(|_| ()))
        })
    }

    fn detach<'a>(&'a self, method: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let answer = self.post(&["payment_methods", method, "detach"], &[], None).await;
            self.http.record(answer.and_then(done).map(|_| ()))
        })
    }

    fn purchases(&self) -> Option<&dyn PurchaseProvider> {
        Some(self)
    }

    fn health(&self) -> Health {
        self.http.health()
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        verify_timestamped(headers.get("stripe-signature"), body, &self.options.webhook_secrets, now)?;
        let event: Value = serde_json::from_slice(body).map_err(|_| SignatureError::Unreadable)?;
        let hint = hint(&event).ok_or(SignatureError::Unreadable)?;
        Ok(if is_for(self.options.api_key.expose(), &event) { vec![hint] } else { Vec::new() })
    }
}

/// Whether an event belongs to our key's mode and to our own account. Stripe names an account only in events of
/// connected accounts. If the mode of a key is unknown, as for a stand-in server, only the account is checked.
fn is_for(key: &str, event: &Value) -> bool {
    let live = event.get("livemode").and_then(Value::as_bool);
    let same_mode = match key.split('_').nth(1) {
        Some("live") => live == Some(true),
        Some("test") => live != Some(true),
        _ => true,
    };
    same_mode && event.get("account").is_none_or(Value::is_null)
}

/// Returns what an event is about: for `setup_intent.*` our attempt and for `payment_intent.*` our purchase, which are in
/// the metadata of our request, because such an event does not name the session; for charges and refunds the payment;
/// for everything else (`checkout.session.*`, `payment_method.*`, `customer.*`, `charge.dispute.*`) the object.
fn hint(event: &Value) -> Option<Hint> {
    let text = |path: &[&str]| at(event, path).and_then(Value::as_str).filter(|text| (1..=255).contains(&text.len()));
    let name = text(&["type"])?;
    let attempt = text(&["data", "object", "metadata", "attempt"]).filter(|_| name.starts_with("setup_intent."));
    let own = attempt.or_else(|| purchases::subject(name, event));
    Some(Hint {
        event_id: text(&["id"])?.to_owned(),
        name: name.to_owned(),
        reference: own.or_else(|| text(&["data", "object", "id"]))?.to_owned(),
        occurred_at: Timestamp(event.get("created").and_then(Value::as_i64)?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sessions_are_parsed_as_stripe_sends_them() {
        let card = json!({ "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030, "country": "PL",
            "funding": "credit", "fingerprint": "fp1" });
        let done = json!({ "status": "complete", "setup_intent": { "status": "succeeded",
            "payment_method": { "id": "pm_1", "card": card } } });
        assert!(matches!(state(&done), Some(SetupState::Succeeded(method)) if method.last4 == "4242"));
        let declined = json!({ "status": "open", "setup_intent": { "status": "requires_payment_method",
            "last_setup_error": { "code": "card_declined", "decline_code": "insufficient_funds",
                "payment_method": { "card": { "fingerprint": "fp2" } } } } });
        let expected = SetupState::Failed { reason: "insufficient_funds".into(), card: Some("fp2".into()) };
        assert_eq!(state(&declined), Some(expected));
        assert_eq!(state(&json!({ "status": "open", "setup_intent": null })), Some(SetupState::Pending));
        assert_eq!(state(&json!({ "status": "expired" })), Some(SetupState::Expired));
        for unreadable in [json!([]), json!(null), json!({ "status": "novel" })] {
            assert_eq!(state(&unreadable), None, "nothing known is nothing done");
        }
        assert_eq!(code_word("Call 555-0100!"), "unknown", "no free text of a vendor reaches a page");
    }
}
