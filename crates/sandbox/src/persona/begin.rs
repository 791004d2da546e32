//! `POST /inquiries`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::inquiry::{Inquiry, Lifetimes};
use super::{books, error, host, issue_link, unprocessable};
use crate::Sandbox;

/// Seconds that inquiries and links work, unless the template or the call says otherwise.
pub(super) const DAY: i64 = 86_400;

/// The requested inquiry. The vendor accepts more; what the sandbox does not support is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    data: Data,
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Data {
    #[serde(rename = "type")]
    _kind: Option<String>,
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Attributes {
    inquiry_template_id: Option<String>,
    inquiry_template_version_id: Option<String>,
    template_id: Option<String>,
    reference_id: Option<String>,
    redirect_uri: Option<String>,
    tags: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Meta {
    #[serde(rename = "auto-create-account")]
    _auto_create_account: Option<bool>,
    auto_create_account_reference_id: Option<String>,
    auto_create_one_time_link: bool,
    expiration_after_create_interval_seconds: Option<i64>,
    expiration_after_start_interval_seconds: Option<i64>,
    expiration_after_resume_interval_seconds: Option<i64>,
    #[serde(rename = "one-time-link-expiration-seconds")]
    hand_off: Option<i64>,
}

impl Wanted {
    /// Returns what is not supported.
    fn wrong(&self) -> Option<&'static str> {
        let attributes = &self.data.attributes;
        let templates =
            [&attributes.inquiry_template_id, &attributes.inquiry_template_version_id, &attributes.template_id];
        if templates.into_iter().flatten().count() != 1 {
            return Some(
                "exactly one of inquiry-template-id, inquiry-template-version-id and template-id must be filled",
            );
        }
        if !attributes.inquiry_template_id.as_ref().is_some_and(|id| id.starts_with("itmpl_")) {
            return Some("the sandbox knows templates by inquiry-template-id only");
        }
        let redirect = attributes.redirect_uri.as_deref().unwrap_or_default();
        if !redirect.is_empty() && !redirect.starts_with("http://") && !redirect.starts_with("https://") {
            return Some("redirect-uri must be an address");
        }
        let meta = &self.meta;
        let lifetimes = [
            meta.expiration_after_create_interval_seconds,
            meta.expiration_after_start_interval_seconds,
            meta.expiration_after_resume_interval_seconds,
            meta.hand_off,
        ];
        let odd = lifetimes.into_iter().flatten().any(|lifetime| !is_lifetime(lifetime));
        odd.then_some("seconds must be greater than 0")
    }
}

/// Whether a lifetime is positive and below a century.
pub(super) fn is_lifetime(seconds: i64) -> bool {
    (1..=36_525 * DAY).contains(&seconds)
}

/// Builds a link in an answer. The vendor's short form is another address of the same page; here it is the same
/// address.
pub(super) fn link_meta(link: &str) -> Value {
    json!({ "one-time-link": link, "one-time-link-short": link })
}

pub(super) async fn create(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Json<Value>) -> Response {
    let wanted: Wanted = match serde_json::from_value(body.0) {
        Ok(wanted) => wanted,
        Err(problem) => return error(StatusCode::BAD_REQUEST, "Bad Request", &problem.to_string()),
    };
    if let Some(details) = wanted.wrong() {
        return unprocessable(details);
    }
    let (attributes, meta) = (wanted.data.attributes, wanted.meta);
    let lifetimes = Lifetimes {
        create: meta.expiration_after_create_interval_seconds.unwrap_or(DAY),
        start: meta.expiration_after_start_interval_seconds.unwrap_or(DAY),
        resume: meta.expiration_after_resume_interval_seconds.unwrap_or(DAY),
    };
    let reference = meta.auto_create_account_reference_id.or(attributes.reference_id);
    let redirect = attributes.redirect_uri.unwrap_or_default();
    let template = attributes.inquiry_template_id.unwrap_or_default();
    let now = sandbox.now();
    let (id, view, announcements) = {
        let mut books = books(&sandbox);
        let id = books.id("inq_", now);
        let mut inquiry = Inquiry::new(id.clone(), reference, redirect, template, lifetimes);
        inquiry.tags = attributes.tags;
        inquiry.begin(now);
        let made = (id.clone(), inquiry.view(), inquiry.take_announcements());
        books.inquiries.put(id, inquiry);
        made
    };
    sandbox.announce_inquiry(announcements);
    let mut answer = json!({ "data": view, "meta": {} });
    if meta.auto_create_one_time_link {
        answer["meta"] = link_meta(&issue_link(&sandbox, &id, &host(&headers), DAY));
    }
    (StatusCode::CREATED, Json(answer)).into_response()
}
