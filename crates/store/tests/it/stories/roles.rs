//! Groups, custom roles, and who holds which.

use keystead_core::id::{GroupId, OrganizationId, ProjectId, RoleId};
use keystead_core::role::{OrganizationRole, PresetRole, Principal, ProjectRole, Resource, RoleRef};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::role_assignments::Assignment;
use keystead_store::tables::roles::CustomRole;
use keystead_store::tables::user_groups::Group;
use keystead_store::tables::{
    changes, group_members, memberships, project_members, projects, role_assignments, roles, user_groups,
};
use keystead_store::{Error, Page};

use crate::world::*;

fn group(organization: &str, name: &str, at: i64) -> Group {
    Group {
        id: id(&format!("group_{name}")),
        organization: id(&format!("org-{organization}")),
        name: name.to_owned(),
        created_at: later(at),
    }
}

fn role(resource: Resource, name: &str, permissions: &[&str]) -> CustomRole {
    CustomRole {
        id: id(&format!("role-{name}")),
        organization: id("org-one"),
        resource,
        name: name.to_owned(),
        description: None,
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        created_at: NOW,
        updated_at: NOW,
        created_by: "user-ann".into(),
    }
}

fn holds(resource: &Resource, principal: &Principal, role: RoleRef, at: i64) -> Assignment {
    Assignment {
        organization: id("org-one"),
        resource: resource.clone(),
        principal: principal.clone(),
        role,
        created_at: later(at),
        created_by: "user-ann".into(),
    }
}

/// What changed since the last call.
async fn news(db: &Database, seen: &mut i64) -> Vec<ChangeSubject> {
    let new = look!(db, |tx| changes::since(tx, *seen, 100)).unwrap();
    *seen = new.last().map_or(*seen, |change| change.revision);
    new.into_iter().map(|change| change.subject).collect()
}

