//! `/v1/organization`: the resources that admin keys manage.

pub(crate) mod admin_api_keys;
pub(crate) mod audit_logs;
pub(crate) mod certificates;
pub(crate) mod costs;
pub(crate) mod data_retention;
pub(crate) mod external_keys;
pub(crate) mod external_storage;
pub(crate) mod groups;
pub(crate) mod hosted_tool_permissions;
pub(crate) mod invites;
pub(crate) mod model_permissions;
pub(crate) mod project_api_keys;
pub(crate) mod project_groups;
pub(crate) mod project_users;
pub(crate) mod projects;
pub(crate) mod rate_limits;
pub(crate) mod role_assignments;
mod role_names;
pub(crate) mod roles;
pub(crate) mod service_accounts;
pub(crate) mod service_tier_settings;
pub(crate) mod spend_alerts;
pub(crate) mod spend_limits;
pub(crate) mod usage;
pub(crate) mod users;
pub(crate) mod workload_identity;
