//! What is kept about one person, table by table, for a copy of their data. Secrets and their digests are left out.

use keystead_core::id::UserId;
use serde_json::{Map, Value as Json};

use super::data_parts::{Kind, find_parts};
use crate::{Error, Tx};

pub use super::data_parts::Part;

use Kind::{Number, Structure, Text, Time};

/// Every table with data about a person. A test compares this list with the schema.
pub const PARTS: &[Part] = &[
    Part {
        table: "users",
        sql: "SELECT id, email, name, created_at, default_organization FROM users WHERE id = $1",
        columns: &[("id", Text), ("email", Text), ("name", Text), ("created_at", Time), ("default_organization", Text)],
    },
    Part {
        table: "accounts",
        sql: "SELECT language, theme, time_zone, describes, muted_mails, confirmed_at, password_changed_at, totp_confirmed_at \
              FROM accounts WHERE user_id = $1",
        columns: &[
            ("language", Text),
            ("theme", Text),
            ("time_zone", Text),
            ("describes", Text),
            ("muted_mails", Text),
            ("address_confirmed_at", Time),
            ("password_changed_at", Time),
            ("two_step_verification_since", Time),
        ],
    },
    Part {
        table: "account_deletions",
        sql: "SELECT requested_at, due_at FROM account_deletions WHERE user_id = $1",
        columns: &[("requested_at", Time), ("due_at", Time)],
    },
    Part {
        table: "organization_deletions",
        sql: "SELECT organization, requested_at, due_at FROM organization_deletions WHERE requested_by = $1 \
              ORDER BY requested_at, organization",
        columns: &[("organization", Text), ("requested_at", Time), ("due_at", Time)],
    },
    Part {
        table: "memberships",
        sql: "SELECT m.organization, o.name, m.role, m.created_at, m.technical_level, m.developer_persona FROM memberships m \
              JOIN organizations o ON o.id = m.organization WHERE m.user_id = $1 ORDER BY m.created_at, m.organization",
        columns: &[
            ("organization", Text),
            ("name", Text),
            ("role", Text),
            ("since", Time),
            ("technical_level", Text),
            ("developer_persona", Text),
        ],
    },
    Part {
        table: "project_members",
        sql: "SELECT m.project, p.name, m.role, m.created_at FROM project_members m JOIN projects p ON p.id = m.project \
              WHERE m.user_id = $1 ORDER BY m.created_at, m.project",
        columns: &[("project", Text), ("name", Text), ("role", Text), ("since", Time)],
    },
    Part {
        table: "group_members",
        sql: "SELECT m.group_id, g.name, g.organization, m.created_at FROM group_members m \
              JOIN user_groups g ON g.id = m.group_id WHERE m.user_id = $1 ORDER BY m.created_at, m.group_id",
        columns: &[("group", Text), ("name", Text), ("organization", Text), ("since", Time)],
    },
    Part {
        table: "role_assignments",
        sql: "SELECT organization, resource, role, created_at FROM role_assignments WHERE principal = $1 \
              ORDER BY created_at, resource, role",
        columns: &[("organization", Text), ("resource", Text), ("role", Text), ("since", Time)],
    },
    Part {
        table: "api_keys",
        sql: "SELECT id, kind, redacted, name, organization, project, created_at, expires_at, last_used_at, revoked_at \
              FROM api_keys WHERE owner_user = $1 ORDER BY created_at, id",
        columns: &[
            ("id", Text),
            ("kind", Text),
            ("redacted", Text),
            ("name", Text),
            ("organization", Text),
            ("project", Text),
            ("created_at", Time),
            ("expires_at", Time),
            ("last_used_at", Time),
            ("revoked_at", Time),
        ],
    },
    Part {
        table: "key_addresses",
        sql: "SELECT a.api_key, a.address, a.first_used_at, a.last_used_at FROM key_addresses a \
              JOIN api_keys k ON k.id = a.api_key WHERE k.owner_user = $1 ORDER BY a.api_key, a.address",
        columns: &[("api_key", Text), ("address", Text), ("first_used_at", Time), ("last_used_at", Time)],
    },
    Part {
        table: "key_profiles",
        sql: "SELECT p.api_key, p.first_used_at, p.models, p.networks, p.countries FROM key_profiles p \
              JOIN api_keys k ON k.id = p.api_key WHERE k.owner_user = $1 ORDER BY p.api_key",
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
        sql: "SELECT s.api_key, s.signal, s.value, s.at, s.figure, s.usual FROM key_signals s \
              JOIN api_keys k ON k.id = s.api_key WHERE k.owner_user = $1 ORDER BY s.at, s.api_key, s.signal, s.value",
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
        table: "usage_days",
        sql: "SELECT organization, project, model, CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM usage_days \
              WHERE owner = $1 GROUP BY organization, project, model ORDER BY organization, project, model",
        columns: &[("organization", Text), ("project", Text), ("model", Text), ("requests", Number)],
    },
    Part {
        table: "sessions",
        sql: "SELECT id, device, network, created_at, seen_at, expires_at, revoked_at FROM sessions WHERE user_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            ("id", Text),
            ("device", Text),
            ("network", Text),
            ("created_at", Time),
            ("last_used_at", Time),
            ("expires_at", Time),
            ("ended_at", Time),
        ],
    },
    Part {
        table: "tokens",
        sql: "SELECT purpose, created_at, expires_at, used_at FROM tokens WHERE user_id = $1 ORDER BY created_at, digest",
        columns: &[("purpose", Text), ("created_at", Time), ("expires_at", Time), ("used_at", Time)],
    },
    Part {
        table: "recovery_codes",
        sql: "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1",
        columns: &[("unused", Number)],
    },
    Part {
        table: "identities",
        sql: "SELECT issuer, subject, created_at FROM identities WHERE user_id = $1 ORDER BY created_at, issuer, subject",
        columns: &[("issuer", Text), ("subject", Text), ("connected_at", Time)],
    },
    Part {
        table: "passkeys",
        sql: "SELECT name, created_at, used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
        columns: &[("name", Text), ("created_at", Time), ("last_used_at", Time)],
    },
    Part {
        table: "invites",
        // Of invitations that the person sent, the copy says when and for which role, and not to whom.
        sql: "SELECT i.organization, u.email, i.role, i.created_at, i.expires_at, i.accepted_at, i.revoked_at \
              FROM invites i LEFT JOIN users u ON u.email = i.email AND u.id = $1 \
              WHERE i.invited_by = $1 OR u.id = $1 ORDER BY i.created_at, i.id",
        columns: &[
            ("organization", Text),
            ("email", Text),
            ("role", Text),
            ("created_at", Time),
            ("expires_at", Time),
            ("accepted_at", Time),
            ("cancelled_at", Time),
        ],
    },
    Part {
        table: "phone_numbers",
        sql: "SELECT organization, number_masked, country, line_type, verified_at FROM phone_numbers WHERE user_id = $1 \
              ORDER BY verified_at, organization",
        columns: &[
            ("organization", Text),
            ("number", Text),
            ("country", Text),
            ("line_type", Text),
            ("verified_at", Time),
        ],
    },
    Part {
        table: "phone_verifications",
        sql: "SELECT organization, number_masked, country, line_type, state, created_at, finished_at \
              FROM phone_verifications WHERE user_id = $1 ORDER BY created_at, id",
        columns: &[
            ("organization", Text),
            ("number", Text),
            ("country", Text),
            ("line_type", Text),
            ("state", Text),
            ("created_at", Time),
            ("finished_at", Time),
        ],
    },
    Part {
        table: "payment_setups",
        sql: "SELECT organization, provider, state, created_at, finished_at FROM payment_setups WHERE user_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            ("organization", Text),
            ("provider", Text),
            ("state", Text),
            ("created_at", Time),
            ("finished_at", Time),
        ],
    },
    Part {
        table: "credit_purchases",
        sql: "SELECT id, organization, way, cents, state, created_at, paid_at FROM credit_purchases WHERE user_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            ("id", Text),
            ("organization", Text),
            ("way", Text),
            ("cents", Number),
            ("state", Text),
            ("created_at", Time),
            ("paid_at", Time),
        ],
    },
    Part {
        table: "identity_attempts",
        sql: "SELECT id, organization, provider, state, document_type, issuing_country, consented_at, submitted_at, \
              created_at, decided_at, redacted_at FROM identity_attempts WHERE user_id = $1 ORDER BY created_at, id",
        columns: &[
            ("id", Text),
            ("organization", Text),
            ("provider", Text),
            ("state", Text),
            ("document_type", Text),
            ("issuing_country", Text),
            ("consented_at", Time),
            ("submitted_at", Time),
            ("created_at", Time),
            ("decided_at", Time),
            ("erased_at", Time),
        ],
    },
    Part {
        table: "document_fingerprints",
        sql: "SELECT organization, verified_at FROM document_fingerprints WHERE user_id = $1 ORDER BY verified_at, organization",
        columns: &[("organization", Text), ("verified_at", Time)],
    },
    Part {
        table: "consents",
        sql: "SELECT id, organization, attempt, text_hash, language, policies, ip, at, withdrawn_at FROM consents \
              WHERE user_id = $1 ORDER BY at, id",
        columns: &[
            ("id", Text),
            ("organization", Text),
            ("attempt", Text),
            ("text_sha256", Text),
            ("language", Text),
            ("policies", Text),
            ("network", Text),
            ("at", Time),
            ("withdrawn_at", Time),
        ],
    },
    Part {
        table: "waiver_requests",
        sql: "SELECT organization, reason, state, answer, created_at, decided_at FROM waiver_requests WHERE user_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            ("organization", Text),
            ("reason", Text),
            ("state", Text),
            ("answer", Text),
            ("created_at", Time),
            ("decided_at", Time),
        ],
    },
    Part {
        table: "audit_events",
        // The address is the one of the client that acted: others who changed something about the person keep theirs.
        sql: "SELECT id, organization, at, action, target_id, details, CASE WHEN actor_id = $1 OR EXISTS \
              (SELECT 1 FROM api_keys k WHERE k.id = actor_id AND k.owner_user = $1) THEN address END \
              FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE actor_id = $1 \
              UNION SELECT e.id FROM api_keys k JOIN audit_events e ON e.actor_id = k.id WHERE k.owner_user = $1 \
              UNION SELECT id FROM audit_events WHERE target_id = $1) ORDER BY at DESC, id LIMIT 10000",
        columns: &[
            ("id", Text),
            ("organization", Text),
            ("at", Time),
            ("action", Text),
            ("target", Text),
            ("details", Text),
            ("address", Text),
        ],
    },
];

/// Reads everything that is kept about a person: the name of each table with its rows.
pub async fn find(tx: &mut Tx, user: &UserId) -> Result<Map<String, Json>, Error> {
    find_parts(tx, PARTS, user.as_str()).await
}
