//! Operations of the organization.

use async_openai::error::OpenAIError;
use async_openai::traits::RequestOptionsBuilder;
use async_openai::types::admin::api_keys::CreateAdminApiKeyRequest;
use async_openai::types::admin::certificates::{
    ModifyCertificateRequest, ToggleCertificatesRequest, UploadCertificateRequest,
};
use async_openai::types::admin::groups::{
    CreateGroupBody, CreateGroupUserBody, PublicAssignOrganizationGroupRoleBody, UpdateGroupBody,
};
use async_openai::types::admin::invites::{InviteProjectMembership, InviteRequest, ProjectMembership};
use async_openai::types::admin::organization_data_retention::{
    OrganizationDataRetentionType, UpdateOrganizationDataRetentionBody,
};
use async_openai::types::admin::roles::{
    OrganizationRole, PublicCreateOrganizationRoleBody, PublicUpdateOrganizationRoleBody,
};
use async_openai::types::admin::usage::UsageResponse;
use async_openai::types::admin::users::{PublicAssignOrganizationUserRoleBody, UserRoleUpdateRequest};
use keystead_core::money::Micros;
use keystead_core::role;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use keystead_testkit::{count_usage, usage_event};

use super::start;
use crate::certificates::AUTHORITY;
use crate::spend::spend_alert;
use crate::world::{START, admin as admin_key};

#[tokio::test]
async fn admin_keys_invitations_and_data_retention_are_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let keys = admin.api_keys();
    let wanted = CreateAdminApiKeyRequest { name: "CI".to_owned(), expires_in_seconds: Some(3_600) };
    let made = to.read("api_keys.create", keys.create(wanted).await);
    to.read("api_keys.list", keys.list().await);
    to.read("api_keys.retrieve", keys.retrieve(&made.id).await);
    assert!(to.read("api_keys.delete", keys.delete(&made.id).await).deleted);

    let invites = admin.invites();
    let project = InviteProjectMembership { id: owner.project_id.to_string(), role: ProjectMembership::Member };
    let wanted = InviteRequest {
        email: "ben@example.com".to_owned(),
        role: OrganizationRole::Reader,
        projects: Some(vec![project]),
    };
    let made = to.read("invites.create", invites.create(wanted).await);
    to.read("invites.list", invites.list().await);
    to.read("invites.retrieve", invites.retrieve(&made.id).await);
    assert!(to.read("invites.delete", invites.delete(&made.id).await).deleted);

    let retention = admin.data_retention();
    to.read("data_retention.retrieve", retention.retrieve().await);
    let wanted =
        UpdateOrganizationDataRetentionBody { retention_type: OrganizationDataRetentionType::ZeroDataRetention };
    to.read("data_retention.update", retention.update(wanted).await);
    let own = "only Keystead restricts admin keys";
    to.lost_only(&[
        ("api_keys.create scopes", own),
        ("api_keys.list data scopes", own),
        ("api_keys.retrieve scopes", own),
    ]);
}

