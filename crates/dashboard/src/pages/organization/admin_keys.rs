//! Settings > Organization > Admin keys: keys for the Administration API of the whole organization.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Page as Cursor;
use keystead_app::keys::{MintedKey, NewKey};
use keystead_core::id::KeyId;
use keystead_core::scope::ALL_READ;
use keystead_core::time::Timestamp;

use crate::pages::keys::list::{LIVES, life, permissions, split};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_invalid, subpath};
use crate::web::submit::reloads_as;

const HERE: &str = "/settings/organization/admin-keys";

struct Row {
    id: String,
    name: String,
    head: String,
    tail: String,
    owner: String,
    /// The restriction; empty if there is none.
    restricted: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// The dialog above the list.
enum Dialog {
    None,
    Create { wrong: Option<String>, name: String },
    Made { secret: String, tail: String, name: String, expires_at: Option<Timestamp> },
    Delete { id: String, name: String, tail: String, last_used_at: Option<Timestamp> },
}

#[derive(Template)]
#[template(path = "pages/admin_keys.html")]
struct AdminKeys {
    layout: Layout,
    rows: Vec<Row>,
    /// How many gateways of how many confirmed the last revocation, while some have not.
    spreading: Option<(String, String)>,
    more: Option<String>,
    owner: bool,
    /// What a new key of this person can do, by the key of the sentence.
    power: &'static str,
    dialog: Dialog,
    here: String,
    create: String,
    base_url: String,
    lives: [&'static str; 5],
}

impl AdminKeys {
    fn life(&self, days: &str) -> String {
        life(self.layout.t, days)
    }

    fn ask(&self, row: &Row) -> String {
        format!("{}&delete={}", self.here, row.id)
    }

    fn act(&self, verb: &str) -> String {
        subpath(&self.here, HERE, verb)
    }

    fn act_on(&self, id: &str) -> String {
        self.act(&format!("{id}/delete"))
    }
}

async fn page(state: &DashboardState, visit: &Visit, dialog: Dialog) -> Result<AdminKeys, PageError> {
    let t = visit.person.messages;
    let (mut rows, mut more) = (Vec::new(), None);
    if visit.owner() {
        let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: 50, ascending: false };
        let listing = state.app.admin_keys(&visit.person.actor(), &visit.organization.id, cursor).await;
        let listing = listing.map_err(|error| PageError::new(t, error))?;
        let last = listing.data.last().filter(|_| listing.has_more);
        more = last.map(|last| visit.link(&format!("{HERE}?after={}", last.key.id)));
        rows.extend(listing.data.into_iter().map(|found| {
            let (head, tail) = split(&found.key.redacted);
            let scopes = &found.key.restriction.0;
            Row {
                id: found.key.id.to_string(),
                name: found.key.name.unwrap_or_else(|| t.text("key-unnamed")),
                head,
                tail,
                owner: found.owner_name,
                restricted: if scopes.is_empty() { String::new() } else { permissions(visit, scopes) },
                created_at: found.key.created_at,
                last_used_at: found.key.last_used_at,
                expires_at: found.key.expires_at,
            }
        }));
    }
    Ok(AdminKeys {
        spreading: crate::pages::keys::list::spreading(state, visit).await?,
        layout: Layout::new(state, visit, &t.text("nav-admin-keys"), HERE),
        rows,
        more,
        owner: visit.owner(),
        power: if visit.owns() { "admin-key-power" } else { "admin-key-power-of-roles" },
        dialog,
        here: visit.link(HERE),
        create: visit.link(&format!("{HERE}?new=1")),
        base_url: format!("{}/v1/organization", state.public_url),
        lives: LIVES,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let query = &visit.person.query;
    let mut page = page(&state, &visit, Dialog::None).await?;
    if page.owner && query.contains_key("new") {
        page.dialog = Dialog::Create { wrong: None, name: String::new() };
    } else if let Some(id) = query.get("delete").and_then(|id| id.parse::<KeyId>().ok()) {
        let found = state.app.admin_key(&visit.person.actor(), &visit.organization.id, &id).await;
        let found = found.map_err(|error| PageError::new(t, error))?;
        let (_, tail) = split(&found.key.redacted);
        let name = found.key.name.unwrap_or_else(|| t.text("key-unnamed"));
        page.dialog = Dialog::Delete { id: id.to_string(), name, tail, last_used_at: found.key.last_used_at };
    }
    render(t, &page)
}

fn made(visit: &Visit, minted: &MintedKey) -> Dialog {
    Dialog::Made {
        secret: minted.secret.expose().clone(),
        tail: split(&minted.key.redacted).1,
        name: minted.key.name.clone().unwrap_or_else(|| visit.person.messages.text("key-unnamed")),
        expires_at: minted.key.expires_at,
    }
}

pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let new_key = NewKey {
        name: Some(form.field("name").to_owned()),
        scopes: if form.field("permissions") == "read" { vec![ALL_READ.to_owned()] } else { Vec::new() },
        expires_in_seconds: form.field("days").parse::<i64>().ok().map(|days| days.saturating_mul(86_400)),
    };
    match state.app.create_admin_key(&visit.person.actor(), &visit.organization.id, new_key).await {
        Ok(key) => {
            let shown = render(t, &page(&state, &visit, made(&visit, &key)).await?);
            reloads_as(shown, visit.link(HERE))
        }
        Err(error) => {
            let dialog = Dialog::Create { wrong: Some(error_message(t, &error)), name: form.field("name").to_owned() };
            render_invalid(t, &page(&state, &visit, dialog).await?)
        }
    }
}

pub(crate) async fn delete(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: KeyId = visit.named("API key", &id)?;
    let deleted = state.app.delete_admin_key(&visit.person.actor(), &visit.organization.id, &id).await;
    deleted.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=key-revoked"))))
}
