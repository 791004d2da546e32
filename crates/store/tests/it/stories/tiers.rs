//! Usage tiers: only the operator lowers one, and every key of the organization knows it.

use keystead_core::id::OrganizationId;
use keystead_core::key::KeyKind;
use keystead_core::money::Amount;
use keystead_core::tier::{Tier, TierSource, TierState};
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::{api_keys, changes, directory, organization_tiers, organizations};

use crate::world::*;

fn tier(number: i64) -> Tier {
    Tier::new(number).unwrap()
}

/// The tier that each kind of key knows, of the organization `one`.
async fn known(db: &Database) -> Vec<Option<Tier>> {
    let mut tiers = Vec::new();
    for name in ["bound", "legacy", "admin"] {
        let caller = look!(db, |tx| directory::find_caller(tx, &digest(name))).unwrap().unwrap();
        let one = caller.organizations.into_iter().find(|found| found.id == id("org-one")).unwrap();
        tiers.push(one.tier);
    }
    tiers
}

pub(crate) async fn tiers_rise(db: Database) {
    let (one, ..) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    for row in [
        key(KeyKind::Project, "bound", Some(("one", Some("x1"))), person("ben")),
        key(KeyKind::User, "legacy", None, person("ann")),
        key(KeyKind::Admin, "admin", Some(("one", None)), person("ann")),
    ] {
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    assert_eq!(look!(db, |tx| organization_tiers::find(tx, &one)), Ok(None));
    assert_eq!(known(&db).await, [None; 3]);
    assert_eq!(look!(db, |tx| organization_tiers::list_below(tx, tier(1))), Ok(vec![one.clone(), two.clone()]));

    // The first payment is noted once, and changes nothing that a key knows.
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    for seconds in [5, 9] {
        change!(db, |tx| organization_tiers::note_first_payment(tx, &one, later(seconds))).unwrap();
    }
    let beginning = TierState { first_paid_at: Some(later(5)), ..TierState::beginning(later(5)) };
    assert_eq!(look!(db, |tx| organization_tiers::find(tx, &one)), Ok(Some(beginning)));
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before));

    assert_eq!(change!(db, |tx| organization_tiers::raise(tx, &one, tier(2), later(10))), Ok(true));
    let raised = TierState { tier: tier(2), since: later(10), ..beginning };
    assert_eq!(look!(db, |tx| organization_tiers::find(tx, &one)), Ok(Some(raised)));
    for lower in [0, 1, 2] {
        assert_eq!(change!(db, |tx| organization_tiers::raise(tx, &one, tier(lower), later(11))), Ok(false));
    }
    let new = look!(db, |tx| changes::since(tx, before, 10)).unwrap();
    let subjects: Vec<ChangeSubject> = new.into_iter().map(|change| change.subject).collect();
    assert_eq!(subjects, [ChangeSubject::Organization(one.clone())], "one change for one rise");
    assert_eq!(known(&db).await, [Some(tier(2)); 3]);
    assert_eq!(look!(db, |tx| organization_tiers::list_below(tx, tier(2))), Ok(vec![two.clone()]));
    assert_eq!(look!(db, |tx| organization_tiers::list_below(tx, tier(3))), Ok(vec![one.clone(), two.clone()]));

    // The operator lowers it; an amount keeps its picos.
    let held = Some(Amount::of_picos(5_000_000_000_000_000_007));
    change!(db, |tx| organization_tiers::set(tx, &one, tier(1), held, later(20))).unwrap();
    let lowered =
        TierState { tier: tier(1), since: later(20), set_by: TierSource::Operator, held_paid: held, ..beginning };
    assert_eq!(look!(db, |tx| organization_tiers::find(tx, &one)), Ok(Some(lowered)));
    assert_eq!(known(&db).await, [Some(tier(1)); 3]);
    // A rise ends what held it. An organization without a row can be raised and set, too.
    assert_eq!(change!(db, |tx| organization_tiers::raise(tx, &one, tier(5), later(30))), Ok(true));
    let raised = TierState { tier: tier(5), since: later(30), ..beginning };
    assert_eq!(look!(db, |tx| organization_tiers::find(tx, &one)), Ok(Some(raised)));
    assert_eq!(change!(db, |tx| organization_tiers::raise(tx, &two, tier(1), later(30))), Ok(true));
    change!(db, |tx| organization_tiers::set(tx, &two, tier(0), None, later(31))).unwrap();
    let found = look!(db, |tx| organization_tiers::find(tx, &two)).unwrap().unwrap();
    assert_eq!((found.tier, found.held_paid, found.first_paid_at), (Tier::ZERO, None, None));
    // Closed organizations do not rise by themselves.
    change!(db, |tx| organizations::set_deactivated(tx, &two, Some(NOW), NOW)).unwrap();
    assert_eq!(look!(db, |tx| organization_tiers::list_below(tx, tier(5))), Ok(vec![]));
}
