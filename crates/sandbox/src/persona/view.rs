//! Inquiries in the vendor's format.

use serde_json::{Value, json};

use super::document::{fields, verifications};
use super::inquiry::{Inquiry, Status, Step};
use crate::text;

/// Writes RFC 3339 in UTC with milliseconds, as the vendor does.
pub(super) fn moment(at: i64) -> String {
    let moment = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}

pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Created => "created",
        Status::Pending => "pending",
        Status::Completed => "completed",
        Status::Failed => "failed",
        Status::Expired => "expired",
        Status::NeedsReview => "needs_review",
        Status::Approved => "approved",
        Status::Declined => "declined",
    }
}

/// Returns the names of the pages the person has seen and sees next.
fn steps(step: Step) -> (Option<&'static str>, &'static str) {
    match step {
        Step::Country => (None, "select_country"),
        Step::Document => (Some("select_country"), "verification_government_id"),
        Step::Selfie => (Some("verification_government_id"), "verification_selfie"),
        Step::Done => (Some("verification_selfie"), "success"),
    }
}

impl Inquiry {
    fn account(&self) -> String {
        text::id("act_", self.reference.as_ref().unwrap_or(&self.id))
    }

    fn verifications(&self) -> Vec<Value> {
        let seen = self.step == Step::Done;
        if seen { verifications(&self.id, self.document.as_ref(), self.failed_check) } else { Vec::new() }
    }

    /// Returns the inquiry as `data`.
    pub(super) fn view(&self) -> Value {
        let times = &self.times;
        let at = |time: Option<i64>| time.map(moment);
        let (previous, next) = steps(self.step);
        let pointer = |one: &Value| json!({ "type": one["type"], "id": one["id"] });
        let checked: Vec<Value> = self.verifications().iter().map(pointer).collect();
        json!({
            "type": "inquiry",
            "id": self.id,
            "attributes": {
                "status": status_name(self.status),
                "reference-id": self.reference,
                "note": null,
                "behaviors": {},
                "tags": self.tags,
                "creator": "Keystead sandbox",
                "reviewer-comment": null,
                "created-at": moment(times.created),
                "updated-at": moment(times.updated),
                "started-at": at(times.started),
                "expires-at": moment(times.expires),
                "completed-at": at(times.completed),
                "failed-at": at(times.failed),
                "marked-for-review-at": at(times.marked),
                "decisioned-at": at(times.decided),
                "expired-at": at(times.expired),
                "redacted-at": at(times.redacted),
                "previous-step-name": previous,
                "next-step-name": next,
                "fields": fields(self.document.as_ref()),
            },
            "relationships": {
                "account": { "data": { "type": "account", "id": self.account() } },
                "inquiry-template": { "data": { "type": "inquiry-template", "id": self.template } },
                "verifications": { "data": checked },
            },
        })
    }

    /// Returns what `include=account,verifications` adds.
    pub(super) fn included(&self, wanted: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for kind in wanted.split(',') {
            match kind.trim() {
                "account" => found.push(json!({ "type": "account", "id": self.account(),
                    "attributes": { "reference-id": self.reference, "redacted-at": null } })),
                "verifications" => found.extend(self.verifications()),
                _ => {}
            }
        }
        found
    }

    /// Returns the address to which the browser is sent afterwards; a visit there proves nothing.
    pub(super) fn way_back(&self) -> String {
        let query = [
            ("inquiry-id", self.id.as_str()),
            ("reference-id", self.reference.as_deref().unwrap_or_default()),
            ("status", status_name(self.status)),
        ];
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        let mark = if self.redirect.contains('?') { '&' } else { '?' };
        format!("{}{mark}{query}", self.redirect)
    }
}
