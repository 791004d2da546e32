//! Settings of an organization.

pub(crate) mod admin_keys;
pub(crate) mod billing;
pub(crate) mod buy;
pub(crate) mod credit;
pub(crate) mod credit_csv;
pub(crate) mod credit_rows;
pub(crate) mod deletion;
pub(crate) mod general;
mod give_role;
pub(crate) mod group;
pub(crate) mod groups;
pub(crate) mod member;
pub(crate) mod members;
pub(crate) mod network;
pub(crate) mod project;
pub(crate) mod project_models;
pub(crate) mod projects;
pub(crate) mod role;
pub(crate) mod roles;
pub(crate) mod unusual_use;
pub(crate) mod verification;
mod verification_card;
