//! Limits on how often each thing may happen, with all their numbers as data. `docs/limits.md` has the same numbers; a
//! test compares them.

pub mod accounts;
pub mod workloads;

use super::payment;
use crate::time::Timestamp;

/// The subject of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One phone number, by its fingerprint; for sign-ins and account mails one mail address.
    Number,
    /// One person.
    User,
    /// One organization.
    Organization,
    /// One address; for IPv6 the /64 around it.
    Ip,
    /// The network around an address: /24 or /48.
    Network,
    /// The first seven digits of a number.
    Prefix,
    /// A country.
    Country,
    /// One reviewer of the operator, by the fingerprint of their address.
    Reviewer,
    /// One identity provider of workloads, from one address.
    ProviderFromIp,
    /// One identity provider of workloads, from one network.
    ProviderFromNetwork,
    /// The whole installation.
    Installation,
}

/// How a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counting {
    /// Every event.
    Times,
    /// Different values only, such as different numbers.
    Values,
}

/// One limit: a maximum number of events in a sliding window, for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited; limits with the same name share their counts.
    pub name: &'static str,
    /// The subject.
    pub subject: Subject,
    /// Events or values.
    pub counting: Counting,
    /// The window, in seconds.
    pub window: i64,
    /// The maximum number.
    pub most: i64,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Lookups of a number's line at the carrier.
pub const LOOKUPS: &str = "phone_lookups";
/// Codes sent to phones.
pub const SENDS: &str = "phone_codes";
/// Codes sent to phones with an unknown line type.
pub const DOUBTFUL: &str = "phone_doubtful_codes";
/// Wrong codes.
pub const WRONG: &str = "phone_checks";
/// New links for an identity attempt.
pub const LINKS: &str = "verification_links";
/// Links by mail.
pub const MAILS: &str = "verification_mails";
/// Attempts to verify an organization.
pub const STARTS: &str = "verification_starts";
/// Links that take an attempt to another device, on the screen or by mail.
pub const HANDOFFS: &str = "verification_handoffs";
/// Pictures that are handed in.
pub const PICTURES: &str = "capture_pictures";
/// Pictures that reviewers look at.
pub const VIEWS: &str = "review_pictures";
/// Tests of services by operators.
pub const SETUP_TESTS: &str = "setup_tests";
/// Files of usage and of the audit log.
pub const EXPORTS: &str = "exports";
/// Validations of external keys and external storage.
pub const EXTERNAL_CHECKS: &str = "external_checks";
/// Invitations by mail.
pub const INVITES: &str = "invites";
/// Mails of spend alerts.
pub const ALERT_MAILS: &str = "spend_alert_mails";
/// Tests of webhooks and deliveries that people repeat.
pub const WEBHOOK_TESTS: &str = "webhook_tests";
/// Set-ups of payment methods that failed; the value is the card.
pub const FAILED_SETUPS: &str = "payment.setup_failed";
/// Purchases of credit.
pub const PURCHASES: &str = "purchases";
/// Purchases that the bank refused; the value is the card.
pub const FAILED_PURCHASES: &str = "failed_purchases";

const fn times(name: &'static str, subject: Subject, window: i64, most: i64) -> Limit {
    Limit { name, subject, counting: Counting::Times, window, most }
}

/// Limits on sending codes, in the order in which they are checked. The machine enforces the wait between two sends.
pub const SEND_LIMITS: &[Limit] = &[
    times(SENDS, Subject::Number, 600, 5),
    times(SENDS, Subject::Number, HOUR, 5),
    times(SENDS, Subject::Number, DAY, 10),
    times(SENDS, Subject::User, HOUR, 5),
    times(SENDS, Subject::User, DAY, 10),
    Limit { name: SENDS, subject: Subject::User, counting: Counting::Values, window: DAY, most: 3 },
    Limit { name: SENDS, subject: Subject::User, counting: Counting::Values, window: 30 * DAY, most: 10 },
    times(SENDS, Subject::Organization, HOUR, 5),
    times(SENDS, Subject::Organization, DAY, 10),
    times(SENDS, Subject::Ip, HOUR, 10),
    times(SENDS, Subject::Ip, DAY, 50),
    times(SENDS, Subject::Network, DAY, 100),
    times(SENDS, Subject::Prefix, HOUR, 10),
];

