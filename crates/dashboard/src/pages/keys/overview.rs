//! The page of one key: state, permissions, use, refusals and changes.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::anomalies::described;
use keystead_app::audit::AuditEvent;
use keystead_app::keys::{IssuedBy, KeyAddress, KeyOverview, KeyState, MinuteOfKey, ModelOfKey};
use keystead_core::anomaly::{KeyCap, PauseReason};
use keystead_core::budget::BudgetSubject;
use keystead_core::id::KeyId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_locales::Messages;

use super::list::{Dialog, HERE, OVERLAPS, Row, dialog_about, row, shown_gateways};
use crate::pages::audit::wording::{self, Entry};
use crate::pages::budgets;
use crate::pages::budgets::table::{BudgetRow, rows};
use crate::pages::home::Refusal;
use crate::pages::organization::unusual_use;
use crate::pages::velocity_cap::CapFields;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, subpath};

#[derive(Template)]
#[template(path = "pages/key.html")]
struct KeyPage {
    layout: Layout,
    row: Row,
    state: KeyState,
    owner_active: bool,
    /// The rule that issued it to a workload.
    issued_by: Option<IssuedBy>,
    changeable: bool,
    /// Whether the page answers a pasted secret.
    leaked: bool,
    /// Who created it, and who revoked it; empty if that is not known.
    created_by: String,
    revoked_by: String,
    /// How many gateways of how many have confirmed the revocation, while that matters.
    gateways: Option<(String, String)>,
    /// Whether some have not.
    spreading: bool,
    /// The address of the key that replaced it.
    replaced_by: Option<String>,
    all_permissions: bool,
    budget_rows: Vec<BudgetRow>,
    budgets_change: bool,
    budgets_href: String,
    models: Vec<ModelOfKey>,
    spent: String,
    recent: Vec<MinuteOfKey>,
    addresses: Vec<KeyAddress>,
    /// Since when it is paused, and why in one sentence.
    pause: Option<(Timestamp, String)>,
    /// Whether the visitor may change its velocity cap.
    may_cap: bool,
    /// `inherited`, `off` or `own`.
    cap_mode: &'static str,
    cap: CapFields,
    unusual_href: String,
    /// What was noticed, latest first.
    signals: Vec<(Timestamp, String)>,
    refusals: Vec<Refusal>,
    changes: Vec<Entry>,
    dialog: Dialog,
    action: String,
    list_href: String,
    close_href: String,
    follow_href: String,
    phone_href: String,
    overlaps: [(&'static str, &'static str); 4],
}

impl KeyPage {
    /// The target of a form about the key.
    fn act(&self, id: &str, verb: &str) -> String {
        subpath(&self.action, HERE, &format!("{id}/{verb}"))
    }

    /// The address of a dialog.
    fn ask(&self, verb: &str) -> String {
        format!("{}&{verb}={}", self.close_href, self.row.id)
    }

    /// The page to which the forms of the dialogs lead.
    fn from(&self) -> &'static str {
        "key"
    }

    /// The state of the gateways as the page shows it, for its script.
    fn progress(&self) -> String {
        self.gateways.as_ref().map_or_else(String::new, |(current, all)| format!("{current}/{all}"))
    }
}

/// The name of the person or key that acted.
fn actor(visit: &Visit, found: &KeyOverview, kind: &str, id: &str) -> String {
    wording::actor(visit.person.messages, kind, id, &found.changes.names).name
}

/// What was spent over how many requests, in one sentence.
fn spent(visit: &Visit, models: &[ModelOfKey]) -> String {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let requests = models.iter().fold(0_i64, |sum, model| sum.saturating_add(model.requests));
    let cost = models.iter().fold(Amount::ZERO, |sum, model| sum.plus(model.cost));
    t.count_with("key-spent", requests, &[("cost", &format.money(&cost))])
}

/// Why a key is paused, in one sentence.
pub(crate) fn why_paused(t: Messages, reason: PauseReason) -> String {
    t.text(match reason {
        PauseReason::RequestsOverCap => "key-paused-requests",
        PauseReason::SpendOverCap => "key-paused-spend",
        PauseReason::Person => "key-paused-person",
    })
}

