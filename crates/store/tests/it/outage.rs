//! A PostgreSQL server that goes away.

use keystead_store::Error;
use keystead_store::tables::users;

use crate::world::*;

pub(crate) async fn all(world: World) {
    let db = world.fresh().await;
    let World::Postgres(server) = world else { unreachable!("only PostgreSQL is a server") };
    change!(db, |tx| users::insert(tx, &user("ann"))).unwrap();
    let administration = server.administration_url();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'";
    server.administer(&administration, cut).unwrap();
    // Idle connections are checked before they are lent, so nobody notices.
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
