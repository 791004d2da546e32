//! What line services report about a number. They are asked as rarely as possible.

use keystead_core::verification::limits::{LOOKUP_LIMITS, LOOKUPS};
use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::{SimCard, held_until};
use keystead_store::tables::phones;
use rand::Rng;

use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_all_hits};
use crate::verification::number::Number;
use crate::{App, Error};

/// The error code for a number with a recently changed SIM card.
pub(crate) const SIM_CHANGED: &str = "phone_sim_changed";
/// Seconds that a carrier's report is used: thirty days.
const LOOKUP_LIFE: i64 = 30 * 86_400;

/// Returns the line type that the carrier reports; unknown when no service can be asked, which passes with lower
/// limits.
pub(super) async fn line_kind(
    app: &App,
    number: &Number,
    fingerprint: &[u8],
    subjects: &Subjects<'_>,
) -> Result<LineKind, Error> {
    let now = app.now();
    let read = read_tx!(app.store(), "line_kind", |tx| {
        Ok(phones::find_line(tx, fingerprint, now.plus(-LOOKUP_LIFE)).await?)
    });
    if let Some(known) = read? {
        return Ok(known);
    }
    let Some(lookup) = &app.services().lines else { return Ok(LineKind::Unknown) };
    count_lookup(app, subjects).await?;
    let Ok(line) = lookup.lookup(number.e164.expose()).await else { return Ok(LineKind::Unknown) };
    write_tx!(app.store(), "save_line", |tx| Ok(phones::save_line(tx, fingerprint, line, now).await?))?;
    Ok(line)
}

/// Refuses a number with a recently changed SIM card as a replacement of the proven one, if the operator wants
/// that. It passes when the carrier does not report that or cannot be asked.
pub(super) async fn sim_settled(app: &App, number: &Number, subjects: &Subjects<'_>) -> Result<(), Error> {
    let days = app.settings().sim_swap_days;
    let Some(lines) = app.services().lines.as_ref().filter(|_| days > 0) else { return Ok(()) };
    count_lookup(app, subjects).await?;
    let card = lines.sim_card(number.e164.expose()).await.unwrap_or(SimCard::Unknown);
    match held_until(card, days, app.now()) {
        Some(until) => Err(Error::limited(SIM_CHANGED, until)),
        None => Ok(()),
    }
}

/// Counts a lookup at a carrier, or refuses it beyond the limits.
async fn count_lookup(app: &App, subjects: &Subjects<'_>) -> Result<(), Error> {
    let nth = app.draw(|rng| rng.random::<u64>());
    write_tx!(app.store(), "count_lookup", |tx| {
        hold_all_hits(tx, LOOKUPS).await?;
        ensure_within(app, tx, LOOKUP_LIMITS, subjects, "").await?;
        count_hit(app, tx, LOOKUPS, subjects, &format!("{nth:016x}"), "").await
    })
}
