//! The page of one provider: its issuer, the state of the issuer's keys, its rules, and how a workload uses it.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::workload_identity::ProviderChange;
use keystead_app::workload_overview::ProviderOverview;
use keystead_core::id::WorkloadIdentityProviderId;
use keystead_core::workload_identity::expression::Transformation;

use super::HERE;
use super::examples::Examples;
use super::provider_form;
use super::rules::RuleRow;
use super::wording::{KeysShown, ends_form};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};
use crate::web::submit::reloads_as;

/// The dialog above the page. Each holds how many keys end.
pub(super) enum Dialog {
    None,
    Disable { keys: i64 },
    Delete,
    DisableRule { id: String, name: String, keys: i64 },
    DeleteRule { id: String, name: String, keys: i64 },
}

#[derive(Template)]
#[template(path = "pages/workload_provider.html")]
pub(super) struct ProviderPage {
    layout: Layout,
    id: String,
    description: String,
    issuer: String,
    audience: String,
    enabled: bool,
    keys: KeysShown,
    derived: Vec<Transformation>,
    pub(super) rules: Vec<RuleRow>,
    examples: Examples,
    pub(super) wrong: Option<String>,
    pub(super) dialog: Dialog,
    path: String,
    action: String,
    list_href: String,
    close_href: String,
    edit_href: String,
    new_rule_href: String,
}

impl ProviderPage {
    /// The target of a form below the page.
    fn act(&self, rest: &str) -> String {
        subpath(&self.action, &self.path, rest)
    }

    /// The target of a form about one rule.
    fn act_on(&self, rule: &str, verb: &str) -> String {
        self.act(&format!("rules/{rule}/{verb}"))
    }

    /// The address of a dialog.
    fn ask(&self, what: &str, id: &str) -> String {
        format!("{}&{what}={id}", self.close_href)
    }
}

/// The page without a dialog.
pub(super) async fn page(
    state: &DashboardState,
    visit: &Visit,
    id: &WorkloadIdentityProviderId,
) -> Result<ProviderPage, PageError> {
    let found = state.app.provider_overview(&visit.person.actor(), &visit.organization.id, id).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(page_of(state, visit, found))
}

fn page_of(state: &DashboardState, visit: &Visit, found: ProviderOverview) -> ProviderPage {
    let path = format!("{HERE}/{}", found.provider.id);
    let examples = Examples::of(state, &found);
    let provider = found.provider;
    ProviderPage {
        layout: Layout::new(state, visit, &provider.name, HERE),
        id: provider.id.to_string(),
        description: provider.description.unwrap_or_default(),
        issuer: provider.issuer,
        audience: provider.audience,
        enabled: provider.enabled,
        keys: KeysShown::of(visit, found.keys),
        derived: provider.transformations.into(),
        rules: found.rules.into_iter().map(|rule| RuleRow::of(visit, rule)).collect(),
        examples,
        wrong: None,
        dialog: Dialog::None,
        action: visit.link(&path),
        list_href: visit.link(HERE),
        close_href: visit.link(&path),
        edit_href: visit.link(&format!("{path}/edit")),
        new_rule_href: visit.link(&format!("{path}/rules/new")),
        path,
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("workload identity provider", &id)?;
    let mut page = page(&state, &visit, &id).await?;
    page.dialog = asked(&visit, &page);
    render(visit.person.messages, &page)
}

/// The dialog that the address opens.
fn asked(visit: &Visit, page: &ProviderPage) -> Dialog {
    let query = &visit.person.query;
    if query.contains_key("disable") && page.enabled {
        return Dialog::Disable { keys: page.rules.iter().fold(0_i64, |sum, rule| sum.saturating_add(rule.live_keys)) };
    }
    if query.contains_key("delete") && page.rules.is_empty() {
        return Dialog::Delete;
    }
    let named = |what| {
        let id = query.get(what)?;
        page.rules.iter().find(|rule| rule.id == *id)
    };
    if let Some(rule) = named("rule-disable").filter(|rule| rule.enabled) {
        return Dialog::DisableRule { id: rule.id.clone(), name: rule.name.clone(), keys: rule.live_keys };
    }
    match named("rule-delete") {
        Some(rule) => Dialog::DeleteRule { id: rule.id.clone(), name: rule.name.clone(), keys: rule.live_keys },
        None => Dialog::None,
    }
}

/// Fetches the keys of the issuer now, at most once in a minute.
pub(crate) async fn fetch(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: WorkloadIdentityProviderId = visit.named("workload identity provider", &id)?;
    let fetched = state.app.fetch_issuer_keys(&visit.person.actor(), &visit.organization.id, &id).await;
    fetched.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}/{id}"))))
}

/// `save`, `enable`, `disable` or `delete`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, verb)): Path<(String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: WorkloadIdentityProviderId = visit.named("workload identity provider", &id)?;
    let (t, app) = (visit.person.messages, &state.app);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let switch = |enabled| ProviderChange { enabled: Some(enabled), ..ProviderChange::default() };
    let (done, changed) = match verb.as_str() {
        "save" => return provider_form::save(&state, &visit, &id, &form).await,
        "enable" | "disable" => {
            let change = switch(verb == "enable");
            let changed = app.update_workload_identity_provider(&actor, organization, &id, &change).await;
            (format!("{HERE}/{id}?done=saved"), changed.map(|_| ()))
        }
        "delete" => {
            let gone = app.delete_workload_identity_provider(&actor, organization, &id).await;
            (format!("{HERE}?done=provider-deleted"), gone)
        }
        other => (String::new(), Err(Error::not_found("page", other))),
    };
    match changed {
        Ok(()) => Ok(redirect(&visit.link(&done))),
        Err(error) if ends_form(&error) => Err(PageError::new(t, error)),
        Err(error) => {
            let mut page = page(&state, &visit, &id).await?;
            page.wrong = Some(match &error {
                Error::Conflict { .. } => t.text("workload-has-rules"),
                other => error_message(&visit.person.format, other),
            });
            reloads_as(render_error(t, &page, &error), page.close_href.clone())
        }
    }
}
