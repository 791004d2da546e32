//! What went wrong, as a page in the visitor's language. The codes are the translation keys.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_core::gate::Requirement;

use crate::help::{self, Topic};
use crate::language::Language;
use crate::text::Text;
use crate::web::html::{RetryAt, html};

/// A page that says what went wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    text: Text,
    status: StatusCode,
    title: String,
    message: String,
    topic: Option<&'static Topic>,
    retry_at: Option<RetryAt>,
}

#[derive(Template)]
#[template(path = "error_page.html")]
struct Page<'a> {
    language: Language,
    title: &'a str,
    message: &'a str,
    home: String,
    /// What to read about it, and where.
    help: Option<(String, String)>,
}

/// What a person reads of a failure, beside a field or on a page of its own.
pub(crate) fn words(text: Text, error: &Error) -> String {
    match error {
        Error::Invalid { code: Some(code), message, .. } => known(text, code).unwrap_or_else(|| message.clone()),
        Error::Invalid { message, .. } | Error::Conflict { message } | Error::Forbidden { message, .. } => {
            message.clone()
        }
        Error::Limited { name, retry_at } => {
            let when = crate::format::When { text, now: *retry_at, zone: jiff::tz::TimeZone::UTC };
            let time = when.exact(retry_at);
            match known(text, name) {
                Some(_) => text.say1(&key(name), "time", time),
                None => text.say1("error-limited", "time", time),
            }
        }
        Error::NotFound { .. } => text.say("error-not-found"),
        Error::Refused(_) => text.say("error-forbidden"),
        Error::RequirementMissing { action: "organization.create", missing, .. } => {
            let gate =
                |requirement: &Requirement| text.say(&format!("gate-{}", requirement.as_str().replace('_', "-")));
            text.say1("error-another-organization", "what", missing.iter().map(gate).collect::<Vec<_>>().join(", "))
        }
        Error::RequirementMissing { missing, .. } => match missing.first() {
            Some(Requirement::PaymentMethod) => text.say("error-payment-method-required"),
            Some(Requirement::Organization) => text.say("error-organization-verification-required"),
            _ => text.say("error-phone-verification-required"),
        },
        Error::ProviderUnavailable { .. } => text.say("error-provider-unavailable"),
        Error::Unsupported(_) => text.say("error-not-configured"),
        Error::Unavailable => text.say("error-unavailable"),
        Error::Internal(_) => text.say("error-internal"),
    }
}

/// The help page about a failure.
fn topic(error: &Error) -> Option<&'static Topic> {
    let code = match error {
        Error::Invalid { code: Some(code), .. } => code,
        Error::Invalid { message, .. } | Error::Conflict { message } | Error::Forbidden { message, .. } => {
            return help::topic_of_message(message);
        }
        Error::Limited { name, .. } => match help::topic_of_code(name) {
            Some(_) => name,
            None => "limited",
        },
        Error::NotFound { .. } => "not_found",
        Error::Refused(_) => "forbidden",
        Error::RequirementMissing { action: "organization.create", .. } => "another_organization",
        Error::RequirementMissing { missing, .. } => match missing.first() {
            Some(Requirement::PaymentMethod) => "payment_method_required",
            Some(Requirement::Organization) => "organization_already_verified",
            _ => "phone_verification_required",
        },
        Error::ProviderUnavailable { .. } => "provider_unavailable",
        Error::Unsupported(_) => "not_configured",
        Error::Unavailable => "unavailable",
        Error::Internal(_) => "internal",
    };
    help::topic_of_code(code).and_then(help::topic)
}

fn key(code: &str) -> String {
    format!("error-{}", code.replace('_', "-"))
}

/// The words for a code, if it has some in this language.
fn known(text: Text, code: &str) -> Option<String> {
    let key = key(code);
    crate::text::sources(text.0)
        .iter()
        .any(|source| {
            source.lines().any(|line| line.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(" =")))
        })
        .then(|| text.say(&key))
}

impl Failure {
    pub(crate) fn new(text: Text, error: Error) -> Self {
        let status = match &error {
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict { .. } => StatusCode::CONFLICT,
            Error::Forbidden { .. } | Error::Refused(_) | Error::RequirementMissing { .. } => StatusCode::FORBIDDEN,
            Error::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::ProviderUnavailable { .. } | Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            Error::Internal(context) => {
                tracing::error!(context, "a page failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let title = match status {
            StatusCode::NOT_FOUND => text.say("error-title-not-found"),
            StatusCode::FORBIDDEN => text.say("error-title-forbidden"),
            _ => text.say("error-title"),
        };
        let retry_at = RetryAt::of(&error);
        Self { text, status, title, message: words(text, &error), topic: topic(&error), retry_at }
    }

    /// A form without the session's own token.
    pub(crate) fn form(text: Text) -> Self {
        let (title, message) = (text.say("error-title"), text.say("error-form"));
        let topic = help::topic("links-and-forms");
        Self { text, status: StatusCode::FORBIDDEN, title, message, topic, retry_at: None }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let language = self.text.0;
        let help = self.topic.map(|topic| {
            let title = &topic.article(language).title;
            (self.text.say1("help-what-now", "title", title), help::href(topic, language))
        });
        let home = self.text.say("error-home");
        let page = Page { language, title: &self.title, message: &self.message, home, help };
        let mut response = match page.render() {
            Ok(body) => html(body, language.tag()),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        *response.status_mut() = self.status;
        if let Some(retry_at) = self.retry_at {
            retry_at.mark(&mut response);
        }
        response
    }
}

impl From<Box<Failure>> for Failure {
    fn from(boxed: Box<Failure>) -> Self {
        *boxed
    }
}
