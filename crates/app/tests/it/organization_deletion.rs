//! Deleting an organization: who may, what works until the date, what ends then, what is erased, and what stays.

mod company;
mod model;

use std::sync::{Arc, Mutex};

use keystead_app::{Actor, Nodes};
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_providers::BoxFuture;
use keystead_store::Tx;
use keystead_store::tables::organization_deletions::Contents;
use keystead_store::tables::{changes, organizations};

use crate::review::{ReviewWorld, ops};
use crate::test_app::*;

use self::company::Company;

const OWNER: OrganizationRole = OrganizationRole::Owner;
const READER: OrganizationRole = OrganizationRole::Reader;
const WAIT: i64 = 14 * DAY;
const EMAILS: [&str; 3] = ["ann@example.com", "ben@example.com", "cleo@example.com"];

/// The addresses of mails in order; mails of one moment are sent in any order.
fn recipients<'a>(mails: impl Iterator<Item = &'a (String, String, String)>) -> Vec<&'a str> {
    let mut addresses: Vec<&str> = mails.map(|mail| mail.0.as_str()).collect();
    addresses.sort_unstable();
    addresses
}

/// Everything works until the second before the date. Then no key works, there is no member, nothing that names it or
/// people it invited is left, and its people can create another organization.
#[tokio::test]
async fn organization_deletions_wait() {
    let company = Company::new().await;
    let Company { test, people, organization, .. } = &company;
    let due = company.request(0).await.unwrap();
    assert_eq!(due.0, test.now() + WAIT);
    test.advance(60);
    assert_eq!(company.request(1).await.unwrap(), due, "a second request changes nothing");
    let mails = test.mails().await;
    let asked: Vec<_> = mails.iter().filter(|mail| mail.1 == "An organization will be deleted").collect();
    assert_eq!(recipients(asked.iter().copied()), &EMAILS[..2], "both owners: {mails:?}");
    assert!(asked[1].2.contains("ann requested the deletion of the organization Harbour Works"), "{asked:?}");
    assert!(asked[1].2.contains("/settings/organization/delete?project="), "{asked:?}");
    let view = test.app.organization_deletion(&company.actor(1), organization).await.unwrap();
    assert_eq!((view.due_at, view.requested.unwrap().0.as_str()), (Some(due), "ann"));
    let contents =
        Contents { keys: 3, members: 3, projects: 1, service_accounts: 1, invites: 1, ..Contents::default() };
    assert_eq!(Contents { last_used_at: None, ..view.contents }, contents);
    let operator = Actor::operator("test");
    assert_eq!(test.app.operator_overview(&operator).await.unwrap().organizations[0].deletion_at, Some(due));
    test.advance(WAIT - 61);
    assert_eq!(test.subjects().await, ["An organization is about to be deleted"; 2]);
    assert_eq!(company.contents().await.keys, 3, "everything works until then");
    assert_eq!(test.app.organizations_of(&people[2]).await.unwrap()[0].deletion_at, Some(due));
    test.advance(1);
    let done = test.mails().await;
    assert_eq!(recipients(done.iter()), &EMAILS[..2], "{done:?}");
    assert!(done.iter().all(|mail| mail.1 == "An organization was deleted"), "{done:?}");

    assert!(company.is_deleted().await);
    assert_eq!(company.contents().await, Contents { projects: 1, ..Contents::default() });
    for (table, rows) in test.store.dump().await.unwrap() {
        for row in rows {
            assert!(!row.contains("Harbour") && !row.contains("dora@"), "{table}: {row}");
        }
    }
    for person in people {
        assert_eq!(test.app.organizations_of(person).await.unwrap(), []);
    }
    let denied = test.app.rename_organization(&company.actor(0), organization, "Back").await;
    assert_eq!(code(denied), "not_found");
    assert_eq!(test.app.operator_overview(&operator).await.unwrap().organizations, []);
    let chain = test.app.check_audit_chain(&operator, organization).await.unwrap();
    assert_eq!(chain.broken, None, "the chain of the audit log is intact");
    let log = test.log(organization).await;
    for (action, times) in [
        ("organization.deletion_requested", 1),
        ("api_key.deleted", 3),
        ("user.deleted", 3),
        ("invite.deleted", 1),
        ("project.deleted", 1),
        ("service_account.deleted", 1),
        ("organization.deleted", 1),
    ] {
        assert_eq!(log.iter().filter(|known| *known == action).count(), times, "{action}: {log:?}");
    }
    test.sign_in(EMAILS[2], GOOD).await.unwrap();
    test.app.create_organization(&people[2], "Next", None).await.unwrap();
}

