//! Operations of a project.

use async_openai::types::admin::certificates::{ToggleCertificatesRequest, UploadCertificateRequest};
use async_openai::types::admin::groups::{CreateGroupBody, PublicAssignOrganizationGroupRoleBody};
use async_openai::types::admin::invites::ProjectMembership;
use async_openai::types::admin::project_rate_limits::ProjectRateLimitUpdateRequest;
use async_openai::types::admin::project_service_accounts::{
    CreateProjectServiceAccountApiKeyBody, ProjectServiceAccountCreateRequest, UpdateProjectServiceAccountBody,
};
use async_openai::types::admin::project_users::{ProjectUserCreateRequest, ProjectUserUpdateRequest};
use async_openai::types::admin::projects::{
    HostedToolPermissionUpdate, InviteProjectGroupBody, ProjectCreateRequest, ProjectDataRetentionType,
    ProjectHostedToolPermissionsUpdateRequest, ProjectModelPermissionsMode, ProjectModelPermissionsUpdateRequest,
    ProjectUpdateRequest, UpdateProjectDataRetentionBody,
};
use async_openai::types::admin::roles::{PublicCreateOrganizationRoleBody, PublicUpdateOrganizationRoleBody};
use keystead_core::rate::RateLimits;
use keystead_core::role::OrganizationRole;

use super::start;
use crate::certificates::AUTHORITY;
use crate::rates::serve;

/// What the client says of `has_more` in lists of projects and of their users: a text. In OpenAI's API, and in its SDKs
/// (`has_more: bool` of `SyncConversationCursorPage`), it is a boolean.
const TEXT_INSTEAD_OF_BOOLEAN: &str = "expected a string";

#[tokio::test]
async fn projects_and_their_people_are_read() {
    let (world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let projects = admin.projects();
    let wanted = ProjectCreateRequest { name: "Search".to_owned(), ..ProjectCreateRequest::default() };
    let id = to.read("projects.create", projects.create(wanted).await).id;
    let (fault, sent) = to.misread("projects.list", projects.list().await);
    assert!(fault.contains(TEXT_INSTEAD_OF_BOOLEAN) && sent["has_more"] == false, "{fault}: {sent}");
    to.read("projects.retrieve", projects.retrieve(id.clone()).await);
    let wanted = ProjectUpdateRequest { name: Some("Find".to_owned()), ..ProjectUpdateRequest::default() };
    to.read("projects.modify", projects.modify(id.clone(), wanted).await);

    let person = world.member(&owner.organization_id, OrganizationRole::Reader).await.to_string();
    let users = projects.users(&id);
    let wanted =
        ProjectUserCreateRequest { user_id: Some(person.clone()), email: None, role: ProjectMembership::Member };
    to.read("projects.users.create", users.create(wanted).await);
    let (fault, sent) = to.misread("projects.users.list", users.list().await);
    assert!(fault.contains(TEXT_INSTEAD_OF_BOOLEAN) && sent["has_more"] == false, "{fault}: {sent}");
    to.read("projects.users.retrieve", users.retrieve(&person).await);
    let wanted = ProjectUserUpdateRequest { role: Some(ProjectMembership::Owner) };
    to.read("projects.users.modify", users.modify(&person, wanted).await);
    assert!(to.read("projects.users.delete", users.delete(&person).await).deleted);

    to.read("projects.archive", projects.archive(id).await);
    to.lost_only(&[]);
}

#[tokio::test]
async fn service_accounts_and_keys_are_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let projects = admin.projects();
    let accounts = projects.service_accounts(owner.project_id.as_str());
    let wanted = ProjectServiceAccountCreateRequest {
        name: "Worker".to_owned(),
        expires_in_seconds: Some(3_600),
        create_service_account_only: None,
    };
    let account = to.read("service_accounts.create", accounts.create(wanted).await).id;
    to.read("service_accounts.list", accounts.list().await);
    to.read("service_accounts.retrieve", accounts.retrieve(&account).await);
    let wanted = UpdateProjectServiceAccountBody { name: Some("Runner".to_owned()), role: None };
    to.read("service_accounts.update", accounts.update(&account, wanted).await);
    let wanted = CreateProjectServiceAccountApiKeyBody {
        name: Some("May".to_owned()),
        scopes: Some(vec!["api.model.request".to_owned()]),
        expires_in_seconds: Some(3_600),
    };
    let key = to.read("service_accounts.create_api_key", accounts.create_api_key(&account, wanted).await).id;

    let keys = projects.api_keys(owner.project_id.as_str());
    to.read("projects.api_keys.list", keys.list().await);
    to.read("projects.api_keys.retrieve", keys.retrieve(&key).await);
    assert!(to.read("projects.api_keys.delete", keys.delete(&key).await).deleted);
    assert!(to.read("service_accounts.delete", accounts.delete(&account).await).deleted);
    to.lost_only(&[]);
}

