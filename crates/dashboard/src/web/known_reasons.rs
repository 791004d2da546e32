//! Refusals without a code in the visitor's language, most of them about members, groups and roles, for which OpenAI's API
//! has no codes. They are known by the beginning of their sentence.

use keystead_locales::Messages;

use crate::web::scope_words::scope_words;

/// The refusal that names the missing permission at its end.
const NOT_HELD: &str = "You cannot give or take permissions that you do not hold yourself: ";

/// Beginnings of sentences with the message of each. A number in the sentence is the argument `count`.
const REASONS: [(&str, &str); 22] = [
    (NOT_HELD, "error-people-not-held"),
    ("Only an owner can make a person an owner", "error-people-owners-only"),
    ("This person is in the group already", "error-people-in-group"),
    ("This person is a member already", "error-people-member-already"),
    ("An organization can have at most 1000 groups", "error-people-most-groups"),
    ("An organization or project can have at most", "error-people-most-roles"),
    ("A person or group can hold at most", "error-people-most-held"),
    ("A person can be in at most", "error-people-most-groups-of-person"),
    ("A predefined role cannot be changed", "error-people-predefined"),
    ("Invalid 'role_name': there is a role of this name", "error-people-role-name"),
    ("Invalid 'permissions'", "error-people-permissions"),
    ("This role comes from a group", "error-people-from-group"),
    ("A group cannot own an organization", "error-people-group-owner"),
    ("Invalid 'projects': one of them is archived", "error-people-archived"),
    ("At most 100 invitations can wait", "error-people-most-invitations"),
    ("This price was withdrawn already", "error-price-withdrawn"),
    ("This price holds already", "error-price-holds"),
    ("A model has another price from this second on", "error-price-raced"),
    ("This webhook is off", "error-webhook-off"),
    ("This delivery is still being sent", "error-webhook-pending"),
    ("Invalid 'reason': say why in 1 to 500 characters", "error-waiver-reason"),
    ("This cursor names nothing in the list", "error-cursor"),
];

/// The refusal in the visitor's language, if it is one of these.
pub(crate) fn known_reason(t: Messages, message: &str) -> Option<String> {
    let (start, key) = REASONS.iter().find(|(start, _)| message.starts_with(start))?;
    if *start == NOT_HELD {
        let literal = message.trim_start_matches(NOT_HELD).trim_end_matches('.');
        return Some(t.text_with(key, "permission", scope_words(t, literal)));
    }
    let number: String = message.chars().filter(char::is_ascii_digit).collect();
    Some(t.text_with(key, "count", number))
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;

    use super::*;

    #[test]
    fn refusals_are_told_in_the_language_of_the_page() {
        for (start, key) in REASONS {
            for language in Language::ALL {
                let t = Messages(language);
                let said = known_reason(t, &format!("{start} 500 api.files.read.")).unwrap();
                assert!(t.has(key) && !said.contains("{ $"), "{key}: {said}");
            }
        }
        let t = Messages(Language::English);
        assert_eq!(known_reason(t, "Something else."), None);
        let said = known_reason(t, &format!("{NOT_HELD}api.files.read.")).unwrap();
        assert!(said.contains(&t.text("scope-files-read")), "{said}");
    }
}
