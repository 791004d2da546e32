//! One story for each noun, in a database of its own; each function here is a test on each engine.

pub(crate) mod accounts;
mod anomalies;
pub(crate) mod audit;
mod budget_alerts;
mod budgets;
mod captures;
mod certificate_places;
mod certificates;
mod credit;
mod deletions;
mod directory;
mod external;
mod identity;
mod issued_keys;
mod key_search;
mod keys;
mod pending;
mod people;
mod prices;
mod purchases;
mod rate_shares;
mod requirement_states;
mod rest;
mod role_holders;
mod roles;
mod spend;
mod spend_figures;
mod submissions;
mod tiers;
pub(crate) mod usage;
pub(crate) mod usage_model;
mod verification;
mod waivers;
mod webhooks;
mod workloads;

use keystead_store::{Error, Store};
use keystead_testkit::Databases;

pub(crate) async fn people(databases: &Databases) {
    people::users_and_organizations(databases.fresh().await).await;
    people::memberships_and_the_last_owner(databases.fresh().await).await;
    people::members_with_what_lists_show(databases.fresh().await).await;
    people::projects_and_their_members(databases.fresh().await).await;
    people::service_accounts_come_and_go(databases.fresh().await).await;
    people::hostile_texts(databases.fresh().await).await;
    deletions::organizations_end(databases.fresh().await).await;
    roles::groups_and_their_people(databases.fresh().await).await;
    roles::roles_and_who_holds_them(databases.fresh().await).await;
    role_holders::holders_of_roles(databases.fresh().await).await;
}

pub(crate) async fn keys(databases: &Databases) {
    keys::life_of_a_key(databases.fresh().await).await;
    keys::lists_with_owners(databases.fresh().await).await;
    key_search::searches_follow_a_model(databases.fresh().await).await;
    key_search::pages_and_pieces(databases.fresh().await).await;
    directory::bound_keys(databases.fresh().await).await;
    directory::legacy_keys(databases.fresh().await).await;
    directory::lists_of_addresses(databases.fresh().await).await;
    certificates::certificates_are_listed(databases.fresh().await).await;
    certificates::certificates_of_callers(databases.fresh().await).await;
    workloads::providers_and_rules(databases.fresh().await).await;
    workloads::keys_of_rules(databases.fresh().await).await;
    workloads::ended_keys_of_rules(databases.fresh().await).await;
    external::keys_are_listed(databases.fresh().await).await;
    external::storage_is_listed(databases.fresh().await).await;
    issued_keys::issued_keys_are_listed(databases.fresh().await).await;
    certificate_places::places_and_keys(databases.fresh().await).await;
}

pub(crate) async fn usage(databases: &Databases) {
    usage::large_and_many(databases.fresh().await).await;
    usage::costs_are_exact_as_a_model_sums_them(databases.fresh().await).await;
    usage::small_costs_add_up(databases.fresh().await).await;
    usage::places_of_a_spool_count_once(databases.fresh().await).await;
    usage::questions(databases.fresh().await).await;
    usage::features(databases.fresh().await).await;
    usage_model::sums_equal_a_scan_of_all_events(databases.fresh().await).await;
    usage_model::old_minutes_are_deleted(databases.fresh().await).await;
    usage_model::days_begin_at_half_past(databases.fresh().await).await;
    pending::asked_for_and_counted_once(databases.fresh().await).await;
    pending::many_of_one_batch(databases.fresh().await).await;
    spend::limits_and_leases(databases.fresh().await).await;
    spend::what_is_kept_is_held_and_a_late_ask_is_refused(databases.fresh().await).await;
    spend::what_is_deleted_holds_nothing(databases.fresh().await).await;
    spend::what_is_like_the_deleted_stays(databases.fresh().await).await;
    spend::what_is_scarce_is_not_leased_ahead_until_its_end(databases.fresh().await).await;
    spend::alerts(databases.fresh().await).await;
    purchases::purchases(databases.fresh().await).await;
    credit::accounts_and_lots(databases.fresh().await).await;
    credit::credit_ends(databases.fresh().await).await;
    credit::only_low_credit_is_recharged(databases.fresh().await).await;
    credit::transactions_sum_to_zero(databases.fresh().await).await;
    credit::usage_is_counted_by_month(databases.fresh().await).await;
    budget_alerts::alerts_of_budgets(databases.fresh().await).await;
    budget_alerts::addresses_are_forgotten(databases.fresh().await).await;
    budget_alerts::alerts_of_spend_limits(databases.fresh().await).await;
    budget_alerts::alerts_follow_a_model(databases.fresh().await).await;
    budgets::every_budget_counts(databases.fresh().await).await;
    budgets::listed(databases.fresh().await).await;
    budgets::rotated_keys_carry_them_over(databases.fresh().await).await;
    budgets::callers_carry_them(databases.fresh().await).await;
    budgets::credit(databases.fresh().await).await;
    budgets::days_of_a_time_zone(databases.fresh().await).await;
    budgets::a_lease_ends(databases.fresh().await).await;
    tiers::tiers_rise(databases.fresh().await).await;
    anomalies::settings_and_pauses(databases.fresh().await).await;
    anomalies::news_and_figures_beyond_the_past(databases.fresh().await).await;
    anomalies::caps_follow_the_usage(databases.fresh().await).await;
    anomalies::places_of_keys(databases.fresh().await).await;
    spend_figures::figures(databases.fresh().await).await;
    spend_figures::alerts_of_month(databases.fresh().await).await;
}

