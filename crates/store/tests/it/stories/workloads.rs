//! Providers of workload identity, their rules, and the keys that were issued by them.

use keystead_core::id::{FederationRuleId, OrganizationId, WorkloadIdentityProviderId};
use keystead_core::key::KeyKind;
use keystead_core::key_search::{KeyFilter, KeySearch};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::{Matchers, Transformations, Verification};
use keystead_store::Page;
use keystead_store::tables::api_keys::{self, KeysWanted};
use keystead_store::tables::changes::{self, Change, ChangeSubject};
use keystead_store::tables::federation_rules::{self, FederationRule};
use keystead_store::tables::key_addresses;
use keystead_store::tables::workload_identity_providers::{self, WorkloadIdentityProvider};
use keystead_store::tables::{directory, organization_deletions};
use serde_json::json;

use crate::world::*;

fn provider(organization: &OrganizationId, name: &str, created_at: Timestamp) -> WorkloadIdentityProvider {
    WorkloadIdentityProvider {
        id: id(&format!("wip_{name}")),
        organization: organization.clone(),
        name: name.to_owned(),
        description: None,
        issuer: "https://issuer.example.com".to_owned(),
        audience: "keystead".to_owned(),
        verification: Verification::Discovery { discovery_url: None },
        transformations: Transformations::default(),
        enabled: true,
        created_at,
        updated_at: created_at,
    }
}

fn rule(provider: &WorkloadIdentityProvider, name: &str, created_at: Timestamp) -> FederationRule {
    FederationRule {
        id: id(&format!("wifr_{name}")),
        organization: provider.organization.clone(),
        provider: provider.id.clone(),
        project: id("proj_x1"),
        service_account: id("svc_acct_bot"),
        name: None,
        description: None,
        matchers: Matchers::read(&json!({ "sub": name, "n": 1.5, "flag": true })).unwrap(),
        restriction: Restriction::default(),
        enabled: true,
        created_at,
        updated_at: created_at,
    }
}

pub(crate) async fn providers_and_rules(db: Database) {
    let (one, ..) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    let (first_provider, second) = (provider(&one, "a", NOW), provider(&one, "b", later(1)));
    let other = provider(&two, "c", NOW);
    for row in [&first_provider, &second, &other] {
        change!(db, |tx| workload_identity_providers::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| workload_identity_providers::find(tx, &other.id)).unwrap(), Some(other));
    assert_eq!(look!(db, |tx| workload_identity_providers::count(tx, &one)).unwrap(), 2);
    let page = look!(db, |tx| workload_identity_providers::list(tx, &one, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![first_provider.clone()], true));
    let changed = WorkloadIdentityProvider {
        name: "new".to_owned(),
        description: Some("why".to_owned()),
        issuer: "https://other.example.com".to_owned(),
        audience: "aud".to_owned(),
        verification: Verification::UploadedJwks { jwks: json!({ "keys": [] }).as_object().unwrap().clone() },
        transformations: Transformations::read(&json!([{ "attribute": "x", "expression": "assertion.sub" }])).unwrap(),
        enabled: false,
        updated_at: later(9),
        ..first_provider.clone()
    };
    assert!(change!(db, |tx| workload_identity_providers::update(tx, &changed)).unwrap());
    assert_eq!(look!(db, |tx| workload_identity_providers::find(tx, &changed.id)).unwrap(), Some(changed.clone()));
    let foreign = WorkloadIdentityProvider { organization: two.clone(), ..changed.clone() };
    assert!(!change!(db, |tx| workload_identity_providers::update(tx, &foreign)).unwrap(), "of another organization");
    assert!(!change!(db, |tx| workload_identity_providers::delete(tx, &foreign, NOW)).unwrap());

    let (early, late) = (rule(&changed, "early", NOW), rule(&changed, "late", later(2)));
    for row in [&late, &early, &rule(&second, "elsewhere", NOW)] {
        change!(db, |tx| federation_rules::insert(tx, row)).unwrap();
    }
    let all = look!(db, |tx| federation_rules::list_of_provider(tx, &changed.id)).unwrap();
    assert_eq!(all, [early.clone(), late.clone()], "oldest first");
    let page = look!(db, |tx| federation_rules::list(tx, &changed.id, None, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![early.clone()], true));
    let mine = look!(db, |tx| federation_rules::list(tx, &changed.id, Some("svc_acct_bot"), &first(9))).unwrap();
    assert_eq!(mine.data.len(), 2);
    let none = look!(db, |tx| federation_rules::list(tx, &changed.id, Some("svc_acct_x"), &first(9))).unwrap();
    assert!(none.data.is_empty());
    let edited = FederationRule {
        name: Some("n".to_owned()),
        description: Some("d".to_owned()),
        matchers: Matchers::read(&json!({ "sub": "z" })).unwrap(),
        restriction: Restriction(vec!["api.model.read".to_owned()]),
        enabled: false,
        updated_at: later(5),
        ..early.clone()
    };
    assert!(change!(db, |tx| federation_rules::update(tx, &edited)).unwrap());
    assert_eq!(look!(db, |tx| federation_rules::find(tx, &changed.id, &early.id)).unwrap(), Some(edited.clone()));
    assert_eq!(look!(db, |tx| federation_rules::find(tx, &second.id, &early.id)).unwrap(), None);
    assert!(change!(db, |tx| federation_rules::delete(tx, &edited, later(6))).unwrap());
    assert!(!change!(db, |tx| federation_rules::delete(tx, &edited, later(6))).unwrap());
    assert!(!change!(db, |tx| federation_rules::update(tx, &edited)).unwrap());
    let next = look!(db, |tx| federation_rules::list(tx, &changed.id, None, &after(early.id.as_str(), 9))).unwrap();
    assert_eq!(next.data, std::slice::from_ref(&late), "a deleted row is still a cursor");
    assert!(change!(db, |tx| federation_rules::delete(tx, &late, later(6))).unwrap());
    assert!(change!(db, |tx| workload_identity_providers::delete(tx, &changed, later(7))).unwrap());
    let next = look!(db, |tx| workload_identity_providers::list(tx, &one, &after(changed.id.as_str(), 9))).unwrap();
    assert_eq!(next.data, std::slice::from_ref(&second));
    let unknown: WorkloadIdentityProviderId = id("wip_none");
    assert_eq!(look!(db, |tx| workload_identity_providers::find(tx, &unknown)).unwrap(), None);
    change!(db, |tx| organization_deletions::erase(tx, &one, later(9))).unwrap();
    assert_eq!(
        look!(db, |tx| workload_identity_providers::count(tx, &one)).unwrap(),
        0,
        "erased with the organization"
    );
    assert_eq!(look!(db, |tx| federation_rules::list_of_provider(tx, &second.id)).unwrap(), []);
}

