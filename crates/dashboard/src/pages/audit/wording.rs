//! Rows of the log as text in the visitor's language.

use keystead_app::audit::{self, ACTIONS, AuditEvent, Detail, Named, Names};
use keystead_core::time::Timestamp;

use keystead_locales::LocalFormat;
use keystead_locales::Messages;

/// Names of details that are translated; others are shown as they are.
const FIELDS: [&str; 98] = [
    "action",
    "allowed_ips",
    "allowed_tools",
    "amount",
    "audience",
    "automatic",
    "before",
    "below",
    "brand",
    "budget_id",
    "cards",
    "certificate",
    "certificates",
    "change",
    "channel",
    "configs",
    "country",
    "data_retention",
    "decision",
    "default_tier",
    "delivery",
    "description",
    "dispute",
    "email",
    "enabled",
    "enabled_tiers",
    "ends_at",
    "error_code",
    "event_types",
    "expires_at",
    "expires_in_seconds",
    "group_name",
    "held",
    "host",
    "identity",
    "interval",
    "issuer",
    "kind",
    "line_type",
    "lot",
    "mail_owners",
    "max_images_per_1_minute",
    "max_requests_per_1_day",
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "measure",
    "mode",
    "model_ids",
    "monthly_ceiling",
    "name",
    "node",
    "nodes",
    "paid",
    "passkey",
    "password",
    "payment",
    "percent",
    "period",
    "permissions",
    "permissions_added",
    "permissions_removed",
    "picture",
    "previous_secret_ends_at",
    "principal_id",
    "principal_type",
    "project",
    "project_id",
    "provider",
    "purchase",
    "reason",
    "reasons",
    "recipients",
    "recovery_codes",
    "reference",
    "requests",
    "resource_id",
    "resource_type",
    "review",
    "role",
    "role_name",
    "scopes",
    "second_factor",
    "second_factor_required",
    "service_account_id",
    "sessions",
    "signals",
    "status",
    "subject",
    "successor",
    "tags",
    "threshold_amount",
    "tier",
    "title",
    "unconfirmed",
    "until",
    "user_added",
    "user_removed",
    "webhook_ids",
];

/// An object or a person: name, kind and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) what: String,
    pub(crate) action: String,
    pub(crate) who: Called,
    pub(crate) object: Called,
    pub(crate) project: Option<Called>,
    pub(crate) address: Option<String>,
    /// Names and values.
    pub(crate) details: Vec<(String, String)>,
}

/// The description of an action; the name of an action that another version wrote.
pub(crate) fn action(t: Messages, action: &str) -> String {
    if ACTIONS.contains(&action) {
        t.text(&format!("audit-did-{}", action.replace(['.', '_'], "-")))
    } else {
        action.to_owned()
    }
}

/// The actor of an event.
pub(crate) fn actor(t: Messages, kind: &str, id: &str, names: &Names) -> Called {
    let word = t.text(&format!("actor-{}", kind.replace('_', "-")));
    let named = match names.get(id) {
        // The names of operators are not shown to organizations; some have no id here, either.
        None if kind == "session" || (kind == "operator" && id.is_empty()) => {
            return Called { name: t.text("audit-staff"), kind: String::new(), id: id.to_owned() };
        }
        None if kind == "api_key" => return Called { name: word, kind: String::new(), id: id.to_owned() },
        None => return Called { name: service(t, kind, id), kind: word, id: id.to_owned() },
        Some(named) => named,
    };
    let (name, about) = described(t, named, names);
    let kind = if about.is_empty() { word } else { about };
    Called { name, kind, id: id.to_owned() }
}

/// The name of an actor without a name of its own: a part of Keystead in words, others by their ids.
fn service(t: Messages, kind: &str, id: &str) -> String {
    match (kind, id) {
        ("service", "clock") => t.text("actor-clock"),
        ("service", "velocity cap") => t.text("cap-title"),
        _ => id.to_owned(),
    }
}

/// A name, and what distinguishes it from others of the same name.
fn described(t: Messages, named: Named<'_>, names: &Names) -> (String, String) {
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
                true => t.text_with("audit-key", "key", &key.redacted),
                false => t.text_with_all("audit-key-of", &[("key", &key.redacted), ("owner", &owner)]),
            };
            (name, about)
        }
        Named::Project(name) => (name.to_owned(), t.text("project")),
        Named::ServiceAccount(name) => (name.to_owned(), t.text("service-account")),
    }
}

