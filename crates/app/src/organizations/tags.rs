//! The operator's tags for organizations, which rules can use to leave some of them out.

use keystead_core::gate::read_tags;
use keystead_core::id::OrganizationId;
use keystead_store::tables::organizations;
use serde_json::json;

use super::find_open;
use crate::audit::AuditEntry;
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

impl App {
    /// Returns the tags of an organization, in order.
    ///
    /// # Errors
    /// When the caller is not an operator, or when there is no such organization.
    pub async fn organization_tags(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<String>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "organization_tags", |tx| {
            let row = organizations::find(tx, organization).await?;
            Ok(row.ok_or_else(|| Error::not_found("organization", organization.as_str()))?.tags)
        })
    }

    /// Replaces the tags of an organization; rules that use them apply from the next request. Returns the tags as they
    /// are stored.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the tags are not valid, or when there is no
    /// such organization.
    pub async fn tag_organization(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        tags: &[String],
        reason: &str,
    ) -> Result<Vec<String>, Error> {
        let reason = operators_reason(actor, reason)?;
        let tags = read_tags(tags.iter().map(String::as_str)).ok_or_else(|| {
            let message = "Invalid 'tags': a tag has 1 to 32 small letters, digits, hyphens and underscores; an \
                           organization has at most 20.";
            Error::invalid("tags", message)
        })?;
        write_tx!(self.store(), "tag_organization", |tx| {
            let row = find_open(tx, organization).await?;
            if row.tags == tags {
                return Ok(tags.clone());
            }
            organizations::set_tags(tx, organization, &tags, self.now()).await?;
            let details = json!({ "data": { "tags": tags, "before": row.tags, "reason": reason } });
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "organization.tagged", target, details };
            self.record(tx, actor, entry).await?;
            Ok(tags.clone())
        })
    }
}
