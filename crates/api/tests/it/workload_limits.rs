//! How many exchanges and keys there may be, also at once, and of whom.

use std::time::Duration;

use futures_util::future::join_all;
use keystead_store::tables::changes;
use keystead_testkit::{Database, Databases};
use serde_json::json;

use crate::workloads::{Setup, oauth};
use crate::world::{Answer, World};

/// Repeats what was counted, so that a limit of 300 is nearly reached.
const ALMOST: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 289) \
    INSERT INTO limit_hits (id, name, subject, value, at) \
    SELECT h.id || ':' || n.i, h.name, h.subject, h.value, h.at FROM limit_hits h CROSS JOIN n \
    WHERE h.name = 'token_exchanges'";
/// Keys of workloads that the only rule issued at the beginning of the test, on PostgreSQL.
const KEYS_OF_RULE: &str = "INSERT INTO api_keys (id, kind, digest, redacted, organization, project, \
    owner_service_account, restriction, created_at, expires_at, federation_rule) \
    SELECT 'key_filled' || i, 'service_account', decode(md5('a' || i) || md5('b' || i), 'hex'), 'x', r.organization, \
    r.project, r.service_account, '[]', r.created_at, r.created_at + 300, r.id \
    FROM federation_rules r, generate_series(1, 2000) AS n(i)";
/// The same keys, as those of other rules.
const OF_OTHER_RULES: &str = "UPDATE api_keys SET federation_rule = 'wifr_other' || right(id, 1) \
    WHERE federation_rule IS NOT NULL";
/// Four further ones for each.
const FIVEFOLD: &str = "INSERT INTO api_keys (id, kind, digest, redacted, organization, project, \
    owner_service_account, restriction, created_at, expires_at, federation_rule) \
    SELECT k.id || 'x' || i, k.kind, decode(md5(k.id || i) || md5(i || k.id), 'hex'), 'x', k.organization, k.project, \
    k.owner_service_account, k.restriction, k.created_at, k.expires_at, k.federation_rule \
    FROM api_keys k, generate_series(1, 4) AS n(i) WHERE k.federation_rule IS NOT NULL";

/// One after the other and at once: as many as fit, and no more. What succeeds is taken back.
#[tokio::test]
async fn exchanges_at_once_do_not_exceed_their_limit() {
    for databases in Databases::both().await {
        let database = databases.fresh().await;
        let world = World::on(&database);
        let setup = Setup::new(&world, "ann").await;
        assert_eq!(oauth(&setup.exchange("x").await), (400, "invalid_grant"));
        database.tamper(ALMOST).await;
        // 290 are counted.
        let token = setup.token(&json!({}));
        let good = join_all((0..4).map(|_| setup.exchange(&token))).await;
        assert!(good.iter().all(|answer| answer.status == 200), "at once, and more than once");
        for _ in 0..8 {
            assert_eq!(setup.exchange(&token).await.status, 200);
        }
        let bad = join_all((0..20).map(|_| setup.exchange("x"))).await;
        let count = |status: u16| bad.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(400), count(429)), (10, 10));
        let limited = setup.exchange(&token).await;
        assert_eq!(oauth(&limited), (429, "temporarily_unavailable"));
        let wait: i64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "running exchanges may succeed before the window ends");
        world.wait(900);
        assert_eq!(setup.exchange(&token).await.status, 400, "expired");
        assert_eq!(setup.exchange(&setup.token(&json!({}))).await.status, 200);
    }
}

/// A client that sends and disconnects causes as much work as one that waits.
#[tokio::test]
async fn an_exchange_counts_when_its_client_disconnects() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let token = setup.token(&json!({}));
    world.workloads.be_silent(true);
    for _ in 0..300 {
        tokio::select! {
            biased;
            answer = setup.exchange(&token) => panic!("{}", answer.body),
            () = world.workloads.reached() => {}
        }
    }
    world.workloads.be_silent(false);
    assert_eq!(oauth(&setup.exchange(&token).await), (429, "temporarily_unavailable"));
}

