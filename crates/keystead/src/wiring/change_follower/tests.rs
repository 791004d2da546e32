//! Two nodes on one store: random histories against the store itself, and a node that lost track of the changes.

use std::sync::atomic::{AtomicI64, Ordering};

use keystead_core::caller::Caller;
use keystead_core::gate::{FirstUse, Policy};
use keystead_gateway::DirectoryOptions;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::{first_uses, policy};
use keystead_store::testing::PostgresServer;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::Connection;

use super::*;
use crate::wiring::keys::StoreKeys;
use crate::wiring::spend::StoreLeases;

mod world;

use world::{Change, NOW, Tenant, carry_out, unversioned};

/// One process without its listeners.
struct Node {
    store: Store,
    directory: Arc<Directory>,
    catalogue: Arc<ArcSwap<Catalogue>>,
    follower: Arc<Follower>,
    /// Seconds that this node's wall clock is ahead of the others.
    ahead: Arc<AtomicI64>,
}

async fn node(url: &str, name: &str) -> Node {
    let (parts, ahead) = parts(url, name).await;
    let (store, directory, catalogue) =
        (parts.store.clone(), Arc::clone(&parts.directory), Arc::clone(&parts.catalogue));
    Node { store, directory, catalogue, follower: Follower::begin(parts).await.unwrap(), ahead }
}

/// The parts of a process that has read nothing yet.
async fn parts(url: &str, name: &str) -> (Parts, Arc<AtomicI64>) {
    let store = Store::open(url).await.unwrap();
    let ahead = Arc::new(AtomicI64::new(0));
    let clock: keystead_gateway::Clock = {
        let ahead = Arc::clone(&ahead);
        Arc::new(move || wiring::now().plus(ahead.load(Ordering::SeqCst)))
    };
    let source = Arc::new(StoreKeys::new(store.clone()));
    let leases = Arc::new(StoreLeases::new(store.clone()));
    let parts = Parts {
        store,
        directory: Arc::new(Directory::new(source, DirectoryOptions::default(), clock)),
        rates: Arc::new(RateLimiter::new(wiring::stopwatch())),
        spend: Arc::new(SpendLedgers::new(leases, "run".into(), wiring::clock())),
        catalogue: Arc::new(ArcSwap::from_pointee(Catalogue::default())),
        models: Models::none(),
        node: name.to_owned(),
        max_stale_seconds: 900,
    };
    (parts, ahead)
}

