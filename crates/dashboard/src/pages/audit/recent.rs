//! The last events of an organization, for its first page.

use keystead_app::Page as Cursor;
use keystead_app::audit::AuditLog;
use keystead_core::time::Timestamp;

use super::filters::Filters;
use super::wording as words;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// One event in words.
pub(crate) struct RecentEvent {
    pub(crate) at: Timestamp,
    pub(crate) what: String,
    pub(crate) who: String,
    /// The name of what it was about; empty if it has none.
    pub(crate) object: String,
}

/// Returns the last five events, newest first; none for people who may not see the log.
pub(crate) async fn recent(state: &DashboardState, visit: &Visit) -> Result<Vec<RecentEvent>, PageError> {
    let Some(question) = Filters::default().question(&visit.person.format.zone).ok().filter(|_| visit.owner()) else {
        return Ok(Vec::new());
    };
    let t = visit.person.messages;
    let cursor = Cursor { after: None, limit: 5, ascending: false };
    let found = state.app.search_audit_log(&visit.person.actor(), &visit.organization.id, question, cursor).await;
    let AuditLog { rows, names } = found.map_err(|error| PageError::new(t, error))?;
    let own = (visit.organization.id.as_str(), visit.organization.name.as_str());
    let event = |event| {
        let entry = words::entry(t, &visit.person.format, event, own, &names);
        RecentEvent { at: entry.at, what: entry.what, who: entry.who.name, object: entry.object.name }
    };
    Ok(rows.data.iter().map(event).collect())
}
