//! Spend limits: what requests may cost is set aside, and only those that fit pass.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use keystead_core::budget::{Budget, BudgetScope, BudgetZone, Charge, Payers};
use keystead_core::money::{Amount, Micros};
use keystead_core::usage::Price;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::world::answer::Answer;
use crate::world::{World, json};

const SPEECH: &str = "/v1/audio/speech";
/// Ten characters, each a tenth of a cent.
const CENT: &str = r#"{"model":"tts-1","voice":"alloy","input":"0123456789"}"#;

/// A budget of so many cents, tokens or requests.
pub(crate) fn budget(subject: &str, terms: &str, figure: i64) -> Budget {
    let scope = BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() };
    let most = scope.terms.measure.amount(figure);
    let id = format!("budget_{}", terms.replace('/', "-")).parse().unwrap();
    Budget { id, scope, zone: BudgetZone::UTC, most, version: 1 }
}

impl World {
    pub(crate) fn prices(&self, model: &str, price: Price, max_output_tokens: Option<u64>) {
        let mut catalogue = (**self.catalogue.load()).clone();
        let entry = catalogue.models.get_mut(model).unwrap();
        (entry.prices, entry.max_output_tokens) = (price.into(), max_output_tokens);
        self.catalogue.store(Arc::new(catalogue));
    }

    pub(crate) fn limits(&self, key: &str, organization: Option<i64>, project: Option<i64>) {
        let limit = |subject, cents| budget(subject, "money/month", cents);
        let organization = organization.map(|cents| limit("org-1", cents)).into_iter().collect();
        let project = project.map(|cents| limit("proj_1", cents)).into_iter().collect();
        self.budgets(key, organization, project, Vec::new());
    }

    /// Budgets of the organization, of the project, and of the person or the key.
    pub(crate) fn budgets(&self, key: &str, organization: Vec<Budget>, project: Vec<Budget>, caller: Vec<Budget>) {
        let mut limits = self.leases.limits.lock().unwrap();
        for budget in organization.iter().chain(&project).chain(&caller) {
            limits.insert(budget.scope.clone(), budget.most);
        }
        drop(limits);
        self.change(key, move |known| {
            let reached = &mut known.organizations[0];
            (reached.budgets, reached.caller_budgets) = (organization, caller);
            reached.projects[0].budgets = project;
        });
    }
}

fn by_character() -> Price {
    Price { character: Micros(1_000_000_000), ..Price::default() }
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_for_37_requests_lets_37_of_1000_through() {
    // A thousand clients and the gateway have two thousand sockets; the usual soft limit of a shell is 1,024 files.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let world = Arc::new(World::new().await);
    let key = world.key(1);
    world.prices("tts-1", by_character(), None);
    world.limits(&key, Some(37), None);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (world, key) = (Arc::clone(&world), key.clone());
        running.spawn(async move { world.post(SPEECH, &key, CENT).await });
    }
    let answers = running.join_all().await;
    let (passed, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len(), world.seen().len()), (37, 963, 37));
    for answer in &refused {
        assert_eq!(code(answer), (429, "organization_spend_limit_exceeded".to_owned()));
        assert_eq!(answer.json()["error"]["type"], "insufficient_quota");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
    }
    world.meter.flush().await;
    let events = world.store.events.lock().unwrap();
    let spent = events.iter().fold(Amount::ZERO, |sum, event| sum.plus(event.cost));
    assert_eq!(spent, Amount::of_cents(37));
    let limit = Payers::of_spend_limits(true, false);
    let paying = |charge: Option<Charge>| charge.is_some_and(|charge| charge.payers == limit);
    assert!(events.iter().all(|event| paying(event.charge)), "each is paid from the lease");
}

