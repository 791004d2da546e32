//! The rise of organizations to higher tiers, by what they have paid and by their age.

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::tier::Tier;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::organizations::Organization;
use keystead_store::tables::{changes, memberships, organization_tiers, organizations, projects};
use serde_json::json;

use super::state_and_progress;
use crate::accounts::MailKind;
use crate::accounts::mails::{mail_to, queue_organization_mail};
use crate::audit::AuditEntry;
use crate::jobs::AccountMail;
use crate::{Actor, App, Error};

/// Organizations that are read in one transaction.
const AT_ONCE: usize = 200;
/// The actor in the audit log.
const ACTOR: &str = "keystead";

impl App {
    /// Raises every organization that has reached a higher tier. It may run at any time and on every node.
    ///
    /// # Errors
    /// When the store fails; the next run continues.
    pub async fn evaluate_tiers(&self) -> Result<(), Error> {
        let Some(highest) = self.settings().tiers.highest() else { return Ok(()) };
        let all = read_tx!(self.store(), "tiers_to_evaluate", |tx| {
            Ok::<_, Error>(organization_tiers::list_below(tx, highest).await?)
        })?;
        for organizations in all.chunks(AT_ONCE) {
            // Read first: most organizations stay where they are, and cost no write.
            let due = read_tx!(self.store(), "due_tiers", |tx| {
                let mut due = Vec::new();
                for organization in organizations {
                    if is_due(self, tx, organization).await? {
                        due.push(organization.clone());
                    }
                }
                Ok::<_, Error>(due)
            })?;
            for organization in &due {
                write_tx!(self.store(), "evaluate_tier", |tx| evaluate(self, tx, organization, self.now()).await)?;
            }
        }
        Ok(())
    }
}

/// Whether an evaluation would change anything.
async fn is_due(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    let Some(row) = open(tx, organization).await? else { return Ok(false) };
    let (state, progress) = state_and_progress(tx, &row, app.now()).await?;
    let first_payment = progress.paid > Amount::ZERO && state.first_paid_at.is_none();
    Ok(first_payment || state.raised(&app.settings().tiers, &progress).is_some())
}

async fn open(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Organization>, Error> {
    Ok(organizations::find(tx, organization).await?.filter(|row| row.deactivated_at.is_none()))
}

/// Raises an organization to the tier it has reached, and returns that; never lowers one. A transaction that records a
/// payment calls this after it, and [`changes::lock`] before it writes anything.
///
/// # Errors
/// When the store fails.
pub(crate) async fn evaluate(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    at: Timestamp,
) -> Result<Option<Tier>, Error> {
    // Before anything is read, so that what an operator sets at the same time is seen.
    changes::lock(tx).await?;
    let Some(row) = open(tx, organization).await? else { return Ok(None) };
    let (mut state, mut progress) = state_and_progress(tx, &row, at).await?;
    if progress.paid > Amount::ZERO && state.first_paid_at.is_none() {
        organization_tiers::note_first_payment(tx, organization, at).await?;
        (state.first_paid_at, progress.first_paid_at) = (Some(at), Some(at));
    }
    let Some(tier) = state.raised(&app.settings().tiers, &progress) else { return Ok(None) };
    if !organization_tiers::raise(tx, organization, tier, at).await? {
        return Ok(None);
    }
    let details = json!({ "data": {
        "tier": tier.number(), "before": state.tier.number(), "paid": progress.paid.to_string(),
    } });
    let target = organization.as_str();
    let entry = AuditEntry { organization, action: "organization.tier_changed", target, details };
    app.record(tx, &Actor::service(ACTOR), entry).await?;
    mail_owners(app, tx, &row, tier).await?;
    Ok(Some(tier))
}

/// Mails every owner that the tier rose, in the language of their account.
async fn mail_owners(app: &App, tx: &mut Tx, organization: &Organization, tier: Tier) -> Result<(), Error> {
    let project = projects::find_default(tx, &organization.id).await?;
    let project = project.map(|row| row.id.to_string()).unwrap_or_default();
    for owner in memberships::list_owners(tx, &organization.id).await? {
        let mail = AccountMail {
            organization: organization.name.clone(),
            project: project.clone(),
            after: Some(changes::latest(tx).await?),
            ..mail_to("", MailKind::TierRaised, "", &tier.to_string())
        };
        queue_organization_mail(app, tx, &owner, mail).await?;
    }
    Ok(())
}
