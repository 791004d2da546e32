//! Users, organizations, memberships, projects and service accounts.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_store::Error;
use keystead_store::tables::organizations::RequirementRow;
use keystead_store::tables::{
    changes, memberships, organizations, project_members, projects, removed_rows, service_accounts, users,
};

use crate::world::*;

pub(crate) async fn users_and_organizations(db: Database) {
    let ann = user("ann");
    change!(db, |tx| users::insert(tx, &ann)).unwrap();
    let mut twin = user("bea");
    twin.email = "ANN@example.com".to_owned();
    assert_eq!(change!(db, |tx| users::insert(tx, &twin)), Err(Error::Conflict("users.email")));
    assert_eq!(look!(db, |tx| users::find(tx, &ann.id)).unwrap(), Some(ann.clone()));
    assert_eq!(look!(db, |tx| users::find(tx, &twin.id)).unwrap(), None);
    assert_eq!(look!(db, |tx| users::find_by_email(tx, "Ann@Example.COM")).unwrap(), Some(ann.clone()));
    assert_eq!(look!(db, |tx| users::find_by_email(tx, "nobody@example.com")).unwrap(), None);

    let (one, two) = (organization("one"), organization("two"));
    change!(db, |tx| organizations::insert(tx, &one)).unwrap();
    change!(db, |tx| organizations::insert(tx, &two)).unwrap();
    assert_eq!(look!(db, |tx| organizations::list(tx)).unwrap(), [one.clone(), two]);
    assert_eq!(change!(db, |tx| organizations::rename(tx, &one.id, "Größe; --")), Ok(true));
    assert_eq!(change!(db, |tx| organizations::rename(tx, &id("org-none"), "x")), Ok(false));

    change!(db, |tx| users::update_default_organization(tx, &ann.id, &one.id, NOW)).unwrap();
    assert_eq!(change!(db, |tx| users::update_email(tx, &ann.id, "Ann.New@example.com")), Ok(true));
    assert_eq!(look!(db, |tx| users::find_by_email(tx, "ann@example.com")).unwrap(), None);
    assert_eq!(look!(db, |tx| users::find_by_email(tx, "ann.new@example.com")).unwrap().unwrap().id, ann.id);
    assert_eq!(change!(db, |tx| users::update_email(tx, &ann.id, &ann.email)), Ok(true));
    assert_eq!(change!(db, |tx| users::update_email(tx, &id("user-nobody"), "nobody@example.com")), Ok(false));
    assert_eq!(change!(db, |tx| users::rename(tx, &ann.id, "Zoë; --")), Ok(true));
    assert_eq!(look!(db, |tx| users::find(tx, &ann.id)).unwrap().unwrap().name, "Zoë; --");
    assert_eq!(change!(db, |tx| users::rename(tx, &id("user-nobody"), "x")), Ok(false));
    change!(db, |tx| users::set_deactivated(tx, &ann.id, Some(later(1)), later(1))).unwrap();
    change!(db, |tx| organizations::set_deactivated(tx, &one.id, Some(later(2)), later(2))).unwrap();
    let found = look!(db, |tx| users::find(tx, &ann.id)).unwrap().unwrap();
    assert_eq!((found.default_organization, found.deactivated_at), (Some(one.id.clone()), Some(later(1))));
    change!(db, |tx| users::set_deactivated(tx, &ann.id, None, later(3))).unwrap();
    assert_eq!(look!(db, |tx| users::find(tx, &ann.id)).unwrap().unwrap().deactivated_at, None);
    let found = look!(db, |tx| organizations::find(tx, &one.id)).unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.deactivated_at), ("Größe; --", Some(later(2))));

    let met = |how, requirement| RequirementRow { requirement, how, until: None };
    let phone = Requirement::Phone;
    change!(db, |tx| organizations::set_requirement(tx, &one.id, phone, Fulfilment::Waived, Some("friend"), NOW))
        .unwrap();
    let organization = Requirement::Organization;
    change!(db, |tx| organizations::set_requirement(tx, &one.id, organization, Fulfilment::Verified, None, later(1)))
        .unwrap();
    change!(db, |tx| organizations::set_requirement(tx, &one.id, phone, Fulfilment::Verified, None, NOW)).unwrap();
    let rows = look!(db, |tx| organizations::requirements(tx, &one.id)).unwrap();
    assert_eq!(rows, [met(Fulfilment::Verified, phone), met(Fulfilment::Verified, organization)]);
    change!(db, |tx| organizations::clear_requirement(tx, &one.id, phone, later(4))).unwrap();
    let known = look!(db, |tx| organizations::entitled(tx, &one.id)).unwrap();
    assert_eq!((known.met, known.ends), (vec![organization], vec![]));
    for (until, grown) in [(Some(later(9)), 1), (Some(later(9)), 0), (None, 1), (None, 0), (Some(later(8)), 1)] {
        let before = look!(db, |tx| organizations::find(tx, &one.id)).unwrap().unwrap().entitlement_version;
        change!(db, |tx| organizations::set_requirement_end(tx, &one.id, organization, until, NOW)).unwrap();
        let known = look!(db, |tx| organizations::entitled(tx, &one.id)).unwrap();
        assert_eq!(known.ends, until.map(|at| (organization, at)).into_iter().collect::<Vec<_>>());
        let after = look!(db, |tx| organizations::find(tx, &one.id)).unwrap().unwrap().entitlement_version;
        assert_eq!(after - before, grown, "gateways hear of a change, and of nothing else");
    }
    let dated = look!(db, |tx| organizations::requirements(tx, &one.id)).unwrap().remove(0);
    assert!(dated.holds(later(7)) && !dated.holds(later(8)), "not at its end");
    change!(db, |tx| organizations::set_requirement(tx, &one.id, organization, Fulfilment::Verified, None, later(1)))
        .unwrap();
    assert_eq!(look!(db, |tx| organizations::entitled(tx, &one.id)).unwrap().ends, [], "proven again without an end");
    change!(db, |tx| organizations::set_requirement_end(tx, &one.id, phone, Some(NOW), NOW)).unwrap();
    let found = look!(db, |tx| organizations::find(tx, &one.id)).unwrap().unwrap();
    assert_eq!(found.entitlement_version, 8, "one more with every change");
}

