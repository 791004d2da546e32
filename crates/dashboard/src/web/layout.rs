//! The layout around every page of a signed-in person: navigation, project switcher, notices.

use crate::pages::organization::credit::{HERE as BILLING, PAYMENT_METHODS};
use crate::pages::organization::unusual_use;
use crate::pages::{budgets, spend, webhooks};
use crate::state::DashboardState;
use crate::web::extract::{Person, Visit};
use crate::web::scope_words::scope_words;
use keystead_core::installation::ConfiguredServices;
use keystead_core::language::Language;
use keystead_core::ledger::BillingMode;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_locales::LocalFormat;
use keystead_locales::Messages;

/// One entry of the navigation.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// One choice of the switcher.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// Everything around the page's own content.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) t: Messages,
    pub(crate) format: LocalFormat,
    pub(crate) language: Language,
    pub(crate) languages: [Language; 3],
    pub(crate) theme: String,
    /// The account's time zone; empty until it is known.
    pub(crate) zone: String,
    pub(crate) operator: String,
    pub(crate) title: String,
    pub(crate) csrf: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) switcher: Vec<(String, Vec<Choice>)>,
    pub(crate) project_entries: Vec<Entry>,
    pub(crate) organization_entries: Vec<Entry>,
    pub(crate) account_entries: Vec<Entry>,
    /// The pages of the console, on each of them.
    pub(crate) console_entries: Vec<Entry>,
    pub(crate) support: Option<String>,
    /// The outside services that are configured; nothing else is offered.
    pub(crate) services: ConfiguredServices,
    pub(crate) here: String,
    pub(crate) done: Option<String>,
    /// What every page says until it has passed.
    pub(crate) notices: Vec<Notice>,
}

/// A notice on every page, with the page that explains it.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) href: String,
    /// The text of the link.
    pub(crate) open: String,
}

/// The page that deletes an account; it shows no notice about itself.
pub(crate) const ACCOUNT_DELETION: &str = "/settings/account/delete";
/// The page that deletes an organization; it shows no notice about itself.
pub(crate) const ORGANIZATION_DELETION: &str = "/settings/organization/delete";

/// The values of `?done=` that show a notice. The list is closed, so that a link cannot show text of its author.
const DONE: &[&str] = &[
    "group-created",
    "group-deleted",
    "group-renamed",
    "person-added",
    "person-removed",
    "role-created",
    "role-deleted",
    "role-given",
    "role-saved",
    "role-taken",
    "organization-deletion-requested",
    "organization-deletion-cancelled",
    "account-deleted",
    "deletion-requested",
    "deletion-cancelled",
    "saved",
    "key-revoked",
    "key-paused",
    "key-resumed",
    "invite-sent",
    "invite-revoked",
    "member-removed",
    "project-created",
    "project-archived",
    "phone-verified",
    "card-removed",
    "refunded",
    "session-ended",
    "mail-sent",
    "password-changed",
    "second-factor-off",
    "passkey-added",
    "passkey-removed",
    "appealed",
    "certificate-uploaded",
    "certificate-activated",
    "certificate-deactivated",
    "certificate-deleted",
    "provider-created",
    "provider-deleted",
    "rule-created",
    "rule-deleted",
    "webhook-deleted",
];

impl Layout {
    /// The layout of a page; `current` is the path of its entry in the navigation.
    pub(crate) fn new(state: &DashboardState, visit: &Visit, title: &str, current: &str) -> Self {
        let t = visit.person.messages;
        let entry =
            |key: &str, path: &str| Entry { label: t.text(key), href: visit.link(path), current: path == current };
        let mut project_entries = vec![entry("nav-dashboard", "/home"), entry("nav-api-keys", "/api-keys")];
        if state.playground.is_some() {
            project_entries.push(entry("nav-playground", "/playground"));
        }
        project_entries.extend([entry("nav-usage", "/usage"), entry("nav-limits", "/limits")]);
        let mut organization_entries = vec![
            entry("nav-general", "/settings/organization/general"),
            entry("nav-members", "/settings/organization/members"),
        ];
        if visit.holds(Scope::GroupsRead) {
            organization_entries.push(entry("nav-groups", "/settings/organization/groups"));
        }
        if visit.holds(Scope::RolesRead) {
            organization_entries.push(entry("nav-roles", "/settings/organization/roles"));
        }
        organization_entries.extend([
            entry("nav-projects", "/settings/organization/projects"),
            entry("nav-admin-keys", "/settings/organization/admin-keys"),
            entry("nav-unusual-use", unusual_use::HERE),
        ]);
        if visit.sees_usage() {
            organization_entries.push(entry("nav-spend", spend::HERE));
        }
        organization_entries.push(entry("nav-budgets", budgets::HERE));
        // Only owners may open the page.
        if visit.owner() {
            organization_entries.push(entry("nav-billing", billing_entry(state, visit)));
        }
        organization_entries.extend([
            entry("nav-network", "/settings/organization/network"),
            entry("nav-certificates", "/settings/organization/certificates"),
            entry("nav-workloads", "/settings/organization/workload-identity"),
            entry("nav-webhooks", webhooks::HERE),
            entry("nav-audit-log", "/settings/organization/audit-log"),
        ]);
        let mut account_entries =
            vec![entry("nav-account", "/settings/account"), entry("nav-security", "/settings/account/security")];
        if visit.person.session.operator || visit.person.session.operator_waits {
            account_entries.push(entry("nav-operator", "/operator"));
        }
        let switcher = visit
            .choices
            .iter()
            .map(|organization| {
                let choice = |project: &keystead_app::organizations::ProjectChoice| Choice {
                    label: t.project(project.is_default, &project.name),
                    href: format!("{current}?project={}", project.id),
                    current: project.id == visit.project.id,
                };
                (organization.name.clone(), organization.projects.iter().map(choice).collect())
            })
            .collect();
        let role = if visit.organization.holds_role {
            role_words(visit.organization.role)
        } else {
            // Every page of the organization says so.
            project_entries.clear();
            organization_entries.clear();
            "role-missing"
        };
        let own = Self::bare(state, &visit.person, title);
        Self {
            notices: own.notices.iter().cloned().chain(organization_notice(visit)).collect(),
            organization: visit.organization.name.clone(),
            project: t.project(visit.project.is_default, &visit.project.name),
            role: t.text(role),
            switcher,
            project_entries,
            organization_entries,
            account_entries,
            ..own
        }
    }

