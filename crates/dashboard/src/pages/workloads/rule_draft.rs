//! What is filled in about a rule.

use std::collections::BTreeMap;

use keystead_app::workload_identity::{FederationRule, RuleChange};
use keystead_core::workload_identity::Matchers;
use serde_json::{Number, Value};

use super::wording::matchers_words;
use crate::pages::keys::permissions::Permissions;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use keystead_locales::Messages;

/// Conditions that the form offers beside those that are filled in.
const SPARE: usize = 2;
/// The most conditions of a rule.
const MOST: usize = keystead_core::workload_identity::matchers::MOST_MATCHERS;

/// One condition as it is filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    pub(super) attribute: String,
    /// `text`, `number` or `boolean`.
    pub(super) kind: String,
    pub(super) value: String,
}

/// The fields of the form.
#[derive(Debug, Clone)]
pub(super) struct RuleDraft {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) conditions: Vec<Condition>,
    /// Project and service account, `proj_…/svc_acct_…`; `proj_…/new` is an account that is made with the rule.
    pub(super) account: String,
    /// The name of an account that is made with the rule.
    pub(super) account_name: String,
    /// The fields of the permissions.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) restricted: bool,
}

/// Attributes and values of conditions as text.
pub(super) fn conditions(matchers: &Matchers) -> Vec<(String, String)> {
    let all: BTreeMap<String, Value> = matchers.clone().into();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    all.into_iter().map(|(name, value)| (name, text(value))).collect()
}

impl RuleDraft {
    /// An empty form; for some platforms the usual attribute is filled in.
    pub(super) fn new(issuer: &str, account: &str) -> Self {
        let attribute = match issuer {
            "https://token.actions.githubusercontent.com" => "repository",
            _ => "sub",
        };
        let first = Condition { attribute: attribute.to_owned(), ..Condition::default() };
        Self {
            name: String::new(),
            description: String::new(),
            conditions: vec![first],
            account: account.to_owned(),
            account_name: String::new(),
            scopes: Some(Vec::new()),
            restricted: false,
        }
    }

    pub(super) fn of(rule: &FederationRule) -> Self {
        let all: BTreeMap<String, Value> = rule.matchers.clone().into();
        let condition = |(attribute, value): (String, Value)| {
            let (kind, value) = match value {
                Value::String(text) => ("text", text),
                Value::Number(number) => ("number", number.to_string()),
                other => ("boolean", other.to_string()),
            };
            Condition { attribute, kind: kind.to_owned(), value }
        };
        Self {
            name: rule.name.clone().unwrap_or_default(),
            description: rule.description.clone().unwrap_or_default(),
            conditions: all.into_iter().map(condition).collect(),
            account: format!("{}/{}", rule.project, rule.service_account),
            account_name: String::new(),
            scopes: Some(rule.restriction.0.clone()),
            restricted: false,
        }
    }

    pub(super) fn sent(form: &Form) -> Self {
        let (names, kinds, values) = (form.all("attribute"), form.all("kind"), form.all("value"));
        let rest = kinds.into_iter().chain(std::iter::repeat(String::new()));
        let rows = names.into_iter().zip(rest).zip(values);
        let trimmed = |((attribute, kind), value): ((String, String), String)| Condition {
            attribute: attribute.trim().to_owned(),
            kind,
            value: value.trim().to_owned(),
        };
        let filled = |row: &Condition| !row.attribute.is_empty() || !row.value.is_empty();
        Self {
            name: form.field("name").to_owned(),
            description: form.field("description").to_owned(),
            conditions: rows.map(trimmed).filter(filled).collect(),
            account: form.field("account").to_owned(),
            account_name: form.field("account_name").to_owned(),
            scopes: Permissions::selected(form),
            restricted: form.field("permissions") == "restricted",
        }
    }

    /// The conditions with empty ones after them.
    pub(super) fn rows(&self) -> Vec<Condition> {
        let most = (self.conditions.len() + SPARE).clamp(SPARE + 1, MOST.max(self.conditions.len()));
        let empty = std::iter::repeat(Condition::default());
        self.conditions.iter().cloned().chain(empty).take(most).collect()
    }

    /// The fields of the permissions.
    pub(super) fn permissions(&self) -> Permissions {
        let mut permissions = Permissions::of(self.scopes.as_deref().unwrap_or_default());
        if self.restricted {
            permissions.chosen = "restricted";
        }
        permissions
    }

    /// The conditions as the use case reads them.
    pub(super) fn matchers(&self, t: Messages) -> Result<Matchers, FieldFault> {
        let wrong = |key| FieldFault::new("conditions", t.text(key));
        let mut all = BTreeMap::new();
        for row in &self.conditions {
            if row.attribute.is_empty() || row.value.is_empty() {
                return Err(wrong("workload-matchers-half"));
            }
            let value = match row.kind.as_str() {
                "number" => {
                    let number: Option<Number> = serde_json::from_str(&row.value).ok();
                    let number = number.ok_or_else(|| {
                        FieldFault::new("conditions", t.text_with("workload-matchers-number", "value", &row.value))
                    });
                    Value::Number(number?)
                }
                "boolean" => match row.value.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    other => {
                        let text = t.text_with("workload-matchers-boolean", "value", other);
                        return Err(FieldFault::new("conditions", text));
                    }
                },
                _ => Value::String(row.value.clone()),
            };
            if all.insert(row.attribute.clone(), value).is_some() {
                let text = t.text_with("workload-matchers-twice", "name", &row.attribute);
                return Err(FieldFault::new("conditions", text));
            }
        }
        Matchers::try_from(all).map_err(|fault| wrong(matchers_words(fault)))
    }

    /// The permissions of the keys as scopes.
    pub(super) fn chosen_scopes(&self, t: Messages) -> Result<Vec<String>, FieldFault> {
        self.scopes.clone().ok_or_else(|| FieldFault::new("permissions", t.text("key-scopes-missing")))
    }

    pub(super) fn given(text: &str) -> Option<String> {
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    /// The change to what is filled in.
    pub(super) fn change(&self, t: Messages) -> Result<RuleChange, FieldFault> {
        Ok(RuleChange {
            matchers: Some(self.matchers(t)?),
            name: Some(Self::given(&self.name)),
            description: Some(Self::given(&self.description)),
            scopes: Some(self.chosen_scopes(t)?),
            enabled: None,
        })
    }
}