/// The page of a key with a velocity cap that was refused.
pub(super) async fn refused_cap(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    form: &Form,
    wrong: FieldFault,
) -> Result<impl Template, PageError> {
    let key = visit.named("API key", id)?;
    let found = state.app.key_overview(&visit.person.actor(), &visit.organization.id, &visit.project.id, &key).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    let mut page = page(state, visit, found, Dialog::None);
    (page.cap_mode, page.cap) = ("own", CapFields { wrong, ..CapFields::sent(form) });
    page.budget_rows = of_key(state, visit, &key).await?;
    Ok(page)
}

fn page(state: &DashboardState, visit: &Visit, found: KeyOverview, dialog: Dialog) -> KeyPage {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let key = &found.found.key;
    let own = (visit.organization.id.as_str(), visit.organization.name.as_str());
    let entry = |event: &AuditEvent| wording::entry(t, format, event, own, &found.changes.names);
    let revoker = key.revoked_by.as_deref().and_then(|by| by.split_once(':'));
    let created_by = found.created.as_ref().map(|event| actor(visit, &found, &event.actor_kind, &event.actor_id));
    let revoked_by = revoker.map(|(kind, id)| actor(visit, &found, kind, id)).unwrap_or_default();
    let row = row(visit, &found.found);
    let close_href = visit.link(&format!("{HERE}/{}", row.id));
    let next = serde_urlencoded::to_string([("next", format!("{close_href}&rotate={}", row.id))]);
    KeyPage {
        layout: Layout::new(state, visit, &row.name, HERE),
        state: found.state,
        owner_active: found.found.owner_active,
        issued_by: found.issued_by,
        changeable: found.changeable,
        leaked: visit.person.query.contains_key("leaked"),
        created_by: created_by.unwrap_or_default(),
        revoked_by,
        gateways: None,
        spreading: false,
        replaced_by: key.rotated_to.as_ref().map(|heir| visit.link(&format!("{HERE}/{heir}"))),
        all_permissions: row.restriction.is_empty(),
        budget_rows: Vec::new(),
        budgets_change: visit.owner(),
        budgets_href: visit.link(budgets::HERE),
        spent: spent(visit, &found.models),
        changes: found.changes.rows.data.iter().map(entry).collect(),
        models: found.models,
        recent: found.recent,
        addresses: found.addresses,
        pause: found.cap.pause.map(|pause| (pause.since, why_paused(t, pause.reason))),
        may_cap: found.may_cap,
        cap_mode: match found.cap.cap {
            KeyCap::Inherited => "inherited",
            KeyCap::Off => "off",
            KeyCap::Own(_) => "own",
        },
        cap: CapFields::of(found.cap.cap.or_of(found.settings.cap), format),
        unusual_href: visit.link(unusual_use::HERE),
        signals: found.signals.iter().map(|one| (one.at, described(one, t, format))).collect(),
        refusals: found.refusals.into_iter().map(|call| Refusal::of(t, call)).collect(),
        row,
        dialog,
        action: visit.link(HERE),
        list_href: visit.link(HERE),
        close_href,
        follow_href: visit.link(&format!("{HERE}/gateways?since={}", key.revoked_at.map_or(0, |at| at.0))),
        phone_href: visit.link(&format!("/settings/account/phone?{}", next.unwrap_or_default())),
        overlaps: OVERLAPS,
    }
}

/// The budgets of the key. Keys that reach several organizations have none, and who may not see usage sees none.
async fn of_key(state: &DashboardState, visit: &Visit, key: &KeyId) -> Result<Vec<BudgetRow>, PageError> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.budgets_of(&actor, organization, &BudgetSubject::Key(key.clone())).await {
        Ok(views) => Ok(rows(state, visit, &views).await?.0),
        Err(Error::NotFound { .. } | Error::Refused(_) | Error::Forbidden { .. }) => Ok(Vec::new()),
        Err(error) => Err(PageError::new(visit.person.messages, error)),
    }
}

/// Opens the page of a key.
pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let t = visit.person.messages;
    let key = visit.named("API key", &id)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let found = state.app.key_overview(&actor, organization, &visit.project.id, &key).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let dialog = if found.changeable { dialog_about(&state, &visit).await? } else { Dialog::None };
    let gateways = match found.found.key.revoked_at {
        Some(at) => state.app.progress_since(at).await.map_err(|error| PageError::new(t, error))?,
        None => None,
    };
    let mut page = page(&state, &visit, found, dialog);
    page.spreading = gateways.as_ref().is_some_and(|view| view.current < view.all);
    page.gateways = gateways.map(shown_gateways);
    page.budget_rows = of_key(&state, &visit, &key).await?;
    render(t, &page)
}