pub(crate) async fn keys_of_rules(db: Database) {
    let (one, _, x1, .., account) = seed(&db).await;
    let rule: FederationRuleId = id("wifr_a");
    let place = Some(("one", Some("x1")));
    let mut issued = key(KeyKind::ServiceAccount, "issued", place, bot("bot"));
    issued.expires_at = Some(later(3_600));
    let ordinary = key(KeyKind::ServiceAccount, "usual", place, bot("bot"));
    change!(db, |tx| api_keys::insert(tx, &ordinary)).unwrap();
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    change!(db, |tx| api_keys::insert_issued(tx, &issued, &rule)).unwrap();
    assert_eq!(look!(db, |tx| changes::latest(tx)).unwrap(), before, "no gateway has to forget anything");
    assert!(change!(db, |tx| api_keys::insert_issued(tx, &issued, &rule)).is_err(), "once");

    // A caller like any other.
    let caller = look!(db, |tx| directory::find_caller(tx, &digest("issued"))).unwrap().unwrap();
    let usual = look!(db, |tx| directory::find_caller(tx, &digest("usual"))).unwrap().unwrap();
    assert_eq!((caller.kind, &caller.owner, caller.expires_at), (usual.kind, &usual.owner, issued.expires_at));
    assert_eq!(caller.organizations, usual.organizations);

    // In no list, and in no count.
    let page = Page { after: None, limit: 9, ascending: true };
    let listed = look!(db, |tx| api_keys::list_project(tx, &x1, &page)).unwrap();
    assert_eq!(listed.data.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["key_usual"]);
    assert_eq!(look!(db, |tx| api_keys::find_project_with_owner(tx, &x1, &issued.id)).unwrap(), None);
    assert_eq!(look!(db, |tx| api_keys::find_of_project(tx, &x1, &issued.id)).unwrap(), None);
    assert_eq!(look!(db, |tx| api_keys::find_ever_by_digest(tx, &digest("issued"))).unwrap(), None);
    let search = KeySearch::default();
    let wanted = KeysWanted { project: &x1, owner: None, search: &search, filter: KeyFilter::All, now: NOW };
    assert_eq!(look!(db, |tx| api_keys::count(tx, &wanted)).unwrap().active, 1);
    assert_eq!(look!(db, |tx| api_keys::count_project(tx, &x1, None, (NOW, NOW, NOW))).unwrap().active, 1);
    assert_eq!(look!(db, |tx| api_keys::count_of_service_accounts(tx, &x1, NOW)).unwrap()[0].live, 1);
    assert_eq!(look!(db, |tx| organization_deletions::contents(tx, &one, NOW)).unwrap().keys, 1);
    assert_eq!(look!(db, |tx| api_keys::count_issued(tx, &rule, NOW.plus(-1))).unwrap(), 1);
    assert_eq!(look!(db, |tx| api_keys::count_issued(tx, &rule, NOW)).unwrap(), 0);

    // Ended with the rule, on every node; other keys of the account stay.
    let both = (&rule, &account);
    assert_eq!(change!(db, |tx| api_keys::revoke_of_rule(tx, both, "by", "why", later(1))).unwrap(), 1);
    let since = look!(db, |tx| changes::since(tx, before, 9)).unwrap();
    let subject = ChangeSubject::ServiceAccount(account.clone());
    assert_eq!(since, [Change { revision: before + 1, subject }]);
    assert_eq!(change!(db, |tx| api_keys::revoke_of_rule(tx, both, "by", "why", later(2))).unwrap(), 0);
    assert_eq!(look!(db, |tx| directory::find_caller(tx, &digest("issued"))).unwrap(), None);
    assert!(look!(db, |tx| directory::find_caller(tx, &digest("usual"))).unwrap().is_some());

    // Deleted some time after the end, with what belongs to it.
    let used = [(issued.id.clone(), "192.0.2.1".parse().unwrap(), NOW)];
    change!(db, |tx| key_addresses::save(tx, &used)).unwrap();
    assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, later(3_600))).unwrap(), 0);
    assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, later(3_601))).unwrap(), 1);
    assert_eq!(look!(db, |tx| api_keys::find(tx, &issued.id)).unwrap(), None);
    assert!(look!(db, |tx| api_keys::find(tx, &ordinary.id)).unwrap().is_some());
}
