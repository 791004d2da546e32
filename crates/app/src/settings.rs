//! The operator's settings for verification, besides the rules.

use keystead_core::budget::BudgetZone;
use keystead_core::language::Language;
use keystead_core::ledger::BillingMode;
use keystead_core::purchase::bounds::PurchaseBounds;
use keystead_core::tier::TierTable;
use keystead_core::verification::number::LinePolicy;
use keystead_core::verification::organization::same_document;
use keystead_core::verification::phone_sharing;

/// The operator's settings, with the defaults of a new installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Countries to which codes are sent; empty is every country.
    pub phone_countries: Vec<String>,
    /// The accepted line types.
    pub lines: LinePolicy,
    /// Days after a change of the SIM card during which a number may not replace another; 0 switches the check off.
    pub sim_swap_days: u16,
    /// Codes sent in one day by the whole installation.
    pub daily_codes: i64,
    /// Organizations that one number may verify.
    pub organizations_per_number: usize,
    /// Organizations one document may verify in ninety days when they have the same owner.
    pub organizations_per_document: usize,
    /// Days after which a verification must be renewed; by default it does not expire.
    pub reverify_after_days: Option<i64>,
    /// Days within which an organization must be verified again after its owners change; by default it need not be.
    pub reverify_new_owner_days: Option<i64>,
    /// Days that pictures and faces are kept, here and at the service; at most seven.
    pub biometrics_days: i64,
    /// Days from the request to delete an account until it is deleted, in which the person can cancel.
    pub deletion_days: i64,
    /// Days from the request to delete an organization until it is deleted, in which an owner can cancel.
    pub organization_deletion_days: i64,
    /// The name of the operator, as people see it.
    pub operator: String,
    /// Where people get help.
    pub support_email: Option<String>,
    /// Whether organizations may ask for a waiver of the phone requirement.
    pub waiver_requests: bool,
    /// The operator's privacy policy.
    pub privacy_policy_url: Option<String>,
    /// The contact for questions about personal data.
    pub data_protection_contact: Option<String>,
    /// Addresses of people who may open the operator's console.
    pub operator_emails: Vec<String>,
    /// Whether operators get a mail about each case that needs a decision.
    pub case_mails: bool,
    /// Whether a trusted proxy reports the certificates of clients, so that active certificates are checked.
    pub client_certificates: bool,
    /// How organizations pay, unless an operator chose something else for one.
    pub billing_mode: BillingMode,
    /// Days after which bought credit expires; by default it does not.
    pub purchased_credit_days: Option<i64>,
    /// How much credit organizations may buy.
    pub purchases: PurchaseBounds,
    /// The time zone by which the periods of new budgets begin.
    pub budget_zone: BudgetZone,
    /// The language of mails to people without a known language.
    pub language: Language,
    /// The usage tiers; empty where there are none.
    pub tiers: TierTable,
    /// Whether this is a development installation; some things are only said there.
    pub development: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            phone_countries: Vec::new(),
            lines: LinePolicy::default(),
            sim_swap_days: 0,
            daily_codes: 1_000,
            organizations_per_number: phone_sharing::MOST_ORGANIZATIONS,
            organizations_per_document: same_document::SAME_OWNER,
            reverify_after_days: None,
            reverify_new_owner_days: None,
            biometrics_days: 7,
            deletion_days: 14,
            organization_deletion_days: 14,
            operator: "Keystead".to_owned(),
            support_email: None,
            waiver_requests: true,
            privacy_policy_url: None,
            data_protection_contact: None,
            operator_emails: Vec::new(),
            case_mails: true,
            client_certificates: false,
            billing_mode: BillingMode::None,
            purchased_credit_days: None,
            purchases: PurchaseBounds::default(),
            budget_zone: BudgetZone::UTC,
            language: Language::English,
            tiers: TierTable::default(),
            development: true,
        }
    }
}

impl Settings {
    /// Whether this address belongs to a person who runs the installation.
    #[must_use]
    pub fn is_operator(&self, email: &str) -> bool {
        self.operator_emails.iter().any(|known| known.eq_ignore_ascii_case(email))
    }
}
