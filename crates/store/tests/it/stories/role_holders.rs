//! Who holds which role, counted and by name.

use keystead_core::id::{GroupId, RoleId};
use keystead_core::role::{OrganizationRole, PresetRole, Principal, ProjectRole, Resource, RoleRef};
use keystead_store::tables::role_assignments::Assignment;
use keystead_store::tables::role_holders::Holders;
use keystead_store::tables::roles::CustomRole;
use keystead_store::tables::user_groups::Group;
use keystead_store::tables::{
    group_members, memberships, project_members, role_assignments, role_holders, roles, user_groups, users,
};

use crate::world::*;

fn holds(resource: &Resource, principal: &Principal, role: &RoleRef) -> Assignment {
    Assignment {
        organization: id("org-one"),
        resource: resource.clone(),
        principal: principal.clone(),
        role: role.clone(),
        created_at: NOW,
        created_by: "user-ann".into(),
    }
}

pub(crate) async fn holders_of_roles(db: Database) {
    let (one, _, x1, ann, ben, _) = seed(&db).await;
    let (here, there) = (Resource::Organization(one.clone()), Resource::Project(x1.clone()));
    let dan = user("dan");
    change!(db, |tx| users::insert(tx, &dan)).unwrap();
    change!(db, |tx| memberships::insert(tx, &membership("one", "dan", OrganizationRole::None))).unwrap();
    let custom = CustomRole {
        id: id::<RoleId>("role-usage"),
        organization: one.clone(),
        resource: here.clone(),
        name: "usage".to_owned(),
        description: None,
        permissions: vec!["api.usage.read".to_owned()],
        created_at: NOW,
        updated_at: NOW,
        created_by: "user-ann".into(),
    };
    change!(db, |tx| roles::insert(tx, &custom)).unwrap();
    let team = Group { id: id::<GroupId>("group_a"), organization: one.clone(), name: "a".to_owned(), created_at: NOW };
    let rest = Group { id: id::<GroupId>("group_b"), name: "b".to_owned(), ..team.clone() };
    for group in [&team, &rest] {
        change!(db, |tx| user_groups::insert(tx, group)).unwrap();
    }
    for person in [&ben, &dan.id] {
        change!(db, |tx| group_members::insert(tx, &team.id, person, NOW)).unwrap();
    }
    let group = Principal::Group(team.id.clone());
    let usage = RoleRef::Custom(custom.id.clone());
    let viewer = RoleRef::Preset(PresetRole::ProjectViewer);
    let reader = RoleRef::Preset(PresetRole::OrganizationReader);
    for (resource, principal, role) in [
        (&here, &Principal::User(ben.clone()), &usage),
        (&here, &group, &usage),
        (&there, &group, &viewer),
        // A weaker preset role beside the membership.
        (&here, &Principal::User(ann.clone()), &reader),
    ] {
        let row = holds(resource, principal, role);
        assert_eq!(change!(db, |tx| role_assignments::insert(tx, &row)), Ok(true));
    }

    let counts = look!(db, |tx| role_holders::count(tx, &here)).unwrap();
    assert_eq!(counts.get(&usage), Some(&Holders { people: 1, groups: 1 }));
    assert_eq!(counts.get(&reader), Some(&Holders { people: 2, groups: 0 }), "ben, and ann beside her ownership");
    let owner = RoleRef::Preset(PresetRole::OrganizationOwner);
    assert_eq!(counts.get(&owner), Some(&Holders { people: 1, groups: 0 }));
    let counts = look!(db, |tx| role_holders::count(tx, &there)).unwrap();
    assert_eq!(counts.get(&viewer), Some(&Holders { people: 0, groups: 1 }));
    let member = RoleRef::Preset(PresetRole::ProjectMember);
    assert_eq!(counts.get(&member), Some(&Holders { people: 1, groups: 0 }));

    assert_eq!(look!(db, |tx| role_holders::count_people(tx, &here, &usage)), Ok(2), "ben is counted once");
    assert_eq!(look!(db, |tx| role_holders::count_people(tx, &here, &owner)), Ok(1));
    assert_eq!(look!(db, |tx| role_holders::count_people(tx, &there, &viewer)), Ok(2));
    let people = look!(db, |tx| role_holders::list_people(tx, &here, &reader, 5)).unwrap();
    assert_eq!(people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["ann", "ben"]);
    assert_eq!(look!(db, |tx| role_holders::list_people(tx, &here, &reader, 1)).unwrap().len(), 1);
    let people = look!(db, |tx| role_holders::list_people(tx, &there, &member, 5)).unwrap();
    assert_eq!(people.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["ben@example.com"]);
    assert_eq!(look!(db, |tx| role_holders::list_groups(tx, &here, &usage)), Ok(vec![team.clone()]));
    assert_eq!(look!(db, |tx| role_holders::list_groups(tx, &here, &owner)), Ok(Vec::new()));

    assert_eq!(look!(db, |tx| role_holders::list_groups_of_user(tx, &one, &ben)), Ok(vec![team.clone()]));
    assert_eq!(look!(db, |tx| role_holders::list_groups_of_user(tx, &id("org-two"), &ben)), Ok(Vec::new()));
    let members = look!(db, |tx| role_holders::count_members(tx, &one)).unwrap();
    assert_eq!(members.into_iter().collect::<Vec<_>>(), [(team.id.clone(), 2)]);
    let held = look!(db, |tx| role_holders::count_roles(tx, &one)).unwrap();
    assert_eq!(held.into_iter().collect::<Vec<_>>(), [(team.id.clone(), 2)]);

    let everywhere = look!(db, |tx| role_assignments::list_everywhere(tx, &one, &group)).unwrap();
    assert_eq!(everywhere.iter().map(|row| &row.role).collect::<Vec<_>>(), [&usage, &viewer]);
    let inherited = look!(db, |tx| role_assignments::list_everywhere_of_groups(tx, &one, &ben)).unwrap();
    assert_eq!(inherited, everywhere);
    let other = id("org-two");
    assert_eq!(look!(db, |tx| role_assignments::list_everywhere(tx, &other, &group)), Ok(Vec::new()));
    assert_eq!(look!(db, |tx| role_assignments::list_everywhere_of_groups(tx, &other, &ben)), Ok(Vec::new()));

    // A person who holds a role directly and through a group is counted once.
    change!(db, |tx| project_members::insert(tx, &project_member("x1", "dan", ProjectRole::Viewer))).unwrap();
    assert_eq!(
        look!(db, |tx| role_holders::count_people(tx, &there, &viewer)),
        Ok(2),
        "directly and through the group"
    );
}
