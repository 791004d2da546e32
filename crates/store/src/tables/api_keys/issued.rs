//! Lists of keys that were issued to workloads, with the rule that issued them.

use keystead_core::id::{FederationRuleId, ProjectId, WorkloadIdentityProviderId};
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::LONGEST_LIFE;

use super::{KeyRow, key};
use crate::tables::list::List;
use crate::tables::{id, optional_id};
use crate::{Error, Listing, Page, Row, Tx};

/// A key that a rule issued. The rule and its provider may have been deleted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedKey {
    pub key: KeyRow,
    pub rule: FederationRuleId,
    /// The name of the rule, if it exists and has one.
    pub rule_name: Option<String>,
    /// The provider of the rule, while the rule exists.
    pub provider: Option<WorkloadIdentityProviderId>,
    pub provider_name: Option<String>,
    /// The name of the service account.
    pub account_name: String,
}

fn issued(row: &Row) -> Result<IssuedKey, Error> {
    Ok(IssuedKey {
        key: key(row)?,
        rule: id(row, 17, "api_keys")?,
        rule_name: row.optional_text(18)?,
        provider: optional_id(row, 19, "federation_rules")?,
        provider_name: row.optional_text(20)?,
        account_name: row.text(21)?,
    })
}

/// Lists the keys that were issued in a project, ended or not.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_issued(tx: &mut Tx, project: &ProjectId, page: &Page) -> Result<Listing<IssuedKey>, Error> {
    let list = List {
        select: "SELECT k.id, k.kind, k.digest, k.redacted, k.name, k.organization, k.project, k.owner_user, \
                 k.owner_service_account, k.restriction, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, \
                 k.revoked_by, k.revoked_reason, k.rotated_to, k.federation_rule, r.name, r.provider, w.name, s.name \
                 FROM api_keys k JOIN service_accounts s ON s.id = k.owner_service_account \
                 LEFT JOIN federation_rules r ON r.id = k.federation_rule \
                 LEFT JOIN workload_identity_providers w ON w.id = r.provider",
        table: "k",
        source: "api_keys k",
        id: "id",
        scope: "k.project = $1 AND k.federation_rule IS NOT NULL",
        filter: "TRUE",
        values: vec![project.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, issued).await
}

/// Counts the keys that were issued in a project and live at this moment.
pub async fn count_issued_live(tx: &mut Tx, project: &ProjectId, now: Timestamp) -> Result<i64, Error> {
    // There may be very many older ones. No key lives longer than this, so they are not read.
    const SQL: &str = "SELECT COUNT(*) FROM api_keys WHERE project = $1 AND created_at > $3 \
                       AND federation_rule IS NOT NULL AND revoked_at IS NULL AND expires_at > $2";
    let values = vec![project.as_str().into(), now.0.into(), now.plus(-LONGEST_LIFE).0.into()];
    tx.optional(SQL, values).await?.map_or(Ok(0), |row| row.int(0))
}

/// Whether any key was issued in a project that is still listed, ended or not.
pub async fn has_issued(tx: &mut Tx, project: &ProjectId) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM api_keys WHERE project = $1 AND federation_rule IS NOT NULL LIMIT 1";
    Ok(tx.optional(SQL, vec![project.as_str().into()]).await?.is_some())
}

/// Counts the live keys that each rule of a provider issued; rules without one are left out.
pub async fn count_issued_of_provider(
    tx: &mut Tx,
    provider: &WorkloadIdentityProviderId,
    now: Timestamp,
) -> Result<Vec<(FederationRuleId, i64)>, Error> {
    const SQL: &str = "SELECT k.federation_rule, COUNT(*) FROM api_keys k \
                       JOIN federation_rules r ON r.id = k.federation_rule \
                       WHERE r.provider = $1 AND k.created_at > $3 AND k.revoked_at IS NULL AND k.expires_at > $2 \
                       GROUP BY k.federation_rule ORDER BY k.federation_rule";
    let values = vec![provider.as_str().into(), now.0.into(), now.plus(-LONGEST_LIFE).0.into()];
    let rows = tx.all(SQL, values).await?;
    rows.iter().map(|row| Ok((id(row, 0, "api_keys")?, row.int(1)?))).collect()
}
