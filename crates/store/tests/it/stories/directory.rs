//! The reach of a key, step by step.

use keystead_core::caller::Caller;
use keystead_core::data_retention::DataRetention;
use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::key::KeyKind;
use keystead_core::model_access::{ListMode, ModelAccess};
use keystead_core::network::AddressList;
use keystead_core::project_features::{HostedTool, ProjectFeatures};
use keystead_core::rate::{ProjectLimits, RateLimits};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::{Restriction, Scope};
use keystead_store::tables::ip_allowlists::IpAllowlist;
use keystead_store::tables::{
    api_keys, changes, directory, ip_allowlists, memberships, organizations, project_members, projects,
    service_accounts, users,
};

use crate::world::*;

async fn caller(db: &Database, name: &str) -> Option<Caller> {
    look!(db, |tx| directory::find_caller(tx, &digest(name))).unwrap()
}

/// `organization[project:role…]` for each organization, with the owner's role in it.
fn reach(caller: &Caller) -> String {
    let each = caller.organizations.iter().map(|o| {
        let projects: Vec<String> = o
            .projects
            .iter()
            .map(|p| {
                let marks = format!("{}{}", if p.is_default { "*" } else { "" }, if p.archived { "!" } else { "" });
                format!("{}{marks}:{}", &p.id.as_str()[5..], p.role.map_or("-", ProjectRole::as_str))
            })
            .collect();
        let role = o.role.map_or("-", OrganizationRole::as_str);
        format!("{}={role}[{}]", &o.id.as_str()[4..], projects.join(" "))
    });
    each.collect::<Vec<_>>().join(" ")
}

