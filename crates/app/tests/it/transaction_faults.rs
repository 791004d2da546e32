//! A use case is all or nothing: a fault at any of its statements, or at its commit, leaves no change, no audit row and
//! no queued job; without a fault all three are there (ASVS 2.3.3).

use std::collections::BTreeMap;

use keystead_app::accounts::Context;
use keystead_app::keys::NewKey;
use keystead_app::projects::service_accounts::NewServiceAccount;
use keystead_app::roles::{self, NewRole, RoleChange};
use keystead_app::{Actor, Error};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, PresetRole, Principal, ProjectRole};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::limit_hits;

use crate::second_factor::Phone;
use crate::test_app::*;

type Dump = BTreeMap<String, Vec<String>>;

/// What a use case writes outside its one transaction: attempts are counted before they are judged.
const COUNTED_APART: [&str; 1] = ["limit_hits"];

struct Injector {
    test: TestApp,
    faults: u64,
    acts: u64,
}

impl Injector {
    async fn dump(&self) -> Dump {
        let mut dump = self.test.store.dump().await.unwrap();
        for table in COUNTED_APART {
            dump.remove(table);
        }
        dump
    }

    /// Removes counted attempts, so that they do not refuse the next round.
    async fn forget_tries(&self) {
        let now = Timestamp(self.test.now() + 1);
        let forget = async move |tx: &mut Tx| {
            for name in ["sign_in", "second_factor", "account_mails"] {
                limit_hits::delete_of(tx, name, now).await?;
            }
            Ok::<_, keystead_store::Error>(())
        };
        self.test.store.write("forget", forget).await.unwrap();
    }

    /// Runs an act with a fault at its first statement, its second, and so on, until it succeeds; returns its result.
    /// Each act must write an audit row (`logged`), or none.
    async fn each<T>(&mut self, name: &str, logged: bool, act: impl AsyncFn() -> Result<T, Error>) -> T {
        let before = self.dump().await;
        for statement in 1..400 {
            self.test.store.fail_at(Some(statement));
            let done = act().await;
            self.test.store.fail_at(None);
            let after = self.dump().await;
            match done {
                Ok(value) => {
                    let rows = |dump: &Dump| dump["audit_events"].len();
                    assert_eq!(rows(&after) > rows(&before), logged, "{name}: the log");
                    assert_ne!(after, before, "{name} did nothing");
                    self.acts += 1;
                    return value;
                }
                Err(error) => {
                    self.faults += 1;
                    self.forget_tries().await;
                    assert!(matches!(error, Error::Internal(_) | Error::Unavailable), "{name}: {error:?}");
                    for (table, rows) in &after {
                        assert_eq!(rows, &before[table], "{name}: {table} after a fault at statement {statement}");
                    }
                }
            }
        }
        panic!("{name} never passes");
    }
}

struct Place {
    ann: UserId,
    actor: Actor,
    organization: OrganizationId,
    project: ProjectId,
    operator: Actor,
}

async fn place() -> (Injector, Place, Secret<String>) {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let operator = Actor::operator("anna");
    test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "trusted").await.unwrap();
    test.mails().await;
    let place = Place { actor: Actor::Person(ann.clone()), ann, organization, project, operator };
    (Injector { test, faults: 0, acts: 0 }, place, here.session)
}

