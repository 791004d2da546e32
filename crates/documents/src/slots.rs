//! The pictures of a case, by the chosen document. No other picture is ever accepted.

use keystead_core::verification::documents::{DocumentKind, DocumentPolicy, Side};
pub use keystead_core::verification::review::Slot;

use crate::image::PictureKind;
use crate::prompts::PROMPTS;

impl From<Slot> for PictureKind {
    /// Returns the kind by which the slot's picture is judged.
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Front | Slot::Passport => Self::DocumentFront,
            Slot::Back => Self::DocumentBack,
            Slot::Selfie => Self::Selfie,
            Slot::Prompt(_) => Self::Prompt,
        }
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
