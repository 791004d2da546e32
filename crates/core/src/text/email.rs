//! Mail addresses: the normalized form by which accounts are compared, and which addresses cannot receive mail.

use super::{is_invisible, trimmed};

/// Maximum bytes of an address, and of the part before its `@` (RFC 5321, 4.5.3.1).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// Why a text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailFault {
    /// It has no `@`, or nothing before or after it.
    Shape,
    /// The part before the `@` has a character, or a dot at a position, that mail servers do not accept.
    Local,
    /// The part after the `@` is not the name of a domain.
    Domain,
    /// It is longer than mail servers accept.
    TooLong,
    /// It contains an invisible character or a space.
    Invisible,
}

impl EmailFault {
    /// What to change, after `Invalid 'email': `.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Shape => "not an e-mail address, such as ann@example.com.",
            Self::Local => "the part before the @ has a character or a dot that mail servers do not accept.",
            Self::Domain => "the part after the @ is not a domain name.",
            Self::TooLong => "it is longer than mail servers accept.",
            Self::Invisible => "there is a space or an invisible character in it.",
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape => "email_invalid",
            Self::Local => "email_local_part_invalid",
            Self::Domain => "email_domain_invalid",
            Self::TooLong => "email_too_long",
            Self::Invisible => "email_has_invisible_characters",
        }
    }
}

/// Normalizes an address to the form by which accounts are compared: lower case, the domain as in DNS (IDNA).
///
/// # Errors
/// The fault of an address that cannot receive mail.
pub fn email(typed: &str) -> Result<String, EmailFault> {
    let typed = trimmed(typed);
    if typed.chars().any(|character| is_invisible(character) || character.is_whitespace()) {
        return Err(EmailFault::Invisible);
    }
    let (local, domain) = typed.rsplit_once('@').ok_or(EmailFault::Shape)?;
    if local.is_empty() || domain.is_empty() {
        return Err(EmailFault::Shape);
    }
    // An address without quotes consists of atoms with single dots between them (RFC 5322, 3.2.3).
    let atom =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || ATOM.contains(&byte));
    if !local.split('.').all(atom) {
        return Err(EmailFault::Local);
    }
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailFault::Domain)?;
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let number = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if number || !domain.split('.').all(label) {
        return Err(EmailFault::Domain);
    }
    if local.len() > LONGEST_LOCAL || local.len() + 1 + domain.len() > LONGEST {
        return Err(EmailFault::TooLong);
    }
    Ok(format!("{}@{domain}", local.to_ascii_lowercase()))
}

/// Characters allowed in an atom besides letters and digits.
const ATOM: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

#[cfg(test)]
mod tests;
