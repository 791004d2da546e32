//! What documents, pictures and reasons are called, for the person and for the reviewer.

use keystead_app::review::{Prompt, Slot};
use keystead_app::verification::REASONS;
use keystead_core::verification::documents::DocumentKind;

use crate::text::Text;

pub(crate) fn document_name(t: Text, kind: &str) -> String {
    t.say(&format!("document-{}", kind.replace('_', "-")))
}

pub(crate) fn prompt_text(t: Text, prompt: Prompt) -> String {
    match prompt.argument() {
        Some((name, value)) => t.say1(prompt.key(), name, value),
        None => t.say(prompt.key()),
    }
}

pub(crate) fn slot_title(t: Text, slot: Slot, kind: Option<DocumentKind>) -> String {
    match (slot, kind) {
        (Slot::Front, Some(DocumentKind::Passport)) => t.say("slot-data-page"),
        (Slot::Front, Some(DocumentKind::Visa)) => t.say("slot-visa"),
        (Slot::Prompt(at), _) => t.say1("slot-prompt", "number", at + 1),
        (slot, _) => t.say(&format!("slot-{}", slot.as_str())),
    }
}

/// A reason in words; one that nobody knows is "other".
pub(crate) fn reason(t: Text, name: &str) -> String {
    let known = REASONS.iter().find(|known| **known == name).unwrap_or(&"other");
    t.say(&format!("reason-{}", known.replace('_', "-")))
}
