//! Which of two services sends a code: the one that made the last code, or the first; the other one only when that one
//! does not answer. A refusal of a number is final: asking the other service would be a way around a rule.

/// A service that sends codes, by its section in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeService {
    /// `[sms]`.
    First,
    /// `[sms_fallback]`.
    Second,
}

/// The answer of a service to a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAnswer {
    /// It took the message.
    Sent,
    /// It refuses this number.
    Refused,
    /// It does not answer, or is out of order.
    Down,
}

impl CodeService {
    /// Both services.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The name in the store, in audit entries and in health reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "sms",
            Self::Second => "sms_fallback",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == name)
    }

    /// The other service.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// The service to ask first: the one that made the present code, because its repetition keeps the code valid, or
    /// else the first.
    #[must_use]
    pub fn preferred(made_by: Option<Self>) -> Self {
        made_by.unwrap_or(Self::First)
    }

    /// The service to ask next in the same request, after the answer of `self`.
    #[must_use]
    pub fn next(self, answer: SendAnswer, other_is_there: bool) -> Option<Self> {
        (answer == SendAnswer::Down && other_is_there).then(|| self.other())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_outage_uses_the_other_service() {
        for service in CodeService::ALL {
            assert_eq!(CodeService::from_name(service.as_str()), Some(service));
            assert_eq!(service.other().other(), service);
            assert_eq!(CodeService::preferred(Some(service)), service);
            assert_eq!(service.next(SendAnswer::Down, true), Some(service.other()));
            for (answer, there) in [
                (SendAnswer::Sent, true),
                (SendAnswer::Refused, true),
                (SendAnswer::Sent, false),
                (SendAnswer::Refused, false),
                (SendAnswer::Down, false),
            ] {
                assert_eq!(service.next(answer, there), None, "{answer:?} {there}");
            }
        }
        assert_eq!(CodeService::preferred(None), CodeService::First);
        assert_eq!(CodeService::from_name("pigeon"), None);
    }
}
