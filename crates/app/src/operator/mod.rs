//! The operator's views and decisions.

mod all_organizations;
mod gateways;
pub mod policies;

pub use all_organizations::KnownOrganization;
pub use gateways::GatewaysView;

use keystead_core::anomaly::{REMEMBERED_DAYS, SIGNALS_KEPT_DAYS};
use keystead_core::caller::{Caller, Owner};
use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::{ActorId, OrganizationId};
use keystead_core::key::KeyKind;
use keystead_core::tier::Tier;
use keystead_core::time::Timestamp;
use keystead_core::verification::number::{LineVerdict, line_verdict};
use keystead_core::verification::payment::PaymentState;
use keystead_core::verification::review::CaseKind;
use keystead_core::verification::signals::ADDRESS_DAYS;
use keystead_providers::Health;
use keystead_store::Tx;
use keystead_store::tables::reviews;
use keystead_store::tables::{
    accounts, identity_attempts, legal_holds, organization_deletions, organization_tiers, organizations, phones,
    retention, users,
};

use crate::organizations::second_factor_policy::has_second_factor;
use crate::review::attempt_held_until;
use crate::validate::operators_only;
use crate::verification::organization::apply::read_statement;
use crate::verification::organization::state::load_verification;
use crate::verification::payment::status::payment_requirement;
use crate::verification::signals::organization_signals;
use crate::{Actor, App, Codes, Error};

/// One organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    /// The id.
    pub id: OrganizationId,
    /// Its label.
    pub name: String,
    /// The status of its verification, by name.
    pub status: String,
    /// The requirements it meets, and how.
    pub met: Vec<(Requirement, Fulfilment)>,
    /// The operator's tags for it.
    pub tags: Vec<String>,
    /// Its usage tier; `None` where the installation has no tiers.
    pub tier: Option<Tier>,
    /// When it will be deleted, if an owner asked for that.
    pub deletion_at: Option<Timestamp>,
    /// Whether it was deleted; its identity data is not erased yet.
    pub deleted: bool,
    /// What the operator should look at, by name: `deleted`, `identity`, `erasure_late`, `payment_blocked`,
    /// `payment_attention`, `line_unknown`, and the signals of [`keystead_core::verification::signals`].
    pub attention: Vec<&'static str>,
}

/// One case that waits for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// `case_…`.
    pub id: String,
    /// The organization, by label.
    pub organization_name: String,
    /// Why it was opened.
    pub kind: CaseKind,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What the owner wrote.
    pub statement: Option<String>,
    /// Who has already proposed to approve, when two are needed.
    pub proposed_by: Option<ActorId>,
    /// Unusual signals about the organization: a reason for a closer look, not for a refusal.
    pub signals: Vec<&'static str>,
}

/// A case with pictures under a legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// `case_…`.
    pub id: String,
    /// The organization, by label; by id when it was deleted.
    pub organization_name: String,
    /// When the hold ends.
    pub until: Timestamp,
}

/// Everything on the operator's first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Every organization that was not deleted, or has identity data that is not erased yet, oldest first.
    pub organizations: Vec<OrganizationRow>,
    /// Cases with pictures under a legal hold, also of deleted organizations; the one that ends first is first.
    pub held: Vec<HeldRow>,
    /// Open cases; the one with the earliest deadline comes first.
    pub cases: Vec<CaseRow>,
    /// Each outside service with `up`, `down`, `unknown` or `off`.
    pub services: Vec<(&'static str, &'static str)>,
    /// Jobs that wait in the queue.
    pub waiting_jobs: i64,
    /// Whether every gateway has applied every change.
    pub gateways: GatewaysView,
}

/// The state of the outside services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthView {
    /// Each with `up`, `down`, `unknown` or `off`.
    pub services: Vec<(&'static str, &'static str)>,
    /// Jobs that wait in the queue.
    pub waiting_jobs: i64,
    /// Since when the oldest of them is due.
    pub oldest_due: Option<Timestamp>,
    /// Whether every gateway has applied every change.
    pub gateways: GatewaysView,
}

/// One kind of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptView {
    /// The kind, by name.
    pub what: &'static str,
    /// The number of rows.
    pub rows: i64,
    /// The oldest.
    pub oldest: Option<Timestamp>,
    /// Days after which it is deleted; `None` when it is kept as long as what it belongs to.
    pub days: Option<i64>,
}

