//! Changes, models, policy, jobs, upstream objects, and the guarantees of a transaction.

use std::future::poll_fn;
use std::task::Poll;

use keystead_core::access::Payer;
use keystead_core::gate::{Fulfilment, Policy, Requirement};
use keystead_core::key::KeyKind;
use keystead_core::money::Micros;
use keystead_core::rate::RateLimits;
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::usage::Price;
use keystead_store::tables::api_keys::KeyEdit;
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::models::ModelRow;
use keystead_store::tables::{
    api_keys, changes, installation_facts, jobs, key_addresses, memberships, models, organizations, policy, prices,
    project_members, projects, service_accounts, upstream_objects, users,
};
use keystead_store::{Error, Tx};
use serde_json::json;

use crate::world::*;

/// Every function that changes a caller appends a change in the same transaction, and no other function does.
pub(crate) async fn every_change_is_followed(db: Database) {
    let (one, _, x1, ann, ben, account) = seed(&db).await;
    let mut seen = look!(db, |tx| changes::latest(tx)).unwrap();
    let all = look!(db, |tx| changes::since(tx, 0, 1_000)).unwrap();
    assert_eq!(all.iter().map(|change| change.revision).collect::<Vec<_>>(), (1..=seen).collect::<Vec<_>>());
    macro_rules! says {
        ($work:expr, $($subject:expr),*) => {
            db.store.write("test", $work).await.unwrap();
            let new = look!(db, |tx| changes::since(tx, seen, 100)).unwrap();
            let subjects: Vec<ChangeSubject> = new.iter().map(|change| change.subject.clone()).collect();
            let expected: Vec<ChangeSubject> = vec![$($subject),*];
            assert_eq!(subjects, expected);
            seen += i64::try_from(expected.len()).unwrap();
        };
    }
    let row = key(KeyKind::ServiceAccount, "k", Some(("one", Some("x1"))), bot("bot"));
    let said = || ChangeSubject::Key(row.id.clone());
    let of_user = |user: &keystead_core::UserId| ChangeSubject::User(user.clone());
    let of_one = || ChangeSubject::Organization(one.clone());
    let of_bot = || ChangeSubject::ServiceAccount(account.clone());
    says!(async |tx: &mut Tx| api_keys::insert(tx, &row).await, said());
    says!(
        async |tx: &mut Tx| api_keys::update(tx, &row.id, &KeyEdit { expires_at: Some(NOW), ..KeyEdit::default() })
            .await,
        said()
    );
    says!(async |tx: &mut Tx| api_keys::touch(tx, &[(row.id.clone(), NOW)]).await,);
    says!(async |tx: &mut Tx| key_addresses::save(tx, &[(row.id.clone(), [192, 0, 2, 1].into(), NOW)]).await,);
    says!(async |tx: &mut Tx| api_keys::revoke(tx, &row.id, "user-ann", "x", NOW).await, said());
    says!(async |tx: &mut Tx| api_keys::revoke_of_service_account(tx, &account, "user-ann", "x", NOW).await, of_bot());
    says!(async |tx: &mut Tx| service_accounts::update(tx, &x1, &account, "x", ProjectRole::Viewer).await, of_bot());
    says!(async |tx: &mut Tx| service_accounts::delete(tx, &x1, &account, NOW).await, of_bot());
    says!(async |tx: &mut Tx| service_accounts::delete(tx, &x1, &account, NOW).await,);
    says!(async |tx: &mut Tx| users::update_default_organization(tx, &ann, &one, NOW).await, of_user(&ann));
    says!(async |tx: &mut Tx| users::set_deactivated(tx, &ann, None, NOW).await, of_user(&ann));
    let owner = OrganizationRole::Owner;
    says!(async |tx: &mut Tx| memberships::update_role(tx, &one, &ben, owner, NOW).await, of_user(&ben));
    says!(async |tx: &mut Tx| memberships::delete(tx, &one, &ben, NOW).await, of_user(&ben));
    says!(async |tx: &mut Tx| memberships::insert(tx, &membership("one", "ben", owner)).await, of_user(&ben));
    let viewer = ProjectRole::Viewer;
    says!(async |tx: &mut Tx| project_members::update_role(tx, &x1, &ben, viewer, NOW).await, of_user(&ben));
    says!(async |tx: &mut Tx| project_members::delete(tx, &x1, &ben, NOW).await, of_user(&ben));
    says!(async |tx: &mut Tx| project_members::insert(tx, &project_member("x1", "ben", viewer)).await, of_user(&ben));
    let phone = Requirement::Phone;
    says!(
        async |tx: &mut Tx| organizations::set_requirement(tx, &one, phone, Fulfilment::Verified, None, NOW).await,
        of_one()
    );
    says!(async |tx: &mut Tx| organizations::set_requirement_end(tx, &one, phone, Some(NOW), NOW).await, of_one());
    says!(async |tx: &mut Tx| organizations::set_requirement_end(tx, &one, phone, Some(NOW), NOW).await,);
    says!(async |tx: &mut Tx| organizations::clear_requirement(tx, &one, phone, NOW).await, of_one());
    says!(async |tx: &mut Tx| api_keys::leave_out(tx, &one, &ben, NOW).await, of_user(&ben));
    says!(async |tx: &mut Tx| organizations::set_deactivated(tx, &one, None, NOW).await, of_one());
    says!(async |tx: &mut Tx| organizations::rename(tx, &one, "label").await,);
    says!(async |tx: &mut Tx| projects::insert(tx, &project("one", "new", false)).await, of_one());
    says!(async |tx: &mut Tx| projects::rename(tx, &one, &x1, "label").await,);
    says!(
        async |tx: &mut Tx| projects::update_rates(tx, &one, &x1, |_| {}, NOW).await,
        ChangeSubject::Project(x1.clone())
    );
    says!(
        async |tx: &mut Tx| projects::update_features(tx, &one, &x1, |_| {}, NOW).await,
        ChangeSubject::Project(x1.clone())
    );
    says!(async |tx: &mut Tx| projects::archive(tx, &one, &x1, NOW).await, ChangeSubject::Project(x1.clone()));
    says!(async |tx: &mut Tx| policy::save(tx, &Policy::default(), 1, "ops", "", NOW).await, ChangeSubject::Policy);
    says!(async |tx: &mut Tx| models::replace_all(tx, &[], NOW).await, ChangeSubject::Models);
    let price = super::prices::row("one", "m", 10, 0, 1);
    says!(async |tx: &mut Tx| prices::insert(tx, std::slice::from_ref(&price)).await, ChangeSubject::Models);
    says!(async |tx: &mut Tx| prices::withdraw(tx, &price.id, &price.made_by, NOW).await, ChangeSubject::Models);
    says!(async |tx: &mut Tx| prices::withdraw(tx, &price.id, &price.made_by, NOW).await,);
    says!(async |tx: &mut Tx| changes::append(tx, &ChangeSubject::Models, NOW).await, ChangeSubject::Models);
    assert_eq!(look!(db, |tx| changes::since(tx, 0, 2)).unwrap().len(), 2);
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(seen));

    for (node, applied, at) in [("a", 1, 0), ("b", 2, 0), ("a", 3, 10)] {
        change!(db, |tx| changes::heartbeat(tx, node, applied, later(at))).unwrap();
    }
    let node = |node: &str, applied, seen_at| changes::NodeProgress { node: node.to_owned(), applied, seen_at };
    assert_eq!(look!(db, |tx| changes::nodes(tx, NOW)), Ok(vec![node("a", 3, later(10)), node("b", 2, NOW)]));
    assert_eq!(look!(db, |tx| changes::nodes(tx, later(1))), Ok(vec![node("a", 3, later(10))]));
    // Which node has not confirmed which change, and since when.
    let latest = look!(db, |tx| changes::latest(tx)).unwrap();
    change!(db, |tx| changes::heartbeat(tx, "ahead", latest, later(2))).unwrap();
    let said = look!(db, |tx| changes::list_nodes(tx)).unwrap();
    let behind: Vec<_> = said.iter().map(|one| (one.node.as_str(), one.behind_since.is_some())).collect();
    assert_eq!(behind, [("a", latest > 3), ("ahead", false), ("b", latest > 2)]);
    change!(db, |tx| changes::leave(tx, "ahead")).unwrap();
    let revisions = |rows: Vec<changes::Change>| rows.into_iter().map(|row| row.revision).collect::<Vec<_>>();
    let before = revisions(look!(db, |tx| changes::since(tx, 0, 1_000)).unwrap());
    assert_eq!(change!(db, |tx| changes::delete_old(tx, NOW)), Ok(0), "none is so old");
    let confirmed = before.iter().filter(|revision| **revision <= 2).count();
    assert_eq!(
        change!(db, |tx| changes::delete_old(tx, later(1_000_000))),
        Ok(confirmed as u64),
        "b has confirmed two"
    );
    assert_eq!(revisions(look!(db, |tx| changes::since(tx, 0, 1_000)).unwrap()), before[confirmed..]);
    assert_eq!(change!(db, |tx| changes::delete_nodes(tx, later(1))), Ok(1), "b was silent");
    assert_eq!(look!(db, |tx| changes::list_nodes(tx)).unwrap().len(), 1);
}

