//! One module for each subject: plain functions over a transaction. Most are named find, list, insert, update, delete or
//! claim; others say what they change.

pub mod account_deletions;
pub mod accounts;
pub mod activity;
pub mod address_fingerprints;
mod alert_recipients;
pub mod anomaly_settings;
pub mod api_keys;
pub mod audit;
pub mod budget_alerts;
pub mod budget_figures;
pub mod budgets;
pub mod captures;
pub mod certificate_places;
pub mod certificates;
pub mod changes;
pub mod credit_accounts;
pub mod credit_budgets;
pub mod credit_lots;
pub mod credit_purchases;
pub mod credit_reversals;
pub mod credit_usage;
mod data_parts;
pub mod directory;
pub mod external_keys;
mod external_places;
pub mod external_storage;
pub mod federation_rules;
pub mod first_uses;
pub mod form_submissions;
pub mod group_members;
pub mod identity_attempts;
pub mod inbound_events;
pub mod installation_facts;
pub mod invites;
pub mod ip_allowlists;
pub mod jobs;
pub mod key_addresses;
pub mod key_caps;
pub mod key_profiles;
pub mod key_signals;
pub mod ledger;
pub mod legal_holds;
pub mod limit_hits;
mod list;
pub mod memberships;
pub mod models;
pub mod operator_approvals;
pub mod organization_data;
pub mod organization_deletions;
pub mod organization_tiers;
pub mod organization_verifications;
pub mod organizations;
pub mod passkeys;
pub mod payments;
pub mod pending_usage;
pub mod personal_data;
pub mod phones;
pub mod policy;
pub mod prices;
pub mod privacy;
pub mod project_members;
pub mod projects;
pub mod rate_shares;
pub mod recharge_pauses;
pub mod refusals;
pub mod removed_rows;
pub mod requirement_states;
pub mod retention;
pub mod reviews;
pub mod role_assignments;
pub mod role_holders;
pub mod roles;
pub mod service_accounts;
pub mod sessions;
pub mod spend_alerts;
pub mod spend_counters;
pub mod spend_figures;
pub mod spend_leases;
pub mod upstream_objects;
pub mod usage;
pub mod user_groups;
pub mod users;
pub mod waiver_requests;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
pub mod workload_identity_providers;

use std::borrow::Cow;
use std::str::FromStr;

use keystead_core::id::ActorId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use crate::{Column, Error, Row};

/// Parses an id from a row.
fn id<T: FromStr>(row: &Row, column: impl Column, table: &'static str) -> Result<T, Error> {
    let text = row.text(column)?;
    text.parse().map_err(|_| Error::Corrupt { table, id: text })
}

fn optional_id<T: FromStr>(row: &Row, column: impl Column, table: &'static str) -> Result<Option<T>, Error> {
    match row.optional_text(column)? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Error::Corrupt { table, id: text }),
    }
}

/// Parses a name from a closed list.
fn named<T>(row: &Row, column: impl Column, table: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text = row.text(column)?;
    read(&text).ok_or(Error::Corrupt { table, id: text })
}

fn optional_named<T>(
    row: &Row,
    column: impl Column,
    table: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(text) = row.optional_text(column)? else { return Ok(None) };
    read(&text).map(Some).ok_or(Error::Corrupt { table, id: text })
}

/// Reads an amount from a column of whole micros and the column of picos after it.
fn amount(row: &Row, column: usize) -> Result<Amount, Error> {
    Ok(Amount::of_parts(row.int(column)?, row.int(column + 1)?))
}

fn actor(row: &Row, column: impl Column) -> Result<ActorId, Error> {
    Ok(row.text(column)?.into())
}

fn optional_actor(row: &Row, column: impl Column) -> Result<Option<ActorId>, Error> {
    Ok(row.optional_text(column)?.map(ActorId::from))
}

fn time(row: &Row, column: impl Column) -> Result<Timestamp, Error> {
    Ok(Timestamp(row.int(column)?))
}

fn optional_time(row: &Row, column: impl Column) -> Result<Option<Timestamp>, Error> {
    Ok(row.optional_int(column)?.map(Timestamp))
}

/// Turns a statement that changed no row into a conflict that names the unique rule.
fn conflict_as(what: &'static str) -> impl Fn(Error) -> Error {
    move |error| if matches!(error, Error::Conflict(_)) { Error::Conflict(what) } else { error }
}

/// Removes NUL from a text, because PostgreSQL refuses it and one such event must not block all that follow it.
fn keepable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}
