//! The card of the verifications on the General page: each fact is a glyph, a word and a sentence, with what can be done.

use keystead_app::verification::organization::{AttemptView, LinkView, OrganizationView, consent_parts};
use keystead_app::verification::payment::PaymentView;
use keystead_app::verification::phone::PhoneView;
use keystead_core::language::Language;
use keystead_core::verification::organization::{ATTEMPTS, Status};
use keystead_locales::Messages;

use crate::pages::capture::labels;
use crate::web::layout::Layout;

/// The attempt's step from which the service checks what the person submitted.
const SUBMITTED: i64 = 3;

/// One line of the card.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) sentences: Vec<String>,
    /// The class of the glyph; empty for a ring.
    pub(super) mark: &'static str,
    pub(super) word: String,
    /// The word in English, beside a translation of an exact label.
    pub(super) english: Option<String>,
    /// What can be done: label and address.
    pub(super) action: Option<(String, String)>,
}

impl Fact {
    fn new(name: &str, mark: &'static str, word: String, sentences: Vec<String>) -> Self {
        Self { name: name.to_owned(), sentences, mark, word, english: None, action: None }
    }
}

/// One step of a verification.
pub(super) struct Step {
    /// The class of the glyph: `ok` for a past step, `now`, or empty for a later one.
    pub(super) mark: &'static str,
    pub(super) title: String,
    pub(super) english: Option<String>,
    pub(super) hint: String,
}

/// The consent before a verification.
pub(super) struct ConsentForm {
    /// The sentence about biometric information, and what it means here.
    pub(super) text: [String; 2],
    /// The same in English, beside a translation.
    pub(super) english: Option<[String; 2]>,
    /// The policies to read: title and address.
    pub(super) policies: Vec<(String, String)>,
}

/// Everything of the card that depends on the state.
pub(super) struct Card {
    pub(super) facts: Vec<Fact>,
    /// What the lower part of the card shows.
    pub(super) part: &'static str,
    pub(super) steps: Vec<Step>,
    /// How far the link for the phone is: `none`, `waiting`, `expired`, `opened` or `checking`.
    pub(super) link: &'static str,
    pub(super) provider: String,
    pub(super) consent: Option<ConsentForm>,
}

/// What the card is made of.
pub(super) struct Source<'a> {
    pub(super) layout: &'a Layout,
    pub(super) owner: bool,
    pub(super) view: &'a OrganizationView,
    pub(super) phone: &'a PhoneView,
    pub(super) payment: Option<&'a PaymentView>,
    /// Whether the verification requires a payment method that is missing.
    pub(super) payment_missing: bool,
    /// The addresses of the phone page and of the payment methods.
    pub(super) phone_href: &'a str,
    pub(super) billing_href: &'a str,
    /// Whether the consent is asked for.
    pub(super) asks_consent: bool,
    pub(super) policy: Option<&'a str>,
}

/// The English text of an exact label, for pages in another language.
pub(super) fn english(t: Messages, key: &str) -> Option<String> {
    (t.0 != Language::English).then(|| Messages(Language::English).text(key))
}

/// Whether a status changes without the person at this page.
pub(super) fn moving(status: Status) -> bool {
    matches!(status, Status::InProgress | Status::InReview)
}

/// Whether an owner may start a verification.
pub(super) fn may_try(status: Status) -> bool {
    matches!(status, Status::Unverified | Status::Expired | Status::Rejected)
}

/// How far the link of the live attempt is.
pub(super) fn link_state(view: &OrganizationView, now: keystead_core::time::Timestamp) -> &'static str {
    let step = view.attempt.as_ref().map_or(0, |attempt| attempt.step);
    match &view.link {
        _ if step >= SUBMITTED => "checking",
        _ if step > 0 => "opened",
        None => "none",
        Some(LinkView { used_at: Some(_), .. }) => "opened",
        Some(link) if now >= link.expires_at => "expired",
        Some(_) => "waiting",
    }
}

