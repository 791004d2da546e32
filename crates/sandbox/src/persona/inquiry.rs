//! One inquiry: its transitions, and the events they cause.

use serde_json::Value;

use super::document::{CheckInput, Document, check_of};
use crate::text;

/// Lifetimes of an inquiry in seconds, from its start, from its first step, from its revival: a day each by default.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetimes {
    pub(super) create: i64,
    pub(super) start: i64,
    pub(super) resume: i64,
}

/// The times of its events, in Unix seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) expires: i64,
    pub(super) started: Option<i64>,
    pub(super) completed: Option<i64>,
    pub(super) failed: Option<i64>,
    pub(super) marked: Option<i64>,
    pub(super) decided: Option<i64>,
    pub(super) expired: Option<i64>,
    pub(super) redacted: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    Pending,
    Completed,
    Failed,
    Expired,
    NeedsReview,
    Approved,
    Declined,
}

/// The person's step in the hosted flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Country,
    Document,
    Selfie,
    Done,
}

/// An action on an inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Start,
    Complete,
    Fail,
    Review,
    Approve,
    Decline,
    Expire,
}

/// An event to announce: its name, its id, and the inquiry in its state at that time.
pub(super) type Announcement = (&'static str, String, Value);

#[derive(Debug, Clone)]
pub(super) struct Inquiry {
    pub(super) id: String,
    pub(super) reference: Option<String>,
    pub(super) redirect: String,
    pub(super) template: String,
    pub(super) status: Status,
    pub(super) step: Step,
    pub(super) tags: Vec<String>,
    pub(super) times: Times,
    pub(super) document: Option<Document>,
    /// The failed check.
    pub(super) failed_check: Option<&'static str>,
    lifetimes: Lifetimes,
    erasing: bool,
    event_count: u32,
    announcements: Vec<Announcement>,
}

/// The action is not possible in the present state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotNow;

impl Inquiry {
    pub(super) fn new(
        id: String,
        reference: Option<String>,
        redirect: String,
        template: String,
        lifetimes: Lifetimes,
    ) -> Self {
        Self {
            id,
            reference,
            redirect,
            template,
            status: Status::Created,
            step: Step::Country,
            tags: Vec::new(),
            times: Times::default(),
            document: None,
            failed_check: None,
            lifetimes,
            erasing: false,
            event_count: 0,
            announcements: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, now: i64) {
        self.times = Times { created: now, updated: now, expires: now + self.lifetimes.create, ..Times::default() };
        self.record_event("inquiry.created");
    }

    fn record_event(&mut self, name: &'static str) {
        self.event_count += 1;
        let id = text::id("evt_", &format!("{}{}", self.id, self.event_count));
        self.announcements.push((name, id, self.view()));
    }

    /// Returns the events to announce since the last call.
    pub(super) fn take_announcements(&mut self) -> Vec<Announcement> {
        std::mem::take(&mut self.announcements)
    }

    fn open(&self) -> bool {
        matches!(self.status, Status::Created | Status::Pending)
    }

    pub(super) fn decided(&self) -> bool {
        matches!(self.status, Status::Approved | Status::Declined)
    }

    /// Applies what happens by itself: the expiry, and a requested erasure.
    pub(super) fn settle(&mut self, now: i64) {
        if self.erasing && self.times.redacted.is_none() {
            self.times.redacted = Some(now);
            self.times.updated = now;
            self.document = None;
            self.record_event("inquiry.redacted");
        }
        if self.open() && self.times.redacted.is_none() && now >= self.times.expires {
            self.move_to(Status::Expired, now);
        }
    }

    /// Does an action and what must precede it.
    pub(super) fn act(&mut self, act: Act, input: &CheckInput, now: i64) -> Result<(), NotNow> {
        self.settle(now);
        if self.erasing {
            return Err(NotNow);
        }
        match act {
            Act::Start if self.open() => self.start(now),
            Act::Complete if self.open() => self.complete(input, now),
            Act::Fail if self.open() => {
                self.start(now);
                self.read(input);
                self.set_failure(input);
                self.move_to(Status::Failed, now);
            }
            Act::Review if self.open() => {
                self.complete(input, now);
                self.move_to(Status::NeedsReview, now);
            }
            Act::Review if matches!(self.status, Status::Completed | Status::Failed) => {
                self.move_to(Status::NeedsReview, now);
            }
            Act::Approve | Act::Decline => self.decide(act, input, now),
            Act::Expire if !self.decided() && self.status != Status::Failed => self.move_to(Status::Expired, now),
            _ => return Err(NotNow),
        }
        Ok(())
    }

    /// Decides without the person, as a reviewer does: nothing is read, nothing is completed.
    pub(super) fn judge(&mut self, act: Act, now: i64) -> Result<(), NotNow> {
        self.settle(now);
        let status = match act {
            Act::Approve => Status::Approved,
            Act::Decline => Status::Declined,
            Act::Review if !self.decided() => Status::NeedsReview,
            _ => return Err(NotNow),
        };
        if self.erasing {
            return Err(NotNow);
        }
        self.move_to(status, now);
        Ok(())
    }

    /// Moves to the next page of the flow.
    pub(super) fn advance(&mut self, step: Step, input: &CheckInput, now: i64) -> Result<(), NotNow> {
        self.act(Act::Start, input, now)?;
        if step > self.step {
            self.step = step;
            self.times.updated = now;
            self.record_event("inquiry.transitioned");
        }
        Ok(())
    }

    fn start(&mut self, now: i64) {
        if self.status == Status::Created {
            self.times.expires = now + self.lifetimes.start;
            self.move_to(Status::Pending, now);
        }
    }

    fn complete(&mut self, input: &CheckInput, now: i64) {
        self.start(now);
        self.read(input);
        self.move_to(Status::Completed, now);
    }

    fn decide(&mut self, act: Act, input: &CheckInput, now: i64) {
        if self.open() {
            self.complete(input, now);
        } else if self.document.is_none() || input.describes() {
            self.read(input);
        }
        if act == Act::Approve {
            (self.failed_check, self.tags) = (None, Vec::new());
            self.move_to(Status::Approved, now);
        } else {
            self.set_failure(input);
            self.move_to(Status::Declined, now);
        }
    }

    fn read(&mut self, input: &CheckInput) {
        self.document = Some(Document::read(&self.id, input));
        self.step = Step::Done;
    }

    fn set_failure(&mut self, input: &CheckInput) {
        let reason = input.reason.as_deref().unwrap_or("document_unreadable");
        self.failed_check = check_of(reason);
        self.tags = if self.failed_check.is_none() { vec![reason.to_owned()] } else { Vec::new() };
    }

    fn move_to(&mut self, status: Status, now: i64) {
        if self.status == status {
            return;
        }
        self.status = status;
        let times = &mut self.times;
        times.updated = now;
        let (time, event) = match status {
            Status::Created => return,
            Status::Pending => (&mut times.started, "inquiry.started"),
            Status::Completed => (&mut times.completed, "inquiry.completed"),
            Status::Failed => (&mut times.failed, "inquiry.failed"),
            Status::Expired => (&mut times.expired, "inquiry.expired"),
            Status::NeedsReview => (&mut times.marked, "inquiry.marked-for-review"),
            Status::Approved => (&mut times.decided, "inquiry.approved"),
            Status::Declined => (&mut times.decided, "inquiry.declined"),
        };
        *time = Some(now);
        self.record_event(event);
    }

    /// Revives an expired inquiry; a decided or erased one cannot be revived.
    pub(super) fn resume(&mut self, now: i64) -> Result<(), NotNow> {
        self.settle(now);
        if self.decided() || self.erasing {
            return Err(NotNow);
        }
        if self.status == Status::Expired {
            self.status = Status::Pending;
            self.times.updated = now;
            self.times.expires = now + self.lifetimes.resume;
        }
        Ok(())
    }

    /// Begins the erasure; it is done with the next read, or a moment later.
    pub(super) fn redact(&mut self) {
        self.erasing = true;
    }
}
