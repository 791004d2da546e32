//! Roles as requests name them: by name, or by the id of a predefined role.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::role::{OrganizationRole, PresetRole, ProjectRole, RoleRef};

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
    let role = match RoleRef::parse(&id, organization.as_str()) {
        Some(RoleRef::Preset(role)) if PresetRole::OF_ORGANIZATION.contains(&role) => role,
        _ => return Err(ApiError::not_found("role", &id)),
    };
    Ok(Some(PresetRole::membership(Some(role))))
}

/// Reads `role`, the name of a role in a project or the id of a predefined one: `role-api-project-member`, also with
/// `__api-project__` and the id of the project after it.
pub(crate) fn project_role(fields: &Fields, project: &ProjectId) -> Result<Option<ProjectRole>, ApiError> {
    let Some(name) = fields.text("role")? else { return Ok(None) };
    if name.starts_with("role-") {
        return match RoleRef::parse(&name, project.as_str()) {
            Some(RoleRef::Preset(role)) if PresetRole::OF_PROJECT.contains(&role) => {
                Ok(Some(PresetRole::project_member(Some(role))))
            }
            _ => Err(ApiError::not_found("role", &name)),
        };
    }
    match name.as_str() {
        "owner" => Ok(Some(ProjectRole::Owner)),
        "member" => Ok(Some(ProjectRole::Member)),
        "viewer" => Ok(Some(ProjectRole::Viewer)),
        _ => Err(ApiError::param("role", "Invalid 'role': must be owner, member, viewer or the id of a role.")),
    }
}
