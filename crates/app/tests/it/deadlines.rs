//! What ends by the clock ends at its second for every use, even if no job has run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keystead_app::keys::NewKey;
use keystead_app::verification::RequirementState;
use keystead_app::verification::organization::Channel;
use keystead_app::{Actor, Error, Settings};
use keystead_core::access::{ModelUse, Selection, decide, judge_model};
use keystead_core::caller::Caller;
use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::key::{ApiKey, Pepper, TagKeys};
use keystead_core::route::ROUTES;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::{directory, policy};

use crate::vendors::{DAY, ServicesApp, Tenant, code};

/// Every column with the end of something, and the test that plays this end while it is used.
const ENDS: &[(&str, &str)] = &[
    ("account_deletions.due_at", "account_deletions_wait"),
    ("api_keys.expires_at", "keys_end_at_use"),
    ("capture_links.expires_at", "no_picture_is_taken_after_its_time"),
    ("certificates.expires_at", "certificates_end_at_use"),
    ("credit_purchases.expires_at", "purchases_end_at_use"),
    ("credit_lots.expires_at", "what_is_left_of_a_grant_expires"),
    ("form_submissions.expires_at", "forms_run_once"),
    ("handoffs.expires_at", "attempts_and_their_links_end_at_use"),
    ("identity_attempts.expires_at", "attempts_and_their_links_end_at_use"),
    ("invites.expires_at", "invitations_end"),
    ("jobs.claimed_until", "jobs_are_leased"),
    ("legal_holds.until", "pictures_are_held_by_law"),
    ("organization_deletions.due_at", "organization_deletions_wait"),
    ("organization_requirements.until", "waivers_end_at_use"),
    ("organization_verifications.until", "waivers_end_at_use"),
    // The date printed on a card; its grace period is a date of the status.
    ("payment_methods.expires_month", "cards_run_out_with_grace"),
    ("payment_methods.expires_year", "cards_run_out_with_grace"),
    ("payment_setups.expires_at", "set_ups_end_at_use"),
    ("review_cases.images_until", "no_picture_outlives_its_time"),
    ("sessions.expires_at", "sessions_end_by_the_clock"),
    ("spend_leases.ends_at", "a_lease_ends"),
    ("spend_counters.scarce_until", "what_is_scarce_is_not_leased_ahead_until_its_end"),
    ("requirement_states.due_at", "waivers_end_at_use"),
    ("tokens.expires_at", "every_kind_of_token_ends_at_use"),
    ("webhook_deliveries.claimed_until", "deliveries_are_claimed_and_settled"),
    ("webhook_endpoints.previous_until", "two_secrets_sign_for_a_day_after_a_rotation"),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn texts(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn is_an_end(column: &str) -> bool {
    column.starts_with("expires_") || column.ends_with("until") || ["ends_at", "due_at", "valid_to"].contains(&column)
}

/// A new column with an end needs a row above, and a test.
#[test]
fn every_end_has_a_test() {
    let mut columns = BTreeSet::new();
    for migration in texts("../store/migrations", ".sql") {
        let mut table = String::new();
        for line in migration.lines() {
            let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(',')).collect();
            match words[..] {
                ["CREATE", "TABLE", name, ..] => name.clone_into(&mut table),
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] if is_an_end(column) => {
                    columns.insert(format!("{name}.{column}"));
                }
                [column, "BIGINT" | "TEXT", ..] if is_an_end(column) => {
                    columns.insert(format!("{table}.{column}"));
                }
                _ => {}
            }
        }
    }
    let known: BTreeSet<String> = ENDS.iter().map(|(column, _)| (*column).to_owned()).collect();
    assert_eq!(columns, known);
    let tests: String = [texts("tests", ".rs"), texts("../store/tests", ".rs")].concat().concat();
    for (column, test) in ENDS {
        assert!(tests.contains(&format!("fn {test}(")), "{column}: there is no test {test}");
    }
}

