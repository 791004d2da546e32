//! What the store has granted, and the node does not know or has given up, is returned.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use keystead_core::budget::{Standing, decide};

use super::*;

const NOW: Timestamp = Timestamp(0);
const CENT: Amount = Amount::of_cents(1);

/// A limit of eighty cents. While answers are lost, it grants and the node does not learn of it.
#[derive(Default)]
struct Leases {
    granted: Mutex<Amount>,
    lost: AtomicBool,
}

impl Leases {
    fn granted(&self) -> Amount {
        *lock(&self.granted)
    }
}

impl SpendLeases for Leases {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let standing = Standing { limit: Some(Amount::of_cents(80)), ..Standing::default() };
        let (decision, answer) = decide(&ask, &standing, NOW);
        *lock(&self.granted) = decision.granted;
        let lost = self.lost.load(Ordering::SeqCst);
        async move { if lost { Err(Unavailable) } else { Ok(answer) } }.boxed()
    }
}

fn node() -> (Arc<Leases>, SpendLedgers) {
    let leases = Arc::<Leases>::default();
    let source = Arc::clone(&leases) as Arc<dyn SpendLeases>;
    (leases, SpendLedgers::new(source, "run".into(), Arc::new(|| NOW)))
}

fn subject() -> BudgetSubject {
    BudgetSubject::Project("proj_1".parse().unwrap())
}

async fn set_aside(node: &SpendLedgers) -> Result<SpendHold, NotSetAside> {
    node.set_aside(subject(), SpendLimit { cents: 80, version: 1 }, CENT, NOW).await
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_returned() {
    let (leases, node) = node();
    leases.lost.store(true, Ordering::SeqCst);
    assert!(matches!(set_aside(&node).await, Err(NotSetAside::Unavailable)));
    assert!(leases.granted() > CENT, "the store has granted it, and something ahead");
    node.renew_all().await;
    leases.lost.store(false, Ordering::SeqCst);
    node.renew_all().await;
    assert_eq!(leases.granted(), Amount::ZERO);
}

#[tokio::test]
async fn a_lease_that_was_given_up_is_returned() {
    let (leases, node) = node();
    let held = set_aside(&node).await.unwrap();
    let before = leases.granted();
    // The limit was changed.
    node.account(subject(), NOW).follow(2);
    node.renew_all().await;
    // One cent is held, and as much as twice what was used since the last time is kept.
    assert!(before > Amount::of_cents(3) && leases.granted() == Amount::of_cents(3), "{before}");
    drop(held);
    node.renew_all().await;
    assert_eq!(leases.granted(), Amount::ZERO);
}

#[tokio::test]
async fn a_node_that_stops_keeps_what_is_held() {
    let (leases, node) = node();
    let hold = set_aside(&node).await.unwrap();
    let mut guard = node.guard(NOW, CENT, [None, Some(hold)]);
    node.return_all().await;
    assert_eq!(leases.granted(), CENT);
    // Handed over, it is spent for the node, and the events that follow are not paid from its lease.
    let handed = guard.hand_over().unwrap();
    assert_eq!((handed.amount, handed.charge.project, &*handed.holder), (CENT, true, "run"));
    assert!(guard.charge().is_some_and(|charge| !charge.project && !charge.organization));
    assert!(guard.hand_over().is_none());
    drop(guard);
    node.renew_all().await;
    assert_eq!(leases.granted(), CENT);
}
