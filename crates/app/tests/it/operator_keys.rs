//! Keys that an operator makes, finds and revokes on the command line.

use keystead_app::keys::{KeyReach, KeyState, LeakedKey, NewKey};
use keystead_app::{Actor, Error, Page, Settings};
use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::key::KeyKind;
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};

use crate::vendors::ServicesApp;

fn operator() -> Actor {
    Actor::operator("command line")
}

/// The actions in the audit log of an organization about one thing, each with its actor.
async fn log(test: &ServicesApp, organization: &OrganizationId, target: &str) -> Vec<(String, String)> {
    let page = Page { after: None, limit: 100, ascending: true };
    let log = test.app.audit_log(&operator(), organization, page).await.unwrap();
    let about = log.data.into_iter().filter(|event| event.target_id == target);
    about.map(|event| (event.action, format!("{}:{}", event.actor_kind, event.actor_id))).collect()
}

#[tokio::test]
async fn the_audit_log_names_the_operator_and_not_the_owner() {
    let test = ServicesApp::new(Settings::default()).await;
    let ann = test.tenant("ann").await;
    let (app, organization, owner) = (&test.app, ann.organization(), &ann.made.user_id);
    let project = KeyReach::Project(ann.made.project_id.clone());
    let make = async |reach: &KeyReach| {
        app.create_key_for_member(&operator(), organization, owner, reach, &NewKey::default()).await
    };
    // The gate decides as for the owner's own keys; admin keys pass without it.
    for reach in [&project, &KeyReach::EverythingOfOwner] {
        let refused = make(reach).await;
        assert!(matches!(refused, Err(Error::RequirementMissing { .. })), "{reach:?}: {refused:?}");
    }
    app.waive_requirement(&operator(), organization, Requirement::Phone, None, "x").await.unwrap();
    for (reach, kind) in [
        (&project, KeyKind::Project),
        (&KeyReach::EverythingOfOwner, KeyKind::User),
        (&KeyReach::Administration, KeyKind::Admin),
    ] {
        let made = make(reach).await.unwrap();
        assert_eq!((made.key.kind, made.key.owner.as_str()), (kind, owner.as_str()));
        let id = made.key.id.clone();
        // Found by its secret within other text, and explained by its id.
        let pasted = Secret::new(format!("OPENAI_API_KEY=\"{}\"\n", made.secret.expose()));
        let found = app.key_of_secret(&operator(), &pasted).await.unwrap();
        assert_eq!(found.map(|(key, state)| (key.id, state)), Some((id.clone(), KeyState::Active)));
        app.revoke_any_key(&operator(), &id).await.unwrap();
        let again = app.revoke_any_key(&operator(), &id).await;
        assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
        assert_eq!(app.any_key(&operator(), &id).await.unwrap().1, KeyState::Revoked);
        let by = "operator:command line".to_owned();
        let wanted = vec![("api_key.created".to_owned(), by.clone()), ("api_key.deleted".to_owned(), by)];
        assert_eq!(log(&test, organization, id.as_str()).await, wanted, "{kind:?}");
    }
    for text in ["", "no key", "sk-proj-0000000000000000000000000000000000000000"] {
        assert!(app.key_of_secret(&operator(), &Secret::new(text.to_owned())).await.unwrap().is_none(), "{text}");
    }
}

