//! Deleting an account: what is refused, what ends, what is erased, and what stays.

use keystead_app::keys::NewKey;
use keystead_app::{Actor, Error};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::{api_keys, users};
use proptest::prelude::*;

use crate::test_app::*;

const OWNER: OrganizationRole = OrganizationRole::Owner;
const READER: OrganizationRole = OrganizationRole::Reader;
const WAIT: i64 = 14 * DAY;

async fn join(test: &TestApp, organization: &OrganizationId, user: &UserId, role: OrganizationRole) {
    let created_at = Timestamp(test.now());
    let row = Membership { organization: organization.clone(), user: user.clone(), role, created_at };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
}

/// A person with a key of each kind in an organization that another person owns, too.
struct Pair {
    test: TestApp,
    ann: UserId,
    ben: UserId,
    organization: OrganizationId,
}

impl Pair {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let ann = test.confirmed_user("ann@example.com").await;
        let ben = test.confirmed_user("ben@example.com").await;
        let (organization, project) = test.organization(&ann).await;
        join(&test, &organization, &ben, OWNER).await;
        let operator = Actor::operator("test");
        test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
        let (app, acting) = (&test.app, Actor::Person(ann.clone()));
        app.create_project_key(&acting, &organization, &project, &NewKey::default()).await.unwrap();
        app.create_admin_key(&acting, &organization, NewKey::default()).await.unwrap();
        app.create_user_key(&acting, &organization, &NewKey::default()).await.unwrap();
        test.mails().await;
        Self { test, ann, ben, organization }
    }

    async fn request(&self, email: &str) -> Result<Timestamp, Error> {
        let opened = self.test.sign_in(email, GOOD).await.unwrap();
        self.test.app.request_account_deletion(&opened.session).await
    }
}

/// The person's live keys, bound to an organization or not.
async fn live_keys(test: &TestApp, organization: &OrganizationId, user: &UserId) -> usize {
    let (organization, user) = (organization.clone(), user.clone());
    let read = test.store.read("keys", async move |tx: &mut Tx| -> Result<_, keystead_store::Error> {
        let bound = api_keys::list_of_member(tx, &organization, &user).await?.len();
        Ok(bound + api_keys::list_of_user(tx, &user).await?.len())
    });
    read.await.unwrap()
}

async fn is_deleted(test: &TestApp, user: &UserId) -> bool {
    let user = user.clone();
    let read = test.store.read("person", async move |tx: &mut Tx| users::find(tx, &user).await);
    let found: Result<_, keystead_store::Error> = read.await;
    found.unwrap().unwrap().deactivated_at.is_some()
}

/// The account works until the second before the end of the waiting time. Then nothing personal is left in any table,
/// no key works, and the chain of the audit log is intact.
#[tokio::test]
async fn account_deletions_wait() {
    let pair = Pair::new().await;
    let Pair { test, ann, organization, .. } = &pair;
    let due = pair.request("ann@example.com").await.unwrap();
    assert_eq!(due.0, test.now() + WAIT);
    assert_eq!(pair.request("ann@example.com").await.unwrap(), due, "a second request changes nothing");
    assert_eq!(test.subjects().await, ["Your account will be deleted"]);
    test.advance(WAIT - 1);
    assert_eq!(test.subjects().await, ["Your account is about to be deleted"]);
    assert_eq!(live_keys(test, organization, ann).await, 3, "everything works until then");
    test.advance(1);
    let mails = test.mails().await;
    assert_eq!(
        (mails.len(), mails[0].0.as_str(), mails[0].1.as_str()),
        (1, "ann@example.com", "Your account was deleted")
    );

    assert!(is_deleted(test, ann).await);
    assert_eq!(live_keys(test, organization, ann).await, 0);
    for (table, rows) in test.store.dump().await.unwrap() {
        for row in rows {
            assert!(!row.contains("ann@") && !row.contains("name='ann'"), "{table}: {row}");
            let owned = ["sessions", "tokens", "recovery_codes", "identities", "passkeys", "accounts"];
            assert!(!owned.contains(&table.as_str()) || !row.contains(ann.as_str()), "{table}: {row}");
        }
    }
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    let operator = Actor::operator("test");
    let chain = test.app.check_audit_chain(&operator, organization).await.unwrap();
    assert_eq!(chain.broken, None, "the chain of the audit log is intact");
    let log = test.log(organization).await;
    for action in ["user.deletion_requested", "api_key.deleted", "user.deleted"] {
        assert!(log.iter().any(|known| known == action), "{action}: {log:?}");
    }
    // The address is free again, and makes a new account.
    assert_ne!(test.confirmed_user("ann@example.com").await, *ann);
}

