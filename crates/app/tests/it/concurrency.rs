//! Concurrent use cases on PostgreSQL: a limit admits exactly its number, and what is removed while it is used is gone
//! afterwards. On SQLite one writer guarantees the same; both are played.

use futures_util::future::join_all;
use keystead_app::accounts::Context;
use keystead_app::keys::NewKey;
use keystead_app::{Actor, Error, Settings};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::projects::{self, Project};
use keystead_testkit::Databases;

use crate::test_app::{GOOD, OTHER, TestApp, laptop, secret};
use crate::vendors::{ServicesApp, Tenant, number};

pub(crate) fn passed<T>(answers: &[Result<T, Error>]) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

pub(crate) async fn join(test: &ServicesApp, organization: &OrganizationId, tenant: &Tenant, role: OrganizationRole) {
    let row = Membership {
        organization: organization.clone(),
        user: tenant.made.user_id.clone(),
        role,
        created_at: Timestamp(test.now()),
    };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
}

/// One number may verify three organizations: of four that prove it at once three succeed, and a code typed twice at
/// once counts once.
#[tokio::test]
async fn proofs_of_one_number() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, Settings::default());
        let target = number(100, 1);
        let mut asked = Vec::new();
        for n in 0..4 {
            let tenant = test.tenant(&format!("p{n}")).await;
            let sent = test.submit(&tenant, &target, &format!("10.{n}.0.1")).await.unwrap();
            asked.push((tenant, sent.id, test.carrier.code(&target)));
        }
        let proofs = asked.iter().map(|(tenant, id, code)| test.check(tenant, id, code, "10.9.0.1"));
        let proofs = join_all(proofs).await;
        assert_eq!(passed(&proofs), 3, "{proofs:?}");

        let tenant = test.tenant("twice").await;
        let sent = test.submit(&tenant, &number(200, 1), "10.7.0.1").await.unwrap();
        let code = test.carrier.code(&number(200, 1));
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let tries = join_all((0..8).map(|_| test.check(&tenant, &sent.id, wrong, "10.7.0.1"))).await;
        let counted = tries.iter().filter(|one| format!("{one:?}").contains("phone_code_wrong")).count();
        assert!(counted <= 5, "a code dies of five wrong ones: {tries:?}");
        let late = test.check(&tenant, &sent.id, &code, "10.7.0.1").await;
        assert!(late.is_err(), "and is dead then");
    }
}

/// One below a limit: of several requests at once exactly one is admitted.
#[tokio::test]
async fn the_last_place_is_taken_once() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, Settings::default());
        let tenant = test.tenant("ann").await;
        let (actor, organization) = (&tenant.actor, tenant.organization());
        let rows = organization.clone();
        let fill = test.store.write("fill", async move |tx: &mut Tx| {
            // The Default project exists already.
            for n in 0..1_998 {
                let project = Project {
                    id: format!("proj_{n:024}").parse::<ProjectId>().unwrap(),
                    organization: rows.clone(),
                    name: "x".to_owned(),
                    created_at: Timestamp(n),
                    archived_at: None,
                    is_default: false,
                };
                projects::insert(tx, &project).await?;
            }
            Ok::<_, keystead_store::Error>(())
        });
        fill.await.unwrap();
        let made = join_all((0..4).map(|_| test.app.create_project(actor, organization, "last"))).await;
        assert_eq!(passed(&made), 1, "projects");

        for n in 1..19 {
            test.app.create_organization(&tenant.made.user_id, &format!("n{n}"), None).await.unwrap();
        }
        let made = join_all((0..4).map(|_| test.app.create_organization(&tenant.made.user_id, "last", None))).await;
        assert_eq!(passed(&made), 1, "organizations of a person");
    }
}

/// Mails to one address, and attempts for one address from one network.
#[tokio::test]
async fn counted_before_it_is_judged() {
    for databases in Databases::both().await {
        let test = TestApp::over(databases.fresh().await.store);
        let context = laptop();
        let asked = join_all((0..9).map(|_| test.app.request_reset("ann@example.com", &context))).await;
        assert_eq!(passed(&asked), 5, "mails to one mailbox");
        let tried = join_all((0..9).map(|_| test.sign_in("ben@example.com", OTHER))).await;
        let limited = tried.iter().filter(|one| matches!(one, Err(Error::Limited { .. }))).count();
        assert_eq!(limited, 4, "five tries a minute");
    }
}

/// The old password is checked while the new one is set: in either order, one session is left.
#[tokio::test]
async fn a_sign_in_and_a_reset() {
    for databases in Databases::both().await {
        let test = TestApp::over(databases.fresh().await.store);
        let ann = test.confirmed_user("ann@example.com").await;
        let mut passwords = [GOOD, OTHER];
        for round in 0..4 {
            test.advance(3_600);
            test.app.request_reset("ann@example.com", &Context::default()).await.unwrap();
            let link = test.token().await;
            let (old, new) = (secret(passwords[0]), secret(passwords[1]));
            let context = laptop();
            let sign_ins = join_all((0..3).map(|_| test.app.sign_in("ann@example.com", &old, &context)));
            let (_, reset) = tokio::join!(sign_ins, test.app.reset_password(&link, &new, &context));
            let kept = reset.unwrap();
            assert_eq!(test.app.devices(&ann, "").await.unwrap().len(), 1, "round {round}");
            assert!(test.session_is_open(&kept.session).await);
            passwords.swap(0, 1);
            test.mails().await;
        }
    }
}

/// A key is made while its owner is removed; after the owner joins again it is not live.
#[tokio::test]
async fn a_key_and_a_removal() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, Settings::default());
        let (ann, ben) = (test.tenant("ann").await, test.tenant("ben").await);
        let organization = ann.organization();
        for round in 0..6 {
            join(&test, organization, &ben, OrganizationRole::Owner).await;
            let (made, removed) = tokio::join!(
                test.app.create_admin_key(&ben.actor, organization, NewKey::default()),
                test.app.remove_member(&ann.actor, organization, &ben.made.user_id),
            );
            removed.unwrap();
            join(&test, organization, &ben, OrganizationRole::Owner).await;
            let page = keystead_app::Page { after: None, limit: 100, ascending: true };
            let keys = test.app.admin_keys(&ann.actor, organization, page).await.unwrap().data;
            let of_ben = keys.iter().filter(|one| format!("{:?}", one.key.owner).contains(ben.made.user_id.as_str()));
            assert_eq!(of_ben.count(), 0, "round {round}: {:?}", made.map(|minted| minted.key.id));
            test.app.remove_member(&ann.actor, organization, &ben.made.user_id).await.unwrap();
        }
    }
}

/// Two owners leave at once: one stays.
#[tokio::test]
async fn two_owners_leave() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, Settings::default());
        let (ann, ben) = (test.tenant("ann").await, test.tenant("ben").await);
        let organization = ann.organization();
        join(&test, organization, &ben, OrganizationRole::Owner).await;
        let operator = Actor::operator("anna");
        test.app.waive_requirement(&operator, organization, Requirement::Phone, None, "x").await.unwrap();
        let left =
            join_all([&ann, &ben].map(|tenant| test.app.remove_member(&operator, organization, &tenant.made.user_id)));
        assert_eq!(passed(&left.await), 1);
    }
}
