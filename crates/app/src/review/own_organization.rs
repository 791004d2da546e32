//! Reviewers do not decide about organizations they belong to.

use keystead_core::id::OrganizationId;
use keystead_store::Tx;

use crate::{Actor, Error};

/// Whether the reviewer is a member of the organization: reviewers never decide cases of their own organizations.
pub(super) async fn is_member(tx: &mut Tx, actor: &Actor, organization: &OrganizationId) -> Result<bool, Error> {
    let person = keystead_store::tables::users::find_by_email(tx, &actor.id().to_lowercase()).await?;
    Ok(match person {
        Some(person) => keystead_store::tables::memberships::find(tx, organization, &person.id).await?.is_some(),
        None => false,
    })
}

pub(super) async fn ensure_not_own_organization(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<(), Error> {
    if is_member(tx, actor, organization).await? {
        let message = "Operators cannot decide for their own organization.".to_owned();
        return Err(Error::Forbidden { param: None, message });
    }
    Ok(())
}
