//! Providers of workload identity, their rules, and the keys that were issued by them.

use keystead_core::id::{FederationRuleId, OrganizationId, WorkloadIdentityProviderId};
use keystead_core::key::KeyKind;
use keystead_core::key_search::{KeyFilter, KeySearch};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::{Matchers, Transformations, Verification};
use keystead_store::Page;
use keystead_store::tables::api_keys::{self, KeyRow, KeysWanted};
use keystead_store::tables::changes::{self, Change, ChangeSubject};
use keystead_store::tables::federation_rules::{self, FederationRule};
use keystead_store::tables::key_addresses;
use keystead_store::tables::workload_identity_providers::{self, WorkloadIdentityProvider};
use keystead_store::tables::{activity, directory, organization_deletions};
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
    for (organization, found) in [(&one, Some(edited.clone())), (&two, None)] {
        let rule = look!(db, |tx| federation_rules::find_in_organization(tx, organization, &early.id)).unwrap();
        assert_eq!(rule, found, "{organization}");
    }
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
    issued.federation_rule = Some(rule.clone());
    let ordinary = key(KeyKind::ServiceAccount, "usual", place, bot("bot"));
    change!(db, |tx| api_keys::insert(tx, &ordinary)).unwrap();
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    for wrong in [
        KeyRow { federation_rule: None, ..issued.clone() },
        KeyRow { expires_at: None, ..issued.clone() },
        KeyRow { expires_at: Some(later(3_601)), ..issued.clone() },
    ] {
        assert!(change!(db, |tx| api_keys::insert_issued(tx, &wrong)).is_err(), "{wrong:?}");
    }
    change!(db, |tx| api_keys::insert_issued(tx, &issued)).unwrap();
    assert_eq!(look!(db, |tx| changes::latest(tx)).unwrap(), before, "no gateway has to forget anything");
    assert!(change!(db, |tx| api_keys::insert_issued(tx, &issued)).is_err(), "once");

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
    // One that leaked is found by its secret and by its id, with the rule that issued it.
    let found = look!(db, |tx| api_keys::find_of_project(tx, &x1, &issued.id)).unwrap().unwrap();
    assert_eq!((&found.key, found.owner_name.as_str()), (&issued, "bot"));
    assert_eq!(look!(db, |tx| api_keys::find_ever_by_digest(tx, &digest("issued"))).unwrap(), Some(issued.clone()));
    let search = KeySearch::default();
    let wanted = KeysWanted { project: &x1, owner: None, search: &search, filter: KeyFilter::All, now: NOW };
    assert_eq!(look!(db, |tx| api_keys::count(tx, &wanted)).unwrap().active, 1);
    assert_eq!(look!(db, |tx| api_keys::count_project(tx, &x1, None, (NOW, NOW, NOW))).unwrap().active, 1);
    assert_eq!(look!(db, |tx| api_keys::count_of_service_accounts(tx, &x1, NOW)).unwrap()[0].live, 1);
    assert_eq!(look!(db, |tx| organization_deletions::contents(tx, &one, NOW)).unwrap().keys, 1);
    assert_eq!(look!(db, |tx| api_keys::count_issued(tx, &rule, NOW.plus(-1))).unwrap(), 1);
    assert_eq!(look!(db, |tx| api_keys::count_issued(tx, &rule, NOW)).unwrap(), 0);
    for (organization, since, count) in [(&one, NOW.plus(-1), 1), (&one, NOW, 0), (&id("org-two"), NOW.plus(-1), 0)] {
        let issued = look!(db, |tx| api_keys::count_issued_in_organization(tx, organization, since)).unwrap();
        assert_eq!(issued, count, "{organization} {since:?}");
    }
    let made = look!(db, |tx| activity::list_keys(tx, NOW)).unwrap();
    assert_eq!(made, [(one.clone(), 1)], "what workloads got is not what people made");

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
    assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, later(3_600), later(9_999), 9)).unwrap(), 0);
    assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, later(3_601), later(9_999), 9)).unwrap(), 1);
    assert_eq!(look!(db, |tx| api_keys::find(tx, &issued.id)).unwrap(), None);
    assert!(look!(db, |tx| api_keys::find(tx, &ordinary.id)).unwrap().is_some());
}

/// What has ended by itself is left alone: there may be a million such keys, and all changes of callers wait meanwhile.
pub(crate) async fn ended_keys_of_rules(db: Database) {
    let (one, .., account) = seed(&db).await;
    let rule: FederationRuleId = id("wifr_a");
    let issued = |name: &str, begins: i64, ends: i64| {
        let mut issued = key(KeyKind::ServiceAccount, name, Some(("one", Some("x1"))), bot("bot"));
        (issued.created_at, issued.expires_at) = (later(begins), Some(later(ends)));
        issued.federation_rule = Some(rule.clone());
        issued
    };
    let usual = key(KeyKind::ServiceAccount, "usual", Some(("one", Some("x1"))), bot("bot"));
    change!(db, |tx| api_keys::insert(tx, &usual)).unwrap();
    let revoked = async |name: &str| {
        let found = look!(db, |tx| api_keys::find(tx, &key_id(name))).unwrap().unwrap();
        found.revoked_at
    };
    let at = later(5_000);
    // The short one and the long one ended; the last one works for a second more.
    let mut last = String::new();
    for (n, what) in ["rule", "account", "organization"].into_iter().enumerate() {
        let names = ["short", "long", "live"].map(|name| format!("{name}{n}"));
        for (name, begins, ends) in [(&names[0], 4_000, 5_000), (&names[1], 0, 3_600), (&names[2], 1_401, 5_001)] {
            change!(db, |tx| api_keys::insert_issued(tx, &issued(name, begins, ends))).unwrap();
        }
        let before = look!(db, |tx| changes::latest(tx)).unwrap();
        match what {
            "rule" => {
                let of = (&rule, &account);
                assert_eq!(change!(db, |tx| api_keys::revoke_of_rule(tx, of, "by", "why", at)).unwrap(), 1);
                assert_eq!(change!(db, |tx| api_keys::revoke_of_rule(tx, of, "by", "why", at)).unwrap(), 0);
            }
            "account" => {
                let ended = change!(db, |tx| api_keys::revoke_of_service_account(tx, &account, "by", "why", at));
                assert_eq!(ended.unwrap(), std::slice::from_ref(&usual.id), "keys of workloads are not listed");
            }
            _ => {
                let ended = change!(db, |tx| api_keys::revoke_of_organization(tx, &one, "by", "why", at)).unwrap();
                assert_eq!(ended, [], "keys of workloads are not listed");
            }
        }
        assert_eq!(look!(db, |tx| changes::latest(tx)).unwrap(), before + 1, "{what}");
        assert_eq!(revoked(&names[0]).await, None, "{what}");
        assert_eq!(revoked(&names[1]).await, None, "{what}");
        assert_eq!(revoked(&names[2]).await, Some(at), "{what}");
        last.clone_from(&names[2]);
    }
    assert_eq!(look!(db, |tx| api_keys::last_revoked(tx, &one)).unwrap(), Some(at));
    // With the organization its names go: those of its workloads' keys when they have ended, and not a week later.
    change!(db, |tx| organization_deletions::erase(tx, &one, at)).unwrap();
    for left in [4, 2] {
        assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, NOW, later(5_001), 4)).unwrap(), left, "in slices");
    }
    assert!(look!(db, |tx| api_keys::find(tx, &key_id(&last))).unwrap().is_some());
    assert_eq!(change!(db, |tx| api_keys::delete_issued(tx, NOW, later(5_002), 9)).unwrap(), 3);
}
