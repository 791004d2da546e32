//! Persona (verification.md 1.1–1.7).

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use super::{Attempt, IdentityProvider, Link, PersonaOptions, Snapshot, Started, State, our_reference};
use crate::http::{Answer, Http, at};
use crate::webhook::{Headers, Hint, SignatureError, verify_timestamped};
use crate::{BoxFuture, Clock, Failure, Health};

/// The version whose shapes this client reads.
const VERSION: &str = "2025-12-08";
/// How long a one-time link works, in seconds: the longest hand-off is a mail (verification.md 7).
const LINK_LIFE: i64 = 86_400;

/// The client.
pub struct Persona {
    http: Http,
    options: PersonaOptions,
    clock: Clock,
}

impl std::fmt::Debug for Persona {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Persona").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Persona {
    /// A client. The clock tells when links run out, which Persona does not.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(options: PersonaOptions, clock: Clock) -> Result<Self, Failure> {
        Ok(Self { http: Http::new()?, options, clock })
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let request = request
            .bearer_auth(self.options.api_key.expose())
            .header("persona-version", VERSION)
            .header("key-inflection", "kebab");
        let answer = self.http.ask(request).await?;
        let status = answer.status.as_u16();
        match status {
            _ if answer.status.is_success() => Ok(answer),
            404 | 410 => Err(Failure::Gone(format!("Persona {status}"))),
            // A wrong key, a product quota, a limit: cured without the person (1.7).
            401 | 403 | 429 => Err(Failure::Unavailable(format!("Persona {status}"))),
            _ => Err(Failure::Refused(format!("Persona {status}"))),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.options.base_url)
    }

    async fn act(&self, reference: &str, verb: &str) -> Result<Answer, Failure> {
        let url = self.url(&format!("/inquiries/{reference}/{verb}"));
        self.send(self.http.post(&url).json(&json!({ "meta": {} }))).await
    }

    fn link(&self, answer: &Answer) -> Result<Link, Failure> {
        let url = answer.text(&["meta", "one-time-link"]);
        let url = url.ok_or_else(|| Failure::Unavailable("Persona: an answer without link".to_owned()))?;
        Ok(Link { url: url.to_owned(), expires_at: (self.clock)().plus(LINK_LIFE) })
    }

    fn snapshot(&self, data: &Value) -> Option<Snapshot> {
        let text = |name: &str| at(data, &["attributes", name]).and_then(Value::as_str);
        let field = |name: &str| at(data, &["attributes", "fields", name, "value"]).and_then(Value::as_str);
        let status = text("status")?;
        Some(Snapshot {
            reference: data.get("id")?.as_str()?.to_owned(),
            our_reference: text("reference-id").unwrap_or_default().to_owned(),
            state: self.state(status),
            step: step(status),
            reasons: reasons(data),
            document_type: field("identification-class").and_then(document_type).map(str::to_owned),
            issuing_country: field("selected-country-code").filter(|code| code.len() == 2).map(str::to_owned),
            document_number: field("identification-number").map(|number| Secret::new(number.to_owned())),
            as_of: text("updated-at").and_then(moment).unwrap_or_else(|| (self.clock)()),
            redacted: text("redacted-at").is_some(),
        })
    }

    /// The table of verification.md 1.4.
    fn state(&self, status: &str) -> State {
        match status {
            "created" => State::Waiting,
            "pending" => State::InProgress,
            "completed" if self.options.completed_approves => State::Approved,
            "completed" => State::Submitted,
            "needs_review" => State::InReview,
            "approved" => State::Approved,
            "failed" => State::Rejected { retryable: true },
            "declined" => State::Rejected { retryable: true },
            "expired" => State::Expired,
            _ => State::Unknown,
        }
    }
}

/// How far the person got, as far as the status tells.
fn step(status: &str) -> u8 {
    match status {
        "created" => 0,
        "pending" => 1,
        _ => 2,
    }
}

