//! The audit log as CSV: all rows of the filters, read page by page so that memory does not grow with the length.

use std::fmt::Write;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use keystead_app::audit::{AuditLog, AuditQuestion, Names};
use keystead_app::exports::Export;
use keystead_app::{Actor, Error, Page as Cursor};
use keystead_core::id::OrganizationId;

use super::filters::Filters;
use super::wording as words;
use crate::state::DashboardState;
use crate::web::csv::cell;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};
use keystead_locales::LocalFormat;
use keystead_locales::Messages;

/// How many rows are read at a time.
const ROWS: u32 = 500;
const HEADER: &str =
    "time,event,event_name,actor_kind,actor_id,actor,address,object_id,object,project_id,details,id\r\n";

/// What is needed to read the next rows.
struct Rest {
    state: DashboardState,
    actor: Actor,
    organization: (OrganizationId, String),
    question: AuditQuestion,
    format: LocalFormat,
}

impl Rest {
    async fn read(&self, after: Option<String>) -> Result<AuditLog, Error> {
        let cursor = Cursor { after, limit: ROWS, ascending: false };
        self.state.app.search_audit_log(&self.actor, &self.organization.0, self.question.clone(), cursor).await
    }

    fn lines(&self, log: &AuditLog) -> String {
        let mut text = String::new();
        let own = (self.organization.0.as_str(), self.organization.1.as_str());
        for event in &log.rows.data {
            line(&mut text, self.format.messages, &self.format, event, own, &log.names);
        }
        text
    }
}

fn line(
    text: &mut String,
    t: Messages,
    format: &LocalFormat,
    event: &keystead_app::audit::AuditEvent,
    own: (&str, &str),
    names: &Names,
) {
    let entry = words::entry(t, format, event, own, names);
    let named = |called: &words::Called| match called.kind.is_empty() || called.name.is_empty() {
        true => called.name.clone(),
        false => format!("{} ({})", called.name, called.kind),
    };
    let details: Vec<String> = entry.details.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let cells = [
        event.at.to_string(),
        event.action.clone(),
        entry.what.clone(),
        event.actor_kind.clone(),
        event.actor_id.clone(),
        named(&entry.who),
        event.address.clone().unwrap_or_default(),
        event.target_id.clone(),
        named(&entry.object),
        entry.project.as_ref().map(|project| project.id.clone()).unwrap_or_default(),
        details.join("; "),
        entry.id.clone(),
    ];
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    let _ = write!(text, "{}\r\n", cells.join(","));
}

/// Streams the rows of the filters, newest first.
pub(crate) async fn export(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let t = visit.person.messages;
    let wrong = |name| Error::invalid(name, format!("Invalid '{name}': it must be a date such as 2026-11-20."));
    let question = Filters::read(&visit.person.query).question(&visit.person.format.zone);
    let question = question.map_err(|name| PageError::new(t, wrong(name)))?;
    let rest = Rest {
        state,
        actor: visit.person.actor(),
        organization: (visit.organization.id.clone(), visit.organization.name.clone()),
        question,
        format: visit.person.format.clone(),
    };
    let counted = rest.state.app.begin_export(&rest.actor, &rest.organization.0, Export::AuditLog).await;
    counted.map_err(|error| PageError::new(t, error))?;
    // The first rows are read before the answer starts, so that an error can still be a page.
    let first = rest.read(None).await.map_err(|error| PageError::new(t, error))?;
    let begun = (Some(first), true);
    let body = stream::try_unfold((rest, begun), |(rest, (log, first))| async move {
        let Some(log) = log else { return Ok::<_, Error>(None) };
        let lines = rest.lines(&log);
        let text = if first { format!("{HEADER}{lines}") } else { lines };
        let after = log.rows.data.last().filter(|_| log.rows.has_more).map(|row| row.id.to_string());
        let next = match after {
            Some(after) => Some(rest.read(Some(after)).await?),
            None => None,
        };
        Ok(Some((text, (rest, (next, false)))))
    });
    let kind = FileKind::Csv { disposition: "attachment; filename=\"audit-log.csv\"" };
    Ok(file_answer(kind, Body::from_stream(body)))
}
