//! Errors as pages in the visitor's language. Error codes are the keys of the messages.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use keystead_app::Error;
use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;

use crate::help::{self, Topic};
use crate::web::extract::Person;
use crate::web::html::{RetryAt, html};
use crate::web::known_reasons::known_reason;
use keystead_core::language::Language;
use keystead_locales::{LocalFormat, Messages};

/// Who reads an error: their language, and the time zone in which times are shown to them.
#[derive(Debug, Clone)]
pub(crate) struct Reader(LocalFormat);

impl From<Messages> for Reader {
    fn from(messages: Messages) -> Self {
        Self(LocalFormat { messages, now: Timestamp(0), zone: TimeZone::UTC })
    }
}

impl From<&LocalFormat> for Reader {
    fn from(format: &LocalFormat) -> Self {
        Self(format.clone())
    }
}

/// A page that shows an error.
#[derive(Debug)]
pub(crate) struct PageError {
    messages: Messages,
    status: StatusCode,
    title: String,
    message: String,
    topic: Option<&'static Topic>,
    retry_at: Option<RetryAt>,
    sign_out: Option<Box<SignOut>>,
}

/// The form to sign out and to open the same address with another account.
#[derive(Debug)]
struct SignOut {
    csrf: String,
    next: String,
}

const PAGES: [(&str, &str); 5] = [
    ("nav-api-keys", "/api-keys"),
    ("nav-usage", "/usage"),
    ("nav-limits", "/limits"),
    ("nav-general", "/settings/organization/general"),
    ("help", "/help"),
];

#[derive(Template)]
#[template(path = "error_page.html")]
struct Page<'a> {
    t: Messages,
    language: Language,
    title: &'a str,
    message: &'a str,
    /// The pages that people look for most, by the key of the name.
    pages: [(&'static str, &'static str); 5],
    /// Title and address of the help page.
    help: Option<(String, String)>,
    sign_out: Option<Box<SignOut>>,
}

/// The message of an error, shown beside a field or on a page of its own.
pub(crate) fn error_message(reader: impl Into<Reader>, error: &Error) -> String {
    let Reader(format) = reader.into();
    let messages = format.messages;
    match error {
        Error::Invalid { code: Some(code), message, .. } => known(messages, code).unwrap_or_else(|| message.clone()),
        Error::Invalid { message, .. } | Error::Conflict { message } | Error::Forbidden { message, .. } => {
            known_reason(messages, message).unwrap_or_else(|| message.clone())
        }
        Error::Limited { name, retry_at } => {
            let time = format.exact_in_zone(retry_at);
            match known(messages, name) {
                Some(_) => messages.text_with(&key(name), "time", time),
                None => messages.text_with("error-limited", "time", time),
            }
        }
        Error::NotFound { .. } => messages.text("error-not-found"),
        Error::Refused(_) => messages.text("error-forbidden"),
        Error::RequirementMissing { action: "organization.create", missing, .. } => {
            let gate =
                |requirement: &Requirement| messages.text(&format!("gate-{}", requirement.as_str().replace('_', "-")));
            messages.text_with(
                "error-another-organization",
                "what",
                missing.iter().map(gate).collect::<Vec<_>>().join(", "),
            )
        }
        Error::RequirementMissing { missing, .. } => match missing.first() {
            Some(Requirement::PaymentMethod) => messages.text("error-payment-method-required"),
            Some(Requirement::Organization) => messages.text("error-organization-verification-required"),
            _ => messages.text("error-phone-verification-required"),
        },
        Error::ProviderUnavailable { .. } => messages.text("error-provider-unavailable"),
        Error::Unsupported("mails") => messages.text("error-no-mail"),
        Error::Unsupported(_) => messages.text("error-not-configured"),
        Error::Unavailable => messages.text("error-unavailable"),
        Error::Internal(_) => messages.text("error-internal"),
    }
}

/// The help page about an error.
pub(crate) fn topic(error: &Error) -> Option<&'static Topic> {
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

/// The message for a code, if there is one.
fn known(messages: Messages, code: &str) -> Option<String> {
    let key = key(code);
    messages.has(&key).then(|| messages.text(&key))
}

impl PageError {
    pub(crate) fn new(reader: impl Into<Reader>, error: Error) -> Self {
        let reader = reader.into();
        let messages = reader.0.messages;
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
            StatusCode::NOT_FOUND => messages.text("error-title-not-found"),
            StatusCode::FORBIDDEN => messages.text("error-title-forbidden"),
            _ => messages.text("error-title"),
        };
        let retry_at = RetryAt::of(&error);
        Self {
            messages,
            status,
            title,
            message: error_message(reader, &error),
            topic: topic(&error),
            retry_at,
            sign_out: None,
        }
    }

    /// The error for a project that this person cannot open, with a way to another account.
    pub(crate) fn foreign_project(person: &Person) -> Self {
        let missing = Self::new(person.messages, Error::not_found("project", ""));
        let title = person.messages.text("foreign-project-title");
        let message = person.messages.text_with("foreign-project-message", "email", &person.session.email);
        let sign_out = Some(Box::new(SignOut { csrf: person.session.csrf.clone(), next: person.path.clone() }));
        Self { title, message, sign_out, topic: help::topic("wrong-organization-or-project"), ..missing }
    }

    /// The error for an address that only forms are sent to.
    pub(crate) fn method_not_allowed(messages: Messages) -> Self {
        let missing = Self::new(messages, Error::not_found("page", ""));
        Self { status: StatusCode::METHOD_NOT_ALLOWED, ..missing }
    }

    /// The error for a form without the session's token.
    pub(crate) fn form(messages: Messages) -> Self {
        let (title, message) = (messages.text("error-title"), messages.text("error-form"));
        let topic = help::topic("links-and-forms");
        Self { messages, status: StatusCode::FORBIDDEN, title, message, topic, retry_at: None, sign_out: None }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let language = self.messages.0;
        let help = self.topic.map(|topic| {
            let title = &topic.article(language).title;
            (self.messages.text_with("help-what-now", "title", title), help::href(topic, language))
        });
        let (t, title, message) = (self.messages, &self.title, &self.message);
        let page = Page { t, language, title, message, pages: PAGES, help, sign_out: self.sign_out };
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

impl From<Box<PageError>> for PageError {
    fn from(boxed: Box<PageError>) -> Self {
        *boxed
    }
}