pub(crate) async fn groups_and_their_people(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    let (a, b, c) = (group("one", "a", 0), group("one", "b", 1), group("one", "c", 1));
    for row in [&a, &b, &c, &group("two", "z", 0)] {
        change!(db, |tx| user_groups::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| user_groups::find(tx, &one, &a.id)), Ok(Some(a.clone())));
    assert_eq!(look!(db, |tx| user_groups::find(tx, &two, &a.id)), Ok(None));
    assert_eq!(look!(db, |tx| user_groups::count(tx, &one)), Ok(3));
    let page = look!(db, |tx| user_groups::list(tx, &one, &first(2))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![a.clone(), b.clone()], true));
    assert_eq!(look!(db, |tx| user_groups::list(tx, &one, &after("group_z", 2))), Err(Error::Missing));
    let gone = Page::position(later(1), "group_bb");
    let rest = look!(db, |tx| user_groups::list(tx, &one, &after(&gone, 2))).unwrap();
    assert_eq!(rest.data, std::slice::from_ref(&c), "after a row that is gone");
    assert_eq!(change!(db, |tx| user_groups::rename(tx, &one, &a.id, "Größe; --")), Ok(true));
    assert_eq!(change!(db, |tx| user_groups::rename(tx, &two, &a.id, "x")), Ok(false));

    let mut seen = look!(db, |tx| changes::latest(tx)).unwrap();
    assert_eq!(change!(db, |tx| group_members::insert(tx, &a.id, &ben, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| group_members::insert(tx, &a.id, &ben, NOW)), Ok(false), "in it already");
    assert_eq!(change!(db, |tx| group_members::insert(tx, &a.id, &id("user-cid"), NOW)), Ok(false), "not a member");
    assert_eq!(news(&db, &mut seen).await, [ChangeSubject::User(ben.clone())]);
    change!(db, |tx| group_members::insert(tx, &a.id, &ann, later(1))).unwrap();
    let found = look!(db, |tx| group_members::find(tx, &a.id, &ben)).unwrap().unwrap();
    assert_eq!((found.email.as_str(), found.created_at), ("ben@example.com", NOW));
    assert_eq!(look!(db, |tx| group_members::find(tx, &b.id, &ben)), Ok(None));
    let people = look!(db, |tx| group_members::list(tx, &a.id, &after("user-ben", 5))).unwrap();
    assert_eq!(people.data.iter().map(|one| one.user.as_str()).collect::<Vec<_>>(), ["user-ann"]);
    assert_eq!(change!(db, |tx| group_members::delete(tx, &a.id, &ann, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| group_members::delete(tx, &a.id, &ann, NOW)), Ok(false));

    // A removed member leaves the groups of this organization.
    change!(db, |tx| memberships::delete(tx, &one, &ben, NOW)).unwrap();
    assert_eq!(look!(db, |tx| group_members::find(tx, &a.id, &ben)), Ok(None));

    let principal = Principal::Group(a.id.clone());
    let place = Resource::Organization(one.clone());
    let reader = RoleRef::Preset(PresetRole::OrganizationReader);
    change!(db, |tx| role_assignments::insert(tx, &holds(&place, &principal, reader.clone(), 0))).unwrap();
    change!(db, |tx| group_members::insert(tx, &a.id, &ann, NOW)).unwrap();
    news(&db, &mut seen).await;
    assert_eq!(change!(db, |tx| user_groups::delete(tx, &two, &a.id, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| user_groups::delete(tx, &one, &a.id, NOW)), Ok(true));
    assert_eq!(news(&db, &mut seen).await, [ChangeSubject::Organization(one.clone())]);
    assert_eq!(look!(db, |tx| role_assignments::list(tx, &place, &principal)), Ok(Vec::new()));
}

pub(crate) async fn roles_and_who_holds_them(db: Database) {
    let (one, _, x1, ann, ben, _) = seed(&db).await;
    let (here, there) = (Resource::Organization(one.clone()), Resource::Project(x1.clone()));
    let usage = role(here.clone(), "usage", &["api.usage.read"]);
    let mut files = role(there.clone(), "files", &["api.files.read", "api.webhooks.read"]);
    for row in [&usage, &files] {
        change!(db, |tx| roles::insert(tx, row)).unwrap();
    }
    let twin = CustomRole { id: id("role-twin"), ..usage.clone() };
    assert_eq!(change!(db, |tx| roles::insert(tx, &twin)), Err(Error::Conflict("roles.name")));
    assert_eq!(look!(db, |tx| roles::find(tx, &here, &usage.id)), Ok(Some(usage.clone())));
    assert_eq!(look!(db, |tx| roles::find(tx, &there, &usage.id)), Ok(None));
    assert_eq!(look!(db, |tx| roles::list(tx, &there)), Ok(vec![files.clone()]));
    let mut seen = look!(db, |tx| changes::latest(tx)).unwrap();
    files.description = Some("it's; --".to_owned());
    files.updated_at = later(5);
    assert_eq!(change!(db, |tx| roles::update(tx, &files)), Ok(true));
    assert_eq!(look!(db, |tx| roles::find(tx, &there, &files.id)), Ok(Some(files.clone())));
    assert_eq!(news(&db, &mut seen).await, [ChangeSubject::Organization(one.clone())]);
    assert_eq!(change!(db, |tx| roles::update(tx, &twin)), Ok(false));

    let team = group("one", "team", 0);
    change!(db, |tx| user_groups::insert(tx, &team)).unwrap();
    change!(db, |tx| group_members::insert(tx, &team.id, &ben, NOW)).unwrap();
    news(&db, &mut seen).await;
    let (person, group) = (Principal::User(ben.clone()), Principal::Group(team.id.clone()));
    let (of_usage, of_files) = (RoleRef::Custom(usage.id.clone()), RoleRef::Custom(files.id.clone()));
    let viewer = RoleRef::Preset(PresetRole::ProjectViewer);
    let own = holds(&here, &person, of_usage.clone(), 0);
    let stranger = holds(&here, &Principal::User(id("user-cid")), of_usage.clone(), 0);
    assert_eq!(change!(db, |tx| role_assignments::insert(tx, &stranger)), Ok(false), "no member");
    change!(db, |tx| changes::lock(tx)).unwrap();
    assert_eq!(change!(db, |tx| role_assignments::insert(tx, &own)), Ok(true));
    assert_eq!(change!(db, |tx| role_assignments::insert(tx, &own)), Ok(false));
    let unknown = holds(&here, &person, RoleRef::Custom(id::<RoleId>("role-none")), 0);
    assert_eq!(change!(db, |tx| role_assignments::insert(tx, &unknown)), Ok(false), "a role that is gone");
    assert_eq!(news(&db, &mut seen).await, [ChangeSubject::User(ben.clone())]);
    for (role, at) in [(&of_files, 1), (&viewer, 2)] {
        let row = holds(&there, &group, role.clone(), at);
        assert_eq!(change!(db, |tx| role_assignments::insert(tx, &row)), Ok(true));
    }
    let all_of_one = || ChangeSubject::Organization(one.clone());
    assert_eq!(news(&db, &mut seen).await, [all_of_one(), all_of_one()]);
    assert_eq!(look!(db, |tx| role_assignments::list(tx, &here, &person)), Ok(vec![own]));
    let inherited = look!(db, |tx| role_assignments::list_of_groups(tx, &there, &ben)).unwrap();
    assert_eq!(inherited.iter().map(|row| &row.role).collect::<Vec<_>>(), [&of_files, &viewer]);
    let groups = look!(db, |tx| role_assignments::list_groups(tx, &x1)).unwrap();
    assert_eq!(groups.iter().map(|row| (&row.group, row.created_at)).collect::<Vec<_>>(), [(&team.id, later(1))]);

    let permitted = look!(db, |tx| role_assignments::permitted_to_user(tx, &ben)).unwrap();
    assert_eq!(permitted.in_organization(&one), ScopeSet::of(&[Scope::UsageRead]));
    assert_eq!(permitted.in_project(&x1), Some(ProjectRole::Viewer.permissions()));
    assert_eq!(permitted.in_project(&id("proj_d1")), None);
    let here_alone = look!(db, |tx| role_assignments::permitted_in(tx, &ben, &one, None)).unwrap();
    assert_eq!((here_alone.in_organization(&one), here_alone.in_project(&x1)), (permitted.in_organization(&one), None));
    let both = look!(db, |tx| role_assignments::permitted_in(tx, &ben, &one, Some(&x1))).unwrap();
    assert_eq!(both.by_resource(), permitted.by_resource());
    let all = look!(db, |tx| role_assignments::permitted_within(tx, &ben, &one)).unwrap();
    assert_eq!(all.by_resource(), permitted.by_resource());
    assert_eq!(
        look!(db, |tx| role_assignments::permitted_within(tx, &ben, &id("org-two"))).unwrap().by_resource().len(),
        0
    );
    let of_group = look!(db, |tx| role_assignments::permitted_to_group(tx, &team.id)).unwrap();
    assert_eq!((of_group.by_resource().len(), of_group.in_organization(&one)), (1, ScopeSet::NONE));
    assert_eq!(look!(db, |tx| role_assignments::permitted_to_user(tx, &ann)).unwrap().by_resource().len(), 0);

    assert_eq!(look!(db, |tx| role_assignments::count(tx, &one, &group)), Ok(2));
    let found = look!(db, |tx| role_assignments::find_group(tx, &x1, &team.id)).unwrap();
    assert_eq!(found.as_ref(), groups.first());
    assert_eq!(look!(db, |tx| role_assignments::find_group(tx, &id("proj_d1"), &team.id)), Ok(None));
    several_groups_with_one_role(&db, &of_usage).await;
    // A group opens a project to its people.
    project_of_a_group(&db, &x1, &team.id).await;

    let place = (&one, &there);
    assert_eq!(change!(db, |tx| role_assignments::delete(tx, place, &group, &viewer, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| role_assignments::delete(tx, place, &group, &viewer, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| role_assignments::delete_of_group(tx, &one, &x1, &team.id, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| role_assignments::delete_of_group(tx, &one, &x1, &team.id, NOW)), Ok(false));
    // Who has no role left in a project is no member of it.
    change!(db, |tx| project_members::insert(tx, &project_member("x1", "ben", ProjectRole::None))).unwrap();
    let only = holds(&there, &person, of_files, 0);
    assert_eq!(change!(db, |tx| role_assignments::insert(tx, &only)), Ok(true));
    assert_eq!(change!(db, |tx| roles::delete(tx, &files, NOW)), Ok(true));
    assert_eq!(look!(db, |tx| project_members::find(tx, &x1, &ben)), Ok(None));
    assert_eq!(change!(db, |tx| roles::delete(tx, &usage, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| roles::delete(tx, &usage, NOW)), Ok(false));
    assert_eq!(look!(db, |tx| role_assignments::list(tx, &here, &person)), Ok(Vec::new()), "with the role");
}

/// A role that a person holds several times is read once.
async fn several_groups_with_one_role(db: &Database, role: &RoleRef) {
    let (one, ben) = (id("org-one"), id("user-ben"));
    let here = Resource::Organization(id("org-one"));
    let before = look!(db, |tx| role_assignments::permitted_in(tx, &ben, &one, None)).unwrap();
    for number in 0..3 {
        let group = Group {
            id: id(&format!("group_same{number}")),
            organization: one.clone(),
            name: format!("Same {number}"),
            created_at: NOW,
        };
        change!(db, |tx| user_groups::insert(tx, &group)).unwrap();
        assert_eq!(change!(db, |tx| group_members::insert(tx, &group.id, &ben, NOW)), Ok(true));
        let held = holds(&here, &Principal::Group(group.id.clone()), role.clone(), 0);
        assert_eq!(change!(db, |tx| role_assignments::insert(tx, &held)), Ok(true));
        assert_eq!(look!(db, |tx| role_assignments::permitted_in(tx, &ben, &one, None)), Ok(before.clone()));
    }
    assert_eq!(look!(db, |tx| group_members::count_groups(tx, &one, &ben)), Ok(4));
    assert_eq!(look!(db, |tx| group_members::count_groups(tx, &id("org-two"), &ben)), Ok(0));
    for number in 0..3 {
        let group = id(&format!("group_same{number}"));
        let deleted = change!(db, |tx| user_groups::delete(tx, &one, &group, NOW));
        assert_eq!(deleted, Ok(true));
    }
}

async fn project_of_a_group(db: &Database, x1: &ProjectId, team: &GroupId) {
    let (one, ben) = (id("org-one"), id("user-ben"));
    change!(db, |tx| project_members::delete(tx, x1, &ben, NOW)).unwrap();
    let reached = look!(db, |tx| projects::list_of_user(tx, &ben)).unwrap();
    assert!(reached.iter().any(|reached| reached.project.id == *x1), "through the group");
    change!(db, |tx| group_members::delete(tx, team, &ben, NOW)).unwrap();
    let reached = look!(db, |tx| projects::list_of_user(tx, &ben)).unwrap();
    assert!(!reached.iter().any(|reached| reached.project.id == *x1));
    change!(db, |tx| group_members::insert(tx, team, &ben, NOW)).unwrap();
    // A role in place of every preset role that is held directly.
    let person = Principal::User(ben.clone());
    let here = Resource::Organization(one);
    let reader = holds(&here, &person, RoleRef::Preset(PresetRole::OrganizationReader), 0);
    change!(db, |tx| role_assignments::insert(tx, &reader)).unwrap();
    change!(db, |tx| memberships::update_role(tx, &id("org-one"), &ben, OrganizationRole::None, NOW)).unwrap();
    let left = look!(db, |tx| role_assignments::list(tx, &here, &person)).unwrap();
    assert!(left.iter().all(|row| matches!(row.role, RoleRef::Custom(_))), "{left:?}");
}
