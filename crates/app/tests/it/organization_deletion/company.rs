//! An organization with people and keys.

use keystead_app::keys::NewKey;
use keystead_app::projects::service_accounts::NewServiceAccount;
use keystead_app::{Actor, Error};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::number::LineKind;
use keystead_core::verification::phone::{PhoneAttempt, PhoneState};
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::organization_deletions::{self, Contents};
use keystead_store::tables::organizations;
use keystead_store::tables::phones::{self, PhoneVerification};

use super::{EMAILS, OWNER, READER};
use crate::test_app::*;

async fn join(test: &TestApp, organization: &OrganizationId, user: &UserId, role: OrganizationRole) {
    let created_at = Timestamp(test.now());
    let row = Membership { organization: organization.clone(), user: user.clone(), role, created_at };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
}

/// An organization of two owners and a reader, with a key of each kind, a service account and an invitation.
pub(super) struct Company {
    pub(super) test: TestApp,
    pub(super) people: Vec<UserId>,
    pub(super) organization: OrganizationId,
    pub(super) project: ProjectId,
}

impl Company {
    pub(super) async fn new() -> Self {
        let test = TestApp::new().await;
        let mut people = Vec::new();
        for email in EMAILS {
            people.push(test.confirmed_user(email).await);
        }
        let (organization, project) = test.app.create_organization(&people[0], "Harbour Works", None).await.unwrap();
        join(&test, &organization, &people[1], OWNER).await;
        join(&test, &organization, &people[2], READER).await;
        let operator = Actor::operator("test");
        test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
        let (app, acting) = (&test.app, Actor::Person(people[0].clone()));
        app.create_project_key(&acting, &organization, &project, &NewKey::default()).await.unwrap();
        app.create_admin_key(&acting, &organization, NewKey::default()).await.unwrap();
        app.create_user_key(&acting, &organization, &NewKey::default()).await.unwrap();
        let bot = NewServiceAccount { name: "bot".to_owned(), key: Some(NewKey::default()) };
        app.create_service_account(&acting, &organization, &project, bot).await.unwrap();
        app.invite_member(&acting, &organization, "dora@example.com", READER, "en").await.unwrap();
        test.mails().await;
        Self { test, people, organization, project }
    }

    pub(super) fn actor(&self, who: usize) -> Actor {
        Actor::Person(self.people[who].clone())
    }

    pub(super) async fn session(&self, who: usize) -> Secret<String> {
        self.test.sign_in(EMAILS[who], GOOD).await.unwrap().session
    }

    pub(super) async fn request(&self, who: usize) -> Result<Timestamp, Error> {
        let session = self.session(who).await;
        self.test.app.request_organization_deletion(&session, &self.organization, "Harbour Works").await
    }

    pub(super) async fn contents(&self) -> Contents {
        let (organization, now) = (self.organization.clone(), Timestamp(self.test.now()));
        let read = self
            .test
            .store
            .read("contents", async move |tx: &mut Tx| organization_deletions::contents(tx, &organization, now).await);
        let found: Result<_, keystead_store::Error> = read.await;
        found.unwrap()
    }

    /// Saves an attempt to verify a phone number that is locked until a moment.
    pub(super) async fn lock_phone(&self, until: Timestamp) {
        let now = Timestamp(self.test.now());
        let attempt = PhoneAttempt {
            state: PhoneState::Locked,
            checks: 5,
            sends: 1,
            sent_at: now,
            expires_at: now.plus(600),
            resend_at: now,
            locked_until: Some(until),
            lock_round: 0,
        };
        let row = PhoneVerification {
            id: "phv_locked".parse().unwrap(),
            organization: self.organization.clone(),
            user: Some(self.people[2].clone()),
            session: None,
            number_fingerprint: vec![1, 2],
            number_sealed: vec![3],
            number_masked: "+48 ••• ••• 678".to_owned(),
            country: "PL".to_owned(),
            line_type: LineKind::Mobile,
            language: "pl".to_owned(),
            state: attempt.state,
            machine: serde_json::to_string(&attempt).unwrap(),
            service: None,
            provider_reference: None,
            code_fingerprint: None,
            created_at: now,
            finished_at: None,
        };
        let write = self.test.store.write("lock", async move |tx: &mut Tx| phones::insert(tx, &row).await);
        let locked: Result<(), keystead_store::Error> = write.await;
        locked.unwrap();
    }

    pub(super) async fn is_deleted(&self) -> bool {
        let organization = self.organization.clone();
        let read =
            self.test.store.read("organization", async move |tx: &mut Tx| organizations::find(tx, &organization).await);
        let found: Result<_, keystead_store::Error> = read.await;
        found.unwrap().unwrap().deactivated_at.is_some()
    }
}
