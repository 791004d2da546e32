//! Keys that were issued to workloads, as lists and counts show them.

use keystead_core::id::{FederationRuleId, WorkloadIdentityProviderId};
use keystead_core::key::KeyKind;
use keystead_core::workload_identity::{Matchers, Transformations, Verification};
use keystead_store::tables::api_keys::{self, IssuedKey};
use keystead_store::tables::federation_rules::{self, FederationRule};
use keystead_store::tables::workload_identity_providers::{self, WorkloadIdentityProvider};
use keystead_store::{Error, Page};
use serde_json::json;

use crate::world::*;

pub(crate) async fn issued_keys_are_listed(db: Database) {
    let (one, d1, x1, .., account) = seed(&db).await;
    let provider = WorkloadIdentityProvider {
        id: id("wip_a"),
        organization: one.clone(),
        name: "Builds".to_owned(),
        description: None,
        issuer: "https://issuer.example.com".to_owned(),
        audience: "keystead".to_owned(),
        verification: Verification::Discovery { discovery_url: None },
        transformations: Transformations::default(),
        enabled: true,
        created_at: NOW,
        updated_at: NOW,
    };
    let rule = FederationRule {
        id: id("wifr_a"),
        organization: one.clone(),
        provider: provider.id.clone(),
        project: x1.clone(),
        service_account: account.clone(),
        name: Some("Main".to_owned()),
        description: None,
        matchers: Matchers::read(&json!({ "sub": "a" })).unwrap(),
        restriction: keystead_core::scope::Restriction::default(),
        enabled: true,
        created_at: NOW,
        updated_at: NOW,
    };
    change!(db, |tx| workload_identity_providers::insert(tx, &provider)).unwrap();
    change!(db, |tx| federation_rules::insert(tx, &rule)).unwrap();
    let place = Some(("one", Some("x1")));
    let gone: FederationRuleId = id("wifr_gone");
    for (name, of, at) in [("k1", &rule.id, 0), ("k2", &gone, 1), ("k3", &rule.id, 2)] {
        let mut issued = key(KeyKind::ServiceAccount, name, place, bot("bot"));
        (issued.created_at, issued.expires_at) = (later(at), Some(later(100 + at)));
        issued.federation_rule = Some(of.clone());
        change!(db, |tx| api_keys::insert_issued(tx, &issued)).unwrap();
    }
    change!(db, |tx| api_keys::insert(tx, &key(KeyKind::ServiceAccount, "usual", place, bot("bot")))).unwrap();

    let page = |after: Option<&str>, limit| Page { after: after.map(str::to_owned), limit, ascending: false };
    let all = look!(db, |tx| api_keys::list_issued(tx, &x1, &page(None, 2))).unwrap();
    let names = |rows: &[IssuedKey]| rows.iter().map(|row| row.key.id.to_string()).collect::<Vec<_>>();
    assert_eq!((names(&all.data), all.has_more), (vec!["key_k3".to_owned(), "key_k2".to_owned()], true));
    let newest = &all.data[0];
    assert_eq!((newest.rule_name.as_deref(), newest.provider_name.as_deref()), (Some("Main"), Some("Builds")));
    assert_eq!((&newest.rule, newest.provider.as_ref()), (&rule.id, Some(&provider.id)));
    assert_eq!(newest.account_name, "bot");
    assert_eq!((&all.data[1].rule, &all.data[1].provider, &all.data[1].rule_name), (&gone, &None, &None));
    let rest = look!(db, |tx| api_keys::list_issued(tx, &x1, &page(Some("key_k2"), 2))).unwrap();
    assert_eq!((names(&rest.data), rest.has_more), (vec!["key_k1".to_owned()], false));
    let usual = look!(db, |tx| api_keys::list_issued(tx, &x1, &page(Some("key_usual"), 2)));
    assert_eq!(usual.unwrap_err(), Error::Missing, "no cursor of this list");
    assert!(look!(db, |tx| api_keys::list_issued(tx, &d1, &page(None, 9))).unwrap().data.is_empty());

    assert_eq!(look!(db, |tx| api_keys::count_issued_live(tx, &x1, later(50))), Ok(3));
    assert_eq!(look!(db, |tx| api_keys::count_issued_live(tx, &x1, later(100))), Ok(2), "one has expired");
    assert_eq!(look!(db, |tx| api_keys::count_issued_live(tx, &d1, NOW)), Ok(0));
    assert_eq!(look!(db, |tx| api_keys::has_issued(tx, &x1)), Ok(true));
    assert_eq!(look!(db, |tx| api_keys::has_issued(tx, &d1)), Ok(false));
    let live = [(rule.id.clone(), 2)];
    assert_eq!(look!(db, |tx| api_keys::count_issued_of_provider(tx, &provider.id, NOW)).unwrap(), live);
    change!(db, |tx| api_keys::revoke_of_rule(tx, (&rule.id, &account), "by", "why", later(3))).unwrap();
    assert_eq!(look!(db, |tx| api_keys::count_issued_of_provider(tx, &provider.id, NOW)).unwrap(), []);
    assert_eq!(look!(db, |tx| api_keys::count_issued_live(tx, &x1, later(50))), Ok(1));
    let unknown: WorkloadIdentityProviderId = id("wip_none");
    assert_eq!(look!(db, |tx| api_keys::count_issued_of_provider(tx, &unknown, NOW)).unwrap(), []);
}
