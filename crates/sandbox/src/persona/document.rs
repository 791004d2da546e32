//! The data read from a document and a face, and the failed checks.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::text;

/// What a script or a person states about the document; missing values are invented.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckInput {
    /// Why it fails: one of the neutral names, such as `document_expired`.
    pub(super) reason: Option<String>,
    /// Alpha-2 code of the issuer.
    pub(super) country: Option<String>,
    /// `passport`, `identity_card`, `drivers_license`, `residence_permit`, `visa`, `my_number_card`.
    pub(super) document: Option<String>,
    pub(super) document_number: Option<String>,
    /// `1990-01-31`.
    pub(super) birthdate: Option<String>,
}

/// Neutral names of documents, and the vendor's.
pub(super) const CLASSES: [(&str, &str); 6] = [
    ("passport", "pp"),
    ("identity_card", "id"),
    ("drivers_license", "dl"),
    ("residence_permit", "rp"),
    ("visa", "visa"),
    ("my_number_card", "mnc"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    number: String,
    class: &'static str,
    country: String,
    birthdate: String,
}

impl Document {
    /// Builds the document of an inquiry: a different one for every inquiry, unless stated otherwise.
    pub(super) fn read(inquiry: &str, input: &CheckInput) -> Self {
        let class_name = input.document.as_deref().unwrap_or("passport");
        let class = CLASSES.iter().find(|(name, short)| *name == class_name || *short == class_name);
        let country = input.country.as_deref().unwrap_or("PL");
        Self {
            number: input.document_number.clone().unwrap_or_else(|| text::id("DOC", inquiry).to_ascii_uppercase()),
            class: class.map_or("pp", |(_, short)| short),
            country: country.to_ascii_uppercase(),
            birthdate: input.birthdate.clone().unwrap_or_else(|| "1990-01-01".to_owned()),
        }
    }
}

impl CheckInput {
    /// Whether anything about the document itself is stated.
    pub(super) fn describes(&self) -> bool {
        let values = [&self.country, &self.document, &self.document_number, &self.birthdate];
        values.into_iter().any(Option::is_some)
    }

    /// Returns the first impossible value.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let letters = |text: &String| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let known = |name: &String| CLASSES.iter().any(|(long, short)| long == name || short == name);
        let values = [&self.reason, &self.document_number, &self.birthdate];
        if self.country.as_ref().is_some_and(|country| !letters(country)) {
            Some("country is two letters")
        } else if self.document.as_ref().is_some_and(|document| !known(document)) {
            Some("no such document")
        } else if values.into_iter().flatten().any(|text| text.is_empty() || text.len() > 64) {
            Some("1 to 64 bytes each")
        } else {
            None
        }
    }
}

/// Builds the inquiry's `fields`: all names are always there.
pub(super) fn fields(document: Option<&Document>) -> Value {
    let value = |kind: &str, text: Option<&str>| json!({ "type": kind, "value": text });
    let text = |of: fn(&Document) -> &str| value("string", document.map(of));
    json!({
        "identification-number": text(|document| &document.number),
        "identification-class": text(|document| document.class),
        "selected-country-code": text(|document| &document.country),
        "birthdate": value("date", document.map(|document| document.birthdate.as_str())),
    })
}

/// Returns the check that fails for a reason. Some reasons have no check: they become tags, as a reviewer sets them.
pub(super) fn check_of(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "document_unreadable" => "id_unprocessable_submission_detection",
        "document_expired" => "id_expired_detection",
        "document_type_unsupported" => "id_disallowed_type_detection",
        "country_unsupported" => "id_disallowed_country_detection",
        "glare_or_blur" => "id_glare_detection",
        "name_mismatch" => "id_account_comparison",
        "under_age" => "id_age_comparison",
        "duplicate_identity" => "id_repeat_detection",
        "face_mismatch" => "selfie_id_comparison",
        "liveness_failed" => "selfie_liveness_detection",
        _ => return None,
    })
}

/// Builds the two verifications of an inquiry: the document, then the face. `failed` is the failed check.
pub(super) fn verifications(inquiry: &str, document: Option<&Document>, failed: Option<&str>) -> Vec<Value> {
    const CHECKS: [(&str, &str, [&str; 3]); 2] = [
        ("government-id", "id_", ["id_expired_detection", "id_mrz_detection", "id_tamper_detection"]),
        ("selfie", "selfie_", ["selfie_liveness_detection", "selfie_id_comparison", "selfie_pose_detection"]),
    ];
    let verification = |(kind, prefix, usual): (&str, &str, [&str; 3])| {
        let said_no = failed.filter(|name| name.starts_with(prefix));
        let mut names = usual.to_vec();
        names.extend(said_no.filter(|name| !usual.contains(name)));
        let check = |name: &&str| {
            let status = if said_no == Some(*name) { "failed" } else { "passed" };
            json!({ "name": name, "status": status, "requirement": "required", "reasons": [], "metadata": {} })
        };
        let mut attributes = json!({
            "status": if said_no.is_some() { "failed" } else { "passed" },
            "checks": names.iter().map(check).collect::<Vec<_>>(),
        });
        if kind == "government-id" {
            attributes["id-class"] = json!(document.map(|document| document.class));
            attributes["country-code"] = json!(document.map(|document| document.country.as_str()));
            attributes["identification-number"] = json!(document.map(|document| document.number.as_str()));
            attributes["birthdate"] = json!(document.map(|document| document.birthdate.as_str()));
        }
        json!({
            "type": format!("verification/{kind}"),
            "id": text::id("ver_", &format!("{inquiry}{kind}")),
            "attributes": attributes,
            "relationships": { "inquiry": { "data": { "type": "inquiry", "id": inquiry } } },
        })
    };
    CHECKS.into_iter().map(verification).collect()
}