/// Returns the caller of a key, as a gateway keeps it in memory.
async fn caller(test: &ServicesApp, key: &Secret<String>) -> Caller {
    let parsed = ApiKey::parse(key.expose(), &TagKeys::new(Secret::new([1; 32]), Vec::new())).unwrap();
    let digest = parsed.digest(&Pepper::new(Secret::new([2; 32])));
    let read = test.store.read("caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
    let found: Result<_, keystead_store::Error> = read.await;
    found.unwrap().unwrap()
}

/// Whether a kept caller may use a model now; only the clock and the rules are read.
async fn may_use(test: &ServicesApp, caller: &Caller, model: &str) -> bool {
    let read = test.store.read("policy", async |tx: &mut Tx| policy::find(tx).await);
    let found: Result<_, keystead_store::Error> = read.await;
    let (now, chat) =
        (Timestamp(test.now()), ROUTES.iter().find(|route| route.path == "/v1/chat/completions").unwrap());
    let Ok(payer) = decide(caller, chat, Selection::default(), [127, 0, 0, 1].into(), now) else { return false };
    judge_model(&found.unwrap().1, caller, &payer, chat, ModelUse::of(model), now).is_ok()
}

async fn requirement_state(test: &ServicesApp, tenant: &Tenant, requirement: Requirement) -> RequirementState {
    let view = test.app.verification_of(tenant.organization()).await.unwrap();
    view.requirements.into_iter().find(|(known, _)| *known == requirement).unwrap().1
}

/// Waivers of all three requirements and an exemption from the rules: a second before their date everything is open, at
/// their date it is closed, for a caller that a gateway has kept since the start and for everything else.
#[tokio::test]
async fn waivers_end_at_use() {
    let test = ServicesApp::new(Settings::default()).await;
    let (tenant, operator) = (test.tenant("ann").await, Actor::operator("anna"));
    let (actor, organization, project) = (&tenant.actor, tenant.organization(), &tenant.made.project_id);
    let end = test.now() + DAY;
    for requirement in Requirement::ALL {
        test.app.waive_requirement(&operator, organization, requirement, Some(Timestamp(end)), "case 7").await.unwrap();
    }
    let make = async || test.app.create_project_key(actor, organization, project, &NewKey::default()).await;
    let legacy = async || test.app.create_user_key(actor, organization, &NewKey::default()).await;
    let (bound, legacy_key) = (make().await.unwrap().secret, legacy().await.unwrap().secret);
    let kept = [caller(&test, &bound).await, caller(&test, &legacy_key).await];
    let waived = async || {
        let phone = test.app.phone_view(actor, organization).await.unwrap().waived;
        let payment = test.app.payment_methods(actor, organization).await.unwrap().waived;
        let seen = test.app.operator_overview(&operator).await.unwrap().organizations.remove(0).met;
        (phone, payment, seen.iter().filter(|(_, how)| *how == Fulfilment::Waived).count())
    };

    test.wait(DAY - 1);
    for one in &kept {
        assert!(may_use(&test, one, "o3").await, "{:?}", one.kind);
    }
    assert!(make().await.is_ok() && legacy().await.is_ok());
    assert_eq!(waived().await, (true, true, 3));
    test.wait(1);
    for one in &kept {
        assert!(!may_use(&test, one, "o3").await, "{:?}", one.kind);
        assert!(may_use(&test, one, "gpt-4o").await, "keys go on for what no rule guards");
    }
    for refused in [make().await, legacy().await] {
        let Err(Error::RequirementMissing { missing, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(missing, [Requirement::Phone]);
    }
    assert_eq!(waived().await, (false, false, 0));
    for requirement in Requirement::ALL {
        assert_eq!(
            requirement_state(&test, &tenant, requirement).await,
            RequirementState::Unverified,
            "{requirement:?}"
        );
    }
    let begun = test.begin(&tenant).await;
    let Err(Error::RequirementMissing { missing, .. }) = begun else { panic!("{begun:?}") };
    assert_eq!(missing, [Requirement::PaymentMethod], "the exemption is over, so it is asked for again");

    // Longer, shorter, without end: the newest decision counts.
    for (life, after) in [(Some(2 * DAY), true), (Some(1), false), (None, true)] {
        let until = life.map(|seconds| Timestamp(test.now() + seconds));
        test.app.waive_requirement(&operator, organization, Requirement::Phone, until, "case 8").await.unwrap();
        test.wait(1);
        assert_eq!(make().await.is_ok(), after, "{until:?}");
    }

    let until = Some(Timestamp(test.now() + DAY));
    test.app.exempt_from_rules(&operator, organization, until, "trial").await.unwrap();
    let one = caller(&test, &bound).await;
    test.wait(DAY - 1);
    assert!(may_use(&test, &one, "o3").await);
    test.wait(1);
    assert!(!may_use(&test, &one, "o3").await, "an exemption from the rules");
}

/// A key's own lifetime, and the overlap of a rotated one.
#[tokio::test]
async fn keys_end_at_use() {
    let test = ServicesApp::new(Settings::default()).await;
    let (tenant, operator) = (test.tenant("ann").await, Actor::operator("anna"));
    let (actor, organization, project) = (&tenant.actor, tenant.organization(), &tenant.made.project_id);
    test.app.waive_requirement(&operator, organization, Requirement::Phone, None, "trusted").await.unwrap();
    let asked = NewKey { expires_in_seconds: Some(7_200), ..NewKey::default() };
    let made = test.app.create_project_key(actor, organization, project, &asked).await.unwrap();
    let kept = caller(&test, &made.secret).await;
    test.wait(7_199);
    assert!(may_use(&test, &kept, "gpt-4o").await);
    test.wait(1);
    assert!(!may_use(&test, &kept, "gpt-4o").await);
    let late = test.app.rotate_key(actor, organization, project, &made.key.id, 60).await;
    assert!(late.is_err(), "what has ended is not begun again");

    let made = test.app.create_project_key(actor, organization, project, &NewKey::default()).await.unwrap();
    test.app.rotate_key(actor, organization, project, &made.key.id, 3_600).await.unwrap();
    let kept = caller(&test, &made.secret).await;
    test.wait(3_599);
    assert!(may_use(&test, &kept, "gpt-4o").await, "the overlap");
    test.wait(1);
    assert!(!may_use(&test, &kept, "gpt-4o").await, "is over");
}

/// An identity check lasts a day and a link to another device a quarter of an hour, even if the poll is late.
#[tokio::test]
async fn attempts_and_their_links_end_at_use() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (actor, organization) = (&tenant.actor, tenant.organization());
    test.pay(&tenant, 1).await;
    let attempt = test.begin(&tenant).await.unwrap();
    let link = async || {
        let made = test.app.hand_off_verification(actor, organization, &attempt, Channel::Qr).await?;
        let token = made.url.expose().rsplit('/').next().unwrap().to_owned();
        Ok::<_, Error>(Secret::new(token))
    };
    let usable = async |token| test.app.find_handoff(token).await.unwrap().unwrap().usable;
    let (first, second) = (link().await.unwrap(), link().await.unwrap());
    test.wait(899);
    assert!(usable(&first).await && test.app.use_handoff(&first).await.is_ok());
    test.wait(1);
    assert!(!usable(&second).await);
    assert_eq!(code(test.app.use_handoff(&second).await), "link_expired");
    test.wait(DAY - 901);
    let last = link().await.unwrap();
    assert!(usable(&last).await);
    assert_eq!(test.begin(&tenant).await.unwrap(), attempt, "a second click joins the first");
    test.wait(1);
    assert!(!usable(&last).await, "its attempt is over");
    assert_eq!(code(test.app.use_handoff(&last).await), "link_expired");
    assert!(link().await.is_err());
    assert_ne!(test.begin(&tenant).await.unwrap(), attempt, "a new one may begin");
}

/// A page for a card is reused while it lasts, and a new one begins afterwards.
#[tokio::test]
async fn set_ups_end_at_use() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let begin = async || test.app.start_payment_method(&tenant.actor, tenant.organization()).await.unwrap();
    let first = begin().await;
    test.wait(first.expires_at.0 - test.now() - 1);
    assert_eq!(begin().await.id, first.id);
    assert_eq!(
        requirement_state(&test, &tenant, Requirement::PaymentMethod).await,
        RequirementState::Underway("pending")
    );
    test.wait(1);
    assert_eq!(requirement_state(&test, &tenant, Requirement::PaymentMethod).await, RequirementState::Unverified);
    assert_ne!(begin().await.id, first.id);
}
