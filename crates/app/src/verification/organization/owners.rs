//! Changes of a verified organization that it did not request: other owners, and the date of a new verification.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{Event, Facts, Status, step};
use keystead_store::Tx;
use keystead_store::tables::organization_verifications;

use super::apply::apply_step;
use super::refused;
use super::state::load_verification;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;
/// How long before a new verification is due the owners are informed.
const NOTICE: i64 = 30 * DAY;
/// How long everything stays open after the due date.
const GRACE: i64 = 14 * DAY;

/// Reacts to a change of owners: the verification may have to be renewed, if the operator wants that.
pub(crate) async fn owners_changed(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<(), Error> {
    let reverify_by = app.settings().reverify_new_owner_days.map(|days| app.now().plus(days * DAY));
    step_verified(app, tx, actor, organization, Event::OwnerChanged { reverify_by }).await
}

/// Gives verifications that must be renewed after some time their date, a month before it comes.
pub(crate) async fn watch_verifications(app: &App, tx: &mut Tx) -> Result<(), Error> {
    let Some(days) = app.settings().reverify_after_days else { return Ok(()) };
    let actor = Actor::Service("clock".to_owned());
    for row in organization_verifications::list(tx, Status::Verified).await? {
        let deadline: Timestamp = row.since.plus(days * DAY);
        if row.until.is_none() && deadline.since(app.now()) <= NOTICE {
            let due = Event::ReverifyDue { deadline, grace: GRACE };
            step_verified(app, tx, &actor, &row.organization, due).await?;
        }
    }
    Ok(())
}

async fn step_verified(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    event: Event,
) -> Result<(), Error> {
    let before = load_verification(tx, organization).await?;
    let facts = Facts { until: before.until, ..Facts::default() };
    let next = step(before.status, None, event, facts, app.now()).map_err(refused)?;
    apply_step(app, tx, actor, organization, &before, None, next, None).await
}
