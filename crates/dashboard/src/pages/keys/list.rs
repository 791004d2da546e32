//! API keys: the list with its dialogs, and a new key shown once (S2-04, S3-02, S3-03).

use askama::Template;
use axum::extract::State;
use keystead_app::keys::{MintedKey, NewKey};
use keystead_app::projects::service_accounts::NewServiceAccount;
use keystead_app::{Error, KeyWithOwner, Page as Cursor};
use keystead_core::caller::Owner;
use keystead_core::scope::ALL_READ;
use keystead_core::time::Timestamp;

use super::permissions::Permissions;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Shell;
use crate::web::response::{Page, below, show, show_again};

pub(crate) const HERE: &str = "/api-keys";
/// Lives a key may be given, in days; an empty value is for ever.
pub(crate) const LIVES: [&str; 5] = ["", "7", "30", "90", "365"];

/// How long the old secret goes on working, in seconds, as the form offers it.
pub(crate) const OVERLAPS: [(&str, &str); 4] =
    [("3600", "rotate-hour"), ("86400", "rotate-day"), ("604800", "rotate-week"), ("0", "rotate-now")];

/// One row of the list.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) name: String,
    /// As it was given; empty when it was given none.
    pub(crate) given_name: String,
    head: String,
    pub(crate) tail: String,
    owner: String,
    service_account: bool,
    permissions: String,
    pub(crate) restriction: Vec<String>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    /// Its time has come: nothing opens with it any more.
    ended: bool,
    /// Another key was made in its place.
    rotated: bool,
    /// Whether whoever looks may make a key in its place.
    rotatable: bool,
}

/// The service accounts that a new key may belong to.
pub(crate) struct Accounts {
    /// Whether the key shall belong to one.
    chosen: bool,
    /// Which; empty for one to be made.
    account: String,
    /// Id and name of each.
    known: Vec<(String, String)>,
    /// Whether the project has more than those.
    cut: bool,
}

impl Accounts {
    /// Those of the chosen project, if whoever looks administers it.
    async fn of(state: &DashboardState, visit: &Visit, chosen: bool, account: &str) -> Result<Option<Self>, Failure> {
        if !visit.project.administers {
            return Ok(None);
        }
        let cursor = Cursor { after: None, limit: 100, ascending: true };
        let (actor, organization) = (visit.person.actor(), &visit.organization.id);
        let listing = state.app.service_accounts(&actor, organization, &visit.project.id, cursor).await;
        let listing = listing.map_err(|error| Failure::new(visit.person.text, error))?;
        let cut = listing.has_more;
        let known = listing.data.into_iter().map(|row| (row.id.to_string(), row.name)).collect();
        Ok(Some(Self { chosen, account: account.to_owned(), known, cut }))
    }
}

/// The dialog, if one is open.
pub(crate) enum Dialog {
    None,
    Create {
        wrong: Option<String>,
        phone: bool,
        name: String,
        /// Accounts a key may be made for; `None` for whoever does not administer the project.
        accounts: Option<Accounts>,
        permissions: Permissions,
    },
    Made {
        id: String,
        secret: String,
        tail: String,
        head: String,
        name: String,
        permissions: String,
        expires_at: Option<Timestamp>,
        /// Of the key it replaces: its last four characters, and when that one ends.
        replaces: Option<(String, Timestamp)>,
    },
    Edit {
        id: String,
        name: String,
        shown: String,
        wrong: Option<String>,
        permissions: Permissions,
    },
    Rotate {
        id: String,
        name: String,
        tail: String,
        wrong: Option<String>,
        phone: bool,
        last_used_at: Option<Timestamp>,
    },
    Revoke {
        id: String,
        name: String,
        tail: String,
        rotated: bool,
        last_used_at: Option<Timestamp>,
    },
}

#[derive(Template)]
#[template(path = "pages/keys.html")]
pub(crate) struct Keys {
    shell: Shell,
    rows: Vec<Row>,
    /// On how many gateways of how many the last key was revoked, while some have not confirmed it.
    spreading: Option<(String, String)>,
    dialog: Dialog,
    more: Option<String>,
    action: String,
    new_href: String,
    close_href: String,
    phone_href: String,
    base_url: String,
    lives: [&'static str; 5],
    overlaps: [(&'static str, &'static str); 4],
}

impl Keys {
    fn life(&self, days: &str) -> String {
        life(self.shell.t, days)
    }

    /// A secret without its last four characters, which stand out beside it.
    fn secret_head(&self, secret: &str) -> String {
        secret.get(..secret.len().saturating_sub(4)).unwrap_or(secret).to_owned()
    }

    /// Where a form about one key goes.
    fn act(&self, id: &str, verb: &str) -> String {
        below(&self.action, HERE, &format!("{id}/{verb}"))
    }

