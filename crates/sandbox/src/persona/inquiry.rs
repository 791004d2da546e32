//! One inquiry: what was asked, how it stands, what was read off the document.

use serde_json::{Value, json};

use crate::text;

/// An inquiry nobody opens ends after a day.
const LIFE: i64 = 86_400;

#[derive(Debug, Clone)]
pub(crate) struct Inquiry {
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) redirect: String,
    pub(crate) status: &'static str,
    created_at: i64,
    updated_at: i64,
    redacted_at: Option<i64>,
    tags: Vec<String>,
    fields: Option<Value>,
}

/// RFC 3339 in UTC, as the vendor writes times.
pub(crate) fn moment(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| String::new(), |moment| format!("{moment}"))
}

impl Inquiry {
    pub(crate) fn new(id: String, reference: String, redirect: String, now: i64) -> Self {
        Self {
            id,
            reference,
            redirect,
            status: "created",
            created_at: now,
            updated_at: now,
            redacted_at: None,
            tags: Vec::new(),
            fields: None,
        }
    }

    pub(crate) fn view(&self) -> Value {
        let at = |time: Option<i64>| time.map(moment);
        json!({ "type": "inquiry", "id": self.id, "attributes": {
            "status": self.status,
            "reference-id": self.reference,
            "created-at": moment(self.created_at),
            "updated-at": moment(self.updated_at),
            "redacted-at": at(self.redacted_at),
            "tags": self.tags,
            "fields": self.fields.clone().filter(|_| self.redacted_at.is_none()).unwrap_or_else(|| json!({})),
        } })
    }

    fn decided(&self) -> bool {
        matches!(self.status, "approved" | "declined")
    }

    pub(crate) fn expire_if_due(&mut self, now: i64) {
        if matches!(self.status, "created" | "pending") && now - self.created_at >= LIFE {
            self.status = "expired";
            self.updated_at = now;
        }
    }

    /// An expired inquiry comes back to life; a decided or redacted one does not.
    pub(crate) fn resume(&mut self, now: i64) -> bool {
        if self.decided() || self.redacted_at.is_some() {
            return false;
        }
        if self.status == "expired" {
            self.status = "pending";
            self.created_at = now;
            self.updated_at = now;
        }
        true
    }

    pub(crate) fn redact(&mut self, now: i64) {
        self.redacted_at.get_or_insert(now);
        self.fields = None;
        self.updated_at = now;
    }

    /// What an outcome does; answers the events to announce, in order.
    pub(crate) fn act(&mut self, outcome: &str, said: &Value, now: i64) -> Vec<&'static str> {
        self.updated_at = now;
        let mut events = Vec::new();
        if self.status == "created" && outcome != "expire" {
            self.status = "pending";
            events.push("inquiry.started");
        }
        let hand_in = |this: &mut Self, events: &mut Vec<&'static str>| {
            this.read_document(said);
            this.status = "completed";
            events.push("inquiry.completed");
        };
        match outcome {
            "start" => {}
            "complete" => hand_in(self, &mut events),
            "approve" => {
                hand_in(self, &mut events);
                self.status = "approved";
                events.push("inquiry.approved");
            }
            "decline" => {
                hand_in(self, &mut events);
                self.status = "declined";
                let reason = said.get("reason").and_then(Value::as_str).unwrap_or("document_unreadable");
                self.tags = vec![reason.to_owned()];
                events.push("inquiry.declined");
            }
            "fail" => {
                self.status = "failed";
                self.tags = vec!["document_unreadable".to_owned()];
                events.push("inquiry.failed");
            }
            "review" => {
                hand_in(self, &mut events);
                self.status = "needs_review";
                events.push("inquiry.marked-for-review");
            }
            "expire" => {
                self.status = "expired";
                events.push("inquiry.expired");
            }
            _ => {}
        }
        events
    }

    fn read_document(&mut self, said: &Value) {
        let text = |name: &str, usual: String| said.get(name).and_then(Value::as_str).map_or(usual, str::to_owned);
        let number = text("document_number", text::id("DOC", &self.id).to_ascii_uppercase());
        let class = match said.get("document").and_then(Value::as_str) {
            Some("identity_card") => "id",
            Some("drivers_license") => "dl",
            Some("residence_permit") => "rp",
            Some("visa") => "visa",
            Some("my_number_card") => "mnc",
            _ => "pp",
        };
        let field = |value: String| json!({ "type": "string", "value": value });
        self.fields = Some(json!({
            "identification-number": field(number),
            "identification-class": field(class.to_owned()),
            "selected-country-code": field(text("country", "PL".to_owned())),
            "birthdate": { "type": "date", "value": "1990-01-01" },
        }));
    }
}
