//! The most keys that workloads get within an hour.

use keystead_core::workload_identity::{MOST_KEYS_OF_ORGANIZATION_PER_HOUR, MOST_KEYS_PER_HOUR};
use keystead_store::Tx;
use keystead_store::tables::api_keys;
use keystead_store::tables::federation_rules::FederationRule;

use crate::{App, Error};

/// The name of the limit of one rule.
pub(super) const KEYS_OF_RULE: &str = "workload_keys";
/// The name of the limit of all rules of an organization.
pub(super) const KEYS_OF_ORGANIZATION: &str = "workload_keys_of_organization";

/// Refuses more keys than one rule, or all rules of an organization, may issue within an hour.
pub(super) async fn ensure_few_keys(app: &App, tx: &mut Tx, rule: &FederationRule) -> Result<(), Error> {
    let now = app.now();
    let since = now.plus(-3_600);
    if api_keys::count_issued(tx, &rule.id, since).await? >= MOST_KEYS_PER_HOUR {
        return Err(Error::limited(KEYS_OF_RULE, now.plus(60)));
    }
    let issued = api_keys::count_issued_in_organization(tx, &rule.organization, since).await?;
    if issued >= MOST_KEYS_OF_ORGANIZATION_PER_HOUR {
        return Err(Error::limited(KEYS_OF_ORGANIZATION, now.plus(60)));
    }
    Ok(())
}