fn document_type(class: &str) -> Option<&'static str> {
    Some(match class {
        "pp" => "passport",
        "id" => "identity_card",
        "dl" => "drivers_license",
        "rp" | "pr" => "residence_permit",
        "visa" => "visa",
        "mnc" => "my_number_card",
        _ => return None,
    })
}

/// Persona's tags of failed checks in the neutral names of verification.md 1.10.
fn reasons(data: &Value) -> Vec<String> {
    let tags = at(data, &["attributes", "tags"]).and_then(Value::as_array);
    let names = tags.into_iter().flatten().filter_map(Value::as_str).filter_map(|tag| {
        super::REASONS.iter().find(|known| **known == tag.to_ascii_lowercase().replace([' ', '-'], "_"))
    });
    names.map(|name| (*name).to_owned()).collect()
}

/// `2026-11-20T14:02:11.000Z` as a moment.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_second()))
}

impl IdentityProvider for Persona {
    fn name(&self) -> &'static str {
        "persona"
    }

    fn privacy_policy_url(&self) -> &str {
        "https://withpersona.com/legal/privacy-policy"
    }

    fn start<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Started, Failure>> {
        Box::pin(async move {
            let reference = our_reference(attempt.organization, attempt.id);
            let body = json!({
                "data": { "attributes": {
                    "inquiry-template-id": self.options.template,
                    "redirect-uri": attempt.return_url,
                    "language": attempt.locale,
                } },
                "meta": {
                    "auto-create-account": true,
                    "auto-create-account-reference-id": reference,
                    "auto-create-one-time-link": true,
                    "expiration-after-create-interval-seconds": LINK_LIFE,
                    "one-time-link-expiration-seconds": LINK_LIFE,
                },
            });
            let request = self.http.post(&self.url("/inquiries")).header("idempotency-key", attempt.id).json(&body);
            let answer = self.send(request).await?;
            let id = answer.text(&["data", "id"]).map(str::to_owned);
            let reference = id.ok_or_else(|| Failure::Unavailable("Persona: an inquiry without id".to_owned()))?;
            Ok(Started { reference, link: self.link(&answer)? })
        })
    }

    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, Failure>> {
        Box::pin(async move {
            let answer = self.act(reference, "generate-one-time-link").await?;
            self.link(&answer)
        })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(async move {
            let answer = self.send(self.http.get(&self.url(&format!("/inquiries/{reference}")))).await?;
            let snapshot = answer.body.get("data").and_then(|data| self.snapshot(data));
            snapshot.ok_or_else(|| Failure::Unavailable("Persona: an unreadable inquiry".to_owned()))
        })
    }

    fn find<'a>(&'a self, our_reference: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, Failure>> {
        Box::pin(async move {
            let request = self.http.get(&self.url("/inquiries")).query(&[("filter[reference-id]", our_reference)]);
            let answer = self.send(request).await?;
            let list = answer.body.get("data").and_then(Value::as_array);
            Ok(list.into_iter().flatten().find_map(|data| self.snapshot(data)))
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.act(reference, "expire").await.map(|_| ()) })
    }

    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(
            async move { self.send(self.http.delete(&self.url(&format!("/inquiries/{reference}")))).await.map(|_| ()) },
        )
    }

    fn health(&self) -> Health {
        self.http.health()
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        verify_timestamped(headers.get("persona-signature"), body, &self.options.webhook_secrets, now)?;
        hint(body).map(|hint| vec![hint]).ok_or(SignatureError::Unreadable)
    }
}

/// Which inquiry an event is about (1.5).
fn hint(body: &[u8]) -> Option<Hint> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let text = |path: &[&str]| at(&event, path).and_then(Value::as_str).filter(|text| text.len() <= 255);
    Some(Hint {
        event_id: text(&["data", "id"])?.to_owned(),
        name: text(&["data", "attributes", "name"])?.to_owned(),
        reference: text(&["data", "attributes", "payload", "data", "id"])?.to_owned(),
        occurred_at: text(&["data", "attributes", "created-at"]).and_then(moment)?,
    })
}
