//! The table of every endpoint with its permission. Only endpoints in the table are served.

mod paths;

use axum::routing::{MethodRouter, delete, get, post};
use keystead_core::scope::Scope;

use self::paths::*;
use crate::auth::Permission;
use crate::endpoint::{Endpoint, read, remove, write};
use crate::keystead::operator;
use crate::organization::{
    admin_api_keys, audit_logs, certificates, costs, data_retention, external_keys, external_storage, groups,
    hosted_tool_permissions, invites, model_permissions, project_api_keys, project_groups, project_users, projects,
    rate_limits, role_assignments, roles, service_accounts, service_tier_settings, spend_alerts, spend_limits, usage,
    users,
    workload_identity::{federation_rules, providers},
};
use crate::{ApiState, api_keys, keystead, me};

const READ: Permission = Permission::Scope(Scope::ManagementRead);
const WRITE: Permission = Permission::Scope(Scope::ManagementWrite);
const USAGE: Permission = Permission::Scope(Scope::UsageRead);
const GROUPS_READ: Permission = Permission::Scope(Scope::GroupsRead);
const GROUPS_WRITE: Permission = Permission::Scope(Scope::GroupsWrite);
const ROLES_READ: Permission = Permission::Scope(Scope::RolesRead);
const ROLES_WRITE: Permission = Permission::Scope(Scope::RolesWrite);
const ANY: Permission = Permission::AnyKey;
const OPERATOR: Permission = Permission::Operator;

const fn usage(path: &'static str, serve: fn() -> MethodRouter<ApiState>) -> Endpoint {
    read(path, USAGE, serve).query(usage::request::ONE, usage::request::MANY)
}

const fn held_roles(path: &'static str) -> Endpoint {
    read(path, ROLES_READ, || get(role_assignments::list)).query(NEXT_PAGE, &[])
}

const fn give_role(path: &'static str) -> Endpoint {
    write(path, ROLES_WRITE, || post(role_assignments::create)).body(&["role_id"])
}

const fn held_role(path: &'static str) -> Endpoint {
    read(path, ROLES_READ, || get(role_assignments::retrieve))
}

const fn take_role(path: &'static str) -> Endpoint {
    remove(path, ROLES_WRITE, || delete(role_assignments::delete))
}

/// The parameters of pages.
const PAGE: &[&str] = &["after", "before", "limit", "order"];
const NEXT_PAGE: &[&str] = &["after", "limit", "order"];
const PROJECT_PAGE: &[&str] = &["after", "before", "limit", "order", "include_archived"];
const KEY_PAGE: &[&str] = &["after", "before", "limit", "order", "owner_project_access"];

const ROLE_FIELDS: &[&str] = &["role_name", "permissions", "description"];

/// Where data is kept, and with which key it is encrypted, is the operator's choice for the whole installation.
const UNSUPPORTED_OF_PROJECTS: &[&str] = &["residency", "geography", "external_key_id"];