/// Lower limits, in addition to the others, for unknown line types.
pub const DOUBTFUL_LIMITS: &[Limit] = &[
    times(DOUBTFUL, Subject::Number, DAY, 5),
    times(DOUBTFUL, Subject::User, DAY, 5),
    times(DOUBTFUL, Subject::Organization, DAY, 5),
    times(DOUBTFUL, Subject::Network, DAY, 20),
];

/// Limits on lookups at the carrier: one costs about as much as a code, also for refused numbers.
pub const LOOKUP_LIMITS: &[Limit] = &[
    times(LOOKUPS, Subject::User, HOUR, 5),
    times(LOOKUPS, Subject::User, DAY, 10),
    times(LOOKUPS, Subject::Organization, HOUR, 5),
    times(LOOKUPS, Subject::Organization, DAY, 10),
    times(LOOKUPS, Subject::Ip, HOUR, 10),
    times(LOOKUPS, Subject::Ip, DAY, 50),
    times(LOOKUPS, Subject::Network, DAY, 100),
];

/// Limits on wrong codes, in addition to the five of one code: a hundred without a success lock for ever (NIST, 2.6).
pub const WRONG_LIMITS: &[Limit] = &[
    times(WRONG, Subject::User, DAY, 25),
    times(WRONG, Subject::User, 36_500 * DAY, 100),
    times(WRONG, Subject::Organization, DAY, 25),
    times(WRONG, Subject::Ip, HOUR, 50),
    times(WRONG, Subject::Network, DAY, 200),
    times(WRONG, Subject::Installation, HOUR, 2_000),
];

/// Invitations by an organization without a verified phone: anyone could own it, and it writes to strangers in the
/// operator's name.
pub const INVITE_LIMITS: &[Limit] = &[
    times(INVITES, Subject::User, HOUR, 20),
    times(INVITES, Subject::Organization, HOUR, 20),
    times(INVITES, Subject::Organization, DAY, 50),
    times(INVITES, Subject::Ip, HOUR, 30),
    times(INVITES, Subject::Network, DAY, 100),
];

/// Invitations by an organization with a verified phone.
pub const VERIFIED_INVITE_LIMITS: &[Limit] = &[
    times(INVITES, Subject::User, HOUR, 100),
    times(INVITES, Subject::Organization, HOUR, 100),
    times(INVITES, Subject::Organization, DAY, 500),
    times(INVITES, Subject::Ip, HOUR, 200),
    times(INVITES, Subject::Network, DAY, 1_000),
];

/// New links for one attempt. Each is a request to the service.
pub const LINK_LIMITS: &[Limit] = &[
    times(LINKS, Subject::User, HOUR, 20),
    times(LINKS, Subject::Organization, HOUR, 5),
    times(LINKS, Subject::Ip, HOUR, 30),
    times(LINKS, Subject::Network, HOUR, 100),
];

/// Links by mail.
pub const MAIL_LIMITS: &[Limit] = &[times(MAILS, Subject::Organization, HOUR, 3)];

/// Attempts that are begun. The service may charge for each, also for one that is called off.
pub const START_LIMITS: &[Limit] = &[
    times(STARTS, Subject::User, HOUR, 20),
    times(STARTS, Subject::Organization, HOUR, 10),
    times(STARTS, Subject::Organization, DAY, 20),
    times(STARTS, Subject::Ip, HOUR, 30),
    times(STARTS, Subject::Network, DAY, 200),
];

