//! A key that came over a connection without encryption, where the installation is served over https: owners are told,
//! so that they replace it.

use std::sync::Arc;

use keystead_core::caller::Caller;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

impl App {
    /// Flags the key in the audit log of the organization that it reaches first.
    pub async fn note_key_in_clear(&self, caller: &Arc<Caller>) -> Result<(), Error> {
        let Some(organization) = caller.organizations.first().map(|reached| reached.id.clone()) else { return Ok(()) };
        write_tx!(self.store(), "note_key_in_clear", |tx| {
            let (action, target, details) = ("api_key.sent_in_clear", caller.key.as_str(), json!({ "id": caller.key }));
            let entry = AuditEntry { organization: &organization, action, target, details };
            self.record(tx, &Actor::Key(Arc::clone(caller)), entry).await
        })
    }
}
