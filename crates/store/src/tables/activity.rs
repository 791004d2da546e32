//! What organizations did recently, over the whole installation, for previews of rules.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;

use super::keepable;
use super::{id, time};
use crate::{Error, Tx};

const DAY: i64 = 86_400;

/// An organization's uses of one feature of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureUses {
    pub organization: OrganizationId,
    /// `feature.stream` or `feature.reasoning_summary`.
    pub action: String,
    /// The model.
    pub model: String,
    /// The number of uses.
    pub times: i64,
}

/// Counts streams and reasoning summaries in these events. It is a part of recording usage, which counts no event
/// twice.
pub(super) async fn add_features(tx: &mut Tx, events: &[UsageEvent]) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO feature_uses (organization, action, model, day, times) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (organization, action, model, day) \
                       DO UPDATE SET times = feature_uses.times + excluded.times";
    // Ordered, so that two nodes that write at once lock rows in the same order.
    let mut sums: BTreeMap<(&str, &str, Cow<'_, str>, i64), i64> = BTreeMap::new();
    for event in events {
        let features = [("feature.stream", event.stream), ("feature.reasoning_summary", event.summary)];
        for (action, _) in features.into_iter().filter(|(_, used)| *used) {
            let day = event.at.0 - event.at.0.rem_euclid(DAY);
            *sums.entry((event.organization.as_str(), action, keepable(&event.model), day)).or_default() += 1;
        }
    }
    for ((organization, action, model, day), times) in sums {
        tx.execute(SQL, vec![organization.into(), action.into(), (&*model).into(), day.into(), times.into()]).await?;
    }
    Ok(())
}

/// Returns how often each organization requested streams and reasoning summaries, by model, since the day of a moment.
pub async fn list_features(tx: &mut Tx, since: Timestamp) -> Result<Vec<FeatureUses>, Error> {
    const SQL: &str = "SELECT organization, action, model, CAST(SUM(times) AS BIGINT) FROM feature_uses \
                       WHERE day >= $1 GROUP BY organization, action, model ORDER BY organization, action, model";
    let rows = tx.all(SQL, vec![(since.0 - since.0.rem_euclid(DAY)).into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(FeatureUses {
                organization: id(row, 0, "feature_uses")?,
                action: row.text(1)?,
                model: row.text(2)?,
                times: row.int(3)?,
            })
        })
        .collect()
}

/// Deletes counts of days before a moment.
pub async fn delete_features(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM feature_uses WHERE day < $1", vec![before.0.into()]).await
}

/// Returns how often each organization used each model since the day of a moment.
pub async fn list_models(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, String, i64)>, Error> {
    const SQL: &str = "SELECT organization, model, CAST(SUM(requests) AS BIGINT) FROM usage_days \
                       WHERE bucket_start >= $1 AND tool_calls = 0 GROUP BY organization, model ORDER BY organization, model";
    let rows = tx.all(SQL, vec![(since.0 - since.0.rem_euclid(DAY)).into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "usage_days")?, row.text(1)?, row.int(2)?))).collect()
}

/// Returns how many keys, without admin keys and those of workloads, each organization made since a moment.
pub async fn list_keys(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, i64)>, Error> {
    const SQL: &str = "SELECT organization, COUNT(*) FROM api_keys WHERE created_at >= $1 AND kind <> 'admin' \
                       AND organization IS NOT NULL AND federation_rule IS NULL GROUP BY organization ORDER BY organization";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "api_keys")?, row.int(1)?))).collect()
}

/// Lists the organizations made since a moment, each with the owner who has been a member longest.
pub async fn list_founded(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, UserId, Timestamp)>, Error> {
    const SQL: &str = "SELECT o.id, m.user_id, o.created_at FROM organizations o \
                       JOIN memberships m ON m.organization = o.id AND m.role = 'owner' \
                       WHERE o.created_at >= $1 AND o.deactivated_at IS NULL AND NOT EXISTS (\
                       SELECT 1 FROM memberships e WHERE e.organization = o.id AND e.role = 'owner' \
                       AND (e.created_at < m.created_at OR (e.created_at = m.created_at AND e.user_id < m.user_id))) \
                       ORDER BY o.created_at, o.id";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "organizations")?, id(row, 1, "memberships")?, time(row, 2)?))).collect()
}

/// Returns how often each organization began a verification since a moment.
pub async fn list_verifications(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, i64)>, Error> {
    const SQL: &str = "SELECT organization, COUNT(*) FROM identity_attempts WHERE created_at >= $1 \
                       GROUP BY organization ORDER BY organization";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "identity_attempts")?, row.int(1)?))).collect()
}