pub(crate) async fn models_and_policy(db: Database) {
    let model = |id: &str, at: i64| ModelRow {
        id: id.to_owned(),
        upstream: "it's".to_owned(),
        created_at: later(at),
        owned_by: "us".to_owned(),
        price: Price { input: Micros(5), ..Price::default() },
        rates: RateLimits { tokens_per_minute: Some(30_000), ..RateLimits::NONE },
    };
    change!(db, |tx| models::replace_all(tx, &[model("b", 0), model("Z", 0), model("a", 0)], NOW)).unwrap();
    change!(db, |tx| models::replace_all(tx, &[model("a", 9), model("Z", 9), model("c", 9)], NOW)).unwrap();
    let expected = vec![model("Z", 0), model("a", 0), model("c", 9)];
    assert_eq!(look!(db, |tx| models::list(tx)), Ok(expected), "those that stay keep their time");

    let never = Policy { never_set_up: Requirement::ALL.to_vec(), ..Policy::default_rules() };
    assert_eq!(look!(db, |tx| policy::find(tx)), Ok((1, never)));
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    for requirement in Requirement::ALL.into_iter().chain(Requirement::ALL) {
        change!(db, |tx| installation_facts::note_set_up(tx, requirement, NOW)).unwrap();
    }
    assert_eq!(look!(db, |tx| installation_facts::never_set_up(tx)), Ok(vec![]));
    let noted = look!(db, |tx| changes::since(tx, before, 10)).unwrap();
    let subjects: Vec<_> = noted.into_iter().map(|change| change.subject).collect();
    assert_eq!(subjects, vec![ChangeSubject::Policy; 3], "only the first note of each changes the rules");
    assert_eq!(look!(db, |tx| installation_facts::last_backup(tx)), Ok(None));
    for at in [NOW, later(5)] {
        change!(db, |tx| installation_facts::note_backup(tx, at)).unwrap();
        assert_eq!(look!(db, |tx| installation_facts::last_backup(tx)), Ok(Some(at)));
    }
    assert_eq!(look!(db, |tx| installation_facts::setup_seen(tx)), Ok(None));
    change!(db, |tx| installation_facts::note_setup_seen(tx, NOW)).unwrap();
    assert_eq!(look!(db, |tx| installation_facts::setup_seen(tx)), Ok(Some(NOW)));
    assert_eq!(look!(db, |tx| policy::find(tx)), Ok((1, Policy::default_rules())));
    let mut other = Policy::default_rules();
    other.rules.truncate(1);
    assert_eq!(change!(db, |tx| policy::save(tx, &other, 1, "ops:anna", "fewer", NOW)), Ok(2));
    let raced = change!(db, |tx| policy::save(tx, &other, 1, "ops:ben", "more", NOW));
    assert_eq!(raced, Err(Error::Conflict("policy version")), "another person saved first");
    let versions = look!(db, |tx| policy::list(tx)).unwrap();
    let said: Vec<_> = versions.iter().map(|row| (row.version, row.saved_by.as_str(), row.reason.as_str())).collect();
    assert_eq!(said, [(2, "ops:anna", "fewer"), (1, "", "")]);
    db.store.migrate().await.unwrap();
    assert_eq!(look!(db, |tx| policy::find(tx)), Ok((2, other)), "migrating again keeps what was saved");

    let payer = |project: &str| Payer { organization: id("org-one"), project: id(project) };
    for project in ["proj_a", "proj_b"] {
        change!(db, |tx| upstream_objects::insert(tx, "file-'1", &payer(project), None)).unwrap();
        change!(db, |tx| upstream_objects::insert(tx, "resp_1", &payer("proj_b"), Some(project))).unwrap();
    }
    assert_eq!(look!(db, |tx| upstream_objects::find(tx, "file-'1")), Ok(Some(payer("proj_a"))), "the first stays");
    assert_eq!(look!(db, |tx| upstream_objects::find(tx, "file-2")), Ok(None));
    let maker = |object: &'static str| async move |tx: &mut Tx| upstream_objects::find_maker(tx, object).await;
    assert_eq!(db.store.read("maker", maker("resp_1")).await, Ok(Some("proj_a".to_owned())), "the first stays");
    assert_eq!(db.store.read("maker", maker("file-'1")).await, Ok(None));
    for (project, model) in [("proj_b", "stranger"), ("proj_a", "later"), ("proj_a", "too late")] {
        change!(db, |tx| upstream_objects::insert(tx, "file-'1", &payer(project), Some(model))).unwrap();
    }
    assert_eq!(db.store.read("maker", maker("file-'1")).await, Ok(Some("later".to_owned())));
    assert_eq!(db.store.read("maker", maker("file-2")).await, Ok(None));
    let many: Vec<String> = (0..40).map(|number| format!("file-{number}")).collect();
    for object in many.iter().step_by(3) {
        change!(db, |tx| upstream_objects::insert(tx, object, &payer("proj_c"), None)).unwrap();
    }
    let asked: Vec<&str> = many.iter().map(String::as_str).chain(["file-'1"]).collect();
    let found = look!(db, |tx| upstream_objects::find_many(tx, &asked)).unwrap();
    assert_eq!(found.len(), many.iter().step_by(3).count() + 1);
    assert_eq!((found.get("file-39"), found.get("file-'1")), (Some(&payer("proj_c")), Some(&payer("proj_a"))));
    assert_eq!(look!(db, |tx| upstream_objects::find_many(tx, &[])), Ok(std::collections::HashMap::new()));
}

