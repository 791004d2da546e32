//! Environment variables override the file: `KEYSTEAD_SERVER__LISTEN` is `listen` of `[server]`,
//! `KEYSTEAD_UPSTREAM__0__BASE_URL` is `base_url` of the first `[[upstream]]`.
//!
//! Names with a double underscore are ours and must be known. Other names that begin with `KEYSTEAD_` may have other
//! sources: Kubernetes sets `KEYSTEAD_PORT`, `KEYSTEAD_SERVICE_HOST` and more for a Service named `keystead`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::ConfigError;

const PREFIX: &str = "KEYSTEAD_";

/// The type of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    /// Texts separated by commas.
    Texts,
    /// A number or a text (prices).
    Either,
}

const TOP: &[(&str, Kind)] = &[("environment", Kind::Text), ("environment_file", Kind::Text)];

const SMS: &[(&str, Kind)] = &[
    ("provider", Kind::Text),
    ("base_url", Kind::Text),
    ("lookup_base_url", Kind::Text),
    ("account_sid", Kind::Text),
    ("auth_token", Kind::Text),
    ("service_sid", Kind::Text),
    ("token", Kind::Text),
];

const SECTIONS: &[(&str, &[(&str, Kind)])] = &[
    (
        "server",
        &[
            ("listen", Kind::Text),
            ("public_url", Kind::Text),
            ("data_dir", Kind::Text),
            ("metrics_listen", Kind::Text),
            ("trusted_proxies", Kind::Texts),
            ("shutdown_grace_seconds", Kind::Number),
            ("max_connections", Kind::Number),
            ("max_connections_per_address", Kind::Number),
            ("request_head_seconds", Kind::Number),
            ("idle_connection_seconds", Kind::Number),
            ("stalled_answer_seconds", Kind::Number),
            ("allow_plain_http", Kind::Flag),
        ],
    ),
    (
        "network",
        &[
            ("client_certificate_header", Kind::Text),
            ("country_header", Kind::Text),
            ("country_database", Kind::Text),
            ("allowed_countries", Kind::Texts),
            ("refused_countries", Kind::Texts),
        ],
    ),
    ("database", &[("url", Kind::Text)]),
    ("sandbox", &[("enabled", Kind::Flag), ("listen", Kind::Text), ("smtp_listen", Kind::Text)]),
    ("log", &[("format", Kind::Text), ("level", Kind::Text)]),
    (
        "limits",
        &[
            ("json_body_bytes", Kind::Number),
            ("upload_body_bytes", Kind::Number),
            ("read_on_seconds", Kind::Number),
            ("read_on_bytes", Kind::Number),
            ("read_on_answers", Kind::Number),
            ("body_pause_seconds", Kind::Number),
            ("body_seconds", Kind::Number),
            ("upload_seconds", Kind::Number),
            ("body_memory_bytes", Kind::Number),
            ("body_memory_per_key_bytes", Kind::Number),
            ("body_memory_per_address_bytes", Kind::Number),
            ("unbounded_output_tokens", Kind::Number),
            ("requests_per_minute", Kind::Number),
            ("requests_per_day", Kind::Number),
            ("tokens_per_minute", Kind::Number),
            ("images_per_minute", Kind::Number),
        ],
    ),
    ("budgets", &[("time_zone", Kind::Text), ("lease_seconds", Kind::Number)]),
    (
        "credit",
        &[
            ("mode", Kind::Text),
            ("purchases_expire_after_days", Kind::Number),
            ("least_purchase", Kind::Number),
            ("most_purchase", Kind::Number),
            ("most_day", Kind::Number),
            ("most_day_new", Kind::Number),
            ("most_recharge_month_new", Kind::Number),
        ],
    ),
    (
        "usage",
        &[
            ("durability", Kind::Text),
            ("unwritten_events", Kind::Number),
            ("unwritten_seconds", Kind::Number),
            ("spool_file_bytes", Kind::Number),
        ],
    ),
    ("directory", &[("capacity", Kind::Number), ("max_stale_seconds", Kind::Number)]),
    ("sms", SMS),
    ("sms_fallback", SMS),
    (
        "payment",
        &[("provider", Kind::Text), ("base_url", Kind::Text), ("api_key", Kind::Text), ("webhook_secrets", Kind::Text)],
    ),
    (
        "identity",
        &[
            ("provider", Kind::Text),
            ("base_url", Kind::Text),
            ("api_key", Kind::Text),
            ("template", Kind::Text),
            ("webhook_secrets", Kind::Text),
            ("environment_id", Kind::Text),
            ("decision_on", Kind::Text),
        ],
    ),
    ("mail", &[("url", Kind::Text), ("username", Kind::Text), ("password", Kind::Text), ("from", Kind::Text)]),
    (
        "sign_in",
        &[("label", Kind::Text), ("issuer", Kind::Text), ("client_id", Kind::Text), ("client_secret", Kind::Text)],
    ),
    (
        "aws",
        &[
            ("access_key_id", Kind::Text),
            ("secret_access_key", Kind::Text),
            ("account_id", Kind::Text),
            ("region", Kind::Text),
            ("endpoint", Kind::Text),
        ],
    ),
    ("azure", &[("client_id", Kind::Text), ("client_secret", Kind::Text), ("endpoint", Kind::Text)]),
    (
        "operator",
        &[
            ("name", Kind::Text),
            ("support_email", Kind::Text),
            ("waiver_requests", Kind::Flag),
            ("privacy_policy_url", Kind::Text),
            ("data_protection_contact", Kind::Text),
            ("emails", Kind::Texts),
            ("case_mails", Kind::Flag),
            ("language", Kind::Text),
        ],
    ),
    ("accounts", &[("deletion_days", Kind::Number)]),
    ("organizations", &[("deletion_days", Kind::Number)]),
    (
        "verification",
        &[
            ("phone_countries", Kind::Texts),
            ("allow_voip", Kind::Flag),
            ("daily_codes", Kind::Number),
            ("sim_swap_days", Kind::Number),
            ("biometrics_days", Kind::Number),
            ("reverify_after_days", Kind::Number),
            ("reverify_new_owner_days", Kind::Number),
        ],
    ),
];

