//! The details of an audit row besides actor, action and time: names and values for people to read.

use keystead_store::tables::audit::AuditEvent;
use serde_json::Value;

/// The value of a detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// A text, or an id.
    Text(String),
    /// A whole number; a time when its name says so (`until`, `…_at`).
    Number(i64),
    /// A boolean.
    Flag(bool),
    /// Several values.
    List(Vec<Self>),
}

/// Returns the details of a row, without the two wrapper objects of the wire format (`data`, `changes_requested`) and
/// without values that did not change.
#[must_use]
pub fn details(event: &AuditEvent) -> Vec<(String, Detail)> {
    let mut found = Vec::new();
    flatten("", &event.details, &mut found);
    let of = |wanted: &str| found.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    // The contract repeats a project's name, and says an error's code in words, in English only.
    let twice = of("title").is_some() && of("title") == of("name");
    let coded = of("error_code").is_some();
    found.retain(|(name, _)| !(twice && name == "title" || coded && name == "error_message"));
    found
}

fn flatten(name: &str, value: &Value, into: &mut Vec<(String, Detail)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let covered = matches!(field.as_str(), "data" | "changes_requested") && value.is_object();
                flatten(if covered { name } else { field }, value, into);
            }
        }
        Value::Null => {}
        value => into.push((name.to_owned(), detail(value))),
    }
}

fn detail(value: &Value) -> Detail {
    match value {
        Value::Bool(flag) => Detail::Flag(*flag),
        Value::String(text) => Detail::Text(text.clone()),
        Value::Array(items) => Detail::List(items.iter().map(detail).collect()),
        Value::Number(number) => number.as_i64().map_or_else(|| Detail::Text(number.to_string()), Detail::Number),
        // An object within a list is shown by its name.
        Value::Object(fields) => fields.get("name").map_or_else(|| Detail::Text(value.to_string()), detail),
        Value::Null => Detail::Text(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use keystead_core::time::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn covers_are_taken_off() {
        let mut event = AuditEvent {
            id: "audit_log-a".parse().unwrap(),
            organization: "org-one".parse().unwrap(),
            at: Timestamp(0),
            actor_kind: "session".to_owned(),
            actor_id: "user-ann".to_owned(),
            action: "project.updated".to_owned(),
            target_id: "proj_a".to_owned(),
            address: None,
            project: None,
            details: json!({
                "data": { "role": "owner", "until": 7, "name": "Lab", "title": "Lab", "required": true, "part": 1.5 },
                "changes_requested": { "name": null, "model_permissions": { "model_ids": ["a"] } },
            }),
        };
        let text = |text: &str| Detail::Text(text.to_owned());
        let wanted = [
            ("model_ids", Detail::List(vec![text("a")])),
            ("name", text("Lab")),
            ("part", text("1.5")),
            ("required", Detail::Flag(true)),
            ("role", text("owner")),
            ("until", Detail::Number(7)),
        ];
        let mut found = details(&event);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, wanted.map(|(name, value)| (name.to_owned(), value)));
        event.details = json!({ "error_code": "wrong_credentials", "error_message": "It is not right." });
        assert_eq!(details(&event), [("error_code".to_owned(), text("wrong_credentials"))]);
        event.details = json!("what an intruder left");
        assert_eq!(details(&event), [(String::new(), text("what an intruder left"))]);
    }
}
