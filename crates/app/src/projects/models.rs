//! Which models a project may use: a list of its own beside the operator's catalogue and the gates.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::model_access::ModelAccess;
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::{models, projects};
use serde_json::json;

use crate::audit::Deed;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

impl App {
    /// The project's list; `None` when it may use every model that is served.
    ///
    /// # Errors
    /// Without permission, or when there is no such project.
    pub async fn project_models(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Option<ModelAccess>, Error> {
        let app = self.clone();
        let (actor, organization, project) = (actor.clone(), organization.clone(), project.clone());
        let read = self.store().read("project_models", async move |tx: &mut Tx| {
            app.authorize(tx, &actor, &organization, Scope::ManagementRead).await?;
            project_of(tx, &organization, &project).await?;
            Ok::<_, Error>(projects::models(tx, &organization, &project).await?)
        });
        read.await
    }

    /// Names of the models that are served, in order, for whoever is to choose among them.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn served_models(&self) -> Result<Vec<String>, Error> {
        let read = self.store().read("served_models", async move |tx: &mut Tx| {
            Ok::<_, Error>(models::list(tx).await?.into_iter().map(|model| model.id).collect())
        });
        read.await
    }

    /// Sets the project's list, or takes it away. Holds from the next request on.
    ///
    /// # Errors
    /// Without permission, or when there is no such project that is not archived.
    pub async fn set_project_models(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        models: Option<ModelAccess>,
    ) -> Result<(), Error> {
        let app = self.clone();
        let (actor, organization, project) = (actor.clone(), organization.clone(), project.clone());
        let write = self.store().write("set_project_models", async move |tx: &mut Tx| {
            app.authorize(tx, &actor, &organization, Scope::ManagementWrite).await?;
            open_project(tx, &organization, &project).await?;
            projects::set_models(tx, &organization, &project, models.as_ref(), app.now()).await?;
            let details = json!({ "changes_requested": { "model_permissions": models } });
            let deed =
                Deed { organization: &organization, action: "project.updated", target: project.as_str(), details };
            app.record(tx, &actor, deed).await
        });
        write.await
    }
}