    /// The layout of a page of the person's own account, without an organization.
    pub(crate) fn own(state: &DashboardState, person: &Person, title: &str, current: &str) -> Self {
        let entry = |key: &str, path: &str| Entry {
            label: person.messages.text(key),
            href: path.to_owned(),
            current: path == current,
        };
        let mut account_entries =
            vec![entry("nav-security", "/settings/account/security"), entry("deletion", ACCOUNT_DELETION)];
        if person.session.operator || person.session.operator_waits {
            account_entries.push(entry("nav-operator", "/operator"));
        }
        Self { account_entries, ..Self::bare(state, person, title) }
    }

    /// The layout of pages before the person has an organization.
    pub(crate) fn bare(state: &DashboardState, person: &Person, title: &str) -> Self {
        let t = person.messages;
        let settings = state.app.settings();
        let done = person.query.get("done").filter(|done| DONE.contains(&done.as_str()));
        Self {
            t,
            format: person.format.clone(),
            language: t.0,
            languages: Language::ALL,
            theme: person.session.theme.clone(),
            zone: person.session.time_zone.clone(),
            operator: settings.operator.clone(),
            title: title.to_owned(),
            csrf: person.session.csrf.clone(),
            name: person.session.name.clone(),
            role: person.session.email.clone(),
            organization: String::new(),
            project: String::new(),
            switcher: Vec::new(),
            project_entries: Vec::new(),
            organization_entries: Vec::new(),
            account_entries: Vec::new(),
            console_entries: Vec::new(),
            support: settings.support_email.clone(),
            services: state.app.configured_services(),
            here: person.path.clone(),
            done: done.map(|done| t.text(&format!("done-{done}"))),
            notices: account_notice(person).into_iter().collect(),
        }
    }
}

/// The notice that the account will be deleted.
fn account_notice(person: &Person) -> Option<Notice> {
    let at = person.session.deletion_at.filter(|_| !person.path.starts_with(ACCOUNT_DELETION))?;
    Some(Notice {
        text: person.messages.text_with("deletion-notice", "when", person.format.exact(&at)),
        href: ACCOUNT_DELETION.to_owned(),
        open: person.messages.text("deletion-notice-open"),
    })
}

/// The notice for owners that the organization will be deleted.
fn organization_notice(visit: &Visit) -> Option<Notice> {
    let person = &visit.person;
    let shown = visit.owner() && !person.path.starts_with(ORGANIZATION_DELETION);
    let when = person.format.exact(&visit.organization.deletion_at.filter(|_| shown)?);
    let arguments = [("organization", visit.organization.name.as_str()), ("when", when.as_str())];
    Some(Notice {
        text: person.messages.text_with_all("organization-deletion-notice", &arguments),
        href: visit.link(ORGANIZATION_DELETION),
        open: person.messages.text("deletion-notice-open"),
    })
}

impl Layout {
    /// A permission of a key in words.
    pub(crate) fn scope(&self, literal: &str) -> String {
        scope_words(self.t, literal)
    }

    /// A card's brand as people write it; the payment service uses lower case.
    pub(crate) fn brand(&self, name: &str) -> String {
        match name {
            "amex" => "American Express".to_owned(),
            "jcb" => "JCB".to_owned(),
            "unionpay" => "UnionPay".to_owned(),
            "diners" => "Diners Club".to_owned(),
            other => {
                let mut letters = other.chars();
                letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
            }
        }
    }
}

/// The first page of billing: credit where organizations pay and the visitor may see it, and payment methods otherwise.
pub(crate) fn billing_entry(state: &DashboardState, visit: &Visit) -> &'static str {
    match state.app.settings().billing_mode {
        BillingMode::Prepaid | BillingMode::Postpaid if visit.sees_usage() => BILLING,
        BillingMode::None | BillingMode::Prepaid | BillingMode::Postpaid => PAYMENT_METHODS,
    }
}

/// The role of a member in the organization, by the key of its words.
pub(crate) const fn role_words(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Owner => "role-owner",
        OrganizationRole::Reader => "role-reader",
        OrganizationRole::None => "role-assigned",
    }
}
