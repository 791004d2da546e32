//! The form for a new rule, and the same for one that exists.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Page as Cursor;
use keystead_app::projects::service_accounts::{AccountChange, NewServiceAccount};
use keystead_app::workload_identity::{NewRule, WorkloadIdentityProvider};
use keystead_app::workload_overview::ProviderOverview;
use keystead_core::id::{FederationRuleId, ProjectId, ServiceAccountId, WorkloadIdentityProviderId};
use keystead_core::role::ProjectRole;
use keystead_core::workload_identity::tells_workloads_apart;

use super::HERE;
use super::rule_draft::{Condition, RuleDraft};
use super::wording::{ends_form, rule_refused};
use crate::pages::keys::permissions::Permissions;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

/// Projects that the form offers.
const MOST_PROJECTS: usize = 50;
/// The value for an account that is made with the rule, after the project.
const NEW: &str = "new";

/// The service accounts of a project.
struct Group {
    project: String,
    label: String,
    /// Value and label of each.
    accounts: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/workload_rule_form.html")]
struct RuleForm {
    layout: Layout,
    provider: String,
    draft: RuleDraft,
    rows: Vec<Condition>,
    permissions: Permissions,
    fault: FieldFault,
    /// Who the workload acts as, of a rule that exists.
    acts_as: Option<(String, String)>,
    groups: Vec<Group>,
    /// How many keys would end with a change, in words.
    ends: Option<String>,
    action: String,
    back_href: String,
}

impl RuleForm {
    /// Whether a new account in this project is chosen.
    fn is_new_in(&self, group: &Group) -> bool {
        self.draft.account.split_once('/') == Some((group.project.as_str(), NEW))
    }
}

async fn overview(
    state: &DashboardState,
    visit: &Visit,
    id: &WorkloadIdentityProviderId,
) -> Result<ProviderOverview, PageError> {
    let found = state.app.provider_overview(&visit.person.actor(), &visit.organization.id, id).await;
    found.map_err(|error| PageError::new(visit.person.messages, error))
}

/// The service accounts that a rule may name, by project; the chosen project first.
async fn groups(state: &DashboardState, visit: &Visit) -> Result<Vec<Group>, PageError> {
    let t = visit.person.messages;
    let (actor, organization) = (visit.person.actor(), &visit.organization);
    let mut projects: Vec<_> = organization.projects.iter().filter(|project| project.administers).collect();
    projects.sort_by_key(|project| project.id != visit.project.id);
    let mut groups = Vec::new();
    for project in projects.into_iter().take(MOST_PROJECTS) {
        let cursor = Cursor { after: None, limit: 100, ascending: true };
        let listing = state.app.service_accounts(&actor, &organization.id, &project.id, cursor).await;
        let listing = listing.map_err(|error| PageError::new(t, error))?;
        let value = |id: &ServiceAccountId| format!("{}/{id}", project.id);
        let accounts = listing.data.into_iter().map(|row| (value(&row.id), row.name)).collect();
        let label = t.project(project.is_default, &project.name);
        groups.push(Group { project: project.id.to_string(), label, accounts });
    }
    Ok(groups)
}

async fn new_page(
    state: &DashboardState,
    visit: &Visit,
    found: &ProviderOverview,
    (draft, fault): (RuleDraft, FieldFault),
) -> Result<RuleForm, PageError> {
    let t = visit.person.messages;
    let path = format!("{HERE}/{}", found.provider.id);
    Ok(RuleForm {
        layout: Layout::new(state, visit, &t.text("workload-rule-create"), HERE),
        provider: found.provider.name.clone(),
        rows: draft.rows(),
        permissions: draft.permissions(),
        draft,
        fault,
        acts_as: None,
        groups: groups(state, visit).await?,
        ends: None,
        action: visit.link(&format!("{path}/rules/create")),
        back_href: visit.link(&path),
    })
}

pub(crate) async fn new(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("workload identity provider", &id)?;
    let found = overview(&state, &visit, &id).await?;
    let draft = RuleDraft::new(&found.provider.issuer, "");
    let page = new_page(&state, &visit, &found, (draft, FieldFault::default())).await?;
    render(visit.person.messages, &page)
}

pub(crate) async fn create(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let id: WorkloadIdentityProviderId = visit.named("workload identity provider", &id)?;
    let found = overview(&state, &visit, &id).await?;
    let mut draft = RuleDraft::sent(&form);
    let fault = match make(&state, &visit, &found.provider, &mut draft).await {
        Ok(()) => return Ok(redirect(&visit.link(&format!("{HERE}/{id}?done=rule-created")))),
        Err(Refused::Field(fault)) => fault,
        Err(Refused::Error(error)) if ends_form(&error) => return Err(PageError::new(t, error)),
        Err(Refused::Error(error)) => rule_refused(&visit, &error),
    };
    let page = new_page(&state, &visit, &found, (draft, fault)).await?;
    reloads_as(render_invalid(t, &page), visit.link(&format!("{HERE}/{id}/rules/new")))
}

enum Refused {
    Field(FieldFault),
    Error(keystead_app::Error),
}

impl From<FieldFault> for Refused {
    fn from(fault: FieldFault) -> Self {
        Self::Field(fault)
    }
}

impl From<keystead_app::Error> for Refused {
    fn from(error: keystead_app::Error) -> Self {
        Self::Error(error)
    }
}

/// Creates a rule, and before that its service account if that is new.
async fn make(
    state: &DashboardState,
    visit: &Visit,
    of: &WorkloadIdentityProvider,
    draft: &mut RuleDraft,
) -> Result<(), Refused> {
    let t = visit.person.messages;
    let (matchers, scopes) = (draft.matchers(t)?, draft.chosen_scopes(t)?);
    // Before an account is made for the rule.
    if !tells_workloads_apart(&matchers, &of.transformations, &of.issuer) {
        return Err(FieldFault::new("conditions", t.text("workload-matchers-alike")).into());
    }
    let unknown = || FieldFault::new("account", t.text("workload-account-missing"));
    let (project, account) = draft.account.split_once('/').ok_or_else(unknown)?;
    let project: ProjectId = project.parse().map_err(|_| unknown())?;
    let service_account = if account == NEW {
        new_account(state, visit, &project, draft).await?
    } else {
        account.parse().map_err(|_| unknown())?
    };
    let asked = NewRule {
        matchers,
        project,
        service_account,
        name: RuleDraft::given(&draft.name),
        description: RuleDraft::given(&draft.description),
        scopes,
        enabled: true,
    };
    state.app.create_federation_rule(&visit.person.actor(), &visit.organization.id, &of.id, asked).await?;
    Ok(())
}

/// Creates a service account without a key, which may call models. After a refusal the form shows it as chosen.
async fn new_account(
    state: &DashboardState,
    visit: &Visit,
    project: &ProjectId,
    draft: &mut RuleDraft,
) -> Result<ServiceAccountId, Refused> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    if draft.account_name.is_empty() {
        return Err(FieldFault::new("account_name", visit.person.messages.text("workload-account-unnamed")).into());
    }
    let asked = NewServiceAccount { name: draft.account_name.clone(), key: None };
    let (made, _) = state.app.create_service_account(&actor, organization, project, asked).await?;
    draft.account = format!("{project}/{}", made.id);
    let member = AccountChange { name: None, role: Some(ProjectRole::Member) };
    state.app.update_service_account(&actor, organization, project, &made.id, &member).await?;
    Ok(made.id)
}

