//! Stripe: Checkout in `setup` mode (verification.md 3.1). Nothing is ever charged here.

use keystead_core::time::Timestamp;
use serde_json::Value;

use super::{Method, PaymentProvider, Setup, SetupState, StripeOptions};
use crate::http::{Answer, Http, at};
use crate::webhook::{Headers, Hint, SignatureError, verify_timestamped};
use crate::{BoxFuture, Failure, Health};

/// The version whose shapes this client reads.
const VERSION: &str = "2025-03-31.basil";
/// Stripe ends a Checkout page after a day at the latest.
const LIFE: i64 = 86_400;

/// The client.
#[derive(Debug)]
pub struct Stripe {
    http: Http,
    options: StripeOptions,
}

impl Stripe {
    /// A client.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(options: StripeOptions) -> Result<Self, Failure> {
        Ok(Self { http: Http::new()?, options })
    }

    /// How the last call went.
    #[must_use]
    pub fn health(&self) -> Health {
        self.http.health()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let request = request.bearer_auth(self.options.api_key.expose()).header("stripe-version", VERSION);
        let answer = self.http.ask(request).await?;
        let status = answer.status.as_u16();
        match status {
            _ if answer.status.is_success() => Ok(answer),
            404 => Err(Failure::Gone("Stripe 404".to_owned())),
            // Our key is wrong or may not do this: the operator's fault, cured without the person.
            401 | 403 | 409 | 429 => Err(Failure::Unavailable(format!("Stripe {status}"))),
            _ => {
                let code = answer.text(&["error", "code"]).unwrap_or("unknown");
                Err(Failure::Refused(format!("Stripe {status} {}", word(code))))
            }
        }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], key: Option<&str>) -> Result<Answer, Failure> {
        let mut request = self.http.post(&format!("{}{path}", self.options.base_url)).form(form);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request).await
    }

    async fn customer(&self, organization: &str) -> Result<String, Failure> {
        let form = [("metadata[organization]", organization)];
        let answer = self.post("/v1/customers", &form, Some(&format!("customer-{organization}"))).await?;
        let id = answer.text(&["id"]).map(str::to_owned);
        id.ok_or_else(|| Failure::Unavailable("Stripe: a customer without id".to_owned()))
    }

    /// The method that was put on file becomes the customer's default.
    async fn make_default(&self, customer: &str, method: &str) -> Result<(), Failure> {
        let form = [("invoice_settings[default_payment_method]", method)];
        self.post(&format!("/v1/customers/{customer}"), &form, None).await.map(|_| ())
    }
}

/// A vendor's word, as far as it is one: it may stand in logs and on pages.
fn word(text: &str) -> String {
    let known = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if known { text.to_owned() } else { "unknown".to_owned() }
}

fn method(value: &Value) -> Option<Method> {
    let card = value.get("card")?;
    let text = |name: &str| card.get(name).and_then(Value::as_str);
    Some(Method {
        reference: value.get("id")?.as_str()?.to_owned(),
        brand: word(text("brand").unwrap_or("unknown")),
        last4: text("last4")?.chars().filter(char::is_ascii_digit).take(4).collect(),
        expires_month: card.get("exp_month")?.as_i64()?,
        expires_year: card.get("exp_year")?.as_i64()?,
        country: text("country").map(str::to_owned),
        funding: word(text("funding").unwrap_or("unknown")),
        fingerprint: text("fingerprint").map(str::to_owned),
    })
}