#[tokio::test]
async fn an_organization_keeps_an_owner() {
    let pair = Pair::new().await;
    let Pair { test, ann, ben, organization } = &pair;
    let (app, acting) = (&test.app, Actor::Person(ann.clone()));
    app.change_member_role(&acting, organization, ben, READER).await.unwrap();
    assert_eq!(code(pair.request("ann@example.com").await), "last_owner");
    let view = app.account_deletion(ann).await.unwrap();
    assert!(view.blocked() && view.due_at.is_none(), "a refused request leaves nothing: {view:?}");
    app.change_member_role(&acting, organization, ben, OWNER).await.unwrap();
    pair.request("ann@example.com").await.unwrap();
    assert_eq!(code(pair.request("ben@example.com").await), "last_owner", "Ann does not count any more");
    assert_eq!(code(app.remove_member(&acting, organization, ben).await), "last_owner");
    assert_eq!(code(app.change_member_role(&acting, organization, ben, READER).await), "last_owner");
    assert_eq!(code(app.create_organization(ann, "New", None).await), "account_deletion_pending");
    app.cancel_account_deletion(ann).await.unwrap();
    app.cancel_account_deletion(ann).await.unwrap();
    assert_eq!(test.subjects().await.iter().filter(|subject| *subject == "Your account stays").count(), 1);
    test.advance(WAIT);
    assert_eq!(test.mails().await, [], "jobs of a cancelled request do nothing");
    assert!(!is_deleted(test, ann).await);
}

/// An owner with a deactivated account does not count as one who stays.
#[tokio::test]
async fn a_deactivated_owner_does_not_count() {
    let pair = Pair::new().await;
    let Pair { test, ann, ben, organization } = &pair;
    test.close_account(ben).await;
    let acting = Actor::Person(ann.clone());
    assert_eq!(code(pair.request("ann@example.com").await), "last_owner");
    assert_eq!(code(test.app.remove_member(&acting, organization, ann).await), "last_owner");
    assert_eq!(code(test.app.change_member_role(&acting, organization, ann, READER).await), "last_owner");
    // Such an owner can be removed.
    test.app.remove_member(&acting, organization, ben).await.unwrap();
}

/// Each request and each cancellation sends a mail, so the requests of one person are limited. A cancellation is never
/// refused.
#[tokio::test]
async fn requests_to_delete_an_account_are_limited() {
    let pair = Pair::new().await;
    let Pair { test, ann, .. } = &pair;
    let opened = test.sign_in("ann@example.com", GOOD).await.unwrap();
    for _ in 0..10 {
        test.app.request_account_deletion(&opened.session).await.unwrap();
        test.app.cancel_account_deletion(ann).await.unwrap();
    }
    assert_eq!(code(test.app.request_account_deletion(&opened.session).await), "deletion_requests");
    test.advance(DAY + 1);
    pair.request("ann@example.com").await.unwrap();
}