/// Links to another device. Each is a secret that opens the attempt, and a row. A code on the screen lasts fifteen
/// minutes, so four an hour are enough for one attempt.
pub const HANDOFF_LIMITS: &[Limit] = &[
    times(HANDOFFS, Subject::User, HOUR, 20),
    times(HANDOFFS, Subject::Organization, HOUR, 12),
    times(HANDOFFS, Subject::Organization, DAY, 40),
    times(HANDOFFS, Subject::Ip, HOUR, 40),
    times(HANDOFFS, Subject::Network, HOUR, 120),
];

/// Pictures that are handed in, also those that are refused: reading one takes seconds and up to half a gigabyte. A
/// whole attempt has at most six, each taken four times.
pub const PICTURE_LIMITS: &[Limit] = &[
    times(PICTURES, Subject::Organization, HOUR, 60),
    times(PICTURES, Subject::Organization, DAY, 150),
    times(PICTURES, Subject::Ip, HOUR, 120),
    times(PICTURES, Subject::Network, HOUR, 300),
    times(PICTURES, Subject::Installation, HOUR, 2_000),
];

/// Pictures that one reviewer opens: more than a person can judge, so that a stolen session cannot copy them all.
pub const VIEW_LIMITS: &[Limit] =
    &[times(VIEWS, Subject::Reviewer, HOUR, 300), times(VIEWS, Subject::Reviewer, DAY, 1_500)];

/// Tests of services by one operator: each may cost money at the service.
pub const SETUP_TEST_LIMITS: &[Limit] =
    &[times(SETUP_TESTS, Subject::Reviewer, HOUR, 20), times(SETUP_TESTS, Subject::Reviewer, DAY, 60)];

/// Files of usage and of the audit log. Each reads as many rows as the organization has.
pub const EXPORT_LIMITS: &[Limit] = &[
    times(EXPORTS, Subject::User, HOUR, 30),
    times(EXPORTS, Subject::Organization, HOUR, 60),
    times(EXPORTS, Subject::Organization, DAY, 300),
    times(EXPORTS, Subject::Ip, HOUR, 60),
    times(EXPORTS, Subject::Network, HOUR, 300),
];

/// Validations of external keys and external storage: each sends up to six requests to a cloud in the operator's name.
pub const EXTERNAL_CHECK_LIMITS: &[Limit] = &[
    times(EXTERNAL_CHECKS, Subject::User, HOUR, 30),
    times(EXTERNAL_CHECKS, Subject::Organization, HOUR, 30),
    times(EXTERNAL_CHECKS, Subject::Organization, DAY, 200),
];

/// Mails of spend alerts: owners name any address, and they are sent in the operator's name.
pub const ALERT_MAIL_LIMITS: &[Limit] =
    &[times(ALERT_MAILS, Subject::Organization, HOUR, 200), times(ALERT_MAILS, Subject::Organization, DAY, 1_000)];

/// Tests of webhooks and repeated deliveries: each is a request in the operator's name to an address of a customer's choice.
pub const WEBHOOK_TEST_LIMITS: &[Limit] = &[
    times(WEBHOOK_TESTS, Subject::User, HOUR, 60),
    times(WEBHOOK_TESTS, Subject::Organization, HOUR, 60),
    times(WEBHOOK_TESTS, Subject::Organization, DAY, 300),
];

/// Failed set-ups of payment methods, and different cards in them; the machine enforces the wait
/// ([`super::payment::BLOCK`]).
pub const SETUP_LIMITS: &[Limit] = &[
    times(FAILED_SETUPS, Subject::Organization, payment::FAILURES_WINDOW, payment::MOST_FAILURES as i64),
    Limit {
        name: FAILED_SETUPS,
        subject: Subject::Organization,
        counting: Counting::Values,
        window: payment::CARDS_WINDOW,
        most: payment::MOST_CARDS as i64,
    },
];