/// Groups, custom roles, and who holds them.
async fn roles_and_groups(all: &mut Injector, place: &Place, ben: &UserId) {
    let app = all.test.app.clone();
    let (actor, organization) = (&place.actor, &place.organization);
    let here = roles::Place { organization, project: None };
    let there = roles::Place { organization, project: Some(&place.project) };
    let group = all.each("create_group", true, async || app.create_group(actor, organization, "team").await).await;
    let id = &group.id;
    all.each("rename_group", true, async || app.rename_group(actor, organization, id, "others").await).await;
    all.each("add_group_member", true, async || app.add_group_member(actor, organization, id, ben).await).await;
    let asked =
        || NewRole { name: "usage".to_owned(), permissions: vec!["api.usage.read".to_owned()], description: None };
    let role = all.each("create_role", true, async || app.create_role(actor, here, asked()).await).await.id.to_string();
    let change = || RoleChange { permissions: Some(Vec::new()), ..RoleChange::default() };
    all.each("update_role", true, async || app.update_role(actor, here, &role, change()).await).await;
    let (team, person) = (Principal::Group(id.clone()), Principal::User(ben.clone()));
    for holder in [&team, &person] {
        all.each("assign_role", true, async || app.assign_role(actor, here, holder, &role).await).await;
    }
    let owner = PresetRole::OrganizationOwner.id();
    all.each("unassign_role", true, async || app.unassign_role(actor, here, &person, owner).await).await;
    all.each("assign_role", true, async || app.assign_role(actor, here, &person, owner).await).await;
    let member = PresetRole::ProjectMember.id();
    all.each("add_project_group", true, async || {
        app.add_project_group(actor, organization, &place.project, (id, member)).await
    })
    .await;
    all.each("remove_project_group", true, async || {
        app.remove_project_group(actor, organization, &place.project, id).await
    })
    .await;
    let viewer = PresetRole::ProjectViewer.id();
    all.each("assign_role", true, async || app.assign_role(actor, there, &person, viewer).await).await;
    all.each("unassign_role", true, async || app.unassign_role(actor, there, &person, viewer).await).await;
    all.each("remove_group_member", true, async || app.remove_group_member(actor, organization, id, ben).await).await;
    all.each("delete_role", true, async || app.delete_role(actor, here, &role).await).await;
    all.each("delete_group", true, async || app.delete_group(actor, organization, id).await).await;
}

/// ASVS 2.3.3: accounts, passwords, second factors, addresses, sessions.
#[tokio::test]
async fn a_fault_at_each_statement_of_accounts() {
    let (mut all, place, session) = place().await;
    let app = all.test.app.clone();
    all.each("request_reset", false, async || app.request_reset("ann@example.com", &laptop()).await).await;
    let link = all.test.token().await;
    let choose = async || app.reset_password(&link, &secret(OTHER), &laptop()).await;
    drop(session);
    let session = all.each("reset_password", true, choose).await.session;
    all.test.mails().await;
    let opened =
        all.each("sign_in", true, async || app.sign_in("ann@example.com", &secret(OTHER), &laptop()).await).await;
    let id = app.session(&opened.session).await.unwrap().unwrap().id;
    all.each("end_session", true, async || app.end_session(&place.ann, id.as_str()).await).await;
    app.sign_in("ann@example.com", &secret(OTHER), &laptop()).await.unwrap();
    all.each("end_other_sessions", true, async || app.end_other_sessions(&place.ann, &session).await).await;
    let change = async || app.change_password(&session, &secret(OTHER), &secret(GOOD)).await;
    let session = all.each("change_password", true, change).await.session;
    let begun = all.each("enrol_second_factor", false, async || app.enrol_second_factor(&session).await).await;
    let (phone, now) = (Phone::new(&begun), all.test.now());
    let confirm = async || app.confirm_second_factor(&session, &begun_code(&phone, now)).await;
    let (_, opened) = all.each("confirm_second_factor", true, confirm).await;
    let session = opened.session;
    all.each("renew_recovery_codes", true, async || app.renew_recovery_codes(&session).await).await;
    all.test.advance(30);
    let now = all.test.now();
    let waiting = app.sign_in("ann@example.com", &secret(GOOD), &laptop()).await.unwrap().session;
    let prove = async || app.prove_second_factor(&waiting, &begun_code(&phone, now), &laptop()).await;
    all.each("prove_second_factor", true, prove).await;
    let session =
        all.each("disable_second_factor", true, async || app.disable_second_factor(&session).await).await.session;
    all.each("request_address", false, async || app.request_address(&session, "new@example.com", &laptop()).await)
        .await;
    all.test.mails().await;
    app.request_address(&session, "newer@example.com", &laptop()).await.unwrap();
    let mails = all.test.mails().await;
    let link = token_in(&mails.last().unwrap().2);
    all.each("confirm_address", true, async || app.confirm_address(&link, None).await).await;
    all.test.mails().await;
    all.each("sign_up", false, async || app.sign_up("new@example.com", &secret(GOOD), &Context::default()).await).await;
    let link = all.test.token().await;
    all.each("confirm_email", false, async || app.confirm_email(&link, &laptop()).await).await;
    assert!(all.faults > 150 && all.acts >= 14, "{} faults in {} acts", all.faults, all.acts);
}