pub(crate) async fn memberships_and_the_last_owner(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    let again = membership("one", "ben", OrganizationRole::Owner);
    assert_eq!(change!(db, |tx| memberships::insert(tx, &again)), Err(Error::Conflict("memberships")));
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    change!(db, |tx| changes::lock(tx)).unwrap();
    assert_eq!(change!(db, |tx| memberships::delete(tx, &one, &ann, NOW)), Ok(false), "the last owner stays");
    let reader = OrganizationRole::Reader;
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ann, reader, NOW)), Ok(false));
    assert_eq!(
        change!(db, |tx| memberships::delete(tx, &one, &id("user-cid"), NOW)),
        Ok(false),
        "of another organization"
    );
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before), "nothing changed");

    let owner = OrganizationRole::Owner;
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ann, owner, NOW)), Ok(true), "the role stays");
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ben, owner, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ann, reader, NOW)), Ok(true));
    let found = look!(db, |tx| memberships::find(tx, &one, &ann)).unwrap().unwrap();
    assert_eq!(found.role, reader);
    let of_ann = look!(db, |tx| memberships::list_of_user(tx, &ann)).unwrap();
    assert_eq!(of_ann.iter().map(|m| m.organization.as_str()).collect::<Vec<_>>(), ["org-one", "org-two"]);

    // Pages: a cursor belongs to its organization, even for a person who is a member of another one.
    let names = |page: &keystead_store::Listing<memberships::Membership>| {
        page.data.iter().map(|m| m.user.to_string()).collect::<Vec<_>>()
    };
    let page = look!(db, |tx| memberships::list(tx, &one, &first(1))).unwrap();
    assert_eq!((names(&page), page.has_more), (vec!["user-ann".to_owned()], true));
    let page = look!(db, |tx| memberships::list(tx, &one, &after("user-ann", 1))).unwrap();
    assert_eq!((names(&page), page.has_more), (vec!["user-ben".to_owned()], false));
    for unknown in ["user-cid", "user-none", "", "x' OR '1'='1"] {
        let refused = look!(db, |tx| memberships::list(tx, &one, &after(unknown, 1)));
        assert_eq!(refused, Err(Error::Missing), "{unknown}");
    }
    assert_eq!(change!(db, |tx| memberships::delete(tx, &one, &ann, NOW)), Ok(true));
    assert_eq!(look!(db, |tx| memberships::find(tx, &one, &ann)), Ok(None));
    // A member who left between two pages is still a cursor, in this list only, until it is forgotten.
    let page = look!(db, |tx| memberships::list(tx, &one, &after("user-ann", 9))).unwrap();
    assert_eq!(names(&page), ["user-ben"]);
    let foreign = look!(db, |tx| memberships::list(tx, &id("org-none"), &after("user-ann", 9)));
    assert_eq!(foreign, Err(Error::Missing));
    let place = look!(db, |tx| removed_rows::find(tx, "memberships", "org-one", "user-ann"));
    assert_eq!(place, Ok(Some(NOW)));
    change!(db, |tx| removed_rows::insert(tx, "memberships", "org-one", "user-ann", (later(2), later(3)))).unwrap();
    let place = look!(db, |tx| removed_rows::find(tx, "memberships", "org-one", "user-ann"));
    assert_eq!(place, Ok(Some(later(2))), "the last time counts");
    assert_eq!(change!(db, |tx| removed_rows::delete_old(tx, later(3))), Ok(0));
    assert_eq!(change!(db, |tx| removed_rows::delete_old(tx, later(4))), Ok(1));
    assert_eq!(look!(db, |tx| memberships::list(tx, &one, &after("user-ann", 9))), Err(Error::Missing));
}

