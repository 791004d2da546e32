//! The copy of a person's data: complete by the schema, and without secrets.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use keystead_app::Actor;
use keystead_app::audit::with_client_address;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::key_addresses;
use keystead_store::tables::memberships::{self, Membership};
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
            "certificates",
            "project_certificates",
            "user_groups",
            "roles",
            "workload_identity_providers",
            "federation_rules",
            "external_keys",
            "external_storage",
            "organization_tiers",
            "anomaly_settings",
            "key_caps",
            "spend_counters",
            "credit_accounts",
            "credit_usage",
            "credit_lots",
            "ledger_transactions",
            "ledger_entries",
            "spend_alerts",
            "spend_alert_recipients",
            "budget_alerts",
            "budget_alert_recipients",
            "budget_exhaustions",
            "webhook_endpoints",
            "webhook_deliveries",
            "first_uses",
            "feature_uses",
            "refusals",
            "upstream_objects",
            "requirement_states",
            "payment_customers",
            "payment_methods",
            "credit_reversals",
            "recharge_pauses",
            "organization_verifications",
            "address_fingerprints",
            "erasure_receipts",
        ],
    ),
    ("it is what the organization allows, also to the person, whom it names by an id", &["budgets"]),
    ("it follows from the person's keys, which are copied", &["keys_left_out"]),
    ("it is summed by the day, which is copied", &["usage_minutes", "usage_hours"]),
    (
        "it is about the installation",
        &[
            "models",
            "usage_spools",
            "usage_minutes_kept",
            "pending_usage",
            "counted_once",
            "spend_leases",
            "rate_shares",
            "spend_holds",
            "revisions",
            "changes",
            "nodes",
            "inbound_events",
            "line_lookups",
            "installation_facts",
            "removed_rows",
        ],
    ),
    (
        "it holds ids, digests or encrypted payloads for minutes or days, and nothing readable",
        &["jobs", "limit_hits", "form_submissions", "handoffs", "capture_links"],
    ),
    (
        "it proves what operators decided, as part of their work",
        &["policies", "prices", "operator_approvals", "review_cases", "evidence_views", "legal_holds"],
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

fn at(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// The copy has the addresses that the person used, also with their keys. It has neither the address of another person
/// who changed something about them, nor the email address of a person they invited.
#[tokio::test]
async fn a_copy_holds_no_address_of_another_person() {
    let test = TestApp::new().await;
    let ann = test.confirmed_user("ann@example.com").await;
    let (ben, opened) = test.signed_in_user("ben@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let (created_at, role) = (Timestamp(test.now()), OrganizationRole::Owner);
    let row = Membership { organization: organization.clone(), user: ben.clone(), role, created_at };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
    let operator = Actor::operator("test");
    test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
    let (by_ann, by_ben, reader) = (Actor::Person(ann), Actor::Person(ben.clone()), OrganizationRole::Reader);
    let key = NewKey::default();
    let made = with_client_address(at(7), test.app.create_project_key(&by_ben, &organization, &project, &key)).await;
    let used = [(made.unwrap().key.id, at(9), created_at)];
    let write = test.store.write("use", async move |tx: &mut Tx| key_addresses::save(tx, &used).await);
    let saved: Result<(), keystead_store::Error> = write.await;
    saved.unwrap();
    test.app.invite_member(&by_ben, &organization, "dora@example.com", reader, "en").await.unwrap();
    let lowered = with_client_address(at(8), test.app.change_member_role(&by_ann, &organization, &ben, reader)).await;
    lowered.unwrap();

    let copy = test.app.export_account(&opened.session).await.unwrap();
    assert_eq!(copy["data"]["key_addresses"][0]["address"], "192.0.2.9");
    assert_eq!(copy["data"]["invites"].as_array().map(Vec::len), Some(1));
    assert!(copy["data"]["invites"][0]["email"].is_null());
    let events = copy["data"]["audit_events"].as_array().unwrap();
    let address = |action: &str| events.iter().find(|event| event["action"] == action).map(|event| &event["address"]);
    assert_eq!(address("user.updated"), Some(&serde_json::Value::Null), "{copy:#}");
    let text = copy.to_string();
    assert!(text.contains("192.0.2.7") && !text.contains("192.0.2.8") && !text.contains("dora@"), "{copy:#}");
}
