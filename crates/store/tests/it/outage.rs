//! Outages of a PostgreSQL server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::task::{Context, Poll, Waker};

use keystead_store::tables::users;
use keystead_store::{Error, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::world::*;

pub(crate) async fn all(databases: Databases) {
    let db = databases.fresh().await;
    let Databases::Postgres(server) = databases else { unreachable!("only PostgreSQL is a server") };
    change!(db, |tx| users::insert(tx, &user("ann"))).unwrap();
    let administration = server.administration_url();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'";
    server.administer(&administration, cut).unwrap();
    // Idle connections are checked before they are lent, so the caller does not notice.
    assert!(look!(db, |tx| users::find(tx, &id("user-ann"))).unwrap().is_some());
    let refused = look!(db, |tx| async {
        server.administer(&administration, cut).unwrap();
        users::find(tx, &id("user-ann")).await
    });
    assert!(matches!(refused, Err(Error::Unavailable(_))), "cut within a transaction: {refused:?}");
    assert!(look!(db, |tx| users::find(tx, &id("user-ann"))).unwrap().is_some(), "recovers by itself");
    drop(server);
    assert!(matches!(db.store.ping().await, Err(Error::Unavailable(_))));
    let refused = change!(db, |tx| users::insert(tx, &user("ben")));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}

/// Starts a server that answers every connection with these bytes after it has read something, and then stays silent.
async fn speaks(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(bytes).await;
            open.push(stream);
        }
    });
    address
}

async fn refused(url: &str) -> String {
    match Store::open(url).await {
        Err(Error::Unavailable(reason)) => {
            assert!(!reason.contains("hunter2"), "{reason}");
            reason
        }
        other => panic!("{url}: {other:?}"),
    }
}

// A server that refuses, one with another password, one without this database.
pub(crate) async fn why_it_cannot_be_reached(databases: &Databases) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let reason = refused(&format!("postgres://ann:hunter2@{free}/keys")).await;
    assert!(reason.contains(&free.to_string()) && reason.contains("refused"), "{reason}");

    let wrong = b"E\0\0\0\x3aSFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0";
    let address = speaks(wrong).await;
    let reason = refused(&format!("postgres://ann:hunter2@{address}/keys?sslmode=disable")).await;
    assert!(reason.contains("says: password authentication failed") && reason.contains("user ann"), "{reason}");

    let db = databases.fresh().await;
    let other = db.url.replacen("/test_", "/missing_", 1);
    let reason = refused(&other).await;
    assert!(reason.contains("database \"missing_"), "{reason}");
}

// A server that accepts connections and stays silent.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_not_waited_for() {
    let address = speaks(b"").await;
    let reason = refused(&format!("postgres://ann:hunter2@{address}/keys")).await;
    assert!(reason.contains("does not answer within 5s"), "{reason}");
}

/// Passes bytes between TCP and the server's socket until the test makes it hold them back.
async fn between(socket: PathBuf, held: watch::Receiver<bool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (socket, mut held) = (socket.clone(), held.clone());
            tokio::spawn(async move {
                let _ = held.wait_for(|held| !held).await.is_ok();
                let mut far = UnixStream::connect(socket).await.unwrap();
                let silence = async {
                    let _ = held.wait_for(|held| *held).await.is_ok();
                };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    () = silence => std::future::pending().await,
                }
            });
        }
    });
    address
}

// The first transaction notices, all others are refused at once, and the store recovers by itself.
pub(crate) async fn a_server_that_falls_silent(databases: &Databases) {
    let db = databases.fresh().await;
    let (start, folder) = db.url.split_once("?host=").unwrap();
    let (hold, held) = watch::channel(false);
    let address = between(PathBuf::from(folder).join(".s.PGSQL.5432"), held).await;
    let store = Store::open(&start.replacen("localhost", &address.to_string(), 1)).await.unwrap();
    store.ping().await.unwrap();
    hold.send(true).unwrap();
    let (first, second) = tokio::join!(store.ping(), store.ping());
    for refused in [first, second] {
        assert!(
            matches!(&refused, Err(Error::Unavailable(reason)) if reason.contains("does not answer")),
            "{refused:?}"
        );
    }
    let again = std::pin::pin!(store.ping());
    let at_once = again.poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(at_once, Poll::Ready(Err(Error::Unavailable(_)))), "{at_once:?}");
    hold.send(false).unwrap();
    while store.ping().await.is_err() {
        tokio::task::yield_now().await;
    }
}