pub(crate) async fn members_with_what_lists_show(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    let found = look!(db, |tx| memberships::find_member(tx, &one, &ann)).unwrap().unwrap();
    assert_eq!((found.user.email.as_str(), found.membership.role), ("ann@example.com", OrganizationRole::Owner));
    assert_eq!((found.technical_level, found.developer_persona), (None, None));
    assert_eq!(look!(db, |tx| memberships::find_member(tx, &one, &id("user-cid"))), Ok(None));
    change!(db, |tx| memberships::update_texts(tx, &one, &ben, Some("high"), None)).unwrap();
    change!(db, |tx| memberships::update_texts(tx, &id("org-two"), &ben, Some("other"), Some("other"))).unwrap();
    let found = look!(db, |tx| memberships::find_member(tx, &one, &ben)).unwrap().unwrap();
    assert_eq!((found.technical_level.as_deref(), found.developer_persona), (Some("high"), None));
    let emails = |emails: &[&str]| emails.iter().map(|email| (*email).to_owned()).collect::<Vec<_>>();
    for (wanted, page, members, more) in [
        (&[][..], first(1), &["user-ann"][..], true),
        (&[], after("user-ann", 9), &["user-ben"], false),
        (&["BEN@example.com", "cid@example.com", "ben@example.com"], first(9), &["user-ben"], false),
        (&["ann@example.com", "ben@example.com"], first(1), &["user-ann"], true),
        (&["ann@example.com", "ben@example.com"], after("user-ann", 1), &["user-ben"], false),
        (&["' OR ''='"], first(9), &[], false),
    ] {
        let listed = look!(db, |tx| memberships::list_members(tx, &one, &emails(wanted), &page)).unwrap();
        let names: Vec<_> = listed.data.iter().map(|member| member.user.id.as_str()).collect();
        assert_eq!((names, listed.has_more), (members.to_vec(), more), "{wanted:?}");
    }
}

