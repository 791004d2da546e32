//! A person who was removed and joins again finds none of the old keys live; the same for people who are no longer
//! owners.

use keystead_app::keys::NewKey;
use keystead_app::{Actor, Error, Settings};
use keystead_core::access::{Selection, decide, decide_administration};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::key::{ApiKey, Pepper, TagKeys};
use keystead_core::role::OrganizationRole;
use keystead_core::route::ROUTES;
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::directory;
use keystead_store::tables::memberships::{self, Membership};

use crate::vendors::{ServicesApp, Tenant};

const OWNER: OrganizationRole = OrganizationRole::Owner;
const READER: OrganizationRole = OrganizationRole::Reader;

async fn join(test: &ServicesApp, organization: &OrganizationId, user: &UserId, role: OrganizationRole) {
    let created_at = Timestamp(test.now());
    let row = Membership { organization: organization.clone(), user: user.clone(), role, created_at };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
}

/// Whether a key has access to an organization: to the data plane, or to its administration.
async fn opens(test: &ServicesApp, key: &Secret<String>, organization: &OrganizationId) -> bool {
    let parsed = ApiKey::parse(key.expose(), &TagKeys::new(Secret::new([1; 32]), Vec::new())).unwrap();
    let digest = parsed.digest(&Pepper::new(Secret::new([2; 32])));
    let read = test.store.read("caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
    let found: Result<_, keystead_store::Error> = read.await;
    let Some(caller) = found.unwrap() else { return false };
    let now = Timestamp(test.now());
    let chat = ROUTES.iter().find(|route| route.path == "/v1/chat/completions").unwrap();
    let asked = Selection { organization: Some(organization.as_str()), project: None };
    decide(&caller, chat, asked, [127, 0, 0, 1].into(), now).is_ok()
        || decide_administration(&caller, Scope::ManagementRead, now).is_ok_and(|own| own == *organization)
}

struct Pair {
    test: ServicesApp,
    ann: Tenant,
    ben: UserId,
    acting: Actor,
}

impl Pair {
    /// Creates Ann's organization, with Ben in this role.
    async fn new(role: OrganizationRole) -> Self {
        let test = ServicesApp::new(Settings::default()).await;
        let (ann, other) = (test.tenant("ann").await, test.tenant("ben").await);
        for tenant in [&ann, &other] {
            let operator = Actor::operator("anna");
            test.app.waive_requirement(&operator, tenant.organization(), Requirement::Phone, None, "x").await.unwrap();
        }
        let ben = other.made.user_id.clone();
        join(&test, ann.organization(), &ben, role).await;
        Self { acting: Actor::Person(ben.clone()), test, ann, ben }
    }

    async fn actions(&self) -> Vec<String> {
        let page = keystead_app::Page { after: None, limit: 100, ascending: true };
        let log = self.test.app.audit_log(&Actor::operator("test"), self.ann.organization(), page).await.unwrap();
        log.data.into_iter().map(|event| event.action).collect()
    }
}

#[tokio::test]
async fn keys_of_a_removed_member_stay_revoked_when_they_rejoin() {
    let Pair { test, ann, ben, acting } = &Pair::new(OWNER).await;
    let (app, organization) = (&test.app, ann.organization());
    let own = app.organizations_of(ben).await.unwrap().into_iter().find(|one| one.id != *organization).unwrap();
    let project = app.create_project_key(acting, organization, &ann.made.project_id, &NewKey::default()).await;
    let admin = app.create_admin_key(acting, organization, NewKey::default()).await.unwrap().secret;
    let legacy = app.create_user_key(acting, organization, &NewKey::default()).await.unwrap().secret;
    let keys = [project.unwrap().secret, admin, legacy.clone()];
    for key in &keys {
        assert!(opens(test, key, organization).await);
    }
    app.remove_member(&ann.actor, organization, ben).await.unwrap();
    for key in &keys {
        assert!(!opens(test, key, organization).await);
    }
    for role in [READER, OWNER] {
        join(test, organization, ben, role).await;
        for key in &keys {
            assert!(!opens(test, key, organization).await, "back as {role:?}");
        }
        assert!(opens(test, &legacy, &own.id).await, "where they were not removed, the legacy key still works");
        let fresh = app.create_user_key(acting, organization, &NewKey::default()).await.unwrap().secret;
        assert!(opens(test, &fresh, organization).await, "a new one reaches it");
        app.remove_member(&ann.actor, organization, ben).await.unwrap();
        assert!(!opens(test, &fresh, organization).await);
    }
}

#[tokio::test]
async fn each_key_that_ends_with_a_membership_is_in_the_audit_log() {
    let pair = Pair::new(OWNER).await;
    let (app, organization) = (&pair.test.app, pair.ann.organization());
    app.create_admin_key(&pair.acting, organization, NewKey::default()).await.unwrap();
    app.create_project_key(&pair.acting, organization, &pair.ann.made.project_id, &NewKey::default()).await.unwrap();
    app.remove_member(&pair.ann.actor, organization, &pair.ben).await.unwrap();
    let ended = pair.actions().await.into_iter().filter(|action| action == "api_key.deleted").count();
    assert_eq!(ended, 2);
}

/// An owner who becomes a reader loses the admin keys for good; their project keys keep working.
#[tokio::test]
async fn a_lowered_owner_loses_admin_keys() {
    let Pair { test, ann, ben, acting } = &Pair::new(OWNER).await;
    let (app, organization) = (&test.app, ann.organization());
    let admin = app.create_admin_key(acting, organization, NewKey::default()).await.unwrap().secret;
    let project = app.create_project_key(acting, organization, &ann.made.project_id, &NewKey::default()).await;
    let project = project.unwrap().secret;
    for role in [READER, OWNER] {
        app.change_member_role(&ann.actor, organization, ben, role).await.unwrap();
        assert!(!opens(test, &admin, organization).await, "{role:?}");
        assert!(opens(test, &project, organization).await, "{role:?}");
    }
}

/// A key is not made while its owner is being removed.
#[tokio::test]
async fn no_key_is_made_for_a_member_who_is_being_removed() {
    let pair = Pair::new(OWNER).await;
    let organization = pair.ann.organization().clone();
    let removed = async |name: &'static str| {
        let (app, actor, organization, ben) =
            (pair.test.app.clone(), pair.ann.actor.clone(), organization.clone(), pair.ben.clone());
        pair.test.store.before(name, async move {
            app.remove_member(&actor, &organization, &ben).await.unwrap();
        });
    };
    removed("create_admin_key").await;
    let made = pair.test.app.create_admin_key(&pair.acting, &organization, NewKey::default()).await;
    assert!(matches!(made, Err(Error::NotFound { .. } | Error::Refused(_))), "{made:?}");
    assert_eq!(pair.test.store.unplayed(), 0);
}
