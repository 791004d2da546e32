//! The look-up of a caller: one live key joined with everything the access decision needs: five statements for a bound
//! key, seven for a legacy key, each by index.

use std::collections::HashMap;

use keystead_core::caller::{Caller, Owner, ReachableOrganization, ReachableProject};
use keystead_core::gate::{Entitlements, FirstUse, Fulfilment, Requirement};
use keystead_core::id::{KeyId, OrganizationId, ProjectId, SessionId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::ScopeSet;
use keystead_core::time::Timestamp;

use super::api_keys;
use super::certificates::{self, ActiveCertificates};
use super::ip_allowlists::{self, InForce};
use super::organizations::{Entitled, RequirementRow, tags};
use super::projects::{features, model_access, rate_limits};
use super::role_assignments::{self, Permitted};
use super::{budgets, credit_accounts, id, named, optional_id, optional_time, time};
use crate::{Column, Error, Row, Tx};

/// The columns that [`bound`] reads by name: of the membership `m`, the project member `pm`, the project `p` and the
/// organization `o`.
macro_rules! place {
    () => {
        "m.role AS organization_role, pm.role AS project_role, p.id AS project_id, p.archived_at AS project_archived_at, \
         p.is_default, p.model_access, p.rate_limits, p.features, o.id AS organization_id, \
         o.created_at AS organization_created_at, o.deactivated_at AS organization_deactivated_at, \
         o.entitlement_version, o.tags"
    };
}

/// Finds the caller of a digest; `None` for unknown and revoked keys. Expired keys are returned with their end, because
/// their refusal differs.
pub async fn find_caller(tx: &mut Tx, digest: &KeyDigest) -> Result<Option<Caller>, Error> {
    // The revision is read with the key: what the later statements read is at least as new, so no change is lost.
    const SQL: &str = concat!(
        "SELECT k.id, k.kind, k.digest, k.redacted, k.name, k.organization, k.project, k.owner_user, \
         k.owner_service_account, k.restriction, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, \
         k.revoked_by, k.revoked_reason, k.rotated_to, k.federation_rule, r.latest AS revision, \
         u.deactivated_at AS user_deactivated_at, u.default_organization, s.role AS account_role, \
         s.deleted_at AS account_deleted_at, ",
        place!(),
        " FROM api_keys k JOIN revisions r ON r.one = 1 \
         LEFT JOIN users u ON u.id = k.owner_user \
         LEFT JOIN service_accounts s ON s.id = k.owner_service_account AND s.project = k.project \
         LEFT JOIN memberships m ON m.organization = k.organization AND m.user_id = k.owner_user \
         LEFT JOIN project_members pm ON pm.project = k.project AND pm.user_id = k.owner_user \
         LEFT JOIN projects p ON p.id = k.project AND p.organization = k.organization \
         LEFT JOIN organizations o ON o.id = k.organization \
         WHERE k.digest = $1 AND k.revoked_at IS NULL"
    );
    let Some(row) = tx.optional(SQL, vec![digest.as_bytes().as_slice().into()]).await? else { return Ok(None) };
    let key = api_keys::key(&row)?;
    let bot = service_account_role(&row)?;
    let (owner_active, organizations) = match &key.owner {
        Owner::User(user) if key.kind == KeyKind::User => (
            optional_time(&row, "user_deactivated_at")?.is_none(),
            all_of_user(tx, user, &key.id, optional_id(&row, "default_organization", "users")?.as_ref()).await?,
        ),
        Owner::User(user) => {
            let permitted = match &key.organization {
                Some(one) => role_assignments::permitted_in(tx, user, one, key.project.as_ref()).await?,
                None => Permitted::default(),
            };
            let whom = (Some(user), Some(&key.id));
            let reached = bound(tx, key.project.is_some(), &row, (None, permitted), whom).await?;
            (optional_time(&row, "user_deactivated_at")?.is_none(), reached)
        }
        Owner::ServiceAccount(_) => {
            let whom = (None, Some(&key.id));
            let reached = bound(tx, key.project.is_some(), &row, (bot, Permitted::default()), whom).await?;
            (bot.is_some(), reached)
        }
    };
    Ok(Some(Caller {
        digest: key.digest,
        kind: key.kind,
        owner_active,
        expires_at: key.expires_at,
        scopes: key.restriction.scopes(),
        organizations,
        revision: row.int("revision")?,
        owner: key.owner,
        key: key.id,
    }))
}

/// Finds the caller of a session that uses one project without a key; `None` once the session has ended. The caller may
/// do there what the person may. A session that was last used before `idle_since` has ended.
pub async fn find_session_caller(
    tx: &mut Tx,
    session: &SessionId,
    project: &ProjectId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<Caller>, Error> {
    const SQL: &str = concat!(
        "SELECT s.user_id, r.latest AS revision, u.deactivated_at AS user_deactivated_at, ",
        place!(),
        " FROM sessions s JOIN revisions r ON r.one = 1 \
         JOIN users u ON u.id = s.user_id \
         JOIN projects p ON p.id = $2 \
         JOIN organizations o ON o.id = p.organization \
         LEFT JOIN memberships m ON m.organization = o.id AND m.user_id = s.user_id \
         LEFT JOIN project_members pm ON pm.project = p.id AND pm.user_id = s.user_id \
         WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $3 AND s.seen_at > $4"
    );
    let values = vec![session.as_str().into(), project.as_str().into(), now.0.into(), idle_since.0.into()];
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(None) };
    let user: UserId = id(&row, "user_id", "sessions")?;
    let organization: OrganizationId = id(&row, "organization_id", "organizations")?;
    let permitted = role_assignments::permitted_in(tx, &user, &organization, Some(project)).await?;
    Ok(Some(Caller {
        key: KeyId::of_playground(&user),
        // No secret leads to this caller.
        digest: KeyDigest::from_bytes([0; 32]),
        kind: KeyKind::Project,
        owner_active: optional_time(&row, "user_deactivated_at")?.is_none(),
        expires_at: None,
        scopes: ScopeSet::all(),
        organizations: bound(tx, true, &row, (None, permitted), (Some(&user), None)).await?,
        revision: row.int("revision")?,
        owner: Owner::User(user),
    }))
}

/// The role of the key's service account; a deleted one has none.
fn service_account_role(row: &Row) -> Result<Option<ProjectRole>, Error> {
    let deleted = optional_time(row, "account_deleted_at")?.is_some();
    Ok(if deleted { None } else { optional_role(row, "account_role", "service_accounts", ProjectRole::from_name)? })
}

fn optional_role<T>(
    row: &Row,
    column: impl Column,
    table: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let text = row.optional_text(column)?;
    text.map(|text| read(&text).ok_or(Error::Corrupt { table, id: text })).transpose()
}

/// Returns what a key of one organization reaches: that organization, and its project unless it is an admin key. The
/// role of a service account and what assigned roles permit come with the columns of [`place`], and so do the person and
/// the key, which have budgets of their own.
async fn bound(
    tx: &mut Tx,
    of_project: bool,
    row: &Row,
    (bot, permitted): (Option<ProjectRole>, Permitted),
    (person, key): (Option<&UserId>, Option<&KeyId>),
) -> Result<Vec<ReachableOrganization>, Error> {
    let Some(organization) = optional_id::<OrganizationId>(row, "organization_id", "organizations")? else {
        return Ok(Vec::new());
    };
    let role = optional_role(row, "organization_role", "memberships", OrganizationRole::from_name)?;
    // Without a membership in the organization, a role left behind in a project counts for nothing.
    let own = optional_role(row, "project_role", "project_members", ProjectRole::from_name)?.filter(|_| role.is_some());
    let mut in_force = ip_allowlists::in_force(tx, &organization).await?;
    let project = optional_id::<ProjectId>(row, "project_id", "projects")?;
    let limits = budgets::in_force(tx, &organization, project.as_ref(), person, key).await?;
    let mut projects = Vec::new();
    if let Some(id) = project {
        let archived = optional_time(row, "project_archived_at")?.is_some();
        let mut active = certificates::active_of_project(tx, &organization, &id).await?;
        projects.push(ReachableProject {
            archived,
            certificates: active.of(&organization, &id),
            is_default: row.bool("is_default")?,
            role: bot.or(own),
            assigned: permitted.in_project(&id),
            models: model_access(row, "model_access")?,
            rates: rate_limits(row, "rate_limits")?.map(Box::new),
            features: features(row, "features")?.map(Box::new),
            addresses: in_force.of(&organization, Some(&id)),
            budgets: limits.of_project(&id),
            id,
        });
    }
    // A person who lost their project role still sees the key listed but cannot call with it, unless they own the
    // organization.
    let lost = of_project
        && role != Some(OrganizationRole::Owner)
        && projects
            .first()
            .is_some_and(|project| project.role.is_none() && project.assigned.is_none() && !project.is_default);
    let Entitled { met, ends } = super::organizations::entitled(tx, &organization).await?;
    let entitlements = Entitlements {
        version: row.int("entitlement_version")?,
        met,
        ends,
        organization_created_at: time(row, "organization_created_at")?,
        first_used: super::first_uses::list(tx, &organization).await?,
        tags: tags(row, "tags")?,
    };
    let deactivated = optional_time(row, "organization_deactivated_at")?.is_some();
    let role = role.filter(|_| !lost);
    let addresses = in_force.of(&organization, None);
    let assigned = permitted.in_organization(&organization);
    let (budgets, caller_budgets) = (limits.of_organization(&organization), limits.of_caller(&organization));
    Ok(vec![ReachableOrganization {
        billing_suspended: credit_accounts::is_suspended(tx, &organization).await?,
        id: organization,
        deactivated,
        role,
        assigned,
        entitlements,
        projects,
        addresses,
        budgets,
        caller_budgets,
    }])
}

/// Returns what a legacy key reaches: every organization of its owner, the default one first, and in each the projects
/// they may use: all of them for an owner, otherwise their own, those of their groups and the Default project.
/// Organizations from which the
/// person was removed after the key was made stay excluded.
async fn all_of_user(
    tx: &mut Tx,
    user: &UserId,
    key: &KeyId,
    default: Option<&OrganizationId>,
) -> Result<Vec<ReachableOrganization>, Error> {
    const SQL: &str = "SELECT o.id, m.role, o.created_at, o.deactivated_at, o.entitlement_version, o.tags \
                       FROM memberships m JOIN organizations o ON o.id = m.organization \
                       WHERE m.user_id = $1 AND NOT EXISTS \
                       (SELECT 1 FROM keys_left_out l WHERE l.api_key = $2 AND l.organization = o.id) \
                       ORDER BY m.created_at, o.id";
    let rows = tx.all(SQL, vec![user.as_str().into(), key.as_str().into()]).await?;
    let mut met = requirements_of_user(tx, user).await?;
    let mut first_used = first_uses_of_user(tx, user).await?;
    let mut in_force = ip_allowlists::in_force_for(tx, user).await?;
    let mut active = certificates::active_of_user(tx, user).await?;
    let permitted = role_assignments::permitted_to_user(tx, user).await?;
    let limits = budgets::in_force_for(tx, user).await?;
    let suspended = credit_accounts::suspended_of_user(tx, user).await?;
    let mut projects = projects_of_user(tx, user, &mut in_force, &mut active, &permitted, &limits).await?;
    let mut reached = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: OrganizationId = id(row, 0, "organizations")?;
        let known = met.remove(&id).map(Entitled::of).unwrap_or_default();
        reached.push(ReachableOrganization {
            role: Some(named(row, 1, "memberships", OrganizationRole::from_name)?),
            assigned: permitted.in_organization(&id),
            deactivated: optional_time(row, 3)?.is_some(),
            billing_suspended: suspended.contains(&id),
            entitlements: Entitlements {
                version: row.int(4)?,
                met: known.met,
                ends: known.ends,
                organization_created_at: time(row, 2)?,
                first_used: first_used.remove(&id).unwrap_or_default(),
                tags: tags(row, 5)?,
            },
            projects: projects.remove(&id).unwrap_or_default(),
            addresses: in_force.of(&id, None),
            budgets: limits.of_organization(&id),
            caller_budgets: limits.of_caller(&id),
            id,
        });
    }
    reached.sort_by_key(|organization| Some(&organization.id) != default);
    Ok(reached)
}

