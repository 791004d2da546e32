//! Rows of the log in words.

use keystead_app::audit::{self, ACTIONS, AuditEvent, Detail, Named, Names};
use keystead_core::time::Timestamp;

use crate::format::When;
use crate::text::Text;

/// Names of details that have words; others are shown as they are.
const FIELDS: [&str; 48] = [
    "action",
    "allowed_ips",
    "before",
    "brand",
    "cards",
    "channel",
    "configs",
    "country",
    "decision",
    "dispute",
    "email",
    "ends_at",
    "error_code",
    "expires_in_seconds",
    "identity",
    "kind",
    "last4",
    "line_type",
    "max_images_per_1_minute",
    "max_requests_per_1_day",
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "mode",
    "model_ids",
    "name",
    "nodes",
    "passkey",
    "password",
    "picture",
    "project",
    "project_id",
    "provider",
    "reason",
    "reasons",
    "recovery_codes",
    "reference",
    "review",
    "role",
    "scopes",
    "second_factor",
    "second_factor_required",
    "sessions",
    "status",
    "successor",
    "tags",
    "title",
    "unconfirmed",
    "until",
];

/// A thing or a person: what people call it, what it is, and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) id: String,
}

/// One row.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) what: String,
    pub(super) action: String,
    pub(super) who: Called,
    pub(super) object: Called,
    pub(super) project: Option<Called>,
    pub(super) address: Option<String>,
    /// Names and values.
    pub(super) details: Vec<(String, String)>,
}

/// An action in words; one that is unknown here (written by another version) by its name.
pub(super) fn action(t: Text, action: &str) -> String {
    if ACTIONS.contains(&action) {
        t.say(&format!("audit-did-{}", action.replace(['.', '_'], "-")))
    } else {
        action.to_owned()
    }
}

/// Whoever acted.
pub(super) fn actor(t: Text, kind: &str, id: &str, names: &Names) -> Called {
    let word = t.say(&format!("actor-{}", kind.replace('_', "-")));
    let named = match names.get(id) {
        // Reviewers and others of the installation are not this organization's to name.
        None if kind == "session" => {
            return Called { name: t.say("audit-staff"), kind: String::new(), id: id.to_owned() };
        }
        None if kind == "api_key" => return Called { name: word, kind: String::new(), id: id.to_owned() },
        None => return Called { name: id.to_owned(), kind: word, id: id.to_owned() },
        Some(named) => named,
    };
    let (name, about) = described(t, named, names);
    let kind = if about.is_empty() { word } else { about };
    Called { name, kind, id: id.to_owned() }
}

/// A name, and what tells it from others of the same name.
fn described(t: Text, named: Named<'_>, names: &Names) -> (String, String) {
    match named {
        Named::Person(person) if person.name.is_empty() => (person.email.clone(), String::new()),
        Named::Person(person) => (person.name.clone(), person.email.clone()),
        Named::Key(key) => {
            let owner = key.user.as_ref().or(key.service_account.as_ref()).and_then(|owner| names.get(owner));
            let owner = match owner {
                Some(Named::Person(person)) => person.name.clone(),
                Some(Named::ServiceAccount(name)) => name.to_owned(),
                _ => String::new(),
            };
            let name = key.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| key.redacted.clone());
            let about = match owner.is_empty() {
                true => t.say1("audit-key", "key", &key.redacted),
                false => t.say2("audit-key-of", &("key", &key.redacted), &("owner", &owner)),
            };
            (name, about)
        }
        Named::Project(name) => (name.to_owned(), t.say("project")),
        Named::ServiceAccount(name) => (name.to_owned(), t.say("service-account")),
    }
}

/// What something was done to. `own` is the organization whose log it is, with its name.
fn object(t: Text, id: &str, own: (&str, &str), names: &Names) -> Called {
    let called = |(name, kind): (String, String)| Called { name, kind, id: id.to_owned() };
    match names.get(id) {
        Some(named) => called(described(t, named, names)),
        None if id == own.0 => called((own.1.to_owned(), t.say("audit-organization"))),
        None => called((String::new(), String::new())),
    }
}

