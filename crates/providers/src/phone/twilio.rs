//! Twilio Verify v2 and Lookup v2.

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use serde_json::Value;

use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::SimCard;

use super::{Check, LineLookup, PhoneVerifier, Started};
use crate::http::{Answer, Base, Http, at, unavailable};
use crate::{BoxFuture, Health, ProviderError};

/// The configuration of a Twilio client.
#[derive(Debug, Clone)]
pub struct TwilioOptions {
    /// `https://verify.twilio.com`, or the sandbox.
    pub verify_base_url: String,
    /// `https://lookups.twilio.com`, or the sandbox.
    pub lookup_base_url: String,
    /// `AC…`.
    pub account_sid: String,
    /// The account's token.
    pub auth_token: Secret<String>,
    /// `VA…`.
    pub service_sid: String,
}

/// The client.
#[derive(Debug)]
pub struct Twilio {
    http: Http,
    verify: Base,
    lookup: Base,
    options: TwilioOptions,
}

impl Twilio {
    /// Creates a client.
    ///
    /// # Errors
    /// When an address is not valid, or when TLS cannot be set up.
    pub fn new(options: TwilioOptions) -> Result<Self, ProviderError> {
        let (verify, lookup) = (Base::parse(&options.verify_base_url)?, Base::parse(&options.lookup_base_url)?);
        Ok(Self { http: Http::new()?, verify, lookup, options })
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, ProviderError> {
        let TwilioOptions { account_sid, auth_token, .. } = &self.options;
        self.http.send_json(request.basic_auth(account_sid, Some(auth_token.expose()))).await
    }

    /// Posts a form to a resource of our service.
    async fn post(&self, path: &[&str], form: &[(&str, &str)]) -> Result<Answer, ProviderError> {
        let url = self.verify.at(&[&["v2", "Services", &self.options.service_sid], path].concat());
        self.send(self.http.post(url).form(form)).await
    }

    async fn begin(&self, e164: &str, locale: &str) -> Result<Started, ProviderError> {
        let form = [("To", e164), ("Channel", "sms"), ("Locale", locale)];
        let answer = self.post(&["Verifications"], &form).await?;
        if !answer.status.is_success() {
            return Err(match failure(&answer) {
                // Our service itself does not exist: this is the operator's fault and says nothing about the number.
                ProviderError::Gone(why) => ProviderError::Unavailable(why),
                failure => failure,
            });
        }
        let sid = answer.text(&["sid"]).filter(|sid| is_sid(sid));
        let sid = sid.ok_or_else(|| unavailable("Twilio: a verification without id"))?;
        Ok(Started { reference: sid.to_owned(), resend_same_code: true })
    }

    /// Reads our service, without a code and without costs.
    ///
    /// # Errors
    /// Why codes cannot be sent with this configuration, for the operator.
    pub async fn check_service(&self) -> Result<(), ProviderError> {
        let url = self.verify.at(&["v2", "Services", &self.options.service_sid]);
        let answer = self.send(self.http.get(url)).await?;
        match answer.status.as_u16() {
            200..=299 => Ok(()),
            401 | 403 => Err(ProviderError::Refused("Twilio refuses the account or its token (401)".to_owned())),
            404 => Err(ProviderError::Gone("this account has no Verify service with this id (404)".to_owned())),
            _ => Err(failure(&answer)),
        }
    }

    async fn check_code(&self, reference: &str, typed: &str) -> Result<Check, ProviderError> {
        let form = [("VerificationSid", reference), ("Code", typed)];
        let answer = self.post(&["VerificationCheck"], &form).await?;
        if answer.status.is_success() {
            // An unknown answer does not mean a wrong code: a broken answer must not count as an attempt.
            return match answer.text(&["status"]) {
                Some("approved") => Ok(Check::Ok),
                Some("pending") => Ok(Check::Wrong),
                Some("max_attempts_reached") => Ok(Check::TooMany),
                Some("expired" | "canceled" | "deleted" | "failed") => Ok(Check::Expired),
                _ => Err(unavailable("Twilio: an unreadable check")),
            };
        }
        match (code(&answer), failure(&answer)) {
            (60_202, _) => Ok(Check::TooMany),
            // Letters instead of digits.
            (60_200, _) => Ok(Check::Wrong),
            // Twilio forgets verifications after approval, expiry or too many checks: the answer is "begin again", not
            // "wrong".
            (_, ProviderError::Gone(_)) => Ok(Check::Unknown),
            (_, failure) => Err(failure),
        }
    }

    async fn cancel_verification(&self, reference: &str) -> Result<(), ProviderError> {
        let answer = self.post(&["Verifications", reference], &[("Status", "canceled")]).await?;
        match failure(&answer) {
            _ if answer.status.is_success() => Ok(()),
            ProviderError::Gone(_) => Ok(()),
            failure => Err(failure),
        }
    }

    /// Looks up one field of a number.
    async fn field(&self, e164: &str, field: &str) -> Result<Answer, ProviderError> {
        let url = self.lookup.at(&["v2", "PhoneNumbers", e164]);
        let answer = self.send(self.http.get(url).query(&[("Fields", field)])).await?;
        if !answer.status.is_success() {
            return Err(failure(&answer));
        }
        if !answer.body.is_object() {
            return Err(unavailable("Twilio: an unreadable look-up"));
        }
        // The carrier could not be asked; unlike "the carrier does not say", this must not be remembered.
        if let Some(code) = at(&answer.body, &[field, "error_code"]).filter(|code| !code.is_null()) {
            return Err(unavailable(&format!("Twilio look-up {}", error_number(Some(code)))));
        }
        Ok(answer)
    }

    async fn line(&self, e164: &str) -> Result<LineKind, ProviderError> {
        let answer = self.field(e164, "line_type_intelligence").await?;
        Ok(line_type(answer.text(&["line_type_intelligence", "type"]).unwrap_or_default()))
    }

    async fn sim(&self, e164: &str) -> Result<SimCard, ProviderError> {
        Ok(sim_card(&self.field(e164, "sim_swap").await?))
    }
}

/// Parses the report about a SIM card: a date, or only whether it was changed within a period (the `sim_swap` of Lookup
/// v2).
fn sim_card(answer: &Answer) -> SimCard {
    let last = ["sim_swap", "last_sim_swap"];
    let text = |name| answer.text(&[last[0], last[1], name]);
    if let Some(at) = text("last_sim_swap_date").and_then(|date| date.parse::<jiff::Timestamp>().ok()) {
        return SimCard::Since(Timestamp(at.as_second()));
    }
    let changed = at(&answer.body, &[last[0], last[1], "swapped_in_period"]).and_then(Value::as_bool) == Some(true);
    let period = text("swapped_period").and_then(|period| period.parse::<jiff::SignedDuration>().ok());
    match period.map(|period| period.as_secs()) {
        Some(seconds) if changed && seconds > 0 => SimCard::Within(seconds),
        _ => SimCard::Unknown,
    }
}

/// Returns Twilio's number of an error.
fn code(answer: &Answer) -> i64 {
    error_number(answer.body.get("code"))
}

/// Twilio's error numbers have five digits. A longer number might be a telephone number, which must not get into an
/// error's text.
fn error_number(value: Option<&Value>) -> i64 {
    value.and_then(Value::as_i64).filter(|code| (0..=99_999).contains(code)).unwrap_or_default()
}

/// Whether a text is one of Twilio's ids: two letters and 32 hexadecimal digits; at most a short word is kept.
fn is_sid(sid: &str) -> bool {
    (1..=64).contains(&sid.len()) && sid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Translates an answer that is not a success: bad numbers and blocked countries are refusals, everything else is an
/// outage.
fn failure(answer: &Answer) -> ProviderError {
    let (status, code) = (answer.status.as_u16(), code(answer));
    let summary = format!("Twilio {status} {code}");
    match (status, code) {
        (_, 60_200 | 60_203 | 60_205 | 60_238 | 60_410 | 60_605) => ProviderError::Refused(summary),
        (404, _) | (_, 20_404) => ProviderError::Gone(summary),
        (400, _) => ProviderError::Refused(summary),
        _ => ProviderError::Unavailable(summary),
    }
}

fn line_type(name: &str) -> LineKind {
    match name {
        "mobile" => LineKind::Mobile,
        "landline" => LineKind::Landline,
        "fixedVoip" => LineKind::FixedVoip,
        "nonFixedVoip" => LineKind::NonFixedVoip,
        "personal" => LineKind::Personal,
        "tollFree" => LineKind::TollFree,
        "premium" => LineKind::Premium,
        "sharedCost" => LineKind::SharedCost,
        "uan" => LineKind::Uan,
        "voicemail" => LineKind::Voicemail,
        "pager" => LineKind::Pager,
        _ => LineKind::Unknown,
    }
}

impl PhoneVerifier for Twilio {
    fn start<'a>(&'a self, e164: &'a str, locale: &'a str) -> BoxFuture<'a, Result<Started, ProviderError>> {
        Box::pin(async move { self.http.record(self.begin(e164, locale).await) })
    }

    fn check<'a>(&'a self, reference: &'a str, typed: &'a str) -> BoxFuture<'a, Result<Check, ProviderError>> {
        Box::pin(async move { self.http.record(self.check_code(reference, typed).await) })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.http.record(self.cancel_verification(reference).await) })
    }

    fn health(&self) -> Health {
        self.http.health()
    }
}

impl LineLookup for Twilio {
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineKind, ProviderError>> {
        Box::pin(async move { self.http.record(self.line(e164).await) })
    }

    fn sim_card<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<SimCard, ProviderError>> {
        Box::pin(async move { self.http.record(self.sim(e164).await) })
    }
}