async fn requirements_of_user(
    tx: &mut Tx,
    user: &UserId,
) -> Result<HashMap<OrganizationId, Vec<RequirementRow>>, Error> {
    const SQL: &str = "SELECT q.organization, q.requirement, q.how, q.until FROM memberships m \
                       JOIN organization_requirements q ON q.organization = m.organization \
                       WHERE m.user_id = $1 ORDER BY q.since, q.requirement";
    let mut met: HashMap<_, Vec<_>> = HashMap::new();
    for row in &tx.all(SQL, vec![user.as_str().into()]).await? {
        let requirement = named(row, 1, "organization_requirements", Requirement::from_name)?;
        let how = named(row, 2, "organization_requirements", Fulfilment::from_name)?;
        let known = RequirementRow { requirement, how, until: optional_time(row, 3)? };
        met.entry(id(row, 0, "organization_requirements")?).or_default().push(known);
    }
    Ok(met)
}

async fn first_uses_of_user(tx: &mut Tx, user: &UserId) -> Result<HashMap<OrganizationId, Vec<FirstUse>>, Error> {
    const SQL: &str = "SELECT f.organization, f.model, f.at FROM memberships m \
                       JOIN first_uses f ON f.organization = m.organization WHERE m.user_id = $1 ORDER BY f.at, f.model";
    let mut uses: HashMap<_, Vec<_>> = HashMap::new();
    for row in &tx.all(SQL, vec![user.as_str().into()]).await? {
        let first = FirstUse { model: row.text(1)?, at: time(row, 2)? };
        uses.entry(id(row, 0, "first_uses")?).or_default().push(first);
    }
    Ok(uses)
}

