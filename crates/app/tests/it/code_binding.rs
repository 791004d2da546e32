//! A code is bound to person, organization, number and session: it cannot be confirmed in another session.

use keystead_app::request::Origin;
use keystead_app::verification::phone::{NewPhone, VerificationView};
use keystead_app::{Actor, Error, Settings};
use keystead_core::id::OrganizationId;
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::phone::PhoneState;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::phones;

use crate::vendors::{ServicesApp, code, number};

struct Flat {
    test: ServicesApp,
    organization: OrganizationId,
    person: keystead_core::id::UserId,
}

impl Flat {
    async fn new() -> Self {
        let test = ServicesApp::new(Settings::default()).await;
        let tenant = test.tenant("ann").await;
        Self { organization: tenant.organization().clone(), person: tenant.made.user_id.clone(), test }
    }

    fn session(&self, id: &str) -> Actor {
        Actor::Session(self.person.clone(), id.parse().unwrap())
    }

    async fn ask(&self, actor: &Actor, number: &str) -> VerificationView {
        let phone = NewPhone {
            number: Secret::new(number.to_owned()),
            country: None,
            language: "en".to_owned(),
            origin: Origin::default(),
            signed_in_again: true,
        };
        self.test.app.start_phone_verification(actor, &self.organization, phone).await.unwrap()
    }

    async fn check(&self, actor: &Actor, id: &str, code: &str) -> Result<VerificationView, Error> {
        let code = Secret::new(code.to_owned());
        self.test.app.check_phone_code(actor, &self.organization, id, &code, Origin::default()).await
    }
}

#[tokio::test]
async fn a_code_is_confirmed_where_it_was_asked_for() {
    let flat = Flat::new().await;
    let number = number(7, 1);
    let (laptop, other, key) = (flat.session("sess_a"), flat.session("sess_b"), Actor::Person(flat.person.clone()));
    let asked = flat.ask(&laptop, &number).await;
    let sent = flat.test.carrier.code(&number);
    for stranger in [&other, &key] {
        let app = &flat.test.app;
        let seen = flat.check(stranger, &asked.id, &sent).await;
        assert!(matches!(seen, Err(Error::NotFound { .. })), "neither another session nor a key: {seen:?}");
        let again = app.resend_phone_code(stranger, &flat.organization, &asked.id, Origin::default()).await;
        assert!(matches!(again, Err(Error::NotFound { .. })));
        let ended = app.abandon_phone_verification(stranger, &flat.organization, &asked.id).await;
        assert!(matches!(ended, Err(Error::NotFound { .. })));
        assert_eq!(app.phone_view(stranger, &flat.organization).await.unwrap().current, None);
    }
    // None of that counted as a check.
    assert_eq!(flat.test.app.phone_view(&laptop, &flat.organization).await.unwrap().current.unwrap().checks_left, 5);
    assert_eq!(flat.check(&laptop, &asked.id, &sent).await.unwrap().state, PhoneState::Verified);
}

#[tokio::test]
async fn asking_elsewhere_ends_the_code_before() {
    let flat = Flat::new().await;
    let number = number(7, 2);
    let (laptop, phone) = (flat.session("sess_a"), flat.session("sess_b"));
    let first = flat.ask(&laptop, &number).await;
    let old = flat.test.carrier.code(&number);
    assert_eq!(flat.ask(&laptop, &number).await.id, first.id, "the same session joins the code that was sent");
    let second = flat.ask(&phone, &number).await;
    assert_ne!(second.id, first.id);
    assert_eq!(code(flat.check(&laptop, &first.id, &old).await), "phone_code_expired");
    let new = flat.test.carrier.code(&number);
    assert!(flat.check(&laptop, &second.id, &new).await.is_err());
    assert_eq!(flat.check(&phone, &second.id, &new).await.unwrap().state, PhoneState::Verified);
}

/// The attempt of a person who leaves the organization ends, because they cannot confirm it any more.
#[tokio::test]
async fn a_code_ends_with_the_membership() {
    let flat = Flat::new().await;
    let ben = flat.test.tenant("ben").await.made.user_id.clone();
    let (role, created_at) = (OrganizationRole::Owner, Timestamp(flat.test.now()));
    let row = Membership { organization: flat.organization.clone(), user: ben.clone(), role, created_at };
    let write = flat.test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
    let live = async || {
        let organization = flat.organization.clone();
        let read = flat.test.store.read("live", async move |tx: &mut Tx| phones::list_live(tx, &organization).await);
        let found: Result<Vec<_>, keystead_store::Error> = read.await;
        found.unwrap().len()
    };
    flat.ask(&Actor::Session(ben.clone(), "sess_b".parse().unwrap()), &number(7, 4)).await;
    assert_eq!(live().await, 1);
    let owner = Actor::Person(flat.person.clone());
    flat.test.app.remove_member(&owner, &flat.organization, &ben).await.unwrap();
    assert_eq!(live().await, 0);
}

// A session gets another id when its person reauthenticates, and what was begun in it continues.
#[tokio::test]
async fn a_renewed_session_goes_on() {
    let flat = Flat::new().await;
    let number = number(7, 3);
    let asked = flat.ask(&flat.session("sess_a"), &number).await;
    let (old, new) = ("sess_a".parse().unwrap(), "sess_c".parse().unwrap());
    let write = flat.test.store.write("renew", async move |tx: &mut Tx| phones::move_session(tx, &old, &new).await);
    write.await.unwrap();
    let sent = flat.test.carrier.code(&number);
    assert!(flat.check(&flat.session("sess_a"), &asked.id, &sent).await.is_err());
    assert!(flat.check(&flat.session("sess_c"), &asked.id, &sent).await.is_ok());
}