    /// Where a dialog about one key opens.
    fn ask(&self, verb: &str, row: &Row) -> String {
        let mark = if self.close_href.contains('?') { '&' } else { '?' };
        format!("{}{mark}{verb}={}", self.close_href, row.id)
    }
}

/// How far the last revocation has come, while some gateways have not confirmed it.
pub(crate) async fn spreading(state: &DashboardState, visit: &Visit) -> Result<Option<(String, String)>, Failure> {
    let view = state.app.revocation_spreading(&visit.organization.id).await;
    let view = view.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(view.map(|view| (view.current.to_string(), view.all.to_string())))
}

impl Keys {
    /// The page with one dialog open, or none.
    pub(crate) async fn with(state: &DashboardState, visit: &Visit, dialog: Dialog) -> Result<Self, Failure> {
        let t = visit.person.text;
        let after = visit.person.asked.get("after").cloned();
        let cursor = Cursor { after, limit: 50, ascending: false };
        let listing =
            state.app.visible_keys(&visit.person.actor(), &visit.organization.id, &visit.project.id, cursor).await;
        let listing = listing.map_err(|error| Failure::new(t, error))?;
        let spreading = spreading(state, visit).await?;
        // The way to the phone step and back leads to the same dialog.
        let next = match &dialog {
            Dialog::Rotate { id, .. } => format!("{HERE}?rotate={id}"),
            _ => format!("{HERE}?new=1"),
        };
        let query = serde_urlencoded::to_string([("next", visit.link(&next))]).unwrap_or_default();
        let more = listing.data.last().filter(|_| listing.has_more);
        Ok(Self {
            more: more.map(|last| visit.link(&format!("{HERE}?after={}", last.key.id))),
            rows: listing.data.iter().map(|found| row(visit, found)).collect(),
            shell: Shell::new(state, visit, &t.say("nav-api-keys"), HERE),
            spreading,
            dialog,
            action: visit.link(HERE),
            new_href: visit.link("/api-keys?new=1"),
            close_href: visit.link(HERE),
            phone_href: visit.link(&format!("/settings/account/phone?{query}")),
            base_url: format!("{}/v1", state.public_url),
            lives: LIVES,
            overlaps: OVERLAPS,
        })
    }

    /// Whether the key to be made shall belong to a service account.
    fn for_account(&self, accounts: &Option<Accounts>) -> bool {
        accounts.as_ref().is_some_and(|accounts| accounts.chosen)
    }

