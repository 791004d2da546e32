//! Heads of the audit chains in the service log, every hour: whoever can write the database cannot take them back there
//! (security decision 6).

use std::collections::BTreeMap;

use keystead_app::App;
use keystead_app::audit::ChainHead;
use keystead_core::id::OrganizationId;

/// What the lines say.
pub(crate) const MESSAGE: &str = "audit chain head";
/// How often, in seconds.
const EVERY: i64 = 3600;

/// Which heads were logged by this process.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    at: Option<i64>,
    logged: BTreeMap<OrganizationId, i64>,
}

impl Heads {
    /// Logs, once an hour, the heads that moved; all of them after a start.
    pub(crate) async fn log(&mut self, app: &App) {
        let now = app.now().0;
        if self.at.is_some_and(|at| now.saturating_sub(at) < EVERY) {
            return;
        }
        match app.audit_heads().await {
            Ok(heads) => {
                self.at = Some(now);
                heads.into_iter().for_each(|head| self.say(head));
            }
            Err(error) => tracing::debug!(%error, "the audit chains cannot be read; it is tried again"),
        }
    }

    fn say(&mut self, head: ChainHead) {
        let ChainHead { organization, sequence, mac } = head;
        if self.logged.insert(organization.clone(), sequence) != Some(sequence) {
            tracing::info!(%organization, sequence, %mac, "{MESSAGE}");
        }
    }
}

/// A head from a line of the service log, in either of its forms, whatever a collector put before it.
pub(crate) fn read(line: &str) -> Option<ChainHead> {
    if !line.contains(MESSAGE) {
        return None;
    }
    let fields: BTreeMap<String, String> = match line.find('{').and_then(|at| serde_json::from_str(&line[at..]).ok()) {
        Some(serde_json::Value::Object(fields)) => fields
            .into_iter()
            .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect(),
        _ => line
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect(),
    };
    Some(ChainHead {
        organization: fields.get("organization")?.parse().ok()?,
        sequence: fields.get("sequence")?.parse().ok()?,
        mac: fields.get("mac")?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let head =
            ChainHead { organization: "org-one".parse().unwrap(), sequence: 12, mac: "00ff00ff00ff00ff".to_owned() };
        for line in [
            "2026-11-21T15:00:00.000000Z  INFO audit chain head organization=org-one sequence=12 mac=00ff00ff00ff00ff",
            "Nov 21 15:00:00 host keystead[7]: INFO audit chain head organization=org-one sequence=12 mac=00ff00ff00ff00ff",
            r#"{"timestamp":"2026-11-21T15:00:00Z","level":"INFO","message":"audit chain head","organization":"org-one","sequence":12,"mac":"00ff00ff00ff00ff"}"#,
        ] {
            assert_eq!(read(line), Some(head.clone()), "{line}");
        }
        for line in ["", "audit chain head", "audit chain head organization=x sequence=1 mac=00", "{audit chain head"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
