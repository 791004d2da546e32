//! Making organizations and choosing between them (S3-06 to S3-09, S2-17, S2-18).

use keystead_app::organizations::DESCRIPTIONS;
use keystead_app::{Actor, Error};
use keystead_core::gate::{Mode, Requirement};
use keystead_core::id::ProjectId;
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_store::Tx;
use keystead_store::tables::accounts;

use crate::test_app::*;

/// S3-07, S3-08, S3-09: the name is required and free text, the answer is kept, and a Default project comes with it.
#[tokio::test]
async fn an_organization_is_created() {
    let test = TestApp::new().await;
    let (ann, opened) = test.signed_in_user("ann@example.com").await;
    let app = &test.app;
    for (name, fault) in [
        ("", "name_empty"),
        ("   ", "name_empty"),
        ("\u{200b}", "name_empty"),
        ("a\u{7}b", "name_has_invisible_characters"),
        ("a\u{202e}b", "name_has_invisible_characters"),
        (&*"x".repeat(256), "name_too_long"),
    ] {
        assert_eq!(code(app.create_organization(&ann, name, None).await), fault, "{name:?}");
    }
    assert_eq!(code(app.create_organization(&ann, "Acme", Some("wizard")).await), "describes");
    assert!(DESCRIPTIONS.contains(&"not_technical"));
    let label = " Żółta łódź 株式会社 <b>&\"' ";
    let (id, project) = app.create_organization(&ann, label, Some("not_technical")).await.unwrap();
    let choices = app.organizations_of(&ann).await.unwrap();
    assert_eq!(choices.len(), 1);
    // S2-17, S2-18: both ids can be copied.
    assert_eq!((&choices[0].id, choices[0].name.as_str()), (&id, label.trim()));
    assert_eq!(choices[0].role, OrganizationRole::Owner);
    let projects = &choices[0].projects;
    assert_eq!((projects.len(), &projects[0].id, projects[0].is_default), (1, &project, true));
    assert!(id.as_str().starts_with("org-") && project.as_str().starts_with("proj_"));
    assert_eq!(test.log(&id).await, ["organization.created", "project.created", "user.added"]);
    let user = ann.clone();
    let read = test.store.read("test", async move |tx: &mut Tx| accounts::find(tx, &user).await);
    let account: Result<_, keystead_store::Error> = read.await;
    assert_eq!(account.unwrap().unwrap().describes.as_deref(), Some("not_technical"));
    assert!(test.session_is_open(&opened.session).await);
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok());

    for _ in 1..20 {
        test.organization(&ann).await;
    }
    assert_eq!(code(app.create_organization(&ann, "one more", None).await), "invalid");
    test.close_account(&ann).await;
    assert_eq!(code(app.create_organization(&ann, "closed", None).await), "not_found");
}

/// From a number of organizations on, one of them must have a phone; after proving it the person continues.
#[tokio::test]
async fn more_organizations_need_a_phone_when_a_rule_requires_it() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let operator = Actor::operator("ops");
    let (first, _) = test.organization(&ann).await;
    test.advance(5);
    test.organization(&ann).await;
    test.advance(5);
    let view = test.app.policy(&operator).await.unwrap();
    let mut rules = view.policy.rules;
    let rule = rules.iter_mut().find(|rule| rule.action == "organization.create").unwrap();
    assert_eq!((rule.mode, rule.above), (Mode::Off, Some(3)), "off by default");
    (rule.mode, rule.above) = (Mode::Enforce, Some(2));
    // The second organization she made would still be allowed; a third would not.
    let preview = test.app.preview_policy(&operator, rules.clone()).await.unwrap();
    assert_eq!(preview.organizations, 0);
    test.organization(&ann).await;
    let preview = test.app.preview_policy(&operator, rules.clone()).await.unwrap();
    assert_eq!((preview.organizations, preview.times), (1, 1));
    assert_eq!(preview.refusals[0].action, "organization.create");
    test.app.save_policy(&operator, rules, view.version, "rings of organizations").await.unwrap();

    let refused = test.app.create_organization(&ann, "fourth", None).await;
    let Err(Error::RequirementMissing { organization, action, missing, rule }) = refused else { panic!("{refused:?}") };
    assert_eq!((&organization, action, rule.as_str()), (&first, "organization.create", "phone-for-more-organizations"));
    assert_eq!(missing, [Requirement::Phone]);
    let text = Error::requirement_text(&organization, action, &missing, "https://k.test");
    assert!(text.contains("before its owner can make another organization"), "{text}");
    assert_eq!(test.app.organizations_of(&ann).await.unwrap().len(), 3);
    // Other people are not affected, and she is not either once one of her organizations has a phone.
    let (ben, _) = test.signed_in_user("ben@example.com").await;
    test.organization(&ben).await;
    let waived = test.app.waive_requirement(&operator, &first, Requirement::Phone, None, "a landline").await;
    waived.unwrap();
    test.organization(&ann).await;
}

