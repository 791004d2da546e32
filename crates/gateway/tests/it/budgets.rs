//! Budgets of every subject, measure and period: which requests pass, which budget refuses, and what it says.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use keystead_core::budget::{Budget, Measured};
use keystead_core::money::Micros;
use keystead_core::usage::Price;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::spend::budget;
use crate::world::answer::Answer;
use crate::world::{World, json};

const CHAT: &str = "/v1/chat/completions";
const ASK: &str = r#"{"model":"gpt-4o","messages":[],"max_tokens":10}"#;
const ANSWER: &str = r#"{"usage":{"prompt_tokens":0,"completion_tokens":10,"total_tokens":10}}"#;

/// A token written costs a tenth of a cent, so a request costs a cent.
async fn world() -> (Arc<World>, String) {
    let world = World::new().await;
    let key = world.key(1);
    world.prices("gpt-4o", Price { output: Micros(1_000_000_000), ..Price::default() }, Some(10));
    world.answers(|_| json(200, ANSWER));
    (Arc::new(world), key)
}

fn error(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |member: &str| body["error"][member].as_str().unwrap_or_default().to_owned();
    (answer.status, text("type"), text("code"))
}

fn message(answer: &Answer) -> String {
    answer.json()["error"]["message"].as_str().unwrap().to_owned()
}

