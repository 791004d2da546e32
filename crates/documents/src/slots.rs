//! The pictures of a case, by the chosen document. No other picture is ever accepted.

use keystead_core::verification::documents::{DocumentKind, DocumentPolicy, Side};

use crate::image::PictureKind;
use crate::prompts::PROMPTS;

/// One place for a picture.
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

    /// The kind by which its picture is judged.
    #[must_use]
    pub const fn picture(self) -> PictureKind {
        match self {
            Self::Front | Self::Passport => PictureKind::DocumentFront,
            Self::Back => PictureKind::DocumentBack,
            Self::Selfie => PictureKind::Selfie,
            Self::Prompt(_) => PictureKind::Prompt,
        }
    }

    /// Whether it shows a document.
    #[must_use]
    pub const fn of_document(self) -> bool {
        matches!(self, Self::Front | Self::Back | Self::Passport)
    }
}

/// Returns every slot that must be filled for a document of a country; empty when the document is not accepted there.
/// The back of a My Number card is never included, because its number may not be collected.
#[must_use]
pub fn wanted(policy: &DocumentPolicy, country: &str, kind: DocumentKind) -> Vec<Slot> {
    let Some(document) = policy.documents(country).into_iter().find(|document| document.kind == kind) else {
        return Vec::new();
    };
    let sides = document.sides.iter().map(|side| match side {
        Side::Front => Slot::Front,
        Side::Back => Slot::Back,
    });
    let beside = document.needs.map(|_| Slot::Passport);
    sides.chain(beside).chain([Slot::Selfie]).chain((0..PROMPTS).map(Slot::Prompt)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // S0-10 S0-11 S0-12 S0-13 S0-14 S3-25
    #[test]
    fn sides_by_document_and_country() {
        let documents = |country, kind| {
            let slots = wanted(&DocumentPolicy::default(), country, kind);
            slots.into_iter().filter(|slot| slot.of_document()).map(Slot::as_str).collect::<Vec<_>>()
        };
        assert_eq!(documents("PL", DocumentKind::IdentityCard), ["front", "back"]);
        assert_eq!(documents("PL", DocumentKind::Passport), ["front"]);
        assert_eq!(documents("JP", DocumentKind::MyNumberCard), ["front"], "never the back");
        assert_eq!(documents("US", DocumentKind::Visa), ["front", "passport"]);
        assert_eq!(documents("US", DocumentKind::DriversLicense), ["front", "back"]);
        assert!(wanted(&DocumentPolicy::default(), "US", DocumentKind::IdentityCard).is_empty(), "not issued there");
        assert!(wanted(&DocumentPolicy::default(), "XX", DocumentKind::Passport).is_empty());
        assert_eq!(wanted(&DocumentPolicy::default(), "PL", DocumentKind::Passport).len(), 1 + 1 + PROMPTS);
        for slot in Slot::ALL {
            assert_eq!(Slot::from_name(slot.as_str()), Some(slot));
        }
    }
}
