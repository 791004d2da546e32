//! The state of an organization's verification, and what its machine must know beside it.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::same_document::{self, Use, Verdict};
use keystead_core::verification::organization::{ATTEMPTS_WINDOW, AttemptState, Facts, SAME_DOCUMENT, Status};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::memberships;
use keystead_store::tables::organization_verifications::{self, OrganizationVerification};
use keystead_store::tables::privacy;

use crate::entitlements::entitlements;
use crate::validate::parse_id;
use crate::{Actor, App, Error};

/// The status of an organization, with the version that was read, for writing it back.
#[derive(Debug, Clone)]
pub(crate) struct VerificationRecord {
    pub(crate) status: Status,
    pub(crate) since: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) reason: Option<String>,
    version: i64,
}

/// Collects the facts that the machine needs besides the state. `fingerprint` is the document's fingerprint, once it is
/// known.
pub(crate) async fn verification_facts(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    before: &VerificationRecord,
    fingerprint: Option<&[u8]>,
) -> Result<Facts, Error> {
    let now = app.now();
    let since = now.plus(-ATTEMPTS_WINDOW);
    let attempts = identity_attempts::list(tx, organization).await?;
    let counts =
        |row: &&IdentityAttempt| row.state == AttemptState::Rejected && row.finished_at.is_some_and(|at| at > since);
    let rejected = u8::try_from(attempts.iter().filter(counts).count()).unwrap_or(u8::MAX);
    let duplicate = match fingerprint {
        None => false,
        Some(fingerprint) => document_free_at(app, tx, organization, fingerprint).await?.is_some(),
    };
    Ok(Facts { rejected, duplicate, until: before.until })
}

/// Finds an attempt of this organization, for its owners.
pub(crate) async fn owned_attempt(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    id: &str,
) -> Result<IdentityAttempt, Error> {
    read_tx!(app.store(), "attempt", |tx| {
        app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
        let attempt = parse_id("organization verification", id)?;
        let row = identity_attempts::find(tx, &attempt).await?.filter(|row| row.organization == *organization);
        row.ok_or_else(|| Error::not_found("organization verification", id))
    })
}

/// Whether the organization has proven the requirement itself, for the view.
pub(crate) async fn is_proven(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    Ok(entitlements(tx, organization).await?.meets(Requirement::Organization, app.now()))
}

pub(crate) async fn load_verification(tx: &mut Tx, organization: &OrganizationId) -> Result<VerificationRecord, Error> {
    let row = organization_verifications::find(tx, organization).await?;
    Ok(match row {
        None => VerificationRecord {
            status: Status::Unverified,
            since: Timestamp(0),
            until: None,
            reason: None,
            version: 0,
        },
        Some(row) => VerificationRecord {
            status: row.status,
            since: row.since,
            until: row.until,
            reason: row.reason,
            version: row.version,
        },
    })
}

pub(crate) async fn save_verification(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    before: &VerificationRecord,
    status: Status,
    until: Option<Timestamp>,
    reason: Option<String>,
) -> Result<(), Error> {
    let since = if before.status == status { before.since } else { app.now() };
    let row = OrganizationVerification {
        organization: organization.clone(),
        status,
        since,
        until,
        reason,
        version: before.version,
    };
    Ok(organization_verifications::save(tx, &row).await?)
}

/// Finds the live attempt, if there is one.
pub(crate) async fn live_attempt(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<IdentityAttempt>, Error> {
    let all = identity_attempts::list(tx, organization).await?;
    Ok(all.into_iter().find(|row| row.finished_at.is_none()))
}

/// Returns when the document may verify this organization; `None` means now.
pub(crate) async fn document_free_at(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    fingerprint: &[u8],
) -> Result<Option<Timestamp>, Error> {
    let now = app.now();
    let mut uses = Vec::new();
    for row in privacy::list_document(tx, fingerprint, now.plus(-SAME_DOCUMENT)).await? {
        let same_owner =
            &row.organization == organization || share_an_owner(tx, organization, &row.organization).await?;
        uses.push(Use { organization: row.organization, verified_at: row.verified_at, same_owner });
    }
    match same_document::judge(&uses, organization, app.settings().organizations_per_document, now) {
        Verdict::Free => Ok(None),
        Verdict::Taken { until } => Ok(Some(until)),
    }
}

pub(super) async fn share_an_owner(tx: &mut Tx, one: &OrganizationId, two: &OrganizationId) -> Result<bool, Error> {
    let first = memberships::list_owners(tx, one).await?;
    let second = memberships::list_owners(tx, two).await?;
    Ok(first.iter().any(|owner| second.contains(owner)))
}
