//! Inviting people and making them members (S3-10).

use keystead_app::accounts::Context;
use keystead_app::audit::with_client_address;
use keystead_app::{Actor, App};
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::secret::Secret;

use crate::test_app::*;

const READER: OrganizationRole = OrganizationRole::Reader;

struct Firm {
    test: TestApp,
    ann: Actor,
    owner: UserId,
    id: OrganizationId,
    default: ProjectId,
}

impl Firm {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (owner, _) = test.signed_in_user("ann@example.com").await;
        let (id, default) = test.organization(&owner).await;
        Self { ann: Actor::Person(owner.clone()), test, owner, id, default }
    }

    fn app(&self) -> &App {
        &self.test.app
    }

    async fn invite(&self, email: &str) -> Secret<String> {
        self.app().invite_member(&self.ann, &self.id, email, READER, "en").await.unwrap();
        self.test.token().await
    }

    async fn works(&self, token: &Secret<String>) -> bool {
        self.app().find_invite(token).await.unwrap().is_some()
    }
}

/// S3-10: the mail names the organization, the person who invites, and how long the link works, in each language.
#[tokio::test]
async fn the_mail_names_organization_and_inviter() {
    let firm = Firm::new().await;
    for (language, email, days) in [
        ("en", "ben@example.com", "seven days"),
        ("pl", "cid@example.com", "siedem dni"),
        ("ja", "dan@example.com", "7日間"),
    ] {
        firm.app().invite_member(&firm.ann, &firm.id, email, READER, language).await.unwrap();
        let mails = firm.test.mails().await;
        let [(to, subject, text)] = &mails[..] else { panic!("{mails:?}") };
        assert!(to == email && subject.contains("Acme"), "{subject}");
        assert!(text.contains("Acme") && text.contains("ann") && text.contains(days), "{text}");
    }
}

/// S3-10: a new person signs up through the invitation: its link was mailed to the address, so nothing is left to
/// confirm.
#[tokio::test]
async fn an_invitation_is_a_way_to_sign_up() {
    let firm = Firm::new().await;
    let token = firm.invite("Ben@Example.com ").await;
    let shown = firm.app().find_invite(&token).await.unwrap();
    assert_eq!(shown, Some(("Acme".to_owned(), "ben@example.com".to_owned())));
    assert_eq!(
        code(firm.app().sign_up_with_invite(&token, &secret("ben@example.com"), &laptop()).await),
        "password_is_address"
    );
    let opened = firm.app().sign_up_with_invite(&token, &secret(GOOD), &laptop()).await.unwrap();
    let choices = firm.app().organizations_of(&opened.user).await.unwrap();
    assert_eq!((choices.len(), choices[0].id.clone(), choices[0].role), (1, firm.id.clone(), READER));
    let member = firm.app().member(&firm.ann, &firm.id, &opened.user).await.unwrap();
    assert_eq!(member.user.email, "ben@example.com");
    assert_eq!(member.user.default_organization.as_ref(), Some(&firm.id));
    assert!(firm.test.sign_in("ben@example.com", GOOD).await.is_ok(), "the address is confirmed by it");
    assert_eq!(code(firm.app().sign_up_with_invite(&token, &secret(OTHER), &laptop()).await), "invite_expired", "once");
    assert_eq!(code(firm.app().accept_invite(&opened.user, &token).await), "invite_expired");
    assert_eq!(firm.test.mails().await, []);
    let log = firm.test.log(&firm.id).await;
    assert_eq!(log[3..7], ["invite.sent", "user.added", "project.user.added", "invite.accepted"], "{log:?}");
    assert_eq!(code(firm.app().invite_member(&firm.ann, &firm.id, "ben@example.com", READER, "en").await), "conflict");
}

