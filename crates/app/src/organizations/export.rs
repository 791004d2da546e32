//! A copy of what is kept about an organization, for its owners.

use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::verification::limits::EXPORT_LIMITS;
use keystead_store::tables::organization_data::{self, MOST_ROWS};
use serde_json::{Value, json};

use crate::accounts::digest_of;
use crate::accounts::sessions::lock_fresh_session;
use crate::audit::{self, AuditEntry};
use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error};

/// What the copy says about itself.
const README: &str = "What this installation keeps about the organization in `organizations`, by table. Times are RFC 3339 \
    in UTC. Secrets of keys, links and codes are kept only as digests and are not part of the copy; phone numbers are shown in \
    part. A table holds at most 20,000 rows; `incomplete` names the tables that reached this number and may have more. Usage and the audit log have files \
    of their own: download them as CSV in the dashboard.";

impl App {
    /// Returns a copy of the data of an organization, as JSON, in a session of an owner.
    ///
    /// # Errors
    /// `reauthentication_needed`; when the person is not an owner; [`Error::Limited`] beyond [`EXPORT_LIMITS`].
    pub async fn export_organization(
        &self,
        session: &Secret<String>,
        organization: &OrganizationId,
    ) -> Result<Value, Error> {
        let key = digest_of(session);
        // Counted and recorded in a transaction of its own: reading takes longer and must not hold up writers.
        let actor = write_tx!(self.store(), "record_organization_export", |tx| {
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            let actor = Actor::Person(person.id.clone());
            self.authorize_owner(tx, &actor, organization).await?;
            let who = Subjects {
                user: Some(&person.id),
                organization: Some(organization),
                ip: audit::client_address(),
                ..Subjects::default()
            };
            count_within(self, tx, EXPORT_LIMITS, &who).await?;
            let entry = AuditEntry {
                organization,
                action: "organization.exported",
                target: organization.as_str(),
                details: json!({}),
            };
            self.record(tx, &actor, entry).await?;
            Ok(actor)
        })?;
        let data = read_tx!(self.store(), "export_organization", |tx| {
            // The person may have left the organization since the first transaction.
            self.authorize_owner(tx, &actor, organization).await?;
            Ok(organization_data::find(tx, organization).await?)
        })?;
        let full = |rows: &Value| rows.as_array().is_some_and(|rows| rows.len() >= MOST_ROWS);
        let incomplete: Vec<&String> = data.iter().filter(|(_, rows)| full(rows)).map(|(table, _)| table).collect();
        Ok(json!({
            "readme": README, "exported_at": self.now().to_string(), "incomplete": incomplete, "data": data,
        }))
    }
}
