//! What the test cards of Stripe do when they are charged.

use serde_json::{Value, json};

use crate::text;

/// A test card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Card {
    /// It pays.
    Pays,
    /// The bank refuses, with this code.
    Refused(&'static str),
    /// The bank asks the owner.
    Asks,
    /// It pays, and the charge is disputed.
    Disputed,
}

/// The choices on a page of a payment: the name of the choice, the card that causes it at the vendor, the card, and the
/// text of the button.
pub(super) const CHOICES: [(&str, &str, Card, &str); 6] = [
    ("pay", "4242 4242 4242 4242", Card::Pays, "Pay"),
    ("decline", "4000 0000 0000 0002", Card::Refused("generic_decline"), "The bank declines"),
    ("insufficient_funds", "4000 0000 0000 9995", Card::Refused("insufficient_funds"), "Insufficient funds"),
    ("expired_card", "4000 0000 0000 0069", Card::Refused("expired_card"), "Expired card"),
    ("3ds", "4000 0025 0000 3155", Card::Asks, "The bank asks"),
    ("dispute", "4000 0000 0000 0259", Card::Disputed, "Pay, and dispute the charge"),
];

impl Card {
    /// The card behind a choice on the page that puts a card on file.
    pub(super) fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "charge_declined" => Self::Refused("generic_decline"),
            "charge_insufficient" => Self::Refused("insufficient_funds"),
            "charge_asks" => Self::Asks,
            "charge_disputed" => Self::Disputed,
            _ => Self::Pays,
        }
    }

    /// The card behind a choice on the page of a payment.
    pub(super) fn of_choice(choice: &str) -> Option<Self> {
        CHOICES.iter().find(|(name, ..)| *name == choice).map(|(_, _, card, _)| *card)
    }
}

/// Builds the error of a refused card. `decline` is the bank's class of it.
pub(super) fn declined(decline: &str, card: &str) -> Value {
    let code = match decline {
        "expired_card" | "authentication_required" => decline,
        _ => "card_declined",
    };
    json!({ "type": "card_error", "code": code, "decline_code": decline, "message": "Your card was declined.",
        "payment_method": { "card": { "fingerprint": text::id("fp_", card) } } })
}