/// Bound to the address: the same person accepts, a look-alike address does not.
#[tokio::test]
async fn only_the_invited_address_accepts() {
    let firm = Firm::new().await;
    let ben = firm.test.confirmed_user("ben@example.com").await;
    let token = firm.invite("BEN@example.com").await;
    for alike in ["ben@exаmple.com", "ben+1@example.com", "be.n@example.com", "ben@example.com.test"] {
        let other = firm.test.confirmed_user(alike).await;
        assert_eq!(code(firm.app().accept_invite(&other, &token).await), "forbidden", "{alike}");
    }
    assert_eq!(code(firm.app().sign_up_with_invite(&token, &secret(OTHER), &laptop()).await), "sign_in_instead");
    assert!(firm.works(&token).await, "nothing of it spent the invitation");
    assert_eq!(firm.app().accept_invite(&ben, &token).await.unwrap(), firm.id);
    assert_eq!(code(firm.app().accept_invite(&ben, &token).await), "invite_expired");
    assert!(firm.test.sign_in("ben@example.com", GOOD).await.is_ok(), "the password stays the person's own");
}

/// A password typed for the address before does not survive signing up through the invitation.
#[tokio::test]
async fn joining_settles_an_unconfirmed_sign_up() {
    let firm = Firm::new().await;
    firm.app().sign_up("ben@example.com", &secret(OTHER), &Context::default()).await.unwrap();
    let confirm = firm.test.token().await;
    let token = firm.invite("ben@example.com").await;
    firm.app().sign_up_with_invite(&token, &secret(GOOD), &laptop()).await.unwrap();
    assert_eq!(code(firm.app().confirm_email(&confirm, &laptop()).await), "link_expired");
    assert_eq!(code(firm.test.sign_in("ben@example.com", OTHER).await), "wrong_credentials");
    assert!(firm.test.sign_in("ben@example.com", GOOD).await.is_ok());
}

/// ASVS 6.4.1: seven days; a link sent again or a new invitation replaces the previous one; a revoked one does not
/// work.
#[tokio::test]
async fn invitations_end() {
    let firm = Firm::new().await;
    let first = firm.invite("ben@example.com").await;
    let second = firm.invite("ben@example.com").await;
    assert!(!firm.works(&first).await && firm.works(&second).await);
    let open = firm.app().open_invites(&firm.ann, &firm.id).await.unwrap();
    assert_eq!(open.len(), 1);
    firm.test.advance(6 * DAY);
    firm.app().resend_invite(&firm.ann, &firm.id, open[0].id.as_str(), "pl").await.unwrap();
    let mails = firm.test.mails().await;
    assert!(mails[0].1.starts_with("Zaproszenie do organizacji"), "{}", mails[0].1);
    let third = token_in(&mails[0].2);
    assert!(!firm.works(&second).await, "the old link is dead");
    firm.test.advance(7 * DAY - 1);
    assert!(firm.works(&third).await, "a new week");
    firm.test.advance(1);
    assert!(!firm.works(&third).await);
    assert_eq!(code(firm.app().sign_up_with_invite(&third, &secret(GOOD), &laptop()).await), "invite_expired");
    firm.app().resend_invite(&firm.ann, &firm.id, open[0].id.as_str(), "en").await.unwrap();
    let fourth = firm.test.token().await;
    assert!(firm.works(&fourth).await);
    firm.app().revoke_invite(&firm.ann, &firm.id, open[0].id.as_str()).await.unwrap();
    assert_eq!(code(firm.app().sign_up_with_invite(&fourth, &secret(GOOD), &laptop()).await), "invite_expired");
    assert_eq!(code(firm.app().revoke_invite(&firm.ann, &firm.id, open[0].id.as_str()).await), "not_found");
    assert_eq!(code(firm.app().resend_invite(&firm.ann, &firm.id, open[0].id.as_str(), "en").await), "not_found");
}

