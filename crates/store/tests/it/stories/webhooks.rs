//! Endpoints of webhooks and what is sent to them.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryFault, DeliveryState, DisabledReason, EventType};
use keystead_store::tables::webhook_deliveries::{self, WebhookDelivery};
use keystead_store::tables::webhook_endpoints::{self, WebhookEndpoint};

use crate::world::*;

fn endpoint(organization: &OrganizationId, name: &str, created_at: Timestamp) -> WebhookEndpoint {
    WebhookEndpoint {
        id: id(&format!("webhook_{name}")),
        organization: organization.clone(),
        url: format!("https://{name}.example.com/hook?token=1"),
        description: None,
        event_types: vec![EventType::BudgetThresholdReached],
        disabled: None,
        failing_since: None,
        previous_until: None,
        created_at,
        updated_at: created_at,
    }
}

fn delivery(endpoint: &WebhookEndpoint, name: &str, created_at: Timestamp) -> WebhookDelivery {
    WebhookDelivery {
        id: id(&format!("delivery_{name}")),
        organization: endpoint.organization.clone(),
        endpoint: endpoint.id.clone(),
        event: id(&format!("evt_{name}")),
        event_type: EventType::BudgetExhausted,
        body: format!("{{\"name\":\"{name}\"}}"),
        created_at,
        state: DeliveryState::Pending,
        attempts: 0,
        series: 0,
        next_attempt_at: Some(created_at),
        last_attempt_at: None,
        status: None,
        duration_ms: None,
        fault: None,
    }
}