/// The object of an event. `own` is the id and the name of the organization of the log.
fn object(t: Messages, id: &str, own: (&str, &str), names: &Names) -> Called {
    let called = |(name, kind): (String, String)| Called { name, kind, id: id.to_owned() };
    match names.get(id) {
        Some(named) => called(described(t, named, names)),
        None if id == own.0 => called((own.1.to_owned(), t.text("audit-organization"))),
        None => called((String::new(), String::new())),
    }
}

/// One row as text.
pub(crate) fn entry(t: Messages, format: &LocalFormat, event: &AuditEvent, own: (&str, &str), names: &Names) -> Entry {
    let details = audit::details(event);
    let details = details.iter().map(|(name, value)| (field(t, name), shown(t, format, name, value, names))).collect();
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

fn field(t: Messages, name: &str) -> String {
    if FIELDS.contains(&name) { t.text(&format!("audit-field-{}", name.replace('_', "-"))) } else { name.to_owned() }
}

fn shown(t: Messages, format: &LocalFormat, name: &str, value: &Detail, names: &Names) -> String {
    let time = name == "until" || name.ends_with("_at");
    match value {
        Detail::Flag(true) => t.text("audit-yes"),
        Detail::Flag(false) => t.text("audit-no"),
        Detail::Number(seconds) if time => format.exact(&Timestamp(*seconds)),
        Detail::Number(number) => number.to_string(),
        Detail::Text(text) => match names.get(text) {
            Some(named) => format!("{} ({text})", described(t, named, names).0),
            None => text.clone(),
        },
        // A key without a list of permissions has all of them.
        Detail::List(items) if items.is_empty() && name == "scopes" => t.text("audit-all"),
        Detail::List(items) if items.is_empty() => t.text("audit-none"),
        Detail::List(items) => {
            items.iter().map(|item| shown(t, format, name, item, names)).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use keystead_core::language::Language;
    use keystead_locales::sources;

    #[test]
    fn parts_of_keystead_are_named_in_the_language_of_the_page() {
        let name = |language, id: &str| super::actor(Messages(language), "service", id, &Names::default()).name;
        for id in ["clock", "velocity cap"] {
            assert_ne!(name(Language::English, id), name(Language::Polish, id), "{id}");
        }
        assert_eq!(name(Language::Polish, "stripe"), "stripe", "others have names of their own");
    }

    #[test]
    fn every_action_and_every_detail_has_its_words() {
        // S1-30
        for language in Language::ALL {
            let text = sources(language).concat();
            let mut said = std::collections::BTreeSet::new();
            for action in ACTIONS {
                let key = format!("audit-did-{}", action.replace(['.', '_'], "-"));
                assert!(text.contains(&format!("\n{key} = ")), "{key} in {}", language.tag());
                assert!(said.insert(super::action(Messages(language), action)), "{action} is told apart from others");
            }
            for name in FIELDS {
                let key = format!("audit-field-{}", name.replace('_', "-"));
                assert!(text.contains(&format!("\n{key} = ")), "{key} in {}", language.tag());
            }
            // There is no text for an action that is not recorded.
            assert_eq!(text.matches("\naudit-did-").count(), ACTIONS.len(), "{}", language.tag());
            assert_eq!(text.matches("\naudit-field-").count(), FIELDS.len(), "{}", language.tag());
        }
        assert_eq!(action(Messages(Language::English), "made.up"), "made.up");
    }

    #[test]
    fn details_are_pairs_for_people() {
        let t = Messages(Language::English);
        let format = LocalFormat { messages: t, now: Timestamp(1_795_183_800), zone: TimeZone::UTC };
        let text = |text: &str| Detail::Text(text.to_owned());
        for (name, value, wanted) in [
            ("role", text("owner"), "Role: owner"),
            ("until", Detail::Number(1_795_183_800), "Until: 20\u{a0}November 2026, 14:10\u{a0}UTC"),
            ("sessions", Detail::Number(3), "Sessions ended: 3"),
            ("scopes", Detail::List(Vec::new()), "Permissions: all"),
            ("reasons", Detail::List(Vec::new()), "Reasons: none"),
            ("model_ids", Detail::List(vec![text("a"), text("b")]), "Models: a, b"),
            ("second_factor_required", Detail::Flag(true), "Two-step verification required: yes"),
            ("something_new", Detail::Flag(false), "something_new: no"),
        ] {
            let shown = format!("{}: {}", field(t, name), shown(t, &format, name, &value, &Names::default()));
            assert_eq!(shown, wanted);
        }
    }
}
