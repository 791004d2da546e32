//! The service accounts that a new key may belong to.

use keystead_app::Page as Cursor;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// The service accounts that a new key may belong to.
pub(crate) struct Accounts {
    /// Whether a service account is chosen as the owner.
    pub(crate) chosen: bool,
    /// The chosen account; empty to create one.
    pub(crate) account: String,
    /// Id and name of each.
    pub(crate) known: Vec<(String, String)>,
    /// Whether the project has more accounts than are listed.
    pub(crate) cut: bool,
}

impl Accounts {
    /// The accounts of the chosen project, if the visitor administers it.
    pub(crate) async fn of(
        state: &DashboardState,
        visit: &Visit,
        chosen: bool,
        account: &str,
    ) -> Result<Option<Self>, PageError> {
        if !visit.project.administers {
            return Ok(None);
        }
        let cursor = Cursor { after: None, limit: 100, ascending: true };
        let (actor, organization) = (visit.person.actor(), &visit.organization.id);
        let listing = state.app.service_accounts(&actor, organization, &visit.project.id, cursor).await;
        let listing = listing.map_err(|error| PageError::new(visit.person.messages, error))?;
        let cut = listing.has_more;
        let known = listing.data.into_iter().map(|row| (row.id.to_string(), row.name)).collect();
        Ok(Some(Self { chosen, account: account.to_owned(), known, cut }))
    }
}