/// Owners rename; readers and strangers do not.
#[tokio::test]
async fn an_organization_is_renamed_by_its_owners() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (id, _) = test.organization(&ann).await;
    let (owner, stranger) = (Actor::Person(ann.clone()), Actor::Person(test.confirmed_user("ben@example.com").await));
    assert_eq!(code(test.app.rename_organization(&stranger, &id, "Mine").await), "not_found");
    assert_eq!(code(test.app.rename_organization(&owner, &id, "").await), "name_empty");
    test.app.rename_organization(&owner, &id, "Acme Two").await.unwrap();
    assert_eq!(test.app.organizations_of(&ann).await.unwrap()[0].name, "Acme Two");
    assert_eq!(test.log(&id).await.last().map(String::as_str), Some("organization.updated"));
}

/// Owners give and remove roles in projects, all of a form or nothing; others and strangers do not.
#[tokio::test]
async fn members_get_roles_in_projects() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (id, default) = test.organization(&ann).await;
    let owner = Actor::Person(ann.clone());
    let lab = test.app.create_project(&owner, &id, "Lab").await.unwrap().id;
    test.app.invite_member(&owner, &id, "ben@example.com", OrganizationRole::Reader, "en").await.unwrap();
    let ben = test.app.sign_up_with_invite(&test.token().await, &secret(GOOD), &laptop()).await.unwrap().user;
    let change = async |actor: &Actor, roles: &[(ProjectId, Option<ProjectRole>)]| {
        test.app.change_project_roles(actor, &id, &ben, roles).await
    };
    let roles = async || test.app.project_roles(&owner, &id, &ben).await.unwrap();
    assert_eq!(roles().await, [(default.clone(), ProjectRole::Member)]);
    let reader = Actor::Person(ben.clone());
    assert_eq!(code(change(&reader, &[(lab.clone(), Some(ProjectRole::Owner))]).await), "refused");
    let elsewhere: ProjectId = "proj_elsewhere".parse().unwrap();
    let mixed = [(lab.clone(), Some(ProjectRole::Member)), (elsewhere, Some(ProjectRole::Member))];
    assert_eq!(code(change(&owner, &mixed).await), "not_found");
    assert_eq!(roles().await.len(), 1, "all or nothing");
    assert_eq!(code(change(&owner, &[(lab.clone(), Some(ProjectRole::None))]).await), "role");
    change(&owner, &[(lab.clone(), Some(ProjectRole::Member)), (default, None)]).await.unwrap();
    assert_eq!(roles().await, [(lab.clone(), ProjectRole::Member)]);
    change(&owner, &[(lab.clone(), Some(ProjectRole::Viewer))]).await.unwrap();
    change(&owner, &[(lab.clone(), Some(ProjectRole::Viewer))]).await.unwrap();
    assert_eq!(roles().await, [(lab, ProjectRole::Viewer)]);
    let log = test.log(&id).await;
    let told = log.iter().filter(|action| action.starts_with("project.user.")).map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        told,
        ["project.user.added", "project.user.added", "project.user.deleted", "project.user.updated"],
        "the first by the invitation; what is so already is not told"
    );
    test.app.remove_member(&owner, &id, &ben).await.unwrap();
    test.app
        .invite_to_projects(&owner, &id, "ben@example.com", OrganizationRole::Reader, Some(&[]), Some("en"))
        .await
        .unwrap();
    let mails = test.mails().await;
    test.app.accept_invite(&ben, &token_in(&mails.last().unwrap().2)).await.unwrap();
    assert_eq!(roles().await, [], "old roles do not come back by themselves");
    let stranger = test.confirmed_user("eve@example.com").await;
    assert_eq!(code(test.app.project_roles(&owner, &id, &stranger).await), "not_found");
}