/// Seconds after which an erasure that a service has not confirmed is reported to the operator.
const ERASURE_LATE: i64 = 3 * 86_400;
/// Days after which the cleanup deletes things.
pub(crate) const KEPT_DAYS: [(&str, i64); 10] = [
    ("phone_verifications", 30),
    ("line_lookups", 30),
    ("limit_hits", 31),
    ("key_addresses", 30),
    ("key_profiles", REMEMBERED_DAYS),
    ("key_signals", SIGNALS_KEPT_DAYS),
    ("invites", 30),
    ("document_fingerprints", 90),
    ("address_fingerprints", ADDRESS_DAYS),
    // Proof of consent is kept as long as a person may ask for it.
    ("consents", 3 * 365),
];

/// Returns the days of one kind; `None` when it is kept as long as what it belongs to.
pub(crate) fn kept_days(what: &str) -> Option<i64> {
    KEPT_DAYS.iter().find(|(name, _)| *name == what).map(|(_, days)| *days)
}

fn unguarded() -> Error {
    Error::Forbidden {
        param: None,
        message: "Operators need a second step: set up an authenticator app or a passkey in the security settings of \
                  your account, then this key works."
            .to_owned(),
    }
}

const fn word(health: Option<Health>) -> &'static str {
    match health {
        None => "off",
        Some(Health::Up) => "up",
        Some(Health::Down) => "down",
        Some(Health::Unknown) => "unknown",
    }
}

impl App {
    /// Returns the operator's first page.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn operator_overview(&self, actor: &Actor) -> Result<Overview, Error> {
        operators_only(actor)?;
        let (organizations, cases, held) = read_tx!(self.store(), "operator_overview", |tx| {
            let mut rows = Vec::new();
            for row in organizations::list(tx).await? {
                let deleted = row.deactivated_at.is_some();
                if deleted && !erasure_waits(tx, &row.id).await? {
                    continue;
                }
                let verification = load_verification(tx, &row.id).await?;
                let met = organizations::requirements(tx, &row.id).await?;
                let met = met.iter().filter(|met| met.holds(self.now())).map(|met| (met.requirement, met.how));
                let met = met.collect();
                let deletion = organization_deletions::find(tx, &row.id).await?;
                let tier = organization_tiers::find(tx, &row.id).await?.map(|state| state.tier).unwrap_or_default();
                rows.push(OrganizationRow {
                    tier: Some(tier).filter(|_| !self.settings().tiers.is_empty()),
                    deletion_at: deletion.map(|deletion| deletion.due_at),
                    id: row.id.clone(),
                    name: row.name,
                    tags: row.tags,
                    status: verification.status.as_str().to_owned(),
                    met,
                    attention: attention_of_organization(self, tx, &row.id, deleted).await?,
                    deleted,
                });
            }
            Ok((rows, case_rows(self, tx).await?, held_rows(self, tx).await?))
        })?;
        let (waiting_jobs, _) = self.waiting_jobs().await?;
        let gateways = self.gateways().await?;
        Ok(Overview { organizations, held, cases, services: service_health(self), waiting_jobs, gateways })
    }

    /// Returns the operator who owns an admin key: a person with a confirmed address that the configuration names, as
    /// for the console. A key has no second step of its own, so in production its owner must have a second factor: a
    /// password alone must not be enough to get the rights of an operator.
    ///
    /// # Errors
    /// When the key does not belong to an operator, or in production when the operator has no second factor.
    pub async fn operator_behind(&self, caller: &Caller) -> Result<Actor, Error> {
        let forbidden = || Error::Forbidden {
            param: None,
            message: "Only an operator of this installation can do this.".to_owned(),
        };
        let Owner::User(user) = &caller.owner else { return Err(forbidden()) };
        if caller.kind != KeyKind::Admin {
            return Err(forbidden());
        }
        let read = read_tx!(self.store(), "operator_behind", |tx| {
            let confirmed = accounts::find(tx, user).await?.is_some_and(|row| row.confirmed_at.is_some());
            let person = users::find(tx, user).await?.filter(|row| confirmed && row.deactivated_at.is_none());
            Ok(person.zip(Some(has_second_factor(tx, user).await?)))
        });
        match read? {
            Some((user, guarded)) if self.settings().is_operator(&user.email) => {
                if guarded || self.settings().development { Ok(Actor::operator(user.email)) } else { Err(unguarded()) }
            }
            _ => Err(forbidden()),
        }
    }

    /// Returns the state of the outside services and the number of jobs that wait for them, for the operator.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn provider_health(&self, actor: &Actor) -> Result<HealthView, Error> {
        operators_only(actor)?;
        let (waiting_jobs, oldest_due) = self.waiting_jobs().await?;
        Ok(HealthView { services: service_health(self), waiting_jobs, oldest_due, gateways: self.gateways().await? })
    }

    /// Lists the cases that people must decide.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn open_cases(&self, actor: &Actor) -> Result<Vec<CaseRow>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "open_cases", |tx| case_rows(self, tx).await)
    }

    /// Reports which personal data is kept, how old the oldest is and when it is deleted.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn retention_report(&self, actor: &Actor) -> Result<Vec<KeptView>, Error> {
        operators_only(actor)?;
        let biometrics = self.settings().biometrics_days.clamp(0, 7);
        let kept =
            read_tx!(self.store(), "retention_report", |tx| Ok(retention::list(tx).await?))?.into_iter().map(|kept| {
                let days = match kept.what {
                    "pictures" | "provider_copies" => Some(biometrics),
                    other => kept_days(other),
                };
                KeptView { what: kept.what, rows: kept.rows, oldest: kept.oldest, days }
            });
        Ok(kept.collect())
    }
}

