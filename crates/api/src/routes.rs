//! Every endpoint with what it asks for. Nothing is served that does not stand here.

use axum::routing::{MethodRouter, delete, get, post};
use http::Method;
use keystead_core::scope::Scope;

use crate::keystead::operator;
use crate::organization::{
    admin_api_keys, audit_logs, costs, project_api_keys, projects, service_accounts, usage, users,
};
use crate::{ApiState, api_keys, keystead, me};

/// What a request must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// An admin key whose owner's role permits this scope.
    Scope(Scope),
    /// Any live key; the use case decides the rest.
    AnyKey,
    /// An admin key with every scope, of somebody who runs the installation.
    Operator,
}

/// One endpoint.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// What a request must hold.
    pub permission: Permission,
    serve: fn() -> MethodRouter<ApiState>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.permission)
    }
}

impl Endpoint {
    pub(crate) fn handler(&self) -> MethodRouter<ApiState> {
        (self.serve)()
    }
}

const READ: Permission = Permission::Scope(Scope::ManagementRead);
const WRITE: Permission = Permission::Scope(Scope::ManagementWrite);
const USAGE: Permission = Permission::Scope(Scope::UsageRead);
const ANY: Permission = Permission::AnyKey;
const OPERATOR: Permission = Permission::Operator;

const fn read(path: &'static str, permission: Permission, serve: fn() -> MethodRouter<ApiState>) -> Endpoint {
    Endpoint { method: Method::GET, path, permission, serve }
}

const fn write(path: &'static str, permission: Permission, serve: fn() -> MethodRouter<ApiState>) -> Endpoint {
    Endpoint { method: Method::POST, path, permission, serve }
}

const fn remove(path: &'static str, permission: Permission, serve: fn() -> MethodRouter<ApiState>) -> Endpoint {
    Endpoint { method: Method::DELETE, path, permission, serve }
}

const ADMIN_KEYS: &str = "/v1/organization/admin_api_keys";
const ADMIN_KEY: &str = "/v1/organization/admin_api_keys/{key_id}";
const PROJECTS: &str = "/v1/organization/projects";
const PROJECT: &str = "/v1/organization/projects/{project_id}";
const PROJECT_MODELS: &str = "/v1/organization/projects/{project_id}/model_permissions";
const RATE_LIMITS: &str = "/v1/organization/projects/{project_id}/rate_limits";
const RATE_LIMIT: &str = "/v1/organization/projects/{project_id}/rate_limits/{rate_limit_id}";
const ACCOUNTS: &str = "/v1/organization/projects/{project_id}/service_accounts";
const ACCOUNT: &str = "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}";
const PROJECT_KEYS: &str = "/v1/organization/projects/{project_id}/api_keys";
const PROJECT_KEY: &str = "/v1/organization/projects/{project_id}/api_keys/{key_id}";

const PHONES: &str = "/v1/keystead/phone_verifications";
const PAYMENTS: &str = "/v1/keystead/payment_methods";
const PAYMENT: &str = "/v1/keystead/payment_methods/{id}";
const ALLOWLISTS: &str = "/v1/keystead/organization/ip_allowlists";
const ALLOWLIST: &str = "/v1/keystead/organization/ip_allowlists/{id}";
const TAGS: &str = "/v1/keystead/operator/organizations/{organization_id}/tags";
const POLICY: &str = "/v1/keystead/operator/policy";
const VERIFICATIONS: &str = "/v1/keystead/organization_verifications";

