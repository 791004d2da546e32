//! The ledger as CSV, read page by page so that memory does not grow with its length.

use std::fmt::Write;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use keystead_app::credit::{LedgerTransaction, change_of};
use keystead_app::exports::Export;
use keystead_app::{Actor, Error, Listing, Page as Cursor};
use keystead_core::id::OrganizationId;

use crate::state::DashboardState;
use crate::web::csv::cell;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};

/// How many transactions are read at a time.
const ROWS: u32 = 500;
const HEADER: &str = "time,transaction,kind,change_usd,account,entry_usd,month,payment,made_by,reason\r\n";

struct Rest {
    state: DashboardState,
    actor: Actor,
    organization: OrganizationId,
}

impl Rest {
    async fn read(&self, after: Option<String>) -> Result<Listing<LedgerTransaction>, Error> {
        let cursor = Cursor { after, limit: ROWS, ascending: false };
        self.state.app.ledger(&self.actor, &self.organization, &cursor).await
    }
}

/// A line for each entry.
fn lines(text: &mut String, row: &LedgerTransaction) {
    for entry in &row.entries {
        let cells = [
            row.created_at.to_string(),
            row.id.to_string(),
            row.kind.as_str().to_owned(),
            change_of(&row.entries).to_string(),
            entry.account.to_string(),
            keystead_core::money::Amount::from(entry.micros).to_string(),
            row.month.map(|month| month.to_string()).unwrap_or_default(),
            cell(row.payment.as_deref().unwrap_or_default()),
            cell(row.made_by.as_str()),
            cell(&row.reason),
        ];
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
}

/// Streams the ledger, the latest transaction first.
pub(crate) async fn export(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let t = visit.person.messages;
    let rest = Rest { state, actor: visit.person.actor(), organization: visit.organization.id.clone() };
    let counted = rest.state.app.begin_export(&rest.actor, &rest.organization, Export::Ledger).await;
    counted.map_err(|error| PageError::new(t, error))?;
    // The first rows are read before the answer starts, so that an error can still be a page.
    let first = rest.read(None).await.map_err(|error| PageError::new(t, error))?;
    let begun = (Some(first), true);
    let body = stream::try_unfold((rest, begun), |(rest, (page, first))| async move {
        let Some(page) = page else { return Ok::<_, Error>(None) };
        let mut text = if first { HEADER.to_owned() } else { String::new() };
        for row in &page.data {
            lines(&mut text, row);
        }
        let after = page.data.last().filter(|_| page.has_more).map(|row| row.id.to_string());
        let next = match after {
            Some(after) => Some(rest.read(Some(after)).await?),
            None => None,
        };
        Ok(Some((text, (rest, (next, false)))))
    });
    let kind = FileKind::Csv { disposition: "attachment; filename=\"ledger.csv\"" };
    Ok(file_answer(kind, Body::from_stream(body)))
}
