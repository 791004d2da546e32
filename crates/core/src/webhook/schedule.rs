//! When a delivery that failed is sent again, and when an endpoint is given up.

const HOUR: i64 = 3_600;

/// Seconds from one attempt to the next, as the specification suggests: a delivery is tried for more than three days.
const WAITS: [i64; 9] = [5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// The most attempts of one delivery.
pub const ATTEMPTS: i64 = WAITS.len() as i64 + 1;
/// The longest wait that an answer can ask for with `Retry-After`, in seconds.
const LONGEST_ASKED: i64 = 24 * HOUR;
/// Seconds after which an endpoint that took nothing is switched off, when a delivery has used up its attempts.
const GIVEN_UP: i64 = 72 * HOUR;

/// Returns the seconds to wait after this many failed attempts; `None` after the last one. `draw` is any random number: up
/// to a tenth is added, so that deliveries that failed together do not come back together. `asked` is the value of
/// `Retry-After`; a longer wait than ours is kept.
#[must_use]
pub fn wait_after(attempts: i64, draw: u32, asked: Option<i64>) -> Option<i64> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let wait = *WAITS.get(place)?;
    let more = wait / 10;
    let jitter = if more > 0 { i64::from(draw) % (more + 1) } else { 0 };
    Some((wait + jitter).max(asked.unwrap_or_default().clamp(0, LONGEST_ASKED)))
}

/// Whether an endpoint is switched off after a delivery has used up its attempts: `failing` is for how many seconds it has
/// taken nothing.
#[must_use]
pub const fn is_failing_too_long(failing: i64) -> bool {
    failing >= GIVEN_UP
}