pub(crate) async fn bound_keys(db: Database) {
    let (one, _, x1, ann, ben, account) = seed(&db).await;
    let place = Some(("one", Some("x1")));
    let mut narrow = key(KeyKind::Project, "ben", place, person("ben"));
    narrow.restriction = Restriction(vec!["api.model.read".to_owned()]);
    narrow.expires_at = Some(NOW);
    let rows = [
        key(KeyKind::Project, "ann", place, person("ann")),
        narrow,
        key(KeyKind::Project, "default", Some(("one", Some("d1"))), person("ben")),
        key(KeyKind::ServiceAccount, "bot", place, bot("bot")),
        key(KeyKind::Admin, "admin", Some(("one", None)), person("ann")),
    ];
    for row in &rows {
        change!(db, |tx| api_keys::insert(tx, row)).unwrap();
    }
    assert_eq!(caller(&db, "nobody").await, None);
    let tags = ["partner".to_owned()];
    change!(db, |tx| organizations::set_tags(tx, &one, &tags, NOW)).unwrap();
    for name in ["ann", "bot", "admin"] {
        assert_eq!(caller(&db, name).await.unwrap().organizations[0].entitlements.tags, tags, "{name}");
    }
    for (name, expected) in [
        ("ann", "one=owner[x1:-]"),
        ("ben", "one=reader[x1:member]"),
        ("default", "one=reader[d1*:-]"),
        ("bot", "one=-[x1:member]"),
        ("admin", "one=owner[]"),
    ] {
        assert_eq!(reach(&caller(&db, name).await.unwrap()), expected, "{name}");
    }
    let found = caller(&db, "ben").await.unwrap();
    assert_eq!((found.key.as_str(), found.kind, found.owner.as_str()), ("key_ben", KeyKind::Project, "user-ben"));
    assert_eq!((found.digest, found.owner_active, found.expires_at), (digest("ben"), true, Some(NOW)));
    assert!(found.scopes.allows(Scope::ModelRead) && !found.scopes.allows(Scope::ModelRequest));
    assert_eq!(found.revision, look!(db, |tx| changes::latest(tx)).unwrap());

    let before = found.organizations[0].entitlements.version;
    let phone = Requirement::Phone;
    change!(db, |tx| organizations::set_requirement(tx, &one, phone, Fulfilment::Verified, None, NOW)).unwrap();
    let met = caller(&db, "bot").await.unwrap().organizations.remove(0).entitlements;
    assert_eq!((met.version, met.met.as_slice(), met.organization_created_at), (before + 1, &[phone][..], NOW));

    change!(db, |tx| project_members::delete(tx, &x1, &ben, NOW)).unwrap();
    assert_eq!(reach(&caller(&db, "ben").await.unwrap()), "one=-[x1:-]", "a reader needs a role in the project");
    change!(db, |tx| project_members::insert(tx, &project_member("x1", "ben", ProjectRole::Viewer))).unwrap();
    assert_eq!(reach(&caller(&db, "ben").await.unwrap()), "one=reader[x1:viewer]");
    change!(db, |tx| memberships::delete(tx, &one, &ben, NOW)).unwrap();
    assert_eq!(reach(&caller(&db, "ben").await.unwrap()), "one=-[x1:-]", "a role left behind counts for nothing");
    assert_eq!(reach(&caller(&db, "default").await.unwrap()), "one=-[d1*:-]");

    let only = ModelAccess::new(ListMode::AllowList, vec!["gpt-4o".to_owned()]).unwrap();
    assert_eq!(change!(db, |tx| projects::set_models(tx, &one, &x1, Some(&only), NOW)), Ok(true));
    assert_eq!(look!(db, |tx| projects::models(tx, &one, &x1)), Ok(Some(only.clone())));
    let slow = RateLimits { requests_per_minute: Some(3), ..RateLimits::NONE };
    assert_eq!(look!(db, |tx| projects::rates(tx, &one, &x1)), Ok(ProjectLimits::default()));
    for model in ["gpt-4o", "it's"] {
        let set = change!(db, |tx| projects::update_rates(tx, &one, &x1, |limits| limits.set(model, slow), NOW));
        assert_eq!(set, Ok(true));
    }
    let reset =
        change!(db, |tx| projects::update_rates(tx, &one, &x1, |limits| limits.set("it's", RateLimits::NONE), NOW));
    assert_eq!(reset, Ok(true));
    let kept = look!(db, |tx| projects::rates(tx, &one, &x1)).unwrap();
    assert_eq!((kept.of("gpt-4o"), kept.of("it's"), kept.len()), (slow, RateLimits::NONE, 1));
    let bot = caller(&db, "bot").await.unwrap();
    assert_eq!(bot.organizations[0].projects[0].rates.as_deref(), Some(&kept), "a key knows its project's limits");
    let everything = ProjectFeatures::default();
    assert_eq!(look!(db, |tx| projects::find_features(tx, &one, &x1)), Ok(everything.clone()));
    let deny = |features: &mut ProjectFeatures| features.denied_tools.insert(HostedTool::Mcp);
    let limited = change!(db, |tx| projects::update_features(tx, &one, &x1, deny, NOW)).unwrap().unwrap();
    assert!(limited.denied_tools.contains(HostedTool::Mcp));
    for name in ["bot", "default"] {
        let found = caller(&db, name).await.unwrap();
        let own = found.organizations[0].projects.iter().find(|project| project.id == x1);
        assert_eq!(own.and_then(|project| project.features.as_deref()), own.map(|_| &limited), "{name}");
    }
    let allow = |features: &mut ProjectFeatures| features.denied_tools.remove(HostedTool::Mcp);
    assert_eq!(change!(db, |tx| projects::update_features(tx, &one, &x1, allow, NOW)), Ok(Some(everything)));
    assert_eq!(caller(&db, "bot").await.unwrap().organizations[0].projects[0].features, None);
    let zero = Some(DataRetention::Zero);
    assert_eq!(look!(db, |tx| projects::data_retention(tx, &one, &x1)), Ok(None));
    change!(db, |tx| projects::set_data_retention(tx, &one, &x1, zero)).unwrap();
    assert_eq!(look!(db, |tx| projects::data_retention(tx, &one, &x1)), Ok(zero));
    assert_eq!(look!(db, |tx| organizations::data_retention(tx, &one)), Ok(None));
    change!(db, |tx| organizations::set_data_retention(tx, &one, DataRetention::EnhancedZero)).unwrap();
    let enhanced = Ok(Some(DataRetention::EnhancedZero));
    assert_eq!(look!(db, |tx| organizations::data_retention(tx, &one)), enhanced);
    change!(db, |tx| projects::archive(tx, &one, &x1, NOW)).unwrap().unwrap();
    // An archived project keeps its list.
    assert_eq!(change!(db, |tx| projects::update_features(tx, &one, &x1, |_| {}, NOW)), Ok(None));
    assert_eq!(change!(db, |tx| projects::set_models(tx, &one, &x1, None, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| projects::update_rates(tx, &one, &x1, |_| {}, NOW)), Ok(false));
    assert_eq!(reach(&caller(&db, "bot").await.unwrap()), "one=-[x1!:member]");
    change!(db, |tx| service_accounts::delete(tx, &x1, &account, NOW)).unwrap();
    let found = caller(&db, "bot").await.unwrap();
    assert_eq!((reach(&found).as_str(), found.owner_active), ("one=-[x1!:-]", false));
    change!(db, |tx| organizations::set_deactivated(tx, &one, Some(NOW), NOW)).unwrap();
    change!(db, |tx| users::set_deactivated(tx, &ann, Some(NOW), NOW)).unwrap();
    let found = caller(&db, "admin").await.unwrap();
    assert!(found.organizations[0].deactivated && !found.owner_active);
    change!(db, |tx| api_keys::revoke(tx, &key_id("admin"), "user-ann", "spare", NOW)).unwrap();
    assert_eq!(caller(&db, "admin").await, None);
}

pub(crate) async fn legacy_keys(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    for name in ["ann", "ben", "cid"] {
        change!(db, |tx| api_keys::insert(tx, &key(KeyKind::User, name, None, person(name)))).unwrap();
    }
    assert_eq!(reach(&caller(&db, "ann").await.unwrap()), "one=owner[d1*:- x1:-] two=reader[d2*:-]");
    assert_eq!(reach(&caller(&db, "ben").await.unwrap()), "one=reader[d1*:- x1:member]");
    assert_eq!(reach(&caller(&db, "cid").await.unwrap()), "two=owner[d2*:- x2:-]");
    change!(db, |tx| users::update_default_organization(tx, &ann, &id("org-two"), NOW)).unwrap();
    change!(db, |tx| organizations::set_requirement(tx, &one, Requirement::Phone, Fulfilment::Waived, None, NOW))
        .unwrap();
    let found = caller(&db, "ann").await.unwrap();
    assert_eq!(reach(&found), "two=reader[d2*:-] one=owner[d1*:- x1:-]", "the default one first");
    assert!(!found.organizations[0].entitlements.meets(Requirement::Phone, NOW));
    assert!(found.organizations[1].entitlements.meets(Requirement::Phone, NOW));
    let end = Some(later(9));
    change!(db, |tx| organizations::set_requirement_end(tx, &one, Requirement::Phone, end, NOW)).unwrap();
    let known = &caller(&db, "ann").await.unwrap().organizations[1].entitlements;
    assert!(known.meets(Requirement::Phone, later(8)) && !known.meets(Requirement::Phone, later(9)));
    change!(db, |tx| memberships::delete(tx, &one, &ben, NOW)).unwrap();
    let found = caller(&db, "ben").await.unwrap();
    assert_eq!((reach(&found).as_str(), found.owner_active), ("", true), "nowhere to go, but not closed");

    // Removed and added again: keys made before stay excluded, newer keys have access.
    assert_eq!(change!(db, |tx| api_keys::leave_out(tx, &one, &ben, NOW)), Ok(1));
    assert_eq!(change!(db, |tx| api_keys::leave_out(tx, &one, &ben, NOW)), Ok(0), "once");
    change!(db, |tx| memberships::insert(tx, &membership("one", "ben", OrganizationRole::Reader))).unwrap();
    change!(db, |tx| api_keys::insert(tx, &key(KeyKind::User, "new", None, person("ben")))).unwrap();
    assert_eq!(reach(&caller(&db, "ben").await.unwrap()), "");
    assert_eq!(reach(&caller(&db, "new").await.unwrap()), "one=reader[d1*:- x1:member]");
}

fn allowlist(name: &str, project: Option<&str>, entries: &[&str]) -> IpAllowlist {
    IpAllowlist {
        id: id(&format!("ip_allowlist_{name}")),
        organization: id("org-one"),
        project: project.map(|project| id(&format!("proj_{project}"))),
        name: name.to_owned(),
        addresses: AddressList::new(entries.iter().copied()).unwrap(),
        active: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The addresses from which a key may call: for each organization those that it and its projects admit.
fn doors(caller: &Caller) -> String {
    let entries = |networks: &Option<keystead_core::network::Networks>| {
        networks.as_ref().map_or_else(|| "-".to_owned(), |networks| networks.entries().join("+"))
    };
    let each = caller.organizations.iter().map(|o| {
        let projects: Vec<String> =
            o.projects.iter().map(|p| format!("{}:{}", &p.id.as_str()[5..], entries(&p.addresses))).collect();
        format!("{}={}[{}]", &o.id.as_str()[4..], entries(&o.addresses), projects.join(" "))
    });
    each.collect::<Vec<_>>().join(" ")
}

pub(crate) async fn lists_of_addresses(db: Database) {
    let (one, _, _, _, _, _) = seed(&db).await;
    for row in [
        key(KeyKind::ServiceAccount, "bot", Some(("one", Some("x1"))), bot("bot")),
        key(KeyKind::Admin, "admin", Some(("one", None)), person("ann")),
        key(KeyKind::User, "ann", None, person("ann")),
    ] {
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    let mut office = allowlist("office", None, &["203.0.113.0/24", "2001:db8::1"]);
    let mut home = allowlist("home", None, &["198.51.100.7"]);
    let mut robots = allowlist("robots", Some("x1"), &["10.0.0.0/8"]);
    let mut seen = look!(db, |tx| changes::latest(tx)).unwrap();
    for list in [&office, &home, &robots] {
        change!(db, |tx| ip_allowlists::insert(tx, list)).unwrap();
    }
    assert_eq!(look!(db, |tx| ip_allowlists::list(tx, &one)), Ok(vec![home.clone(), office.clone(), robots.clone()]));
    assert_eq!(look!(db, |tx| ip_allowlists::list(tx, &id("org-two"))), Ok(Vec::new()));
    assert_eq!(doors(&caller(&db, "bot").await.unwrap()), "one=-[x1:-]", "none is in force");

    for list in [&mut office, &mut home, &mut robots] {
        list.active = true;
        change!(db, |tx| ip_allowlists::update(tx, list)).unwrap();
    }
    let both = "198.51.100.7+203.0.113.0/24+2001:db8::1";
    assert_eq!(doors(&caller(&db, "bot").await.unwrap()), format!("one={both}[x1:10.0.0.0/8]"));
    assert_eq!(doors(&caller(&db, "admin").await.unwrap()), format!("one={both}[]"));
    assert_eq!(doors(&caller(&db, "ann").await.unwrap()), format!("one={both}[d1:- x1:10.0.0.0/8] two=-[d2:-]"));

    home.active = false;
    robots.addresses = AddressList::new(["192.0.2.1"]).unwrap();
    (robots.name, robots.updated_at) = ("it's renamed".to_owned(), later(5));
    for list in [&home, &robots] {
        change!(db, |tx| ip_allowlists::update(tx, list)).unwrap();
    }
    assert_eq!(look!(db, |tx| ip_allowlists::list(tx, &one)).unwrap()[2], robots);
    change!(db, |tx| ip_allowlists::delete(tx, &office, NOW)).unwrap();
    assert_eq!(doors(&caller(&db, "bot").await.unwrap()), "one=-[x1:192.0.2.1]");
    assert_eq!(change!(db, |tx| ip_allowlists::delete(tx, &office, NOW)), Err(keystead_store::Error::Missing));
    assert_eq!(change!(db, |tx| ip_allowlists::update(tx, &office)), Err(keystead_store::Error::Missing));

    let said = look!(db, |tx| changes::since(tx, seen, 100)).unwrap();
    seen += 9;
    assert_eq!(said.last().map(|change| change.revision), Some(seen));
    let of_project = said.iter().filter(|change| change.subject == changes::ChangeSubject::Project(id("proj_x1")));
    assert_eq!(of_project.count(), 3, "a project's list touches the project's keys");
    let of_one = said.iter().filter(|change| change.subject == changes::ChangeSubject::Organization(one.clone()));
    assert_eq!(of_one.count(), 6);
}
