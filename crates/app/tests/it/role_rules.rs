//! What people with custom roles may not do, and what happens to what they gave.

use keystead_app::groups::members::MOST_GROUPS_OF_PERSON;
use keystead_app::keys::NewKey;
use keystead_app::roles::{NewRole, Place};
use keystead_app::{Actor, Error, Page};
use keystead_core::anomaly::KeyCap;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, Principal, ProjectRole};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::users::{self, User};

use crate::test_app::*;

struct Company {
    test: TestApp,
    ann: Actor,
    organization: OrganizationId,
    project: ProjectId,
}

impl Company {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let ann = test.confirmed_user("ann@example.com").await;
        let (organization, project) = test.organization(&ann).await;
        test.mails().await;
        Self { test, ann: Actor::Person(ann), organization, project }
    }

    fn here(&self) -> Place<'_> {
        Place { organization: &self.organization, project: None }
    }

    async fn member(&self, name: &str, role: OrganizationRole) -> UserId {
        let id: UserId = format!("user-{name}").parse().unwrap();
        let created_at = Timestamp(self.test.now());
        let user = User {
            id: id.clone(),
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            created_at,
            default_organization: None,
            deactivated_at: None,
        };
        let membership = Membership { organization: self.organization.clone(), user: id.clone(), role, created_at };
        let insert = async move |tx: &mut Tx| -> Result<(), keystead_store::Error> {
            users::insert(tx, &user).await?;
            memberships::insert(tx, &membership).await
        };
        self.test.store.write("member", insert).await.unwrap();
        id
    }

    /// Makes a member with one role that permits this; returns the member and the id of the role.
    async fn holder(&self, name: &str, permissions: &[&str]) -> (UserId, String) {
        let person = self.member(name, OrganizationRole::None).await;
        let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
        let asked = NewRole { name: name.to_owned(), permissions, description: None };
        let role = self.test.app.create_role(&self.ann, self.here(), asked).await.unwrap().id.to_string();
        let principal = Principal::User(person.clone());
        self.test.app.assign_role(&self.ann, self.here(), &principal, &role).await.unwrap();
        (person, role)
    }
}

fn page() -> Page {
    Page { after: None, limit: 100, ascending: true }
}

fn forbidden<T: std::fmt::Debug>(done: Result<T, Error>) {
    assert!(matches!(done, Err(Error::Forbidden { .. })), "{done:?}");
}

/// ASVS 8.2.1
#[tokio::test]
async fn managers_take_no_more_than_they_hold() {
    let company = Company::new().await;
    let app = &company.test.app;
    let organization = &company.organization;
    let (ben, _) = company.holder("ben", &["api.management.read", "api.management.write"]).await;
    let (manager, cid) = (Actor::Person(ben), company.member("cid", OrganizationRole::Reader).await);
    let ann = company.ann.user().unwrap().clone();
    for person in [&ann, &cid] {
        forbidden(app.remove_member(&manager, organization, person).await);
        forbidden(app.change_member_role(&manager, organization, person, OrganizationRole::None).await);
    }
    forbidden(app.change_member_role(&manager, organization, &cid, OrganizationRole::Owner).await);
    // A role that a person has already is none that is given.
    app.change_member_role(&manager, organization, &cid, OrganizationRole::Reader).await.unwrap();
    let place = [(company.project.clone(), Some(ProjectRole::Viewer))];
    forbidden(app.change_project_roles(&manager, organization, &cid, &place).await);
    let reader = OrganizationRole::Reader;
    forbidden(app.invite_member(&manager, organization, "dan@example.com", reader, "en").await);
    // Who may do no more than the manager can be removed by them.
    let (dan, _) = company.holder("dan", &["api.management.read"]).await;
    app.remove_member(&manager, organization, &dan).await.unwrap();
    let lab = app.create_project(&manager, organization, "Lab").await.unwrap();
    let people = app.project_view(&company.ann, organization, &lab.id, page()).await.unwrap().people;
    assert!(people.is_empty(), "no owner by a name alone: {people:?}");
}

