//! Ending a key of any kind.

use keystead_core::id::{KeyId, OrganizationId};
use keystead_store::Tx;
use keystead_store::tables::api_keys;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// Deletes a key that was found in this transaction, and records the reason.
pub(crate) async fn revoke_live_key(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &KeyId,
    reason: &'static str,
) -> Result<(), Error> {
    if !api_keys::revoke(tx, id, &actor.actor_ref(), reason, app.now()).await? {
        return Err(Error::not_found("API key", id.as_str()));
    }
    let entry = AuditEntry { organization, action: "api_key.deleted", target: id.as_str(), details: json!({}) };
    app.record(tx, actor, entry).await
}