#[derive(Debug, Clone)]
enum Step {
    /// The change is committed over the connections of this node.
    Change(usize, Change),
    /// A node follows; until then it applies nothing.
    Follow(usize),
    Use(usize, usize),
    ReadAgain(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (key, node) = (0..6usize, 0..2usize);
    let change = prop_oneof![
        key.clone().prop_map(Change::Revoke),
        key.clone().prop_map(Change::Restrict),
        (key.clone(), 1..9i64).prop_map(|(key, seconds)| Change::Expire(key, seconds)),
        Just(Change::DeleteBot),
        any::<bool>().prop_map(Change::BotRole),
        Just(Change::Archive),
        any::<bool>().prop_map(Change::Models),
        any::<bool>().prop_map(Change::Role),
        Just(Change::Remove),
        Just(Change::Join),
        any::<bool>().prop_map(Change::ProjectRole),
        Just(Change::LeaveProject),
        Just(Change::JoinProject),
        any::<bool>().prop_map(Change::List),
        any::<(bool, bool)>().prop_map(|(project, on)| Change::SwitchList(project, on)),
        any::<bool>().prop_map(Change::DeleteList),
        any::<bool>().prop_map(Change::Close),
        any::<(bool, bool)>().prop_map(|(owner, on)| Change::CloseUser(owner, on)),
        any::<bool>().prop_map(Change::Meet),
        any::<bool>().prop_map(Change::Policy),
        any::<bool>().prop_map(Change::InGroup),
        any::<(bool, bool)>().prop_map(|(of_group, on)| Change::HoldRole(of_group, on)),
        any::<bool>().prop_map(Change::PermitRole),
        Just(Change::DeleteRole),
        Just(Change::DeleteGroup),
    ];
    prop_oneof![
        4 => (node.clone(), change).prop_map(|(node, change)| Step::Change(node, change)),
        3 => node.clone().prop_map(Step::Follow),
        6 => (node.clone(), key.clone()).prop_map(|(node, key)| Step::Use(node, key)),
        2 => (node, key).prop_map(|(node, key)| Step::ReadAgain(node, key)),
    ]
}

/// Plays one history in a separate world.
async fn play(nodes: &[Node; 2], steps: &[Step]) {
    let tenant = Tenant::new(&nodes[0].store).await;
    for node in nodes {
        node.follower.step().await.unwrap();
    }
    let mut history = vec![tenant.snapshot(&nodes[0].store).await];
    let mut followed = [0, 0];
    for step in steps {
        match step {
            Step::Change(node, change) => {
                let store = &nodes[*node].store;
                let tenant = &tenant;
                let _ = store.write("change", async |tx: &mut Tx| carry_out(tenant, tx, change).await).await;
                history.push(tenant.snapshot(store).await);
            }
            Step::Follow(node) => {
                nodes[*node].follower.step().await.unwrap();
                followed[*node] = history.len() - 1;
            }
            Step::Use(node, key) => {
                let found = nodes[*node].directory.find(&tenant.keys[*key].digest).await.unwrap();
                judge(&history[followed[*node]..], *key, found.as_deref());
            }
            Step::ReadAgain(node, key) => {
                let found = nodes[*node].directory.reread(&tenant.keys[*key].digest).await.unwrap();
                judge(&history[history.len() - 1..], *key, found.as_deref());
            }
        }
    }
    for node in nodes {
        node.follower.step().await.unwrap();
        for key in 0..tenant.keys.len() {
            let found = node.directory.find(&tenant.keys[key].digest).await.unwrap();
            judge(&history[history.len() - 1..], key, found.as_deref());
        }
        let read = node.store.read("policy", async |tx: &mut Tx| policy::find(tx).await);
        assert_eq!(node.catalogue.load().policy, read.await.unwrap().1);
    }
}

/// Checks that the answer is one of these states.
fn judge(states: &[Vec<Option<Caller>>], key: usize, found: Option<&Caller>) {
    let found = found.cloned().map(unversioned);
    assert!(states.iter().any(|state| state[key] == found), "key {key}: {found:?}");
}

/// `PROPTEST_CASES` sets the number of histories.
#[expect(clippy::disallowed_methods, reason = "a long run sets its number of histories from outside")]
fn model(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let nodes = runtime.block_on(async {
        Store::open(url).await.unwrap().migrate().await.unwrap();
        [node(url, "a").await, node(url, "b").await]
    });
    let usual = ProptestConfig { failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { 24 };
    let mut runner = TestRunner::new(ProptestConfig { cases, ..usual });
    let steps = proptest::collection::vec(step(), 0..40);
    let played = runner.run(&steps, |steps| {
        runtime.block_on(play(&nodes, &steps));
        Ok(())
    });
    played.unwrap_or_else(|failure| panic!("{failure}"));
}

/// ASVS 8.3.2.
#[test]
fn model_of_two_nodes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    model(&format!("sqlite://{}", folder.path().join("k.db").display()));
}

/// ASVS 8.3.2.
#[test]
fn model_of_two_nodes_on_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    model(&server.fresh_database().unwrap());
}

/// Two nodes and a world on SQLite.
async fn two() -> (tempfile::TempDir, String, [Node; 2], Tenant) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("k.db").display());
    Store::open(&url).await.unwrap().migrate().await.unwrap();
    let nodes = [node(&url, "a").await, node(&url, "b").await];
    let tenant = Tenant::new(&nodes[0].store).await;
    for node in &nodes {
        node.follower.step().await.unwrap();
    }
    (folder, url, nodes, tenant)
}

async fn revoke(node: &Node, key: &KeyRow) -> i64 {
    let id = key.id.clone();
    let write = node.store.write("revoke", async move |tx: &mut Tx| {
        api_keys::revoke(tx, &id, "ann", "test", NOW).await?;
        changes::latest(tx).await
    });
    write.await.unwrap()
}

async fn set_rules(store: &Store, rules: &Policy) -> i64 {
    let write = store.write("policy", async |tx: &mut Tx| {
        let (version, _) = policy::find(tx).await?;
        policy::save(tx, rules, version, "ops", "", NOW).await?;
        changes::latest(tx).await
    });
    write.await.unwrap()
}

