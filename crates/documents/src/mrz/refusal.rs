//! Why typed lines are not a machine-readable zone.

/// Why lines cannot be parsed. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MrzRefusal {
    /// Not the two or three lines of a passport, card or visa.
    #[error("these are not the lines of a machine-readable zone")]
    NotAZone,
    /// A character that no zone has; the person should check it.
    #[error("line {line} has a character at {position} that is neither a letter A to Z nor a digit nor <")]
    Character {
        /// The line.
        line: usize,
        /// The character in it, from 1.
        position: usize,
    },
    /// A line of the wrong length.
    #[error("line {line} should have {expected} characters and has {got}")]
    Length {
        /// The line.
        line: usize,
        /// The length in the format.
        expected: usize,
        /// The typed length.
        got: usize,
    },
}
