//! The list of API keys with its dialogs. A new key is shown once.

use askama::Template;
use axum::extract::State;
use keystead_app::keys::MintedKey;
use keystead_app::{Error, KeyWithOwner, Page as Cursor};
use keystead_core::caller::Owner;
use keystead_core::scope::ALL_READ;
use keystead_core::time::Timestamp;

use super::accounts::Accounts;
use super::draft::{self, DRAFT};
use super::permissions::Permissions;
use crate::pages::phone_step::PhoneStep;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, subpath};
use keystead_locales::Messages;

pub(crate) const HERE: &str = "/api-keys";
/// Where the forms of the phone step are sent.
const PHONE: &str = "/api-keys/phone";
/// Lifetimes of a new key, in days; an empty value is unlimited.
pub(crate) const LIVES: [&str; 5] = ["", "7", "30", "90", "365"];

/// How long the old secret stays valid after a rotation, in seconds, with the key of the label.
pub(crate) const OVERLAPS: [(&str, &str); 4] =
    [("3600", "rotate-hour"), ("86400", "rotate-day"), ("604800", "rotate-week"), ("0", "rotate-now")];

/// One row of the list.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name as given; empty if there is none.
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
    /// Whether the key has expired.
    ended: bool,
    /// Whether the key was rotated.
    rotated: bool,
    /// Whether the visitor may rotate the key.
    rotatable: bool,
}

/// The dialog, if one is open.
pub(crate) enum Dialog {
    None,
    Create {
        wrong: Option<String>,
        name: String,
        /// The chosen lifetime in days.
        days: String,
        /// Accounts a key may be created for; `None` if the visitor does not administer the project.
        accounts: Option<Accounts>,
        permissions: Permissions,
    },
    /// The phone step of a new key with this name.
    Phone {
        step: Box<PhoneStep>,
        name: String,
    },
    /// The secret of this key was shown, and is not shown again.
    ShownOnce {
        id: String,
        name: String,
        head: String,
        tail: String,
    },
    Made {
        id: String,
        secret: String,
        tail: String,
        head: String,
        name: String,
        permissions: String,
        expires_at: Option<Timestamp>,
        /// The last four characters of the replaced key, and when it expires.
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
    layout: Layout,
    rows: Vec<Row>,
    /// How many gateways of how many confirmed the last revocation, while some have not.
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
        life(self.layout.t, days)
    }

    /// The secret without its last four characters, which are highlighted.
    fn secret_head(&self, secret: &str) -> String {
        secret.get(..secret.len().saturating_sub(4)).unwrap_or(secret).to_owned()
    }

    /// The target of a form about one key.
    fn act(&self, id: &str, verb: &str) -> String {
        subpath(&self.action, HERE, &format!("{id}/{verb}"))
    }

    /// The address of a dialog about one key.
    fn ask(&self, verb: &str, row: &Row) -> String {
        let mark = if self.close_href.contains('?') { '&' } else { '?' };
        format!("{}{mark}{verb}={}", self.close_href, row.id)
    }
}