/// Purchases of credit: each is a request to the payment service.
pub const PURCHASE_LIMITS: &[Limit] = &[
    times(PURCHASES, Subject::User, HOUR, 30),
    times(PURCHASES, Subject::Organization, HOUR, 30),
    times(PURCHASES, Subject::Organization, DAY, 100),
];

/// Purchases that the bank refused, and different cards in them, as for set-ups of payment methods.
pub const PURCHASE_FAILURE_LIMITS: &[Limit] = &[
    times(FAILED_PURCHASES, Subject::Organization, payment::FAILURES_WINDOW, payment::MOST_FAILURES as i64),
    Limit {
        name: FAILED_PURCHASES,
        subject: Subject::Organization,
        counting: Counting::Values,
        window: payment::CARDS_WINDOW,
        most: payment::MOST_CARDS as i64,
    },
];

/// Every table, each once.
pub const TABLES: &[&[Limit]] = &[
    accounts::SIGN_IN_LIMITS,
    accounts::STRANGER_LIMITS,
    accounts::SECOND_FACTOR_LIMITS,
    accounts::MAIL_LIMITS,
    accounts::DELETION_LIMITS,
    workloads::EXCHANGE_LIMITS,
    SEND_LIMITS,
    DOUBTFUL_LIMITS,
    LOOKUP_LIMITS,
    WRONG_LIMITS,
    INVITE_LIMITS,
    VERIFIED_INVITE_LIMITS,
    LINK_LIMITS,
    MAIL_LIMITS,
    START_LIMITS,
    HANDOFF_LIMITS,
    PICTURE_LIMITS,
    VIEW_LIMITS,
    SETUP_TEST_LIMITS,
    EXPORT_LIMITS,
    EXTERNAL_CHECK_LIMITS,
    ALERT_MAIL_LIMITS,
    WEBHOOK_TEST_LIMITS,
    SETUP_LIMITS,
    PURCHASE_LIMITS,
    PURCHASE_FAILURE_LIMITS,
];

/// Returns the maximum of codes to one country in an hour: at least twenty, or three times the median of its last seven
/// days.
#[must_use]
pub fn country_cap(days: &[i64]) -> i64 {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    median.saturating_mul(3).max(20)
}

/// Whether sending to a country should stop: of at least thirty codes, fewer than a fifth were entered.
#[must_use]
pub const fn looks_like_pumping(sends: i64, proven: i64) -> bool {
    sends >= 30 && proven.saturating_mul(5) < sends
}

/// Checks whether one more fits; otherwise returns when it will.
const fn fits(limit: &Limit, counted: i64, oldest: Option<Timestamp>, now: Timestamp) -> Result<(), Timestamp> {
    if counted < limit.most {
        return Ok(());
    }
    Err(match oldest {
        Some(at) => at.plus(limit.window),
        None => now.plus(limit.window),
    })
}

/// The count for one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The limit.
    pub limit: Limit,
    /// The number in its window.
    pub counted: i64,
    /// The oldest of them.
    pub oldest: Option<Timestamp>,
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitHit {
    /// The limit.
    pub limit: Limit,
    /// When one more fits all limits.
    pub retry_at: Timestamp,
}

/// Checks whether one more fits all limits. Otherwise returns the one with the longest wait, so that a second refusal
/// does not follow the first.
///
/// # Errors
/// The limit, and the moment from which it allows more.
pub fn judge(counts: impl IntoIterator<Item = Count>, now: Timestamp) -> Result<(), LimitHit> {
    let hit = |count: Count| {
        let retry_at = fits(&count.limit, count.counted, count.oldest, now).err()?;
        Some(LimitHit { limit: count.limit, retry_at })
    };
    match counts.into_iter().filter_map(hit).max_by_key(|hit| hit.retry_at) {
        None => Ok(()),
        Some(hit) => Err(hit),
    }
}

#[cfg(test)]
mod tests;
