//! The list of API keys with its dialogs. A new key is shown once.

use askama::Template;
use axum::extract::State;
use keystead_app::keys::{KeyQuestion, KeysFound, MintedKey};
use keystead_app::operator::GatewaysView;
use keystead_app::{Error, Page as Cursor};
use keystead_core::time::Timestamp;

use super::accounts::Accounts;
pub(crate) use super::dialog::Dialog;
use super::draft::{self, DRAFT};
use super::find::{leaked_dialog, several};
use super::permissions::Permissions;
pub(crate) use super::rows::{HERE, Row, permissions, row, row_of, row_to_end, split};
use super::view::{Tab, View};
use crate::pages::phone_step::{PhoneStep, phone_needed};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, subpath};
use keystead_locales::Messages;

/// Where the forms of the phone step are sent.
const PHONE: &str = "/api-keys/phone";
/// Lifetimes of a new key, in days; an empty value is unlimited.
pub(crate) const LIVES: [&str; 5] = ["", "7", "30", "90", "365"];

/// How long the old secret stays valid after a rotation, in seconds, with the key of the label.
pub(crate) const OVERLAPS: [(&str, &str); 4] =
    [("3600", "rotate-hour"), ("86400", "rotate-day"), ("604800", "rotate-week"), ("0", "rotate-now")];

#[derive(Template)]
#[template(path = "pages/keys.html")]
pub(crate) struct Keys {
    layout: Layout,
    rows: Vec<Row>,
    view: View,
    tabs: Vec<Tab>,
    /// The link to the keys that were issued to workloads, if there are any.
    issued: Option<Tab>,
    /// Whether the visitor sees no keys in this project, revoked ones neither.
    no_keys: bool,
    /// What an empty list says.
    empty: String,
    /// How many revoked keys the search leaves out, and the address that includes them.
    left_out: Option<(String, String)>,
    /// How many keys were revoked together.
    revoked: Option<String>,
    /// How many gateways of how many confirmed the last revocation, while some have not or it is the page's news.
    spreading: Option<(String, String)>,
    follow_href: String,
    search_href: String,
    leaked_href: String,
    project: String,
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

    /// The target of the form that revokes several keys.
    fn act_on_all(&self) -> String {
        subpath(&self.action, HERE, "revoke")
    }

    /// The address of a dialog about one key.
    fn ask(&self, verb: &str, row: &Row) -> String {
        let mark = if self.close_href.contains('?') { '&' } else { '?' };
        format!("{}{mark}{verb}={}", self.close_href, row.id)
    }

    /// The page to which the forms of the dialogs lead; empty is the list.
    fn from(&self) -> &'static str {
        ""
    }
}

/// How many gateways of how many confirmed the last revocation, while some have not.
pub(crate) async fn spreading(state: &DashboardState, visit: &Visit) -> Result<Option<(String, String)>, PageError> {
    let view = state.app.revocation_spreading(&visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(view.map(shown_gateways))
}

/// How many gateways of how many, as text.
pub(crate) fn shown_gateways(view: GatewaysView) -> (String, String) {
    (view.current.to_string(), view.all.to_string())
}

impl Keys {
    /// The page with one dialog open, or none.
    pub(crate) async fn with(state: &DashboardState, visit: &Visit, dialog: Dialog) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let fail = |error| PageError::new(t, error);
        let after = visit.person.query.get("after").cloned();
        let cursor = Cursor { after, limit: 50, ascending: false };
        let view = View::of(visit);
        let question = KeyQuestion { search: view.search.clone(), filter: view.filter() };
        let (actor, organization) = (visit.person.actor(), &visit.organization.id);
        let found = state.app.find_keys(&actor, organization, &visit.project.id, &question, cursor).await;
        let KeysFound { keys: listing, counts, paused } = found.map_err(fail)?;
        let revoked = visit.person.query.get("revoked").and_then(|count| count.parse::<i64>().ok());
        let spreading = match revoked {
            Some(_) => state.app.revocation_progress(organization).await.map_err(fail)?.map(shown_gateways),
            None => spreading(state, visit).await?,
        };
        // After the verification of a phone the same dialog opens again.
        let next = match &dialog {
            Dialog::Rotate { id, .. } => format!("{HERE}?rotate={id}"),
            _ => format!("{HERE}?new=1"),
        };
        let query = serde_urlencoded::to_string([("next", visit.link(&next))]).unwrap_or_default();
        let more = listing.data.last().filter(|_| listing.has_more);
        Ok(Self {
            more: more.map(|last| view.href(visit, view.chosen(), Some(last.key.id.as_str()))),
            no_keys: view.search.is_empty() && counts.active + counts.expired + counts.revoked_in_all == 0,
            empty: view.empty(visit),
            left_out: view.left_out(visit, &counts),
            tabs: view.tabs(visit, &counts),
            issued: super::issued::tab(state, visit).await?,
            revoked: revoked.map(|count| t.count("keys-were-revoked", &count)),
            follow_href: visit.link(&format!("{HERE}/gateways")),
            search_href: visit.link(&format!("{HERE}/search")),
            leaked_href: visit.link(&format!("{HERE}?leaked=1")),
            project: visit.project.id.to_string(),
            rows: listing
                .data
                .iter()
                .map(|found| Row { paused_at: paused.get(&found.key.id).map(|pause| pause.since), ..row(visit, found) })
                .collect(),
            layout: Layout::new(state, visit, &t.text("nav-api-keys"), HERE),
            spreading,
            dialog,
            action: visit.link(HERE),
            new_href: visit.link("/api-keys?new=1"),
            close_href: view.href(visit, view.chosen(), None),
            view,
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

pub(crate) async fn list(State(state): State<DashboardState>, visit: Visit) -> Page {
    let view = View::of(&visit);
    if view.named_a_secret {
        // An address that was written by hand; no link of the page repeats the secret.
        return Ok(redirect(&view.href(&visit, view.chosen(), None)));
    }
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
    if let Some(result) = query.get("leaked") {
        return Ok(leaked_dialog(visit, result));
    }
    if query.contains_key("several") {
        return several(state, visit).await;
    }
    dialog_about(state, visit).await
}

/// The dialog about one key that the query opens.
pub(crate) async fn dialog_about(state: &DashboardState, visit: &Visit) -> Result<Dialog, PageError> {
    let query = &visit.person.query;
    if let Some(id) = query.get("rotate") {
        return rotation(state, visit, id, None).await;
    }
    if let Some(id) = query.get("revoke") {
        let Some(row) = row_to_end(state, visit, id).await? else { return Ok(Dialog::None) };
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
    let draft = query.get(DRAFT);
    // Where no code can be sent, the step says so before anything is filled in.
    let is_at_phone = draft.is_some() && query.get("step").is_some_and(|step| step == "phone");
    if (is_at_phone || !state.app.configured_services().text_messages) && phone_needed(state, visit).await? {
        return phone_dialog(state, visit, draft.map_or("", String::as_str), None).await;
    }
    let Some(draft) = draft else {
        let word = |name: &str| (name.to_owned(), query.get(name).cloned().unwrap_or_default());
        return create_dialog(state, visit, &Form::of(vec![word("owner"), word("account")]), None).await;
    };
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
    let phone = phone_needed(state, visit).await?;
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