async fn projects_of_user(
    tx: &mut Tx,
    user: &UserId,
    in_force: &mut InForce,
    active: &mut ActiveCertificates,
    permitted: &Permitted,
    limits: &budgets::InForce,
) -> Result<HashMap<OrganizationId, Vec<ReachableProject>>, Error> {
    const SQL: &str = "SELECT p.organization, p.id, p.archived_at, p.is_default, pm.role, p.model_access, p.rate_limits, p.features FROM memberships m \
                       JOIN projects p ON p.organization = m.organization \
                       LEFT JOIN project_members pm ON pm.project = p.id AND pm.user_id = m.user_id \
                       WHERE m.user_id = $1 AND (m.role = 'owner' OR p.is_default OR pm.role IS NOT NULL OR \
                       EXISTS (SELECT 1 FROM role_assignments a \
                       JOIN group_members gm ON gm.group_id = a.principal WHERE a.resource = p.id AND gm.user_id = m.user_id)) \
                       ORDER BY p.created_at, p.id";
    let mut projects: HashMap<_, Vec<_>> = HashMap::new();
    for row in &tx.all(SQL, vec![user.as_str().into()]).await? {
        let (organization, id) = (id(row, 0, "projects")?, id(row, 1, "projects")?);
        let addresses = in_force.of(&organization, Some(&id));
        let certificates = active.of(&organization, &id);
        projects.entry(organization).or_default().push(ReachableProject {
            assigned: permitted.in_project(&id),
            budgets: limits.of_project(&id),
            id,
            archived: optional_time(row, 2)?.is_some(),
            is_default: row.bool(3)?,
            role: optional_role(row, 4, "project_members", ProjectRole::from_name)?,
            models: model_access(row, 5)?,
            rates: rate_limits(row, 6)?.map(Box::new),
            features: features(row, 7)?.map(Box::new),
            addresses,
            certificates,
        });
    }
    Ok(projects)
}
