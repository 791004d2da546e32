//! Which keys are known, for how long, and the effects of a store outage.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use keystead_core::Secret;
use keystead_core::gate::Requirement;
use keystead_core::key::KeyKind;
use keystead_gateway::{ChangedSubject, DirectoryOptions, Limits};
use tokio::sync::Semaphore;

use crate::world::{World, mint, pepper};

#[tokio::test]
async fn a_revoked_key_is_refused_on_the_next_request() {
    let world = World::new().await;
    let (key, other) = (world.key(1), world.key(2));
    assert_eq!(world.chat(&key).await.status, 200);
    assert_eq!(world.chat(&other).await.status, 200);
    world.remove(&key);
    assert_eq!(world.chat(&key).await.status, 200, "memory answers until the change is heard of");
    world.directory.apply(&[ChangedSubject::Key("key_1".parse().unwrap())], 2);
    let refused = world.chat(&key).await;
    assert_eq!((refused.status, refused.error().2.as_deref()), (401, Some("invalid_api_key")));
    let reads = world.store.reads.load(Ordering::SeqCst);
    assert_eq!(world.chat(&other).await.status, 200);
    assert_eq!(world.store.reads.load(Ordering::SeqCst), reads, "others stay in memory");
}

#[tokio::test]
async fn a_key_that_was_read_again_for_a_gate_is_taken_away_as_any_other() {
    let subjects = [
        ChangedSubject::Key("key_1".parse().unwrap()),
        ChangedSubject::User("user-1".parse().unwrap()),
        ChangedSubject::Project("proj_1".parse().unwrap()),
        ChangedSubject::Organization("org-1".parse().unwrap()),
        ChangedSubject::Everything,
    ];
    for subject in subjects {
        let world = World::new().await;
        let key = world.key(1);
        assert_eq!(world.chat(&key).await.status, 200);
        // Twice: the second read replaces what the first one kept.
        for _ in 0..2 {
            let refused = world.post("/v1/chat/completions", &key, r#"{"model":"o3"}"#).await;
            assert_eq!((refused.status, refused.error().2.as_deref()), (404, Some("model_not_found")));
        }
        world.remove(&key);
        world.directory.apply(std::slice::from_ref(&subject), 2);
        assert_eq!(world.chat(&key).await.status, 401, "{subject:?}");
        let stats = world.directory.stats();
        assert_eq!((stats.entries, stats.bytes), (0, 0), "{subject:?}");
    }
}

#[tokio::test]
async fn every_subject_removes_its_own_and_nothing_else() {
    let world = World::new().await;
    let digests: Vec<_> = (1..=3)
        .map(|n| {
            mint({
                world.key(n);
                n
            })
            .digest(&pepper())
        })
        .collect();
    let subjects = [
        ChangedSubject::Key("key_2".parse().unwrap()),
        ChangedSubject::User("user-2".parse().unwrap()),
        ChangedSubject::Project("proj_2".parse().unwrap()),
        ChangedSubject::Organization("org-2".parse().unwrap()),
    ];
    for subject in subjects {
        for digest in &digests {
            assert!(world.directory.find(digest).await.unwrap().is_some());
        }
        assert_eq!(world.directory.stats().entries, 3);
        world.directory.apply(&[subject], 2);
        assert_eq!(world.directory.stats().entries, 2);
        assert!(world.directory.stats().bytes > 0);
    }
    world.directory.apply(&[ChangedSubject::Everything], 3);
    assert_eq!((world.directory.stats().entries, world.directory.stats().bytes), (0, 0));
}

#[tokio::test]
async fn memory_is_bounded_and_the_index_follows() {
    let options = DirectoryOptions { capacity: 50, ..DirectoryOptions::default() };
    let world = World::with(Limits::default(), options).await;
    for n in 1..=400 {
        world.key(n);
        assert!(world.directory.find(&mint(n).digest(&pepper())).await.unwrap().is_some());
    }
    let stats = world.directory.stats();
    assert!(stats.entries <= 50, "{stats:?}");
    assert!(stats.bytes <= 50 * 1_200, "1.2 kB a key: {stats:?}");
}

#[tokio::test]
async fn a_read_that_began_before_a_change_is_not_kept_nor_joined() {
    let world = World::new().await;
    let digest = mint({
        world.key(1);
        1
    })
    .digest(&pepper());
    let gate = Arc::new(Semaphore::new(0));
    *world.store.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let directory = Arc::clone(&world.directory);
    let before = tokio::spawn(async move { directory.find(&digest).await });
    while world.store.waiting.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    world.remove(mint(1).secret().expose());
    world.directory.apply(&[ChangedSubject::Key("key_1".parse().unwrap())], 2);
    let directory = Arc::clone(&world.directory);
    let after = tokio::spawn(async move { directory.find(&digest).await });
    while world.store.waiting.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    assert!(before.await.unwrap().unwrap().is_some(), "it asked before the change");
    assert!(after.await.unwrap().unwrap().is_none(), "it asked after the change");
    assert_eq!(world.directory.stats().entries, 0);
    assert!(world.directory.find(&digest).await.unwrap().is_none());
}

#[tokio::test]
async fn misses_are_one_read_and_failures_are_shared() {
    let world = World::new().await;
    let digest = mint({
        world.key(1);
        1
    })
    .digest(&pepper());
    let gate = Arc::new(Semaphore::new(0));
    *world.store.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let all: Vec<_> = (0..20)
        .map(|_| {
            let directory = Arc::clone(&world.directory);
            tokio::spawn(async move { directory.find(&digest).await })
        })
        .collect();
    while world.store.waiting.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    for one in all {
        assert!(one.await.unwrap().unwrap().is_some());
    }
    assert_eq!(world.store.reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_outage_keeps_known_keys_and_says_503_to_unknown_ones() {
    let world = World::new().await;
    let (known, late) = (world.key(1), world.key(2));
    assert_eq!(world.chat(&known).await.status, 200);
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!(world.chat(&known).await.status, 200);
    let refused = world.chat(&late).await;
    assert_eq!((refused.status, refused.error().2), (503, None), "never 401");
    assert_eq!(refused.json()["error"]["type"], "service_unavailable_error");
    assert!(refused.header("retry-after").is_some());
    world.store.down.store(false, Ordering::SeqCst);
    assert_eq!(world.chat(&late).await.status, 200);
    assert_eq!(world.events().await.len(), 3, "usage of the outage is not lost");
}

#[tokio::test]
async fn memory_too_old_is_not_trusted() {
    let options = DirectoryOptions { max_stale_seconds: 60, ..DirectoryOptions::default() };
    let world = World::with(Limits::default(), options).await;
    let key = world.key(1);
    assert_eq!(world.chat(&key).await.status, 200);
    world.clock.fetch_add(61, Ordering::SeqCst);
    assert_eq!(world.chat(&key).await.status, 503);
    world.directory.mark_fresh(world.directory.moment());
    assert_eq!(world.chat(&key).await.status, 200);
}

#[tokio::test]
async fn unknown_keys_have_a_budget_and_known_ones_do_not_share_it() {
    let options = DirectoryOptions { lookups_per_second: 3, ..DirectoryOptions::default() };
    let world = World::with(Limits::default(), options).await;
    let key = world.key(1);
    assert_eq!(world.chat(&key).await.status, 200);
    let mut statuses = Vec::new();
    for n in 100..104 {
        statuses.push(world.chat(mint(n).secret().expose()).await.status);
    }
    assert_eq!(statuses, [401, 401, 503, 503]);
    assert_eq!(world.chat(mint(100).secret().expose()).await.status, 401, "remembered as unknown");
    assert_eq!(world.chat(&key).await.status, 200);
    world.clock.fetch_add(1, Ordering::SeqCst);
    assert_eq!(world.chat(mint(103).secret().expose()).await.status, 401);
}

#[tokio::test]
async fn forged_keys_touch_nothing() {
    let world = World::new().await;
    let elsewhere = keystead_core::key::TagKeys::new(Secret::new([9; 32]), Vec::new());
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(1);
    for kind in KeyKind::ALL {
        let forged = keystead_core::key::ApiKey::mint(kind, &elsewhere, &mut rng);
        let refused = world.chat(forged.secret().expose()).await;
        let (status, message, code) = refused.error();
        assert_eq!((status, code.as_deref()), (401, Some("invalid_api_key")));
        assert!(message.contains("****") && !message.contains(&forged.secret().expose()[8..30]), "{message}");
    }
    assert_eq!(world.store.reads.load(Ordering::SeqCst), 0);
    assert_eq!(world.directory.stats().misses, 0);
}

#[tokio::test]
async fn a_gate_reads_once_more_before_it_refuses() {
    let world = World::new().await;
    let key = world.key(1);
    let o3 = r#"{"model":"o3"}"#;
    let refused = world.post("/v1/chat/completions", &key, o3).await;
    assert_eq!((refused.status, refused.error().2.as_deref()), (404, Some("model_not_found")));
    let header = refused.header("x-keystead-verification").unwrap();
    assert!(header.starts_with("organization=required; org=org-1"), "{header}");
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    assert_eq!(world.post("/v1/chat/completions", &key, o3).await.status, 200, "no change was announced");
}