/// A row in words.
pub(super) fn entry(t: Text, when: &When, event: &AuditEvent, own: (&str, &str), names: &Names) -> Entry {
    let details = audit::details(event);
    let details = details.iter().map(|(name, value)| (field(t, name), shown(t, when, name, value, names))).collect();
    Entry {
        id: event.id.to_string(),
        at: event.at,
        what: action(t, &event.action),
        action: event.action.clone(),
        who: actor(t, &event.actor_kind, &event.actor_id, names),
        object: object(t, &event.target_id, own, names),
        project: event.project.as_ref().map(|project| object(t, project.as_str(), own, names)),
        address: event.address.clone(),
        details,
    }
}

fn field(t: Text, name: &str) -> String {
    if FIELDS.contains(&name) { t.say(&format!("audit-field-{}", name.replace('_', "-"))) } else { name.to_owned() }
}

fn shown(t: Text, when: &When, name: &str, value: &Detail, names: &Names) -> String {
    let time = name == "until" || name.ends_with("_at");
    match value {
        Detail::Flag(true) => t.say("audit-yes"),
        Detail::Flag(false) => t.say("audit-no"),
        Detail::Number(seconds) if time => when.exact(&Timestamp(*seconds)),
        Detail::Number(number) => number.to_string(),
        Detail::Text(text) => match names.get(text) {
            Some(named) => format!("{} ({text})", described(t, named, names).0),
            None => text.clone(),
        },
        // A key without a list of permissions has them all.
        Detail::List(items) if items.is_empty() && name == "scopes" => t.say("audit-all"),
        Detail::List(items) if items.is_empty() => t.say("audit-none"),
        Detail::List(items) => {
            items.iter().map(|item| shown(t, when, name, item, names)).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::language::Language;
    use crate::text::sources;

    #[test]
    fn every_action_and_every_detail_has_its_words() {
        // S1-30
        for language in Language::ALL {
            let text = sources(language).concat();
            let mut said = std::collections::BTreeSet::new();
            for action in ACTIONS {
                let key = format!("audit-did-{}", action.replace(['.', '_'], "-"));
                assert!(text.contains(&format!("\n{key} = ")), "{key} in {}", language.tag());
                assert!(said.insert(super::action(Text(language), action)), "{action} is told apart from others");
            }
            for name in FIELDS {
                let key = format!("audit-field-{}", name.replace('_', "-"));
                assert!(text.contains(&format!("\n{key} = ")), "{key} in {}", language.tag());
            }
            // And no words for what is not recorded.
            assert_eq!(text.matches("\naudit-did-").count(), ACTIONS.len(), "{}", language.tag());
            assert_eq!(text.matches("\naudit-field-").count(), FIELDS.len(), "{}", language.tag());
        }
        assert_eq!(action(Text(Language::English), "made.up"), "made.up");
    }

    #[test]
    fn details_are_pairs_for_people() {
        let t = Text(Language::English);
        let when = When { text: t, now: Timestamp(1_795_183_800), zone: TimeZone::UTC };
        let text = |text: &str| Detail::Text(text.to_owned());
        for (name, value, wanted) in [
            ("role", text("owner"), "Role: owner"),
            ("until", Detail::Number(1_795_183_800), "Until: 20\u{a0}November 2026, 14:10\u{a0}UTC"),
            ("sessions", Detail::Number(3), "Sessions ended: 3"),
            ("scopes", Detail::List(Vec::new()), "Permissions: all"),
            ("reasons", Detail::List(Vec::new()), "Reasons: none"),
            ("model_ids", Detail::List(vec![text("a"), text("b")]), "Models: a, b"),
            ("second_factor_required", Detail::Flag(true), "Second step required of everybody: yes"),
            ("something_new", Detail::Flag(false), "something_new: no"),
        ] {
            let shown = format!("{}: {}", field(t, name), shown(t, &when, name, &value, &Names::default()));
            assert_eq!(shown, wanted);
        }
    }
}
