//! Whose key is it? One living key joined to everything the access decision needs.

use keystead_core::caller::{Caller, Owner, ReachableOrganization, ReachableProject};
use keystead_core::gate::Entitlements;
use keystead_core::id::{OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};

use super::api_keys::{self, KeyRow};
use super::projects::{Project, project};
use super::{changes, memberships, named, organizations, project_members, users};
use crate::{Error, Row, Tx};

/// The caller behind a digest; `None` for unknown and revoked keys. Expired keys are answered with their end, because
/// the refusal differs.
///
/// # Errors
/// When the store cannot.
pub async fn find_caller(tx: &mut Tx, digest: &KeyDigest) -> Result<Option<Caller>, Error> {
    // Read first: what is read afterwards is at least as new, so a change in between is never lost.
    let revision = changes::latest(tx).await?;
    let Some(key) = api_keys::find_by_digest(tx, digest).await? else { return Ok(None) };
    let (owner_active, organizations) = match &key.owner {
        Owner::User(user) => of_user(tx, &key, user).await?,
        Owner::ServiceAccount(account) => of_service_account(tx, &key, account).await?,
    };
    Ok(Some(Caller {
        digest: key.digest,
        kind: key.kind,
        owner_active,
        expires_at: key.expires_at,
        scopes: key.restriction.scopes(),
        organizations,
        revision,
        owner: key.owner,
        key: key.id,
    }))
}

type Reached = (bool, Vec<ReachableOrganization>);

async fn of_user(tx: &mut Tx, key: &KeyRow, user_id: &UserId) -> Result<Reached, Error> {
    let Some(user) = users::find(tx, user_id).await? else { return Ok((false, Vec::new())) };
    let active = user.deactivated_at.is_none();
    if key.kind == KeyKind::User {
        return Ok((active, all_of_user(tx, user_id, user.default_organization.as_ref()).await?));
    }
    let Some(organization) = &key.organization else { return Ok((active, Vec::new())) };
    let role = memberships::find(tx, organization, user_id).await?.map(|membership| membership.role);
    let projects = match &key.project {
        None => Vec::new(),
        Some(project) => {
            // Without a membership in the organization a role left behind in a project counts for nothing.
            let own = project_members::find(tx, project, user_id).await?.filter(|_| role.is_some());
            reachable_project(tx, organization, project, own.map(|member| member.role)).await?
        }
    };
    // A person whose project role was taken keeps the key listed but cannot call with it, unless he owns the organization.
    let lost = key.project.is_some()
        && role != Some(OrganizationRole::Owner)
        && projects.first().is_some_and(|p| p.role.is_none() && !p.is_default);
    Ok((active, reachable(tx, organization, role.filter(|_| !lost), projects).await?))
}

async fn of_service_account(tx: &mut Tx, key: &KeyRow, id: &ServiceAccountId) -> Result<Reached, Error> {
    let (Some(organization), Some(project)) = (&key.organization, &key.project) else { return Ok((false, Vec::new())) };
    let account = super::service_accounts::find(tx, project, id).await?;
    let role = account.filter(|account| account.deleted_at.is_none()).map(|account| account.role);
    let projects = reachable_project(tx, organization, project, role).await?;
    Ok((role.is_some(), reachable(tx, organization, None, projects).await?))
}

async fn reachable_project(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    role: Option<ProjectRole>,
) -> Result<Vec<ReachableProject>, Error> {
    let found = super::projects::find(tx, organization, id).await?;
    Ok(found.into_iter().map(|project| as_reachable(project, role)).collect())
}

fn as_reachable(project: Project, role: Option<ProjectRole>) -> ReachableProject {
    ReachableProject { archived: project.archived_at.is_some(), is_default: project.is_default, id: project.id, role }
}

async fn reachable(
    tx: &mut Tx,
    id: &OrganizationId,
    role: Option<OrganizationRole>,
    projects: Vec<ReachableProject>,
) -> Result<Vec<ReachableOrganization>, Error> {
    let Some(organization) = organizations::find(tx, id).await? else { return Ok(Vec::new()) };
    let entitlements = Entitlements {
        version: organization.entitlement_version,
        met: organizations::met_requirements(tx, id).await?,
        organization_created_at: organization.created_at,
    };
    let deactivated = organization.deactivated_at.is_some();
    Ok(vec![ReachableOrganization { id: organization.id, deactivated, role, entitlements, projects }])
}

/// A legacy key's reach: every organization of its owner, the default one first, and in each the projects he may use:
/// all of them as an owner, else his own and the Default project (S2-06, S2-13).
async fn all_of_user(
    tx: &mut Tx,
    user: &UserId,
    default: Option<&OrganizationId>,
) -> Result<Vec<ReachableOrganization>, Error> {
    let mut reached = Vec::new();
    for membership in memberships::list_of_user(tx, user).await? {
        let projects = projects_of_member(tx, &membership.organization, user, membership.role).await?;
        reached.extend(reachable(tx, &membership.organization, Some(membership.role), projects).await?);
    }
    reached.sort_by_key(|organization| Some(&organization.id) != default);
    Ok(reached)
}

async fn projects_of_member(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
    role: OrganizationRole,
) -> Result<Vec<ReachableProject>, Error> {
    const SQL: &str = "SELECT p.id, p.organization, p.name, p.created_at, p.archived_at, p.is_default, pm.role \
                       FROM projects p LEFT JOIN project_members pm ON pm.project = p.id AND pm.user_id = $2 \
                       WHERE p.organization = $1 AND ($3 = 'owner' OR p.is_default OR pm.role IS NOT NULL) \
                       ORDER BY p.created_at, p.id";
    let values = vec![organization.as_str().into(), user.as_str().into(), role.as_str().into()];
    tx.all(SQL, values).await?.iter().map(project_with_role).collect()
}

fn project_with_role(row: &Row) -> Result<ReachableProject, Error> {
    let role = match row.optional_text(6)? {
        None => None,
        Some(_) => Some(named(row, 6, "project_members", ProjectRole::from_name)?),
    };
    Ok(as_reachable(project(row)?, role))
}
