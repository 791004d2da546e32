//! The rules of a provider: rows of its page, and what can be done about one of them.

use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::workload_identity::RuleChange;
use keystead_app::workload_overview::RuleSummary;
use keystead_core::id::{FederationRuleId, WorkloadIdentityProviderId};
use keystead_core::role::ProjectRole;

use super::HERE;
use super::provider;
use super::rule_draft::conditions;
use super::rule_form;
use super::wording::{ends_form, rule_refused};
use crate::pages::keys::list::permissions;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render_error};
use crate::web::submit::reloads_as;

/// One rule.
pub(super) struct RuleRow {
    pub(super) id: String,
    /// The given name, or else the first condition.
    pub(super) name: String,
    /// Whether it has a name of its own.
    named: bool,
    /// Attributes and the values that they must have, as the API names them.
    conditions: Vec<(String, String)>,
    pub(super) account: String,
    pub(super) project: String,
    pub(super) permissions: String,
    pub(super) enabled: bool,
    /// Why it lets no workload in although it is switched on, in words.
    pub(super) caution: Option<String>,
    pub(super) live_keys: i64,
    pub(super) edit_href: String,
}

impl RuleRow {
    /// The conditions that are listed below the name; without a name, the first one is in its place.
    pub(super) fn listed(&self) -> &[(String, String)] {
        self.conditions.get(usize::from(!self.named)..).unwrap_or_default()
    }

    pub(super) fn of(visit: &Visit, found: RuleSummary) -> Self {
        let (t, rule) = (visit.person.messages, found.rule);
        let conditions = conditions(&rule.matchers);
        let first = conditions.first().map(|(name, value)| format!("{name} = {value}")).unwrap_or_default();
        let caution = if found.archived {
            Some("workload-project-archived")
        } else {
            match &found.account {
                None => Some("workload-account-deleted"),
                Some((_, ProjectRole::None)) => Some("workload-account-no-role"),
                Some(_) => None,
            }
        };
        Self {
            named: rule.name.is_some(),
            name: rule.name.clone().unwrap_or(first),
            conditions,
            account: found.account.map_or_else(|| rule.service_account.to_string(), |(name, _)| name),
            project: t.project(found.project.1, &found.project.0),
            permissions: permissions(visit, &rule.restriction.0),
            enabled: rule.enabled,
            caution: caution.map(|key| t.text(key)),
            live_keys: found.live_keys,
            edit_href: visit.link(&format!("{HERE}/{}/rules/{}", rule.provider, rule.id)),
            id: rule.id.to_string(),
        }
    }
}

/// `save`, `enable`, `disable` or `delete`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((provider, rule, verb)): Path<(String, String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let provider: WorkloadIdentityProviderId = visit.named("workload identity provider", &provider)?;
    let rule: FederationRuleId = visit.named("federation rule", &rule)?;
    let (t, app) = (visit.person.messages, &state.app);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let (done, changed) = match verb.as_str() {
        "save" => return rule_form::save(&state, &visit, (&provider, &rule), &form).await,
        "enable" | "disable" => {
            let change = RuleChange { enabled: Some(verb == "enable"), ..RuleChange::default() };
            let changed = app.update_federation_rule(&actor, organization, &provider, &rule, &change).await;
            ("saved", changed.map(|_| ()))
        }
        "delete" => ("rule-deleted", app.delete_federation_rule(&actor, organization, &provider, &rule).await),
        other => ("", Err(Error::not_found("page", other))),
    };
    match changed {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}/{provider}?done={done}")))),
        Err(error) if ends_form(&error) => Err(PageError::new(t, error)),
        Err(error) => {
            let mut page = provider::page(&state, &visit, &provider).await?;
            page.wrong = Some(rule_refused(&visit, &error).why().to_owned());
            reloads_as(render_error(t, &page, &error), visit.link(&format!("{HERE}/{provider}")))
        }
    }
}
