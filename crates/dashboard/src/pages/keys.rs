//! API keys: the list, a new key shown once, revoking (S2-04, S3-02, S3-03, S1-36).

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::keys::NewKey;
use keystead_app::service_accounts::NewServiceAccount;
use keystead_app::{Error, KeyWithOwner, Page as Cursor};
use keystead_core::caller::Owner;
use keystead_core::scope::ALL_READ;
use keystead_core::time::Timestamp;

use super::{Page, go, show, show_again};
use crate::DashboardState;
use crate::failure::{Failure, words};
use crate::form::Form;
use crate::shell::Shell;
use crate::visit::Visit;

const HERE: &str = "/api-keys";
/// Lives a key may be given, in days; an empty value is for ever.
const LIVES: [&str; 5] = ["", "7", "30", "90", "365"];
/// Permissions of a restricted key, in the words of the wire.
const SCOPES: [&str; 9] = [
    "api.model.read",
    "api.model.request",
    "api.responses.read",
    "api.responses.write",
    "api.files.read",
    "api.files.write",
    "api.batch.read",
    "api.batch.write",
    "api.usage.read",
];

/// One row of the list.
struct Row {
    id: String,
    name: String,
    head: String,
    tail: String,
    owner: String,
    service_account: bool,
    permissions: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    new: bool,
}

/// The dialog, if one is open.
enum Dialog {
    None,
    Create {
        wrong: Option<String>,
        phone: bool,
        name: String,
    },
    Made {
        secret: String,
        tail: String,
        head: String,
        name: String,
        permissions: String,
        expires_at: Option<Timestamp>,
    },
    Revoke {
        id: String,
        name: String,
        tail: String,
        last_used_at: Option<Timestamp>,
    },
}