const LISTS: &[(&str, &[(&str, Kind)])] = &[
    (
        "upstream",
        &[
            ("name", Kind::Text),
            ("base_url", Kind::Text),
            ("api_key", Kind::Text),
            ("api_key_env", Kind::Text),
            ("models", Kind::Texts),
            ("stream_usage", Kind::Text),
            ("auth", Kind::Text),
            ("append_v1", Kind::Flag),
            ("keep_alive_seconds", Kind::Number),
            ("first_byte_seconds", Kind::Number),
            ("idle_seconds", Kind::Number),
        ],
    ),
    (
        "model",
        &[
            ("id", Kind::Text),
            ("upstream", Kind::Text),
            ("owned_by", Kind::Text),
            ("input", Kind::Either),
            ("cached_input", Kind::Either),
            ("output", Kind::Either),
            ("image", Kind::Either),
            ("character", Kind::Either),
            ("second", Kind::Either),
            ("requests_per_minute", Kind::Number),
            ("requests_per_day", Kind::Number),
            ("tokens_per_minute", Kind::Number),
            ("images_per_minute", Kind::Number),
            ("max_output_tokens", Kind::Number),
        ],
    ),
    ("tier", &[("number", Kind::Number), ("paid", Kind::Either), ("days", Kind::Number)]),
];

/// Names of values, with their types.
type Keys = &'static [(&'static str, Kind)];

/// Lists within the rows of a list.
const NESTED: &[(&str, &str, Keys)] = &[(
    "tier",
    "limit",
    &[
        ("models", Kind::Texts),
        ("requests_per_minute", Kind::Number),
        ("requests_per_day", Kind::Number),
        ("tokens_per_minute", Kind::Number),
        ("images_per_minute", Kind::Number),
    ],
)];

/// Returns all variables of this process that begin with `KEYSTEAD_`.
#[expect(clippy::disallowed_methods, reason = "the configuration is the one place that reads the environment")]
pub(super) fn keystead_variables() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// Reads one variable, for `api_key_env`.
#[expect(clippy::disallowed_methods, reason = "the configuration is the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Puts the values of variables into the table. Names that are not Keystead's are ignored.
pub(super) fn apply_overrides(table: &mut Table, variables: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let mut ours: Vec<_> = variables.iter().filter(|(name, _)| is_ours(name)).collect();
    // Rows are added in the order of their numbers: 2 before 10. The sort is stable.
    ours.sort_by_key(|(name, _)| row_numbers(name));
    for (name, text) in ours {
        set_value(table, name, text)?;
    }
    Ok(())
}

/// The numbers of the rows that a variable of a list belongs to, the outer one first.
fn row_numbers(name: &str) -> Vec<usize> {
    name.split("__").filter_map(|part| part.parse().ok()).collect()
}

/// Whether a variable may be one of Keystead's.
pub(super) fn is_known_prefix(name: &str) -> bool {
    name.starts_with(PREFIX)
}

fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    rest.contains("__") || TOP.iter().any(|(known, _)| rest.eq_ignore_ascii_case(known))
}