pub(crate) async fn audit(databases: &Databases) {
    audit::chain(databases.fresh().await).await;
    audit::questions(databases.fresh().await).await;
    // A database in memory has no second connection to tamper with it.
    if !matches!(databases, Databases::Memory) {
        audit::tampering(databases.fresh().await).await;
        audit::moved_and_cut(databases.fresh().await).await;
    }
}

pub(crate) async fn accounts(databases: &Databases) {
    accounts::accounts(databases.fresh().await).await;
    accounts::sessions(databases.fresh().await).await;
    accounts::invitations(databases.fresh().await).await;
    accounts::passkeys(databases.fresh().await).await;
    accounts::unconfirmed(databases.fresh().await).await;
    accounts::deletions(databases.fresh().await).await;
}

pub(crate) async fn verification(databases: &Databases) {
    verification::phone_numbers(databases.fresh().await).await;
    verification::limits(databases.fresh().await).await;
    verification::limits_of_one_name_are_forgotten(databases.fresh().await).await;
    verification::payment_methods(databases.fresh().await).await;
    identity::attempts(databases.fresh().await).await;
    identity::proofs(databases.fresh().await).await;
    identity::review(databases.fresh().await).await;
    requirement_states::requirement_states(databases.fresh().await).await;
    requirement_states::uses(databases.fresh().await).await;
    waivers::one_open_request(databases.fresh().await).await;
    captures::captures(databases.fresh().await).await;
    captures::legal_holds(databases.fresh().await).await;
}

pub(crate) async fn rest(databases: &Databases) {
    rest::every_change_is_followed(databases.fresh().await).await;
    rest::models_and_policy(databases.fresh().await).await;
    prices::prices_hold_from_a_second(databases.fresh().await).await;
    prices::totals_of_models(databases.fresh().await).await;
    rate_shares::limits_are_divided(databases.fresh().await).await;
    rate_shares::limits_of_what_is_deleted_are_forgotten(databases.fresh().await).await;
    rest::jobs_are_leased(databases.fresh().await).await;
    webhooks::endpoints_and_their_secrets(databases.fresh().await).await;
    webhooks::deliveries_are_claimed_and_settled(databases.fresh().await).await;
    webhooks::organizations_take_turns(databases.fresh().await).await;
    submissions::forms_run_once(databases.fresh().await).await;
    rest::a_failed_transaction_leaves_nothing(databases.fresh().await).await;
    rest::a_beginning_that_nobody_waits_for_leaves_nothing(databases.fresh().await).await;
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

/// Processes that start at the same time on a database without tables all succeed, and one of them migrates it.
pub(crate) async fn migration_by_several(databases: &Databases) {
    for _ in 0..8 {
        let url = databases.bare();
        let start = async || {
            let store = Store::open(&url).await.unwrap();
            let applied = store.migrate().await.unwrap();
            (store, applied)
        };
        let (one, two, three, four) = tokio::join!(start(), start(), start(), start());
        let started = [one, two, three, four];
        let first = |name: &&String| name.starts_with("0001 ");
        assert_eq!(started.iter().flat_map(|(_, applied)| applied).filter(first).count(), 1);
        for (store, _) in started {
            store.ping().await.unwrap();
            store.close().await;
        }
    }
}