#[derive(Template)]
#[template(path = "pages/keys.html")]
struct Keys {
    shell: Shell,
    rows: Vec<Row>,
    dialog: Dialog,
    more: bool,
    owner: bool,
    action: String,
    new_href: String,
    close_href: String,
    phone_href: String,
    base_url: String,
    lives: [&'static str; 5],
    scopes: [&'static str; 9],
}

impl Keys {
    fn life(&self, days: &str) -> String {
        match days.parse() {
            Ok(days) => self.shell.t.count("key-life", &days),
            Err(_) => self.shell.t.say("key-life-ever"),
        }
    }

    /// A secret without its last four characters, which stand out beside it.
    fn secret_head(&self, secret: &str) -> String {
        secret.get(..secret.len().saturating_sub(4)).unwrap_or(secret).to_owned()
    }

    fn revoke_action(&self, id: &str) -> String {
        self.action.replacen(HERE, &format!("{HERE}/{id}/revoke"), 1)
    }

    fn revoke_href(&self, row: &Row) -> String {
        let mark = if self.close_href.contains('?') { '&' } else { '?' };
        format!("{}{mark}revoke={}", self.close_href, row.id)
    }
}

/// Head and last four of `sk-proj-ab…wxyz` as it is stored.
fn split(redacted: &str) -> (String, String) {
    let tail: String = redacted.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = redacted.chars().take_while(|c| *c != '*' && *c != '…' && *c != '.').take(12).collect();
    (head, tail)
}

fn permissions(visit: &Visit, scopes: &[String]) -> String {
    let t = visit.person.text;
    match scopes {
        [] => t.say("key-permission-all"),
        [one] if one == ALL_READ => t.say("key-permission-read"),
        some => t.count("key-permission-some", &i64::try_from(some.len()).unwrap_or(0)),
    }
}

fn row(visit: &Visit, found: &KeyWithOwner, new: Option<&str>) -> Row {
    let (head, tail) = split(&found.key.redacted);
    Row {
        id: found.key.id.to_string(),
        name: found.key.name.clone().unwrap_or_else(|| visit.person.text.say("key-unnamed")),
        head,
        tail,
        owner: found.owner_name.clone(),
        service_account: matches!(found.key.owner, Owner::ServiceAccount(_)),
        permissions: permissions(visit, &found.key.restriction.0),
        created_at: found.key.created_at,
        last_used_at: found.key.last_used_at,
        expires_at: found.key.expires_at,
        new: new == Some(found.key.id.as_str()),
    }
}

async fn page(state: &DashboardState, visit: &Visit, dialog: Dialog, new: Option<&str>) -> Result<Keys, Failure> {
    let t = visit.person.text;
    let cursor = Cursor { after: None, limit: 50, ascending: false };
    let listing =
        state.app.visible_keys(&visit.person.actor(), &visit.organization.id, &visit.project.id, cursor).await;
    let listing = listing.map_err(|error| Failure::new(t, error))?;
    let query = serde_urlencoded::to_string([("next", visit.link("/api-keys?new=1"))]).unwrap_or_default();
    Ok(Keys {
        rows: listing.data.iter().map(|found| row(visit, found, new)).collect(),
        more: listing.has_more,
        shell: Shell::new(state, visit, &t.say("nav-api-keys"), HERE),
        dialog,
        owner: visit.owner(),
        action: visit.link(HERE),
        new_href: visit.link("/api-keys?new=1"),
        close_href: visit.link(HERE),
        phone_href: visit.link(&format!("/settings/account/phone?{query}")),
        base_url: format!("{}/v1", state.public_url),
        lives: LIVES,
        scopes: SCOPES,
    })
}

pub(crate) async fn list(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.text;
    let asked = &visit.person.asked;
    let mut keys = page(&state, &visit, Dialog::None, None).await?;
    if asked.contains_key("new") {
        let view = state.app.verification_of(&visit.organization.id).await;
        let view = view.map_err(|error| Failure::new(t, error))?;
        let make = view.actions.iter().find(|action| action.action == "api_key.create");
        let phone = make.is_some_and(|action| !action.missing.is_empty());
        keys.dialog = Dialog::Create { wrong: None, phone, name: String::new() };
    } else if let Some(row) = asked.get("revoke").and_then(|id| keys.rows.iter().find(|row| row.id == *id)) {
        keys.dialog = Dialog::Revoke {
            id: row.id.clone(),
            name: row.name.clone(),
            tail: row.tail.clone(),
            last_used_at: row.last_used_at,
        };
    }
    show(t, &keys)
}

pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.text;
    let scopes = match form.text("permissions") {
        "read" => vec![ALL_READ.to_owned()],
        "restricted" => form.all("scope"),
        _ => Vec::new(),
    };
    let name = Some(form.text("name")).filter(|name| !name.is_empty()).map(str::to_owned);
    let life = form.text("days").parse::<i64>().ok().map(|days| days.saturating_mul(86_400));
    if form.text("permissions") == "restricted" && scopes.is_empty() {
        let wrong = Some(t.say("key-scopes-missing"));
        let dialog = Dialog::Create { wrong, phone: false, name: name.unwrap_or_default() };
        return show_again(t, &page(&state, &visit, dialog, None).await?);
    }
    let asked = NewKey { name: name.clone(), scopes, expires_in_seconds: life };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    let made = if form.text("owner") == "service_account" {
        let account = NewServiceAccount {
            name: name.clone().unwrap_or_else(|| t.say("key-unnamed")),
            account_only: true,
            expires_in_seconds: None,
        };
        match state.app.create_service_account(&actor, organization, project, account).await {
            Ok((account, _)) => {
                // An account made without rights gets them with its first key.
                let change = keystead_app::service_accounts::AccountChange {
                    role: Some(keystead_core::role::ProjectRole::Member),
                    name: None,
                };
                let changed =
                    state.app.update_service_account(&actor, organization, project, &account.id, &change).await;
                match changed {
                    Ok(_) => {
                        state.app.create_service_account_key(&actor, organization, project, &account.id, asked).await
                    }
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    } else {
        state.app.create_project_key(&actor, organization, project, &asked).await
    };
    match made {
        Ok(made) => {
            let (head, tail) = split(&made.row.redacted);
            let dialog = Dialog::Made {
                secret: made.secret.expose().clone(),
                tail,
                head,
                name: made.row.name.clone().unwrap_or_else(|| t.say("key-unnamed")),
                permissions: permissions(&visit, &made.row.restriction.0),
                expires_at: made.row.expires_at,
            };
            show(t, &page(&state, &visit, dialog, Some(made.row.id.as_str())).await?)
        }
        Err(Error::RequirementMissing { .. }) => {
            let dialog = Dialog::Create { wrong: None, phone: true, name: name.unwrap_or_default() };
            show_again(t, &page(&state, &visit, dialog, None).await?)
        }
        Err(error) => {
            let dialog = Dialog::Create { wrong: Some(words(t, &error)), phone: false, name: name.unwrap_or_default() };
            show_again(t, &page(&state, &visit, dialog, None).await?)
        }
    }
}

pub(crate) async fn revoke(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.text;
    let missing = || Failure::new(t, Error::not_found("API key", id.as_str()));
    let key = id.parse().map_err(|_| missing())?;
    let revoked = state.app.revoke_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    revoked.map_err(|error| Failure::new(t, error))?;
    Ok(go(&visit.link("/api-keys?done=key-revoked")))
}