/// A deletion that is interrupted at any of its statements changes nothing, and the next run completes it.
#[tokio::test]
async fn an_interrupted_deletion_is_done_later() {
    let pair = Pair::new().await;
    let Pair { test, ann, organization, .. } = &pair;
    pair.request("ann@example.com").await.unwrap();
    test.mails().await;
    test.advance(WAIT);
    test.store.keep().await.unwrap();
    let mut faults = 0;
    for statement in 1.. {
        test.store.put_back().await.unwrap();
        test.store.fail_at(Some(statement));
        let _ = test.app.run_due_jobs().await;
        if test.store.fail_at(None) < statement {
            break;
        }
        faults += 1;
        let keys = live_keys(test, organization, ann).await;
        assert!(keys == 3 && !is_deleted(test, ann).await || keys == 0 && is_deleted(test, ann).await, "{statement}");
        test.advance(3_600);
        test.mails().await;
        assert!(is_deleted(test, ann).await, "{statement}");
        test.advance(-3_600);
    }
    assert!(faults > 20, "{faults}");
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Request(usize),
    Cancel(usize),
    Role(usize, usize, bool),
    Remove(usize, usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3_usize;
    prop_oneof![
        3 => who.clone().prop_map(Step::Request),
        1 => who.clone().prop_map(Step::Cancel),
        2 => (who.clone(), who.clone(), any::<bool>()).prop_map(|(by, of, owns)| Step::Role(by, of, owns)),
        1 => (who.clone(), who).prop_map(|(by, of)| Step::Remove(by, of)),
        2 => prop_oneof![Just(DAY), Just(WAIT - 1), Just(WAIT)].prop_map(Step::Pass),
    ]
}

const EMAILS: [&str; 3] = ["ann@example.com", "ben@example.com", "cleo@example.com"];

/// The rules in plain words: who owns the organization, who belongs to it, and when each account ends.
struct Model {
    test: TestApp,
    people: Vec<UserId>,
    organization: OrganizationId,
    owns: [bool; 3],
    member: [bool; 3],
    ends: [Option<i64>; 3],
    deleted: [bool; 3],
}

impl Model {
    async fn new() -> Self {
        let pair = Pair::new().await;
        let cleo = pair.test.confirmed_user(EMAILS[2]).await;
        join(&pair.test, &pair.organization, &cleo, READER).await;
        Self {
            people: vec![pair.ann, pair.ben, cleo],
            organization: pair.organization,
            test: pair.test,
            owns: [true, true, false],
            member: [true; 3],
            ends: [None; 3],
            deleted: [false; 3],
        }
    }

    fn another_owner_stays(&self, who: usize) -> bool {
        (0..3).any(|one| one != who && self.owns[one] && self.ends[one].is_none())
    }

    async fn play(&mut self, step: Step) {
        let app = self.test.app.clone();
        match step {
            Step::Request(who) if !self.deleted[who] => {
                let opened = self.test.sign_in(EMAILS[who], GOOD).await.unwrap();
                let possible = self.ends[who].is_some() || !self.owns[who] || self.another_owner_stays(who);
                let requested = app.request_account_deletion(&opened.session).await;
                assert_eq!(requested.is_ok(), possible, "{requested:?}");
                if possible {
                    self.ends[who].get_or_insert(self.test.now() + WAIT);
                }
            }
            Step::Cancel(who) if !self.deleted[who] => {
                app.cancel_account_deletion(&self.people[who]).await.unwrap();
                self.ends[who] = None;
            }
            Step::Role(by, of, owns) if self.owns[by] && self.member[of] => {
                let (role, actor) = (if owns { OWNER } else { READER }, Actor::Person(self.people[by].clone()));
                let possible = owns || !self.owns[of] || self.another_owner_stays(of);
                let done = app.change_member_role(&actor, &self.organization, &self.people[of], role).await;
                assert!(done.is_ok() || !possible, "{done:?}");
                if done.is_ok() {
                    self.owns[of] = owns;
                }
            }
            Step::Remove(by, of) if self.owns[by] && self.member[of] => {
                let actor = Actor::Person(self.people[by].clone());
                let possible = !self.owns[of] || self.another_owner_stays(of);
                let done = app.remove_member(&actor, &self.organization, &self.people[of]).await;
                assert_eq!(done.is_ok(), possible, "{done:?}");
                if possible {
                    (self.owns[of], self.member[of]) = (false, false);
                }
            }
            Step::Pass(seconds) => self.test.advance(seconds),
            Step::Request(_) | Step::Cancel(_) | Step::Role(..) | Step::Remove(..) => {}
        }
        self.test.mails().await;
        for who in 0..3 {
            if self.ends[who].is_some_and(|end| end <= self.test.now()) {
                (self.owns[who], self.member[who], self.ends[who], self.deleted[who]) = (false, false, None, true);
            }
        }
    }

    async fn compare(&self, step: Step) {
        assert!(self.owns.contains(&true), "no owner after {step:?}");
        let dump = self.test.store.dump().await.unwrap();
        for (who, email) in EMAILS.into_iter().enumerate() {
            let (id, deleted) = (&self.people[who], self.deleted[who]);
            assert_eq!(is_deleted(&self.test, id).await, deleted, "{who} after {step:?}");
            let row = dump["memberships"].iter().find(|row| row.contains(id.as_str()));
            assert_eq!(row.map(|row| row.contains("'owner'")), self.member[who].then_some(self.owns[who]), "{step:?}");
            if deleted {
                assert_eq!(live_keys(&self.test, &self.organization, id).await, 0, "after {step:?}");
                let found = dump.values().flatten().find(|row| row.contains(email));
                assert_eq!(found, None, "after {step:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: slow_cases(8), max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn model_of_deletions(steps in proptest::collection::vec(step(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                model.play(step).await;
                model.compare(step).await;
            }
        });
    }
}