/// Managers end and pause keys of projects, which is a matter of safety, but no admin keys of people who hold more.
#[tokio::test]
async fn managers_end_no_admin_keys_of_people_who_hold_more() {
    let company = Company::new().await;
    let app = &company.test.app;
    let organization = &company.organization;
    let manage = ["api.management.read", "api.management.write"];
    let (ben, _) = company.holder("ben", &manage).await;
    let (bea, _) = company.holder("bea", &manage).await;
    let (ben, bea) = (Actor::Person(ben), Actor::Person(bea));
    let mut keys = Vec::new();
    for owner in [&company.ann, &ben, &bea, &ben] {
        keys.push(app.create_admin_key(owner, organization, NewKey::default()).await.unwrap().key.id);
    }
    forbidden(app.delete_admin_key(&ben, organization, &keys[0]).await);
    forbidden(app.pause_key(&ben, organization, &keys[0]).await);
    forbidden(app.set_key_cap(&ben, organization, &keys[0], KeyCap::Off).await);
    app.pause_key(&company.ann, organization, &keys[0]).await.unwrap();
    forbidden(app.resume_key(&ben, organization, &keys[0]).await);
    app.resume_key(&company.ann, organization, &keys[0]).await.unwrap();
    for manager in [&ben, &bea, &company.ann] {
        app.pause_key(manager, organization, &keys[2]).await.unwrap();
        app.set_key_cap(manager, organization, &keys[2], KeyCap::Off).await.unwrap();
        app.resume_key(manager, organization, &keys[2]).await.unwrap();
    }
    app.admin_key(&company.ann, organization, &keys[0]).await.unwrap();
    app.delete_admin_key(&ben, organization, &keys[1]).await.unwrap();
    app.delete_admin_key(&ben, organization, &keys[2]).await.unwrap();
    app.delete_admin_key(&company.ann, organization, &keys[3]).await.unwrap();
    app.delete_admin_key(&company.ann, organization, &keys[0]).await.unwrap();
}

/// Every look-up of what a person may do reads all their groups.
#[tokio::test]
async fn a_person_is_in_a_bounded_number_of_groups() {
    let company = Company::new().await;
    let (app, organization) = (&company.test.app, &company.organization);
    let cid = company.member("cid", OrganizationRole::Reader).await;
    for number in 0..=MOST_GROUPS_OF_PERSON {
        let group = app.create_group(&company.ann, organization, &format!("Team {number}")).await.unwrap();
        let added = app.add_group_member(&company.ann, organization, &group.id, &cid).await;
        if number < MOST_GROUPS_OF_PERSON {
            added.unwrap();
        } else {
            let message = "A person can be in at most 100 groups of an organization.";
            assert!(matches!(&added, Err(Error::Invalid { message: said, .. }) if said == message), "{added:?}");
        }
    }
}

#[tokio::test]
async fn members_without_roles_see_nothing() {
    let company = Company::new().await;
    let app = &company.test.app;
    let (ben, role) = company.holder("ben", &["api.management.read"]).await;
    let actor = Actor::Person(ben.clone());
    app.members(&actor, &company.organization, &[], page()).await.unwrap();
    let principal = Principal::User(ben);
    app.unassign_role(&company.ann, company.here(), &principal, &role).await.unwrap();
    let seen = app.members(&actor, &company.organization, &[], page()).await;
    assert!(matches!(seen, Err(Error::Refused(_))), "{seen:?}");
    let projects = app.projects(&actor, &company.organization, false, page()).await;
    assert!(matches!(projects, Err(Error::Refused(_))), "{projects:?}");
}

#[tokio::test]
async fn saving_the_roles_of_a_member_keeps_custom_ones() {
    let company = Company::new().await;
    let app = &company.test.app;
    let ben = company.member("ben", OrganizationRole::Reader).await;
    let there = Place { organization: &company.organization, project: Some(&company.project) };
    let asked = NewRole { name: "files".to_owned(), permissions: vec!["api.files.read".to_owned()], description: None };
    let role = app.create_role(&company.ann, there, asked).await.unwrap().id.to_string();
    let principal = Principal::User(ben.clone());
    app.assign_role(&company.ann, there, &principal, &role).await.unwrap();
    // The form of the page sends every project, with no role where it shows none.
    let form = [(company.project.clone(), None)];
    app.change_project_roles(&company.ann, &company.organization, &ben, &form).await.unwrap();
    app.held_role(&company.ann, there, &principal, &role).await.unwrap();
}

/// An invitation gives what its sender could still give.
#[tokio::test]
async fn invitations_end_with_the_rights_of_their_sender() {
    let company = Company::new().await;
    let app = &company.test.app;
    let organization = &company.organization;
    let bea = company.member("bea", OrganizationRole::Owner).await;
    let sender = Actor::Person(bea.clone());
    let reader = OrganizationRole::Reader;
    let sent = app.invite_member(&sender, organization, "cid@example.com", reader, "en").await.unwrap();
    let link = company.test.token().await;
    app.change_member_role(&company.ann, organization, &bea, OrganizationRole::None).await.unwrap();
    let open = app.open_invites(&company.ann, organization).await.unwrap();
    assert!(open.iter().all(|invite| invite.id != sent.id), "{open:?}");
    assert!(app.sign_up_with_invite(&link, &secret(GOOD), &laptop()).await.is_err());
    assert!(company.test.log(organization).await.contains(&"invite.deleted".to_owned()));
}