/// What is pasted in an emergency has keys of other services and keys that were revoked before.
#[tokio::test]
async fn the_key_that_works_is_found_among_others() {
    let test = ServicesApp::new(Settings::default()).await;
    let ann = test.tenant("ann").await;
    let (app, organization) = (&test.app, ann.organization());
    let make = async || {
        let asked = NewKey::default();
        let reach = KeyReach::Administration;
        app.create_key_for_member(&operator(), organization, &ann.made.user_id, &reach, &asked).await.unwrap()
    };
    let (revoked, live) = (make().await, make().await);
    app.revoke_any_key(&operator(), &revoked.key.id).await.unwrap();
    let foreign = format!("sk-ant-api03-{}", "a".repeat(60));
    let (first, second) = (revoked.secret.expose(), live.secret.expose());
    let both = Secret::new(format!("ANTHROPIC={foreign}\nOLD={first}\nNEW={second}x\n"));
    let found = app.key_of_secret(&operator(), &both).await.unwrap();
    assert_eq!(found.map(|(key, state)| (key.id, state)), Some((live.key.id.clone(), KeyState::Active)));
    let seen = app.find_leaked_key(&ann.actor, organization, &both).await.unwrap();
    assert_eq!(seen, LeakedKey::Admin(live.key.id.clone()));
    app.revoke_any_key(&operator(), &live.key.id).await.unwrap();
    let found = app.key_of_secret(&operator(), &both).await.unwrap();
    assert_eq!(found.map(|(key, state)| (key.id, state)), Some((revoked.key.id, KeyState::Revoked)));
    assert_eq!(app.find_leaked_key(&ann.actor, organization, &both).await.unwrap(), LeakedKey::Revoked);
}

#[tokio::test]
async fn only_an_operator_reaches_keys_of_others() {
    let test = ServicesApp::new(Settings::default()).await;
    let (ann, ben) = (test.tenant("ann").await, test.tenant("ben").await);
    let (app, organization) = (&test.app, ann.organization());
    let (operator, asked) = (operator(), NewKey::default());
    let reach = KeyReach::Administration;
    for actor in [&ann.actor, &ben.actor, &Actor::service("clock")] {
        let made = app.create_key_for_member(actor, organization, &ann.made.user_id, &reach, &asked).await;
        assert!(matches!(made, Err(Error::Forbidden { .. })), "{made:?}");
        let found = app.key_of_secret(actor, &ann.made.admin_key).await;
        assert!(matches!(found, Err(Error::Forbidden { .. })), "{found:?}");
        let (key, _) = app.key_of_secret(&operator, &ann.made.admin_key).await.unwrap().unwrap();
        assert!(matches!(app.any_key(actor, &key.id).await, Err(Error::Forbidden { .. })));
        assert!(matches!(app.revoke_any_key(actor, &key.id).await, Err(Error::Forbidden { .. })));
        assert!(matches!(app.all_organizations(actor).await, Err(Error::Forbidden { .. })));
    }
    // A person of another organization, another organization's project, and a reader.
    app.waive_requirement(&operator, organization, Requirement::Phone, None, "x").await.unwrap();
    let for_ben = app.create_key_for_member(&operator, organization, &ben.made.user_id, &reach, &asked);
    assert!(matches!(for_ben.await, Err(Error::NotFound { kind: "user", .. })));
    let elsewhere = KeyReach::Project(ben.made.project_id.clone());
    let made = app.create_key_for_member(&operator, organization, &ann.made.user_id, &elsewhere, &asked);
    assert!(matches!(made.await, Err(Error::NotFound { kind: "project", .. })));
    let row = Membership {
        organization: organization.clone(),
        user: ben.made.user_id.clone(),
        role: OrganizationRole::Reader,
        created_at: Timestamp(test.now()),
    };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
    let refused = app.create_key_for_member(&operator, organization, &ben.made.user_id, &reach, &asked).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "a reader has no admin key: {refused:?}");
    // A legacy key ends in every organization of its owner, and each audit log says so.
    app.waive_requirement(&operator, ben.organization(), Requirement::Phone, None, "x").await.unwrap();
    let reach = KeyReach::EverythingOfOwner;
    let made = app.create_key_for_member(&operator, organization, &ben.made.user_id, &reach, &asked);
    let id = made.await.unwrap().key.id;
    app.revoke_any_key(&operator, &id).await.unwrap();
    for each in [organization, ben.organization()] {
        let actions = log(&test, each, id.as_str()).await;
        assert!(actions.iter().any(|(action, _)| action == "api_key.deleted"), "{each}: {actions:?}");
    }
}