/// No list means the Default project, an empty one means none; only the organization's own live projects, once each.
#[tokio::test]
async fn invitations_are_to_projects() {
    let firm = Firm::new().await;
    let project = async |name: &str| firm.app().create_project(&firm.ann, &firm.id, name).await.unwrap().id;
    let (one, two) = (project("one").await, project("two").await);
    let (cid, _) = firm.test.signed_in_user("cid@example.com").await;
    let (_, foreign) = firm.test.organization(&cid).await;
    let invite = async |wanted: Option<&[(ProjectId, ProjectRole)]>| {
        firm.app().invite_to_projects(&firm.ann, &firm.id, "ben@example.com", READER, wanted, Some("en")).await
    };
    let member = |id: &ProjectId| (id.clone(), ProjectRole::Member);
    assert_eq!(code(invite(Some(&[member(&foreign)])).await), "not_found", "another person's");
    assert_eq!(code(invite(Some(&[member(&one), member(&one)])).await), "projects");
    assert_eq!(code(invite(Some(&[(one.clone(), ProjectRole::Viewer)])).await), "projects");
    firm.app().archive_project(&firm.ann, &firm.id, &two).await.unwrap();
    assert_eq!(code(invite(Some(&[member(&two)])).await), "projects", "archived");
    assert_eq!(invite(Some(&[])).await.unwrap().projects, []);
    assert_eq!(invite(None).await.unwrap().projects, [member(&firm.default)]);
    firm.test.mails().await;

    let three = project("three").await;
    let wanted = [(one.clone(), ProjectRole::Owner), member(&three)];
    assert_eq!(invite(Some(&wanted)).await.unwrap().projects, wanted);
    let token = firm.test.token().await;
    firm.app().archive_project(&firm.ann, &firm.id, &three).await.unwrap();
    let opened = firm.app().sign_up_with_invite(&token, &secret(GOOD), &laptop()).await.unwrap();
    let choices = firm.app().organizations_of(&opened.user).await.unwrap();
    let reached: Vec<_> = choices[0].projects.iter().map(|choice| choice.id.clone()).collect();
    assert_eq!(reached, [firm.default.clone(), one], "their own and the Default project, nothing archived");
}

/// Only owners invite; another organization is answered like a missing one; an address gets five mails an hour.
#[tokio::test]
async fn invitations_need_a_permission_and_are_limited() {
    let firm = Firm::new().await;
    let token = firm.invite("ben@example.com").await;
    let ben = firm.app().sign_up_with_invite(&token, &secret(GOOD), &laptop()).await.unwrap().user;
    let cid = firm.test.confirmed_user("cid@example.com").await;
    for (actor, answer) in [(Actor::Person(ben), "refused"), (Actor::Person(cid), "not_found")] {
        let app = firm.app();
        assert_eq!(code(app.invite_member(&actor, &firm.id, "dan@example.com", READER, "en").await), answer);
        assert_eq!(code(app.resend_invite(&actor, &firm.id, "invite-x", "en").await), answer);
        assert_eq!(code(app.revoke_invite(&actor, &firm.id, "invite-x").await), answer);
    }
    assert_eq!(
        code(firm.app().invite_member(&firm.ann, &firm.id, "no address", READER, "en").await),
        "email_has_invisible_characters"
    );
    assert_eq!(
        code(firm.app().invite_member(&firm.ann, &firm.id, "ann@x..example", READER, "en").await),
        "email_domain_invalid"
    );
    for _ in 0..5 {
        firm.app().invite_member(&firm.ann, &firm.id, "eve@example.com", READER, "en").await.unwrap();
    }
    assert_eq!(
        code(firm.app().invite_member(&firm.ann, &firm.id, "eve@example.com", READER, "en").await),
        "account_mails"
    );
    assert_eq!(firm.app().open_invites(&firm.ann, &firm.id).await.unwrap().len(), 1, "and the last one still waits");
}

