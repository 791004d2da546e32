//! Rotation: a new secret beside the old one, which keeps working for a while.

use crate::key::KeyKind;
use crate::time::Timestamp;

/// The longest overlap of the two secrets, a week, in seconds.
pub const LONGEST_OVERLAP: i64 = 7 * 86_400;

/// The longest life of a key, a year, in seconds.
pub const LONGEST_LIFE: i64 = 31_536_000;

/// The properties of a key that decide whether it may be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The kind.
    pub kind: KeyKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// Whether another key has replaced it.
    pub replaced: bool,
}

/// The lifetimes of two keys after a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// When the old key ends; the present moment for "at once".
    pub old_ends_at: Timestamp,
    /// The lifetime of the new key in seconds; `None` is unlimited.
    pub new_life: Option<i64>,
}

/// Why a key cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationRefusal {
    /// It is not bound to a project, so it is not known which gate a new one would pass.
    #[error("only keys of a project can be rotated")]
    Kind,
    /// It has ended.
    #[error("the key has expired")]
    Expired,
    /// It has been replaced already.
    #[error("the key has been rotated before")]
    Replaced,
    /// The overlap is out of range.
    #[error("the overlap must be between 0 and {LONGEST_OVERLAP} seconds")]
    Overlap,
}

/// Computes the lifetimes of both keys: the old one lives until the end of the overlap, but never beyond its own end;
/// the new one gets the lifetime that the old one had from the start.
///
/// # Errors
/// [`RotationRefusal`] when the key cannot be rotated, or not in this way.
pub fn rotate(key: &Rotated, overlap: i64, now: Timestamp) -> Result<Rotation, RotationRefusal> {
    if !matches!(key.kind, KeyKind::Project | KeyKind::ServiceAccount) {
        return Err(RotationRefusal::Kind);
    }
    if key.expires_at.is_some_and(|end| now >= end) {
        return Err(RotationRefusal::Expired);
    }
    if key.replaced {
        return Err(RotationRefusal::Replaced);
    }
    if !(0..=LONGEST_OVERLAP).contains(&overlap) {
        return Err(RotationRefusal::Overlap);
    }
    let through = now.plus(overlap);
    Ok(Rotation {
        old_ends_at: key.expires_at.map_or(through, |end| end.min(through)),
        new_life: key.expires_at.map(|end| end.since(key.created_at).clamp(1, LONGEST_LIFE)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn key() -> Rotated {
        Rotated { kind: KeyKind::Project, created_at: Timestamp(900_000), expires_at: None, replaced: false }
    }

    /// S1-36
    #[test]
    fn the_old_key_ends_after_the_overlap_but_never_later_than_it_would_have() {
        let day = rotate(&key(), 86_400, NOW);
        assert_eq!(day, Ok(Rotation { old_ends_at: NOW.plus(86_400), new_life: None }));
        assert_eq!(rotate(&key(), 0, NOW).map(|r| r.old_ends_at), Ok(NOW));
        let short = Rotated { expires_at: Some(NOW.plus(60)), ..key() };
        let kept = rotate(&short, 86_400, NOW);
        assert_eq!(kept, Ok(Rotation { old_ends_at: NOW.plus(60), new_life: Some(100_060) }));
    }

    #[test]
    fn keys_that_cannot_be_rotated() {
        for kind in [KeyKind::User, KeyKind::Admin] {
            assert_eq!(rotate(&Rotated { kind, ..key() }, 0, NOW), Err(RotationRefusal::Kind));
        }
        assert_eq!(rotate(&Rotated { expires_at: Some(NOW), ..key() }, 0, NOW), Err(RotationRefusal::Expired));
        assert_eq!(rotate(&Rotated { replaced: true, ..key() }, 0, NOW), Err(RotationRefusal::Replaced));
        for overlap in [-1, LONGEST_OVERLAP + 1] {
            assert_eq!(rotate(&key(), overlap, NOW), Err(RotationRefusal::Overlap));
        }
    }

    proptest! {
        #[test]
        fn a_rotation_never_extends_a_lifetime(
            overlap in 0..=LONGEST_OVERLAP,
            left in proptest::option::of(1_i64..100_000_000),
            age in 0_i64..100_000_000,
        ) {
            let end = left.map(|left| NOW.plus(left));
            let old = Rotated { created_at: NOW.plus(-age), expires_at: end, ..key() };
            let made = rotate(&old, overlap, NOW).map_err(|why| TestCaseError::fail(why.to_string()))?;
            prop_assert!(made.old_ends_at >= NOW && made.old_ends_at <= NOW.plus(LONGEST_OVERLAP));
            prop_assert!(end.is_none_or(|end| made.old_ends_at <= end));
            prop_assert!(made.new_life.is_none_or(|life| (1..=LONGEST_LIFE).contains(&life)));
            prop_assert_eq!(made.new_life.is_none(), end.is_none());
        }
    }
}