#[tokio::test]
async fn settings_of_projects_are_read() {
    let (world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let (projects, project) = (admin.projects(), owner.project_id.as_str());
    let some = RateLimits { requests_per_minute: Some(100), images_per_minute: Some(5), ..RateLimits::NONE };
    serve(&world, &[("gpt-4o", some)]).await;
    let limits = projects.rate_limits(project);
    to.read("rate_limits.list", limits.list().await);
    // The client sends members without a value as null.
    let wanted = ProjectRateLimitUpdateRequest {
        max_requests_per_1_minute: Some(20),
        ..ProjectRateLimitUpdateRequest::default()
    };
    to.read("rate_limits.update", limits.update("rl-gpt-4o", wanted).await);

    let retention = projects.data_retention(project);
    to.read("projects.data_retention.retrieve", retention.retrieve().await);
    let wanted = UpdateProjectDataRetentionBody { retention_type: ProjectDataRetentionType::OrganizationDefault };
    to.read("projects.data_retention.update", retention.update(wanted).await);

    let tools = projects.hosted_tool_permissions(project);
    to.read("hosted_tool_permissions.retrieve", tools.retrieve().await);
    let wanted = ProjectHostedToolPermissionsUpdateRequest {
        web_search: Some(HostedToolPermissionUpdate { enabled: false }),
        ..ProjectHostedToolPermissionsUpdateRequest::default()
    };
    to.read("hosted_tool_permissions.update", tools.update(wanted).await);

    let models = projects.model_permissions(project);
    let wanted = ProjectModelPermissionsUpdateRequest {
        mode: ProjectModelPermissionsMode::AllowList,
        model_ids: vec!["gpt-4o".to_owned()],
    };
    to.read("model_permissions.update", models.update(wanted).await);
    to.read("model_permissions.retrieve", models.retrieve().await);
    assert!(to.read("model_permissions.delete", models.delete().await).deleted);

    let upload = UploadCertificateRequest { name: None, certificate: AUTHORITY.to_owned() };
    let id = admin.certificates().upload_organization(upload).await.unwrap().id;
    let all = || ToggleCertificatesRequest { certificate_ids: vec![id.clone()] };
    let certificates = projects.certificates(project);
    to.read("projects.certificates.list", certificates.list().await);
    to.read("projects.certificates.activate", certificates.activate(all()).await);
    to.read("projects.certificates.deactivate", certificates.deactivate(all()).await);
    to.lost_only(&[]);
}

#[tokio::test]
async fn roles_and_groups_of_projects_are_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let (projects, project) = (admin.projects(), owner.project_id.as_str());
    let roles = projects.roles(project);
    let wanted = PublicCreateOrganizationRoleBody {
        role_name: "Caller".to_owned(),
        permissions: vec!["api.model.read".to_owned()],
        description: None,
    };
    let role = to.read("projects.roles.create", roles.create(wanted).await).id;
    to.read("projects.roles.list", roles.list().await);
    to.read("projects.roles.retrieve", roles.retrieve(&role).await);
    let wanted = PublicUpdateOrganizationRoleBody {
        description: Some("Calls models.".to_owned()),
        ..PublicUpdateOrganizationRoleBody::default()
    };
    to.read("projects.roles.update", roles.update(&role, wanted).await);

    let group = admin.groups().create(CreateGroupBody { name: "Team".to_owned() }).await.unwrap().id;
    let groups = projects.groups(project);
    let wanted = InviteProjectGroupBody { group_id: group.clone(), role: "role-api-project-member".to_owned() };
    to.read("projects.groups.add", groups.add(wanted).await);
    to.read("projects.groups.list", groups.list().await);
    to.read("projects.groups.retrieve", groups.retrieve(&group).await);

    let held = projects.group_roles(project, &group);
    let wanted = PublicAssignOrganizationGroupRoleBody { role_id: role.clone() };
    to.read("projects.group_roles.assign", held.assign(wanted).await);
    to.read("projects.group_roles.list", held.list().await);
    to.read("projects.group_roles.retrieve", held.retrieve(&role).await);
    assert!(to.read("projects.group_roles.unassign", held.unassign(&role).await).deleted);
    assert!(to.read("projects.groups.remove", groups.remove(&group).await).deleted);

    let held = projects.user_roles(project, owner.user_id.as_str());
    let wanted = PublicAssignOrganizationGroupRoleBody { role_id: role.clone() };
    to.read("projects.user_roles.assign", held.assign(wanted).await);
    to.read("projects.user_roles.list", held.list().await);
    to.read("projects.user_roles.retrieve", held.retrieve(&role).await);
    assert!(to.read("projects.user_roles.unassign", held.unassign(&role).await).deleted);
    assert!(to.read("projects.roles.delete", roles.delete(&role).await).deleted);
    to.lost_only(&[]);
}
