//! What machines could do again and again, route by route, with what bounds it (ASVS 2.4.1), and the table of those bounds
//! in the documentation.

use std::collections::BTreeSet;
use std::path::Path;

use keystead_core::verification::limits::{Counting, Limit, Subject, TABLES};
use keystead_dashboard::Audience;

/// What bounds a route.
enum Bound {
    /// Limits by name.
    Limits(&'static [&'static str]),
    /// Everything asked for comes by a link or a seal of at least 128 bits, and a wrong one costs no row.
    Unguessable,
    /// Steps behind a link that belongs to one device and lasts two hours; each overwrites what it wrote before.
    OneLink,
    /// Reads one state; an open stream takes one of the places that a browser and an address have.
    OneState,
    /// Changes what one person has, with a recent proof of who they are; at most this number of rows.
    OwnRows,
    /// Shows a page and does nothing else.
    Page,
}
use Bound::{Limits, OneLink, OneState, OwnRows, Page, Unguessable};

/// Routes with their bound, and the test that plays it.
const ROUTES: &[(&str, Bound, &str)] = &[
    ("/", Page, ""),
    ("/help", Page, ""),
    ("/help/{slug}", Page, ""),
    ("/docs/api", Page, ""),
    ("/docs/api/{slug}", Page, ""),
    ("/openapi.json", Page, ""),
    ("/sign-up", Limits(&["account_mails"]), "a_burst_at_each_form_for_strangers"),
    ("/sign-up/sent", Page, ""),
    ("/confirm", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/confirm-address", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/sign-in", Limits(&["sign_in"]), "a_burst_at_each_form_for_strangers"),
    ("/sign-in/passkey", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/sign-in/passkey/finish", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/sign-in/code", Limits(&["second_factor"]), "a_burst_of_codes"),
    ("/sign-in/with", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/sign-in/return", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/forgot", Limits(&["account_mails"]), "a_burst_at_each_form_for_strangers"),
    ("/reset", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/invite", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/invite/join", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/reauthenticate", Limits(&["sign_in", "second_factor"]), "a_burst_at_the_question_for_a_proof"),
    ("/sign-out", OwnRows, ""),
    ("/verify/{token}", Limits(&["verification_links"]), "questions_and_guesses_of_strangers_cost_no_row"),
    ("/verify/{token}/capture", OneLink, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/verify/done/{token}", Unguessable, "questions_and_guesses_of_strangers_cost_no_row"),
    ("/verify/done/{token}/state", OneState, ""),
    ("/verify/done/{token}/events", OneState, ""),
    ("/verify/{token}/capture/{verb}", OneLink, ""),
    ("/verify/{token}/capture/pictures/{slot}", Limits(&["capture_pictures"]), "a_burst_of_pictures"),
    ("/welcome/team", Limits(&["invites", "account_mails"]), "a_burst_of_invitations"),
    ("/settings/organization/members/invite", Limits(&["invites", "account_mails"]), "a_burst_of_invitations"),
    ("/settings/organization/members/resend", Limits(&["invites", "account_mails"]), "a_burst_of_invitations"),
    ("/v1/organization/invites", Limits(&["invites", "account_mails"]), "a_burst_of_invitations"),
    ("/v1/organization/invites/{invite_id}", OwnRows, ""),
    ("/v1/organization/usage/code_interpreter_sessions", OneState, ""),
    ("/settings/account/export.json", Limits(&["exports"]), "a_burst_of_files"),
    ("/settings/organization/export.json", Limits(&["exports"]), "a_burst_of_files"),
    ("/usage.csv", Limits(&["exports"]), "a_burst_of_files"),
    ("/settings/organization/audit-log.csv", Limits(&["exports"]), "a_burst_of_files"),
    ("/settings/organization/billing/ledger.csv", Limits(&["exports"]), "a_burst_of_files"),
    ("/settings/organization/verification/state", OneState, ""),
    ("/settings/organization/verification/events", OneState, ""),
    ("/settings/organization/verification/withdraw", OwnRows, ""),
    (
        "/settings/organization/verification/{verb}",
        Limits(&["verification_starts", "verification_links", "verification_handoffs", "verification_mails"]),
        "a_burst_of_hand_offs",
    ),
    ("/welcome/first-call/phone", Limits(&["phone_codes", "phone_lookups"]), "one_person_has_three_numbers_a_day"),
    ("/welcome/first-call/phone/{verb}", Limits(&["phone_checks", "phone_codes"]), "codes_are_not_guessed"),
    ("/welcome/first-call/state", OneState, ""),
    ("/welcome/first-call/events", OneState, ""),
    ("/api-keys/phone", Limits(&["phone_codes", "phone_lookups"]), "one_person_has_three_numbers_a_day"),
    ("/api-keys/phone/{verb}", Limits(&["phone_checks", "phone_codes"]), "codes_are_not_guessed"),
    ("/settings/account/phone", Limits(&["phone_codes", "phone_lookups"]), "one_person_has_three_numbers_a_day"),
    ("/settings/account/phone/change", OwnRows, ""),
    ("/settings/account/phone/waiver", OwnRows, ""),
    ("/settings/account/phone/check", Limits(&["phone_checks"]), "codes_are_not_guessed"),
    ("/settings/account/phone/resend", Limits(&["phone_codes"]), "codes_are_sent_again_after_growing_waits"),
    ("/settings/account/security/email", Limits(&["account_mails"]), "counted_before_it_is_judged"),
    ("/settings/account/security/password", Limits(&["sign_in"]), "a_burst_at_the_question_for_a_proof"),
    ("/settings/account/security/second-factor", OwnRows, ""),
    ("/settings/account/security/second-factor/confirm", OwnRows, ""),
    ("/settings/account/security/second-factor/off", OwnRows, ""),
    ("/settings/account/security/recovery-codes", OwnRows, ""),
    ("/settings/account/security/passkeys", OwnRows, ""),
    ("/settings/account/security/passkeys/add", OwnRows, ""),
    ("/settings/account/security/passkeys/remove", OwnRows, ""),
    ("/operator/reviews/{case}/pictures/{number}", Limits(&["review_pictures"]), "a_burst_of_looks_at_pictures"),
    (
        "/v1/keystead/phone_verifications",
        Limits(&["phone_codes", "phone_lookups"]),
        "one_person_has_three_numbers_a_day",
    ),
    ("/v1/keystead/phone_verifications/{id}", OneState, ""),
    ("/v1/keystead/phone_verifications/{id}/check", Limits(&["phone_checks"]), "codes_are_not_guessed"),
    (
        "/v1/keystead/phone_verifications/{id}/resend",
        Limits(&["phone_codes"]),
        "codes_are_sent_again_after_growing_waits",
    ),
    ("/v1/keystead/phone_verifications/{id}/cancel", OwnRows, ""),
    ("/v1/keystead/verification", OneState, ""),
    (
        "/v1/organization/external_keys/{external_key_id}/validate",
        Limits(&["external_checks"]),
        "validations_and_keys_are_limited",
    ),
    (
        "/v1/organization/external_storage/{external_storage_id}/validate",
        Limits(&["external_checks"]),
        "validations_and_keys_are_limited",
    ),
    ("/v1/keystead/organization_verifications", Limits(&["verification_starts"]), "a_burst_of_starts"),
    ("/v1/keystead/organization_verifications/cancel", OwnRows, ""),
    ("/v1/keystead/organization_verifications/appeal", OwnRows, ""),
    ("/v1/keystead/organization_verifications/withdraw", OwnRows, ""),
    ("/v1/keystead/organization_verifications/{id}/refresh", OwnRows, ""),
    (
        "/v1/keystead/organization_verifications/{id}/links",
        Limits(&["verification_links", "verification_handoffs", "verification_mails"]),
        "a_burst_of_links_at_the_api",
    ),
    ("/v1/keystead/operator/organizations/{organization_id}/verification", OwnRows, ""),
    ("/v1/keystead/operator/phones/revoke", OwnRows, ""),
];

/// Parts of paths that say a route signs up, signs in, sends a code or a link, or gives out files or pictures.
const WORDS: &[&str] = &[
    "sign-",
    "confirm",
    "forgot",
    "reset",
    "invite",
    "resend",
    "phone",
    "verif",
    "verify",
    "capture",
    "picture",
    "csv",
    "export",
    "download",
    "code",
    "reauth",
    "passkey",
    "email",
    "links",
    "password",
    "second-factor",
];

/// Routes that match by a part of their path and only set the organization's own rules.
const OTHERS: &[&str] = &["/settings/organization/second-factor", "/operator/second-factor"];

#[test]
fn every_route_that_machines_could_abuse_has_its_bound() {
    let named = |path: &str| WORDS.iter().any(|word| path.contains(word)) && !OTHERS.contains(&path);
    let open = |audience| matches!(audience, Audience::Public | Audience::LinkHolder);
    let pages = keystead_dashboard::ROUTES.iter().filter(|route| open(route.audience) || named(route.path));
    let pages = pages.map(|route| route.path);
    let served: BTreeSet<&str> =
        pages.chain(keystead_api::ROUTES.iter().map(|route| route.path).filter(|path| named(path))).collect();
    let known: BTreeSet<&str> = ROUTES.iter().map(|(path, ..)| *path).collect();
    assert_eq!(known.len(), ROUTES.len(), "a route is listed twice");
    let missing: Vec<_> = served.difference(&known).collect();
    assert!(missing.is_empty(), "no bound is known of {missing:?}");
    let all = keystead_dashboard::ROUTES.iter().map(|route| route.path);
    let all: BTreeSet<&str> = all.chain(keystead_api::ROUTES.iter().map(|route| route.path)).collect();
    let gone: Vec<_> = known.difference(&all).collect();
    assert!(gone.is_empty(), "not served: {gone:?}");

    let names: BTreeSet<&str> = TABLES.iter().flat_map(|table| table.iter()).map(|limit| limit.name).collect();
    let tests = tests();
    for (path, bound, test) in ROUTES {
        if let Limits(limits) = bound {
            assert!(!limits.is_empty() && limits.iter().all(|name| names.contains(name)), "{path}: {limits:?}");
            assert!(!test.is_empty(), "{path}: no test plays its limit");
        }
        assert!(test.is_empty() || tests.contains(&format!("fn {test}(")), "{path}: no test is called {test}");
    }
}

/// The source of all tests of all crates.
fn tests() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = String::new();
    for part in std::fs::read_dir(crates).unwrap() {
        let folders = [part.unwrap().path().join("tests")];
        let mut folders = folders.to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false if path.extension().is_some_and(|end| end == "rs") => {
                        found += &std::fs::read_to_string(path).unwrap();
                    }
                    false => {}
                }
            }
        }
    }
    found
}

