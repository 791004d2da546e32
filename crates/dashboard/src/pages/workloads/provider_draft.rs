//! What is filled in about a provider.

use keystead_app::workload_identity::{NewProvider, ProviderChange, WorkloadIdentityProvider};
use keystead_app::workload_overview::key_set_fault;
use keystead_core::workload_identity::expression::Transformation;
use keystead_core::workload_identity::{Transformations, Verification};
use serde_json::{Value, json};

use super::wording::{key_set_words, transformations_words};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use keystead_locales::Messages;

/// The largest key set that is parsed, in bytes, so that a refusal of the use case always has a shorter cause.
const LARGEST_KEY_SET: usize = 32 * 1024;

/// The fields of the form.
#[derive(Debug, Clone, Default)]
pub(super) struct ProviderDraft {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) issuer: String,
    pub(super) audience: String,
    /// Whether the keys are uploaded instead of fetched.
    pub(super) uploads: bool,
    pub(super) discovery_url: String,
    pub(super) jwks: String,
    /// One derived attribute in each line: `name = expression`.
    pub(super) derived: String,
}

impl ProviderDraft {
    /// The beginning for a platform; without one only the audience is known.
    pub(super) fn for_platform(platform: &str, audience: &str) -> Self {
        let (name, issuer) = match platform {
            "github" => ("GitHub Actions", "https://token.actions.githubusercontent.com"),
            "google" => ("Google Cloud", "https://accounts.google.com"),
            "kubernetes" => ("Kubernetes", ""),
            _ => ("", ""),
        };
        let (name, issuer, audience) = (name.to_owned(), issuer.to_owned(), audience.to_owned());
        Self { name, issuer, audience, ..Self::default() }
    }

    pub(super) fn of(provider: &WorkloadIdentityProvider) -> Self {
        let transformations: Vec<Transformation> = provider.transformations.clone().into();
        let line = |one: &Transformation| format!("{} = {}", one.attribute, one.expression);
        let (uploads, discovery_url, jwks) = match &provider.verification {
            Verification::Discovery { discovery_url } => {
                (false, discovery_url.clone().unwrap_or_default(), String::new())
            }
            Verification::UploadedJwks { jwks } => {
                (true, String::new(), serde_json::to_string_pretty(jwks).unwrap_or_default())
            }
        };
        Self {
            name: provider.name.clone(),
            description: provider.description.clone().unwrap_or_default(),
            issuer: provider.issuer.clone(),
            audience: provider.audience.clone(),
            uploads,
            discovery_url,
            jwks,
            derived: transformations.iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    }

    pub(super) fn sent(form: &Form) -> Self {
        let text = |name| form.field(name).to_owned();
        Self {
            name: text("name"),
            description: text("description"),
            issuer: text("issuer"),
            audience: text("audience"),
            uploads: form.field("keys") == "uploaded",
            discovery_url: text("discovery_url"),
            jwks: text("jwks"),
            derived: text("derived"),
        }
    }

    /// Forgets a key set with private keys, so that no page repeats them.
    pub(super) fn without_private_keys(self) -> Self {
        let holds = match serde_json::from_str(&self.jwks) {
            Ok(Value::Object(jwks)) => key_set_fault(&jwks) == Some("private"),
            _ => false,
        };
        if holds { Self { jwks: String::new(), ..self } } else { self }
    }

    fn verification(&self, t: Messages) -> Result<Value, FieldFault> {
        if !self.uploads {
            let url = Some(&self.discovery_url).filter(|url| !url.is_empty());
            return Ok(json!({ "type": "discovery", "discovery_url": url }));
        }
        if self.jwks.len() > LARGEST_KEY_SET {
            return Err(FieldFault::new("jwks", t.text("workload-jwks-long")));
        }
        let Ok(Value::Object(jwks)) = serde_json::from_str(&self.jwks) else {
            return Err(FieldFault::new("jwks", t.text("workload-jwks-form")));
        };
        match key_set_fault(&jwks) {
            Some(fault) => Err(FieldFault::new("jwks", t.text(key_set_words(fault)))),
            None => Ok(json!({ "type": "uploaded_jwks", "jwks": jwks })),
        }
    }

    fn transformations(&self, t: Messages) -> Result<Transformations, FieldFault> {
        let mut all = Vec::new();
        for line in self.derived.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some((attribute, expression)) = line.split_once('=') else {
                return Err(FieldFault::new("derived", t.text("workload-derived-form")));
            };
            let (attribute, expression) = (attribute.trim().to_owned(), expression.trim().to_owned());
            all.push(Transformation { attribute, expression });
        }
        let wrong = |fault| FieldFault::new("derived", transformations_words(t, &fault));
        all.try_into().map_err(wrong)
    }

    fn given_description(&self) -> Option<String> {
        Some(self.description.clone()).filter(|text| !text.is_empty())
    }

    /// The request for a new provider, which is switched on.
    pub(super) fn asked(&self, t: Messages) -> Result<NewProvider, FieldFault> {
        Ok(NewProvider {
            name: self.name.clone(),
            description: self.given_description(),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            verification: Some(self.verification(t)?),
            transformations: self.transformations(t)?,
            enabled: true,
        })
    }

    /// The change to what is filled in.
    pub(super) fn change(&self, t: Messages) -> Result<ProviderChange, FieldFault> {
        Ok(ProviderChange {
            name: Some(self.name.clone()),
            description: Some(self.given_description()),
            issuer: Some(self.issuer.clone()),
            audience: Some(self.audience.clone()),
            verification: Some(self.verification(t)?),
            transformations: Some(self.transformations(t)?),
            enabled: None,
        })
    }
}