/// How many gateways of how many confirmed the last revocation, while some have not.
pub(crate) async fn spreading(state: &DashboardState, visit: &Visit) -> Result<Option<(String, String)>, PageError> {
    let view = state.app.revocation_spreading(&visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(view.map(|view| (view.current.to_string(), view.all.to_string())))
}

impl Keys {
    /// The page with one dialog open, or none.
    pub(crate) async fn with(state: &DashboardState, visit: &Visit, dialog: Dialog) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let after = visit.person.query.get("after").cloned();
        let cursor = Cursor { after, limit: 50, ascending: false };
        let listing =
            state.app.visible_keys(&visit.person.actor(), &visit.organization.id, &visit.project.id, cursor).await;
        let listing = listing.map_err(|error| PageError::new(t, error))?;
        let spreading = spreading(state, visit).await?;
        // After the verification of a phone the same dialog opens again.
        let next = match &dialog {
            Dialog::Rotate { id, .. } => format!("{HERE}?rotate={id}"),
            _ => format!("{HERE}?new=1"),
        };
        let query = serde_urlencoded::to_string([("next", visit.link(&next))]).unwrap_or_default();
        let more = listing.data.last().filter(|_| listing.has_more);
        Ok(Self {
            more: more.map(|last| visit.link(&format!("{HERE}?after={}", last.key.id))),
            rows: listing.data.iter().map(|found| row(visit, found)).collect(),
            layout: Layout::new(state, visit, &t.text("nav-api-keys"), HERE),
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

    /// Whether the new key is for a service account.
    fn for_account(&self, accounts: &Option<Accounts>) -> bool {
        accounts.as_ref().is_some_and(|accounts| accounts.chosen)
    }

    /// Whether this row is the key just created.
    fn is_new(&self, row: &Row) -> bool {
        matches!(&self.dialog, Dialog::Made { id, .. } | Dialog::ShownOnce { id, .. } if *id == row.id)
    }
}

/// The label of a lifetime.
pub(crate) fn life(t: Messages, days: &str) -> String {
    match days.parse() {
        Ok(days) => t.count("key-life", &days),
        Err(_) => t.text("key-life-ever"),
    }
}

/// The first characters and the last four of a stored key such as `sk-proj-ab…wxyz`.
pub(crate) fn split(redacted: &str) -> (String, String) {
    let tail: String = redacted.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = redacted.chars().take_while(|c| *c != '*' && *c != '…' && *c != '.').take(12).collect();
    (head, tail)
}

pub(crate) fn permissions(visit: &Visit, scopes: &[String]) -> String {
    let t = visit.person.messages;
    match scopes {
        [] => t.text("key-permission-all"),
        [one] if one == ALL_READ => t.text("key-permission-read"),
        some => t.count("key-permission-some", &i64::try_from(some.len()).unwrap_or(0)),
    }
}

fn row(visit: &Visit, found: &KeyWithOwner) -> Row {
    let (head, tail) = split(&found.key.redacted);
    let ended = found.key.expires_at.is_some_and(|end| visit.person.format.now >= end);
    let rotated = found.key.rotated_to.is_some();
    let hers = match &found.key.owner {
        Owner::User(user) => *user == visit.person.session.user,
        Owner::ServiceAccount(_) => visit.project.administers,
    };
    Row {
        id: found.key.id.to_string(),
        name: found.key.name.clone().unwrap_or_else(|| visit.person.messages.text("key-unnamed")),
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

/// The row of one key, on any page of the list; `None` if the person may not change it.
pub(crate) async fn row_of(state: &DashboardState, visit: &Visit, id: &str) -> Result<Option<Row>, PageError> {
    let Ok(key) = id.parse() else { return Ok(None) };
    let found = state.app.changeable_key(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    match found {
        Ok(found) => Ok(Some(row(visit, &found))),
        Err(Error::NotFound { .. } | Error::Refused(_)) => Ok(None),
        Err(error) => Err(PageError::new(visit.person.messages, error)),
    }
}

/// Whether a new key requires a verified phone first.
async fn phone_first(state: &DashboardState, visit: &Visit) -> Result<bool, PageError> {
    let view = state.app.verification_of(&visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(visit.person.messages, error))?;
    let make = view.actions.iter().find(|action| action.action == "api_key.create");
    Ok(make.is_some_and(|action| !action.missing.is_empty()))
}

pub(crate) async fn list(State(state): State<DashboardState>, visit: Visit) -> Page {
    let dialog = dialog_of(&state, &visit).await?;
    render(visit.person.messages, &Keys::with(&state, &visit, dialog).await?)
}

/// The dialog that the query opens.
async fn dialog_of(state: &DashboardState, visit: &Visit) -> Result<Dialog, PageError> {
    let query = &visit.person.query;
    if query.contains_key("new") {
        return new_key(state, visit).await;
    }
    if let Some(id) = query.get("made") {
        let Some(row) = row_of(state, visit, id).await? else { return Ok(Dialog::None) };
        let Row { id, name, head, tail, .. } = row;
        return Ok(Dialog::ShownOnce { id, name, head, tail });
    }
    if let Some(id) = query.get("rotate") {
        return rotation(state, visit, id, None).await;
    }
    if let Some(id) = query.get("revoke") {
        let Some(row) = row_of(state, visit, id).await? else { return Ok(Dialog::None) };
        let Row { id, name, tail, rotated, last_used_at, .. } = row;
        return Ok(Dialog::Revoke { id, name, tail, rotated, last_used_at });
    }
    let Some(id) = query.get("edit") else { return Ok(Dialog::None) };
    let Some(row) = row_of(state, visit, id).await?.filter(|row| !row.ended) else { return Ok(Dialog::None) };
    let permissions = Permissions::of(&row.restriction);
    Ok(Dialog::Edit { id: row.id, name: row.given_name, shown: row.name, wrong: None, permissions })
}

/// The dialog for a new key: at its beginning, or with what was filled in before the phone step.
async fn new_key(state: &DashboardState, visit: &Visit) -> Result<Dialog, PageError> {
    let query = &visit.person.query;
    let Some(draft) = query.get(DRAFT) else {
        let word = |name: &str| (name.to_owned(), query.get(name).cloned().unwrap_or_default());
        return create_dialog(state, visit, &Form::of(vec![word("owner"), word("account")]), None).await;
    };
    if query.get("step").is_some_and(|step| step == "phone") && phone_first(state, visit).await? {
        return phone_dialog(state, visit, draft, None).await;
    }
    create_dialog(state, visit, &draft::read(draft), None).await
}

/// The dialog with what was filled in.
pub(crate) async fn create_dialog(
    state: &DashboardState,
    visit: &Visit,
    form: &Form,
    wrong: Option<String>,
) -> Result<Dialog, PageError> {
    let chosen = form.field("owner") == "service_account";
    let accounts = Accounts::of(state, visit, chosen, form.field("account")).await?;
    let (name, permissions) = (form.field("name").to_owned(), Permissions::as_sent(form));
    let days = form.field("days").to_owned();
    Ok(Dialog::Create { wrong, name, days, accounts, permissions })
}

/// The dialog at the phone step, after this form and its error if there was one.
pub(crate) async fn phone_dialog(
    state: &DashboardState,
    visit: &Visit,
    draft: &str,
    refused: Option<(&Form, &Error, Option<&str>)>,
) -> Result<Dialog, PageError> {
    let name = draft::read(draft).field("name").to_owned();
    let form = refused.map(|(form, ..)| form);
    let mut step = PhoneStep::of(state, visit, PHONE, vec![(DRAFT, draft.to_owned())], form).await?;
    if let Some((_, error, verb)) = refused {
        step.refuse(error, verb);
    }
    Ok(Dialog::Phone { step: Box::new(step), name })
}

/// The address of the page about a new key after its secret was shown.
pub(crate) fn shown_once(visit: &Visit, minted: &MintedKey) -> String {
    visit.link(&format!("{HERE}?made={}", minted.key.id))
}

/// The dialog to rotate a key, if it can be rotated.
pub(crate) async fn rotation(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    wrong: Option<String>,
) -> Result<Dialog, PageError> {
    let Some(row) = row_of(state, visit, id).await?.filter(|row| row.rotatable) else { return Ok(Dialog::None) };
    let phone = phone_first(state, visit).await?;
    Ok(Dialog::Rotate { id: row.id, name: row.name, tail: row.tail, wrong, phone, last_used_at: row.last_used_at })
}

/// The dialog that shows the secret, once.
pub(crate) fn made(visit: &Visit, minted: &MintedKey, replaces: Option<(String, Timestamp)>) -> Dialog {
    let (head, tail) = split(&minted.key.redacted);
    Dialog::Made {
        id: minted.key.id.to_string(),
        secret: minted.secret.expose().clone(),
        tail,
        head,
        name: minted.key.name.clone().unwrap_or_else(|| visit.person.messages.text("key-unnamed")),
        permissions: permissions(visit, &minted.key.restriction.0),
        expires_at: minted.key.expires_at,
        replaces,
    }
}
