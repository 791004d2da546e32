//! Requests that come with a session in place of a key.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use keystead_core::caller::Caller;
use keystead_core::network::Client;
use keystead_gateway::{BoxFuture, SessionSource, Unavailable};

use crate::cut::{CHUNK, Drip, STREAM, world};
use crate::world::World;

/// A session that may end.
struct Session(Mutex<Option<Caller>>);

impl SessionSource for Session {
    fn find(&self) -> BoxFuture<'_, Result<Option<Caller>, Unavailable>> {
        Box::pin(std::future::ready(Ok(self.0.lock().unwrap().clone())))
    }
}

/// A session with the rights of the first key.
fn session(world: &World) -> Arc<Session> {
    world.key(1);
    let caller = world.store.callers.lock().unwrap().values().next().cloned();
    Arc::new(Session(Mutex::new(caller)))
}

async fn ask(world: &World, session: &Arc<Session>) -> http::Response<keystead_gateway::GatewayBody> {
    let request = Request::post("/v1/chat/completions").header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from_static(STREAM.as_bytes()))).unwrap();
    let source = Arc::clone(session) as Arc<dyn SessionSource>;
    world.gateway.handle_for_session(request, Client::at([192, 0, 2, 1].into()), source).await.response
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let world = world().await;
    let session = session(&world);
    let drip = Drip::new(&world, "text/event-stream");
    drip.chunks.send(CHUNK).unwrap();
    let answer = ask(&world, &session).await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, CHUNK);
    *session.0.lock().unwrap() = None;
    let rest = body.collect().await.unwrap().to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("event: error") && rest.contains("\"code\":\"session_ended\""), "{rest}");
    drip.gone.await.unwrap();
    let events = world.events().await;
    assert_eq!((events.len(), &*events[0].owner), (1, "user-1"), "what was produced is counted for the person");

    let refused = ask(&world, &session).await;
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn dropping_the_answer_ends_the_upstream() {
    let world = world().await;
    let session = session(&world);
    let drip = Drip::new(&world, "text/event-stream");
    drip.chunks.send(CHUNK).unwrap();
    let mut body = ask(&world, &session).await.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    // The answer is read a little further, which the end of the session cuts short.
    *session.0.lock().unwrap() = None;
    drip.gone.await.unwrap();
    assert_eq!(world.events().await.len(), 1);
}
