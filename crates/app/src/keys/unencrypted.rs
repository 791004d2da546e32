//! Keys sent over an unencrypted connection to an installation that is served over https: owners are informed, so that
//! they replace the key.

use std::sync::Arc;

use keystead_core::caller::Caller;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

impl App {
    /// Records the key in the audit log of the first organization that it reaches.
    pub async fn record_unencrypted_key(&self, caller: &Arc<Caller>) -> Result<(), Error> {
        let Some(organization) = caller.organizations.first().map(|reached| reached.id.clone()) else { return Ok(()) };
        write_tx!(self.store(), "record_unencrypted_key", |tx| {
            let (action, target, details) = ("api_key.sent_in_clear", caller.key.as_str(), json!({ "id": caller.key }));
            let entry = AuditEntry { organization: &organization, action, target, details };
            self.record(tx, &Actor::Key(Arc::clone(caller)), entry).await
        })
    }
}