pub(crate) async fn jobs_are_leased(db: Database) {
    let (a, b) = (id("job_a"), id("job_b"));
    let payload = json!({ "to": "it's", "n": [1, 2] });
    change!(db, |tx| jobs::insert(tx, &a, "mail", &payload, NOW)).unwrap();
    change!(db, |tx| jobs::insert(tx, &a, "other", &json!(null), NOW)).unwrap();
    change!(db, |tx| jobs::insert(tx, &b, "mail", &payload, later(10))).unwrap();
    let claim = async |at: i64, limit: u32| {
        let jobs = change!(db, |tx| jobs::claim(tx, later(at), 60, limit)).unwrap();
        jobs.into_iter().map(|job| (job.id.to_string(), job.attempts)).collect::<Vec<_>>()
    };
    let job = |name: &str, attempts: i64| (name.to_owned(), attempts);
    assert_eq!(claim(-1, 9).await, []);
    let claimed = change!(db, |tx| jobs::claim(tx, NOW, 60, 9)).unwrap();
    assert_eq!((claimed.len(), claimed[0].name.as_str(), &claimed[0].payload), (1, "mail", &payload), "queued once");
    assert_eq!(claim(59, 1).await, [job("job_b", 0)]);
    assert_eq!(claim(59, 9).await, [], "both are held");
    assert_eq!(claim(60, 9).await, [job("job_a", 1)], "its worker died");
    change!(db, |tx| jobs::fail(tx, &a, later(200))).unwrap();
    change!(db, |tx| jobs::delete(tx, &b)).unwrap();
    assert_eq!(claim(199, 9).await, []);
    assert_eq!(claim(200, 9).await, [job("job_a", 2)]);
    assert_eq!(look!(db, |tx| jobs::count_waiting(tx)), Ok((1, Some(later(200)))));
    change!(db, |tx| jobs::delete(tx, &a)).unwrap();
    assert_eq!(look!(db, |tx| jobs::count_waiting(tx)), Ok((0, None)));
    assert_eq!(claim(9_999, 9).await, []);
}

