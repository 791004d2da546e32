//! What the store has granted, and the node does not know or has given up, is returned; and how often it is asked.

mod outages;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use keystead_core::budget::{BudgetTerms, BudgetZone, Interval, Measure, OtherLease, Payers, StoredFigures, decide};
use tokio::sync::Semaphore;
use tokio::time::{Instant, advance};

use super::*;

const NOW: Timestamp = Timestamp(0);
const CENT: Amount = Amount::of_cents(1);

/// A limit, of eighty cents at first. While answers are lost, it grants and the node does not learn of it.
struct Leases {
    limit: Mutex<Amount>,
    granted: Mutex<Amount>,
    /// The numbers of the asks.
    numbers: Mutex<Vec<i64>>,
    /// Whether another node needs more than there is.
    needed: AtomicBool,
    lost: AtomicBool,
    asked: AtomicUsize,
    /// Until when another node holds everything.
    scarce: Mutex<Option<Instant>>,
    /// Answers wait for a permit.
    gate: Semaphore,
}

impl Leases {
    fn granted(&self) -> Amount {
        *lock(&self.granted)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl SpendLeases for Leases {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        lock(&self.numbers).push(ask.number);
        let mut stored = StoredFigures { limit: Some(*lock(&self.limit)), ..StoredFigures::default() };
        if self.needed.load(Ordering::SeqCst) {
            stored.scarce = (NOW, NOW.plus(10));
        }
        if lock(&self.scarce).is_some_and(|until| Instant::now() < until) {
            let other = OtherLease { granted: Amount::of_cents(80), ends_at: NOW.plus(1), ..OtherLease::default() };
            stored.add_other(&other, ask.ended_by, NOW);
        }
        let (decision, answer) = decide(&ask, &stored, NOW);
        *lock(&self.granted) = decision.granted;
        let lost = self.lost.load(Ordering::SeqCst);
        async move {
            drop(self.gate.acquire().await);
            if lost { Err(Unavailable) } else { Ok(answer) }
        }
        .boxed()
    }
}

fn node() -> (Arc<Leases>, SpendLedgers) {
    let leases = Arc::new(Leases {
        limit: Mutex::new(Amount::of_cents(80)),
        granted: Mutex::default(),
        numbers: Mutex::default(),
        needed: AtomicBool::new(false),
        lost: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
        scarce: Mutex::default(),
        gate: Semaphore::new(1_000),
    });
    let source = Arc::clone(&leases) as Arc<dyn SpendLeases>;
    (leases, SpendLedgers::new(source, "run".into(), Arc::new(|| NOW)))
}

fn budget(version: i64) -> Budget {
    let subject = "proj_1".parse().unwrap();
    let scope = BudgetScope { subject, terms: BudgetTerms::SPEND_LIMIT };
    Budget { id: "budget_1".parse().unwrap(), scope, zone: BudgetZone::UTC, most: Amount::of_cents(80), version }
}

fn cents(figure: i64) -> Measured {
    Measured { money: Amount::of_cents(figure), ..Measured::default() }
}

async fn set_aside_at(node: &SpendLedgers, figure: i64, now: Timestamp) -> Result<SpendGuard, NotSetAside> {
    let budget = budget(1);
    node.set_aside([&budget].into_iter(), &cents(figure), now).await.map_err(|(_, why)| why)
}

async fn set_aside(node: &SpendLedgers) -> Result<SpendGuard, NotSetAside> {
    set_aside_at(node, 1, NOW).await
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
    drop(lock(&node.accounts).of(&budget(1), NOW).reserve_by(2, Amount::ZERO, NOW));
    node.renew_all().await;
    // One cent is held, and six times what was used in the last five seconds is leased ahead.
    assert!(before > Amount::of_cents(7) && leases.granted() == Amount::of_cents(7), "{before}");
    drop(held);
    for _ in 0..5 {
        node.renew_all().await;
    }
    assert_eq!(leases.granted(), Amount::ZERO);
}

#[tokio::test]
async fn a_node_that_stops_keeps_what_is_held() {
    let (leases, node) = node();
    let mut guard = set_aside(&node).await.unwrap();
    node.return_all().await;
    assert_eq!(leases.granted(), CENT);
    // Handed over, it is spent for the node, and the events that follow are not paid from its lease.
    let handed = guard.hand_over().unwrap();
    let limit = Payers::of_spend_limits(false, true);
    assert_eq!((handed.amount, handed.charge.payers, &*handed.holder), (CENT, limit, "run"));
    assert!(guard.charge().is_some_and(|charge| charge.payers.is_empty()));
    assert!(guard.hand_over().is_none());
    drop(guard);
    node.renew_all().await;
    assert_eq!(leases.granted(), CENT);
}

#[tokio::test]
async fn what_is_granted_to_a_request_is_set_aside_before_another_can_take_it() {
    let (_, node) = node();
    let account = lock(&node.accounts).of(&budget(1), NOW);
    let (_, version) = account.keep(Keep::All, NOW);
    let answer = LeaseAnswer { granted: CENT, met: true, wait: false, part: CENT, limit: CENT, spent: Amount::ZERO };
    let Granted::Held(held) = account.grant(&answer, (CENT, NOW.plus(1)), version, Some(CENT)) else {
        panic!("it was granted")
    };
    assert!(account.reserve(CENT, NOW).is_none());
    drop(held);
    assert!(account.reserve(CENT, NOW).is_some());
}

/// An answer that was decided by the limit before a change may grant more than the new limit leaves.
#[tokio::test(start_paused = true)]
async fn an_answer_by_an_older_limit_is_not_used() {
    let (leases, node) = node();
    leases.gate.forget_permits(1_000);
    let change = async {
        assert_eq!(leases.asked(), 1);
        drop(lock(&node.accounts).of(&budget(1), NOW).reserve_by(2, Amount::ZERO, NOW));
        leases.gate.add_permits(1_000);
    };
    let (held, ()) = tokio::join!(set_aside(&node), change);
    assert!(held.is_ok());
    assert_eq!(leases.asked(), 2, "asked again, by the new limit");
}

#[tokio::test(start_paused = true)]
async fn one_request_asks_for_all_that_wait() {
    let (leases, node) = node();
    *lock(&leases.scarce) = Some(Instant::now() + Duration::from_secs(2));
    let began = Instant::now();
    let held = join_all((0..80).map(|_| set_aside(&node))).await;
    assert!(held.iter().all(Result::is_ok), "all fit once the other node has returned what it held");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // Ten times a second while they wait; then each lease is an eighth of what is left.
    assert!((20..80).contains(&leases.asked()), "{}", leases.asked());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_known_for_a_moment() {
    let (leases, node) = node();
    let held = join_all((0..80).map(|_| set_aside(&node))).await;
    let asked = leases.asked();
    for _ in 0..50 {
        assert!(matches!(set_aside(&node).await, Err(NotSetAside::Refused { .. })));
    }
    assert_eq!(leases.asked(), asked + 1);
    // What ends is free at once.
    drop(held);
    assert!(set_aside(&node).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_asked_once_a_second() {
    let (leases, node) = node();
    leases.gate.forget_permits(1_000);
    let began = Instant::now();
    let refused = join_all((0..100).map(|_| set_aside(&node))).await;
    assert!(refused.iter().all(|refused| matches!(refused, Err(NotSetAside::Unavailable))));
    assert!(began.elapsed() < Duration::from_secs(4), "all wait for one answer: {:?}", began.elapsed());
    assert_eq!(leases.asked(), 1);
    leases.gate.add_permits(1_000);
    assert!(set_aside(&node).await.is_err());
    advance(AWAY).await;
    assert!(set_aside(&node).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_month_has_its_own_ledger() {
    let (leases, node) = node();
    let next = budget(1).window(NOW).end;
    let held = set_aside_at(&node, 80, NOW).await;
    assert!(held.is_ok());
    assert!(set_aside_at(&node, 80, next.plus(-1)).await.is_err());
    assert!(set_aside_at(&node, 80, next).await.is_ok());
    assert!(set_aside_at(&node, 80, NOW).await.is_err(), "a clock that was set back");
    assert_eq!(leases.asked(), 3);
}

/// After three quarters of its life a lease is not used: its end may have come by the clock of another node.
#[tokio::test(start_paused = true)]
async fn a_lease_is_not_used_near_its_end() {
    let (leases, node) = node();
    drop(set_aside(&node).await.unwrap());
    let asked = leases.asked();
    assert!(set_aside_at(&node, 1, NOW.plus(LEASE_SECONDS * 3 / 4 - 1)).await.is_ok());
    assert_eq!(leases.asked(), asked, "leased ahead");
    let account = lock(&node.accounts).of(&budget(1), NOW);
    assert!(account.reserve(CENT, NOW.plus(LEASE_SECONDS * 3 / 4)).is_none());
    assert!(account.reserve(CENT, NOW).is_none(), "and not any more if the clock is set back");
}

/// The store learns within a second what is committed: after the lease has ended, it holds only that.
#[tokio::test(start_paused = true)]
async fn what_is_committed_is_reported_once() {
    let (leases, node) = node();
    let mut held = set_aside(&node).await.unwrap();
    node.renew_all().await;
    let asked = leases.asked();
    node.return_all().await;
    node.renew_all().await;
    let quiet = leases.asked();
    node.renew_all().await;
    assert!(asked <= quiet && leases.asked() == quiet, "nothing is new");
    held.spend(&cents(2));
    drop(held);
    node.renew_all().await;
    assert_eq!(leases.asked(), quiet + 1);
}

/// Budgets of several measures are taken from each ledger in its own unit.
#[tokio::test(start_paused = true)]
async fn each_measure_has_its_own_unit() {
    let (_, node) = node();
    let terms = [(Measure::Tokens, Interval::Hour), (Measure::Requests, Interval::Day)];
    let budgets = terms.map(|(measure, interval)| {
        let scope = BudgetScope { terms: BudgetTerms::limit(measure, interval), ..budget(1).scope };
        Budget { scope, ..budget(1) }
    });
    let most = Measured { money: CENT, tokens: 700, requests: 1 };
    let mut guard = node.set_aside(budgets.iter(), &most, NOW).await.unwrap();
    guard.spend(&Measured { money: CENT, tokens: 70, requests: 1 });
    drop(guard);
    let committed = budgets.each_ref().map(|budget| committed(&node, budget));
    assert_eq!(committed, [Measure::Tokens.amount(70), Measure::Requests.amount(1)]);
    // Nothing is set aside from budgets of which a request uses nothing.
    let free = node.set_aside(budgets.iter(), &cents(1), NOW).await.unwrap();
    assert!(free.charge().is_none());
}

fn committed(node: &SpendLedgers, budget: &Budget) -> Amount {
    lock(&node.accounts).of(budget, NOW).keep(Keep::All, NOW).0.0
}

/// Tools of a request have events of their own.
#[tokio::test]
async fn all_events_of_a_request_count_when_it_ends() {
    let (_, node) = node();
    let mut held = set_aside(&node).await.unwrap();
    held.spend(&cents(2));
    held.spend(&cents(3));
    assert_eq!(committed(&node, &budget(1)), CENT, "what is set aside");
    drop(held);
    assert_eq!(committed(&node, &budget(1)), Amount::of_cents(5));
    // What outlives its request is paid as it was set aside, once.
    let mut held = set_aside(&node).await.unwrap();
    assert_eq!(held.hand_over().map(|hold| hold.amount), Some(CENT));
    assert!(held.hand_over().is_none());
    held.spend(&cents(7));
    drop(held);
    assert_eq!(committed(&node, &budget(1)), Amount::of_cents(6));
}

#[tokio::test]
async fn what_does_not_fit_into_one_lease_is_set_aside_from_none() {
    let (_, node) = node();
    drop(set_aside(&node).await.unwrap());
    let scope = BudgetScope { subject: "org-1".parse().unwrap(), ..budget(1).scope };
    let both = [budget(1), Budget { scope, ..budget(1) }];
    assert!(node.set_aside_leased(both[..1].iter(), &cents(1), NOW).is_some());
    assert!(node.set_aside_leased(both.iter(), &cents(1), NOW).is_none(), "nothing of the second is leased");
    assert_eq!(both.each_ref().map(|budget| committed(&node, budget)), [Amount::ZERO; 2]);
}
