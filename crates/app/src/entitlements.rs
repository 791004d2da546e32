//! What an organization has proven, as the rules see it.

use keystead_core::gate::{Entitlements, Fulfilment, Requirement, Verdict};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::organizations::{Entitled, RequirementRow};
use keystead_store::tables::{first_uses, organizations};

use crate::Error;

/// Logs rules in shadow and warn mode where the answer cannot: creating a key has no header for a warning.
pub(crate) fn log_unenforced(organization: &OrganizationId, action: &str, verdict: &Verdict) {
    let lacking = verdict.shadowed.iter().chain(&verdict.warned).map(|requirement| requirement.as_str());
    let lacking = lacking.collect::<Vec<_>>().join(",");
    if !lacking.is_empty() {
        tracing::info!(%organization, action, lacking, "a rule that is not enforced would have refused this");
    }
}

/// Returns what the organization has proven or been excused from.
pub(crate) async fn entitlements(tx: &mut Tx, organization: &OrganizationId) -> Result<Entitlements, Error> {
    let missing = || Error::not_found("organization", organization.as_str());
    let row = organizations::find(tx, organization).await?.ok_or_else(missing)?;
    let Entitled { met, ends } = organizations::entitled(tx, organization).await?;
    Ok(Entitlements {
        version: row.entitlement_version,
        met,
        ends,
        organization_created_at: row.created_at,
        first_used: first_uses::list(tx, organization).await?,
        tags: row.tags,
    })
}

/// Whether an operator's waiver of this requirement is in force at this moment.
pub(crate) fn excused(row: &RequirementRow, requirement: Requirement, now: Timestamp) -> bool {
    row.requirement == requirement && row.how == Fulfilment::Waived && row.holds(now)
}
