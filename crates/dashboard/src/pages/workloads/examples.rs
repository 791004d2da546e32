//! How a workload gets a key: examples that are filled in with the provider's own values.

use std::collections::BTreeMap;

use keystead_app::workload_overview::ProviderOverview;
use serde_json::{Value, json};

use crate::state::DashboardState;

/// The values of the examples. They are quoted for a shell where they stand in one.
pub(super) struct Examples {
    /// The tab that is open: `github`, `kubernetes` or `curl`.
    pub(super) chosen: &'static str,
    /// The address of the exchange.
    pub(super) exchange: String,
    pub(super) base_url: String,
    pub(super) provider: String,
    /// The service account of the first rule that is switched on, or a word in its place.
    pub(super) account: String,
    /// Whether there is such a rule.
    pub(super) has_rule: bool,
    /// The audience as text in YAML and Python.
    pub(super) audience: String,
    /// The audience as a parameter of an address.
    pub(super) audience_parameter: String,
    /// A command that gets a token of the sandbox, where the sandbox is the issuer.
    pub(super) sandbox: Option<String>,
}

impl Examples {
    pub(super) fn of(state: &DashboardState, found: &ProviderOverview) -> Self {
        let provider = &found.provider;
        let rule = found.rules.iter().find(|row| row.rule.enabled);
        let sandbox = state.sandbox_url.as_ref().filter(|url| provider.issuer.starts_with(url.as_str()));
        let chosen = if provider.issuer == "https://token.actions.githubusercontent.com" {
            "github"
        } else if sandbox.is_some() {
            "curl"
        } else {
            "kubernetes"
        };
        let claims = rule.map(|row| BTreeMap::<String, Value>::from(row.rule.matchers.clone())).unwrap_or_default();
        let sandbox = sandbox.map(|url| token_of_sandbox(url, &provider.audience, claims));
        Self {
            chosen,
            exchange: format!("{}/oauth/token", state.public_url),
            base_url: format!("{}/v1", state.public_url),
            provider: provider.id.to_string(),
            account: rule.map_or_else(|| "svc_acct_…".to_owned(), |row| row.rule.service_account.to_string()),
            has_rule: rule.is_some(),
            audience: json!(provider.audience).to_string(),
            audience_parameter: serde_urlencoded::to_string([("audience", &provider.audience)]).unwrap_or_default(),
            sandbox,
        }
    }
}

/// The command by which the sandbox signs a token that a rule lets in.
fn token_of_sandbox(url: &str, audience: &str, claims: BTreeMap<String, Value>) -> String {
    let mut body = json!(claims);
    body["aud"] = json!(audience);
    // In single quotes a shell changes nothing; a single quote ends them.
    let quoted = body.to_string().replace('\'', "'\\''");
    format!("curl -s {url}/oidc/workload_token -H 'Content-Type: application/json' -d '{quoted}'")
}