/// Returns variables that nothing reads, each with the known name that was probably meant: `KEYSTEAD_SERVER_LISTEN`.
pub(super) fn probably_mistyped(variables: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let known = known_names();
    let meant = |name: &String| known.iter().find(|known| known.replace("__", "_") == *name).cloned();
    let unread = variables.keys().filter(|name| !is_ours(name));
    unread.filter_map(|name| Some((name.clone(), meant(name)?))).collect()
}

/// Lists every known name, with 0 for the number of a row.
fn known_names() -> Vec<String> {
    let top = TOP.iter().map(|(key, _)| (*key).to_owned());
    let sections =
        SECTIONS.iter().flat_map(|(section, keys)| keys.iter().map(move |(key, _)| format!("{section}__{key}")));
    let lists = LISTS.iter().flat_map(|(list, keys)| keys.iter().map(move |(key, _)| format!("{list}__0__{key}")));
    let nested = NESTED
        .iter()
        .flat_map(|(list, inner, keys)| keys.iter().map(move |(key, _)| format!("{list}__0__{inner}__0__{key}")));
    top.chain(sections)
        .chain(lists)
        .chain(nested)
        .map(|name| format!("{PREFIX}{}", name.to_ascii_uppercase()))
        .collect()
}

/// Builds the error for an unknown name, with the nearest known one.
fn unknown(name: &str) -> ConfigError {
    let distance = |known: &String| strsim::damerau_levenshtein(known, name);
    let nearest = known_names().into_iter().min_by_key(distance).unwrap_or_default();
    ConfigError::UnknownVariable { name: name.to_owned(), nearest }
}

fn set_value(table: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
    let unknown = || unknown(name);
    let wrong = |reason: String| ConfigError::Variable { name: name.to_owned(), reason };
    let path = name.strip_prefix(PREFIX).ok_or_else(unknown)?.to_ascii_lowercase();
    let parts: Vec<&str> = path.split("__").collect();
    let kind_of = |keys: &[(&str, Kind)], key: &str| keys.iter().find(|(known, _)| *known == key).map(|found| found.1);
    match *parts.as_slice() {
        [key] => {
            let kind = kind_of(TOP, key).ok_or_else(unknown)?;
            table.insert(key.to_owned(), value(kind, text).map_err(wrong)?);
        }
        [section, key] => {
            let keys = SECTIONS.iter().find(|(known, _)| *known == section).ok_or_else(unknown)?.1;
            let kind = kind_of(keys, key).ok_or_else(unknown)?;
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            let entry = entry.as_table_mut().ok_or_else(|| wrong(format!("[{section}] is not a section")))?;
            entry.insert(key.to_owned(), value(kind, text).map_err(wrong)?);
        }
        [list, index, key] => {
            let keys = LISTS.iter().find(|(known, _)| *known == list).ok_or_else(unknown)?.1;
            let kind = kind_of(keys, key).ok_or_else(unknown)?;
            let row = row_of(table, list, index, name)?;
            row.insert(key.to_owned(), value(kind, text).map_err(wrong)?);
        }
        [list, index, inner, place, key] => {
            let known = NESTED.iter().find(|(outer, known, _)| (*outer, *known) == (list, inner));
            let kind = kind_of(known.ok_or_else(unknown)?.2, key).ok_or_else(unknown)?;
            let row = row_of(row_of(table, list, index, name)?, inner, place, name)?;
            row.insert(key.to_owned(), value(kind, text).map_err(wrong)?);
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Finds a row of a list, or adds the one after the last.
fn row_of<'t>(table: &'t mut Table, list: &str, index: &str, name: &str) -> Result<&'t mut Table, ConfigError> {
    let wrong = |reason: String| ConfigError::Variable { name: name.to_owned(), reason };
    let index: usize = index.parse().map_err(|_| unknown(name))?;
    let entry = table.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    let entry = entry.as_array_mut().ok_or_else(|| wrong(format!("[[{list}]] is not a list")))?;
    if index == entry.len() {
        entry.push(Value::Table(Table::new()));
    }
    let row = entry.get_mut(index).and_then(Value::as_table_mut);
    row.ok_or_else(|| wrong(format!("[[{list}]] number {index} comes after a gap; count from 0")))
}

fn value(kind: Kind, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Number => trimmed.parse().map(Value::Integer).map_err(|_| "must be a whole number".to_owned()),
        Kind::Flag => match trimmed {
            "true" | "1" | "yes" | "on" => Ok(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Boolean(false)),
            _ => Err("must be true or false".to_owned()),
        },
        Kind::Texts => {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        Kind::Either => Ok(Value::String(trimmed.to_owned())),
    }
}

#[cfg(test)]
mod tests;