/// Workloads of many organizations share the addresses of a cloud.
#[tokio::test]
async fn a_provider_does_not_use_up_the_exchanges_of_another() {
    let world = World::new().await;
    let (ann, ben) = (Setup::new(&world, "ann").await, Setup::new(&world, "ben").await);
    for _ in 0..300 {
        assert_eq!(ann.exchange("x").await.status, 400);
    }
    assert_eq!(ann.exchange("x").await.status, 429);
    assert_eq!(ben.exchange(&ben.token(&json!({}))).await.status, 200, "from the same address");
    // Ids that do not exist are counted together.
    let unknown = |n: usize| Setup { provider: format!("wip_none{n}"), ..ben.named_alike() };
    for n in 0..300 {
        assert_eq!(unknown(n).exchange("x").await.status, 400);
    }
    assert_eq!(unknown(300).exchange("x").await.status, 429);
    assert_eq!(ben.exchange(&ben.token(&json!({}))).await.status, 200);
    // When the issuer does not answer, that is not the client's fault.
    ben.world.workloads.publish(None);
    for _ in 0..301 {
        assert_eq!(ben.exchange(&ben.token(&json!({}))).await.status, 503);
    }
    ben.world.workloads.publish(Some(&[1]));
    assert_eq!(ben.exchange(&ben.token(&json!({}))).await.status, 200);
}

fn limited(answer: &Answer, text: &str) {
    assert_eq!(oauth(answer), (429, "temporarily_unavailable"), "{}", answer.body);
    assert!(answer.text("error_description").contains(text), "{}", answer.body);
    assert_eq!(answer.headers["retry-after"], "60");
}

/// Keys of one rule, and of all rules of an organization. What is refused does not wait for the lock that every change of
/// a caller takes, and so does not delay the changes of others.
#[tokio::test]
async fn keys_of_workloads_are_limited_without_a_lock() {
    let databases = Databases::postgres().await;
    let database = databases.fresh().await;
    let world = World::on(&database);
    let setup = Setup::new(&world, "ann").await;
    let token = setup.token(&json!({}));
    database.tamper(KEYS_OF_RULE).await;
    limited(&under_the_lock(&database, setup.exchange(&token)).await, "The federation rule has issued 2000 keys");
    database.tamper(OF_OTHER_RULES).await;
    assert_eq!(setup.exchange(&token).await.status, 200, "another rule");
    database.tamper(FIVEFOLD).await;
    limited(&under_the_lock(&database, setup.exchange(&token)).await, "of the organization have issued 10000 keys");
    // Another organization has its own.
    let other = Setup::new(&world, "ben").await;
    assert_eq!(other.exchange(&token).await.status, 200);
    // So with a gate, a rule that is gone, and an account that is.
    let archive = format!("/v1/organization/projects/{}/archive", other.project);
    assert_eq!(world.post(&archive, other.key(), json!({})).await.status, 200);
    let refused = under_the_lock(&database, other.exchange(&token)).await;
    assert_eq!(oauth(&refused), (400, "invalid_grant"));
    // Refusals of all kinds count.
    database.tamper("DELETE FROM limit_hits").await;
    limited(&setup.exchange(&token).await, "10000 keys");
    database.tamper(ALMOST).await;
    let answers = join_all((0..20).map(|_| setup.exchange(&token))).await;
    let most = answers.iter().filter(|answer| answer.text("error_description").contains("10000 keys")).count();
    assert_eq!(most, 10, "and then there are too many exchanges");
    world.wait(3_600);
    assert_eq!(setup.exchange(&setup.token(&json!({}))).await.status, 200, "an hour later");
}

/// Does something while another transaction holds the lock of changes.
async fn under_the_lock(database: &Database, work: impl Future<Output = Answer>) -> Answer {
    let mut attempts = database.store.attempts("hold");
    let mut held = attempts.begin().await.unwrap();
    changes::lock(&mut held).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), work).await.unwrap()
}