fn begun_code(phone: &Phone, now: i64) -> String {
    phone.code(now)
}

/// ASVS 2.3.3: organizations, people, projects, keys, and what operators do.
#[tokio::test]
async fn a_fault_at_each_statement_of_organizations() {
    let (mut all, place, _) = place().await;
    let app = all.test.app.clone();
    let Place { ann, actor, organization, project, operator } = &place;
    let none = NewKey::default;

    all.each("create_organization", true, async || app.create_organization(ann, "Second", None).await).await;
    all.each("rename_organization", true, async || app.rename_organization(actor, organization, "Renamed").await).await;
    let made = all.each("create_project", true, async || app.create_project(actor, organization, "Two").await).await;
    all.each("update_project", true, async || app.update_project(actor, organization, &made.id, Some("Three")).await)
        .await;
    let reader = OrganizationRole::Reader;
    all.each("invite", true, async || app.invite_member(actor, organization, "ben@example.com", reader, "en").await)
        .await;
    let link = all.test.token().await;
    let ben =
        all.each("join", true, async || app.sign_up_with_invite(&link, &secret(GOOD), &laptop()).await).await.user;
    let invited = all
        .each("invite again", true, async || {
            app.invite_member(actor, organization, "cid@example.com", reader, "en").await
        })
        .await;
    all.each("resend_invite", true, async || app.resend_invite(actor, organization, invited.id.as_str(), "en").await)
        .await;
    all.each("revoke_invite", true, async || app.revoke_invite(actor, organization, invited.id.as_str()).await).await;
    all.test.mails().await;
    let roles = [(made.id.clone(), Some(ProjectRole::Member))];
    all.each("change_project_roles", true, async || app.change_project_roles(actor, organization, &ben, &roles).await)
        .await;
    let owner = OrganizationRole::Owner;
    all.each("change_member_role", true, async || app.change_member_role(actor, organization, &ben, owner).await).await;

    let person = Actor::Person(ben.clone());
    all.each("create_project_key", true, async || {
        app.create_project_key(&person, organization, project, &none()).await
    })
    .await;
    all.each("create_admin_key", true, async || app.create_admin_key(&person, organization, none()).await).await;
    all.each("create_user_key", true, async || app.create_user_key(&person, organization, &none()).await).await;
    let own = all
        .each("create own", true, async || app.create_project_key(actor, organization, project, &none()).await)
        .await
        .key
        .id;
    let rotated =
        all.each("rotate_key", true, async || app.rotate_key(actor, organization, project, &own, 60).await).await;
    all.each("revoke_key", true, async || app.revoke_key(actor, organization, project, &rotated.made.key.id).await)
        .await;
    roles_and_groups(&mut all, &place, &ben).await;
    all.each("remove_member", true, async || app.remove_member(actor, organization, &ben).await).await;
    let bot = all.each("create_service_account", true, async || {
        let asked = NewServiceAccount { name: "bot".to_owned(), key: Some(none()) };
        app.create_service_account(actor, organization, &made.id, asked).await
    });
    let bot = bot.await;
    all.each("delete_service_account", true, async || {
        app.delete_service_account(actor, organization, &made.id, &bot.0.id).await
    })
    .await;
    all.each("archive_project", true, async || app.archive_project(actor, organization, &made.id).await).await;

    let until = Some(Timestamp(all.test.now() + DAY));
    for requirement in Requirement::ALL {
        all.each("waive", true, async || {
            app.waive_requirement(operator, organization, requirement, until, "case 7").await
        })
        .await;
    }
    all.each("exempt_from_rules", true, async || app.exempt_from_rules(operator, organization, until, "trial").await)
        .await;
    all.each("end_exemption", true, async || app.end_exemption(operator, organization, "over").await).await;
    let read = app.policy(operator).await.unwrap();
    all.each("save_policy", false, async || {
        app.save_policy(operator, read.policy.rules.clone(), read.version, "again").await
    })
    .await;
    all.each("decide_without_service", false, async || {
        app.decide_without_service(operator, Requirement::Phone, true, "no exceptions").await
    })
    .await;
    assert!(all.faults > 300 && all.acts >= 27, "{} faults in {} acts", all.faults, all.acts);
}
