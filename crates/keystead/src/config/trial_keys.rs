//! Which configured keys are for trying a service out: with them anybody proves anything.

use super::Validated;
use super::services::Identity;

impl Validated {
    /// A sentence for each such key. Twilio's test credentials look like any others; its Verify and Lookup refuse them, so
    /// that nothing is proven with them.
    pub(crate) fn trial_keys(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        let stripe = self.payment.as_ref().map(|payment| payment.api_key.expose().as_str()).unwrap_or_default();
        if ["sk_test_", "rk_test_"].iter().any(|start| stripe.starts_with(start)) {
            found.push("payment.api_key is a key of Stripe's test mode, in which numbers of test cards count");
        }
        if let Some(Identity::Persona { api_key, .. }) = &self.identity
            && api_key.expose().starts_with("persona_sandbox_")
        {
            found.push("identity.api_key is a key of Persona's sandbox, in which everybody passes");
        }
        found
    }
}