#[tokio::test]
async fn what_a_request_does_not_use_is_free_again() {
    let world = World::new().await;
    let key = world.key(1);
    // A tenth of a cent for each token written, and nothing for those read.
    world.prices("gpt-4o", Price { output: Micros(1_000_000_000), ..Price::default() }, Some(100));
    world.limits(&key, None, Some(10));
    let asking = |most: u64| format!(r#"{{"model":"gpt-4o","messages":[],"max_tokens":{most}}}"#);
    const CHAT: &str = "/v1/chat/completions";
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":10,"total_tokens":11}}"#));
    // The catalogue bounds what a request states, and what it does not state.
    assert_eq!(world.post(CHAT, &key, &asking(1_000_000)).await.status, 200);
    assert_eq!(code(&world.post(CHAT, &key, r#"{"model":"gpt-4o","messages":[]}"#).await).0, 429);
    assert_eq!(code(&world.post(CHAT, &key, &asking(91)).await), (429, "project_spend_limit_exceeded".to_owned()));
    // One cent is spent: ninety tokens are left.
    assert_eq!(world.post(CHAT, &key, &asking(90)).await.status, 200);
    // An answer that is an error costs nothing, and neither does a server that gives none.
    world.answers(|_| json(500, "{}"));
    for _ in 0..20 {
        assert_eq!(world.post(CHAT, &key, &asking(80)).await.status, 500);
    }
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":80,"total_tokens":81}}"#));
    assert_eq!(world.post(CHAT, &key, &asking(80)).await.status, 200);
    assert_eq!(world.post(CHAT, &key, &asking(1)).await.status, 429, "all is spent");
    // A model without a price is free.
    world.prices("gpt-4o", Price::default(), None);
    assert_eq!(world.post(CHAT, &key, &asking(1)).await.status, 200);
}

/// A list of prompts has an answer for each, and figures count as lenient model servers read them.
#[tokio::test]
async fn every_answer_of_a_request_is_set_aside() {
    let world = World::new().await;
    let key = world.key(1);
    world.prices("gpt-4o", Price { output: Micros(1_000_000_000), ..Price::default() }, Some(100));
    world.limits(&key, Some(10), None);
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":0,"total_tokens":1}}"#));
    for (asked, status) in [
        (r#""prompt":"a","max_tokens":100"#, 200),
        (r#""prompt":["a","b"],"max_tokens":50"#, 200),
        (r#""prompt":["a","b"],"max_tokens":51"#, 429),
        (r#""prompt":["a","b","c"],"max_tokens":20,"n":2"#, 429),
        (r#""prompt":"a","max_tokens":60,"n":2.0"#, 429),
        (r#""prompt":"a","max_tokens":60,"n":"2""#, 429),
    ] {
        let answer = world.post("/v1/completions", &key, &format!(r#"{{"model":"gpt-4o",{asked}}}"#)).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
    }
}

/// A server ignores what its route does not have, and may read no maximum where another server reads one.
#[tokio::test]
async fn a_maximum_that_a_server_may_ignore_bounds_nothing() {
    const CHAT: &str = "/v1/chat/completions";
    let world = World::new().await;
    let key = world.key(1);
    world.prices("gpt-4o", Price { output: Micros(1_000_000_000), ..Price::default() }, Some(100));
    // Fifty tokens.
    world.limits(&key, Some(5), None);
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":0,"total_tokens":1}}"#));
    for (path, asked, status) in [
        (CHAT, r#""messages":[],"max_tokens":50"#, 200),
        (CHAT, r#""messages":[],"max_completion_tokens":50"#, 200),
        (CHAT, r#""messages":[],"max_output_tokens":1"#, 429),
        (CHAT, r#""messages":[],"max_tokens":-1,"max_completion_tokens":1"#, 429),
        (CHAT, r#""messages":[],"max_tokens":1,"n":"0x40""#, 400),
        ("/v1/completions", r#""prompt":"a","max_tokens":50"#, 200),
        ("/v1/completions", r#""prompt":"a","max_completion_tokens":1"#, 429),
        ("/v1/responses", r#""input":"a","max_output_tokens":50"#, 200),
        ("/v1/responses", r#""input":"a","max_tokens":1"#, 429),
    ] {
        let answer = world.post(path, &key, &format!(r#"{{"model":"gpt-4o",{asked}}}"#)).await;
        assert_eq!(answer.status, status, "{path} {asked}: {}", answer.text());
    }
}

#[tokio::test]
async fn both_limits_hold_and_a_refusal_by_one_costs_the_other_nothing() {
    let world = World::new().await;
    let key = world.key(1);
    world.prices("tts-1", by_character(), None);
    world.limits(&key, Some(5), Some(2));
    for expected in [200, 200, 429, 429] {
        assert_eq!(world.post(SPEECH, &key, CENT).await.status, expected);
    }
    // Another project of the organization finds the rest: three of five.
    world.limits(&key, Some(5), None);
    world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    for expected in [200, 200, 200, 429] {
        assert_eq!(world.post(SPEECH, &key, CENT).await.status, expected);
    }
}

#[tokio::test]
async fn without_the_store_only_what_is_leased_can_be_spent() {
    let world = World::new().await;
    let key = world.key(1);
    world.prices("tts-1", by_character(), None);
    world.limits(&key, Some(80), None);
    // Of eighty, one needs one: an eighth is leased.
    assert_eq!(world.post(SPEECH, &key, CENT).await.status, 200);
    world.leases.down.store(true, Ordering::SeqCst);
    let mut passed = 1;
    let refused = loop {
        let answer = world.post(SPEECH, &key, CENT).await;
        if answer.status != 200 {
            break answer;
        }
        passed += 1;
    };
    assert_eq!((passed, code(&refused)), (10, (503, "server_is_overloaded".to_owned())));
    assert_eq!(refused.header("x-should-retry"), None, "trying again helps");
}

/// Images have a code of their own.
#[tokio::test]
async fn an_image_that_does_not_fit_has_its_own_code() {
    let world = World::new().await;
    let key = world.key(1);
    world.limits(&key, Some(80), None);
    world.prices("gpt-image-1", Price { image: Micros(10_000_000_000_000), ..Price::default() }, Some(1));
    world.change(&key, |caller| {
        caller.organizations[0].entitlements.met.push(keystead_core::gate::Requirement::Organization);
    });
    let image = world.post("/v1/images/generations", &key, r#"{"model":"gpt-image-1","prompt":"p"}"#).await;
    assert_eq!(code(&image), (400, "billing_hard_limit_reached".to_owned()));
}

/// The refusal says which limit, how much, and until when; waiting helps only where the month ends within a minute.
#[tokio::test]
async fn a_refusal_says_what_is_needed_to_go_on() {
    const MONTH_ENDS: i64 = 1_801_440_000;
    let world = World::new().await;
    let key = world.key(1);
    world.prices("tts-1", by_character(), None);
    world.limits(&key, Some(1), None);
    assert_eq!(world.post(SPEECH, &key, CENT).await.status, 200);
    let refused = world.post(SPEECH, &key, CENT).await;
    assert_eq!(code(&refused), (429, "organization_spend_limit_exceeded".to_owned()));
    assert_eq!((refused.header("x-should-retry"), refused.header("retry-after")), (Some("false"), None));
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    for part in ["Organization org-1 may spend 0.01 USD a month", "may cost up to 0.01 USD", "2027-02-01T00:00:00Z"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(refused.header("link").is_some_and(|link| link.contains("/help/spend-limits")));
    let days_pass = |to: i64| {
        world.clock.store(to, Ordering::SeqCst);
        world.directory.mark_fresh(world.directory.moment());
    };
    days_pass(MONTH_ENDS - 30);
    let refused = world.post(SPEECH, &key, CENT).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    assert_eq!(refused.header("x-should-retry"), None, "a client may wait for the next month");
    days_pass(MONTH_ENDS);
    assert_eq!(world.post(SPEECH, &key, CENT).await.status, 200);
}