    /// Whether this row is the key that was just made.
    fn is_new(&self, row: &Row) -> bool {
        matches!(&self.dialog, Dialog::Made { id, .. } if *id == row.id)
    }
}

/// How long a key lives, in words.
pub(crate) fn life(t: Text, days: &str) -> String {
    match days.parse() {
        Ok(days) => t.count("key-life", &days),
        Err(_) => t.say("key-life-ever"),
    }
}

/// Head and last four of `sk-proj-ab…wxyz` as it is stored.
pub(crate) fn split(redacted: &str) -> (String, String) {
    let tail: String = redacted.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = redacted.chars().take_while(|c| *c != '*' && *c != '…' && *c != '.').take(12).collect();
    (head, tail)
}

pub(crate) fn permissions(visit: &Visit, scopes: &[String]) -> String {
    let t = visit.person.text;
    match scopes {
        [] => t.say("key-permission-all"),
        [one] if one == ALL_READ => t.say("key-permission-read"),
        some => t.count("key-permission-some", &i64::try_from(some.len()).unwrap_or(0)),
    }
}

fn row(visit: &Visit, found: &KeyWithOwner) -> Row {
    let (head, tail) = split(&found.key.redacted);
    let ended = found.key.expires_at.is_some_and(|end| visit.person.when.now >= end);
    let rotated = found.key.rotated_to.is_some();
    let hers = match &found.key.owner {
        Owner::User(user) => *user == visit.person.session.user,
        Owner::ServiceAccount(_) => visit.project.administers,
    };
    Row {
        id: found.key.id.to_string(),
        name: found.key.name.clone().unwrap_or_else(|| visit.person.text.say("key-unnamed")),
        given_name: found.key.name.clone().unwrap_or_default(),
        head,
        tail,
        owner: found.owner_name.clone(),
        service_account: matches!(found.key.owner, Owner::ServiceAccount(_)),
        permissions: permissions(visit, &found.key.restriction.0),
        restriction: found.key.restriction.0.clone(),
        created_at: found.key.created_at,
        last_used_at: found.key.last_used_at,
        expires_at: found.key.expires_at,
        rotatable: hers && found.owner_active && !ended && !rotated,
        ended,
        rotated,
    }
}

/// The row of one key, wherever in the list it stands; none when this person may not change it.
pub(crate) async fn row_of(state: &DashboardState, visit: &Visit, id: &str) -> Result<Option<Row>, Failure> {
    let Ok(key) = id.parse() else { return Ok(None) };
    let found = state.app.changeable_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    match found {
        Ok(found) => Ok(Some(row(visit, &found))),
        Err(Error::NotFound { .. } | Error::Refused(_)) => Ok(None),
        Err(error) => Err(Failure::new(visit.person.text, error)),
    }
}

/// Whether a new key would be refused until a phone was verified.
async fn phone_first(state: &DashboardState, visit: &Visit) -> Result<bool, Failure> {
    let view = state.app.verification_of(&visit.organization.id).await;
    let view = view.map_err(|error| Failure::new(visit.person.text, error))?;
    let make = view.actions.iter().find(|action| action.action == "api_key.create");
    Ok(make.is_some_and(|action| !action.missing.is_empty()))
}

pub(crate) async fn list(State(state): State<DashboardState>, visit: Visit) -> Page {
    let dialog = asked_dialog(&state, &visit).await?;
    show(visit.person.text, &Keys::with(&state, &visit, dialog).await?)
}

/// The dialog that the address asks for.
async fn asked_dialog(state: &DashboardState, visit: &Visit) -> Result<Dialog, Failure> {
    let asked = &visit.person.asked;
    if asked.contains_key("new") {
        let phone = phone_first(state, visit).await?;
        let chosen = asked.get("owner").is_some_and(|owner| owner == "service_account");
        let account = asked.get("account").map_or("", String::as_str);
        let accounts = Accounts::of(state, visit, chosen, account).await?;
        let (name, permissions) = (String::new(), Permissions::of(&[]));
        return Ok(Dialog::Create { wrong: None, phone, name, accounts, permissions });
    }
    if let Some(id) = asked.get("rotate") {
        return rotation(state, visit, id, None).await;
    }
    if let Some(id) = asked.get("revoke") {
        let Some(row) = row_of(state, visit, id).await? else { return Ok(Dialog::None) };
        let Row { id, name, tail, rotated, last_used_at, .. } = row;
        return Ok(Dialog::Revoke { id, name, tail, rotated, last_used_at });
    }
    let Some(id) = asked.get("edit") else { return Ok(Dialog::None) };
    let Some(row) = row_of(state, visit, id).await?.filter(|row| !row.ended) else { return Ok(Dialog::None) };
    let permissions = Permissions::of(&row.restriction);
    Ok(Dialog::Edit { id: row.id, name: row.given_name, shown: row.name, wrong: None, permissions })
}

/// The dialog before a rotation, if there is such a key.
pub(crate) async fn rotation(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    wrong: Option<String>,
) -> Result<Dialog, Failure> {
    let Some(row) = row_of(state, visit, id).await?.filter(|row| row.rotatable) else { return Ok(Dialog::None) };
    let phone = phone_first(state, visit).await?;
    Ok(Dialog::Rotate { id: row.id, name: row.name, tail: row.tail, wrong, phone, last_used_at: row.last_used_at })
}

/// The dialog that shows a secret, once.
pub(crate) fn made(visit: &Visit, key: &MintedKey, replaces: Option<(String, Timestamp)>) -> Dialog {
    let (head, tail) = split(&key.row.redacted);
    Dialog::Made {
        id: key.row.id.to_string(),
        secret: key.secret.expose().clone(),
        tail,
        head,
        name: key.row.name.clone().unwrap_or_else(|| visit.person.text.say("key-unnamed")),
        permissions: permissions(visit, &key.row.restriction.0),
        expires_at: key.row.expires_at,
        replaces,
    }
}

pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.text;
    let name = Some(form.text("name")).filter(|name| !name.is_empty()).map(str::to_owned);
    let life = form.text("days").parse::<i64>().ok().map(|days| days.saturating_mul(86_400));
    let again = async |wrong: Option<String>, phone: bool| {
        let (name, permissions) = (name.clone().unwrap_or_default(), Permissions::as_sent(&form));
        let chosen = form.text("owner") == "service_account";
        let accounts = Accounts::of(&state, &visit, chosen, form.text("account")).await?;
        show_again(t, &Keys::with(&state, &visit, Dialog::Create { wrong, phone, name, accounts, permissions }).await?)
    };
    let Some(scopes) = Permissions::asked(&form) else {
        return again(Some(t.say("key-scopes-missing")), false).await;
    };
    let asked = NewKey { name: name.clone(), scopes, expires_in_seconds: life };
    let (actor, organization, project) = (visit.person.actor(), &visit.organization.id, &visit.project.id);
    let made = match (form.text("owner"), form.text("account")) {
        ("service_account", "") => {
            let name = name.clone().unwrap_or_else(|| t.say("key-unnamed"));
            let account = NewServiceAccount { name, key: Some(asked) };
            let made = state.app.create_service_account(&actor, organization, project, account).await;
            made.and_then(|(_, key)| key.ok_or_else(|| Error::not_found("API key", "")))
        }
        ("service_account", account) => {
            let account = visit.named("service account", account)?;
            state.app.create_service_account_key(&actor, organization, project, &account, asked).await
        }
        _ => state.app.create_project_key(&actor, organization, project, &asked).await,
    };
    match made {
        Ok(key) => show(t, &Keys::with(&state, &visit, self::made(&visit, &key, None)).await?),
        Err(Error::RequirementMissing { .. }) => again(None, true).await,
        Err(error) => again(Some(words(t, &error)), false).await,
    }
}
