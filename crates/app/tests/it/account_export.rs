//! The copy of a person's data: complete by the schema, and without secrets.

use std::collections::BTreeSet;
use std::path::Path;

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_store::tables::personal_data::PARTS;

use crate::test_app::*;

/// Tables that are not part of the copy, with the reason.
const NOT_COPIED: &[(&str, &[&str])] = &[
    (
        "it is about an organization and names no person",
        &[
            "organizations",
            "organization_requirements",
            "projects",
            "service_accounts",
            "ip_allowlists",
            "first_uses",
            "feature_uses",
            "refusals",
            "upstream_objects",
            "requirement_states",
            "payment_customers",
            "payment_methods",
            "organization_verifications",
            "address_fingerprints",
            "erasure_receipts",
        ],
    ),
    ("it follows from the person's keys, which are copied", &["keys_left_out"]),
    (
        "it is about the installation",
        &[
            "models",
            "usage_spools",
            "pending_usage",
            "counted_once",
            "revisions",
            "changes",
            "nodes",
            "inbound_events",
            "line_lookups",
            "installation_facts",
        ],
    ),
    (
        "it holds ids, digests or encrypted payloads for minutes or days, and nothing readable",
        &["jobs", "limit_hits", "form_submissions", "handoffs", "capture_links"],
    ),
    (
        "it proves what operators decided, as part of their work",
        &["policies", "operator_approvals", "review_cases", "evidence_views", "legal_holds"],
    ),
    (
        "it belongs to an attempt, which is copied; the rest is encrypted and erased within days",
        &["captures", "evidence"],
    ),
];

/// A new table is either copied, or has a reason why not.
#[test]
fn every_table_is_copied_or_has_a_reason() {
    let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations/0001_initial.sql");
    let schema = std::fs::read_to_string(migration).unwrap();
    let tables: BTreeSet<&str> =
        schema.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split_whitespace().next()).collect();
    let copied: BTreeSet<&str> = PARTS.iter().map(|part| part.table).collect();
    let left_out: BTreeSet<&str> = NOT_COPIED.iter().flat_map(|(_, tables)| tables.iter().copied()).collect();
    assert_eq!(copied.intersection(&left_out).count(), 0);
    assert_eq!(tables, copied.union(&left_out).copied().collect());
    // A table that refers to people is copied, unless only operators are meant.
    for statement in schema.split("CREATE TABLE ").skip(1) {
        let name = statement.split_whitespace().next().unwrap();
        let body = statement.split(");").next().unwrap();
        if body.contains("REFERENCES users") || body.contains("  user_id ") {
            assert!(copied.contains(name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_copy_holds_what_is_kept_and_no_secret() {
    let test = TestApp::new().await;
    let (ann, opened) = test.signed_in_user("ann@example.com").await;
    test.confirmed_user("ben@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let operator = Actor::operator("test");
    test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
    let key = NewKey { name: Some("laptop".to_owned()), ..NewKey::default() };
    let made = test.app.create_project_key(&Actor::Person(ann.clone()), &organization, &project, &key).await.unwrap();
    let copy = test.app.export_account(&opened.session).await.unwrap();
    assert_eq!(copy["data"]["users"][0]["email"], "ann@example.com");
    assert_eq!(copy["data"]["memberships"][0]["role"], "owner");
    assert_eq!(copy["data"]["api_keys"][0]["name"], "laptop");
    assert!(copy["data"]["audit_events"].as_array().unwrap().len() >= 3, "{copy:#}");
    let text = copy.to_string();
    for secret in [made.secret.expose().as_str(), opened.session.expose(), "argon2", "ben@example.com"] {
        assert!(!text.contains(secret), "{secret}");
    }
    test.advance(600);
    assert_eq!(code(test.app.export_account(&opened.session).await), "reauthentication_needed");
}
