//! What rows about reviews by people say: captures, cases and their pictures.

/// Why a case was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseKind {
    /// A person submitted pictures to the built-in reviewer.
    Review,
    /// An owner objects to a refusal.
    Appeal,
    /// One document was shown for several organizations.
    Duplicate,
}

impl CaseKind {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Review, Self::Appeal, Self::Duplicate];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Appeal => "appeal",
            Self::Duplicate => "duplicate",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// The state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseState {
    /// It is undecided.
    Open,
    /// It is undecided, and one of two people has approved.
    Proposed,
    /// It is decided.
    Decided,
}

impl CaseState {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Open, Self::Proposed, Self::Decided];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proposed => "proposed",
            Self::Decided => "decided",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// A decision of a case, or the proposal of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseDecision {
    /// The organization is verified.
    Approve,
    /// It is not.
    Reject,
    /// New pictures are needed.
    Recapture,
    /// The pictures were erased before a decision.
    Withdrawn,
}

impl CaseDecision {
    /// Every value.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Reject, Self::Recapture, Self::Withdrawn];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Recapture => "recapture",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// The state of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptureState {
    /// Pictures can be submitted.
    Open,
    /// Everything is submitted.
    Submitted,
    /// It ended before everything was submitted.
    Cancelled,
}

impl CaptureState {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Open, Self::Submitted, Self::Cancelled];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Cancelled => "cancelled",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// One place for a picture of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The side of the document with the photo.
    Front,
    /// Its other side.
    Back,
    /// The passport that contains the visa.
    Passport,
    /// The holder's face.
    Selfie,
    /// The holder following a prompt, counted from zero.
    Prompt(usize),
}

impl Slot {
    /// Every slot in the order in which it is filled.
    pub const ALL: [Self; 7] =
        [Self::Front, Self::Back, Self::Passport, Self::Selfie, Self::Prompt(0), Self::Prompt(1), Self::Prompt(2)];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
            Self::Passport => "passport",
            Self::Selfie => "selfie",
            Self::Prompt(0) => "prompt_1",
            Self::Prompt(1) => "prompt_2",
            Self::Prompt(_) => "prompt_3",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == name)
    }

    /// Whether it shows a document.
    #[must_use]
    pub const fn of_document(self) -> bool {
        matches!(self, Self::Front | Self::Back | Self::Passport)
    }
}

/// Why a reviewer views a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewReason {
    /// They decide a review.
    Review,
    /// They decide an appeal.
    Appeal,
    /// They check the work of reviewers.
    Audit,
}

impl ViewReason {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Review, Self::Appeal, Self::Audit];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Appeal => "appeal",
            Self::Audit => "audit",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErasureKind {
    /// The pictures of a case.
    Evidence,
    /// The identity service's copy of an attempt.
    ProviderCopy,
    /// Everything, because an owner withdrew their consent.
    Withdrawal,
}

impl ErasureKind {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Evidence, Self::ProviderCopy, Self::Withdrawal];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::ProviderCopy => "provider_copy",
            Self::Withdrawal => "withdrawal",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}