async fn edit_page(
    state: &DashboardState,
    visit: &Visit,
    (provider, rule): (&WorkloadIdentityProviderId, &FederationRuleId),
    filled: Option<(RuleDraft, FieldFault)>,
) -> Result<RuleForm, PageError> {
    let t = visit.person.messages;
    let found = overview(state, visit, provider).await?;
    let missing = || PageError::new(t, keystead_app::Error::not_found("federation rule", rule.as_str()));
    let of = found.rules.into_iter().find(|row| row.rule.id == *rule).ok_or_else(missing)?;
    let (draft, fault) = filled.unwrap_or_else(|| (RuleDraft::of(&of.rule), FieldFault::default()));
    let account = of.account.map_or_else(|| of.rule.service_account.to_string(), |(name, _)| name);
    let path = format!("{HERE}/{provider}");
    Ok(RuleForm {
        layout: Layout::new(state, visit, &t.text("workload-rule-edit"), HERE),
        provider: found.provider.name,
        rows: draft.rows(),
        permissions: draft.permissions(),
        draft,
        fault,
        acts_as: Some((account, t.project(of.project.1, &of.project.0))),
        groups: Vec::new(),
        ends: (of.live_keys > 0).then(|| t.count("workload-rule-change-ends", &of.live_keys)),
        action: visit.link(&format!("{path}/rules/{rule}/save")),
        back_href: visit.link(&path),
    })
}

pub(crate) async fn edit(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((provider, rule)): Path<(String, String)>,
) -> Page {
    let provider = visit.named("workload identity provider", &provider)?;
    let rule = visit.named("federation rule", &rule)?;
    render(visit.person.messages, &edit_page(&state, &visit, (&provider, &rule), None).await?)
}

/// Saves a rule, and leads to the page of its provider.
pub(super) async fn save(
    state: &DashboardState,
    visit: &Visit,
    (provider, rule): (&WorkloadIdentityProviderId, &FederationRuleId),
    form: &Form,
) -> Page {
    let t = visit.person.messages;
    let draft = RuleDraft::sent(form);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let fault = match draft.change(t) {
        Err(fault) => fault,
        Ok(change) => match state.app.update_federation_rule(&actor, organization, provider, rule, &change).await {
            Ok(_) => return Ok(redirect(&visit.link(&format!("{HERE}/{provider}?done=saved")))),
            Err(error) if ends_form(&error) => return Err(PageError::new(t, error)),
            Err(error) => rule_refused(visit, &error),
        },
    };
    let page = edit_page(state, visit, (provider, rule), Some((draft, fault))).await?;
    reloads_as(render_invalid(t, &page), visit.link(&format!("{HERE}/{provider}/rules/{rule}")))
}
