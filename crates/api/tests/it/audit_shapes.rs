//! The shape of every audit event that a test of this crate reads: the table in `docs/audit.md` says which details a type
//! has, and [`check`] runs on each answer of the list.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use keystead_app::audit::{ACTIONS, contract};
use serde_json::Value;

const DOCS: &str = include_str!("../../../../docs/audit.md");

/// What the table says about one field of the details.
#[derive(Debug, Clone, Copy)]
struct Field {
    kind: Kind,
    always: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    List,
    Number,
    Flag,
    /// An object with fields of its own, which are not listed.
    Object,
    Any,
}

/// The fields of one type, by their path.
type Fields = BTreeMap<&'static str, Field>;

/// The fields of each type.
static SHAPES: LazyLock<BTreeMap<&'static str, Fields>> = LazyLock::new(|| {
    let part = DOCS.split("### Types of OpenAI's API").nth(1).unwrap().split("\n#").next().unwrap();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    let shape = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let fields = cells[2].split(';').map(|field| {
            let (path, words) = field.trim().trim_start_matches('`').split_once('`').unwrap();
            let words: Vec<&str> = words.split([',', ' ']).filter(|word| !word.is_empty()).collect();
            let mut found = Field { kind: Kind::Text, always: true };
            for word in words {
                match word {
                    "list" => found.kind = Kind::List,
                    "number" => found.kind = Kind::Number,
                    "flag" => found.kind = Kind::Flag,
                    "object" => found.kind = Kind::Object,
                    "any" => found.kind = Kind::Any,
                    "sometimes" => found.always = false,
                    "own" => {}
                    other => panic!("{other} in the details of {}", cells[0]),
                }
            }
            (path, found)
        });
        (cells[0].trim_matches('`'), fields.collect::<Fields>())
    };
    rows.map(shape).collect()
});

fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::List => value.is_array(),
        Kind::Number => value.is_i64(),
        Kind::Flag => value.is_boolean(),
        Kind::Object => value.is_object(),
        Kind::Any => true,
    }
}

/// Checks the fields below a path. An absent field and null are the same.
fn check_fields(of: &str, fields: &Fields, at: &str, value: &Value) {
    let Value::Object(members) = value else { panic!("{of} {at}: {value}") };
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match fields.get(path.as_str()) {
            Some(field) => {
                assert!(fits(field.kind, value), "{of}: {path} is {value}");
                let items = value.as_array().into_iter().flatten().filter(|item| item.is_object());
                items.for_each(|item| check_fields(of, fields, &path, item));
                let texts = value.as_array().into_iter().flatten();
                let listed = fields.keys().any(|known| known.starts_with(&format!("{path}.")));
                assert!(listed || texts.into_iter().all(Value::is_string), "{of}: {path} is {value}");
            }
            None => {
                let below = fields.keys().any(|known| known.starts_with(&format!("{path}.")));
                assert!(below, "{of} has the field {path}, which docs/audit.md does not list: {value}");
                check_fields(of, fields, &path, value);
            }
        }
    }
}

/// Whether a field is there, in each item where a list is on the way.
fn has(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Null, _) => false,
        (_, []) => true,
        (Value::Array(items), path) => items.iter().all(|item| has(item, path)),
        (value, [first, rest @ ..]) => has(&value[first], rest),
    }
}

/// Checks all details of an event: what is there, and that nothing is missing.
fn check_details(of: &str, fields: &Fields, details: &Value) {
    check_fields(of, fields, "", details);
    for (path, _) in fields.iter().filter(|(_, field)| field.always) {
        assert!(has(details, &path.split('.').collect::<Vec<_>>()), "{of} lacks {path}: {details}");
    }
}

/// Checks one event of the list.
fn check_event(event: &Value) {
    let kind = event["type"].as_str().unwrap_or_else(|| panic!("{event}"));
    let fields =
        SHAPES.get(kind).unwrap_or_else(|| panic!("{kind} is no type of OpenAI's API that is recorded: {event}"));
    let own = event["keystead_type"].as_str();
    assert!(event["id"].as_str().is_some_and(|id| id.starts_with("audit_log-")) && event["effective_at"].is_i64());
    let actor = event["actor"]["type"].as_str();
    assert!(event["actor"].is_null() != matches!(actor, Some("session" | "api_key")), "{event}");
    let actor = event["keystead_actor"].to_string();
    assert!(!actor.contains('@'), "the address of an operator: {actor}");
    let mut allowed = vec!["id", "type", "effective_at", "actor", "keystead_actor", "keystead_type", "project", kind];
    if let Some(own) = own {
        assert!(ACTIONS.contains(&own) && contract::shown_as(own) == kind && own != kind, "{own} as {kind}");
        assert!(event[own].is_object(), "{event}");
        allowed.push(own);
        // The details of the nearest type are as many of its fields as the event has.
        let mut fields = fields.clone();
        fields.values_mut().for_each(|field| field.always = false);
        check_details(own, &fields, &event[kind]);
    } else {
        assert!(ACTIONS.contains(&kind), "{kind}");
        check_details(kind, fields, &event[kind]);
    }
    for name in event.as_object().unwrap().keys() {
        assert!(allowed.contains(&name.as_str()), "{kind} has {name}");
    }
    // ASVS 16.2.5, AD-6: the secrets of keys and of links, in every field.
    let text = event.to_string();
    for secret in ["sk-proj-", "sk-svcacct-", "sk-admin-", "token=", "PRIVATE KEY"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// Checks every event of an answer of the list.
pub(crate) fn check(answer: &Value) {
    answer["data"].as_array().unwrap_or_else(|| panic!("{answer}")).iter().for_each(check_event);
}

/// The own type of an event, or that of OpenAI's API.
pub(crate) fn kind_of(event: &Value) -> &str {
    event["keystead_type"].as_str().or_else(|| event["type"].as_str()).unwrap_or_else(|| panic!("{event}"))
}
