//! Which phone numbers may get a code, once a library has parsed them into E.164, and how they are shown.

use serde::{Deserialize, Serialize};

/// The line type reported by a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A mobile line.
    Mobile,
    /// A fixed line.
    Landline,
    /// Voice over IP at a fixed address.
    FixedVoip,
    /// Voice over IP without an address.
    NonFixedVoip,
    /// A personal number, which its owner may forward anywhere.
    Personal,
    /// Free to call.
    TollFree,
    /// Premium rate.
    Premium,
    /// Cost shared with the caller.
    SharedCost,
    /// A company-wide number.
    Uan,
    /// A mailbox.
    Voicemail,
    /// A pager.
    Pager,
    /// The carrier does not say, or could not be asked.
    Unknown,
}

impl LineKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Mobile,
        Self::Landline,
        Self::FixedVoip,
        Self::NonFixedVoip,
        Self::Personal,
        Self::TollFree,
        Self::Premium,
        Self::SharedCost,
        Self::Uan,
        Self::Voicemail,
        Self::Pager,
        Self::Unknown,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Landline => "landline",
            Self::FixedVoip => "fixed_voip",
            Self::NonFixedVoip => "non_fixed_voip",
            Self::Personal => "personal",
            Self::TollFree => "toll_free",
            Self::Premium => "premium",
            Self::SharedCost => "shared_cost",
            Self::Uan => "uan",
            Self::Voicemail => "voicemail",
            Self::Pager => "pager",
            Self::Unknown => "unknown",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An operator's rule for a line type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineRule {
    /// Treat it like a mobile line.
    Accept,
    /// Accept it with lower limits, and mark it for the operator.
    Review,
    /// Refuse it.
    Refuse,
}

/// The operator's rules. Mobile lines always pass; free, premium and shared-cost numbers, company numbers, mailboxes
/// and pagers never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinePolicy {
    /// Voice over IP at a fixed address.
    pub fixed_voip: LineRule,
    /// Voice over IP without an address, such as Google Voice.
    pub non_fixed_voip: LineRule,
    /// Whether codes can be spoken; a fixed line is useful only then.
    pub voice: bool,
    /// Personal and unknown lines, and all lines when no carrier can be asked.
    pub doubtful: LineRule,
}

impl Default for LinePolicy {
    fn default() -> Self {
        Self {
            fixed_voip: LineRule::Refuse,
            non_fixed_voip: LineRule::Refuse,
            voice: false,
            doubtful: LineRule::Review,
        }
    }
}

/// The result for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineVerdict {
    /// A code is sent.
    Accept,
    /// A code is sent, with lower limits, and the operator sees it.
    Review,
    /// No code is sent; the code names the reason, and is shown at once.
    Refuse(&'static str),
}

/// Judges a line.
#[must_use]
pub const fn line_verdict(kind: LineKind, policy: &LinePolicy) -> LineVerdict {
    const VOIP: &str = "phone_voip_not_supported";
    match kind {
        LineKind::Mobile => LineVerdict::Accept,
        LineKind::FixedVoip => ruled(policy.fixed_voip, VOIP),
        LineKind::NonFixedVoip => ruled(policy.non_fixed_voip, VOIP),
        LineKind::Landline if policy.voice => LineVerdict::Accept,
        LineKind::Landline => LineVerdict::Refuse("phone_landline_not_supported"),
        LineKind::Personal | LineKind::Unknown => ruled(policy.doubtful, NOT_SUPPORTED),
        LineKind::TollFree
        | LineKind::Premium
        | LineKind::SharedCost
        | LineKind::Uan
        | LineKind::Voicemail
        | LineKind::Pager => LineVerdict::Refuse(NOT_SUPPORTED),
    }
}

const NOT_SUPPORTED: &str = "phone_type_not_supported";

const fn ruled(rule: LineRule, code: &'static str) -> LineVerdict {
    match rule {
        LineRule::Accept => LineVerdict::Accept,
        LineRule::Review => LineVerdict::Review,
        LineRule::Refuse => LineVerdict::Refuse(code),
    }
}

/// Calling codes of satellite and international premium services: frequent targets of toll fraud, and never a person's
/// mobile.
pub const REFUSED_CALLING_CODES: [u32; 5] = [870, 881, 882, 883, 979];

/// Whether a calling code is refused for every line type.
#[must_use]
pub fn refused_calling_code(code: u32) -> bool {
    REFUSED_CALLING_CODES.contains(&code)
}

/// Masks a number: `+48 ••• ••• 678`. It shows the calling code and at most three last digits, never more than half of
/// the rest.
#[must_use]
pub fn mask(e164: &str, calling_code: u32) -> String {
    const SHOWN: usize = 3;
    let code = format!("+{calling_code}");
    let rest: Vec<char> = e164.strip_prefix(code.as_str()).unwrap_or_default().chars().collect();
    let hidden = rest.len() - SHOWN.min(rest.len() / 2);
    let mut text = code;
    let first = hidden % 3;
    for at in 0..hidden {
        if at == 0 || at % 3 == first {
            text.push(' ');
        }
        text.push('•');
    }
    if hidden < rest.len() {
        text.push(' ');
        text.extend(&rest[hidden..]);
    }
    text
}

#[cfg(test)]
mod tests;
