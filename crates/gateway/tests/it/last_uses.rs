//! When keys were last used: every admitted use counts, whether or not it is metered.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use http::HeaderMap;
use keystead_core::network::Client;
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::time::Timestamp;
use keystead_gateway::KeyUse;

use crate::world::World;

fn bearer(key: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::AUTHORIZATION, format!("Bearer {key}").parse().unwrap())])
}

#[tokio::test]
async fn every_use_is_noted_and_nothing_else() {
    let world = World::new().await;
    let uses = world.gateway.last_uses();
    let (here, office) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 7]));
    let (lists, calls, administers, refused, expired) =
        (world.key(1), world.key(2), world.key(3), world.key(4), world.key(5));
    world.change(&refused, |caller| caller.scopes = ScopeSet::of(&[Scope::FilesRead]));
    world.change(&expired, |caller| caller.expires_at = Some(Timestamp(1)));
    let now = world.clock.load(Ordering::SeqCst);
    assert_eq!(world.get("/v1/models", &lists).await.status, 200);
    assert_eq!(world.chat(&calls).await.status, 200);
    let administrator = world.gateway.authenticate(&bearer(&administers)).await.unwrap();
    world.gateway.note_use(&administrator, Client::at(office));
    assert_eq!(world.get("/v1/models", &refused).await.status, 403);
    assert_eq!(world.get("/v1/models", &expired).await.status, 401);
    assert!(world.gateway.authenticate(&bearer(&expired)).await.is_err());
    assert_eq!(world.get("/v1/models", "sk-proj-made-up").await.status, 401);
    let taken = uses.take();
    let used = |key: &str, from: IpAddr, at: i64| {
        let at = Timestamp(at);
        (key.parse().unwrap(), KeyUse { at, addresses: vec![(from, at)], countries: Vec::new() })
    };
    assert_eq!(taken, [used("key_1", here, now), used("key_2", here, now), used("key_3", office, now)]);

    // A gate refuses the model, and still the key was used.
    world.clock.fetch_add(7, Ordering::SeqCst);
    let gated = world.post("/v1/chat/completions", &lists, r#"{"model":"o3"}"#).await;
    assert_eq!(gated.status, 404);
    assert_eq!(uses.take(), [used("key_1", here, now + 7)]);
    assert!(uses.take().is_empty());
}
