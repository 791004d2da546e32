//! Names of documents, pictures and reasons, for the person and for the reviewer.

use keystead_app::review::{Prompt, Slot};
use keystead_app::verification::REASONS;
use keystead_core::verification::documents::DocumentKind;

use keystead_locales::Messages;

pub(crate) fn document_name(t: Messages, kind: &str) -> String {
    t.text(&format!("document-{}", kind.replace('_', "-")))
}

pub(crate) fn prompt_text(t: Messages, prompt: Prompt) -> String {
    match prompt.argument() {
        Some((name, value)) => t.text_with(prompt.key(), name, value),
        None => t.text(prompt.key()),
    }
}

pub(crate) fn slot_title(t: Messages, slot: Slot, kind: Option<DocumentKind>) -> String {
    match (slot, kind) {
        (Slot::Front, Some(DocumentKind::Passport)) => t.text("slot-data-page"),
        (Slot::Front, Some(DocumentKind::Visa)) => t.text("slot-visa"),
        (Slot::Prompt(at), _) => t.text_with("slot-prompt", "number", at + 1),
        (slot, _) => t.text(&format!("slot-{}", slot.as_str())),
    }
}

/// The text of a reason; an unknown one is "other".
pub(crate) fn reason(t: Messages, name: &str) -> String {
    let known = REASONS.iter().find(|known| **known == name).unwrap_or(&"other");
    t.text(&format!("reason-{}", known.replace('_', "-")))
}
