//! Several nodes with one store: what one may grant, all together grant.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt;
use keystead_core::rate::shares::{Division, NodeState};
use keystead_core::time::Timestamp;

use super::*;

/// The store: how limits are divided, and the list of nodes.
#[derive(Default)]
struct Store {
    divisions: Mutex<HashMap<LimitName, Division>>,
    gone: Mutex<Vec<String>>,
    down: AtomicBool,
    /// Whether it never answers, as when all of its connections are in use.
    silent: AtomicBool,
    /// Milliseconds that each answer takes.
    slow: AtomicU64,
    asked: AtomicU64,
    clock: Arc<AtomicU64>,
}

struct Through(Arc<Store>, &'static str);

impl RateShares for Through {
    fn divide(&self, asks: Vec<ShareAsk>) -> BoxFuture<'_, Result<Vec<ShareAnswer>, Unavailable>> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if self.0.silent.load(Ordering::SeqCst) {
            return std::future::pending().boxed();
        }
        if self.0.down.load(Ordering::SeqCst) {
            return std::future::ready(Err(Unavailable)).boxed();
        }
        let now = Timestamp(i64::try_from(self.0.clock.load(Ordering::SeqCst) / 1_000).unwrap());
        let state = |node: &str| {
            if lock(&self.0.gone).iter().any(|gone| gone == node) { NodeState::Gone } else { NodeState::Live }
        };
        let mut divisions = lock(&self.0.divisions);
        let answers =
            asks.iter().map(|ask| divisions.entry(ask.name.clone()).or_default().divide(self.1, ask, state, now));
        let (answers, slow) = (Ok(answers.collect()), self.0.slow.load(Ordering::SeqCst));
        if slow == 0 {
            return std::future::ready(answers).boxed();
        }
        let clock = Arc::clone(&self.0.clock);
        async move {
            sleep(Duration::from_millis(slow)).await;
            clock.fetch_add(slow, Ordering::SeqCst);
            answers
        }
        .boxed()
    }

    fn short(&self) -> BoxFuture<'_, Result<Vec<LimitName>, Unavailable>> {
        std::future::ready(Ok(lock(&self.0.divisions).keys().cloned().collect())).boxed()
    }
}

fn node(store: &Arc<Store>, name: &'static str) -> Arc<RateLimiter> {
    let clock = Arc::clone(&store.clock);
    let stopwatch: Stopwatch = Arc::new(move || Duration::from_millis(clock.load(Ordering::SeqCst)));
    Arc::new(RateLimiter::shared(stopwatch, Arc::new(Through(Arc::clone(store), name))))
}

fn payer() -> Payer {
    Payer { organization: "org-1".parse().unwrap(), project: "proj_1".parse().unwrap() }
}

fn minute(limit: u64) -> EffectiveLimits {
    let organization = RateLimits { requests_per_minute: Some(limit), ..RateLimits::NONE };
    EffectiveLimits { organization, ..EffectiveLimits::default() }
}

fn day(limit: u64) -> EffectiveLimits {
    let project = RateLimits { requests_per_day: Some(limit), ..RateLimits::NONE };
    EffectiveLimits { project, ..EffectiveLimits::default() }
}

async fn decided(node: &Arc<RateLimiter>, limits: EffectiveLimits) -> Result<Reservation, NotReserved> {
    let model: Arc<str> = "m".into();
    node.reserve(&payer(), &model, limits, Need::default()).await.0
}

async fn asks(node: &Arc<RateLimiter>, limits: EffectiveLimits) -> bool {
    decided(node, limits).await.is_ok()
}

async fn passed(node: &Arc<RateLimiter>, limits: EffectiveLimits, times: usize) -> usize {
    let mut passed = 0;
    for _ in 0..times {
        passed += usize::from(asks(node, limits).await);
    }
    passed
}

impl Store {
    /// Answers with errors from now on, or not at all.
    fn fail(&self, silent: bool) {
        let fault = if silent { &self.silent } else { &self.down };
        fault.store(true, Ordering::SeqCst);
    }