/// What a Checkout session with its expanded set-up says.
fn state(session: &Value) -> SetupState {
    let intent = session.get("setup_intent").unwrap_or(&Value::Null);
    let status = |value: &Value| value.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    if status(session) == "complete" && status(intent) == "succeeded" {
        return match intent.get("payment_method").and_then(method) {
            Some(method) => SetupState::Succeeded(method),
            None => SetupState::Pending,
        };
    }
    if status(session) == "expired" || status(intent) == "canceled" {
        return SetupState::Expired;
    }
    match intent.get("last_setup_error").filter(|error| !error.is_null()) {
        None => SetupState::Pending,
        Some(error) => {
            let text = |name: &str| error.get(name).and_then(Value::as_str);
            let reason = text("decline_code").or_else(|| text("code")).unwrap_or("card_declined");
            let card = at(error, &["payment_method", "card", "fingerprint"]).and_then(Value::as_str);
            SetupState::Failed { reason: word(reason), card: card.map(str::to_owned) }
        }
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
    ) -> BoxFuture<'a, Result<Setup, Failure>> {
        Box::pin(async move {
            let customer = match customer {
                Some(known) => known.to_owned(),
                None => self.customer(organization).await?,
            };
            let form = [
                ("mode", "setup"),
                ("customer", customer.as_str()),
                ("payment_method_types[0]", "card"),
                ("client_reference_id", attempt),
                ("metadata[attempt]", attempt),
                ("metadata[organization]", organization),
                ("success_url", return_url),
                ("cancel_url", return_url),
            ];
            let answer = self.post("/v1/checkout/sessions", &form, Some(attempt)).await?;
            let field = |name: &str| answer.text(&[name]).map(str::to_owned);
            let expires = answer.body.get("expires_at").and_then(Value::as_i64);
            match (field("id"), field("url")) {
                (Some(reference), Some(url)) => {
                    let created = answer.body.get("created").and_then(Value::as_i64).unwrap_or(i64::MAX - LIFE);
                    Ok(Setup { reference, customer, url, expires_at: Timestamp(expires.unwrap_or(created + LIFE)) })
                }
                _ => Err(Failure::Unavailable("Stripe: a session without address".to_owned())),
            }
        })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, Failure>> {
        Box::pin(async move {
            let url = format!("{}/v1/checkout/sessions/{reference}", self.options.base_url);
            let request = self.http.get(&url).query(&[("expand[]", "setup_intent.payment_method")]);
            let answer = self.send(request).await?;
            let state = state(&answer.body);
            if let (SetupState::Succeeded(method), Some(customer)) = (&state, answer.text(&["customer"])) {
                self.make_default(customer, &method.reference).await?;
            }
            Ok(state)
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(
            async move { self.post(&format!("/v1/checkout/sessions/{reference}/expire"), &[], None).await.map(|_| ()) },
        )
    }

    fn detach<'a>(&'a self, method: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.post(&format!("/v1/payment_methods/{method}/detach"), &[], None).await.map(|_| ()) })
    }

    fn health(&self) -> Health {
        self.http.health()
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        verify_timestamped(headers.get("stripe-signature"), body, &self.options.webhook_secrets, now)?;
        hint(body).map(|hint| vec![hint]).ok_or(SignatureError::Unreadable)
    }
}

/// What an event is about: the session for `checkout.session.*`, else the object itself.
fn hint(body: &[u8]) -> Option<Hint> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let text = |path: &[&str]| at(&event, path).and_then(Value::as_str).filter(|text| text.len() <= 255);
    Some(Hint {
        event_id: text(&["id"])?.to_owned(),
        name: text(&["type"])?.to_owned(),
        reference: text(&["data", "object", "id"])?.to_owned(),
        occurred_at: Timestamp(event.get("created").and_then(Value::as_i64)?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sessions_as_stripe_tells_them() {
        let card = json!({ "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030, "country": "PL",
            "funding": "credit", "fingerprint": "fp1" });
        let done = json!({ "status": "complete", "setup_intent": { "status": "succeeded",
            "payment_method": { "id": "pm_1", "card": card } } });
        assert!(matches!(state(&done), SetupState::Succeeded(method) if method.last4 == "4242"));
        let declined = json!({ "status": "open", "setup_intent": { "status": "requires_payment_method",
            "last_setup_error": { "code": "card_declined", "decline_code": "insufficient_funds",
                "payment_method": { "card": { "fingerprint": "fp2" } } } } });
        let expected = SetupState::Failed { reason: "insufficient_funds".into(), card: Some("fp2".into()) };
        assert_eq!(state(&declined), expected);
        assert_eq!(state(&json!({ "status": "open", "setup_intent": null })), SetupState::Pending);
        assert_eq!(state(&json!({ "status": "expired" })), SetupState::Expired);
        assert_eq!(state(&json!([])), SetupState::Pending, "nothing known is nothing done");
        assert_eq!(word("Call 555-0100!"), "unknown", "no free text of a vendor reaches a page");
    }
}