/// ASVS 2.4.1: invitations are mail to strangers: limited by sender, organization and network, with higher limits once
/// a phone is verified.
#[tokio::test]
async fn invitations_to_strangers_are_limited() {
    let firm = Firm::new().await;
    let invite = async |who: &Actor, organization: &OrganizationId, number: usize| {
        firm.app().invite_member(who, organization, &format!("stranger{number}@example.com"), READER, "en").await
    };
    let network = async |last: u16, who: &Actor, organization: &OrganizationId, number: usize| {
        let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 1, last, 0, 0, 0, 1);
        with_client_address(address.into(), invite(who, organization, number)).await
    };
    for number in 0..20 {
        network(1, &firm.ann, &firm.id, number).await.unwrap();
    }
    assert_eq!(code(network(1, &firm.ann, &firm.id, 20).await), "invites");
    assert_eq!(code(network(2, &firm.ann, &firm.id, 20).await), "invites", "from any address");
    let open = firm.app().open_invites(&firm.ann, &firm.id).await.unwrap();
    let again = firm.app().resend_invite(&firm.ann, &firm.id, open[0].id.as_str(), "en").await;
    assert_eq!(code(again), "invites", "sending again is a mail too");

    // Other accounts of the same network: each has its own twenty, all of them together a hundred a day.
    let mut sent = 20;
    'accounts: for account in 0_u16..10 {
        firm.test.mails().await;
        let (owner, _) = firm.test.signed_in_user(&format!("owner{account}@example.com")).await;
        let (organization, _) = firm.test.organization(&owner).await;
        for number in 0..20 {
            if network(
                100 + account,
                &Actor::Person(owner.clone()),
                &organization,
                1_000 + usize::from(account) * 20 + number,
            )
            .await
            .is_err()
            {
                break 'accounts;
            }
            sent += 1;
        }
    }
    assert_eq!(sent, 100);
    firm.test.mails().await;
    let (owner, _) = firm.test.signed_in_user("neighbour@example.com").await;
    let (organization, _) = firm.test.organization(&owner).await;
    let elsewhere = std::net::Ipv4Addr::new(192, 0, 2, 7);
    let fine = with_client_address(elsewhere.into(), invite(&Actor::Person(owner), &organization, 5_000)).await;
    assert!(fine.is_ok(), "another network is not affected");

    firm.test.advance(DAY);
    let open = firm.app().open_invites(&firm.ann, &firm.id).await.unwrap().len();
    assert_eq!(open, 20, "nothing was lost");
    assert!(network(1, &firm.ann, &firm.id, 6_000).await.is_ok());
}

/// The last owner stays; everybody else can be changed and removed, and loses access at once.
#[tokio::test]
async fn an_organization_keeps_an_owner() {
    let firm = Firm::new().await;
    let app = firm.app();
    let token = firm.invite("ben@example.com").await;
    let ben = app.sign_up_with_invite(&token, &secret(GOOD), &laptop()).await.unwrap().user;
    let demote = async |id: &UserId| app.change_member_role(&firm.ann, &firm.id, id, READER).await;
    assert_eq!(code(demote(&firm.owner).await), "last_owner");
    assert_eq!(code(app.remove_member(&firm.ann, &firm.id, &firm.owner).await), "last_owner");
    let by_ben = Actor::Person(ben.clone());
    assert_eq!(code(app.change_member_role(&by_ben, &firm.id, &ben, OrganizationRole::Owner).await), "refused");
    app.change_member_role(&firm.ann, &firm.id, &ben, OrganizationRole::Owner).await.unwrap();
    app.remove_member(&by_ben, &firm.id, &firm.owner).await.unwrap();
    assert_eq!(code(demote(&ben).await), "not_found", "out at once");
    assert_eq!(code(app.change_member_role(&by_ben, &firm.id, &ben, READER).await), "last_owner");
    assert_eq!(app.organizations_of(&firm.owner).await.unwrap(), []);
    let log = firm.test.log(&firm.id).await;
    assert!(log.ends_with(&["user.updated".to_owned(), "user.deleted".to_owned()]), "{log:?}");
}