pub(crate) async fn endpoints_and_their_secrets(db: Database) {
    let (one, ..) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    let (a, b, other) = (endpoint(&one, "a", NOW), endpoint(&one, "b", later(1)), endpoint(&two, "c", NOW));
    for row in [&a, &b, &other] {
        change!(db, |tx| webhook_endpoints::insert(tx, row, b"sealed")).unwrap();
    }
    assert_eq!(look!(db, |tx| webhook_endpoints::count(tx, &one)).unwrap(), 2);
    assert_eq!(look!(db, |tx| webhook_endpoints::find(tx, &one, &a.id)).unwrap(), Some(a.clone()));
    assert_eq!(look!(db, |tx| webhook_endpoints::find(tx, &two, &a.id)).unwrap(), None, "of another organization");
    let page = look!(db, |tx| webhook_endpoints::list(tx, &one, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![a.clone()], true));
    let changed = WebhookEndpoint {
        url: "https://new.example.com".to_owned(),
        description: Some("why".to_owned()),
        event_types: vec![EventType::BudgetThresholdReached, EventType::BudgetExhausted],
        disabled: Some(DisabledReason::Owner),
        failing_since: Some(later(3)),
        updated_at: later(9),
        ..a.clone()
    };
    assert!(change!(db, |tx| webhook_endpoints::update(tx, &changed)).unwrap());
    assert_eq!(look!(db, |tx| webhook_endpoints::find(tx, &one, &a.id)).unwrap(), Some(changed.clone()));
    let foreign = WebhookEndpoint { organization: two.clone(), ..changed.clone() };
    assert!(!change!(db, |tx| webhook_endpoints::update(tx, &foreign)).unwrap());
    assert!(!change!(db, |tx| webhook_endpoints::delete(tx, &foreign, NOW)).unwrap());
    assert_eq!(look!(db, |tx| webhook_endpoints::list_enabled(tx, &one)).unwrap(), std::slice::from_ref(&b));

    let found = look!(db, |tx| webhook_endpoints::secrets(tx, &b.id)).unwrap();
    assert_eq!((found.current, found.previous), (b"sealed".to_vec(), None));
    let rotated = WebhookEndpoint { previous_until: Some(later(60)), updated_at: later(5), ..b.clone() };
    let secrets = (b"new".as_slice(), b"sealed".as_slice());
    assert!(change!(db, |tx| webhook_endpoints::rotate(tx, &rotated, secrets, later(60))).unwrap());
    let missing = WebhookEndpoint { organization: two.clone(), ..rotated.clone() };
    assert!(!change!(db, |tx| webhook_endpoints::rotate(tx, &missing, secrets, later(60))).unwrap());
    let found = look!(db, |tx| webhook_endpoints::secrets(tx, &b.id)).unwrap();
    assert_eq!((found.current, found.previous), (b"new".to_vec(), Some((b"sealed".to_vec(), later(60)))));
    assert_eq!(look!(db, |tx| webhook_endpoints::find(tx, &one, &b.id)).unwrap(), Some(rotated));
    assert_eq!(change!(db, |tx| webhook_endpoints::forget_previous_secrets(tx, later(59))).unwrap(), 0);
    assert_eq!(change!(db, |tx| webhook_endpoints::forget_previous_secrets(tx, later(60))).unwrap(), 1);
    assert_eq!(look!(db, |tx| webhook_endpoints::secrets(tx, &b.id)).unwrap().previous, None);
    let unknown = id("webhook_none");
    assert!(look!(db, |tx| webhook_endpoints::secrets(tx, &unknown)).is_err());

    let failing = async |db: &Database| {
        look!(db, |tx| webhook_endpoints::find(tx, &one, &b.id)).unwrap().and_then(|row| row.failing_since)
    };
    for (taken, at, since) in [
        (true, later(10), None),
        (false, later(11), Some(later(11))),
        (false, later(12), Some(later(11))),
        (true, later(13), None),
        (false, later(14), Some(later(14))),
    ] {
        change!(db, |tx| webhook_endpoints::note_outcome(tx, &b.id, taken, at)).unwrap();
        assert_eq!(failing(&db).await, since);
    }
    let off =
        change!(db, |tx| webhook_endpoints::disable(tx, &b.id, DisabledReason::Gone, later(20))).unwrap().unwrap();
    assert_eq!((off.disabled, off.updated_at), (Some(DisabledReason::Gone), later(20)));
    assert_eq!(
        change!(db, |tx| webhook_endpoints::disable(tx, &b.id, DisabledReason::Failing, later(21))).unwrap(),
        None,
        "it is off already"
    );

    change!(db, |tx| webhook_deliveries::insert(tx, &delivery(&changed, "x", NOW), None)).unwrap();
    assert!(change!(db, |tx| webhook_endpoints::delete(tx, &changed, later(30))).unwrap());
    assert!(!change!(db, |tx| webhook_endpoints::delete(tx, &changed, later(30))).unwrap());
    let rest = look!(db, |tx| webhook_endpoints::list(tx, &one, &after(changed.id.as_str(), 9))).unwrap();
    assert_eq!(rest.data.len(), 1, "a deleted row is still a cursor");
    assert!(!look!(db, |tx| webhook_deliveries::has_due(tx, later(99))).unwrap(), "its deliveries are deleted with it");
}