#[tokio::test]
async fn only_an_owner_with_the_name_and_a_fresh_proof_deletes() {
    let company = Company::new().await;
    let Company { test, organization, .. } = &company;
    assert_eq!(code(company.request(2).await), "refused", "a reader");
    assert_eq!(code(test.app.cancel_organization_deletion(&company.actor(2), organization).await), "refused");
    assert_eq!(code(test.app.organization_deletion(&company.actor(2), organization).await), "refused");
    let stranger = test.confirmed_user("eve@example.com").await;
    assert_eq!(code(test.app.organization_deletion(&Actor::Person(stranger), organization).await), "not_found");
    let session = company.session(0).await;
    for wrong in ["", "Harbour", "harbour works"] {
        let refused = test.app.request_organization_deletion(&session, organization, wrong).await;
        assert_eq!(code(refused), "organization_name_differs", "{wrong:?}");
    }
    test.advance(600);
    let late = test.app.request_organization_deletion(&session, organization, "Harbour Works").await;
    assert_eq!(code(late), "reauthentication_needed");
    let due = company.request(0).await.unwrap();
    // Another owner cancels; jobs of the cancelled request do nothing, also after another one.
    test.mails().await;
    test.app.cancel_organization_deletion(&company.actor(1), organization).await.unwrap();
    test.app.cancel_organization_deletion(&company.actor(1), organization).await.unwrap();
    let mails = test.mails().await;
    assert_eq!(mails.iter().filter(|mail| mail.1 == "An organization stays").count(), 2, "{mails:?}");
    assert!(mails[0].2.contains("ben canceled"), "{mails:?}");
    test.advance(DAY);
    let later = company.request(1).await.unwrap();
    assert!(later > due);
    test.advance(WAIT - DAY);
    test.mails().await;
    assert!(!company.is_deleted().await);
    test.advance(DAY);
    test.mails().await;
    assert!(company.is_deleted().await);
}

/// A member who enters wrong codes until the phone is locked does not stop the deletion.
#[tokio::test]
async fn a_locked_phone_does_not_stop_the_deletion() {
    let company = Company::new().await;
    let due = company.request(0).await.unwrap();
    company.test.advance(WAIT);
    company.lock_phone(due.plus(DAY)).await;
    company.test.mails().await;
    assert!(company.is_deleted().await);
    assert_eq!(company.test.store.dump().await.unwrap()["phone_verifications"].len(), 0);
}

/// The revisions that a mail waited for.
struct Waited(Mutex<Vec<i64>>);

impl Nodes for Waited {
    fn wait_for_revision(&self, revision: i64) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(revision);
        Box::pin(async {})
    }
}

/// The mails say that no key works any more, so they wait for the nodes that serve from memory; other mails do not.
#[tokio::test]
async fn mails_about_an_end_wait_for_the_nodes() {
    let company = Company::new().await;
    let test = &company.test;
    let waited = Arc::new(Waited(Mutex::default()));
    test.app.set_nodes(Arc::<Waited>::clone(&waited));
    company.request(0).await.unwrap();
    test.mails().await;
    assert_eq!(waited.0.lock().unwrap().len(), 0);
    test.advance(WAIT);
    assert_eq!(test.subjects().await, ["An organization was deleted"; 2]);
    let latest = test.store.read("latest", async |tx: &mut Tx| changes::latest(tx).await);
    let latest: Result<i64, keystead_store::Error> = latest.await;
    let latest = latest.unwrap();
    assert_eq!(*waited.0.lock().unwrap(), [latest; 2], "the last change of the deletion");
    let session = company.session(2).await;
    test.app.request_account_deletion(&session).await.unwrap();
    test.mails().await;
    test.advance(WAIT);
    assert_eq!(test.subjects().await, ["Your account was deleted"]);
    let waited = waited.0.lock().unwrap();
    assert!(waited.len() == 3 && waited[2] > latest, "{waited:?}");
}

