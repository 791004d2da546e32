//! Limits on attempts to sign in, and on mails that any stranger can cause.

use super::{DAY, HOUR, Limit, Subject, times};

/// Attempts to sign in with a password.
pub const SIGN_IN: &str = "sign_in";
/// Codes of a second factor.
pub const SECOND_FACTOR: &str = "second_factor";
/// Mails that any stranger can cause.
pub const MAILS: &str = "account_mails";

/// Requests to delete an account or an organization.
pub const DELETIONS: &str = "deletion_requests";

/// Limits of one address from one network: the wait grows from a minute to a day. The last two limit one network that
/// tries many addresses, as password spraying does.
pub const SIGN_IN_LIMITS: &[Limit] = &[
    times(SIGN_IN, Subject::Number, 60, 5),
    times(SIGN_IN, Subject::Number, 900, 10),
    times(SIGN_IN, Subject::Number, HOUR, 20),
    times(SIGN_IN, Subject::Number, DAY, 50),
    times(SIGN_IN, Subject::Ip, 900, 50),
    times(SIGN_IN, Subject::Network, HOUR, 500),
];

/// Limits of one address from all networks together. They do not apply on networks where the person has signed in
/// before, so strangers cannot lock people out of their usual place of work.
pub const STRANGER_LIMITS: &[Limit] =
    &[times(SIGN_IN, Subject::Number, 900, 30), times(SIGN_IN, Subject::Number, DAY, 200)];

/// Only a person who knows the password gets here. With thirty attempts a day, the chance to guess a code is one in
/// eleven thousand.
pub const SECOND_FACTOR_LIMITS: &[Limit] = &[
    times(SECOND_FACTOR, Subject::User, 300, 5),
    times(SECOND_FACTOR, Subject::User, HOUR, 10),
    times(SECOND_FACTOR, Subject::User, DAY, 30),
    times(SECOND_FACTOR, Subject::Ip, 900, 50),
    times(SECOND_FACTOR, Subject::Network, HOUR, 500),
];

/// Limits on mails by recipient and origin, so that this installation cannot be used to flood a mailbox.
pub const MAIL_LIMITS: &[Limit] = &[
    times(MAILS, Subject::Number, HOUR, 5),
    times(MAILS, Subject::Number, DAY, 15),
    times(MAILS, Subject::Ip, HOUR, 30),
    times(MAILS, Subject::Network, HOUR, 100),
    times(MAILS, Subject::Network, DAY, 500),
];

/// Limits on requests to delete an account or an organization: each sends mails, to every owner of the organization, and
/// so does its cancellation.
pub const DELETION_LIMITS: &[Limit] =
    &[times(DELETIONS, Subject::User, DAY, 10), times(DELETIONS, Subject::Organization, DAY, 10)];
