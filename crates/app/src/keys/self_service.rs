//! Making a key with a key: the caller authenticates with an API key and not with a session.

use std::net::IpAddr;

use keystead_core::access::{self, Selection};
use keystead_core::caller::Caller;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::key::KeyKind;
use keystead_core::refusal::Refusal;
use keystead_core::scope::Scope;
use keystead_store::tables::projects;

use super::grants::limit_to_grant;
use crate::keys::minting::{MintedKey, NewKey};
use crate::{Actor, App, Error};

impl App {
    /// Makes a project key for the owner of the caller's key, with no more scopes and no longer life than that key.
    ///
    /// # Errors
    /// When the gate refuses, when the caller is a service account, when the key does not reach the project, when an IP
    /// allowlist does not admit the address, or when more is requested than the caller's key holds.
    pub async fn create_own_key(
        &self,
        actor: &Actor,
        caller: &Caller,
        selection: Selection<'_>,
        from: IpAddr,
        project: Option<&ProjectId>,
        asked: NewKey,
    ) -> Result<MintedKey, Error> {
        access::ensure_active(caller, self.now())?;
        crate::keys::project_keys::person(actor)?;
        let (organization, project) = match caller.kind {
            KeyKind::Admin => target_of_admin_key(self, caller, selection, project).await?,
            _ => target_of_data_key(caller, selection, from, project)?,
        };
        let asked = limit_to_grant(self, actor, asked)?;
        self.create_project_key(actor, &organization, &project, &asked).await
    }
}

async fn target_of_admin_key(
    app: &App,
    caller: &Caller,
    selection: Selection<'_>,
    project: Option<&ProjectId>,
) -> Result<(OrganizationId, ProjectId), Error> {
    let organization = access::decide_administration(caller, Scope::ManagementWrite, app.now())?;
    if selection.organization.is_some_and(|wanted| wanted != organization.as_str()) {
        return Err(Refusal::MismatchedOrganization.into());
    }
    if let Some(project) = project {
        return Ok((organization, project.clone()));
    }
    read_tx!(app.store(), "default_project", |tx| {
        let default = projects::find_default(tx, &organization).await?;
        let default = default.ok_or_else(|| Error::not_found("project", "default"))?;
        Ok((organization.clone(), default.id))
    })
}

fn target_of_data_key(
    caller: &Caller,
    selection: Selection<'_>,
    from: IpAddr,
    project: Option<&ProjectId>,
) -> Result<(OrganizationId, ProjectId), Error> {
    let organization = access::select_organization(caller, selection.organization)?;
    let header = selection.project;
    let found = match (header, project) {
        (Some(wanted), _) => {
            organization.projects.iter().find(|p| p.id.as_str() == wanted).ok_or(Refusal::MismatchedProject)?
        }
        (None, Some(wanted)) => {
            let missing = || Error::not_found("project", wanted.as_str());
            organization.projects.iter().find(|p| &p.id == wanted).ok_or_else(missing)?
        }
        (None, None) if caller.kind == KeyKind::User => {
            organization.projects.iter().find(|p| p.is_default).ok_or(Refusal::NoMembership)?
        }
        (None, None) => organization.projects.first().ok_or(Refusal::NoMembership)?,
    };
    if project.is_some_and(|wanted| wanted != &found.id) {
        return Err(Error::invalid(
            "project_id",
            "Invalid 'project_id': the OpenAI-Project header names another project.",
        ));
    }
    if found.archived {
        return Err(Refusal::ArchivedProject(found.id.clone()).into());
    }
    // The project in the body may differ from the one that the headers chose.
    if !organization.admits(from) || !found.admits(from) {
        return Err(Refusal::AddressNotAuthorized.into());
    }
    if organization.role.is_none() {
        return Err(Refusal::NoMembership.into());
    }
    Ok((organization.id.clone(), found.id.clone()))
}