impl Source<'_> {
    fn t(&self) -> Messages {
        self.layout.t
    }

    /// The time of a moment of today, else date and time.
    fn when(&self, at: &keystead_core::time::Timestamp) -> String {
        let format = &self.layout.format;
        if format.date(at) == format.date(&format.now) { format.time(at) } else { format.exact(at) }
    }

    pub(super) fn card(&self) -> Card {
        let facts = [Some(self.phone()), self.payment(), Some(self.organization())];
        Card {
            facts: facts.into_iter().flatten().collect(),
            part: self.part(),
            steps: self.view.attempt.as_ref().map(|attempt| self.steps(attempt)).unwrap_or_default(),
            link: self.link(),
            provider: self.provider(),
            consent: (self.asks_consent && may_try(self.view.status)).then(|| self.consent()),
        }
    }

    fn provider(&self) -> String {
        match self.view.provider {
            Some("persona") => "Persona".to_owned(),
            Some("review") => self.layout.operator.clone(),
            Some(other) => other.to_owned(),
            None => String::new(),
        }
    }

    fn link(&self) -> &'static str {
        link_state(self.view, self.layout.format.now)
    }

    fn part(&self) -> &'static str {
        match self.view.status {
            _ if self.view.provider.is_none() => "no_provider",
            Status::InProgress => "progress",
            Status::InReview => "review",
            Status::Verified if self.owner => "verified",
            Status::Verified | Status::Exempt | Status::Revoked => "",
            _ if !self.owner => "owners",
            _ => "start",
        }
    }

    fn phone(&self) -> Fact {
        let (t, name) = (self.t(), self.t().text("phone"));
        match &self.phone.number {
            Some((masked, _)) => {
                Fact::new(&name, "ok", t.text("verified"), vec![t.text_with("phone-fact", "number", masked)])
            }
            None if self.phone.waived => Fact::new(&name, "ok", t.text("waived"), vec![t.text("phone-waived")]),
            None if self.phone.waits => {
                Fact::new(&name, "", t.text("not-available-here"), vec![t.text("phone-not-needed")])
            }
            None if !self.phone.available => {
                Fact::new(&name, "", t.text("not-available-here"), vec![t.text("phone-unavailable")])
            }
            None => Fact {
                action: Some((t.text("add-phone"), self.phone_href.to_owned())),
                ..Fact::new(&name, "", t.text("not-verified"), vec![t.text("phone-for-keys")])
            },
        }
    }

    fn payment(&self) -> Option<Fact> {
        let payment = self.payment?;
        let (t, name) = (self.t(), self.t().text("payment-method"));
        Some(match payment.methods.first() {
            Some(card) => {
                let card = [("brand", self.layout.brand(&card.brand)), ("last", card.last4.clone())];
                let card = card.each_ref().map(|(name, value)| (*name, value.as_str()));
                Fact::new(&name, "ok", t.text("on-file"), vec![t.text_with_all("payment-fact", &card)])
            }
            None if payment.waived => Fact::new(&name, "ok", t.text("waived"), vec![t.text("billing-waived")]),
            None if payment.provider.is_none() => {
                Fact::new(&name, "", t.text("not-available-here"), vec![t.text("billing-off")])
            }
            None => Fact {
                action: Some((t.text("add-payment-method"), self.billing_href.to_owned())),
                ..Fact::new(&name, "", t.text("not-on-file"), vec![t.text("payment-nothing-charged")])
            },
        })
    }

    fn organization(&self) -> Fact {
        let (t, view) = (self.t(), self.view);
        let until = view.until.as_ref().map(|at| self.when(at));
        let (mark, word, sentences) = match view.status {
            Status::Unverified | Status::Expired if self.payment_missing => {
                ("", t.text("org-payment-first"), vec![t.text("org-payment-first-text")])
            }
            Status::Unverified => ("", t.text("not-verified"), vec![t.text("org-unverified-text")]),
            Status::Expired => ("", t.text("not-verified"), vec![t.text("org-expired-text")]),
            Status::InProgress => self.progress(),
            Status::InReview => {
                let free = view.document_free_at.as_ref();
                let free = free.map(|at| t.text_with("org-document-free", "when", self.layout.format.exact(at)));
                let since = t.text_with("org-in-review", "when", self.when(&view.since));
                ("wait", since, [Some(t.text("org-in-review-text")), free].into_iter().flatten().collect())
            }
            Status::Verified => {
                let since = t.text_with("org-verified-text", "when", self.layout.format.exact(&view.since));
                let until = until.map(|until| t.text_with("org-verified-until", "when", until));
                ("ok", t.text("org-verified"), [Some(since), until].into_iter().flatten().collect())
            }
            Status::Rejected => {
                let left = t.count("org-attempts-left", &i64::from(view.attempts_left));
                let sentences = self.reasons().into_iter().chain([left]).collect();
                ("bad", t.text("org-rejected"), sentences)
            }
            Status::Cooldown => {
                let word = until.map(|until| t.text_with("org-cooldown", "when", until));
                let word = word.unwrap_or_else(|| t.text("org-rejected"));
                let sentences = self.reasons().into_iter().chain([t.text("org-cooldown-text")]).collect();
                ("bad", word, sentences)
            }
            Status::Suspended => {
                let reason = view.reason.as_ref().map(|reason| t.text_with("org-reason", "reason", reason));
                let sentences = [Some(t.text("org-suspended-text")), reason].into_iter().flatten().collect();
                ("bad", t.text_with("org-paused", "operator", &self.layout.operator), sentences)
            }
            Status::Revoked => ("bad", t.text("org-revoked"), vec![t.text("org-revoked-text")]),
            Status::Exempt => {
                let word = match &view.until {
                    Some(until) => t.text_with("org-exempt-until", "when", self.layout.format.date(until)),
                    None => t.text("waived"),
                };
                let since = self.layout.format.date(&view.since);
                let granted = [("operator", self.layout.operator.as_str()), ("when", since.as_str())];
                ("ok", word, vec![t.text_with_all("org-exempt-text", &granted)])
            }
        };
        Fact {
            english: (view.status == Status::Verified).then(|| english(t, "org-verified")).flatten(),
            ..Fact::new(&t.text("nav-organization"), mark, word, sentences)
        }
    }

    fn progress(&self) -> (&'static str, String, Vec<String>) {
        let t = self.t();
        match (self.link(), &self.view.link) {
            ("expired", Some(link)) => {
                let word = t.text_with("org-link-expired", "time", self.when(&link.expires_at));
                ("wait", word, vec![t.text("org-link-expired-text")])
            }
            (link, _) => {
                let word = if link == "checking" { "org-checking" } else { "org-in-progress" };
                let number = ATTEMPTS.saturating_sub(self.view.attempts_left).saturating_add(1);
                let (when, number, of) =
                    (self.layout.format.ago(&self.view.since), number.to_string(), ATTEMPTS.to_string());
                let begun = [("when", when.as_str()), ("number", number.as_str()), ("of", of.as_str())];
                ("wait", t.text(word), vec![t.text_with_all("org-in-progress-text", &begun)])
            }
        }
    }

    /// Why the last attempt was not accepted, each with what to do.
    fn reasons(&self) -> Vec<String> {
        let attempt = self.view.attempt.as_ref().map(|attempt| attempt.reasons.as_slice()).unwrap_or_default();
        match attempt {
            [] => vec![labels::reason(self.t(), "other")],
            all => all.iter().map(|name| labels::reason(self.t(), name)).collect(),
        }
    }

    fn steps(&self, attempt: &AttemptView) -> Vec<Step> {
        let t = self.t();
        // The number of the step that is done next: opening the link is 1.
        let now = match self.link() {
            "checking" => 4,
            "opened" => attempt.step.clamp(1, 2) + 1,
            _ => 1,
        };
        let reviewed = attempt.provider == "review";
        let titles = [
            (t.text("step-consent"), self.layout.format.exact(&attempt.created_at)),
            (t.text("step-open"), self.opening()),
            (t.text("step-document"), t.text("step-document-hint")),
            (t.text("step-face"), t.text("step-face-hint")),
            (
                t.text_with("step-check", "provider", self.provider()),
                t.text(if reviewed { "step-review-hint" } else { "step-check-hint" }),
            ),
            (t.text("org-verified"), t.text("step-done-hint")),
        ];
        let steps = (0_i64..).zip(titles).map(|(at, (title, hint))| Step {
            mark: match at.cmp(&now) {
                std::cmp::Ordering::Less => "ok",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            },
            title,
            english: (at == 5).then(|| english(t, "org-verified")).flatten(),
            hint,
        });
        steps.collect()
    }

    /// What is to be done with the link, or what was.
    fn opening(&self) -> String {
        let t = self.t();
        match (self.link(), &self.view.link) {
            ("waiting", Some(link)) => t.text_with("step-open-waiting", "time", self.when(&link.expires_at)),
            ("expired", Some(link)) => t.text_with("org-link-expired", "time", self.when(&link.expires_at)),
            (_, Some(LinkView { used_at: Some(at), .. })) => t.text_with("step-open-done", "time", self.when(at)),
            _ => t.text("step-open-hint"),
        }
    }

    fn consent(&self) -> ConsentForm {
        let (t, name) = (self.t(), self.view.provider.unwrap_or_default());
        let operator = &self.layout.operator;
        let policy = |who: &str, at: &str| (t.text_with("policy-of", "name", who), at.to_owned());
        let ours = self.policy.map(|at| policy(operator, at));
        let theirs = self.view.provider_policy.as_deref().map(|at| policy(&self.provider(), at));
        ConsentForm {
            text: consent_parts(t, name, operator),
            english: (t.0 != Language::English).then(|| consent_parts(Messages(Language::English), name, operator)),
            policies: [ours, theirs].into_iter().flatten().collect(),
        }
    }
}