/// The table.
pub static ROUTES: &[Endpoint] = &[
    read(ADMIN_KEYS, READ, || get(admin_api_keys::list::handle)),
    write(ADMIN_KEYS, WRITE, || post(admin_api_keys::create::handle)),
    read(ADMIN_KEY, READ, || get(admin_api_keys::retrieve::handle)),
    remove(ADMIN_KEY, WRITE, || delete(admin_api_keys::delete::handle)),
    read(PROJECTS, READ, || get(projects::list::handle)),
    write(PROJECTS, WRITE, || post(projects::create::handle)),
    read(PROJECT, READ, || get(projects::retrieve::handle)),
    write(PROJECT, WRITE, || post(projects::update::handle)),
    write("/v1/organization/projects/{project_id}/archive", WRITE, || post(projects::archive::handle)),
    read(PROJECT_MODELS, READ, || get(projects::model_permissions::retrieve)),
    write(PROJECT_MODELS, WRITE, || post(projects::model_permissions::update)),
    remove(PROJECT_MODELS, WRITE, || delete(projects::model_permissions::remove)),
    read(RATE_LIMITS, READ, || get(projects::rate_limits::list)),
    write(RATE_LIMIT, WRITE, || post(projects::rate_limits::update)),
    read(ACCOUNTS, READ, || get(service_accounts::list::handle)),
    write(ACCOUNTS, WRITE, || post(service_accounts::create::handle)),
    read(ACCOUNT, READ, || get(service_accounts::retrieve::handle)),
    write(ACCOUNT, WRITE, || post(service_accounts::update::handle)),
    remove(ACCOUNT, WRITE, || delete(service_accounts::delete::handle)),
    write("/v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys", WRITE, || {
        post(service_accounts::create_key::handle)
    }),
    read(PROJECT_KEYS, READ, || get(project_api_keys::list::handle)),
    read(PROJECT_KEY, READ, || get(project_api_keys::retrieve::handle)),
    write(PROJECT_KEY, WRITE, || post(project_api_keys::update::handle)),
    remove(PROJECT_KEY, WRITE, || delete(project_api_keys::delete::handle)),
    read("/v1/organization/users", READ, || get(users::list::handle)),
    read("/v1/organization/users/{user_id}", READ, || get(users::retrieve::handle)),
    read("/v1/organization/audit_logs", READ, || get(audit_logs::handle)),
    read("/v1/organization/usage/completions", USAGE, || get(usage::completions::handle)),
    read("/v1/organization/usage/embeddings", USAGE, || get(usage::embeddings::handle)),
    read("/v1/organization/usage/images", USAGE, || get(usage::images::handle)),
    read("/v1/organization/usage/audio_speeches", USAGE, || get(usage::audio_speeches::handle)),
    read("/v1/organization/usage/audio_transcriptions", USAGE, || get(usage::audio_transcriptions::handle)),
    read("/v1/organization/usage/moderations", USAGE, || get(usage::moderations::handle)),
    read("/v1/organization/costs", USAGE, || get(costs::handle)),
    write("/v1/api-keys", ANY, || post(api_keys::handle)),
    read("/v1/me", ANY, || get(me::handle)),
    read("/v1/keystead/verification", ANY, || get(keystead::verification::handle)),
    read("/v1/keystead/api_keys/{key_id}", READ, || get(keystead::api_keys::retrieve)),
    write("/v1/keystead/api_keys/{key_id}/rotate", WRITE, || post(keystead::api_keys::rotate)),
    write(PHONES, WRITE, || post(keystead::phone::create)),
    read("/v1/keystead/phone_verifications/{id}", WRITE, || get(keystead::phone::retrieve)),
    write("/v1/keystead/phone_verifications/{id}/check", WRITE, || post(keystead::phone::check)),
    write("/v1/keystead/phone_verifications/{id}/resend", WRITE, || post(keystead::phone::resend)),
    write("/v1/keystead/phone_verifications/{id}/cancel", WRITE, || post(keystead::phone::cancel)),
    read(PAYMENTS, READ, || get(keystead::payment::list)),
    write(PAYMENTS, WRITE, || post(keystead::payment::create)),
    read(PAYMENT, READ, || get(keystead::payment::retrieve)),
    remove(PAYMENT, WRITE, || delete(keystead::payment::delete)),
    write("/v1/keystead/payment_methods/{id}/default", WRITE, || post(keystead::payment::prefer)),
    write("/v1/keystead/payment_methods/{id}/refresh", WRITE, || post(keystead::payment::refresh)),
    read(ALLOWLISTS, READ, || get(keystead::ip_allowlists::list)),
    write(ALLOWLISTS, WRITE, || post(keystead::ip_allowlists::create)),
    read(ALLOWLIST, READ, || get(keystead::ip_allowlists::retrieve)),
    write(ALLOWLIST, WRITE, || post(keystead::ip_allowlists::update)),
    remove(ALLOWLIST, WRITE, || delete(keystead::ip_allowlists::delete)),
    write("/v1/keystead/organization/ip_allowlists/{id}/activate", WRITE, || post(keystead::ip_allowlists::activate)),
    write("/v1/keystead/organization/ip_allowlists/{id}/deactivate", WRITE, || {
        post(keystead::ip_allowlists::deactivate)
    }),
    read(VERIFICATIONS, READ, || get(keystead::organization::list)),
    write(VERIFICATIONS, WRITE, || post(keystead::organization::create)),
    write("/v1/keystead/organization_verifications/cancel", WRITE, || post(keystead::organization::cancel)),
    write("/v1/keystead/organization_verifications/appeal", WRITE, || post(keystead::organization::appeal)),
    write("/v1/keystead/organization_verifications/withdraw", WRITE, || post(keystead::organization::withdraw)),
    write("/v1/keystead/organization_verifications/{id}/refresh", WRITE, || post(keystead::organization::refresh)),
    write("/v1/keystead/organization_verifications/{id}/links", WRITE, || post(keystead::organization::link)),
    read("/v1/keystead/operator/cases", OPERATOR, || get(operator::cases)),
    write("/v1/keystead/operator/cases/{id}/decide", OPERATOR, || post(operator::decide)),
    write("/v1/keystead/operator/cases/{id}/hold", OPERATOR, || post(operator::hold)),
    write("/v1/keystead/operator/cases/{id}/hold/end", OPERATOR, || post(operator::end_hold)),
    write("/v1/keystead/operator/organizations/{organization_id}/waivers", OPERATOR, || post(operator::waive)),
    write("/v1/keystead/operator/organizations/{organization_id}/verification", OPERATOR, || post(operator::act)),
    read(TAGS, OPERATOR, || get(operator::tags)),
    write(TAGS, OPERATOR, || post(operator::tag)),
    write("/v1/keystead/operator/phones/revoke", OPERATOR, || post(operator::revoke_phones)),
    write("/v1/keystead/operator/exemptions", OPERATOR, || post(operator::exempt)),
    write("/v1/keystead/operator/exemptions/{organization_id}/end", OPERATOR, || post(operator::end_exemption)),
    read(POLICY, OPERATOR, || get(operator::policy)),
    write(POLICY, OPERATOR, || post(operator::save_policy)),
    write("/v1/keystead/operator/policy/preview", OPERATOR, || post(operator::preview)),
    read("/v1/keystead/operator/health", OPERATOR, || get(operator::health)),
    read("/v1/keystead/operator/retention", OPERATOR, || get(operator::retention)),
    read("/v1/keystead/refusals", READ, || get(keystead::organization::refusals)),
    read("/v1/keystead/privacy", WRITE, || get(keystead::organization::privacy)),
];
