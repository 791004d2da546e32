//! What a node uses of budgets while the store does not answer, and what it leaves to others.

use super::*;

/// Uses a cent in each of so many seconds, in which leases are renewed. Returns for how many it was set aside.
async fn use_cents(node: &SpendLedgers, seconds: usize) -> usize {
    let mut passed = 0;
    for _ in 0..seconds {
        if let Ok(mut guard) = set_aside(node).await {
            guard.spend(&cents(1));
            passed += 1;
        }
        node.renew_all().await;
        advance(Duration::from_secs(1)).await;
    }
    passed
}

/// A node that has used a cent a second for ten seconds, of ten units.
async fn steady() -> (Arc<Leases>, SpendLedgers) {
    let (leases, node) = node();
    *lock(&leases.limit) = Amount::of_cents(1_000);
    assert_eq!(use_cents(&node, 10).await, 10);
    assert_eq!(leases.granted(), Amount::of_cents(40), "thirty seconds are leased ahead");
    (leases, node)
}

#[tokio::test(start_paused = true)]
async fn a_node_at_a_steady_pace_uses_what_it_has_leased_and_no_more() {
    let (leases, node) = steady().await;
    leases.lost.store(true, Ordering::SeqCst);
    assert_eq!(use_cents(&node, 20).await, 20, "longer than a failover takes");
    assert_eq!(use_cents(&node, 20).await, 10);
    assert!(matches!(set_aside(&node).await, Err(NotSetAside::Unavailable)), "and no limit is reached");
    leases.lost.store(false, Ordering::SeqCst);
    advance(AWAY).await;
    assert_eq!(use_cents(&node, 5).await, 5);
    assert!(lock(&leases.numbers).is_sorted_by(|one, next| one < next), "an ask that is read late is known as older");
}

/// A burst keeps what it would use, and not all that was leased for it.
#[tokio::test(start_paused = true)]
async fn what_is_not_needed_ahead_is_given_up_before_the_store_is_asked() {
    let (leases, node) = node();
    let held = set_aside(&node).await.unwrap();
    leases.lost.store(true, Ordering::SeqCst);
    node.renew_all().await;
    let more: Vec<_> = join_all((0..6).map(|_| set_aside(&node))).await;
    assert!(more.iter().all(Result::is_ok), "six times what was used in the last five seconds");
    assert!(matches!(set_aside(&node).await, Err(NotSetAside::Unavailable)));
    drop(held);
    assert!(set_aside(&node).await.is_ok(), "what ends is free again");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_used_while_the_store_is_asked() {
    let (leases, node) = steady().await;
    leases.gate.forget_permits(1_000);
    let meanwhile = async {
        let held = join_all((0..20).map(|_| set_aside(&node))).await;
        leases.gate.add_permits(1_000);
        held
    };
    let ((), held) = tokio::join!(node.renew_all(), meanwhile);
    assert!(held.iter().all(Result::is_ok));
    assert!(leases.granted() >= Amount::of_cents(30));
}

/// A request that needs more than is free waits for the store; smaller ones do not.
#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_fit_leaves_the_rest_to_others() {
    let (leases, node) = steady().await;
    leases.lost.store(true, Ordering::SeqCst);
    assert!(matches!(set_aside_at(&node, 31, NOW).await, Err(NotSetAside::Unavailable)));
    assert_eq!(use_cents(&node, 30).await, 30);
}

/// Others get it by the second renewal after they needed it.
#[tokio::test(start_paused = true)]
async fn what_others_need_is_not_kept() {
    let (leases, node) = steady().await;
    leases.needed.store(true, Ordering::SeqCst);
    node.renew_all().await;
    assert_eq!(leases.granted(), Amount::of_cents(34), "it may have been used before the answer came");
    node.renew_all().await;
    assert_eq!(leases.granted(), Amount::of_cents(10));
}

#[tokio::test(start_paused = true)]
async fn after_a_change_of_the_limit_nothing_is_kept() {
    let (leases, node) = steady().await;
    let held = set_aside(&node).await.unwrap();
    leases.lost.store(true, Ordering::SeqCst);
    drop(lock(&node.accounts).of(&budget(1), NOW).reserve_by(2, Amount::ZERO, NOW));
    drop(held);
    node.renew_all().await;
    assert!(matches!(set_aside(&node).await, Err(NotSetAside::Unavailable)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_near_the_end_of_a_lease() {
    let (leases, node) = steady().await;
    leases.lost.store(true, Ordering::SeqCst);
    assert!(set_aside_at(&node, 1, NOW.plus(LEASE_SECONDS * 3 / 4 - 1)).await.is_ok());
    let account = lock(&node.accounts).of(&budget(1), NOW);
    let ((committed, kept), _) = account.keep(Keep::All, NOW.plus(LEASE_SECONDS * 3 / 4));
    assert_eq!((committed, kept), (Amount::of_cents(10), Amount::ZERO));
}
