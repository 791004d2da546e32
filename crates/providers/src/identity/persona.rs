//! Persona.

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{Attempt, IdentityProvider, Link, PersonaOptions, Snapshot, Started, State, our_reference, reasons};
use crate::http::{Answer, Base, Http, at, unavailable};
use crate::webhook::{Headers, Hint, SignatureError, verify_timestamped};
use crate::{BoxFuture, Clock, Health, ProviderError};

/// The API version that this client parses.
const VERSION: &str = "2025-12-08";
/// The header of answers that names the environment: the sandbox and production are two.
const ENVIRONMENT: &str = "persona-environment-id";
/// How long a one-time link works, in seconds: the longest hand-off is a mail.
const LINK_LIFETIME: i64 = 86_400;
/// How long the QR code on Persona's own page works, in seconds.
const HANDOFF_LIFETIME: i64 = 900;

/// The client.
pub struct Persona {
    http: Http,
    base: Base,
    options: PersonaOptions,
    clock: Clock,
}

impl std::fmt::Debug for Persona {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Persona").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Persona {
    /// Creates a client. The clock is needed for the end of links, which Persona does not report.
    ///
    /// # Errors
    /// When the address is not valid, or when TLS cannot be set up.
    pub fn new(options: PersonaOptions, clock: Clock) -> Result<Self, ProviderError> {
        Ok(Self { http: Http::new()?, base: Base::parse(&options.base_url)?, options, clock })
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, ProviderError> {
        let request = request
            .bearer_auth(self.options.api_key.expose())
            .header("persona-version", VERSION)
            .header("key-inflection", "kebab");
        let answer = self.http.send_json(request).await?;
        match &self.options.environment {
            Some(expected) if !is_from(&answer, expected) => {
                Err(unavailable("Persona: an answer from another environment than identity.environment_id"))
            }
            _ => Ok(answer),
        }
    }

    async fn create(&self, attempt: &Attempt<'_>, reference: &str, key: &str) -> Result<Answer, ProviderError> {
        let body = json!({
            "data": { "attributes": {
                "inquiry-template-id": self.options.template,
                "redirect-uri": attempt.return_url,
            } },
            "meta": {
                "auto-create-account": true,
                "auto-create-account-reference-id": reference,
                "auto-create-one-time-link": true,
                "expiration-after-create-interval-seconds": LINK_LIFETIME,
                "one-time-link-expiration-seconds": HANDOFF_LIFETIME,
            },
        });
        let request = self.http.post(self.base.at(&["inquiries"])).header("idempotency-key", key).json(&body);
        self.send(request).await
    }

    async fn begin(&self, attempt: &Attempt<'_>) -> Result<Started, ProviderError> {
        let ours = our_reference(attempt.organization, attempt.id);
        let mut answer = self.create(attempt, &ours, attempt.id).await?;
        if answer.status.is_server_error() {
            // Persona repeats its own failures under the same key. Therefore the client checks whether the inquiry was
            // made after all, and otherwise uses a new key.
            if let Some(made) = self.look_up(&ours).await? {
                let link = self.new_link(&made.reference).await?;
                return Ok(Started { reference: made.reference, link: in_language(link, attempt.locale) });
            }
            answer = self.create(attempt, &ours, &format!("{}-{}", attempt.id, (self.clock)().0)).await?;
        }
        let answer = done(answer)?;
        let id = answer.text(&["data", "id"]).ok_or_else(|| unavailable("Persona: an inquiry without id"))?;
        Ok(Started { reference: id.to_owned(), link: in_language(self.link(&answer)?, attempt.locale) })
    }

    async fn act(&self, reference: &str, verb: &str, meta: Value) -> Result<Answer, ProviderError> {
        let request = self.http.post(self.base.at(&["inquiries", reference, verb])).json(&json!({ "meta": meta }));
        done(self.send(request).await?)
    }

    async fn new_link(&self, reference: &str) -> Result<Link, ProviderError> {
        let made =
            self.act(reference, "generate-one-time-link", json!({ "expires-in-seconds": LINK_LIFETIME })).await?;
        self.link(&made)
    }

    fn link(&self, answer: &Answer) -> Result<Link, ProviderError> {
        let url = answer.text(&["meta", "one-time-link"]);
        let url = url.ok_or_else(|| unavailable("Persona: an answer without link"))?;
        Ok(Link { url: url.to_owned(), expires_at: (self.clock)().plus(LINK_LIFETIME) })
    }

    async fn read(&self, reference: &str) -> Result<Snapshot, ProviderError> {
        // The failed checks are in the verifications, and our reference may be only in the account.
        let request =
            self.http.get(self.base.at(&["inquiries", reference])).query(&[("include", "account,verifications")]);
        let answer = done(self.send(request).await?)?;
        let included = answer.body.get("included").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let snapshot = answer.body.get("data").and_then(|data| self.snapshot(data, included));
        snapshot.ok_or_else(|| unavailable("Persona: an unreadable inquiry"))
    }

    async fn look_up(&self, our_reference: &str) -> Result<Option<Snapshot>, ProviderError> {
        let request = self.http.get(self.base.at(&["inquiries"])).query(&[("filter[reference-id]", our_reference)]);
        let answer = done(self.send(request).await?)?;
        let list = answer.body.get("data").and_then(Value::as_array);
        let list = list.ok_or_else(|| unavailable("Persona: an unreadable list"))?;
        // Newest first.
        Ok(list.iter().filter_map(|data| self.snapshot(data, &[])).find(|found| found.our_reference == our_reference))
    }

    fn snapshot(&self, data: &Value, included: &[Value]) -> Option<Snapshot> {
        let text = |name: &str| at(data, &["attributes", name]).and_then(Value::as_str);
        let field = |name: &str| at(data, &["attributes", "fields", name, "value"]).and_then(Value::as_str);
        let account = || {
            let account = included.iter().find(|one| one.get("type").and_then(Value::as_str) == Some("account"))?;
            at(account, &["attributes", "reference-id"])?.as_str()
        };
        let status = text("status")?;
        Some(Snapshot {
            reference: data.get("id")?.as_str()?.to_owned(),
            our_reference: text("reference-id").or_else(account).unwrap_or_default().to_owned(),
            state: self.state(status),
            step: step(status, text("next-step-name")),
            reasons: reasons::of(data, included),
            document_type: field("identification-class").and_then(document_type).map(str::to_owned),
            issuing_country: field("selected-country-code").and_then(country),
            document_number: field("identification-number").map(|number| Secret::new(number.to_owned())),
            as_of: text("updated-at").and_then(moment)?,
            redacted: text("redacted-at").is_some(),
        })
    }

    /// Translates Persona's statuses.
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

/// Whether an answer comes from this environment of Persona. A refusal may leave open where it comes from.
fn is_from(answer: &Answer, environment: &str) -> bool {
    match answer.headers.get(ENVIRONMENT) {
        Some(said) => said == environment,
        None => !answer.status.is_success(),
    }
}

/// Checks that Persona did what was requested.
fn done(answer: Answer) -> Result<Answer, ProviderError> {
    let status = answer.status.as_u16();
    let summary = format!("Persona {status}");
    match status {
        200..=299 => Ok(answer),
        404 | 410 => Err(ProviderError::Gone(summary)),
        400 | 409 | 422 => Err(ProviderError::Refused(summary)),
        // A wrong key, a product's quota (403), a limit, an outage: solved without the person.
        _ => Err(ProviderError::Unavailable(summary)),
    }
}

/// Opens the page in the language of our pages.
fn in_language(mut link: Link, locale: &str) -> Link {
    if let Ok(mut url) = Url::parse(&link.url) {
        url.query_pairs_mut().append_pair("language", locale);
        link.url = url.into();
    }
    link
}

/// Returns the person's progress: 1 the document, 2 the face, 3 submitted; 0 when unknown.
fn step(status: &str, next: Option<&str>) -> u8 {
    match status {
        "pending" | "expired" | "failed" if next.is_some_and(|next| next.contains("selfie")) => 2,
        "pending" | "expired" | "failed" => 1,
        "completed" | "needs_review" | "approved" | "declined" => 3,
        _ => 0,
    }
}

/// Translates Persona's short names of document types.
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

fn country(code: &str) -> Option<String> {
    let two = code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
    two.then(|| code.to_ascii_uppercase())
}

/// Parses `2026-11-20T14:02:11.000Z`.
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

    fn start<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Started, ProviderError>> {
        Box::pin(async move { self.http.record(self.begin(&attempt).await) })
    }

    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, ProviderError>> {
        Box::pin(async move { self.http.record(self.new_link(reference).await) })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, ProviderError>> {
        Box::pin(async move { self.http.record(self.read(reference).await) })
    }

    fn find<'a>(&'a self, our_reference: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, ProviderError>> {
        Box::pin(async move { self.http.record(self.look_up(our_reference).await) })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.http.record(self.act(reference, "expire", json!({})).await.map(|_| ())) })
    }

    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let answer = self.send(self.http.delete(self.base.at(&["inquiries", reference]))).await;
            self.http.record(answer.and_then(done).map(|_| ()))
        })
    }

    fn health(&self) -> Health {
        self.http.health()
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        verify_timestamped(headers.get("persona-signature"), body, &self.options.webhook_secrets, now)?;
        hint(body).map(|hint| vec![hint]).ok_or(SignatureError::Unreadable)
    }
}

/// Returns the inquiry of an event.
fn hint(body: &[u8]) -> Option<Hint> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let text = |path: &[&str]| at(&event, path).and_then(Value::as_str).filter(|text| (1..=255).contains(&text.len()));
    Some(Hint {
        event_id: text(&["data", "id"])?.to_owned(),
        name: text(&["data", "attributes", "name"])?.to_owned(),
        reference: text(&["data", "attributes", "payload", "data", "id"])?.to_owned(),
        occurred_at: text(&["data", "attributes", "created-at"]).and_then(moment)?,
    })
}
