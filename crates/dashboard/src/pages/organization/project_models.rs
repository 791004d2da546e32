//! Which models a project may use.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use keystead_core::id::ProjectId;
use keystead_core::model_access::{ListMode, ModelAccess};

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

#[derive(Template)]
#[template(path = "pages/project_models.html")]
struct Models {
    layout: Layout,
    name: String,
    /// `all`, or the mode's name in the API.
    mode: &'static str,
    choices: Vec<Choice>,
    wrong: Option<String>,
    action: String,
    back: String,
}

async fn page(state: &DashboardState, visit: &Visit, id: &ProjectId) -> Result<Models, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let project = state.app.project(&actor, organization, id).await.map_err(fail)?;
    let models = state.app.project_models(&actor, organization, id).await.map_err(fail)?;
    let served = state.app.served_models().await.map_err(fail)?;
    let listed: BTreeSet<String> = models.iter().flat_map(|models| models.model_ids.clone()).collect();
    // A model in the list is shown even if it is no longer served.
    let names: BTreeSet<String> = served.into_iter().chain(listed.iter().cloned()).collect();
    Ok(Models {
        layout: Layout::new(state, visit, &t.text("project-models"), PROJECTS),
        name: t.project(project.is_default, &project.name),
        mode: models.as_ref().map_or("all", |models| models.mode.as_str()),
        choices: names.into_iter().map(|id| Choice { listed: listed.contains(&id), id }).collect(),
        wrong: None,
        action: visit.link(&format!("{PROJECTS}/{id}/models")),
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
    match saved {
        Ok(()) => Ok(redirect(&visit.link(&format!("{PROJECTS}/{id}/models?done=saved")))),
        Err(error) => {
            let mut page = page(&state, &visit, &id).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}
