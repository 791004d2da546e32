//! The audit log: who did what to what, newest first (S1-30).

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_core::time::Timestamp;

use super::{Page, show};
use crate::DashboardState;
use crate::failure::Failure;
use crate::shell::Shell;
use crate::visit::Visit;

const HERE: &str = "/settings/organization/audit-log";

struct Row {
    at: Timestamp,
    action: String,
    kind: String,
    actor: String,
    address: Option<String>,
    target: String,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct Audit {
    shell: Shell,
    rows: Vec<Row>,
    older: Option<String>,
    owner: bool,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.text;
    let shell = Shell::new(&state, &visit, &t.say("nav-audit-log"), HERE);
    let mut page = Audit { shell, rows: Vec::new(), older: None, owner: visit.owner() };
    if visit.owner() {
        let after = visit.person.asked.get("after").cloned();
        let cursor = Cursor { after, limit: 50, ascending: false };
        let listing = state.app.audit_log(&visit.person.actor(), &visit.organization.id, cursor).await;
        let listing = listing.map_err(|error| Failure::new(t, error))?;
        if listing.has_more {
            page.older = listing.data.last().map(|row| visit.link(&format!("{HERE}?after={}", row.id)));
        }
        page.rows = listing
            .data
            .into_iter()
            .map(|row| Row {
                at: row.at,
                action: row.action,
                kind: t.say(&format!("actor-{}", row.actor_kind.replace('_', "-"))),
                actor: row.actor_id,
                address: row.address,
                target: row.target_id,
            })
            .collect();
    }
    show(t, &page)
}