/// Each request and each cancellation mails every owner, so requests are limited for one person and for the organization.
#[tokio::test]
async fn requests_to_delete_an_organization_are_limited() {
    let company = Company::new().await;
    let Company { test, organization, .. } = &company;
    let session = company.session(0).await;
    for _ in 0..10 {
        test.app.request_organization_deletion(&session, organization, "Harbour Works").await.unwrap();
        test.app.request_organization_deletion(&session, organization, "Harbour Works").await.unwrap();
        test.app.cancel_organization_deletion(&company.actor(1), organization).await.unwrap();
    }
    let refused = test.app.request_organization_deletion(&session, organization, "Harbour Works").await;
    assert_eq!(code(refused), "deletion_requests");
    assert_eq!(code(company.request(1).await), "deletion_requests", "another owner");
    test.advance(DAY + 1);
    company.request(1).await.unwrap();
}

/// A job that finds no open organization ends, and the request with it.
#[tokio::test]
async fn a_request_for_a_closed_organization_ends() {
    let company = Company::new().await;
    let Company { test, organization, .. } = &company;
    let (before, _) = test.app.waiting_jobs().await.unwrap();
    company.request(0).await.unwrap();
    test.mails().await;
    let (closed, at) = (organization.clone(), Timestamp(test.now()));
    let write = test
        .store
        .write("close", async move |tx: &mut Tx| organizations::set_deactivated(tx, &closed, Some(at), at).await);
    let done: Result<(), keystead_store::Error> = write.await;
    done.unwrap();
    test.advance(WAIT);
    assert_eq!(test.mails().await, []);
    let (waiting, _) = test.app.waiting_jobs().await.unwrap();
    assert!(waiting <= before, "{waiting} jobs wait, {before} before");
    assert_eq!(test.store.dump().await.unwrap()["organization_deletions"].len(), 0);
}

/// An account that waits for its organization names the date on which it is deleted, also when that date changes.
#[tokio::test]
async fn an_account_that_waits_has_a_true_date() {
    let company = Company::new().await;
    let Company { test, people, organization, .. } = &company;
    test.app.remove_member(&company.actor(0), organization, &people[1]).await.unwrap();
    let first = company.request(0).await.unwrap();
    let session = company.session(0).await;
    assert_eq!(test.app.request_account_deletion(&session).await.unwrap(), first);
    test.app.cancel_organization_deletion(&company.actor(0), organization).await.unwrap();
    let view = test.app.account_deletion(&people[0]).await.unwrap();
    assert!(view.blocked() && view.due_at == Some(first), "the page says what is missing: {view:?}");
    test.mails().await;
    // No other owner was made: the deletion is postponed, and a mail names the new date.
    test.advance(WAIT);
    let mails = test.mails().await;
    assert!(mails.iter().any(|mail| mail.1 == "Your account is about to be deleted"), "{mails:?}");
    let view = test.app.account_deletion(&people[0]).await.unwrap();
    assert_eq!(view.due_at, Some(Timestamp(test.now() + 7 * DAY)));
    // The organization is deleted after all, later than the account would be.
    let second = company.request(0).await.unwrap();
    test.advance(7 * DAY);
    test.mails().await;
    assert_eq!(test.app.account_deletion(&people[0]).await.unwrap().due_at, Some(second));
    test.advance(second.0 - test.now());
    test.mails().await;
    test.advance(60);
    test.mails().await;
    assert!(company.is_deleted().await);
    assert_eq!(code(test.sign_in(EMAILS[0], GOOD).await), "wrong_credentials");
}

