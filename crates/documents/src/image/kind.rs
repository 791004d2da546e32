//! What a picture must show.

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureKind {
    /// The side of a document with the portrait; the data page of a passport; a visa.
    DocumentFront,
    /// The other side.
    DocumentBack,
    /// The holder's face, by camera.
    Selfie,
    /// The holder following a prompt.
    Prompt,
}

impl PictureKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::DocumentFront, Self::DocumentBack, Self::Selfie, Self::Prompt];

    /// The name in the store and in translations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentFront => "document_front",
            Self::DocumentBack => "document_back",
            Self::Selfie => "selfie",
            Self::Prompt => "prompt",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it must have readable print.
    #[must_use]
    pub const fn shows_a_document(self) -> bool {
        matches!(self, Self::DocumentFront | Self::DocumentBack)
    }
}
