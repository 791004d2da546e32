//! The budgets, alerts, tier, credit and payments in the copy.

use super::Kind::{Flag, Number, Structure, Text, Time};
use super::Part;

pub(super) const BUDGETS: Part = Part {
    table: "budgets",
    sql: "SELECT id, subject, terms, zone, most, most_picos, created_at, updated_at FROM budgets \
          WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("budget_of", Text),
        ("terms", Text),
        ("time_zone", Text),
        ("most", Number),
        ("most_picos", Number),
        ("created_at", Time),
        ("updated_at", Time),
    ],
};

pub(super) const SPEND_ALERTS: Part = Part {
    table: "spend_alerts",
    sql: "SELECT id, subject, cents, recipients, subject_prefix, created_at, reached_at FROM spend_alerts \
          WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("alert_of", Text),
        ("cents", Number),
        ("recipients", Structure),
        ("subject_prefix", Text),
        ("created_at", Time),
        ("last_reached_at", Time),
    ],
};

pub(super) const ORGANIZATION_TIERS: Part = Part {
    table: "organization_tiers",
    sql: "SELECT tier, since, set_by, first_paid_at FROM organization_tiers WHERE organization = $1",
    columns: &[("tier", Number), ("since", Time), ("set_by", Text), ("first_paid_at", Time)],
};

pub(super) const CREDIT_ACCOUNTS: Part = Part {
    table: "credit_accounts",
    sql: "SELECT chosen_mode, applied_mode, suspended_at, suspended_for, recharge_below, recharge_amount, recharge_ceiling, \
          low_mark, updated_at FROM credit_accounts WHERE organization = $1",
    columns: &[
        ("chosen_mode", Text),
        ("mode", Text),
        ("suspended_at", Time),
        ("suspended_for", Text),
        ("recharge_below_micros", Number),
        ("recharge_micros", Number),
        ("recharge_monthly_ceiling_micros", Number),
        ("low_mark_micros", Number),
        ("updated_at", Time),
    ],
};

pub(super) const CREDIT_LOTS: Part = Part {
    table: "credit_lots",
    sql: "SELECT id, kind, micros, priority, expires_at, created_at, closed_at FROM credit_lots \
          WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("kind", Text),
        ("micros", Number),
        ("priority", Number),
        ("expires_at", Time),
        ("created_at", Time),
        ("expired_at", Time),
    ],
};

pub(super) const LEDGER_TRANSACTIONS: Part = Part {
    table: "ledger_transactions",
    sql: "SELECT id, kind, created_at, payment, lot, window_start, reason FROM ledger_transactions \
          WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("kind", Text),
        ("created_at", Time),
        ("payment", Text),
        ("lot", Text),
        ("month", Time),
        ("reason", Text),
    ],
};

pub(super) const LEDGER_ENTRIES: Part = Part {
    table: "ledger_entries",
    sql: "SELECT transaction_id, account, micros FROM ledger_entries \
          WHERE organization = $1 ORDER BY transaction_id, account LIMIT 20000",
    columns: &[("transaction", Text), ("account", Text), ("micros", Number)],
};

pub(super) const BUDGET_ALERTS: Part = Part {
    table: "budget_alerts",
    sql: "SELECT id, budget, percent, amount, recipients, owners, webhooks, created_at, reached_at FROM budget_alerts \
          WHERE organization = $1 ORDER BY created_at, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("budget", Text),
        ("percent", Number),
        ("amount", Number),
        ("recipients", Structure),
        ("owners", Flag),
        ("webhooks", Structure),
        ("created_at", Time),
        ("last_reached_at", Time),
    ],
};

pub(super) const PAYMENT_METHODS: Part = Part {
    table: "payment_methods",
    sql: "SELECT id, brand, last4, expires_month, expires_year, is_default, created_at, removed_at \
          FROM payment_methods WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("brand", Text),
        ("last4", Text),
        ("expires_month", Number),
        ("expires_year", Number),
        ("is_default", Flag),
        ("created_at", Time),
        ("removed_at", Time),
    ],
};

pub(super) const CREDIT_PURCHASES: Part = Part {
    table: "credit_purchases",
    sql: "SELECT id, user_id, way, cents, state, reason, receipt_url, created_at, paid_at, finished_at \
          FROM credit_purchases WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("user", Text),
        ("way", Text),
        ("cents", Number),
        ("state", Text),
        ("reason", Text),
        ("receipt_url", Text),
        ("created_at", Time),
        ("paid_at", Time),
        ("finished_at", Time),
    ],
};

pub(super) const CREDIT_REVERSALS: Part = Part {
    table: "credit_reversals",
    sql: "SELECT id, purchase, kind, cents, state, created_at, changed_at \
          FROM credit_reversals WHERE organization = $1 ORDER BY created_at DESC, id LIMIT 20000",
    columns: &[
        ("id", Text),
        ("purchase", Text),
        ("kind", Text),
        ("cents", Number),
        ("state", Text),
        ("created_at", Time),
        ("changed_at", Time),
    ],
};
