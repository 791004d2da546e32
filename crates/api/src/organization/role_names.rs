//! Roles as requests name them: by name, or by the id of a predefined role.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::role::{OrganizationRole, ProjectRole};

use crate::body::Fields;
use crate::error::ApiError;

/// Reads `role`, the name of a role in the organization.
pub(crate) fn organization_role(fields: &Fields) -> Result<Option<OrganizationRole>, ApiError> {
    let Some(name) = fields.text("role")? else { return Ok(None) };
    let role = match name.as_str() {
        "owner" => OrganizationRole::Owner,
        "reader" => OrganizationRole::Reader,
        _ => return Err(ApiError::param("role", "Invalid 'role': must be owner or reader.")),
    };
    Ok(Some(role))
}

/// Reads `role_id`, the id of a predefined role in the organization: `role-api-organization-owner`, also with
/// `__api-organization__` and the id of the organization after it.
pub(crate) fn organization_role_id(
    fields: &Fields,
    organization: &OrganizationId,
) -> Result<Option<OrganizationRole>, ApiError> {
    let Some(id) = fields.text("role_id")? else { return Ok(None) };
    let role = match name_in(&id, "role-api-organization-", "__api-organization__", organization.as_str()) {
        Some("owner") => OrganizationRole::Owner,
        Some("reader") => OrganizationRole::Reader,
        _ => return Err(ApiError::not_found("role", &id)),
    };
    Ok(Some(role))
}

/// Reads `role`, the name of a role in a project or the id of a predefined one: `role-api-project-member`, also with
/// `__api-project__` and the id of the project after it.
pub(crate) fn project_role(fields: &Fields, project: &ProjectId) -> Result<Option<ProjectRole>, ApiError> {
    let Some(name) = fields.text("role")? else { return Ok(None) };
    let given = match name.starts_with("role-") {
        true => name_in(&name, "role-api-project-", "__api-project__", project.as_str()),
        false => Some(name.as_str()),
    };
    match given {
        Some("owner") => Ok(Some(ProjectRole::Owner)),
        Some("member") => Ok(Some(ProjectRole::Member)),
        Some("viewer") => Ok(Some(ProjectRole::Viewer)),
        _ if name.starts_with("role-") => Err(ApiError::not_found("role", &name)),
        _ => Err(ApiError::param("role", "Invalid 'role': must be owner, member, viewer or the id of a role.")),
    }
}

/// Returns the name in the id of a predefined role, unless the id is of another organization or project.
fn name_in<'i>(id: &'i str, prefix: &str, separator: &str, owner: &str) -> Option<&'i str> {
    let rest = id.strip_prefix(prefix)?;
    match rest.split_once(separator) {
        None => Some(rest),
        Some((name, of)) => (of == owner).then_some(name),
    }
}