/// Sends a thousand requests at once, and returns how many passed and one that was refused.
async fn a_thousand(world: &Arc<World>, key: &str) -> (usize, Answer) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (world, key) = (Arc::clone(world), key.to_owned());
        running.spawn(async move { world.post(CHAT, &key, ASK).await });
    }
    let answers = running.join_all().await;
    let (passed, mut refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(refused.iter().all(|answer| answer.status == 429));
    (passed.len(), refused.pop().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_37_requests_sends_37_of_1000() {
    let (world, key) = world().await;
    world.budgets(&key, vec![], vec![], vec![budget("key_1", "requests/day", 37)]);
    let (passed, refused) = a_thousand(&world, &key).await;
    assert_eq!((passed, world.seen().len()), (37, 37));
    let code = "organization_usage_limit_exceeded".to_owned();
    assert_eq!(error(&refused), (429, "insufficient_quota".to_owned(), code));
    for part in ["This key may use 37 requests a day (budget budget_requests-day)", "up to 1 request;", "It resets at"]
    {
        assert!(message(&refused).contains(part), "{}", message(&refused));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_with_37_cents_spends_37_of_1000() {
    let (world, key) = world().await;
    world.budgets(&key, vec![], vec![], vec![budget("org-1/user-1", "money/total", 37)]);
    let (passed, refused) = a_thousand(&world, &key).await;
    assert_eq!((passed, world.seen().len()), (37, 37));
    assert_eq!(error(&refused), (429, "insufficient_quota".to_owned(), "insufficient_quota".to_owned()));
    assert_eq!((refused.header("x-should-retry"), refused.header("retry-after")), (Some("false"), None));
    for part in ["The person who owns this key may spend 0.37 USD in all", "It does not reset."] {
        assert!(message(&refused).contains(part), "{}", message(&refused));
    }
    let used = world.events().await.iter().map(Measured::of_event).fold(Measured::default(), Measured::plus);
    assert_eq!((used.requests, used.tokens), (37, 370));
}

/// The most that a request may read is not known in tokens: it is bounded by its bytes.
#[tokio::test]
async fn tokens_are_set_aside_and_replaced_by_what_was_used() {
    let (world, key) = world().await;
    let most = i64::try_from(ASK.len()).unwrap() + 10;
    world.budgets(&key, vec![], vec![budget("proj_1", "tokens/hour", most + 10)], vec![]);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200, "ten were used");
    let refused = world.post(CHAT, &key, ASK).await;
    assert_eq!(error(&refused).2, "organization_usage_limit_exceeded");
    assert!(message(&refused).contains("Project proj_1 may use"), "{}", message(&refused));
    // A request that may use less fits.
    assert_eq!(world.post(CHAT, &key, r#"{"model":"gpt-4o","messages":[],"max_tokens":1}"#).await.status, 200);
}

/// Every budget is spent: each refusal is of the first one; without it, of the next one.
#[tokio::test]
async fn budgets_refuse_in_a_fixed_order() {
    const CREDIT: &str = "credit_balance_exhausted";
    const ORGANIZATION: &str = "organization_spend_limit_exceeded";
    const PROJECT: &str = "project_spend_limit_exceeded";
    const CEILING: &str = "organization_usage_limit_exceeded";
    const OTHER: &str = "insufficient_quota";
    let (world, key) = world().await;
    let mut budgets = [
        ("org-1", "credit", CREDIT, "prepaid credit"),
        ("org-1", "requests/hour", CEILING, "Organization org-1 may use 0 requests an hour"),
        ("org-1", "money/day", ORGANIZATION, "Organization org-1 may spend 0 USD a day"),
        ("org-1", "money/month", ORGANIZATION, "Organization org-1 may spend 0 USD a month"),
        ("proj_1", "money/week", PROJECT, "Project proj_1 may spend 0 USD a week"),
        ("proj_1", "tokens/month", CEILING, "Project proj_1 may use 0 tokens a month"),
        ("org-1/user-1", "money/day", OTHER, "The person who owns this key may spend 0 USD a day"),
        ("key_1", "money/hour", OTHER, "This key may spend 0 USD an hour"),
        ("key_1", "tokens/hour", CEILING, "This key may use 0 tokens an hour"),
    ]
    .to_vec();
    while !budgets.is_empty() {
        let of = |starts: &[&str]| {
            let mine = budgets.iter().filter(|(subject, ..)| starts.iter().any(|start| subject == start));
            let mut all: Vec<Budget> = mine.map(|(subject, terms, ..)| budget(subject, terms, 0)).collect();
            all.sort_by_key(|budget| budget.scope.place());
            all
        };
        world.budgets(&key, of(&["org-1"]), of(&["proj_1"]), of(&["org-1/user-1", "key_1"]));
        world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
        let (_, _, code, text) = budgets.remove(0);
        let refused = world.post(CHAT, &key, ASK).await;
        assert_eq!(error(&refused), (429, "insufficient_quota".to_owned(), code.to_owned()), "{text}");
        assert!(message(&refused).contains(text), "{text}: {}", message(&refused));
    }
    world.budgets(&key, vec![], vec![], vec![]);
    world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
}

/// A refusal by a later budget leaves nothing set aside from the earlier ones.
#[tokio::test]
async fn a_request_is_set_aside_from_each_budget_or_from_none() {
    let (world, key) = world().await;
    let one = |subject, terms, most| vec![budget(subject, terms, most)];
    let spent = one("key_1", "requests/hour", 0);
    world.budgets(&key, one("org-1", "requests/day", 3), one("proj_1", "requests/day", 3), spent);
    for _ in 0..5 {
        assert_eq!(world.post(CHAT, &key, ASK).await.status, 429);
    }
    world.budgets(&key, one("org-1", "requests/day", 3), one("proj_1", "requests/day", 3), vec![]);
    world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    for expected in [200, 200, 200, 429] {
        assert_eq!(world.post(CHAT, &key, ASK).await.status, expected);
    }
}

/// Hours begin by the clock, and a client is told to wait only where that is soon.
#[tokio::test]
async fn an_hour_that_ends_soon_is_waited_for() {
    let (world, key) = world().await;
    let pass_to = |at: i64| {
        world.clock.store(at, Ordering::SeqCst);
        world.directory.mark_fresh(world.directory.moment());
    };
    let hour = world.clock.load(Ordering::SeqCst) / 3_600 * 3_600;
    pass_to(hour + 10);
    world.budgets(&key, vec![], vec![], vec![budget("key_1", "requests/hour", 1)]);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    let refused = world.post(CHAT, &key, ASK).await;
    assert_eq!((refused.header("x-should-retry"), refused.header("retry-after")), (Some("false"), None));
    pass_to(hour + 3_590);
    let refused = world.post(CHAT, &key, ASK).await;
    assert_eq!((refused.header("x-should-retry"), refused.header("retry-after")), (None, Some("10")));
    pass_to(hour + 3_600);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
}

/// A request that runs while its budget is changed or removed ends as it began.
#[tokio::test]
async fn a_budget_changes_while_requests_run() {
    let (world, key) = world().await;
    let of = |most, version| vec![Budget { version, ..budget("key_1", "requests/day", most) }];
    let change = |caller: Vec<Budget>| {
        world.leases.limits.lock().unwrap().clear();
        world.budgets(&key, vec![], vec![], caller);
        world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    };
    change(of(10, 1));
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    change(of(1, 2));
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 429);
    change(vec![]);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    change(of(3, 3));
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    let charges: Vec<bool> = world.events().await.iter().map(|event| event.charge.is_some()).collect();
    assert_eq!(charges, [true, false, true]);
}
