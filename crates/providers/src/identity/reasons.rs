//! Translating Persona's names of failed checks into neutral reasons.

use serde_json::Value;

use super::REASONS;
use crate::http::at;

/// Returns the reasons for a rejection, each once and in the order of [`REASONS`].
///
/// They come from two places: the checks of its verifications, and the tags that a workflow or a reviewer put on the
/// inquiry, if they are neutral names.
pub(super) fn of(inquiry: &Value, included: &[Value]) -> Vec<String> {
    let tags = at(inquiry, &["attributes", "tags"]).and_then(Value::as_array).into_iter().flatten();
    let tags = tags.filter_map(Value::as_str).map(|tag| tag.to_ascii_lowercase().replace([' ', '-'], "_"));
    let mut found: Vec<String> = tags.collect();
    for verification in included {
        let text = |name: &str| at(verification, &["attributes", name]).and_then(Value::as_str);
        if !matches!(text("status"), Some("failed" | "requires_retry")) {
            continue;
        }
        let checks = at(verification, &["attributes", "checks"]).and_then(Value::as_array);
        found.extend(checks.into_iter().flatten().filter_map(failed_check).map(str::to_owned));
    }
    REASONS.iter().filter(|known| found.iter().any(|one| one == *known)).map(|known| (*known).to_owned()).collect()
}

/// Translates a required check that failed.
fn failed_check(check: &Value) -> Option<&'static str> {
    let text = |name: &str| check.get(name).and_then(Value::as_str);
    if text("status") != Some("failed") || text("requirement") == Some("not_required") {
        return None;
    }
    Some(match text("name")? {
        "id_expired_detection" => "document_expired",
        "id_disallowed_type_detection" | "id_type_detection" => "document_type_unsupported",
        "id_disallowed_country_detection" => "country_unsupported",
        "id_blur_detection" | "id_glare_detection" | "selfie_image_quality_detection" => "glare_or_blur",
        "id_unprocessable_submission_detection"
        | "id_barcode_detection"
        | "id_double_side_detection"
        | "id_extracted_properties_detection"
        | "id_mrz_detection"
        | "id_portrait_clarity_detection"
        | "id_portrait_detection" => "document_unreadable",
        "id_account_comparison" | "id_inquiry_comparison" => "name_mismatch",
        "id_selfie_comparison" | "selfie_id_comparison" | "selfie_account_comparison" => "face_mismatch",
        "selfie_liveness_detection" | "selfie_pose_detection" | "selfie_face_covering_detection" => "liveness_failed",
        "id_age_comparison" => "under_age",
        "id_repeat_detection" | "id_inconsistent_repeat_detection" => "duplicate_identity",
        // Signs of forgery are not disclosed to the person, because that would teach forgers.
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn checks_and_tags_become_neutral_names() {
        let check = |name: &str, status: &str, requirement: &str| json!({ "name": name, "status": status, "reasons": [], "requirement": requirement });
        let document = json!({ "type": "verification/government-id", "attributes": { "status": "failed", "checks": [
            check("id_glare_detection", "failed", "required"),
            check("id_blur_detection", "failed", "required"),
            check("id_expired_detection", "passed", "required"),
            check("id_age_comparison", "failed", "not_required"),
            check("id_tamper_detection", "failed", "required"),
        ] } });
        let face = json!({ "type": "verification/selfie", "attributes": { "status": "passed", "checks": [
            check("selfie_liveness_detection", "failed", "required"),
        ] } });
        let tagged = json!({ "attributes": { "tags": ["Name mismatch", "vip", null] } });
        assert_eq!(of(&tagged, &[document, face]), ["glare_or_blur", "name_mismatch", "other"]);
        assert!(of(&json!({}), &[json!({ "attributes": { "status": "failed" } }), json!(7)]).is_empty());
    }

    #[test]
    fn every_name_is_one_that_pages_know() {
        for name in ["id_expired_detection", "id_repeat_detection", "selfie_id_comparison", "tomorrow_detection"] {
            let check = json!({ "name": name, "status": "failed" });
            assert!(failed_check(&check).is_some_and(|reason| REASONS.contains(&reason)), "{name}");
        }
    }
}
