//! The copy of an organization's data: complete by the schema, and without secrets.

use std::collections::BTreeSet;
use std::path::Path;

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_core::role::OrganizationRole;
use keystead_core::verification::organization::Event;
use keystead_core::verification::payment::PaymentEvent;
use keystead_store::tables::organization_data::PARTS;

use crate::review::{ReviewWorld, ops};
use crate::test_app::*;

/// Tables with a column for an organization that are not part of the copy, with the reason.
const NOT_COPIED: &[(&str, &[&str])] = &[
    (
        "it has a file of its own, or only counts",
        &[
            "audit_events",
            "usage_minutes",
            "usage_hours",
            "usage_days",
            "credit_usage",
            "first_uses",
            "feature_uses",
            "refusals",
        ],
    ),
    (
        "it follows from rows that are copied",
        &["keys_left_out", "requirement_states", "budget_exhaustions", "recharge_pauses"],
    ),
    (
        "it holds ids, digests or encrypted values for limits and for the payment service",
        &[
            "phone_verifications",
            "payment_customers",
            "payment_setups",
            "address_fingerprints",
            "document_fingerprints",
        ],
    ),
    ("it belongs to a person, whose own copy has it", &["consents"]),
    (
        "it is the work of operators, or encrypted and erased within days",
        &["captures", "review_cases", "evidence_views", "legal_holds"],
    ),
    ("it names objects at a model server", &["upstream_objects"]),
];

/// A new table with a column for an organization is either copied, or has a reason why not.
#[test]
fn every_table_of_an_organization_is_copied_or_has_a_reason() {
    let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations/0001_initial.sql");
    let schema = std::fs::read_to_string(migration).unwrap();
    let copied: BTreeSet<&str> = PARTS.iter().map(|part| part.table).collect();
    let left_out: BTreeSet<&str> = NOT_COPIED.iter().flat_map(|(_, tables)| tables.iter().copied()).collect();
    assert_eq!(copied.intersection(&left_out).count(), 0);
    let mut of_organizations = BTreeSet::new();
    for statement in schema.split("CREATE TABLE ").skip(1) {
        let name = statement.split_whitespace().next().unwrap();
        if statement.split(");").next().unwrap().contains("  organization TEXT") {
            of_organizations.insert(name);
        }
    }
    // Tables without that column belong to an organization through a project, a key, a certificate or a group.
    of_organizations.extend([
        "organizations",
        "project_members",
        "service_accounts",
        "key_addresses",
        "key_caps",
        "key_profiles",
        "project_certificates",
        "group_members",
    ]);
    assert_eq!(of_organizations, copied.union(&left_out).copied().collect());
}