/// Returns each outside service with `up`, `down`, `unknown` or `off`.
fn service_health(app: &App) -> Vec<(&'static str, &'static str)> {
    let services = app.services();
    vec![
        ("sms", word(services.codes.as_ref().map(Codes::health))),
        ("sms_fallback", word(services.codes_fallback.as_ref().map(Codes::health))),
        ("payment", word(services.payment.as_ref().map(|service| service.health()))),
        ("identity", word(services.identity.as_ref().map(|service| service.health()))),
        ("mail", word(services.mail.as_ref().map(|service| service.health()))),
    ]
}

/// Whether an identity service or the built-in reviewer still has data of an organization.
async fn erasure_waits(tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    let attempts = identity_attempts::list(tx, organization).await?;
    let begun = |row: &identity_attempts::IdentityAttempt| row.reference.is_some() || row.redact_at.is_some();
    Ok(attempts.iter().any(|row| row.redacted_at.is_none() && begun(row)))
}

/// Lists the cases with pictures under a legal hold.
async fn held_rows(app: &App, tx: &mut Tx) -> Result<Vec<HeldRow>, Error> {
    let mut rows = Vec::new();
    for hold in legal_holds::list_in_force(tx, app.now()).await? {
        let label = organizations::find(tx, &hold.organization).await?.map(|row| row.name);
        rows.push(HeldRow {
            id: hold.case.to_string(),
            organization_name: label.unwrap_or_default(),
            until: hold.until,
        });
    }
    Ok(rows)
}

/// Returns what the operator should look at in an organization, by name.
async fn attention_of_organization(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    deleted: bool,
) -> Result<Vec<&'static str>, Error> {
    let mut names = if deleted { vec!["deleted"] } else { Vec::new() };
    let attempts = identity_attempts::list(tx, organization).await?;
    if attempts.iter().any(|row| row.needs_attention) {
        names.push("identity");
    }
    let late = |row: &&identity_attempts::IdentityAttempt| {
        row.redacted_at.is_none() && row.redact_at.is_some_and(|at| app.now().since(at) > ERASURE_LATE)
    };
    for row in attempts.iter().filter(late) {
        // Data under a legal hold is kept until its date.
        if attempt_held_until(tx, &row.id, app.now()).await?.is_none() {
            names.push("erasure_late");
            break;
        }
    }
    match payment_requirement(tx, organization).await?.0.state {
        PaymentState::Blocked => names.push("payment_blocked"),
        PaymentState::Attention => names.push("payment_attention"),
        PaymentState::None | PaymentState::Pending | PaymentState::Active | PaymentState::Exempt => {}
    }
    let line = phones::find_number(tx, organization).await?.map(|row| row.line_type);
    if line.is_some_and(|line| line_verdict(line, &app.settings().lines) == LineVerdict::Review) {
        names.push("line_unknown");
    }
    names.extend(organization_signals(app, tx, organization).await?);
    Ok(names)
}

/// Lists the cases that people must decide; the one with the earliest deadline comes first.
async fn case_rows(app: &App, tx: &mut Tx) -> Result<Vec<CaseRow>, Error> {
    let mut rows = Vec::new();
    for case in reviews::list_open(tx).await? {
        let label = organizations::find(tx, &case.organization).await?.map(|row| row.name);
        rows.push(CaseRow {
            statement: read_statement(app, &case)?,
            signals: organization_signals(app, tx, &case.organization).await?,
            id: case.id.to_string(),
            organization_name: label.unwrap_or_default(),
            kind: case.kind,
            opened_at: case.opened_at,
            proposed_by: case.proposed_by,
        });
    }
    Ok(rows)
}
