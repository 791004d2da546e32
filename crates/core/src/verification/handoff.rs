//! Links that continue an attempt on another device.

/// How a link travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// On the screen, for a phone's camera; fifteen minutes.
    Qr,
    /// To the owner's address; a day.
    Mail,
}

impl Channel {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::Qr, Self::Mail];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Mail => "mail",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }

    /// The seconds for which a link works.
    #[must_use]
    pub const fn life(self) -> i64 {
        match self {
            Self::Qr => 900,
            Self::Mail => 86_400,
        }
    }
}
