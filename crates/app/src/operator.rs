//! What the operator sees and decides.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{Event, step};
use keystead_providers::Health;
use keystead_store::Tx;
use keystead_store::tables::organizations;
use keystead_store::tables::reviews::{self, ReviewCase};

use crate::verification::organization::{attempt_state, refused};
use crate::{Actor, App, Error};

/// One organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    /// The id.
    pub id: OrganizationId,
    /// Its label.
    pub name: String,
    /// Where its verification stands, by name.
    pub status: String,
    /// The requirements it meets, and how.
    pub met: String,
}

/// One case that waits for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// `case_…`.
    pub id: String,
    /// Whose, by label.
    pub organization_name: String,
    /// `appeal`, `duplicate` or `review`.
    pub kind: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What the owner wrote.
    pub statement: Option<String>,
    /// Who has already proposed to approve, when two are needed.
    pub proposed_by: Option<String>,
}

/// Everything on the operator's first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Every organization, oldest first.
    pub organizations: Vec<OrganizationRow>,
    /// Cases that wait, what runs out first on top.
    pub cases: Vec<CaseRow>,
    /// Each outside service with `up`, `down`, `unknown` or `off`.
    pub services: Vec<(&'static str, &'static str)>,
    /// Jobs that wait in the outbox.
    pub waiting_jobs: i64,
}

pub(crate) fn operators_only(actor: &Actor) -> Result<(), Error> {
    if matches!(actor, Actor::Operator(_)) {
        return Ok(());
    }
    Err(Error::Forbidden { param: None, message: "Only an operator can do this.".to_owned() })
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
    /// The operator's first page.
    ///
    /// # Errors
    /// For anybody but an operator.
    pub async fn operator_overview(&self, actor: &Actor) -> Result<Overview, Error> {
        operators_only(actor)?;
        let app = self.clone();
        let read = self.store().read("operator_overview", async move |tx: &mut Tx| {
            let mut rows = Vec::new();
            for row in organizations::list(tx).await? {
                let standing = app.standing(tx, &row.id).await?;
                let met = organizations::requirements(tx, &row.id).await?;
                let met: Vec<String> =
                    met.iter().map(|met| format!("{} ({})", met.requirement.as_str(), met.how)).collect();
                rows.push(OrganizationRow {
                    id: row.id,
                    name: row.name,
                    status: standing.status.as_str().to_owned(),
                    met: met.join(", "),
                });
            }
            let mut cases = Vec::new();
            for case in reviews::list_open(tx).await? {
                cases.push(app.case_row(tx, case).await?);
            }
            Ok::<_, Error>((rows, cases))
        });
        let (organizations, cases) = read.await?;
        let services = self.services();
        Ok(Overview {
            organizations,
            cases,
            services: vec![
                ("payment", word(services.payment.as_ref().map(|service| service.health()))),
                ("identity", word(services.identity.as_ref().map(|service| service.health()))),
                ("mail", word(services.mail.as_ref().map(|service| service.health()))),
            ],
            waiting_jobs: self.waiting_jobs().await?.0,
        })
    }

    async fn case_row(&self, tx: &mut Tx, case: ReviewCase) -> Result<CaseRow, Error> {
        let context = format!("review_cases.statement:{}", case.id);
        let statement = match &case.statement_sealed {
            Some(sealed) => Some(self.sealer().open_text(&context, sealed)?.expose().clone()),
            None => None,
        };
        let label = organizations::find(tx, &case.organization).await?.map(|row| row.name);
        Ok(CaseRow {
            id: case.id,
            organization_name: label.unwrap_or_default(),
            kind: case.kind,
            opened_at: case.opened_at,
            statement,
            proposed_by: case.proposed_by,
        })
    }

    /// Decides a case. Approving against a service's "no" needs two people: the first proposes, the second decides
    /// (verification.md 5.3).
    ///
    /// # Errors
    /// For anybody but an operator, without a reason, when it was decided before, or when one person tries twice.
    pub async fn decide_case(&self, actor: &Actor, id: &str, approve: bool, reason: &str) -> Result<(), Error> {
        operators_only(actor)?;
        if reason.trim().is_empty() || reason.chars().count() > 500 {
            return Err(Error::invalid("reason", "Invalid 'reason': say why in 1 to 500 characters."));
        }
        let (app, actor, id, reason) = (self.clone(), actor.clone(), id.to_owned(), reason.to_owned());
        let write = self.store().write("decide_case", async move |tx: &mut Tx| {
            let mut case = reviews::find(tx, &id).await?.ok_or_else(|| Error::not_found("case", id.as_str()))?;
            if case.kind == "review" {
                // Those have reasons from a list: `App::decide_review`.
                return Err(Error::not_found("case", id.as_str()));
            }
            if case.decided_at.is_some() {
                return Err(Error::Conflict { message: "This case was decided before.".to_owned() });
            }
            let overrides = approve && case.kind == "appeal";
            match case.proposed_by.as_deref() {
                None if overrides => {
                    case.state = "proposed".to_owned();
                    case.proposal = Some("approve".to_owned());
                    case.proposed_by = Some(actor.id().to_owned());
                    case.note = Some(reason.clone());
                    reviews::update(tx, &case).await?;
                    return Ok(());
                }
                Some(first) if overrides && first == actor.id() => {
                    let message = "A second person must agree before a decline is overridden.".to_owned();
                    return Err(Error::Forbidden { param: None, message });
                }
                _ => {}
            }
            let organization = case.organization.clone();
            let before = app.standing(tx, &organization).await?;
            let mut live = app.live_attempt(tx, &organization).await?;
            let state = live.as_ref().map(attempt_state).transpose()?;
            let facts = app.facts(tx, &organization, &before, None).await?;
            let next = step(before.status, state, Event::Decide { approve }, facts, app.now()).map_err(refused)?;
            app.apply(tx, &actor, &organization, &before, live.as_mut(), next, Some(reason.clone())).await?;
            case.state = "decided".to_owned();
            case.decision = Some(if approve { "approve" } else { "reject" }.to_owned());
            case.note = Some(reason.clone());
            case.decided_by = Some(actor.id().to_owned());
            case.decided_at = Some(app.now());
            reviews::update(tx, &case).await?;
            Ok::<_, Error>(())
        });
        write.await
    }
}