fn spaced(number: i64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{} {:03}", number / 1_000, number % 1_000) }
}

fn words(limit: &Limit) -> String {
    let different = if limit.counting == Counting::Values { "different " } else { "" };
    let window = match limit.window {
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        seconds if seconds < 3_600 => format!("in {} minutes", seconds / 60),
        seconds if seconds < 400 * 86_400 => format!("in {} days", seconds / 86_400),
        _ => "for good".to_owned(),
    };
    format!("{} {different}{window}", spaced(limit.most))
}

/// The beginning of the documentation's row for one table of limits.
fn row(table: &[Limit]) -> String {
    let of = |subject: Subject| {
        table.iter().filter(|limit| limit.subject == subject).map(words).collect::<Vec<_>>().join(", ")
    };
    let others = [
        ("one number or mail address", Subject::Number),
        ("one range of numbers", Subject::Prefix),
        ("one operator", Subject::Reviewer),
        ("one identity provider from one address", Subject::ProviderFromIp),
        ("one identity provider from one network", Subject::ProviderFromNetwork),
        ("all together", Subject::Installation),
    ];
    let others: Vec<String> = others
        .map(|(name, subject)| (name, of(subject)))
        .into_iter()
        .filter(|(_, limits)| !limits.is_empty())
        .map(|(name, limits)| format!("{name}: {limits}"))
        .collect();
    let own = [Subject::User, Subject::Organization, Subject::Ip, Subject::Network].map(of);
    let cells = own.into_iter().chain([others.join("; ")]);
    let cells: Vec<String> = cells.map(|cell| if cell.is_empty() { "–".to_owned() } else { cell }).collect();
    format!("| `{}` | {} |", table[0].name, cells.join(" | "))
}

#[test]
fn the_documentation_has_every_limit() {
    let text = include_str!("../../../../docs/limits.md");
    let rows: Vec<String> = TABLES.iter().map(|table| row(table)).collect();
    for row in &rows {
        assert!(text.lines().any(|line| line.starts_with(row.as_str())), "missing in docs/limits.md: {row}");
    }
    let section = text.split("## How often").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented = section.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(documented, rows.len(), "docs/limits.md has limits that the code does not");
}
