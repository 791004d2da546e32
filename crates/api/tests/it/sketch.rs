//! The row of a route that has none, sketched from the route and from an answer, for pasting into the reference.

use keystead_api::{Endpoint, Permission};
use keystead_core::scope::Scope;
use serde_json::Value;

/// Sketches the row of a route. The names come from the table of routes; the texts are to be written.
pub(crate) fn row(endpoint: &Endpoint, answer: Option<&Value>) -> String {
    let accepted = endpoint.accepted;
    let method = endpoint.method.as_str().to_lowercase();
    let needs = match endpoint.permission {
        Permission::Scope(Scope::ManagementRead) => "READ".to_owned(),
        Permission::Scope(Scope::ManagementWrite) => "WRITE".to_owned(),
        Permission::Scope(scope) => format!("Access::Admin(Scope::{scope:?}.as_str())"),
        Permission::AnyKey => "Access::AnyKey".to_owned(),
        Permission::Operator => "Access::Operator".to_owned(),
    };
    let mut text = format!("{method}(\"{}\", \"nameOfOperation\", \"Title\")\n    .needs({needs})", endpoint.path);
    let query = match (accepted.one, accepted.many) {
        ([], []) => String::new(),
        (["after", "before", "limit", "order"], []) => "\n    .query(PAGE)".to_owned(),
        (["after", "limit", "order"], []) => "\n    .query(NEXT_PAGE)".to_owned(),
        (one, many) => {
            let one = one.iter().map(|name| format!("parameter(\"{name}\", Kind::Text, \"\")"));
            let many = many.iter().map(|name| format!("parameter(\"{name}\", Kind::List(&Kind::Text), \"\")"));
            format!("\n    .query(&[{}])", one.chain(many).collect::<Vec<_>>().join(", "))
        }
    };
    text.push_str(&query);
    if !accepted.body.is_empty() {
        let members = accepted.body.iter().map(|name| format!("\n        optional(\"{name}\", Kind::Text, \"\"),"));
        text.push_str(&format!("\n    .body(&[{}\n    ])", members.collect::<String>()));
    }
    if !accepted.unsupported.is_empty() {
        text.push_str(&format!("\n    .unsupported(&{:?})", accepted.unsupported));
    }
    let Some(answer) = answer else { return text + "," };
    let (call, item) = match (answer["deleted"].as_bool(), answer["data"].get(0)) {
        (Some(true), _) => (format!(".removes({})", answer["object"]), None),
        (_, Some(item)) if answer.get("next").is_some() => (".lists_on(&OBJECT)".to_owned(), Some(item)),
        (_, Some(item)) if answer.get("has_more").is_some() => (".lists(&OBJECT)".to_owned(), Some(item)),
        _ => (".answers(&OBJECT)".to_owned(), Some(answer)),
    };
    text.push_str(&format!("\n    {call},"));
    if let Some(item) = item {
        let members = members(item, "    ");
        text.push_str(&format!("\n\nconst OBJECT: Object = Object::new(\"Name\", \"What it is.\", &[\n{members}]);"));
    }
    text
}

/// Sketches the members of an object.
fn members(object: &Value, indent: &str) -> String {
    let Value::Object(object) = object else { return String::new() };
    let one = |(name, value): (&String, &Value)| {
        let member = match (name.as_str(), value) {
            ("id", Value::String(text)) => format!("id({:?})", prefix(text).unwrap_or(text)),
            ("object", Value::String(text)) => format!("object({text:?})"),
            ("created_at", Value::Number(_)) => "CREATED_AT".to_owned(),
            (_, Value::Null) => format!("field({name:?}, Kind::Text, \"\").or_null()"),
            _ => format!("field({name:?}, {}, \"\")", kind(name, value, indent)),
        };
        format!("{indent}{member},\n")
    };
    object.iter().map(one).collect()
}

fn kind(name: &str, value: &Value, indent: &str) -> String {
    match value {
        Value::Null => "Kind::Null".to_owned(),
        Value::Bool(_) => "Kind::Boolean".to_owned(),
        Value::Number(_) if name.ends_with("_at") => "Kind::Time".to_owned(),
        Value::Number(number) if number.is_f64() => "Kind::Number".to_owned(),
        Value::Number(_) => "Kind::Integer".to_owned(),
        Value::String(text) => match prefix(text).filter(|_| name.ends_with("_id")) {
            Some(prefix) => format!("Kind::Id({prefix:?})"),
            None => "Kind::Text".to_owned(),
        },
        Value::Array(items) => {
            let item = items.first().map_or("Kind::Text".to_owned(), |item| kind(name, item, indent));
            format!("Kind::List(&{item})")
        }
        Value::Object(_) => {
            format!("Kind::Members(&[\n{}{indent}])", members(value, &format!("{indent}    ")))
        }
    }
}

/// The part of an id that names its kind: `svc_acct_` of `svc_acct_abc123`.
fn prefix(id: &str) -> Option<&str> {
    let end = id.rfind(['_', '-'])? + 1;
    id.get(..end)
}

#[test]
fn a_row_is_sketched_from_an_answer() {
    let endpoint = keystead_api::ROUTES.iter().find(|one| one.path.ends_with("/organization/projects")).unwrap();
    let answer = serde_json::json!({
        "object": "list", "has_more": false, "first_id": null, "last_id": null,
        "data": [{ "id": "proj_abc", "object": "organization.project", "created_at": 1, "archived_at": null,
                   "limits": [{ "most": 1.5, "on": true }], "ended_at": 2, "owner_id": "user-abc" }],
    });
    let text = row(endpoint, Some(&answer));
    for part in [
        "get(\"/v1/organization/projects\", \"nameOfOperation\", \"Title\")",
        ".needs(READ)",
        "parameter(\"include_archived\", Kind::Text, \"\")",
        ".lists(&OBJECT),",
        "id(\"proj_\")",
        "object(\"organization.project\")",
        "CREATED_AT",
        "field(\"archived_at\", Kind::Text, \"\").or_null()",
        "field(\"ended_at\", Kind::Time, \"\")",
        "field(\"owner_id\", Kind::Id(\"user-\"), \"\")",
        "field(\"most\", Kind::Number, \"\")",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
