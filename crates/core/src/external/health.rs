//! The outcome of a validation.

/// What the last validation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There was none.
    Pending,
    /// Everything that is needed works.
    Validated,
    /// The place was reached, and a part of what is needed does not work, or not now.
    Degraded,
    /// It cannot be used.
    Unhealthy,
}

impl Health {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Validated, Self::Degraded, Self::Unhealthy];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Validated => "validated",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Returns the one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|health| health.as_str() == name)
    }
}

/// Why a validation did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This installation has no identity in the cloud.
    NoIdentity,
    /// The cloud did not admit Keystead's identity, or not to the customer's role or directory.
    IdentityRefused,
    /// There was no answer in time.
    NoAnswer,
    /// The cloud answered that it cannot do this now.
    Busy,
    /// There is no such key or bucket.
    NotFound,
    /// The key or bucket may not be used.
    UseRefused,
    /// The key is disabled.
    Disabled,
    /// The bucket refuses to be written.
    WriteRefused,
    /// The bucket refuses to be read.
    ReadRefused,
    /// The bucket refuses that objects are deleted, so the object of the validation stays in it.
    DeleteRefused,
    /// What was read, or decrypted, is not what was written, or encrypted.
    Altered,
    /// An answer that is none of these.
    Unexpected,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 12] = [
        Self::NoIdentity,
        Self::IdentityRefused,
        Self::NoAnswer,
        Self::Busy,
        Self::NotFound,
        Self::UseRefused,
        Self::Disabled,
        Self::WriteRefused,
        Self::ReadRefused,
        Self::DeleteRefused,
        Self::Altered,
        Self::Unexpected,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoIdentity => "no_identity",
            Self::IdentityRefused => "identity_refused",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::NotFound => "not_found",
            Self::UseRefused => "use_refused",
            Self::Disabled => "disabled",
            Self::WriteRefused => "write_refused",
            Self::ReadRefused => "read_refused",
            Self::DeleteRefused => "delete_refused",
            Self::Altered => "altered",
            Self::Unexpected => "unexpected_answer",
        }
    }

    /// Returns the fault of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == name)
    }

    /// What the fault means for the place.
    #[must_use]
    pub const fn health(self) -> Health {
        match self {
            Self::Busy | Self::WriteRefused | Self::ReadRefused | Self::DeleteRefused | Self::Altered => {
                Health::Degraded
            }
            Self::NoIdentity
            | Self::IdentityRefused
            | Self::NoAnswer
            | Self::NotFound
            | Self::UseRefused
            | Self::Disabled
            | Self::Unexpected => Health::Unhealthy,
        }
    }

    /// The fault of a status that every service of a cloud means alike; `refused` is the one of 401 and 403.
    #[must_use]
    pub const fn of_status(status: u16, refused: Self) -> Option<Self> {
        match status {
            200..=299 => None,
            401 | 403 => Some(refused),
            404 | 410 => Some(Self::NotFound),
            429 | 500.. => Some(Self::Busy),
            _ => Some(Self::Unexpected),
        }
    }
}

/// What a validation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What did not work; `None` when everything did.
    pub fault: Option<Fault>,
    /// The region of a bucket, where it became known.
    pub region: Option<String>,
}

impl Checked {
    /// A validation that ended with this fault, before a region was known.
    #[must_use]
    pub const fn failed(fault: Fault) -> Self {
        Self { fault: Some(fault), region: None }
    }

    /// The outcome in one word.
    #[must_use]
    pub fn health(&self) -> Health {
        self.fault.map_or(Health::Validated, Fault::health)
    }
}
