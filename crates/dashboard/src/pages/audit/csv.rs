//! The log as a file: the same questions, every row that fits, page by page so that length does not matter.

use std::fmt::Write;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use keystead_app::audit::{AuditLog, AuditQuestion, Names};
use keystead_app::{Actor, Error, Page as Cursor};
use keystead_core::id::OrganizationId;

use super::filters::Filters;
use super::wording as words;
use crate::format::When;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::csv::cell;
use crate::web::error_page::Failure;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};

/// How many rows are read at a time.
const ROWS: u32 = 500;
const HEADER: &str =
    "time,event,event_name,actor_kind,actor_id,actor,address,object_id,object,project_id,details,id\r\n";

/// Where the file goes on.
struct Rest {
    state: DashboardState,
    actor: Actor,
    organization: (OrganizationId, String),
    question: AuditQuestion,
    when: When,
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
            line(&mut text, self.when.text, &self.when, event, own, &log.names);
        }
        text
    }
}

fn line(
    text: &mut String,
    t: Text,
    when: &When,
    event: &keystead_app::audit::AuditEvent,
    own: (&str, &str),
    names: &Names,
) {
    let entry = words::entry(t, when, event, own, names);
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

/// The rows that fit, newest first.
pub(crate) async fn export(State(state): State<DashboardState>, visit: Visit) -> Result<Response, Failure> {
    let t = visit.person.text;
    let wrong = |name| Error::invalid(name, format!("Invalid '{name}': it must be a date such as 2026-11-20."));
    let question = Filters::read(&visit.person.asked).question(&visit.person.when.zone);
    let question = question.map_err(|name| Failure::new(t, wrong(name)))?;
    let rest = Rest {
        state,
        actor: visit.person.actor(),
        organization: (visit.organization.id.clone(), visit.organization.name.clone()),
        question,
        when: visit.person.when.clone(),
    };
    // What cannot be read at all is answered with a page, not with half a file.
    let first = rest.read(None).await.map_err(|error| Failure::new(t, error))?;
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
