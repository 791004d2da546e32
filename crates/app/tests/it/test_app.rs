//! An installation in memory with a clock, generator, mailboxes and issuer controlled by the test.

use std::net::IpAddr;
use std::sync::Arc;

use keystead_app::accounts::{Context, SignedIn};
use keystead_app::request::Origin;
use keystead_app::{Actor, App, Error, Page, Settings};
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::tables::{sessions, users};
use keystead_store::{Store, Tx};
use keystead_testkit::{Database, Issuer, Receiver, World};

pub(crate) const NOON: i64 = 1_767_268_800;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const GOOD: &str = "violet submarine 7";
pub(crate) const OTHER: &str = "lantern in the attic";

pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) issuer: Arc<Issuer>,
    world: World,
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::over(Database::memory().await.store)
    }

    /// Over a separate, migrated database.
    pub(crate) fn over(store: Store) -> Self {
        let world = World::over(store.clone(), NOON);
        let app = world.app(world.services(), Settings::default());
        Self { app, store, issuer: Arc::clone(&world.issuer), world }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.world.clock.advance(seconds);
    }

    pub(crate) fn now(&self) -> i64 {
        self.world.clock.now()
    }

    /// Runs queued jobs, and returns the resulting mails, oldest first, as `(to, subject, text)`.
    pub(crate) async fn mails(&self) -> Vec<(String, String, String)> {
        while self.app.run_due_jobs().await.unwrap() > 0 {}
        let sent = self.world.mailbox.take();
        sent.into_iter().map(|mail| (mail.to, mail.subject.replace("Keystead: ", ""), mail.text)).collect()
    }

    /// Takes the webhooks.
    pub(crate) fn receiver(&self) -> &Receiver {
        &self.world.receiver
    }

    /// Returns the subjects of those mails.
    pub(crate) async fn subjects(&self) -> Vec<String> {
        self.mails().await.into_iter().map(|(_, subject, _)| subject).collect()
    }

    /// Returns the token of the only link in the only mail.
    pub(crate) async fn token(&self) -> Secret<String> {
        let mails = self.mails().await;
        let [(_, _, text)] = &mails[..] else { panic!("not one mail: {mails:?}") };
        token_in(text)
    }

    /// A person with a confirmed address.
    pub(crate) async fn confirmed_user(&self, email: &str) -> UserId {
        self.app.sign_up(email, &secret(GOOD), &Context::default()).await.unwrap();
        let opened = self.app.confirm_email(&self.token().await, &Context::default()).await.unwrap();
        self.forget(&opened).await;
        opened.user
    }

    /// Ends a session and removes every trace of it, so that the next sign-in is the first.
    async fn forget(&self, opened: &SignedIn) {
        self.app.sign_out(&opened.session).await.unwrap();
        let ended = Timestamp(self.now() + 1);
        let write = self.store.write("forget", async move |tx: &mut Tx| sessions::delete_old(tx, ended).await);
        let _: Result<u64, keystead_store::Error> = write.await;
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, Error> {
        self.app.sign_in(email, &secret(password), &laptop()).await
    }

    /// A person with a confirmed address, signed in.
    pub(crate) async fn signed_in_user(&self, email: &str) -> (UserId, SignedIn) {
        let user = self.confirmed_user(email).await;
        let opened = self.sign_in(email, GOOD).await.unwrap();
        self.mails().await;
        (user, opened)
    }

    pub(crate) async fn organization(&self, owner: &UserId) -> (OrganizationId, ProjectId) {
        self.app.create_organization(owner, "Acme", None).await.unwrap()
    }

    /// Returns the actions in an organization's log, oldest first.
    pub(crate) async fn log(&self, organization: &OrganizationId) -> Vec<String> {
        let page = Page { after: None, limit: 100, ascending: true };
        let log = self.app.audit_log(&Actor::operator("test"), organization, page).await.unwrap();
        log.data.into_iter().map(|event| event.action).collect()
    }

    pub(crate) async fn session_is_open(&self, session: &Secret<String>) -> bool {
        self.app.session(session).await.unwrap().is_some()
    }

    pub(crate) async fn close_account(&self, user: &UserId) {
        let (user, at) = (user.clone(), Timestamp(self.now()));
        let write = self.store.write("close", async move |tx: &mut Tx| -> Result<(), keystead_store::Error> {
            users::set_deactivated(tx, &user, Some(at), at).await
        });
        write.await.unwrap();
    }
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(crate) fn token_in(text: &str) -> Secret<String> {
    let token = text.split("token=").nth(1).unwrap_or_else(|| panic!("no link in {text}"));
    secret(token.split_whitespace().next().unwrap())
}

pub(crate) fn from(ip: &str) -> Context {
    let ip: IpAddr = ip.parse().unwrap();
    Context { origin: Origin { ip: Some(ip) }, ..laptop() }
}

pub(crate) fn laptop() -> Context {
    Context {
        origin: Origin { ip: Some("192.0.2.7".parse().unwrap()) },
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
        language: "en".to_owned(),
    }
}

/// Returns the stable code of a failure.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Err(Error::Invalid { code: Some(code), .. }) => code,
        Err(Error::Limited { name, .. }) => name,
        Err(Error::Forbidden { .. }) => "forbidden",
        Err(Error::NotFound { .. }) => "not_found",
        Err(Error::Conflict { .. }) => "conflict",
        Err(Error::Invalid { param, .. }) => param.unwrap_or("invalid"),
        Err(Error::Refused(_)) => "refused",
        other => panic!("{other:?}"),
    }
}

/// Passwords are really hashed, so a sequence takes a second: the default is few, and `PROPTEST_CASES` sets another
/// number.
pub(crate) fn slow_cases(default: u32) -> u32 {
    const USUAL: u32 = 256;
    match proptest::test_runner::Config::default().cases {
        USUAL => default,
        asked => asked,
    }
}
