//! The table of automatic checks of a case.

use keystead_app::review::{CaseView, ZoneView};
use keystead_core::verification::documents::MIN_AGE;
use keystead_locales::{LocalFormat, Messages, countries};

use crate::pages::capture::labels::document_name;

/// One automatic check.
pub(super) struct Check {
    pub(super) name: String,
    /// What the document says.
    pub(super) value: String,
    /// What was stated or is required.
    pub(super) required: String,
    /// `ok`, `wait` (needs a look) or empty (not checked).
    pub(super) state: &'static str,
    pub(super) word: String,
}

/// The checks of a case.
pub(super) struct Checks<'c> {
    pub(super) t: Messages,
    pub(super) format: &'c LocalFormat,
    pub(super) view: &'c CaseView,
}

impl Checks<'_> {
    fn flagged(&self, names: &[&str]) -> Option<&str> {
        self.view.flags.iter().map(String::as_str).find(|flag| names.contains(flag))
    }

    fn field(&self, name: &str) -> String {
        let fields = self.view.zone.as_ref().map(|zone| zone.fields.as_slice()).unwrap_or_default();
        fields.iter().find(|(known, _)| *known == name).map_or_else(String::new, |(_, value)| value.clone())
    }

    fn check(&self, name: &str, value: String, flags: &[&str], known: bool) -> Check {
        let (state, word) = match self.flagged(flags) {
            Some(flag) => ("wait", self.t.text(&format!("flag-{}", flag.replace('_', "-")))),
            None if known => ("ok", self.t.text("review-fine")),
            None => ("", self.t.text("review-not-checked")),
        };
        let required = self.required(name);
        Check { name: self.t.text(&format!("check-{name}")), value, required, state, word }
    }

    /// What the person stated, or what the rules require.
    fn required(&self, name: &str) -> String {
        match name {
            "name" => self.view.name.as_ref().map(|name| name.expose().clone()).unwrap_or_default(),
            "kind" => self.view.document.map(|kind| document_name(self.t, kind.as_str())).unwrap_or_default(),
            "issuer" => self.view.country.as_deref().map(|code| countries::name(self.t.0, code)).unwrap_or_default(),
            "expiry" => self.t.text_with("review-required-expiry", "date", self.format.date(&self.format.now)),
            "age" => self.t.count("review-required-age", &i64::from(MIN_AGE)),
            _ => String::new(),
        }
    }

    /// The automatic comparison of names; without one the reviewer compares.
    fn name(&self) -> Check {
        let compared = self.view.name.is_some() && self.view.zone.as_ref().is_some_and(|zone| zone.digits.is_some());
        let names = [self.field("surname"), self.field("given-names")].join(" ");
        let flags = ["mrz_name_differs", "mrz_name_unclear"];
        let check = self.check("name", names.trim().to_owned(), &flags, compared);
        if compared { check } else { Check { word: self.t.text("review-by-eye"), ..check } }
    }

    /// Whether the number has verified other organizations. It is compared only if its check digit is right.
    fn used(&self) -> Check {
        let zone = self.view.zone.as_ref();
        let known = self.view.duplicate || zone.and_then(|zone| zone.digits).is_some_and(|found| found.document_number);
        let (state, word) = match (known, self.view.duplicate) {
            (false, _) => ("", "review-not-checked"),
            (true, true) => ("wait", "review-used-before"),
            (true, false) => ("ok", "review-not-used-before"),
        };
        let (name, word) = (self.t.text("check-used"), self.t.text(word));
        Check { name, value: self.field("number"), required: String::new(), state, word }
    }

    pub(super) fn all(&self) -> Vec<Check> {
        let zone = self.view.zone.as_ref();
        let read = zone.is_some_and(|zone| zone.digits.is_some());
        let live = self.view.pictures.iter().any(|picture| picture.live);
        let digits = zone.map(digits).unwrap_or_default();
        let prompts = [
            "uploaded_not_live",
            "liveness_wrong_count",
            "liveness_wrong_echo",
            "liveness_out_of_order",
            "liveness_too_slow",
            "liveness_stale",
        ];
        vec![
            self.name(),
            self.check("expiry", self.field("expiry"), &["mrz_expired", "mrz_expiry_unknown"], read),
            self.check("age", self.field("birth"), &["mrz_under_age", "mrz_birth_unknown"], read),
            self.check("issuer", self.field("issuer"), &["mrz_other_issuer"], read),
            self.check("kind", String::new(), &["mrz_other_document"], read),
            self.check("digits", digits, &["mrz_digits_disagree", "mrz_unreadable"], read),
            self.used(),
            self.check("pictures", String::new(), &["same_picture", "seen_elsewhere"], true),
            self.check("live", String::new(), &prompts, live),
        ]
    }
}

/// Which check digits are right, in the order of the machine-readable zone.
fn digits(zone: &ZoneView) -> String {
    let Some(found) = zone.digits else { return String::new() };
    let all =
        [Some(found.document_number), Some(found.birth), Some(found.expiry), found.personal_number, found.composite];
    all.into_iter().flatten().map(|agrees| if agrees { "✓" } else { "✕" }).collect::<Vec<_>>().join(" ")
}
