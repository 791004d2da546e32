//! The names of everything that is recorded.

/// The subject of an action, for people who look for one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// API keys and service accounts.
    Keys,
    /// Members, invitations, groups, roles and accounts.
    People,
    /// Signing in and out.
    SignIn,
    /// Projects and who works in them.
    Projects,
    /// The organization itself.
    Organization,
    /// Phone verification.
    Phone,
    /// Payment methods.
    Payment,
    /// Organization verification and its review.
    Identity,
}

impl Area {
    /// All areas, in the order in which people look for them.
    pub const ALL: [Self; 8] = [
        Self::Keys,
        Self::People,
        Self::SignIn,
        Self::Projects,
        Self::Organization,
        Self::Phone,
        Self::Payment,
        Self::Identity,
    ];

    /// The name used in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::People => "people",
            Self::SignIn => "sign-in",
            Self::Projects => "projects",
            Self::Organization => "organization",
            Self::Phone => "phone",
            Self::Payment => "payment",
            Self::Identity => "identity",
        }
    }

    /// Returns the area of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| area.as_str() == name)
    }

    /// Returns the area of an action; [`Area::Organization`] where no other fits.
    #[must_use]
    pub fn of(action: &str) -> Self {
        match action.split('.').next().unwrap_or_default() {
            "api_key"
            | "service_account"
            | "external_key"
            | "workload_identity"
            | "workload_identity_provider"
            | "workload_identity_provider_mapping" => Self::Keys,
            "user" | "invite" | "group" | "role" => Self::People,
            "login" | "logout" => Self::SignIn,
            "project" | "rate_limit" | "external_storage" => Self::Projects,
            "phone" => Self::Phone,
            "payment" | "credit" | "billing" => Self::Payment,
            "orgv" | "review" => Self::Identity,
            _ => Self::Organization,
        }
    }
}

/// Every action that is recorded. A test searches the sources, so that none is missing here, and the pages have a text
/// for each.
pub const ACTIONS: &[&str] = &[
    "anomaly_settings.updated",
    "api_key.cap_updated",
    "api_key.created",
    "api_key.deleted",
    "api_key.paused",
    "api_key.resumed",
    "api_key.rotated",
    "api_key.sent_in_clear",
    "api_key.updated",
    "billing.low_mark_changed",
    "billing.mode_changed",
    "billing.recharge_changed",
    "billing.resumed",
    "billing.suspended",
    "budget.created",
    "budget.deleted",
    "budget.lease_released",
    "budget.updated",
    "budget_alert.created",
    "budget_alert.deleted",
    "budget_alert.updated",
    "certificate.created",
    "certificate.deleted",
    "certificate.updated",
    "certificates.activated",
    "certificates.deactivated",
    "change.unconfirmed",
    "credit.adjusted",
    "credit.chargeback_reversed",
    "credit.charged_back",
    "credit.expired",
    "credit.granted",
    "credit.purchase_failed",
    "credit.purchase_started",
    "credit.purchased",
    "credit.recharge_paused",
    "credit.recharge_resumed",
    "credit.refund_requested",
    "credit.refunded",
    "external_key.registered",
    "external_key.removed",
    "external_key.validated",
    "external_storage.registered",
    "external_storage.removed",
    "external_storage.validated",
    "group.created",
    "group.deleted",
    "group.updated",
    "invite.accepted",
    "invite.deleted",
    "invite.sent",
    "ip_allowlist.config.activated",
    "ip_allowlist.config.deactivated",
    "ip_allowlist.created",
    "ip_allowlist.deleted",
    "ip_allowlist.updated",
    "login.failed",
    "login.succeeded",
    "logout.failed",
    "logout.succeeded",
    "organization.created",
    "organization.deleted",
    "organization.deletion_cancelled",
    "organization.deletion_requested",
    "organization.exempted",
    "organization.exemption_ended",
    "organization.exported",
    "organization.tagged",
    "organization.tier_changed",
    "organization.updated",
    "orgv.appealed",
    "orgv.approved_while_paused",
    "orgv.cancelled",
    "orgv.consent_declined",
    "orgv.consented",
    "orgv.cooldown",
    "orgv.cooldown_ended",
    "orgv.duplicate",
    "orgv.erased",
    "orgv.exempted",
    "orgv.exemption_ended",
    "orgv.expired",
    "orgv.handoff",
    "orgv.in_review",
    "orgv.link_made",
    "orgv.link_reissued",
    "orgv.override",
    "orgv.owner_changed",
    "orgv.prereq_missing",
    "orgv.provider_down",
    "orgv.rejected",
    "orgv.restored",
    "orgv.reverify_due",
    "orgv.reversed",
    "orgv.revoked",
    "orgv.started",
    "orgv.submitted",
    "orgv.suspended",
    "orgv.verification_ended",
    "orgv.verified",
    "payment.block_ended",
    "payment.card_testing",
    "payment.disputed",
    "payment.exempted",
    "payment.exemption_ended",
    "payment.expiring",
    "payment.grace_ended",
    "payment.method_added",
    "payment.method_removed",
    "payment.method_replaced",
    "payment.setup_expired",
    "payment.setup_failed",
    "payment.setup_started",
    "phone.change_started",
    "phone.code_expired",
    "phone.code_resent",
    "phone.code_sent",
    "phone.code_wrong",
    "phone.delivery_failed",
    "phone.limit_reached",
    "phone.lock_ended",
    "phone.locked",
    "phone.number_changed",
    "phone.provider_down",
    "phone.refused",
    "phone.revoked",
    "phone.unchanged",
    "phone.verified",
    "phone.waived",
    "phone.waiver_ended",
    "phone.waiver_refused",
    "phone.waiver_requested",
    "project.archived",
    "project.created",
    "project.deleted",
    "project.updated",
    "project.user.added",
    "project.user.deleted",
    "project.user.updated",
    "rate_limit.deleted",
    "rate_limit.updated",
    "review.decided",
    "review.held",
    "review.hold_ended",
    "review.hold_proposed",
    "review.picture_viewed",
    "review.proposed",
    "review.ran_out",
    "role.assignment.created",
    "role.assignment.deleted",
    "role.created",
    "role.deleted",
    "role.updated",
    "service_account.created",
    "service_account.deleted",
    "service_account.updated",
    "spend_alert.created",
    "spend_alert.deleted",
    "spend_alert.updated",
    "spend_limit.deleted",
    "spend_limit.updated",
    "user.added",
    "user.deleted",
    "user.deletion_cancelled",
    "user.deletion_requested",
    "user.updated",
    "webhook.created",
    "webhook.deleted",
    "webhook.disabled",
    "webhook.redelivered",
    "webhook.secret_rotated",
    "webhook.tested",
    "webhook.updated",
    "workload_identity.token_issued",
    "workload_identity_provider.created",
    "workload_identity_provider.deleted",
    "workload_identity_provider.updated",
    "workload_identity_provider_mapping.created",
    "workload_identity_provider_mapping.deleted",
    "workload_identity_provider_mapping.updated",
];

#[cfg(test)]
mod tests;
