//! Every function of the store on both engines. A private PostgreSQL server is started here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod concurrency;
mod coverage;
mod deletion_locks;
mod outage;
mod schema;
mod stories;
mod world;

use keystead_testkit::Databases;

/// Tests with databases of their own, so that they run beside each other.
macro_rules! stories {
    ($($name:ident),+) => {
        mod stories_on_sqlite_in_memory {
            $(#[tokio::test] async fn $name() { crate::stories::$name(&crate::Databases::Memory).await; })+
        }
        mod stories_on_sqlite_in_a_file {
            $(#[tokio::test] async fn $name() { crate::stories::$name(&crate::Databases::files()).await; })+
        }
        mod stories_on_postgres {
            $(#[tokio::test] async fn $name() { crate::stories::$name(&crate::Databases::postgres().await).await; })+
        }
    };
}

stories!(people, keys, usage, audit, accounts, verification, rest);

#[tokio::test]
async fn together_on_sqlite_in_a_file() {
    concurrency::all(&Databases::files()).await;
}

#[tokio::test]
async fn together_on_postgres() {
    let databases = Databases::postgres().await;
    concurrency::all(&databases).await;
    concurrency::a_deadlock_is_tried_again(databases.fresh().await).await;
    concurrency::a_deleted_budget_leaves_no_counters(databases.fresh().await).await;
    deletion_locks::a_deletion_waits_for_counting(databases.fresh().await).await;
    outage::why_it_cannot_be_reached(&databases).await;
    outage::a_server_that_falls_silent(&databases).await;
    outage::all(databases).await;
}

#[tokio::test]
async fn both_engines_agree() {
    let (sqlite, postgres) = (Databases::files(), Databases::postgres().await);
    coverage::every_statement_prepares(&sqlite.fresh().await.url, &postgres.fresh().await.url).await;
    schema::is_the_same(&sqlite.fresh().await.url, &postgres.fresh().await.url).await;
    schema::days_of_a_key_are_found_by_their_index(&sqlite.fresh().await.url).await;
    schema::growing_tables_are_not_scanned(&sqlite.fresh().await.url).await;
    stories::migration(&sqlite.bare()).await;
    stories::migration(&postgres.bare()).await;
    stories::migration_by_several(&sqlite).await;
    stories::migration_by_several(&postgres).await;
    schema::of_another_version_is_refused(&sqlite.fresh().await).await;
    schema::of_another_version_is_refused(&postgres.fresh().await).await;
}

#[test]
fn every_function_is_exercised() {
    coverage::every_function_is_named();
}
