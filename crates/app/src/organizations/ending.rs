//! What ends with an organization: keys, memberships, invitations, verifications, payment methods, and its data.

use keystead_core::id::OrganizationId;
use keystead_store::Tx;
use keystead_store::tables::organization_deletions::{self, Part};
use keystead_store::tables::{api_keys, invites, payments};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::credit::purchases::end_open;
use crate::jobs::{DetachMethod, Job};
use crate::operator::policies::drop_exemption;
use crate::verification::organization::withdraw::withdraw;
use crate::verification::payment::status::cancel_setup;
use crate::verification::phone::status::end_phones;
use crate::{Actor, App, Error};

/// The reason that revoked keys show.
const REASON: &str = "organization_deleted";

/// Ends everything that belongs to an organization, erases its data and marks it as deleted. Each key, membership,
/// invitation, payment method, project and setting with an id gets its audit row; usage and the audit log stay under ids.
pub(super) async fn end(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let (now, actor) = (app.now(), Actor::Service("clock".to_owned()));
    // No key is made for the organization meanwhile, and no usage counted.
    organization_deletions::lock(tx, organization).await?;
    let keys = api_keys::revoke_of_organization(tx, organization, &actor.actor_ref(), REASON, now).await?;
    for key in &keys {
        record(app, tx, organization, "api_key.deleted", key.as_str(), json!({})).await?;
    }
    withdraw(app, tx, &actor, organization).await?;
    // A locked attempt has no code any more, and its row is erased with the others.
    end_phones(app, tx, &actor, organization, None).await?;
    end_payment(app, tx, organization).await?;
    for invite in invites::list_open(tx, organization).await? {
        record(app, tx, organization, "invite.deleted", invite.id.as_str(), json!({})).await?;
    }
    let people = organization_deletions::delete_members(tx, organization, now).await?;
    for person in &people {
        record(app, tx, organization, "user.deleted", person.as_str(), json!({})).await?;
    }
    for (part, id) in organization_deletions::parts(tx, organization).await? {
        record(app, tx, organization, deleted(part), &id, json!({})).await?;
    }
    drop_exemption(app, tx, &actor, organization).await?;
    let counts = json!({ "data": { "keys": keys.len(), "members": people.len() } });
    record(app, tx, organization, "organization.deleted", organization.as_str(), counts).await?;
    Ok(organization_deletions::erase(tx, organization, now).await?)
}

/// The action of the deletion of a part.
const fn deleted(part: Part) -> &'static str {
    match part {
        Part::Certificate => "certificate.deleted",
        Part::ExternalKey => "external_key.removed",
        Part::ExternalStorage => "external_storage.removed",
        Part::FederationRule => "workload_identity_provider_mapping.deleted",
        Part::Group => "group.deleted",
        Part::IpAllowlist => "ip_allowlist.deleted",
        Part::WorkloadIdentityProvider => "workload_identity_provider.deleted",
        Part::Role => "role.deleted",
        Part::ServiceAccount => "service_account.deleted",
        Part::SpendAlert => "spend_alert.deleted",
        Part::SpendLimit => "spend_limit.deleted",
        Part::BudgetAlert => "budget_alert.deleted",
        Part::Budget => "budget.deleted",
        Part::WebhookEndpoint => "webhook.deleted",
        Part::Project => "project.deleted",
    }
}

/// Takes every payment method off file, here and at the service, and ends a set-up and open purchases.
async fn end_payment(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    cancel_setup(app, tx, organization).await?;
    end_open(app, tx, organization).await?;
    for mut method in payments::list_methods(tx, organization).await? {
        method.removed_at = Some(app.now());
        method.is_default = false;
        payments::save_method(tx, &method).await?;
        record(app, tx, organization, "payment.method_removed", method.id.as_str(), json!({})).await?;
        let job = Job::DetachMethod(DetachMethod { method: method.reference });
        app.enqueue(tx, &job, app.now()).await?;
    }
    Ok(())
}

async fn record(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    action: &'static str,
    target: &str,
    details: Value,
) -> Result<(), Error> {
    let actor = Actor::Service("clock".to_owned());
    app.record(tx, &actor, AuditEntry { organization, action, target, details }).await
}