pub(crate) async fn projects_and_their_members(db: Database) {
    let (one, default, x1, ann, ben, _) = seed(&db).await;
    let second = project("one", "d9", true);
    assert_eq!(change!(db, |tx| projects::insert(tx, &second)), Err(Error::Conflict("projects")));
    assert_eq!(look!(db, |tx| projects::find_default(tx, &one)).unwrap().unwrap().id, default);
    assert_eq!(look!(db, |tx| projects::find(tx, &id("org-two"), &x1)), Ok(None), "another one's is not found");
    for (user, within) in [("ann", &["d1", "d2", "x1"][..]), ("ben", &["d1", "x1"]), ("cid", &["d2", "x2"])] {
        let reached = look!(db, |tx| projects::list_of_user(tx, &id(&format!("user-{user}")))).unwrap();
        let names: Vec<&str> = reached.iter().map(|row| row.project.id.as_str().trim_start_matches("proj_")).collect();
        let own = |project: &ProjectId| (user == "ben" && *project == x1).then_some(ProjectRole::Member);
        assert!(reached.iter().all(|row| row.role == own(&row.project.id)), "{user}");
        assert_eq!(names, within, "{user}: an owner reaches all, others theirs and the Default project");
    }
    assert_eq!(change!(db, |tx| projects::rename(tx, &one, &x1, "Robert'); DROP TABLE projects;--")), Ok(true));
    assert_eq!(change!(db, |tx| projects::rename(tx, &one, &default, "x")), Ok(false));
    assert_eq!(change!(db, |tx| projects::archive(tx, &one, &default, NOW)), Ok(None));
    assert_eq!(change!(db, |tx| projects::archive(tx, &id("org-two"), &x1, NOW)), Ok(None));

    let role = ProjectRole::Viewer;
    assert_eq!(change!(db, |tx| project_members::update_role(tx, &x1, &ben, role, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| project_members::update_role(tx, &x1, &ann, role, NOW)), Ok(false));
    assert_eq!(look!(db, |tx| project_members::find(tx, &x1, &ben)).unwrap().unwrap().role, role);
    let stranger = project_member("x1", "cid", ProjectRole::Viewer);
    let refused = change!(db, |tx| project_members::insert(tx, &stranger));
    assert!(matches!(refused, Err(Error::Invalid(_))), "no member of the organization: {refused:?}");
    let again = project_member("x1", "ben", ProjectRole::Owner);
    assert_eq!(change!(db, |tx| project_members::insert(tx, &again)), Err(Error::Conflict("project_members")));
    change!(db, |tx| project_members::insert(tx, &project_member("x1", "ann", ProjectRole::Owner))).unwrap();
    let page = look!(db, |tx| project_members::list(tx, &x1, &after("user-ann", 5))).unwrap();
    assert_eq!(page.data.iter().map(|m| m.user.as_str()).collect::<Vec<_>>(), ["user-ben"]);
    let people = look!(db, |tx| project_members::list_people(tx, &x1)).unwrap();
    assert_eq!(people.iter().map(|person| (&person.user, person.role)).next_back(), Some((&ben, role)));
    assert_eq!((people.len(), people[0].role), (2, ProjectRole::Owner));
    assert!(people.iter().all(|person| person.email.contains('@') && !person.name.is_empty()));
    let own = look!(db, |tx| project_members::list_of_user(tx, &one, &ben)).unwrap();
    assert_eq!(own.iter().map(|row| (&row.project, row.role)).collect::<Vec<_>>(), [(&x1, role)]);
    let other = look!(db, |tx| project_members::list_of_user(tx, &id("org-two"), &ben)).unwrap();
    assert_eq!(other, [], "only the organization asked about");
    let person = look!(db, |tx| project_members::find_person(tx, &x1, &ben)).unwrap().unwrap();
    assert_eq!((person.email.as_str(), person.role, person.added_at), ("ben@example.com", role, NOW));
    assert_eq!(look!(db, |tx| project_members::find_person(tx, &x1, &id("user-cid"))), Ok(None));
    assert_eq!(change!(db, |tx| project_members::delete(tx, &x1, &ben, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| project_members::delete(tx, &x1, &ben, NOW)), Ok(false));
    let mut page = after("user-ben", 5);
    page.ascending = false;
    let page = look!(db, |tx| project_members::list(tx, &x1, &page)).unwrap();
    assert_eq!(page.data.iter().map(|m| m.user.as_str()).collect::<Vec<_>>(), ["user-ann"], "ben is still a cursor");

    let archived = change!(db, |tx| projects::archive(tx, &one, &x1, later(9))).unwrap().unwrap();
    assert_eq!((archived.archived_at, archived.name.as_str()), (Some(later(9)), "Robert'); DROP TABLE projects;--"));
    assert_eq!(change!(db, |tx| projects::archive(tx, &one, &x1, later(10))), Ok(None), "only once");
    assert_eq!(change!(db, |tx| projects::rename(tx, &one, &x1, "late")), Ok(false));

    // Created in the same second, so the id decides; an archived project still works as a cursor where archived ones
    // are hidden.
    for n in 1..=4 {
        change!(db, |tx| projects::insert(tx, &project("one", &format!("y{n}"), false))).unwrap();
    }
    let ids = |page: keystead_store::Listing<projects::Project>| {
        (page.data.iter().map(|p| p.id.to_string()).collect::<Vec<_>>().join(" "), page.has_more)
    };
    let page = look!(db, |tx| projects::list(tx, &one, false, &first(3))).unwrap();
    assert_eq!(ids(page), ("proj_d1 proj_y1 proj_y2".to_owned(), true));
    let page = look!(db, |tx| projects::list(tx, &one, false, &after("proj_x1", 3))).unwrap();
    assert_eq!(ids(page), ("proj_y1 proj_y2 proj_y3".to_owned(), true));
    let mut page = after("proj_y2", 9);
    page.ascending = false;
    let page = look!(db, |tx| projects::list(tx, &one, true, &page)).unwrap();
    assert_eq!(ids(page), ("proj_y1 proj_x1 proj_d1".to_owned(), false));
    for unknown in ["proj_x2", "proj_none"] {
        let refused = look!(db, |tx| projects::list(tx, &one, true, &after(unknown, 3)));
        assert_eq!(refused, Err(Error::Missing), "{unknown}");
    }
}

pub(crate) async fn service_accounts_come_and_go(db: Database) {
    let (_, default, x1, _, _, bot) = seed(&db).await;
    assert_eq!(look!(db, |tx| service_accounts::find(tx, &x1, &bot)), Ok(Some(service_account("x1", "bot"))));
    assert_eq!(look!(db, |tx| service_accounts::find(tx, &default, &bot)), Ok(None));
    let none = ProjectRole::None;
    assert_eq!(change!(db, |tx| service_accounts::update(tx, &x1, &bot, "o'bot", none)), Ok(true));
    assert_eq!(change!(db, |tx| service_accounts::update(tx, &default, &bot, "x", none)), Ok(false));
    change!(db, |tx| service_accounts::insert(tx, &service_account("x1", "zed"))).unwrap();
    let page = look!(db, |tx| service_accounts::list(tx, &x1, &first(1))).unwrap();
    assert_eq!((page.data[0].name.as_str(), page.data[0].role, page.has_more), ("o'bot", none, true));
    assert_eq!(change!(db, |tx| service_accounts::delete(tx, &x1, &bot, later(1))), Ok(true));
    assert_eq!(change!(db, |tx| service_accounts::delete(tx, &x1, &bot, later(2))), Ok(false));
    assert_eq!(change!(db, |tx| service_accounts::update(tx, &x1, &bot, "x", none)), Ok(false));
    let page = look!(db, |tx| service_accounts::list(tx, &x1, &first(9))).unwrap();
    assert_eq!(page.data.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["svc_acct_zed"]);
    let gone = look!(db, |tx| service_accounts::find(tx, &x1, &bot)).unwrap().unwrap();
    assert_eq!(gone.deleted_at, Some(later(1)), "the row stays");
}

pub(crate) async fn hostile_texts(db: Database) {
    let texts = ["'", "\"", "\\", "$1", "%_", "'; DROP TABLE users;--", "\u{202e}abc", "𝄞", "\u{1}\u{7f}", "\r\n", ""];
    for (n, text) in texts.iter().enumerate() {
        let mut strange = user(&format!("u{n}"));
        strange.name = (*text).to_owned();
        strange.email = format!("{text}{n}@example.com").to_lowercase();
        change!(db, |tx| users::insert(tx, &strange)).unwrap();
        assert_eq!(look!(db, |tx| users::find_by_email(tx, &strange.email)), Ok(Some(strange)), "{text:?}");
    }
    let mut worse = user("nul");
    worse.name = "a\0b".to_owned();
    let refused = change!(db, |tx| users::insert(tx, &worse));
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert!(matches!(look!(db, |tx| users::find_by_email(tx, "\0")), Err(Error::Invalid(_))));
    assert_eq!(look!(db, |tx| users::find(tx, &worse.id)), Ok(None));
    let (one, cursor): (OrganizationId, UserId) = (id("org-one"), id("user-u0"));
    let refused = look!(db, |tx| memberships::list(tx, &one, &after("\0", 1)));
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert_eq!(look!(db, |tx| memberships::list(tx, &one, &after(cursor.as_str(), 1))), Err(Error::Missing));
}