pub(crate) async fn deliveries_are_claimed_and_settled(db: Database) {
    let (one, ..) = seed(&db).await;
    let (a, b) = (endpoint(&one, "a", NOW), endpoint(&one, "b", NOW));
    for row in [&a, &b] {
        change!(db, |tx| webhook_endpoints::insert(tx, row, b"sealed")).unwrap();
    }
    let (early, late) = (delivery(&a, "early", NOW), delivery(&a, "late", later(10)));
    let held = delivery(&b, "held", NOW);
    change!(db, |tx| webhook_deliveries::insert(tx, &early, None)).unwrap();
    change!(db, |tx| webhook_deliveries::insert(tx, &late, None)).unwrap();
    change!(db, |tx| webhook_deliveries::insert(tx, &held, Some(later(60)))).unwrap();
    assert_eq!(look!(db, |tx| webhook_deliveries::find(tx, &a.id, &early.id)).unwrap(), Some(early.clone()));
    assert_eq!(look!(db, |tx| webhook_deliveries::find(tx, &b.id, &early.id)).unwrap(), None, "of another endpoint");
    let page = look!(db, |tx| webhook_deliveries::list(tx, &a.id, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![early.clone()], true));

    assert!(!look!(db, |tx| webhook_deliveries::has_due(tx, later(-1))).unwrap());
    assert!(look!(db, |tx| webhook_deliveries::has_due(tx, NOW)).unwrap());
    let claimed = change!(db, |tx| webhook_deliveries::claim(tx, NOW, later(60), 9)).unwrap();
    assert_eq!(claimed, std::slice::from_ref(&early), "one that is claimed by its maker is left to them");
    assert!(!look!(db, |tx| webhook_deliveries::has_due(tx, NOW)).unwrap());
    assert!(change!(db, |tx| webhook_deliveries::claim(tx, later(9), later(69), 9)).unwrap().is_empty());
    let mut again = change!(db, |tx| webhook_deliveries::claim(tx, later(60), later(120), 9)).unwrap();
    again.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(again, [early.clone(), held.clone(), late.clone()], "claims end");

    let failed = WebhookDelivery {
        attempts: 1,
        series: 1,
        next_attempt_at: Some(later(65)),
        last_attempt_at: Some(later(60)),
        status: Some(500),
        duration_ms: Some(12),
        fault: Some(DeliveryFault::Status),
        ..early.clone()
    };
    assert!(change!(db, |tx| webhook_deliveries::settle(tx, &failed)).unwrap());
    assert_eq!(look!(db, |tx| webhook_deliveries::find(tx, &a.id, &early.id)).unwrap(), Some(failed.clone()));
    assert!(
        !change!(db, |tx| webhook_deliveries::begin_again(tx, &a.id, &early.id, later(61))).unwrap(),
        "it is pending"
    );
    assert_eq!(change!(db, |tx| webhook_deliveries::claim(tx, later(65), later(125), 9)).unwrap().len(), 1);
    let taken = WebhookDelivery {
        state: DeliveryState::Delivered,
        attempts: 2,
        series: 2,
        next_attempt_at: None,
        status: Some(204),
        fault: None,
        ..failed
    };
    assert!(change!(db, |tx| webhook_deliveries::settle(tx, &taken)).unwrap());
    assert!(!change!(db, |tx| webhook_deliveries::settle(tx, &taken)).unwrap(), "it has ended");
    assert!(!change!(db, |tx| webhook_deliveries::begin_again(tx, &b.id, &early.id, later(70))).unwrap());
    assert!(change!(db, |tx| webhook_deliveries::begin_again(tx, &a.id, &early.id, later(70))).unwrap());
    let begun = look!(db, |tx| webhook_deliveries::find(tx, &a.id, &early.id)).unwrap().unwrap();
    assert_eq!((begun.state, begun.attempts, begun.series), (DeliveryState::Pending, 2, 0));
    assert_eq!(begun.next_attempt_at, Some(later(70)));

    assert_eq!(change!(db, |tx| webhook_deliveries::end_pending(tx, &a.id)).unwrap(), 2);
    let ended = look!(db, |tx| webhook_deliveries::find(tx, &a.id, &late.id)).unwrap().unwrap();
    assert_eq!((ended.state, ended.fault), (DeliveryState::Failed, Some(DeliveryFault::Disabled)));
    assert_eq!(change!(db, |tx| webhook_deliveries::delete_old(tx, later(1))).unwrap(), 2);
    assert_eq!(look!(db, |tx| webhook_deliveries::list(tx, &a.id, &first(9))).unwrap().data.len(), 1);
}

/// The endpoints of one organization that answer slowly do not keep events from another one.
pub(crate) async fn organizations_take_turns(db: Database) {
    let (one, ..) = seed(&db).await;
    let (many, few) = (endpoint(&one, "a", NOW), endpoint(&id("org-two"), "c", NOW));
    for row in [&many, &few] {
        change!(db, |tx| webhook_endpoints::insert(tx, row, b"sealed")).unwrap();
    }
    for number in 0..20 {
        let waiting = delivery(&many, &format!("m{number}"), NOW);
        change!(db, |tx| webhook_deliveries::insert(tx, &waiting, None)).unwrap();
    }
    let latest = delivery(&few, "latest", later(5));
    change!(db, |tx| webhook_deliveries::insert(tx, &latest, None)).unwrap();
    let claimed = change!(db, |tx| webhook_deliveries::claim(tx, later(5), later(65), 4)).unwrap();
    assert_eq!(claimed.len(), 4);
    assert!(claimed.contains(&latest), "{claimed:?}");
}
