//! The names of everything that is recorded.

/// The subject of an action, for people who look for one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// API keys and service accounts.
    Keys,
    /// Members, invitations and accounts.
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
            "api_key" | "service_account" => Self::Keys,
            "user" | "invite" => Self::People,
            "login" | "logout" => Self::SignIn,
            "project" | "rate_limit" => Self::Projects,
            "phone" => Self::Phone,
            "payment" => Self::Payment,
            "orgv" | "review" => Self::Identity,
            _ => Self::Organization,
        }
    }
}

/// Every action that is recorded. A test searches the sources, so that none is missing here, and the pages have a text
/// for each.
pub const ACTIONS: &[&str] = &[
    "api_key.created",
    "api_key.deleted",
    "api_key.rotated",
    "api_key.sent_in_clear",
    "api_key.updated",
    "change.unconfirmed",
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
    "logout.succeeded",
    "organization.created",
    "organization.exempted",
    "organization.exemption_ended",
    "organization.tagged",
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
    "project.archived",
    "project.created",
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
    "service_account.created",
    "service_account.deleted",
    "service_account.updated",
    "user.added",
    "user.deleted",
    "user.updated",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::{ACTIONS, Area};

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(sources(&path)) } else { found.push(path) }
        }
        found
    }

    /// Texts in quotes that look like `family.verb`.
    fn dotted(code: &str) -> impl Iterator<Item = &str> {
        code.split('"').skip(1).step_by(2).filter(|text| {
            let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            text.contains('.') && text.split('.').all(plain)
        })
    }

    #[test]
    fn everything_that_is_recorded_stands_in_the_list() {
        // Names of jobs in the queue and of actions that policies decide about; neither is an audit event.
        let others = [
            "api_key.create",
            "organization.create",
            "organization.verify",
            "payment.cancel",
            "payment.detach",
            "payment.look",
            "payment.poll",
            "phone.cancel",
        ];
        let families: BTreeSet<&str> = ACTIONS.iter().filter_map(|action| action.split('.').next()).collect();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut written = BTreeSet::new();
        for path in [crates.join("app/src"), crates.join("core/src")].iter().flat_map(|folder| sources(folder)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with("tests.rs") || name == "actions.rs" || !name.ends_with(".rs") {
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.replace("'\"'", "").replace("\\\"", "");
            // Every action given to `record` must be known, in any family.
            for part in code.split("action: \"").skip(1) {
                written.insert(part.split('"').next().unwrap().to_owned());
            }
            let known = |text: &&str| families.contains(text.split('.').next().unwrap_or_default());
            written.extend(dotted(&code).filter(known).map(str::to_owned));
        }
        written.retain(|text| !others.contains(&text.as_str()));
        let listed: BTreeSet<String> = ACTIONS.iter().map(|action| (*action).to_owned()).collect();
        assert_eq!(written, listed);
        assert!(ACTIONS.is_sorted(), "in order");
    }

    #[test]
    fn areas_have_names_of_their_own() {
        for area in Area::ALL {
            assert_eq!(Area::from_name(area.as_str()), Some(area));
            assert!(ACTIONS.iter().any(|action| Area::of(action) == area), "{area:?}");
        }
        assert_eq!(Area::of("project.user.added"), Area::Projects);
        assert_eq!(Area::from_name("x"), None);
    }
}
