//! The paths that several endpoints of the table share.

pub(super) const CERTIFICATES: &str = "/v1/organization/certificates";
pub(super) const CERTIFICATE: &str = "/v1/organization/certificates/{certificate_id}";
pub(super) const PROJECT_CERTIFICATES: &str = "/v1/organization/projects/{project_id}/certificates";
pub(super) const EXTERNAL_KEYS: &str = "/v1/organization/external_keys";
pub(super) const EXTERNAL_KEY: &str = "/v1/organization/external_keys/{external_key_id}";
pub(super) const EXTERNAL_KEY_CHECK: &str = "/v1/organization/external_keys/{external_key_id}/validate";
pub(super) const EXTERNAL_STORAGES: &str = "/v1/organization/external_storage";
pub(super) const EXTERNAL_STORAGE: &str = "/v1/organization/external_storage/{external_storage_id}";
pub(super) const EXTERNAL_STORAGE_CHECK: &str = "/v1/organization/external_storage/{external_storage_id}/validate";
pub(super) const ADMIN_KEYS: &str = "/v1/organization/admin_api_keys";
pub(super) const ADMIN_KEY: &str = "/v1/organization/admin_api_keys/{key_id}";
pub(super) const PROJECTS: &str = "/v1/organization/projects";
pub(super) const PROJECT: &str = "/v1/organization/projects/{project_id}";
pub(super) const PROJECT_MODELS: &str = "/v1/organization/projects/{project_id}/model_permissions";
pub(super) const PROJECT_TOOLS: &str = "/v1/organization/projects/{project_id}/hosted_tool_permissions";
pub(super) const PROJECT_TIERS: &str = "/v1/organization/projects/{project_id}/service_tier_settings";
pub(super) const RETENTION: &str = "/v1/organization/data_retention";
pub(super) const PROJECT_RETENTION: &str = "/v1/organization/projects/{project_id}/data_retention";
pub(super) const RATE_LIMITS: &str = "/v1/organization/projects/{project_id}/rate_limits";
pub(super) const RATE_LIMIT: &str = "/v1/organization/projects/{project_id}/rate_limits/{rate_limit_id}";
pub(super) const ACCOUNTS: &str = "/v1/organization/projects/{project_id}/service_accounts";
pub(super) const ACCOUNT: &str = "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}";
pub(super) const PROJECT_KEYS: &str = "/v1/organization/projects/{project_id}/api_keys";
pub(super) const PROJECT_KEY: &str = "/v1/organization/projects/{project_id}/api_keys/{key_id}";

pub(super) const WORKLOAD_PROVIDERS: &str = "/v1/organization/workload_identity_providers";
pub(super) const WORKLOAD_PROVIDER: &str =
    "/v1/organization/workload_identity_providers/{workload_identity_provider_id}";
pub(super) const FEDERATION_RULES: &str =
    "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules";
pub(super) const FEDERATION_RULE: &str = "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules/{workload_identity_federation_rule_id}";

pub(super) const INVITES: &str = "/v1/organization/invites";
pub(super) const INVITE: &str = "/v1/organization/invites/{invite_id}";
pub(super) const USERS: &str = "/v1/organization/users";
pub(super) const USER: &str = "/v1/organization/users/{user_id}";
pub(super) const PROJECT_USERS: &str = "/v1/organization/projects/{project_id}/users";
pub(super) const PROJECT_USER: &str = "/v1/organization/projects/{project_id}/users/{user_id}";
pub(super) const GROUPS: &str = "/v1/organization/groups";
pub(super) const GROUP: &str = "/v1/organization/groups/{group_id}";
pub(super) const GROUP_USERS: &str = "/v1/organization/groups/{group_id}/users";
pub(super) const GROUP_USER: &str = "/v1/organization/groups/{group_id}/users/{user_id}";
pub(super) const GROUP_ROLES: &str = "/v1/organization/groups/{group_id}/roles";
pub(super) const GROUP_ROLE: &str = "/v1/organization/groups/{group_id}/roles/{role_id}";
pub(super) const USER_ROLES: &str = "/v1/organization/users/{user_id}/roles";
pub(super) const USER_ROLE: &str = "/v1/organization/users/{user_id}/roles/{role_id}";
pub(super) const PROJECT_GROUPS: &str = "/v1/organization/projects/{project_id}/groups";
pub(super) const PROJECT_GROUP: &str = "/v1/organization/projects/{project_id}/groups/{group_id}";
pub(super) const PROJECT_GROUP_ROLES: &str = "/v1/projects/{project_id}/groups/{group_id}/roles";
pub(super) const PROJECT_GROUP_ROLE: &str = "/v1/projects/{project_id}/groups/{group_id}/roles/{role_id}";
pub(super) const PROJECT_USER_ROLES: &str = "/v1/projects/{project_id}/users/{user_id}/roles";
pub(super) const PROJECT_USER_ROLE: &str = "/v1/projects/{project_id}/users/{user_id}/roles/{role_id}";
pub(super) const ROLES: &str = "/v1/organization/roles";
pub(super) const ROLE: &str = "/v1/organization/roles/{role_id}";
pub(super) const PROJECT_ROLES: &str = "/v1/projects/{project_id}/roles";
pub(super) const PROJECT_ROLE: &str = "/v1/projects/{project_id}/roles/{role_id}";

pub(super) const SPEND_LIMIT: &str = "/v1/organization/spend_limit";
pub(super) const PROJECT_SPEND_LIMIT: &str = "/v1/organization/projects/{project_id}/spend_limit";
pub(super) const SPEND_ALERTS: &str = "/v1/organization/spend_alerts";
pub(super) const SPEND_ALERT: &str = "/v1/organization/spend_alerts/{alert_id}";
pub(super) const PROJECT_SPEND_ALERTS: &str = "/v1/organization/projects/{project_id}/spend_alerts";
pub(super) const PROJECT_SPEND_ALERT: &str = "/v1/organization/projects/{project_id}/spend_alerts/{project_alert_id}";

pub(super) const PHONES: &str = "/v1/keystead/phone_verifications";
pub(super) const PAYMENTS: &str = "/v1/keystead/payment_methods";
pub(super) const PAYMENT: &str = "/v1/keystead/payment_methods/{id}";
pub(super) const ALLOWLISTS: &str = "/v1/keystead/organization/ip_allowlists";
pub(super) const ALLOWLIST: &str = "/v1/keystead/organization/ip_allowlists/{id}";
pub(super) const TIER: &str = "/v1/keystead/operator/organizations/{organization_id}/tier";
pub(super) const TAGS: &str = "/v1/keystead/operator/organizations/{organization_id}/tags";
pub(super) const POLICY: &str = "/v1/keystead/operator/policy";
pub(super) const BUDGETS: &str = "/v1/keystead/budgets";
pub(super) const BUDGET: &str = "/v1/keystead/budgets/{budget_id}";
pub(super) const CREDIT: &str = "/v1/keystead/operator/credit/{organization_id}";
pub(super) const PURCHASES: &str = "/v1/keystead/credit/purchases";
pub(super) const PURCHASE: &str = "/v1/keystead/credit/purchases/{purchase_id}";
pub(super) const PRICES: &str = "/v1/keystead/operator/prices";
pub(super) const ALERTS: &str = "/v1/keystead/alerts";
pub(super) const ALERT: &str = "/v1/keystead/alerts/{budget_alert_id}";
pub(super) const WEBHOOKS: &str = "/v1/keystead/webhooks";
pub(super) const WEBHOOK: &str = "/v1/keystead/webhooks/{webhook_id}";
pub(super) const VERIFICATIONS: &str = "/v1/keystead/organization_verifications";
