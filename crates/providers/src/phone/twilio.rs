//! Twilio Verify v2 and Lookup v2 (verification.md 2.1, 2.2).

use keystead_core::secret::Secret;

use super::{Check, LineLookup, LineType, PhoneVerifier, Started};
use crate::http::{Answer, Http};
use crate::{BoxFuture, Failure, Health};

/// What a client of Twilio needs to know.
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
    options: TwilioOptions,
}

impl Twilio {
    /// A client.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(options: TwilioOptions) -> Result<Self, Failure> {
        Ok(Self { http: Http::new()?, options })
    }

    /// How the last call went.
    #[must_use]
    pub fn health(&self) -> Health {
        self.http.health()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        let TwilioOptions { verify_base_url, account_sid, auth_token, service_sid, .. } = &self.options;
        let url = format!("{verify_base_url}/v2/Services/{service_sid}/{path}");
        let request = self.http.post(&url).basic_auth(account_sid, Some(auth_token.expose())).form(form);
        self.http.ask(request).await
    }
}

/// Twilio's own number of an error.
fn code(answer: &Answer) -> i64 {
    answer.body.get("code").and_then(serde_json::Value::as_i64).unwrap_or_default()
}

/// What an answer that is no success means: bad numbers and blocked places are refusals, the rest is an outage.
fn failure(answer: &Answer) -> Failure {
    let (status, code) = (answer.status.as_u16(), code(answer));
    match code {
        60_200 | 60_203 | 60_205 | 60_238 | 60_410 | 60_605 => Failure::Refused(format!("Twilio {code}")),
        20_404 => Failure::Gone(format!("Twilio {code}")),
        _ if status == 404 => Failure::Gone("Twilio 404".to_owned()),
        _ => Failure::Unavailable(format!("Twilio {status} {code}")),
    }
}

impl PhoneVerifier for Twilio {
    fn start<'a>(&'a self, e164: &'a str, locale: &'a str) -> BoxFuture<'a, Result<Started, Failure>> {
        Box::pin(async move {
            let answer = self.post("Verifications", &[("To", e164), ("Channel", "sms"), ("Locale", locale)]).await?;
            match answer.text(&["sid"]).filter(|_| answer.status.is_success()) {
                Some(sid) => Ok(Started { reference: sid.to_owned(), resend_same_code: true }),
                None => Err(failure(&answer)),
            }
        })
    }

    fn check<'a>(&'a self, reference: &'a str, typed: &'a str) -> BoxFuture<'a, Result<Check, Failure>> {
        Box::pin(async move {
            let answer = self.post("VerificationCheck", &[("VerificationSid", reference), ("Code", typed)]).await?;
            if answer.status.is_success() {
                return Ok(match answer.text(&["status"]) {
                    Some("approved") => Check::Ok,
                    Some("expired" | "canceled" | "deleted" | "failed") => Check::Expired,
                    Some("max_attempts_reached") => Check::TooMany,
                    _ => Check::Wrong,
                });
            }
            match (code(&answer), failure(&answer)) {
                (60_202, _) => Ok(Check::TooMany),
                // After approval, expiry or exhaustion Twilio forgets: "begin again", not "wrong".
                (_, Failure::Gone(_)) => Ok(Check::Unknown),
                (60_200, _) => Ok(Check::Wrong),
                (_, failure) => Err(failure),
            }
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let answer = self.post(&format!("Verifications/{reference}"), &[("Status", "canceled")]).await?;
            match failure(&answer) {
                _ if answer.status.is_success() => Ok(()),
                Failure::Gone(_) => Ok(()),
                failure => Err(failure),
            }
        })
    }
}

impl LineLookup for Twilio {
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineType, Failure>> {
        Box::pin(async move {
            let TwilioOptions { lookup_base_url, account_sid, auth_token, .. } = &self.options;
            let number = e164.replace('+', "%2B");
            let url = format!("{lookup_base_url}/v2/PhoneNumbers/{number}?Fields=line_type_intelligence");
            let request = self.http.get(&url).basic_auth(account_sid, Some(auth_token.expose()));
            let answer = self.http.ask(request).await?;
            if !answer.status.is_success() {
                return Err(failure(&answer));
            }
            Ok(match answer.text(&["line_type_intelligence", "type"]).unwrap_or_default() {
                "mobile" => LineType::Mobile,
                "landline" => LineType::Landline,
                "fixedVoip" => LineType::FixedVoip,
                "nonFixedVoip" => LineType::NonFixedVoip,
                "personal" => LineType::Personal,
                "tollFree" => LineType::TollFree,
                "premium" => LineType::Premium,
                "sharedCost" => LineType::SharedCost,
                "uan" => LineType::Uan,
                "voicemail" => LineType::Voicemail,
                "pager" => LineType::Pager,
                _ => LineType::Unknown,
            })
        })
    }
}
