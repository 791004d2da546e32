//! The process's only clock: the system's clock, and never behind the time that passed since the process began. A clock
//! that is set back would make keys, sessions and links valid again that had expired, and would let a node trust for too
//! long what it knows of a store that it cannot reach.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use keystead_app::Clock;
use keystead_core::time::Timestamp;

/// A smaller difference, in milliseconds, is not logged: a clock that is steered differs a little.
const LOGGED_FROM: i64 = 2_000;

/// What both clocks showed when the process began.
static BEGAN: LazyLock<(i64, Instant)> = LazyLock::new(read);
/// Whether the system's clock was behind when it was last read.
static BEHIND: AtomicBool = AtomicBool::new(false);

/// The system's clock in milliseconds since 1970, and the clock that cannot be set.
#[expect(clippy::disallowed_methods, reason = "the binary holds the clock; everything below is handed this one")]
fn read() -> (i64, Instant) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (i64::try_from(since.as_millis()).unwrap_or(i64::MAX), Instant::now())
}

/// The time, and by how much the system's clock is behind it, in milliseconds. `began` and `wall` are what the system's
/// clock showed at the start and shows now, and `passed` is the time in between.
fn time(began: i64, passed: i64, wall: i64) -> (i64, i64) {
    let least = began.saturating_add(passed);
    (wall.max(least), least.saturating_sub(wall).max(0))
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    let (began, since) = *BEGAN;
    let (wall, at) = read();
    let passed = i64::try_from(at.saturating_duration_since(since).as_millis()).unwrap_or(i64::MAX);
    let (time, behind) = time(began, passed, wall);
    let is_behind = behind > LOGGED_FROM;
    if BEHIND.swap(is_behind, Ordering::Relaxed) != is_behind && is_behind {
        tracing::warn!(
            seconds = behind / 1_000,
            "the system clock was set back; this process continues from the earlier time until it is restarted"
        );
    }
    Timestamp(time / 1_000)
}

/// The clock as a value.
pub(crate) fn clock() -> Clock {
    Arc::new(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_is_not_followed() {
        for (wall, passed, told, behind) in [
            (1_000_000, 0, 1_000_000, 0),
            (1_010_000, 10_000, 1_010_000, 0),
            // Set back by an hour, and to before 1970.
            (1_010_000 - 3_600_000, 10_000, 1_010_000, 3_600_000),
            (0, 10_000, 1_010_000, 1_010_000),
            // Set forward: followed, and back from there to where it should be.
            (9_000_000, 20_000, 9_000_000, 0),
            (1_030_000, 30_000, 1_030_000, 0),
        ] {
            assert_eq!(time(1_000_000, passed, wall), (told, behind), "{wall} {passed}");
        }
    }

    #[test]
    fn the_clock_tells_the_time() {
        let (before, told, after) = (read().0 / 1_000, now().0, read().0 / 1_000);
        assert!((before..=after + 1).contains(&told), "{before} {told} {after}");
    }
}