/// An owner may request the deletion of their account while the organization that they alone own will be deleted.
#[tokio::test]
async fn an_account_follows_its_organization() {
    let company = Company::new().await;
    let Company { test, people, organization, .. } = &company;
    let acting = company.actor(0);
    test.app.remove_member(&acting, organization, &people[1]).await.unwrap();
    let session = company.session(0).await;
    assert_eq!(code(test.app.request_account_deletion(&session).await), "last_owner");
    company.request(0).await.unwrap();
    let session = company.session(0).await;
    test.app.request_account_deletion(&session).await.unwrap();
    test.app.cancel_organization_deletion(&acting, organization).await.unwrap();
    test.advance(WAIT);
    test.mails().await;
    test.sign_in(EMAILS[0], GOOD).await.unwrap();
    company.request(0).await.unwrap();
    test.advance(WAIT);
    test.mails().await;
    test.advance(DAY);
    test.mails().await;
    assert_eq!(code(test.sign_in(EMAILS[0], GOOD).await), "wrong_credentials");
}

/// A deletion that is interrupted at any of its statements changes nothing, and the next run completes it.
#[tokio::test]
async fn an_interrupted_deletion_of_an_organization_is_done_later() {
    let company = Company::new().await;
    let Company { test, .. } = &company;
    company.request(0).await.unwrap();
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
        let Contents { keys, members, invites, .. } = company.contents().await;
        let wanted = if company.is_deleted().await { (0, 0, 0) } else { (3, 3, 0) };
        assert_eq!((keys, members, invites), wanted, "{statement}");
        test.advance(3_600);
        test.mails().await;
        assert!(company.is_deleted().await, "{statement}");
        test.advance(-3_600);
    }
    assert!(faults > 40, "{faults}");
}

/// In its last hour a hold keeps nothing any more, because the next cleanup erases the pictures.
#[tokio::test]
async fn the_last_hour_of_a_hold_does_not_count() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 50).await;
    let case = world.case().await;
    let until = world.app.now().plus(60 * DAY);
    for name in ["bob", "eve"] {
        world.app.hold_evidence(&ops(name), &case, until, "a claim").await.unwrap();
    }
    world.advance(60 * DAY - 3_601);
    assert_eq!(world.app.organization_deletion(&ann, &one).await.unwrap().held_until, Some(until));
    world.advance(1);
    assert_eq!(world.app.organization_deletion(&ann, &one).await.unwrap().held_until, None);
}

/// Pictures that the law holds stay until the hold ends; the mail says so. Everything else ends on the date.
#[tokio::test]
async fn held_pictures_outlive_the_organization() {
    let world = ReviewWorld::new().await;
    let made = world.app.bootstrap("ann@example.com", "One", true).await.unwrap();
    let (ann, one) = (Actor::Person(made.user_id), made.organization_id);
    let link = token_in(made.sign_in_link.unwrap().expose());
    world.app.reset_password(&link, &secret(GOOD), &laptop()).await.unwrap();
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 50).await;
    let case = world.case().await;
    let until = world.app.now().plus(60 * DAY);
    for name in ["bob", "eve"] {
        world.app.hold_evidence(&ops(name), &case, until, "a claim").await.unwrap();
    }
    let session = world.app.sign_in("ann@example.com", &secret(GOOD), &laptop()).await.unwrap().session;
    world.app.request_organization_deletion(&session, &one, "One").await.unwrap();
    assert_eq!(world.app.organization_deletion(&ann, &one).await.unwrap().held_until, Some(until));
    world.advance(WAIT);
    let mails = world.whole_mails().await;
    let last = mails.iter().filter(|mail| mail.subject.contains("was deleted")).collect::<Vec<_>>();
    assert!(last.len() == 1 && last[0].text.contains("held by law until"), "{mails:?}");
    assert_eq!(world.app.organizations_of(ann.user().unwrap()).await.unwrap(), []);
    assert!(world.app.review_queue(&ops("bob")).await.unwrap().is_empty(), "no case waits");
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5, "held");
    world.app.end_evidence_hold(&ops("bob"), &case, "settled").await.unwrap();
    world.whole_mails().await;
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 0);
}
