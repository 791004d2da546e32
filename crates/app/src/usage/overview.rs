//! What the first page says about a project, counted in the store.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::Quantities;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, ProjectKeys};
use keystead_store::tables::refusals::{self, RefusedCall};
use keystead_store::tables::usage::{self, UsageQuery};

use super::ONE_BUCKET;
use crate::keys::find::visible_owner;
use crate::projects::project_of;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// The project, and when the reader's day and month began.
#[derive(Debug, Clone)]
pub struct OverviewRequest {
    /// The project.
    pub project: ProjectId,
    /// The beginning of today.
    pub today: Timestamp,
    /// The beginning of this month.
    pub month: Timestamp,
}

/// The numbers of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its keys; only their own for people who do not administer it.
    pub keys: ProjectKeys,
    /// Whether all keys of the project are counted.
    pub all_keys: bool,
    /// Usage and cost of today.
    pub today: (Quantities, Amount),
    /// Usage and cost of this month.
    pub month: (Quantities, Amount),
    /// How many requests rules refused today.
    pub refused_today: i64,
    /// The last requests that rules refused, newest first; five at most.
    pub refused: Vec<RefusedCall>,
    /// Whether there are more of them.
    pub more_refused: bool,
}

impl App {
    /// Returns the numbers of a project for its first page.
    ///
    /// # Errors
    /// When the caller is not a member, or when the project is missing.
    pub async fn overview(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        request: &OverviewRequest,
    ) -> Result<Overview, Error> {
        const SHOWN: u32 = 5;
        let now = self.now();
        read_tx!(self.store(), "overview", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let project = &request.project;
            project_of(tx, organization, project).await?;
            let owner = visible_owner(self, tx, actor, organization, project).await?;
            let times = (now, now.plus(7 * DAY), now.plus(-30 * DAY));
            let mut refused =
                refusals::list_of_project(tx, organization, project, now.plus(-30 * DAY), SHOWN + 1).await?;
            let more_refused = refused.len() > SHOWN as usize;
            refused.truncate(SHOWN as usize);
            let today = refusals::count_by_day(tx, organization, Some(project), request.today, now.plus(1)).await?;
            Ok(Overview {
                keys: api_keys::count_project(tx, project, owner.as_ref(), times).await?,
                all_keys: owner.is_none(),
                today: used(tx, organization, project, (request.today, now)).await?,
                month: used(tx, organization, project, (request.month, now)).await?,
                refused_today: today.iter().map(|sum| sum.times).sum(),
                refused,
                more_refused,
            })
        })
    }
}

/// Sums the usage of a project from one moment to another.
async fn used(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    (start, end): (Timestamp, Timestamp),
) -> Result<(Quantities, Amount), Error> {
    let query = UsageQuery {
        origin: start,
        projects: vec![project.clone()],
        ..UsageQuery::all(organization, (start, end.plus(60)), ONE_BUCKET)
    };
    let rows = usage::query(tx, &query).await?;
    Ok(rows
        .iter()
        .fold(Default::default(), |(used, cost): (Quantities, Amount), row| (used.plus(row.used), cost.plus(row.cost))))
}
