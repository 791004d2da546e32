//! What is kept about one organization, table by table, for the copy that its owners download. Secrets and their digests are
//! left out, and so are usage and the audit log, which have files of their own.

mod billing;

use keystead_core::id::OrganizationId;
use serde_json::{Map, Value as Json};

use super::data_parts::{Kind, Part, find_parts};
use crate::{Error, Tx};

use Kind::{Flag, Number, Structure, Text, Time};

/// The most rows of one table in a copy; each statement ends with this limit, the newest rows first where there can be
/// many.
pub const MOST_ROWS: usize = 20_000;

/// The tables of the copy. A test compares this list with the schema.
pub const PARTS: &[Part] = &[
    Part {
        table: "organizations",
        sql: "SELECT id, name, created_at, second_factor_since, data_retention FROM organizations WHERE id = $1",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("created_at", Time),
            ("two_step_verification_required_since", Time),
            ("data_retention", Text),
        ],
    },
    Part {
        table: "organization_deletions",
        sql: "SELECT requested_by, requested_at, due_at FROM organization_deletions WHERE organization = $1",
        columns: &[("requested_by", Text), ("requested_at", Time), ("due_at", Time)],
    },
    Part {
        table: "memberships",
        sql: "SELECT m.user_id, u.email, u.name, m.role, m.created_at, m.technical_level, m.developer_persona \
              FROM memberships m JOIN users u ON u.id = m.user_id \
              WHERE m.organization = $1 ORDER BY m.created_at, m.user_id LIMIT 20000",
        columns: &[
            ("user", Text),
            ("email", Text),
            ("name", Text),
            ("role", Text),
            ("since", Time),
            ("technical_level", Text),
            ("developer_persona", Text),
        ],
    },
    Part {
        table: "invites",
        sql: "SELECT id, email, role, projects, invited_by, created_at, expires_at, accepted_at, revoked_at FROM invites \
              WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("email", Text),
            ("role", Text),
            ("projects", Structure),
            ("invited_by", Text),
            ("created_at", Time),
            ("expires_at", Time),
            ("accepted_at", Time),
            ("revoked_at", Time),
        ],
    },
    Part {
        table: "projects",
        sql: "SELECT id, name, is_default, model_access, rate_limits, features, data_retention, created_at, archived_at FROM projects \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("is_default", Flag),
            ("model_access", Structure),
            ("rate_limits", Structure),
            ("features", Structure),
            ("data_retention", Text),
            ("created_at", Time),
            ("archived_at", Time),
        ],
    },
    Part {
        table: "project_members",
        sql: "SELECT m.project, m.user_id, m.role, m.created_at FROM project_members m \
              JOIN projects p ON p.id = m.project WHERE p.organization = $1 \
              ORDER BY m.project, m.created_at, m.user_id LIMIT 20000",
        columns: &[("project", Text), ("user", Text), ("role", Text), ("since", Time)],
    },
    Part {
        table: "user_groups",
        sql: "SELECT id, name, created_at FROM user_groups WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[("id", Text), ("name", Text), ("created_at", Time)],
    },
    Part {
        table: "group_members",
        sql: "SELECT m.group_id, m.user_id, m.created_at FROM group_members m JOIN user_groups g ON g.id = m.group_id \
              WHERE g.organization = $1 ORDER BY m.group_id, m.created_at, m.user_id LIMIT 20000",
        columns: &[("group", Text), ("user", Text), ("since", Time)],
    },
    Part {
        table: "roles",
        sql: "SELECT id, resource, name, description, permissions, created_at, updated_at, created_by FROM roles \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("resource", Text),
            ("name", Text),
            ("description", Text),
            ("permissions", Structure),
            ("created_at", Time),
            ("updated_at", Time),
            ("created_by", Text),
        ],
    },
    Part {
        table: "role_assignments",
        sql: "SELECT resource, principal, role, created_at, created_by FROM role_assignments \
              WHERE organization = $1 ORDER BY resource, principal, role LIMIT 20000",
        columns: &[("resource", Text), ("principal", Text), ("role", Text), ("since", Time), ("created_by", Text)],
    },
    Part {
        table: "service_accounts",
        sql: "SELECT s.id, s.project, s.name, s.role, s.created_at, s.deleted_at FROM service_accounts s \
              JOIN projects p ON p.id = s.project WHERE p.organization = $1 ORDER BY s.created_at DESC, s.id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("project", Text),
            ("name", Text),
            ("role", Text),
            ("created_at", Time),
            ("deleted_at", Time),
        ],
    },
    Part {
        table: "api_keys",
        sql: "SELECT id, kind, redacted, name, project, owner_user, owner_service_account, restriction, created_at, \
              expires_at, last_used_at, revoked_at, revoked_reason, rotated_to FROM api_keys \
              WHERE organization = $1 AND federation_rule IS NULL ORDER BY created_at DESC, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("kind", Text),
            ("redacted", Text),
            ("name", Text),
            ("project", Text),
            ("owner_user", Text),
            ("owner_service_account", Text),
            ("permissions", Structure),
            ("created_at", Time),
            ("expires_at", Time),
            ("last_used_at", Time),
            ("revoked_at", Time),
            ("revoked_reason", Text),
            ("rotated_to", Text),
        ],
    },
    Part {
        table: "key_addresses",
        sql: "SELECT a.api_key, a.address, a.first_used_at, a.last_used_at FROM key_addresses a \
              JOIN api_keys k ON k.id = a.api_key WHERE k.organization = $1 \
              ORDER BY a.last_used_at DESC, a.api_key, a.address LIMIT 20000",
        columns: &[("api_key", Text), ("address", Text), ("first_used_at", Time), ("last_used_at", Time)],
    },
    Part {
        table: "anomaly_settings",
        sql: "SELECT signals_off, cap, updated_at FROM anomaly_settings WHERE organization = $1",
        columns: &[("signals_off", Text), ("velocity_cap", Structure), ("updated_at", Time)],
    },
    Part {
        table: "key_caps",
        sql: "SELECT c.api_key, c.cap, c.paused_at, c.pause_reason FROM key_caps c \
              JOIN api_keys k ON k.id = c.api_key WHERE k.organization = $1 ORDER BY c.api_key LIMIT 20000",
        columns: &[("api_key", Text), ("velocity_cap", Structure), ("paused_at", Time), ("pause_reason", Text)],
    },
    Part {
        table: "key_profiles",
        sql: "SELECT p.api_key, p.first_used_at, p.models, p.networks, p.countries FROM key_profiles p \
              JOIN api_keys k ON k.id = p.api_key WHERE k.organization = $1 ORDER BY p.api_key LIMIT 20000",
        columns: &[
            ("api_key", Text),
            ("first_used_at", Time),
            ("models", Structure),
            ("networks", Structure),
            ("countries", Structure),
        ],
    },
    Part {
        table: "key_signals",
        sql: "SELECT api_key, signal, value, at, figure, usual FROM key_signals WHERE organization = $1 \
              ORDER BY at DESC, api_key, signal, value LIMIT 20000",
        columns: &[
            ("api_key", Text),
            ("signal", Text),
            ("value", Text),
            ("at", Time),
            ("figure", Number),
            ("usual", Number),
        ],
    },
    Part {
        table: "ip_allowlists",
        sql: "SELECT id, project, name, allowed_ips, active, created_at, updated_at FROM ip_allowlists \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("project", Text),
            ("name", Text),
            ("allowed_ips", Structure),
            ("active", Flag),
            ("created_at", Time),
            ("updated_at", Time),
        ],
    },
    Part {
        table: "certificates",
        sql: "SELECT id, name, content, valid_at, expires_at, active, created_at FROM certificates \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("content", Text),
            ("valid_at", Time),
            ("expires_at", Time),
            ("active", Flag),
            ("created_at", Time),
        ],
    },
    Part {
        table: "project_certificates",
        sql: "SELECT p.certificate, p.project FROM project_certificates p JOIN certificates c ON c.id = p.certificate \
              WHERE c.organization = $1 ORDER BY p.certificate, p.project LIMIT 20000",
        columns: &[("certificate", Text), ("project", Text)],
    },
    Part {
        table: "workload_identity_providers",
        sql: "SELECT id, name, description, issuer, audience, verification, transformations, enabled, created_at, updated_at \
              FROM workload_identity_providers WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("description", Text),
            ("issuer", Text),
            ("audience", Text),
            ("verification", Structure),
            ("attribute_transformations", Structure),
            ("enabled", Flag),
            ("created_at", Time),
            ("updated_at", Time),
        ],
    },
    Part {
        table: "federation_rules",
        sql: "SELECT id, provider, project, service_account, name, description, matchers, restriction, enabled, created_at, \
              updated_at FROM federation_rules WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("workload_identity_provider", Text),
            ("project", Text),
            ("service_account", Text),
            ("name", Text),
            ("description", Text),
            ("attribute_matchers", Structure),
            ("scopes", Structure),
            ("enabled", Flag),
            ("created_at", Time),
            ("updated_at", Time),
        ],
    },
    Part {
        table: "external_keys",
        sql: "SELECT id, name, purpose, cloud, location, status, reason, checked_at, created_at FROM external_keys \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("purpose", Text),
            ("type", Text),
            ("location", Structure),
            ("status", Text),
            ("reason", Text),
            ("validated_at", Time),
            ("created_at", Time),
        ],
    },
    Part {
        table: "external_storage",
        sql: "SELECT id, project, cloud, location, region, status, reason, checked_at, created_at FROM external_storage \
              WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("project", Text),
            ("type", Text),
            ("location", Structure),
            ("region", Text),
            ("status", Text),
            ("reason", Text),
            ("validated_at", Time),
            ("created_at", Time),
        ],
    },
    billing::BUDGETS,
    billing::SPEND_ALERTS,
    billing::ORGANIZATION_TIERS,
    billing::CREDIT_ACCOUNTS,
    billing::CREDIT_LOTS,
    billing::LEDGER_TRANSACTIONS,
    billing::LEDGER_ENTRIES,
    billing::BUDGET_ALERTS,
    Part {
        table: "webhook_endpoints",
        sql: "SELECT id, url, description, event_types, disabled, failing_since, created_at, updated_at \
              FROM webhook_endpoints WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("url", Text),
            ("description", Text),
            ("event_types", Structure),
            ("disabled", Text),
            ("failing_since", Time),
            ("created_at", Time),
            ("updated_at", Time),
        ],
    },
    Part {
        table: "webhook_deliveries",
        sql: "SELECT id, endpoint, event, event_type, body, created_at, state, attempts, last_attempt_at, status, fault \
              FROM webhook_deliveries WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("endpoint", Text),
            ("event", Text),
            ("event_type", Text),
            ("body", Structure),
            ("created_at", Time),
            ("state", Text),
            ("attempts", Number),
            ("last_attempt_at", Time),
            ("status", Number),
            ("fault", Text),
        ],
    },
    Part {
        table: "organization_requirements",
        sql: "SELECT requirement, how, since, until FROM organization_requirements WHERE organization = $1 \
              ORDER BY requirement",
        columns: &[("requirement", Text), ("how", Text), ("since", Time), ("until", Time)],
    },
    Part {
        table: "organization_verifications",
        sql: "SELECT status, since, until FROM organization_verifications WHERE organization = $1",
        columns: &[("status", Text), ("since", Time), ("until", Time)],
    },
    Part {
        table: "identity_attempts",
        sql: "SELECT id, user_id, state, created_at, submitted_at, decided_at, redacted_at FROM identity_attempts \
              WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
        columns: &[
            ("id", Text),
            ("user", Text),
            ("state", Text),
            ("created_at", Time),
            ("submitted_at", Time),
            ("decided_at", Time),
            ("erased_at", Time),
        ],
    },
    Part {
        table: "phone_numbers",
        sql: "SELECT number_masked, country, line_type, user_id, verified_at FROM phone_numbers WHERE organization = $1",
        columns: &[("number", Text), ("country", Text), ("line_type", Text), ("user", Text), ("verified_at", Time)],
    },
    Part {
        table: "waiver_requests",
        sql: "SELECT reason, state, answer, created_at, decided_at FROM waiver_requests WHERE organization = $1 \
              ORDER BY created_at DESC, id LIMIT 20000",
        columns: &[("reason", Text), ("state", Text), ("answer", Text), ("created_at", Time), ("decided_at", Time)],
    },
    billing::PAYMENT_METHODS,
    billing::CREDIT_PURCHASES,
    billing::CREDIT_REVERSALS,
    Part {
        table: "erasure_receipts",
        sql: "SELECT id, what, receipt, at FROM erasure_receipts WHERE organization = $1 ORDER BY at DESC, id LIMIT 20000",
        columns: &[("id", Text), ("what", Text), ("receipt", Structure), ("at", Time)],
    },
];

/// Reads the copy: the name of each table with its rows.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Map<String, Json>, Error> {
    find_parts(tx, PARTS, organization.as_str()).await
}
