//! `keystead audit verify`.

use keystead_core::id::OrganizationId;
use keystead_store::tables::{audit, organizations};
use keystead_store::{Store, Tx};
use serde_json::json;

use crate::cli::Audit;
use crate::commands::admin;
use crate::config::Validated;
use crate::failure::Failure;
use crate::{print, secrets, wire};

pub(crate) async fn run(config: &Validated, command: Audit) -> Result<(), Failure> {
    let Audit::Verify { organization, output } = command;
    let key = wire::audit_key(&secrets::open(&config.server.data_dir)?);
    let store = Store::open(config.database_url.expose()).await?;
    let wanted: Vec<OrganizationId> = match organization {
        Some(text) => vec![admin::id("--organization", &text)?],
        None => {
            let all = store.read("organizations", async |tx: &mut Tx| organizations::list(tx).await).await;
            let all: Vec<organizations::Organization> = all.map_err(Failure::Store)?;
            all.into_iter().map(|organization| organization.id).collect()
        }
    };
    let mut broken = Vec::new();
    for organization in &wanted {
        let (of, key) = (organization.clone(), key.clone());
        let verdict = store.read("verify_audit", async move |tx: &mut Tx| audit::verify(tx, &key, &of).await).await?;
        if let Some(row) = verdict {
            broken.push(json!({ "organization_id": organization.as_str(), "event_id": row.to_string() }));
        }
    }
    let lines: Vec<String> = broken.iter().map(|row| format!("BROKEN at {row}")).collect();
    let checked = format!("checked {} organizations, {} broken", wanted.len(), broken.len());
    let value = json!({ "checked": wanted.len(), "broken": broken });
    print::answer(output.json, &value, &[lines, vec![checked]].concat());
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Failure::Other("the audit log was changed outside Keystead".to_owned()))
    }
}