/// A client may leave while a transaction begins: what follows on its connection is not within that transaction.
pub(crate) async fn a_beginning_that_nobody_waits_for_leaves_nothing(db: Database) {
    let (one, ..) = seed(&db).await;
    for polls in (0..2_000).step_by(10) {
        let mut beginning = Box::pin(db.store.begin_read("left"));
        for _ in 0..polls {
            if poll_fn(|context| Poll::Ready(beginning.as_mut().poll(context).is_ready())).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(beginning);
        let how = Fulfilment::Verified;
        let written = change!(db, |tx| organizations::set_requirement(tx, &one, Requirement::Phone, how, None, NOW));
        assert!(written.is_ok(), "after {polls} polls: {written:?}");
    }
}

pub(crate) async fn a_failed_transaction_leaves_nothing(db: Database) {
    let (one, ..) = seed(&db).await;
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    let failed = db.store.write("fails", async |tx: &mut Tx| -> Result<(), Error> {
        organizations::set_requirement(tx, &one, Requirement::Phone, Fulfilment::Verified, None, NOW).await?;
        users::insert(tx, &user("ann")).await
    });
    assert_eq!(failed.await, Err(Error::Conflict("users.email")));
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before));
    assert_eq!(look!(db, |tx| organizations::entitled(tx, &one)), Ok(organizations::Entitled::default()));
}
