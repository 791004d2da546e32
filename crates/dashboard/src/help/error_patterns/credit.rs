//! Messages about credit and billing.

use super::Pattern;

pub(super) const MESSAGES: &[Pattern] = &[
    (&["of prepaid credit"], "credit"),
    (&["exceeded your current quota", "of prepaid credit"], "credit"),
    (&["exceeded your current quota", "of prepaid credit", "usd are spent, and this request may cost up to"], "credit"),
    (&["your account is not active, please check your billing details"], "credit"),
    (&["invalid 'amount_in_cents'"], "credit"),
    (&["invalid 'below_in_cents'"], "credit"),
    (&["invalid 'monthly_ceiling_in_cents'"], "credit"),
    (&["invalid 'expires_at': must be in the future"], "credit"),
    (&["invalid 'expires_at': must be within ten years"], "credit"),
    (&["invalid 'priority'"], "credit"),
    (&["invalid 'idempotency_key'"], "credit"),
    (&["invalid 'mode': must be one of default"], "credit"),
    (&["this idempotency key was used"], "credit"),
    (&["more would be paid back than was paid"], "credit"),
    (&["the balance would be out of range"], "credit"),
    (&["was posted with another amount"], "credit"),
    (&["was posted to another ledger"], "credit"),
    (&["no such payment for credit"], "credit"),
    (&["no such dispute"], "credit"),
    (&["no such purchase"], "credit"),
    (&["no credit is sold to this organization"], "credit"),
    (&["billing of this organization is suspended"], "credit"),
    (&["the idempotency key was used for another"], "credit"),
    (&["this purchase is not paid"], "credit"),
    (&["bank has taken this purchase back"], "credit"),
    (&["all of this purchase is paid back"], "credit"),
    (&["of this purchase", "are not spent"], "credit"),
    (&["no payment method is on file"], "payment-method"),
];