    fn pass(&self, nodes: &[&Arc<RateLimiter>], millis: u64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
        nodes.iter().for_each(|node| node.confirmed(node.moment(), nodes.len()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_request_asks_once_and_a_node_alone_has_everything() {
    let store = Arc::<Store>::default();
    let one = node(&store, "a");
    assert_eq!(passed(&one, minute(7), 9).await, 7);
    for _ in 0..5 {
        store.pass(&[&one], 1_000);
        one.report().await;
    }
    assert_eq!(store.asked.load(Ordering::SeqCst), 6, "one at first; here, the store calls each second");
    store.pass(&[&one], 60_000 - 5_000);
    one.confirmed(one.moment(), 1);
    assert_eq!(passed(&one, minute(7), 9).await, 7, "cut off meanwhile, and it asks again");
}

#[tokio::test(start_paused = true)]
async fn a_request_after_a_long_rest_is_granted_at_once() {
    let images = RateLimits { images_per_minute: Some(5), ..RateLimits::NONE };
    let images = EffectiveLimits { organization: images, ..EffectiveLimits::default() };
    for limits in [minute(500), minute(1_000_000_000), day(1_000_000), images] {
        let store = Arc::<Store>::default();
        let one = node(&store, "a");
        let began = tokio::time::Instant::now();
        for _ in 0..2 {
            store.pass(&[&one], 600_000);
            assert!(asks(&one, limits).await, "{limits:?}");
        }
        assert!(began.elapsed().is_zero(), "it waited for no other node: {limits:?}");
    }
}

/// Two nodes with sixty requests a minute: one has used twenty, and the other one, when it began, one.
async fn two_nodes(store: &Arc<Store>) -> (Arc<RateLimiter>, Arc<RateLimiter>) {
    let (one, two) = (node(store, "a"), node(store, "b"));
    assert_eq!(passed(&one, minute(60), 20).await, 20);
    // The first node holds all of it, and gives back what it does not need with its next report.
    let waits = tokio::spawn({
        let two = Arc::clone(&two);
        async move { asks(&two, minute(60)).await }
    });
    tokio::task::yield_now().await;
    assert!(!waits.is_finished());
    store.pass(&[&one, &two], 1_000);
    one.report().await;
    store.pass(&[&one, &two], 1_000);
    assert!(waits.await.unwrap());
    (one, two)
}

#[tokio::test(start_paused = true)]
async fn a_second_node_gets_its_part_while_its_first_request_waits() {
    let store = Arc::<Store>::default();
    let (one, two) = two_nodes(&store).await;
    let mut all = 20 + 1;
    for _ in 0..4 {
        all += passed(&one, minute(60), 60).await + passed(&two, minute(60), 60).await;
        one.report().await;
        two.report().await;
        store.pass(&[&one, &two], 1_000);
    }
    assert!((58..=66).contains(&all), "{all}: no more than the minute has, and six seconds of it");
}

#[tokio::test(start_paused = true)]
async fn without_the_store_each_node_has_an_equal_part() {
    let store = Arc::<Store>::default();
    let (one, two) = (node(&store, "a"), node(&store, "b"));
    store.pass(&[&one, &two], 1_000);
    assert_eq!(passed(&one, minute(8), 8).await, 8);
    store.down.store(true, Ordering::SeqCst);
    // What it has not asked for yet is divided equally; what it has is its own until it is cut off.
    assert_eq!(passed(&two, minute(8), 9).await, 4);
    store.clock.fetch_add(7_000, Ordering::SeqCst);
    assert_eq!(passed(&one, minute(8), 9).await, 0, "it has used more than its part");
    store.clock.fetch_add(120_000, Ordering::SeqCst);
    assert_eq!((passed(&one, minute(8), 9).await, passed(&two, minute(8), 9).await), (4, 4));
}

/// A refusal says that a limit is reached. A node that has given back its part does not know that.
#[tokio::test(start_paused = true)]
async fn without_the_store_a_node_that_was_idle_has_an_equal_part() {
    for silent in [false, true] {
        let store = Arc::<Store>::default();
        let (one, two) = two_nodes(&store).await;
        for _ in 0..20 {
            store.pass(&[&one, &two], 1_000);
            assert!(asks(&one, minute(60)).await);
            one.report().await;
            two.report().await;
        }
        store.fail(silent);
        assert_eq!(passed(&two, minute(60), 40).await, 30, "silent: {silent}");
        assert!(matches!(decided(&two, minute(60)).await, Err(NotReserved::Exceeded(..))), "its part is used");
    }
}

/// More of the limit is on its way, so only the store could say that it is reached.
#[tokio::test(start_paused = true)]
async fn without_the_store_a_node_that_should_have_more_refuses_nobody_for_a_limit() {
    for silent in [false, true] {
        let store = Arc::<Store>::default();
        let (one, two) = two_nodes(&store).await;
        store.pass(&[&one, &two], 1_000);
        passed(&one, minute(60), 40).await;
        one.report().await;
        store.pass(&[&one, &two], 1_000);
        assert!(passed(&two, minute(60), 40).await < 40);
        two.report().await;
        store.fail(silent);
        store.pass(&[&one, &two], 200);
        // The first one asks the store, and the other one knows that it does not answer.
        for _ in 0..2 {
            assert_eq!(decided(&two, minute(60)).await.err(), Some(NotReserved::Unavailable), "silent: {silent}");
        }
        let large = EffectiveLimits {
            organization: RateLimits { images_per_minute: Some(1), ..minute(60).organization },
            ..EffectiveLimits::default()
        };
        let model: Arc<str> = "m".into();
        let images = Need { tokens: 0, images: 2 };
        let refused = two.reserve(&payer(), &model, large, images).await.0;
        assert!(matches!(refused, Err(NotReserved::Exceeded(..))), "it never fits");
        // Cut off, it has an equal part.
        store.clock.fetch_add(7_000, Ordering::SeqCst);
        assert!(asks(&two, minute(60)).await);
    }
}

/// Each answer comes in time, and still no request waits for twenty of them, nor for those of the requests before it.
#[tokio::test(start_paused = true)]
async fn a_slow_store_keeps_no_request_for_long() {
    let store = Arc::<Store>::default();
    let (one, two) = (node(&store, "a"), node(&store, "b"));
    assert_eq!(passed(&one, minute(60), 20).await, 20);
    store.slow.store(2_900, Ordering::SeqCst);
    let began = Instant::now();
    let waiting = (0..3).map(|_| decided(&two, minute(60)));
    for decided in futures_util::future::join_all(waiting).await {
        assert_eq!(decided.err(), Some(NotReserved::Unavailable), "more is on its way");
    }
    assert!(began.elapsed() < PATIENCE + AGAIN, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_a_day_has_left_outlives_a_killed_node_and_a_stopped_one() {
    let store = Arc::<Store>::default();
    let one = node(&store, "a");
    assert_eq!(passed(&one, day(10), 4).await, 4);
    store.pass(&[&one], 1_000);
    one.report().await;
    // It is killed; the process that follows removes its name.
    lock(&store.gone).push("a".to_owned());
    let two = node(&store, "b");
    assert_eq!(passed(&two, day(10), 3).await, 3);
    // It stops in order: nothing is lost, even without a report.
    two.return_all().await;
    let three = node(&store, "c");
    assert_eq!(passed(&three, day(10), 9).await, 3);
}

#[tokio::test(start_paused = true)]
async fn dropped_ledgers_give_back_what_they_had() {
    let store = Arc::<Store>::default();
    let one = node(&store, "a");
    let model: Arc<str> = "m".into();
    for number in 0..2_500 {
        let organization = format!("org-{number}").parse().unwrap();
        let payer = Payer { organization, ..payer() };
        assert!(one.reserve(&payer, &model, minute(1), Need::default()).await.0.is_ok());
        store.pass(&[&one], 60);
    }
    assert!(one.len() < 2_500, "those that have recovered are dropped");
    one.report().await;
    let two = node(&store, "b");
    let payer = Payer { organization: "org-0".parse().unwrap(), ..payer() };
    assert!(two.reserve(&payer, &model, minute(1), Need::default()).await.0.is_ok(), "at once");
}
