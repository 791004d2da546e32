//! For which organizations a number may be proven, and how often codes are sent to it.

use keystead_core::hex;
use keystead_core::id::OrganizationId;
use keystead_core::verification::limits::{DOUBTFUL, DOUBTFUL_LIMITS, SEND_LIMITS, SENDS};
use keystead_core::verification::number::LineVerdict;
use keystead_core::verification::phone::LOCK_WAITS;
use keystead_core::verification::phone_sharing::{self, Holder, Sharing};
use keystead_store::Tx;
use keystead_store::tables::limit_hits;
use keystead_store::tables::phones;

use crate::request::Origin;
use crate::verification::limits::{Subjects, count_hit, ensure_country_open, ensure_within, hold_all_hits};
use crate::{Actor, App, Error};

/// The error code for a number that has its maximum of organizations.
pub(super) const FULL: &str = "phone_number_limit_reached";

/// Returns the subjects against which a number's codes count.
pub(super) fn number_subjects<'a>(
    app: &App,
    e164: &str,
    country: &str,
    actor: &'a Actor,
    organization: &'a OrganizationId,
    origin: Origin,
) -> Subjects<'a> {
    let half = |fingerprint: Vec<u8>| hex::encode(&fingerprint[..16]);
    let prefix: String = e164.chars().skip(1).take(7).collect();
    Subjects {
        number: Some(half(app.sealer().fingerprint("phone", e164))),
        prefix: Some(half(app.sealer().fingerprint("phone_prefix", &prefix))),
        country: Some(country.to_owned()),
        user: actor.user(),
        organization: Some(organization),
        ip: origin.ip,
        ..Subjects::default()
    }
}

/// Checks that the number may verify one more organization; returns those that lose it with the proof. A refusal
/// tells strangers no more than any other refusal.
pub(crate) async fn number_free(
    app: &App,
    tx: &mut Tx,
    fingerprint: &[u8],
    organization: &OrganizationId,
    actor: &Actor,
) -> Result<Vec<OrganizationId>, Error> {
    let held = phones::list_by_fingerprint(tx, fingerprint).await?;
    let holder = |(row, closed_at): (phones::PhoneNumber, _)| Holder {
        organization: row.organization,
        user: row.user,
        verified_at: row.verified_at,
        closed_at,
    };
    let holders: Vec<Holder> = held.into_iter().map(holder).collect();
    let most = app.settings().organizations_per_number;
    match phone_sharing::judge(&holders, organization, actor.user(), most, app.now()) {
        Sharing::Free { released } => Ok(released),
        Sharing::Full => {
            let message = "This number cannot be used for another organization. Use another number or ask support.";
            Err(Error::coded("phone_number", FULL, message))
        }
    }
}

/// Counts a send, or refuses it beyond the limits, which are lower for an unknown line.
pub(super) async fn count_send(
    app: &App,
    tx: &mut Tx,
    subjects: &Subjects<'_>,
    verdict: LineVerdict,
    id: &str,
) -> Result<(), Error> {
    let value = subjects.number.clone().unwrap_or_default();
    hold_all_hits(tx, SENDS).await?;
    ensure_within(app, tx, SEND_LIMITS, subjects, &value).await?;
    ensure_country_open(app, tx, subjects).await?;
    if verdict == LineVerdict::Review {
        ensure_within(app, tx, DOUBTFUL_LIMITS, subjects, &value).await?;
        count_hit(app, tx, DOUBTFUL, subjects, id, &value).await?;
    }
    count_hit(app, tx, SENDS, subjects, id, &value).await
}

/// Counts how often codes of this person were locked by wrong checks in the last days, so that waits keep growing.
pub(super) async fn earlier_locks(app: &App, tx: &mut Tx, subjects: &Subjects<'_>) -> Result<u8, Error> {
    let Some(organization) = &subjects.organization else { return Ok(0) };
    let subject = format!("organization:{organization}");
    let since = app.now().plus(-7 * 86_400);
    let locks = limit_hits::count(tx, "phone_locks", &subject, since).await?.hits;
    Ok(u8::try_from(locks).unwrap_or(u8::MAX).min(LOCK_WAITS.len() as u8))
}