/// The table.
pub static ROUTES: &[Endpoint] = &[
    read(ADMIN_KEYS, READ, || get(admin_api_keys::list)).query(PAGE, &[]),
    write(ADMIN_KEYS, WRITE, || post(admin_api_keys::create)).body(&["name", "scopes", "expires_in_seconds"]),
    read(ADMIN_KEY, READ, || get(admin_api_keys::retrieve)),
    remove(ADMIN_KEY, WRITE, || delete(admin_api_keys::delete)),
    read(PROJECTS, READ, || get(projects::list)).query(PROJECT_PAGE, &[]),
    write(PROJECTS, WRITE, || post(projects::create)).body(&["name"]).unsupported(UNSUPPORTED_OF_PROJECTS),
    read(PROJECT, READ, || get(projects::retrieve)),
    write(PROJECT, WRITE, || post(projects::update)).body(&["name"]).unsupported(UNSUPPORTED_OF_PROJECTS),
    write("/v1/organization/projects/{project_id}/archive", WRITE, || post(projects::archive)),
    read(PROJECT_MODELS, READ, || get(model_permissions::retrieve)),
    write(PROJECT_MODELS, WRITE, || post(model_permissions::update)).body(&["mode", "model_ids"]),
    remove(PROJECT_MODELS, WRITE, || delete(model_permissions::remove)),
    read(CERTIFICATES, READ, || get(certificates::list)).query(PAGE, &[]),
    write(CERTIFICATES, WRITE, || post(certificates::create)).body(&["name", "certificate"]),
    write("/v1/organization/certificates/activate", WRITE, || post(certificates::activate)).body(&["certificate_ids"]),
    write("/v1/organization/certificates/deactivate", WRITE, || post(certificates::deactivate))
        .body(&["certificate_ids"]),
    read(CERTIFICATE, READ, || get(certificates::retrieve)).query(&[], &["include"]),
    write(CERTIFICATE, WRITE, || post(certificates::update)).body(&["name"]),
    remove(CERTIFICATE, WRITE, || delete(certificates::delete)),
    read(PROJECT_CERTIFICATES, READ, || get(certificates::list)).query(PAGE, &[]),
    write("/v1/organization/projects/{project_id}/certificates/activate", WRITE, || post(certificates::activate))
        .body(&["certificate_ids"]),
    write("/v1/organization/projects/{project_id}/certificates/deactivate", WRITE, || post(certificates::deactivate))
        .body(&["certificate_ids"]),
    read(PROJECT_TOOLS, READ, || get(hosted_tool_permissions::retrieve)),
    write(PROJECT_TOOLS, WRITE, || post(hosted_tool_permissions::update)).body(hosted_tool_permissions::MEMBERS),
    read(PROJECT_TIERS, READ, || get(service_tier_settings::retrieve)),
    write(PROJECT_TIERS, WRITE, || post(service_tier_settings::update)).body(&["default", "enabled_tiers"]),
    read(RETENTION, READ, || get(data_retention::retrieve)),
    write(RETENTION, WRITE, || post(data_retention::update)).body(&["retention_type"]),
    read(PROJECT_RETENTION, READ, || get(data_retention::retrieve_project)),
    write(PROJECT_RETENTION, WRITE, || post(data_retention::update_project)).body(&["retention_type"]),
    read(RATE_LIMITS, READ, || get(rate_limits::list)).query(PAGE, &[]),
    write(RATE_LIMIT, WRITE, || post(rate_limits::update))
        .body(rate_limits::MEMBERS)
        .unsupported(rate_limits::UNMEASURED),
    read(SPEND_LIMIT, READ, || get(spend_limits::retrieve)),
    write(SPEND_LIMIT, WRITE, || post(spend_limits::update)).body(spend_limits::MEMBERS),
    remove(SPEND_LIMIT, WRITE, || delete(spend_limits::delete)),
    read(PROJECT_SPEND_LIMIT, READ, || get(spend_limits::retrieve)),
    write(PROJECT_SPEND_LIMIT, WRITE, || post(spend_limits::update)).body(spend_limits::MEMBERS),
    remove(PROJECT_SPEND_LIMIT, WRITE, || delete(spend_limits::delete)),
    read(SPEND_ALERTS, READ, || get(spend_alerts::list)).query(PAGE, &[]),
    write(SPEND_ALERTS, WRITE, || post(spend_alerts::create)).body(spend_alerts::MEMBERS),
    read(SPEND_ALERT, READ, || get(spend_alerts::retrieve)),
    write(SPEND_ALERT, WRITE, || post(spend_alerts::update)).body(spend_alerts::MEMBERS),
    remove(SPEND_ALERT, WRITE, || delete(spend_alerts::delete)),
    read(PROJECT_SPEND_ALERTS, READ, || get(spend_alerts::list)).query(PAGE, &[]),
    write(PROJECT_SPEND_ALERTS, WRITE, || post(spend_alerts::create)).body(spend_alerts::MEMBERS),
    read(PROJECT_SPEND_ALERT, READ, || get(spend_alerts::retrieve)),
    write(PROJECT_SPEND_ALERT, WRITE, || post(spend_alerts::update)).body(spend_alerts::MEMBERS),
    remove(PROJECT_SPEND_ALERT, WRITE, || delete(spend_alerts::delete)),
    read(ACCOUNTS, READ, || get(service_accounts::list)).query(PAGE, &[]),
    write(ACCOUNTS, WRITE, || post(service_accounts::create)).body(&[
        "name",
        "create_service_account_only",
        "expires_in_seconds",
    ]),
    read(ACCOUNT, READ, || get(service_accounts::retrieve)),
    write(ACCOUNT, WRITE, || post(service_accounts::update)).body(&["name", "role"]),
    remove(ACCOUNT, WRITE, || delete(service_accounts::delete)),
    write("/v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys", WRITE, || {
        post(service_accounts::create_key)
    })
    .body(&["name", "scopes", "expires_in_seconds"]),
    read(PROJECT_KEYS, READ, || get(project_api_keys::list)).query(KEY_PAGE, &[]),
    read(PROJECT_KEY, READ, || get(project_api_keys::retrieve)),
    write(PROJECT_KEY, WRITE, || post(project_api_keys::update)).body(&["scopes", "expires_in_seconds"]),
    remove(PROJECT_KEY, WRITE, || delete(project_api_keys::delete)),
    read(EXTERNAL_KEYS, READ, || get(external_keys::list)).query(external_keys::PAGE, &[]),
    write(EXTERNAL_KEYS, WRITE, || post(external_keys::create)).body(external_keys::MEMBERS),
    read(EXTERNAL_KEY, READ, || get(external_keys::retrieve)),
    remove(EXTERNAL_KEY, WRITE, || delete(external_keys::delete)),
    write(EXTERNAL_KEY_CHECK, WRITE, || post(external_keys::validate)),
    read(EXTERNAL_STORAGES, READ, || get(external_storage::list)).query(external_storage::PAGE, &[]),
    write(EXTERNAL_STORAGES, WRITE, || post(external_storage::create)).body(&["project_id", "provider"]),
    read(EXTERNAL_STORAGE, READ, || get(external_storage::retrieve)),
    remove(EXTERNAL_STORAGE, WRITE, || delete(external_storage::delete)),
    write(EXTERNAL_STORAGE_CHECK, WRITE, || post(external_storage::validate)),
    read(WORKLOAD_PROVIDERS, READ, || get(providers::list)).query(PAGE, &[]),
    write(WORKLOAD_PROVIDERS, WRITE, || post(providers::create)).body(providers::MEMBERS),
    read(WORKLOAD_PROVIDER, READ, || get(providers::retrieve)),
    write(WORKLOAD_PROVIDER, WRITE, || post(providers::update)).body(providers::CHANGEABLE),
    remove(WORKLOAD_PROVIDER, WRITE, || delete(providers::delete)),
    read(FEDERATION_RULES, READ, || get(federation_rules::list)).query(federation_rules::PAGE, &[]),
    write(FEDERATION_RULES, WRITE, || post(federation_rules::create)).body(federation_rules::MEMBERS),
    read(FEDERATION_RULE, READ, || get(federation_rules::retrieve)),
    write(FEDERATION_RULE, WRITE, || post(federation_rules::update)).body(federation_rules::CHANGEABLE),
    remove(FEDERATION_RULE, WRITE, || delete(federation_rules::delete)),
    read(INVITES, READ, || get(invites::list)).query(PAGE, &[]),
    write(INVITES, WRITE, || post(invites::create)).body(&["email", "role", "projects"]),
    read(INVITE, READ, || get(invites::retrieve)),
    remove(INVITE, WRITE, || delete(invites::delete)),
    read(USERS, READ, || get(users::list)).query(PAGE, &["emails"]),
    read(USER, READ, || get(users::retrieve)),
    write(USER, WRITE, || post(users::update)).body(&["role", "role_id", "technical_level", "developer_persona"]),
    remove(USER, WRITE, || delete(users::delete)),
    read(PROJECT_USERS, READ, || get(project_users::list)).query(PAGE, &[]),
    write(PROJECT_USERS, WRITE, || post(project_users::create)).body(&["user_id", "email", "role"]),
    read(PROJECT_USER, READ, || get(project_users::retrieve)),
    write(PROJECT_USER, WRITE, || post(project_users::update)).body(&["role"]),
    remove(PROJECT_USER, WRITE, || delete(project_users::delete)),
    read(GROUPS, GROUPS_READ, || get(groups::list)).query(NEXT_PAGE, &[]),
    write(GROUPS, GROUPS_WRITE, || post(groups::create)).body(&["name"]),
    read(GROUP, GROUPS_READ, || get(groups::retrieve)),
    write(GROUP, GROUPS_WRITE, || post(groups::update)).body(&["name"]),
    remove(GROUP, GROUPS_WRITE, || delete(groups::delete)),
    read(GROUP_USERS, GROUPS_READ, || get(groups::list_users)).query(NEXT_PAGE, &[]),
    write(GROUP_USERS, GROUPS_WRITE, || post(groups::add_user)).body(&["user_id"]),
    read(GROUP_USER, GROUPS_READ, || get(groups::retrieve_user)),
    remove(GROUP_USER, GROUPS_WRITE, || delete(groups::remove_user)),
    read(PROJECT_GROUPS, GROUPS_READ, || get(project_groups::list)).query(NEXT_PAGE, &[]),
    write(PROJECT_GROUPS, GROUPS_WRITE, || post(project_groups::create)).body(&["group_id", "role"]),
    read(PROJECT_GROUP, GROUPS_READ, || get(project_groups::retrieve)).query(&["group_type"], &[]),
    remove(PROJECT_GROUP, GROUPS_WRITE, || delete(project_groups::delete)),
    read(ROLES, ROLES_READ, || get(roles::list)).query(NEXT_PAGE, &[]),
    write(ROLES, ROLES_WRITE, || post(roles::create)).body(ROLE_FIELDS),
    read(ROLE, ROLES_READ, || get(roles::retrieve)),
    write(ROLE, ROLES_WRITE, || post(roles::update)).body(ROLE_FIELDS),
    remove(ROLE, ROLES_WRITE, || delete(roles::delete)),
    read(PROJECT_ROLES, ROLES_READ, || get(roles::list)).query(NEXT_PAGE, &[]),
    write(PROJECT_ROLES, ROLES_WRITE, || post(roles::create)).body(ROLE_FIELDS),
    read(PROJECT_ROLE, ROLES_READ, || get(roles::retrieve)),
    write(PROJECT_ROLE, ROLES_WRITE, || post(roles::update)).body(ROLE_FIELDS),
    remove(PROJECT_ROLE, ROLES_WRITE, || delete(roles::delete)),
    held_roles(GROUP_ROLES),
    give_role(GROUP_ROLES),
    held_role(GROUP_ROLE),
    take_role(GROUP_ROLE),
    held_roles(USER_ROLES),
    give_role(USER_ROLES),
    held_role(USER_ROLE),
    take_role(USER_ROLE),
    held_roles(PROJECT_GROUP_ROLES),
    give_role(PROJECT_GROUP_ROLES),
    held_role(PROJECT_GROUP_ROLE),
    take_role(PROJECT_GROUP_ROLE),
    held_roles(PROJECT_USER_ROLES),
    give_role(PROJECT_USER_ROLES),
    held_role(PROJECT_USER_ROLE),
    take_role(PROJECT_USER_ROLE),
    read("/v1/organization/audit_logs", READ, || get(audit_logs::handle)).query(audit_logs::ONE, audit_logs::MANY),
    usage("/v1/organization/usage/completions", || usage::endpoint(&usage::COMPLETIONS))
        .query(usage::request::ONE_WITH_BATCH, usage::request::MANY),
    usage("/v1/organization/usage/embeddings", || usage::endpoint(&usage::EMBEDDINGS)),
    usage("/v1/organization/usage/images", || usage::endpoint(&usage::IMAGES))
        .query(usage::request::ONE, usage::request::MANY_OF_IMAGES),
    usage("/v1/organization/usage/audio_speeches", || usage::endpoint(&usage::AUDIO_SPEECHES)),
    usage("/v1/organization/usage/audio_transcriptions", || usage::endpoint(&usage::AUDIO_TRANSCRIPTIONS)),
    usage("/v1/organization/usage/moderations", || usage::endpoint(&usage::MODERATIONS)),
    usage("/v1/organization/usage/decisions", || usage::endpoint(&usage::DECISIONS))
        .query(usage::request::ONE_WITH_BATCH, usage::request::MANY),
    usage("/v1/organization/usage/vector_stores", || usage::endpoint(&usage::VECTOR_STORES))
        .query(usage::request::ONE, usage::request::MANY_OF_PROJECT),
    usage("/v1/organization/usage/code_interpreter_sessions", || usage::endpoint(&usage::CODE_INTERPRETER_SESSIONS))
        .query(usage::request::ONE, usage::request::MANY_OF_PROJECT),
    usage("/v1/organization/usage/file_search_calls", || usage::endpoint(&usage::FILE_SEARCH_CALLS))
        .query(usage::request::ONE, usage::request::MANY_OF_FILES),
    usage("/v1/organization/usage/web_search_calls", || usage::endpoint(&usage::WEB_SEARCH_CALLS))
        .query(usage::request::ONE, usage::request::MANY_OF_WEB),
    read("/v1/organization/costs", USAGE, || get(costs::handle)).query(usage::request::ONE, costs::MANY),
    write("/v1/api-keys", ANY, || post(api_keys::handle)).body(&["name", "scopes", "expires_in_seconds", "project_id"]),
    read("/v1/me", ANY, || get(me::handle)),
    read("/v1/keystead/tier", READ, || get(keystead::tier::retrieve)),
    read("/v1/keystead/budget", ANY, || get(keystead::budget::handle)),
    read(BUDGETS, READ, || get(keystead::budgets::list)).query(PAGE, &[]),
    write(BUDGETS, WRITE, || post(keystead::budgets::create)).body(keystead::budgets::MEMBERS),
    read(BUDGET, READ, || get(keystead::budgets::retrieve)),
    write(BUDGET, WRITE, || post(keystead::budgets::update)).body(keystead::budgets::CHANGES),
    remove(BUDGET, WRITE, || delete(keystead::budgets::delete)),
    read("/v1/keystead/operator/leases", OPERATOR, || get(keystead::budgets::ended_leases)),
    write("/v1/keystead/operator/leases/{node}/release", OPERATOR, || post(keystead::budgets::release_leases))
        .body(&["reason"]),
    read("/v1/keystead/verification", ANY, || get(keystead::verification::handle)),
    read("/v1/keystead/api_keys/{key_id}", READ, || get(keystead::api_keys::retrieve)),
    write("/v1/keystead/api_keys/{key_id}/rotate", WRITE, || post(keystead::api_keys::rotate))
        .body(&["overlap_in_seconds"]),
    write("/v1/keystead/api_keys/{key_id}/pause", WRITE, || post(keystead::anomalies::pause)),
    write("/v1/keystead/api_keys/{key_id}/resume", WRITE, || post(keystead::anomalies::resume)),
    write("/v1/keystead/api_keys/{key_id}/velocity_cap", WRITE, || post(keystead::anomalies::set_cap))
        .body(&["mode", "velocity_cap"]),
    read("/v1/keystead/anomaly_settings", READ, || get(keystead::anomalies::settings)),
    write("/v1/keystead/anomaly_settings", WRITE, || post(keystead::anomalies::set_settings))
        .body(&["signals", "velocity_cap"]),
    read("/v1/keystead/anomalies", READ, || get(keystead::anomalies::list)).query(&["key_id", "limit"], &[]),
    write(PHONES, WRITE, || post(keystead::phone::create)).body(&["phone_number", "country", "language"]),
    read("/v1/keystead/phone_verifications/{id}", WRITE, || get(keystead::phone::retrieve)),
    write("/v1/keystead/phone_verifications/{id}/check", WRITE, || post(keystead::phone::check)).body(&["code"]),
    write("/v1/keystead/phone_verifications/{id}/resend", WRITE, || post(keystead::phone::resend)),
    write("/v1/keystead/phone_verifications/{id}/cancel", WRITE, || post(keystead::phone::cancel)),
    read(PAYMENTS, READ, || get(keystead::payment::list)),
    write(PAYMENTS, WRITE, || post(keystead::payment::create)),
    read(PAYMENT, READ, || get(keystead::payment::retrieve)),
    remove(PAYMENT, WRITE, || delete(keystead::payment::delete)),
    write("/v1/keystead/payment_methods/{id}/default", WRITE, || post(keystead::payment::prefer)),
    write("/v1/keystead/payment_methods/{id}/refresh", WRITE, || post(keystead::payment::refresh)),
    read(ALLOWLISTS, READ, || get(keystead::ip_allowlists::list)),
    write(ALLOWLISTS, WRITE, || post(keystead::ip_allowlists::create)).body(&["name", "allowed_ips", "project_id"]),
    read(ALLOWLIST, READ, || get(keystead::ip_allowlists::retrieve)),
    write(ALLOWLIST, WRITE, || post(keystead::ip_allowlists::update)).body(&["name", "allowed_ips", "force"]),
    remove(ALLOWLIST, WRITE, || delete(keystead::ip_allowlists::delete)).body(&["force"]),
    write("/v1/keystead/organization/ip_allowlists/{id}/activate", WRITE, || post(keystead::ip_allowlists::activate))
        .body(&["force"]),
    write("/v1/keystead/organization/ip_allowlists/{id}/deactivate", WRITE, || {
        post(keystead::ip_allowlists::deactivate)
    })
    .body(&["force"]),
    read(ALERTS, READ, || get(keystead::alerts::list)).query(PAGE, &[]),
    write(ALERTS, WRITE, || post(keystead::alerts::create)).body(keystead::alerts::MEMBERS),
    read(ALERT, READ, || get(keystead::alerts::retrieve)),
    write(ALERT, WRITE, || post(keystead::alerts::update)).body(keystead::alerts::CHANGES),
    remove(ALERT, WRITE, || delete(keystead::alerts::delete)),
    read(WEBHOOKS, READ, || get(keystead::webhooks::list)),
    write(WEBHOOKS, WRITE, || post(keystead::webhooks::create)).body(keystead::webhooks::MEMBERS),
    read(WEBHOOK, READ, || get(keystead::webhooks::retrieve)),
    write(WEBHOOK, WRITE, || post(keystead::webhooks::update)).body(keystead::webhooks::MEMBERS),
    remove(WEBHOOK, WRITE, || delete(keystead::webhooks::delete)),
    write("/v1/keystead/webhooks/{webhook_id}/rotate", WRITE, || post(keystead::webhooks::rotate)),
    write("/v1/keystead/webhooks/{webhook_id}/test", WRITE, || post(keystead::webhooks::test)),
    read("/v1/keystead/webhooks/{webhook_id}/deliveries", READ, || get(keystead::webhooks::deliveries))
        .query(PAGE, &[]),
    write("/v1/keystead/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", WRITE, || {
        post(keystead::webhooks::redeliver)
    }),
    read(VERIFICATIONS, READ, || get(keystead::organization::list)),
    write(VERIFICATIONS, WRITE, || post(keystead::organization::create)).body(&["consent", "language"]),
    write("/v1/keystead/organization_verifications/cancel", WRITE, || post(keystead::organization::cancel)),
    write("/v1/keystead/organization_verifications/appeal", WRITE, || post(keystead::organization::appeal))
        .body(&["statement"]),
    write("/v1/keystead/organization_verifications/withdraw", WRITE, || post(keystead::organization::withdraw)),
    write("/v1/keystead/organization_verifications/{id}/refresh", WRITE, || post(keystead::organization::refresh)),
    write("/v1/keystead/organization_verifications/{id}/links", WRITE, || post(keystead::organization::link))
        .body(&["channel"]),
    read("/v1/keystead/operator/cases", OPERATOR, || get(operator::cases)),
    write("/v1/keystead/operator/cases/{id}/decide", OPERATOR, || post(operator::decide))
        .body(&["decision", "reasons", "reason", "destroy"]),
    write("/v1/keystead/operator/cases/{id}/hold", OPERATOR, || post(operator::hold)).body(&["until", "reason"]),
    write("/v1/keystead/operator/cases/{id}/hold/end", OPERATOR, || post(operator::end_hold)).body(&["reason"]),
    write("/v1/keystead/operator/organizations/{organization_id}/waivers", OPERATOR, || post(operator::waive)).body(&[
        "requirement",
        "until",
        "reason",
    ]),
    write("/v1/keystead/operator/organizations/{organization_id}/verification", OPERATOR, || post(operator::act))
        .body(&["action", "reason"]),
    read(TAGS, OPERATOR, || get(operator::tags)),
    write(TAGS, OPERATOR, || post(operator::tag)).body(&["tags", "reason"]),
    read(TIER, OPERATOR, || get(keystead::tier::retrieve_any)),
    write(TIER, OPERATOR, || post(keystead::tier::set)).body(keystead::tier::MEMBERS),
    write("/v1/keystead/operator/phones/revoke", OPERATOR, || post(operator::revoke_phones))
        .body(&["organization_ids", "reason"]),
    write("/v1/keystead/operator/exemptions", OPERATOR, || post(operator::exempt)).body(&[
        "organization_id",
        "until",
        "reason",
    ]),
    write("/v1/keystead/operator/exemptions/{organization_id}/end", OPERATOR, || post(operator::end_exemption))
        .body(&["reason"]),
    read(POLICY, OPERATOR, || get(operator::policy)),
    write(POLICY, OPERATOR, || post(operator::save_policy)).body(&["rules", "version", "reason"]),
    write("/v1/keystead/operator/policy/preview", OPERATOR, || post(operator::preview)).body(&["rules"]),
    read("/v1/keystead/credit", USAGE, || get(keystead::credit::retrieve)),
    write("/v1/keystead/credit/recharge", WRITE, || post(keystead::credit::recharge)).body(keystead::credit::RECHARGE),
    write("/v1/keystead/credit/low_mark", WRITE, || post(keystead::credit::set_low_mark))
        .body(keystead::credit::LOW_MARK),
    read(PURCHASES, READ, || get(keystead::purchases::list)).query(PAGE, &[]),
    write(PURCHASES, WRITE, || post(keystead::purchases::create)).body(keystead::purchases::PURCHASE),
    read(PURCHASE, READ, || get(keystead::purchases::retrieve)),
    write("/v1/keystead/credit/purchases/{purchase_id}/refresh", WRITE, || post(keystead::purchases::refresh)),
    read("/v1/keystead/ledger", USAGE, || get(keystead::credit::ledger)).query(PAGE, &[]),
    read("/v1/keystead/operator/credit", OPERATOR, || get(keystead::credit::list)).query(PAGE, &[]),
    read(CREDIT, OPERATOR, || get(keystead::credit::of_organization)),
    write("/v1/keystead/operator/credit/{organization_id}/grants", OPERATOR, || post(keystead::credit::grant))
        .body(keystead::credit::GRANT),
    write("/v1/keystead/operator/credit/{organization_id}/adjustments", OPERATOR, || post(keystead::credit::adjust))
        .body(keystead::credit::ADJUSTMENT),
    read("/v1/keystead/operator/credit/{organization_id}/purchases", OPERATOR, || {
        get(keystead::purchases::of_organization)
    }),
    write("/v1/keystead/operator/credit/{organization_id}/purchases/{purchase_id}/refunds", OPERATOR, || {
        post(keystead::purchases::refund)
    })
    .body(keystead::purchases::REFUND),
    write("/v1/keystead/operator/credit/{organization_id}/mode", OPERATOR, || post(keystead::credit::set_mode))
        .body(keystead::credit::MODE),
    write("/v1/keystead/operator/credit/{organization_id}/suspend", OPERATOR, || post(keystead::credit::suspend))
        .body(keystead::credit::SUSPENSION),
    write("/v1/keystead/operator/credit/{organization_id}/resume", OPERATOR, || post(keystead::credit::resume))
        .body(keystead::credit::SUSPENSION),
    read(PRICES, OPERATOR, || get(keystead::prices::list)),
    write(PRICES, OPERATOR, || post(keystead::prices::create)).body(keystead::prices::MEMBERS),
    read("/v1/keystead/operator/prices/history", OPERATOR, || get(keystead::prices::history)).query(&["model"], &[]),
    write("/v1/keystead/operator/prices/preview", OPERATOR, || post(keystead::prices::preview))
        .body(&["list", "holds_from"]),
    write("/v1/keystead/operator/prices/import", OPERATOR, || post(keystead::prices::import)).body(&[
        "list",
        "holds_from",
        "reason",
    ]),
    remove("/v1/keystead/operator/prices/{id}", OPERATOR, || delete(keystead::prices::delete)),
    read("/v1/keystead/operator/health", OPERATOR, || get(operator::health)),
    read("/v1/keystead/operator/retention", OPERATOR, || get(operator::retention)),
    read("/v1/keystead/refusals", READ, || get(keystead::organization::refusals)),
    read("/v1/keystead/privacy", WRITE, || get(keystead::organization::privacy)),
];