/// The change is committed after the node was added to the list, and before it loads anything.
#[tokio::test]
async fn a_change_during_a_start_is_applied_and_waits_for_the_new_node() {
    let (_folder, url, [a, _b], _tenant) = two().await;
    let (parts, _) = parts(&url, "c").await;
    let catalogue = Arc::clone(&parts.catalogue);
    set_rules(&a.store, &Policy::default_rules()).await;
    let starting = Follower::register(parts).await.unwrap();
    let during = set_rules(&a.store, &Policy::default()).await;
    let (spread, waits) = spread::of(&a.store, during, 900).await.unwrap();
    assert_eq!((spread, waits), (Spread { unconfirmed: 3, nodes: 3 }, true), "it is listed before it loads anything");
    starting.load().await.unwrap();
    assert_eq!(catalogue.load().policy.rules, Policy::default().rules);
    let (spread, _) = spread::of(&a.store, during, 900).await.unwrap();
    assert_eq!(spread, Spread { unconfirmed: 2, nodes: 3 }, "the others have not followed yet");
}

/// What was put into the memory before the start is replaced, so it cannot hide a change that nobody announces again.
#[tokio::test]
async fn a_start_loads_the_rules_after_it_has_read_the_revision() {
    let (_folder, url, [a, _b], _tenant) = two().await;
    set_rules(&a.store, &Policy::default()).await;
    let (parts, _) = parts(&url, "c").await;
    let catalogue = Arc::clone(&parts.catalogue);
    catalogue.store(Arc::new(parts.models.catalogue(&parts.store).await.unwrap()));
    set_rules(&a.store, &Policy::default_rules()).await;
    let follower = Follower::begin(parts).await.unwrap();
    assert_eq!(catalogue.load().policy.rules, Policy::default_rules().rules);
    follower.step().await.unwrap();
    assert_eq!(catalogue.load().policy.rules, Policy::default_rules().rules);
}

/// As after SIGSTOP, or on a suspended machine.
#[tokio::test]
async fn a_suspended_node_reads_the_changes_before_it_serves() {
    let (_folder, _, [a, b], tenant) = two().await;
    let key = &tenant.keys[0];
    assert!(b.directory.find(&key.digest).await.unwrap().is_some());
    revoke(&a, key).await;
    b.ahead.store(9, Ordering::SeqCst);
    assert_eq!(b.directory.known(&key.digest, Instant::now()).ok(), None, "memory alone does not answer");
    assert!(b.directory.find(&key.digest).await.unwrap().is_none());
}

#[tokio::test]
async fn a_change_says_which_nodes_have_not_confirmed_it() {
    let (_folder, _, [a, b], tenant) = two().await;
    let mut keys = tenant.keys.iter();
    let mut next = || keys.next().unwrap();
    let heard = async |seconds: i64, applied: i64| {
        let at = wiring::now().plus(-seconds);
        a.store.write("said", async move |tx: &mut Tx| changes::heartbeat(tx, "b", applied, at).await).await.unwrap();
    };
    // Silent for ten seconds: it is not waited for, but may serve.
    let revision = revoke(&a, next()).await;
    heard(10, revision - 1).await;
    assert_eq!(a.follower.wait_until_applied(revision).await, Spread { unconfirmed: 1, nodes: 2 });
    let mut metrics = String::new();
    let mut registry = prometheus_client::registry::Registry::default();
    a.follower.lag().register(&mut registry);
    prometheus_client::encoding::text::encode(&mut metrics, &registry).unwrap();
    assert!(metrics.contains("keystead_unconfirmed_nodes 1\n"), "{metrics}");
    // It follows again.
    b.follower.step().await.unwrap();
    assert_eq!(a.follower.wait_until_applied(revision).await, Spread { unconfirmed: 0, nodes: 2 });
    // Silent for longer than anything is trusted: it refuses by itself.
    let revision = revoke(&a, next()).await;
    heard(900 + ALIVE_SECONDS + 1, revision - 1).await;
    assert_eq!(a.follower.wait_until_applied(revision).await, Spread { unconfirmed: 0, nodes: 1 });
    // It shut down in order.
    b.follower.leave().await;
    assert_eq!(a.follower.wait_until_applied(revision).await, Spread { unconfirmed: 0, nodes: 1 });
}

