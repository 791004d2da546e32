//! One story per noun, each in a separate database.

pub(crate) mod accounts;
pub(crate) mod audit;
mod captures;
mod directory;
mod keys;
mod pending;
mod people;
mod requirement_states;
mod rest;
pub(crate) mod usage;
mod verification;

use keystead_store::{Error, Store};

use crate::world::World;

pub(crate) async fn all(world: &World) {
    people::users_and_organizations(world.fresh().await).await;
    people::memberships_and_the_last_owner(world.fresh().await).await;
    people::projects_and_their_members(world.fresh().await).await;
    people::service_accounts_come_and_go(world.fresh().await).await;
    people::hostile_texts(world.fresh().await).await;
    keys::life_of_a_key(world.fresh().await).await;
    keys::lists_with_owners(world.fresh().await).await;
    directory::bound_keys(world.fresh().await).await;
    directory::legacy_keys(world.fresh().await).await;
    directory::lists_of_addresses(world.fresh().await).await;
    usage::large_and_many(world.fresh().await).await;
    usage::costs_are_exact_as_a_model_sums_them(world.fresh().await).await;
    usage::small_costs_add_up(world.fresh().await).await;
    usage::places_of_a_spool_count_once(world.fresh().await).await;
    usage::questions(world.fresh().await).await;
    usage::features(world.fresh().await).await;
    audit::chain(world.fresh().await).await;
    audit::questions(world.fresh().await).await;
    accounts::accounts(world.fresh().await).await;
    accounts::sessions(world.fresh().await).await;
    accounts::invitations(world.fresh().await).await;
    accounts::passkeys(world.fresh().await).await;
    verification::phone_numbers(world.fresh().await).await;
    verification::limits(world.fresh().await).await;
    verification::limits_of_one_name_are_forgotten(world.fresh().await).await;
    accounts::unconfirmed(world.fresh().await).await;
    verification::payment_methods(world.fresh().await).await;
    verification::identity(world.fresh().await).await;
    verification::proofs(world.fresh().await).await;
    verification::review(world.fresh().await).await;
    requirement_states::requirement_states(world.fresh().await).await;
    requirement_states::uses(world.fresh().await).await;
    captures::captures(world.fresh().await).await;
    captures::legal_holds(world.fresh().await).await;
    rest::every_change_is_followed(world.fresh().await).await;
    rest::models_and_policy(world.fresh().await).await;
    rest::jobs_are_leased(world.fresh().await).await;
    pending::asked_for_and_counted_once(world.fresh().await).await;
    rest::a_failed_transaction_leaves_nothing(world.fresh().await).await;
}

/// Migrations are reported once and may be repeated.
pub(crate) async fn migration(url: &str) {
    let store = Store::open(url).await.unwrap();
    assert!(store.migrate().await.unwrap()[0].starts_with("0001 "));
    assert!(store.migrate().await.unwrap().is_empty());
    store.ping().await.unwrap();
    store.close().await;
    assert!(matches!(store.ping().await, Err(Error::Unavailable(_))));
    assert!(Store::open("mysql://localhost/none").await.is_err());
}
