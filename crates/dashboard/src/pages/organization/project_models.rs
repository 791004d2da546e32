//! Which models, tools and service tiers a project may use.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::projects::features::TierChange;
use keystead_core::id::ProjectId;
use keystead_core::model_access::{ListMode, ModelAccess};
use keystead_core::project_features::{DefaultTier, HostedTool, ProjectFeatures, ServiceTier};
use keystead_locales::Messages;

use super::projects::HERE as PROJECTS;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

struct Choice {
    id: String,
    listed: bool,
}

/// A tool or a tier.
struct Labelled {
    value: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/project_models.html")]
struct Models {
    layout: Layout,
    name: String,
    /// `all`, or the mode's name in the API.
    mode: &'static str,
    choices: Vec<Choice>,
    tools: Vec<Labelled>,
    /// Whether only some tiers can be chosen.
    only_tiers: bool,
    tiers: Vec<Labelled>,
    default_tiers: Vec<Labelled>,
    wrong: Option<String>,
    action: String,
    tools_action: String,
    tiers_action: String,
    back: String,
}

/// Returns the tools, and the tiers that can be chosen, with their labels.
fn labelled(t: Messages, features: &ProjectFeatures) -> [Vec<Labelled>; 3] {
    let tool = |tool: HostedTool| Labelled {
        value: tool.as_str(),
        label: t.text(&format!("tool-{}", tool.as_str().replace('_', "-"))),
        chosen: !features.denied_tools.contains(tool),
    };
    let tier = |value: &'static str, chosen| Labelled { value, label: t.text(&format!("tier-{value}")), chosen };
    let listed = |tier: &ServiceTier| features.tiers.as_ref().is_some_and(|tiers| tiers.contains(tier));
    [
        HostedTool::ALL.map(tool).into(),
        ServiceTier::ALL.map(|one| tier(one.as_str(), listed(&one))).into(),
        DefaultTier::ALL.map(|one| tier(one.as_str(), one == features.default_tier)).into(),
    ]
}

async fn page(state: &DashboardState, visit: &Visit, id: &ProjectId) -> Result<Models, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let project = state.app.project(&actor, organization, id).await.map_err(fail)?;
    let models = state.app.project_models(&actor, organization, id).await.map_err(fail)?;
    let features = state.app.project_features(&actor, organization, id).await.map_err(fail)?;
    let [tools, tiers, default_tiers] = labelled(t, &features);
    let served = state.app.served_models().await.map_err(fail)?;
    let listed: BTreeSet<String> = models.iter().flat_map(|models| models.model_ids.clone()).collect();
    // A model in the list is shown even if it is no longer served.
    let names: BTreeSet<String> = served.into_iter().chain(listed.iter().cloned()).collect();
    Ok(Models {
        layout: Layout::new(state, visit, &t.text("project-models"), PROJECTS),
        name: t.project(project.is_default, &project.name),
        mode: models.as_ref().map_or("all", |models| models.mode.as_str()),
        choices: names.into_iter().map(|id| Choice { listed: listed.contains(&id), id }).collect(),
        only_tiers: features.tiers.is_some(),
        tools,
        tiers,
        default_tiers,
        wrong: None,
        action: visit.link(&format!("{PROJECTS}/{id}/models")),
        tools_action: visit.link(&format!("{PROJECTS}/{id}/tools")),
        tiers_action: visit.link(&format!("{PROJECTS}/{id}/tiers")),
        back: visit.link(&format!("{PROJECTS}/{id}")),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("project", &id)?;
    render(visit.person.messages, &page(&state, &visit, &id).await?)
}

pub(crate) async fn save(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: ProjectId = visit.named("project", &id)?;
    let models = ListMode::from_name(form.field("mode")).map(|mode| ModelAccess::new(mode, form.all("model")));
    let saved = match models.transpose() {
        Ok(models) => state.app.set_project_models(&visit.person.actor(), &visit.organization.id, &id, models).await,
        Err(bad) => Err(keystead_app::Error::invalid("model_ids", format!("Invalid 'model_ids': {bad}."))),
    };
    answer(&state, &visit, &id, saved).await
}

/// Allows the tools that are ticked, and denies the others.
pub(crate) async fn save_tools(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: ProjectId = visit.named("project", &id)?;
    let ticked = form.all("tool");
    let changes = HostedTool::ALL.map(|tool| (tool, ticked.iter().any(|name| name == tool.as_str())));
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let saved = state.app.update_project_tools(&actor, organization, &id, &changes).await;
    answer(&state, &visit, &id, saved.map(drop)).await
}

pub(crate) async fn save_tiers(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: ProjectId = visit.named("project", &id)?;
    let ticked = form.all("tier").into_iter().filter_map(|name| ServiceTier::from_name(&name)).collect();
    let change = TierChange {
        default_tier: DefaultTier::from_name(form.field("default")),
        enabled: Some(Some(ticked).filter(|_| form.field("tiers") == "only")),
    };
    let saved = state.app.update_project_tiers(&visit.person.actor(), &visit.organization.id, &id, &change).await;
    let t = visit.person.messages;
    answer_with(&state, &visit, &id, saved.map(drop), |page| {
        // The form keeps what was chosen.
        let features = ProjectFeatures {
            tiers: change.enabled.flatten(),
            default_tier: change.default_tier.unwrap_or_default(),
            ..ProjectFeatures::default()
        };
        page.only_tiers = features.tiers.is_some();
        [_, page.tiers, page.default_tiers] = labelled(t, &features);
    })
    .await
}

/// Leads back to the page, or shows it with what is wrong.
async fn answer(state: &DashboardState, visit: &Visit, id: &ProjectId, saved: Result<(), keystead_app::Error>) -> Page {
    answer_with(state, visit, id, saved, |_| ()).await
}

/// The same, with what was chosen in place of what is stored.
async fn answer_with(
    state: &DashboardState,
    visit: &Visit,
    id: &ProjectId,
    saved: Result<(), keystead_app::Error>,
    chosen: impl FnOnce(&mut Models) + Send,
) -> Page {
    match saved {
        Ok(()) => Ok(redirect(&visit.link(&format!("{PROJECTS}/{id}/models?done=saved")))),
        Err(error) => {
            let mut page = page(state, visit, id).await?;
            chosen(&mut page);
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}