/// A backup was restored, or rows were deleted from the table.
#[tokio::test]
async fn a_gap_in_the_changes_empties_the_memory() {
    let (_folder, url, [a, b], tenant) = two().await;
    let mut sql = sqlx::SqliteConnection::connect(&url).await.unwrap();
    for (tamper, key) in [
        ("DELETE FROM changes", &tenant.keys[0]),
        ("UPDATE revisions SET latest = latest - 3", &tenant.keys[1]),
        (
            "UPDATE changes SET subject = 'of_a_newer_version' WHERE revision = (SELECT latest FROM revisions)",
            &tenant.keys[5],
        ),
    ] {
        b.follower.step().await.unwrap();
        assert!(b.directory.find(&key.digest).await.unwrap().is_some(), "{tamper}");
        revoke(&a, key).await;
        sqlx::query(sqlx::AssertSqlSafe(tamper)).execute(&mut sql).await.unwrap();
        b.follower.step().await.unwrap();
        assert!(b.directory.find(&key.digest).await.unwrap().is_none(), "{tamper}");
    }
}

/// Old rows are deleted by their time, and the clocks of nodes differ: a row between two others may be missing.
#[tokio::test]
async fn a_gap_between_two_changes_empties_the_memory() {
    let (_folder, url, [a, b], tenant) = two().await;
    let mut sql = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let missed = &tenant.keys[1];
    assert!(b.directory.find(&missed.digest).await.unwrap().is_some());
    revoke(&a, &tenant.keys[0]).await;
    let revision = revoke(&a, missed).await;
    revoke(&a, &tenant.keys[2]).await;
    sqlx::query("DELETE FROM changes WHERE revision = $1").bind(revision).execute(&mut sql).await.unwrap();
    b.follower.step().await.unwrap();
    assert!(b.directory.find(&missed.digest).await.unwrap().is_none());
}

/// The first use of a model decides nothing about keys in memory, unless a rule exempts earlier users of models.
#[tokio::test]
async fn a_first_use_leaves_keys_in_memory_unless_a_rule_looks_at_it() {
    let (_folder, url, [a, b], tenant) = two().await;
    let (organization, digest) = (&tenant.organization, &tenant.keys[5].digest);
    let save = async |model: &str, at: Timestamp| {
        let first = FirstUse { model: model.to_owned(), at };
        let uses = std::slice::from_ref(&first);
        let write = a.store.write("use", async |tx: &mut Tx| first_uses::save(tx, organization, uses, NOW).await);
        assert!(write.await.unwrap());
        b.follower.step().await.unwrap();
    };
    let is_known = || b.directory.known(digest, Instant::now()).ok().flatten().is_some();
    let models = async || {
        let caller = b.directory.find(digest).await.unwrap().unwrap();
        caller.organizations[0].entitlements.first_used.iter().map(|first| first.model.clone()).collect::<Vec<_>>()
    };
    assert!(models().await.is_empty());
    save("gpt-4o", NOW).await;
    assert!(is_known(), "no rule looks at it");
    let write = a.store.write("policy", async |tx: &mut Tx| {
        let (version, mut policy) = policy::find(tx).await?;
        policy.rules[0].grandfather_used_before = Some(NOW.plus(9));
        policy::save(tx, &policy, version, "ops", "", NOW).await
    });
    write.await.unwrap();
    b.follower.step().await.unwrap();
    assert_eq!(models().await, ["gpt-4o"], "the new rule looks at what was not announced");
    save("o3", NOW.plus(9)).await;
    assert!(is_known(), "not early enough");
    save("o1", NOW.plus(8)).await;
    assert!(!is_known(), "it exempts the organization");
    assert_eq!(models().await, ["gpt-4o", "o1", "o3"]);
    let mut sql = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE policies SET policy = '{\"of\": \"a newer version\"}'").execute(&mut sql).await.unwrap();
    save("o4-mini", NOW.plus(99)).await;
    assert!(!is_known(), "rules that cannot be read may look at it");
}

/// For any period: on PostgreSQL the commit itself wakes the other node, and its confirmation the one that waits.
#[tokio::test]
async fn announcements_wake_for_a_change_and_its_confirmation() {
    let server = PostgresServer::start().await.unwrap();
    let url = server.fresh_database().unwrap();
    let [a, b] = [node(&url, "a").await, node(&url, "b").await];
    let tenant = Tenant::new(&a.store).await;
    let mut announcements = b.store.listen().await.unwrap().unwrap();
    let revision = revoke(&a, &tenant.keys[0]).await;
    let settling = tokio::spawn({
        let follower = Arc::clone(&a.follower);
        async move { follower.wait_until_applied(revision).await }
    });
    while announcements.next().await.unwrap() != Announcement::Change {}
    b.follower.step().await.unwrap();
    assert_eq!(settling.await.unwrap(), Spread { unconfirmed: 0, nodes: 2 });
}
