//! The keys that rules of workload identity issued in a project. They end by themselves; a leaked one is revoked on its
//! own page.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::keys::KeyState;
use keystead_app::workload_overview::IssuedKey;
use keystead_core::time::Timestamp;

use super::rows::{HERE, permissions, split};
use super::view::Tab;
use crate::pages::workloads::HERE as WORKLOADS;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};

/// The list.
const ISSUED: &str = "/api-keys/workloads";

struct Row {
    name: String,
    /// The provider of the rule; `None` after the rule was deleted.
    provider: Option<String>,
    /// The page of the provider, for people who may open it.
    provider_href: Option<String>,
    /// The page of the key.
    href: String,
    head: String,
    tail: String,
    account: String,
    permissions: String,
    last_used_at: Option<Timestamp>,
    /// The class of the state.
    class: &'static str,
    state: String,
    since: String,
    /// The dialog that revokes it, while it works.
    revoke_href: Option<String>,
}

impl Row {
    fn of(visit: &Visit, found: IssuedKey) -> Self {
        let (t, format) = (visit.person.messages, &visit.person.format);
        let (head, tail) = split(&found.key.redacted);
        let end = found.key.expires_at.unwrap_or(found.key.created_at);
        let (class, state, since) = match KeyState::of(&found.key, format.now) {
            KeyState::Active => ("ok", "key-works", t.text_with("keys-issued-until", "when", format.ago(&end))),
            KeyState::Expired => ("", "key-state-expired", format.ago(&end)),
            KeyState::Revoked => ("bad", "keys-issued-ended", format.ago(&found.key.revoked_at.unwrap_or(end))),
        };
        let page = format!("{HERE}/{}", found.key.id);
        let works = KeyState::of(&found.key, format.now) == KeyState::Active;
        let opens = found.provider.as_ref().filter(|_| visit.owner());
        Self {
            name: found.key.name.unwrap_or_else(|| t.text("key-unnamed")),
            provider_href: opens.map(|provider| visit.link(&format!("{WORKLOADS}/{provider}"))),
            revoke_href: works.then(|| visit.link(&format!("{page}?revoke={}", found.key.id))),
            href: visit.link(&page),
            provider: found.provider_name,
            head,
            tail,
            account: found.account_name,
            permissions: permissions(visit, &found.key.restriction.0),
            last_used_at: found.key.last_used_at,
            class,
            state: t.text(state),
            since,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/keys_issued.html")]
struct Issued {
    layout: Layout,
    owner: bool,
    rows: Vec<Row>,
    more: Option<String>,
    list_href: String,
    workloads_href: String,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: 50, ascending: false };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let found = state.app.issued_keys(&actor, organization, &visit.project.id, cursor).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let last = found.data.last().filter(|_| found.has_more);
    let page = Issued {
        layout: Layout::new(&state, &visit, &t.text("keys-issued"), HERE),
        owner: visit.owner(),
        more: last.map(|last| visit.link(&format!("{ISSUED}?after={}", last.key.id))),
        rows: found.data.into_iter().map(|one| Row::of(&visit, one)).collect(),
        list_href: visit.link(HERE),
        workloads_href: visit.link(WORKLOADS),
    };
    render(t, &page)
}

/// The link to the list beside the filters of the other keys, while there is anything to list.
pub(super) async fn tab(state: &DashboardState, visit: &Visit) -> Result<Option<Tab>, PageError> {
    if !visit.project.administers {
        return Ok(None);
    }
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let counts = state.app.issued_key_counts(&actor, organization, &visit.project.id).await;
    let counts = counts.map_err(|error| PageError::new(visit.person.messages, error))?;
    let tab = || Tab {
        label: visit.person.messages.text("keys-issued-tab"),
        count: visit.person.format.number(&counts.live),
        href: visit.link(ISSUED),
        current: false,
    };
    Ok(counts.listed.then(tab))
}