#[tokio::test]
async fn a_copy_of_an_organization_holds_what_is_kept_and_no_secret() {
    let test = TestApp::new().await;
    let (ann, opened) = test.signed_in_user("ann@example.com").await;
    let (_, stranger) = test.signed_in_user("eve@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let operator = Actor::operator("test");
    test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
    let (key, acting) = (NewKey { name: Some("laptop".to_owned()), ..NewKey::default() }, Actor::Person(ann.clone()));
    let made = test.app.create_project_key(&acting, &organization, &project, &key).await.unwrap();
    let reader = OrganizationRole::Reader;
    test.app.invite_member(&acting, &organization, "ben@example.com", reader, "en").await.unwrap();
    let mails = test.mails().await;
    let invited = mails.iter().find(|mail| mail.0 == "ben@example.com").map(|mail| token_in(&mail.2)).unwrap();
    let copy = test.app.export_organization(&opened.session, &organization).await.unwrap();
    let data = &copy["data"];
    assert_eq!(copy["incomplete"].as_array().map(Vec::len), Some(0));
    assert_eq!(data["organizations"][0]["name"], "Acme");
    assert_eq!(data["memberships"][0]["email"], "ann@example.com");
    assert_eq!(data["projects"][0]["is_default"], true);
    assert_eq!(data["api_keys"][0]["name"], "laptop");
    assert_eq!(data["invites"][0]["email"], "ben@example.com");
    assert_eq!(data["organization_requirements"][0]["how"], "waived");
    let text = copy.to_string();
    for secret in [made.secret.expose().as_str(), opened.session.expose(), invited.expose(), "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(test.log(&organization).await.iter().any(|action| action == "organization.exported"));
    assert_eq!(code(test.app.export_organization(&stranger.session, &organization).await), "not_found");
    test.advance(600);
    assert_eq!(code(test.app.export_organization(&opened.session, &organization).await), "reauthentication_needed");
}

/// What operators do to organizations is refused for one that was deleted.
#[tokio::test]
async fn operators_change_no_deleted_organization() {
    let test = TestApp::new().await;
    let (ann, opened) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&ann).await;
    test.app.request_organization_deletion(&opened.session, &organization, "Acme").await.unwrap();
    test.mails().await;
    test.advance(14 * DAY);
    test.mails().await;
    let (app, operator) = (&test.app, Actor::operator("test"));
    let waived = app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await;
    assert_eq!(code(waived), "not_found");
    let one = std::slice::from_ref(&organization);
    assert_eq!(code(app.revoke_phones(&operator, one, "test").await), "not_found");
    let disputed = PaymentEvent::Disputed;
    assert_eq!(code(app.operate_on_payment(&operator, &organization, disputed, "test").await), "not_found");
    assert_eq!(code(app.operate_on_verification(&operator, &organization, Event::Suspend, "test").await), "not_found");
    assert_eq!(code(app.tag_organization(&operator, &organization, &["x".to_owned()], "test").await), "not_found");
    assert_eq!(code(app.exempt_from_rules(&operator, &organization, None, "test").await), "not_found");
}

/// Operators see a case under a legal hold until the hold ends, and a deleted organization as long as the identity
/// service or the reviewer has its data.
#[tokio::test]
async fn operators_see_what_is_held_of_a_deleted_organization() {
    let world = ReviewWorld::new().await;
    let made = world.app.bootstrap("ann@example.com", "One", true).await.unwrap();
    let (ann, one) = (Actor::Person(made.user_id), made.organization_id);
    let link = token_in(made.sign_in_link.unwrap().expose());
    world.app.reset_password(&link, &secret(GOOD), &laptop()).await.unwrap();
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 50).await;
    let case = world.case().await;
    let until = world.app.now().plus(60 * DAY);
    assert_eq!(world.app.operator_overview(&ops("bob")).await.unwrap().held, []);
    for name in ["bob", "eve"] {
        world.app.hold_evidence(&ops(name), &case, until, "a claim").await.unwrap();
    }
    let session = world.app.sign_in("ann@example.com", &secret(GOOD), &laptop()).await.unwrap().session;
    world.app.request_organization_deletion(&session, &one, "One").await.unwrap();
    world.advance(14 * DAY);
    world.whole_mails().await;
    let overview = world.app.operator_overview(&ops("bob")).await.unwrap();
    assert_eq!((overview.held.len(), overview.held[0].id.as_str(), overview.held[0].until), (1, case.as_str(), until));
    assert_eq!(overview.held[0].organization_name, one.as_str(), "its name is erased");
    assert_eq!(overview.organizations.len(), 1);
    assert!(overview.organizations[0].deleted && overview.organizations[0].attention.contains(&"deleted"));
    world.app.end_evidence_hold(&ops("bob"), &case, "settled").await.unwrap();
    world.advance(61 * DAY);
    world.whole_mails().await;
    world.app.run_cleanup().await.unwrap();
    world.whole_mails().await;
    let overview = world.app.operator_overview(&ops("bob")).await.unwrap();
    assert_eq!((overview.held, overview.organizations), (vec![], vec![]));
}