#[tokio::test]
async fn people_groups_and_roles_are_read() {
    let (world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let person = world.member(&owner.organization_id, role::OrganizationRole::Reader).await;
    let person = person.as_str();
    let users = admin.users();
    to.read("users.list", users.list().await);
    to.read("users.retrieve", users.retrieve(person).await);
    let wanted = UserRoleUpdateRequest { role: Some("owner".to_owned()), ..UserRoleUpdateRequest::default() };
    to.read("users.modify", users.modify(person, wanted).await);

    let roles = admin.roles();
    let wanted = PublicCreateOrganizationRoleBody {
        role_name: "Auditor".to_owned(),
        permissions: vec!["api.management.read".to_owned()],
        description: Some("Reads everything.".to_owned()),
    };
    let role = to.read("roles.create", roles.create(wanted).await).id;
    to.read("roles.list", roles.list().await);
    to.read("roles.retrieve", roles.retrieve(&role).await);
    let wanted = PublicUpdateOrganizationRoleBody {
        role_name: Some("Reviewer".to_owned()),
        ..PublicUpdateOrganizationRoleBody::default()
    };
    to.read("roles.update", roles.update(&role, wanted).await);

    let held = users.roles(person);
    let wanted = PublicAssignOrganizationUserRoleBody { role_id: role.clone() };
    to.read("users.roles.assign", held.assign(wanted).await);
    to.read("users.roles.list", held.list().await);
    to.read("users.roles.retrieve", held.retrieve(&role).await);
    assert!(to.read("users.roles.unassign", held.unassign(&role).await).deleted);

    let groups = admin.groups();
    let group = to.read("groups.create", groups.create(CreateGroupBody { name: "Team".to_owned() }).await).id;
    to.read("groups.list", groups.list().await);
    to.read("groups.retrieve", groups.retrieve(&group).await);
    to.read("groups.update", groups.update(&group, UpdateGroupBody { name: "Crew".to_owned() }).await);
    let members = groups.users(&group);
    to.read("groups.users.add", members.add(CreateGroupUserBody { user_id: person.to_owned() }).await);
    to.read("groups.users.list", members.list().await);
    to.read("groups.users.retrieve", members.retrieve(person).await);
    assert!(to.read("groups.users.remove", members.remove(person).await).deleted);
    let held = groups.roles(&group);
    let wanted = PublicAssignOrganizationGroupRoleBody { role_id: role.clone() };
    to.read("groups.roles.assign", held.assign(wanted).await);
    to.read("groups.roles.list", held.list().await);
    to.read("groups.roles.retrieve", held.retrieve(&role).await);
    assert!(to.read("groups.roles.unassign", held.unassign(&role).await).deleted);

    assert!(to.read("groups.delete", groups.delete(&group).await).deleted);
    assert!(to.read("roles.delete", roles.delete(&role).await).deleted);
    assert!(to.read("users.delete", users.delete(person).await).deleted);
    to.lost_only(&[]);
}

#[tokio::test]
async fn certificates_are_read() {
    let (_world, _owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let certificates = admin.certificates();
    let wanted = UploadCertificateRequest { name: Some("Office".to_owned()), certificate: AUTHORITY.to_owned() };
    let id = to.read("certificates.upload", certificates.upload_organization(wanted).await).id;
    to.read("certificates.list", certificates.list_organization().await);
    to.read("certificates.retrieve", certificates.retrieve(&id).await);
    let whole = certificates.query(&[("include[]", "content")][..]).unwrap();
    let content = to.read("certificates.retrieve", whole.retrieve(&id).await).certificate_details.content;
    assert_eq!(content.as_deref(), Some(AUTHORITY.trim()));
    let certificates = admin.certificates();
    let all = || ToggleCertificatesRequest { certificate_ids: vec![id.clone()] };
    to.read("certificates.activate", certificates.activate_organization(all()).await);
    to.read("certificates.deactivate", certificates.deactivate_organization(all()).await);
    let wanted = ModifyCertificateRequest { name: Some("Labs".to_owned()) };
    to.read("certificates.modify", certificates.modify(&id, wanted).await);
    to.read("certificates.delete", certificates.delete(&id).await);
    to.lost_only(&[]);
}

/// The client's list of types is closed: events that only Keystead has come with the nearest type of OpenAI's API, so that
/// every page is read.
#[tokio::test]
async fn audit_events_are_read() {
    let (world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let person = world.member(&owner.organization_id, role::OrganizationRole::Reader).await;
    let group = admin.groups().create(CreateGroupBody { name: "Team".to_owned() }).await.unwrap();
    admin.groups().delete(&group.id).await.unwrap();
    admin.users().delete(person.as_str()).await.unwrap();
    let types = ["project.created", "api_key.created", "group.created", "group.deleted", "user.deleted"];
    let query = types.map(|one| ("event_types[]", one));
    let events = admin.audit_logs().query(&query[..]).unwrap();
    let page = to.read("audit_logs.get", events.get().await);
    assert!(page.data.len() >= 4, "{}", page.data.len());
    let known = "the client has no details of groups; the SDK has both";
    let own = "only Keystead has it";
    to.lost_only(&[
        ("audit_logs.get data group.created", known),
        ("audit_logs.get data group.deleted", known),
        ("audit_logs.get data api_key.created data kind", own),
        ("audit_logs.get data keystead_actor", own),
    ]);
    let alert = spend_alert();
    assert_eq!(world.post("/v1/organization/spend_alerts", admin_key(&owner), alert).await.status, 200);
    let every = admin.audit_logs().get().await.unwrap_or_else(|fault| panic!("{fault}"));
    assert!(every.data.len() > page.data.len(), "{}", every.data.len());
}

/// One event of each kind, and a page of each kind of usage.
#[tokio::test]
async fn usage_and_costs_are_read() {
    let (world, owner, to) = start().await;
    let one = UsageEvent {
        owner: owner.user_id.text(),
        used: Quantities { requests: 1, input_tokens: 7, tool_calls: 1, ..Quantities::default() },
        ..usage_event(&owner.organization_id, &owner.project_id, START, Micros(1_500).into())
    };
    let events = UsageKind::ALL.map(|kind| UsageEvent { kind, ..one.clone() });
    count_usage(&world.store, "1-a", 0, &events).await;
    let admin = to.client.admin();
    let usage = admin.usage().query(&[("start_time", START)][..]).unwrap();
    let results = |name: &str, page: Result<UsageResponse, OpenAIError>| {
        let page = page.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        page.data.iter().map(|bucket| bucket.results.len()).sum::<usize>()
    };
    for (name, found) in [
        ("completions", results("completions", usage.completions().await)),
        ("embeddings", results("embeddings", usage.embeddings().await)),
        ("images", results("images", usage.images().await)),
        ("moderations", results("moderations", usage.moderations().await)),
        ("audio_speeches", results("audio_speeches", usage.audio_speeches().await)),
        ("audio_transcriptions", results("audio_transcriptions", usage.audio_transcriptions().await)),
        ("file_search_calls", results("file_search_calls", usage.file_search_calls().await)),
        ("web_search_calls", results("web_search_calls", usage.web_search_calls().await)),
        ("decisions", results("decisions", usage.decisions().await)),
        ("vector_stores", results("vector_stores", usage.vector_stores().await)),
        ("code_interpreter_sessions", results("sessions", usage.code_interpreter_sessions().await)),
        ("costs", results("costs", usage.costs().await)),
    ] {
        assert_eq!(found, 1, "{name}");
    }
}
