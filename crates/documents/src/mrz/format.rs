//! The formats of machine-readable zones and the positions of their check digits.

/// The five formats of Doc 9303.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Cards: three lines of 30 (part 5).
    Td1,
    /// Older cards: two lines of 36 (part 6).
    Td2,
    /// Passports: two lines of 44 (part 4).
    Td3,
    /// Visas: two lines of 44, without a check digit over the whole (part 7).
    MrvA,
    /// Small visas: two lines of 36, without a check digit over the whole (part 7).
    MrvB,
}

impl Format {
    /// Characters of a line.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 | Self::MrvB => 36,
            Self::Td3 | Self::MrvA => 44,
        }
    }

    /// Whether it is the format of a visa.
    #[must_use]
    pub const fn is_visa(self) -> bool {
        matches!(self, Self::MrvA | Self::MrvB)
    }

    /// The positions of the check digits that every zone of the format has.
    pub(super) const fn places(self) -> Places {
        match self {
            Self::Td1 => Places { number: (0, 14), birth: (1, 6), expiry: (1, 14), composite: Some((1, 29)) },
            Self::Td2 => Places { number: (1, 9), birth: (1, 19), expiry: (1, 27), composite: Some((1, 35)) },
            Self::Td3 => Places { number: (1, 9), birth: (1, 19), expiry: (1, 27), composite: Some((1, 43)) },
            Self::MrvA | Self::MrvB => Places { number: (1, 9), birth: (1, 19), expiry: (1, 27), composite: None },
        }
    }
}

/// Line and column, from zero.
pub(super) type Place = (usize, usize);

pub(super) struct Places {
    pub(super) number: Place,
    pub(super) birth: Place,
    pub(super) expiry: Place,
    pub(super) composite: Option<Place>,
}

/// A passport's optional field has its own check digit, which may be a filler if the field is empty.
pub(super) const PERSONAL_NUMBER: Place = (1, 42);
