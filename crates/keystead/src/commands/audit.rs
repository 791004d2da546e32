//! `keystead audit verify`: checks that the audit log is unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keystead_app::audit::ChainHead;
use keystead_core::id::OrganizationId;
use keystead_store::tables::audit::{self, AuditKey};
use keystead_store::tables::organizations;
use keystead_store::{Store, Tx};
use serde_json::{Value, json};

use crate::cli::Audit;
use crate::cli_error::CliError;
use crate::commands::{admin, money};
use crate::config::Validated;
use crate::wiring::audit_heads;
use crate::{print, secrets, wiring};

/// One row where a chain was changed.
#[derive(Debug, PartialEq, Eq)]
struct Break {
    organization: OrganizationId,
    /// `changed`: edited, moved or without its predecessor; `replaced`: another row than the one with the logged head;
    /// `cut`: missing at the end.
    kind: &'static str,
    /// The row's number, from 1.
    row: i64,
    /// The row that is there; `None` if there is none.
    event: Option<String>,
}

impl Break {
    fn line(&self) -> String {
        let Self { organization, kind, row, event } = self;
        match event {
            Some(event) => format!("BROKEN {organization}: row {row}, {event}, was {kind}"),
            None => format!("BROKEN {organization}: row {row} was cut off the end"),
        }
    }

    fn value(&self) -> Value {
        let Self { organization, kind, row, event } = self;
        json!({ "organization_id": organization, "kind": kind, "row": row, "event_id": event })
    }
}

pub(crate) async fn run(config: &Validated, command: Audit) -> Result<(), CliError> {
    let (organization, heads, output) = match command {
        Audit::Verify { organization, heads, output } => (organization, heads, output),
        Audit::Money(output) => return money::run(config, output).await,
    };
    let key = wiring::audit_key(&secrets::open(&config.server.data_dir)?);
    let only: Option<OrganizationId> = organization.map(|text| admin::id("--organization", &text)).transpose()?;
    let logged = heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let store = Store::open(config.database_url.expose()).await?;
    let known = everyone(&store, &logged).await?;
    let wanted = match only {
        // A mistyped id has no rows, which must not read as an unbroken chain.
        Some(one) if !known.contains(&one) => return Err(CliError::Other(format!("No such organization: {one}."))),
        Some(one) => BTreeSet::from([one]),
        None => known,
    };
    let (mut rows, mut chains, mut broken) = (0, Vec::new(), Vec::new());
    for organization in &wanted {
        let walk = walk(&store, &key, organization).await?;
        rows += walk.rows;
        let head = walk.head.as_ref().map(ChainHead::of);
        chains.push(json!({
            "organization_id": organization,
            "rows": walk.rows,
            "unbroken_until": walk.head.as_ref().map(|head| head.at),
            "mac": head.map(|head| head.mac),
        }));
        if let Some(event) = walk.broken {
            let (organization, event) = (organization.clone(), Some(event.to_string()));
            broken.push(Break { organization, kind: "changed", row: walk.rows + 1, event });
        }
    }
    let compared: Vec<&ChainHead> = logged.iter().filter(|head| wanted.contains(&head.organization)).collect();
    for head in &compared {
        // The first break of each organization is enough.
        if !broken.iter().any(|known: &Break| known.organization == head.organization) {
            broken.extend(compare(&store, head).await?);
        }
    }
    let mut lines: Vec<String> = broken.iter().map(Break::line).collect();
    let verdict = if broken.is_empty() { "unbroken".to_owned() } else { format!("{} broken", broken.len()) };
    lines.push(format!("{verdict}; chains: {}, rows: {rows}, logged heads: {}", wanted.len(), compared.len()));
    let value = json!({
        "checked": wanted.len(),
        "rows": rows,
        "heads": compared.len(),
        "chains": chains,
        "broken": broken.iter().map(Break::value).collect::<Vec<_>>(),
    });
    print::answer(output.json, &value, &lines)?;
    if broken.is_empty() {
        Ok(())
    } else {
        Err(CliError::Other("the audit log was changed outside Keystead".to_owned()))
    }
}

/// Lists organizations that have a chain, had one when heads were logged, or exist.
async fn everyone(store: &Store, logged: &[ChainHead]) -> Result<BTreeSet<OrganizationId>, CliError> {
    let known = store.read("chains", async |tx: &mut Tx| {
        let all = organizations::list(tx).await?.into_iter().map(|organization| organization.id);
        let chained = audit::heads(tx).await?.into_iter().map(|head| head.organization);
        Ok::<_, keystead_store::Error>(all.chain(chained).collect::<BTreeSet<_>>())
    });
    let mut known = known.await?;
    known.extend(logged.iter().map(|head| head.organization.clone()));
    Ok(known)
}

async fn walk(store: &Store, key: &AuditKey, organization: &OrganizationId) -> Result<audit::Walk, CliError> {
    let (of, key) = (organization.clone(), key.clone());
    Ok(store.read("verify_audit", async move |tx: &mut Tx| audit::verify(tx, &key, &of).await).await?)
}

/// Reads the heads in a service log, in the order of their chains.
fn read_heads(file: &Path) -> Result<Vec<ChainHead>, CliError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| CliError::Other(format!("--heads {}: {error}", file.display())))?;
    let mut found: Vec<ChainHead> = text.lines().filter_map(read_head).collect();
    if found.is_empty() {
        return Err(CliError::Other(format!("--heads {}: no line says {:?}", file.display(), audit_heads::MESSAGE)));
    }
    found.sort_by(|a, b| (&a.organization, a.sequence).cmp(&(&b.organization, b.sequence)));
    found.dedup();
    Ok(found)
}

async fn compare(store: &Store, head: &ChainHead) -> Result<Option<Break>, CliError> {
    let (organization, row) = (head.organization.clone(), head.sequence);
    let of = organization.clone();
    let found = store.read("compare_head", async move |tx: &mut Tx| audit::find_mac(tx, &of, row).await).await?;
    Ok(match found {
        Some((_, mac)) if ChainHead::fingerprint(&mac) == head.mac => None,
        Some((event, _)) => Some(Break { organization, kind: "replaced", row, event: Some(event.to_string()) }),
        None => Some(Break { organization, kind: "cut", row, event: None }),
    })
}

/// Parses a head from a line of the service log, in either of its formats, with or without a collector's prefix.
fn read_head(line: &str) -> Option<ChainHead> {
    if !line.contains(audit_heads::MESSAGE) {
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
            assert_eq!(read_head(line), Some(head.clone()), "{line}");
        }
        for line in ["", "audit chain head", "audit chain head organization=x sequence=1 mac=00", "{audit chain head"] {
            assert_eq!(read_head(line), None, "{line}");
        }
    }
}
