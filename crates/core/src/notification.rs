//! The emails that people can switch off. Emails about the security of an account, about links and codes that a person
//! asked for, and about erased or held data are not among them: they are always sent.

/// A kind of email that a person can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notification {
    /// Results, reminders and changes of the verification of a phone or an organization, to its owners.
    Verification,
    /// Cards that expire or were removed, and waivers of the payment method, to owners.
    Payment,
    /// Unusual use of keys, and keys that their velocity cap pauses, to owners of the organization and of the key.
    Keys,
    /// Cases and requests for a waiver that need a decision, to operators.
    Review,
}

impl Notification {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Verification, Self::Payment, Self::Keys, Self::Review];

    /// The name in the store and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Payment => "payment",
            Self::Keys => "keys",
            Self::Review => "review",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of the email to owners about an event of the audit log; `None` for events that owners must learn of.
    #[must_use]
    pub fn of_event(event: &str) -> Option<Self> {
        match event {
            // What the law asks for, and the answers to a request of an owner.
            "orgv.erased" | "review.held" | "phone.waived" | "phone.waiver_refused" => None,
            _ if event.starts_with("payment.") => Some(Self::Payment),
            _ => Some(Self::Verification),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in Notification::ALL {
            assert_eq!(Notification::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(Notification::from_name("security"), None, "these emails cannot be switched off");
    }

    #[test]
    fn what_owners_must_learn_of_has_no_switch() {
        for (event, kind) in [
            ("orgv.verified", Some(Notification::Verification)),
            ("phone.revoked", Some(Notification::Verification)),
            ("payment.expiring", Some(Notification::Payment)),
            ("orgv.erased", None),
            ("review.held", None),
            ("phone.waiver_refused", None),
        ] {
            assert_eq!(Notification::of_event(event), kind, "{event}");
        }
    }
}
