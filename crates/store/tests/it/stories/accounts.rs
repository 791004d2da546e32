//! Accounts, sessions, one-time links and invitations.

use keystead_core::id::UserId;
use keystead_core::notification::Notification;
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_store::Error;
use keystead_store::tables::account_deletions::AccountDeletion;
use keystead_store::tables::accounts::{Account, Token};
use keystead_store::tables::invites::Invite;
use keystead_store::tables::passkeys::Passkey;
use keystead_store::tables::phones::{self, PhoneNumber};
use keystead_store::tables::sessions::{Acquaintance, Session};
use keystead_store::tables::{
    account_deletions, accounts, audit, directory, invites, memberships, passkeys, personal_data, sessions, users,
};

use crate::world::*;

pub(crate) fn account(user: &UserId) -> Account {
    Account {
        user: user.clone(),
        password: Some("$argon2id$x".to_owned()),
        password_changed_at: Some(NOW),
        confirmed_at: None,
        language: "pl".to_owned(),
        theme: String::new(),
        time_zone: String::new(),
        describes: None,
        totp_sealed: None,
        totp_confirmed_at: None,
        totp_last_step: 0,
        muted_mails: Vec::new(),
    }
}

pub(crate) async fn accounts(db: Database) {
    let (_, _, _, ann, ben, _) = seed(&db).await;
    let mut account = Account { time_zone: "Europe/Warsaw".to_owned(), ..account(&ann) };
    change!(db, |tx| accounts::save(tx, &account)).unwrap();
    account.confirmed_at = Some(later(1));
    account.totp_sealed = Some(vec![1]);
    account.totp_confirmed_at = Some(later(2));
    account.totp_last_step = 7;
    account.muted_mails = vec![Notification::Verification, Notification::Review];
    account.describes = Some("student".to_owned());
    change!(db, |tx| accounts::save(tx, &account)).unwrap();
    assert_eq!(look!(db, |tx| accounts::find(tx, &ann)).unwrap().as_ref(), Some(&account));
    assert_eq!(change!(db, |tx| accounts::lock(tx, &ann)).unwrap(), Some(account));
    assert_eq!(change!(db, |tx| accounts::lock(tx, &ben)).unwrap(), None);
    assert!(!change!(db, |tx| accounts::use_totp_step(tx, &ann, 7)).unwrap(), "a step works once");
    assert!(change!(db, |tx| accounts::use_totp_step(tx, &ann, 8)).unwrap());
    assert!(!change!(db, |tx| accounts::use_totp_step(tx, &ann, 7)).unwrap(), "and never after a later one");
    assert!(!change!(db, |tx| accounts::use_totp_step(tx, &ben, 1)).unwrap());
    assert_eq!(look!(db, |tx| accounts::find(tx, &ben)).unwrap(), None);

    change!(db, |tx| accounts::replace_recovery_codes(tx, &ann, &[vec![1], vec![2]])).unwrap();
    assert_eq!(look!(db, |tx| accounts::count_recovery_codes(tx, &ann)), Ok(2));
    change!(db, |tx| accounts::replace_recovery_codes(tx, &ann, &[vec![3]])).unwrap();
    assert_eq!(look!(db, |tx| accounts::count_recovery_codes(tx, &ann)), Ok(1));
    assert_eq!(look!(db, |tx| accounts::count_recovery_codes(tx, &ben)), Ok(0));
    assert!(!change!(db, |tx| accounts::use_recovery_code(tx, &ann, &[1])).unwrap());
    assert!(!change!(db, |tx| accounts::use_recovery_code(tx, &ben, &[3])).unwrap(), "another person's");
    assert!(change!(db, |tx| accounts::use_recovery_code(tx, &ann, &[3])).unwrap());
    assert!(!change!(db, |tx| accounts::use_recovery_code(tx, &ann, &[3])).unwrap(), "works once");

    let token = |digest: u8, purpose: &str| Token {
        digest: vec![digest],
        purpose: purpose.to_owned(),
        user: Some(ann.clone()),
        payload: "{}".to_owned(),
        created_at: NOW,
        expires_at: later(60),
        used_at: None,
    };
    for (digest, purpose) in [(1, "confirm"), (2, "reset"), (3, "reset")] {
        change!(db, |tx| accounts::insert_token(tx, &token(digest, purpose))).unwrap();
    }
    assert_eq!(look!(db, |tx| accounts::find_token(tx, "confirm", &[1], NOW)).unwrap(), Some(token(1, "confirm")));
    assert_eq!(look!(db, |tx| accounts::find_token(tx, "reset", &[1], NOW)).unwrap(), None, "for something else");
    assert_eq!(look!(db, |tx| accounts::find_token(tx, "confirm", &[1], later(60))).unwrap(), None, "ran out");
    let live = look!(db, |tx| accounts::list_tokens_of(tx, &ann, "reset", NOW)).unwrap();
    assert_eq!(live, [token(2, "reset"), token(3, "reset")]);
    assert_eq!(look!(db, |tx| accounts::list_tokens_of(tx, &ann, "reset", later(60))).unwrap(), [], "ran out");
    assert_eq!(look!(db, |tx| accounts::list_tokens_of(tx, &ben, "reset", NOW)).unwrap(), [], "another person's");
    assert!(change!(db, |tx| accounts::use_token(tx, &[1], NOW)).unwrap());
    assert!(!change!(db, |tx| accounts::use_token(tx, &[1], NOW)).unwrap(), "works once");
    assert_eq!(change!(db, |tx| accounts::use_tokens_of(tx, &ann, "reset", NOW)), Ok(2));
    assert_eq!(change!(db, |tx| accounts::delete_tokens(tx, later(61))), Ok(3));

    change!(db, |tx| accounts::save_identity(tx, "https://issuer", "s1", &ann, NOW)).unwrap();
    change!(db, |tx| accounts::save_identity(tx, "https://issuer", "s1", &ben, NOW)).unwrap();
    assert_eq!(look!(db, |tx| accounts::find_identity(tx, "https://issuer", "s1")).unwrap().as_ref(), Some(&ann));
    let known = look!(db, |tx| accounts::list_identities(tx, &ann)).unwrap();
    assert_eq!(known, [("https://issuer".to_owned(), NOW)]);
    assert_eq!(look!(db, |tx| accounts::list_identities(tx, &ben)).unwrap(), []);
    assert_eq!(change!(db, |tx| accounts::delete_identities(tx, &ben, "https://issuer")), Ok(0), "another person's");
    assert_eq!(change!(db, |tx| accounts::delete_identities(tx, &ann, "https://other")), Ok(0));
    assert_eq!(look!(db, |tx| accounts::find_identity(tx, "https://other", "s1")).unwrap(), None);
    assert_eq!(change!(db, |tx| accounts::delete_identities(tx, &ann, "https://issuer")), Ok(1));
    assert_eq!(look!(db, |tx| accounts::find_identity(tx, "https://issuer", "s1")).unwrap(), None);
}

/// People who signed up and never confirmed are deleted; people with a membership or a confirmed address stay.
pub(crate) async fn unconfirmed(db: Database) {
    let (_, _, _, ann, ..) = seed(&db).await;
    let stranger = |name: &str, at: i64| users::User {
        id: id(&format!("user-{name}")),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        created_at: later(at),
        default_organization: None,
        deactivated_at: None,
    };
    for (name, at, confirmed) in [("old", 0, false), ("late", 50, false), ("known", 0, true)] {
        let row = stranger(name, at);
        change!(db, |tx| users::insert(tx, &row)).unwrap();
        let row = Account { confirmed_at: confirmed.then_some(NOW), ..account(&row.id) };
        change!(db, |tx| accounts::save(tx, &row)).unwrap();
    }
    change!(db, |tx| accounts::save(tx, &account(&ann))).unwrap();
    let old = stranger("old", 0).id;
    assert_eq!(look!(db, |tx| accounts::list_unconfirmed(tx, later(50))), Ok(vec![old.clone()]));
    let link = Token {
        digest: vec![7],
        purpose: "confirm".to_owned(),
        user: Some(old.clone()),
        payload: "{}".to_owned(),
        created_at: NOW,
        expires_at: later(60),
        used_at: None,
    };
    change!(db, |tx| accounts::insert_token(tx, &link)).unwrap();
    assert_eq!(look!(db, |tx| accounts::list_unconfirmed(tx, later(50))), Ok(vec![]), "its link still works");
    assert!(change!(db, |tx| accounts::use_token(tx, &[7], NOW)).unwrap());
    assert_eq!(change!(db, |tx| accounts::delete_unconfirmed(tx, &old)), Ok(true));
    assert_eq!(change!(db, |tx| accounts::delete_unconfirmed(tx, &stranger("known", 0).id)), Ok(false));
    assert_eq!(look!(db, |tx| users::find(tx, &old)), Ok(None));
    assert!(look!(db, |tx| users::find(tx, &stranger("known", 0).id)).unwrap().is_some());
}

pub(crate) async fn sessions(db: Database) {
    let (_, _, _, ann, ben, _) = seed(&db).await;
    let session = |digest: u8, at: i64| Session {
        digest: vec![digest],
        id: id(&format!("sess_{digest}")),
        user: ann.clone(),
        csrf: "c".to_owned(),
        created_at: NOW,
        seen_at: later(at),
        expires_at: later(1_000),
        reauthenticated_at: NOW,
        device: "Firefox".to_owned(),
        network: String::new(),
        revoked_at: None,
        by_passkey: digest == 2,
    };
    for (digest, at) in [(1, 0), (2, 5), (3, 9)] {
        change!(db, |tx| sessions::insert(tx, &session(digest, at))).unwrap();
    }
    assert_eq!(look!(db, |tx| sessions::find(tx, &[1], later(1), later(-1))).unwrap(), Some(session(1, 0)));
    assert_eq!(look!(db, |tx| sessions::find(tx, &[1], later(1), NOW)).unwrap(), None, "idle for too long");
    assert_eq!(look!(db, |tx| sessions::find(tx, &[1], later(1_000), later(-1))).unwrap(), None, "too old");
    // The caller that a session is in a project, as long as the session lives.
    let (first, x1) = (id("sess_1"), id("proj_x1"));
    let caller = look!(db, |tx| directory::find_session_caller(tx, &first, &x1, later(1), later(-1)));
    let caller = caller.unwrap().unwrap();
    assert_eq!((caller.key.as_str(), caller.owner.as_str()), ("key_playground_ann", "user-ann"));
    let reached = &caller.organizations[0];
    assert_eq!((reached.id.as_str(), reached.role), ("org-one", Some(OrganizationRole::Owner)));
    assert_eq!(reached.projects[0].id, x1);
    for (name, project, now, idle_since) in [
        ("sess_1", "proj_x1", later(1), NOW),
        ("sess_1", "proj_x1", later(1_000), later(-1)),
        ("sess_1", "proj_none", later(1), later(-1)),
        ("sess_9", "proj_x1", later(1), later(-1)),
    ] {
        let found =
            look!(db, |tx| directory::find_session_caller(tx, &id(name), &id(project), now, idle_since)).unwrap();
        assert_eq!(found, None, "{name} {project}");
    }
    for (name, now, idle_since, found) in [
        ("sess_1", later(1), later(-1), Some(session(1, 0))),
        ("sess_1", later(1), NOW, None),
        ("sess_1", later(1_000), later(-1), None),
        ("sess_9", later(1), later(-1), None),
    ] {
        assert_eq!(
            look!(db, |tx| sessions::find_live(tx, &id(name), now, idle_since)).unwrap(),
            found,
            "{name} {now:?}"
        );
    }
    change!(db, |tx| sessions::touch(tx, &[1], later(20))).unwrap();
    change!(db, |tx| sessions::reauthenticate(tx, &[1], later(21))).unwrap();
    let ids: Vec<String> =
        look!(db, |tx| sessions::list(tx, &ann, NOW)).unwrap().into_iter().map(|row| row.id.to_string()).collect();
    assert_eq!(ids, ["sess_1", "sess_3", "sess_2"]);
    for (device, network, same_network, same_device) in
        [("Firefox", "", 3, 3), ("Edge", "", 3, 0), ("Firefox", "192.0.2.0/24", 0, 0)]
    {
        let known = look!(db, |tx| sessions::find_acquaintance(tx, &ann, device, network)).unwrap();
        assert_eq!(known, Acquaintance { sessions: 3, same_network, same_device });
    }
    let unknown = look!(db, |tx| sessions::find_acquaintance(tx, &ben, "Firefox", "")).unwrap();
    assert_eq!(unknown, Acquaintance::default());
    assert!(!change!(db, |tx| sessions::revoke(tx, &ben, &id("sess_1"), NOW)).unwrap(), "another person's");
    assert!(change!(db, |tx| sessions::revoke(tx, &ann, &id("sess_3"), NOW)).unwrap());
    assert_eq!(look!(db, |tx| sessions::find_live(tx, &id("sess_3"), NOW, later(-1))).unwrap(), None, "ended");
    assert_eq!(change!(db, |tx| sessions::revoke_others(tx, &ann, &[1], NOW)), Ok(1));
    assert_eq!(look!(db, |tx| sessions::list(tx, &ann, NOW)).unwrap().len(), 1);
    assert_eq!(change!(db, |tx| sessions::delete_old(tx, later(1))), Ok(2));
}

pub(crate) async fn invitations(db: Database) {
    let (one, project, ..) = seed(&db).await;
    let two = id("org-two");
    let invite = |name: &str, digest: u8| Invite {
        id: id(name),
        organization: one.clone(),
        email: "dan@example.com".to_owned(),
        role: OrganizationRole::Reader,
        digest: vec![digest],
        invited_by: Some(id("user-ann")),
        created_at: NOW,
        expires_at: later(60),
        accepted_at: None,
        revoked_at: None,
        projects: vec![(project.clone(), ProjectRole::Viewer)],
    };
    for (name, digest) in [("invite-a", 1), ("invite-b", 2)] {
        change!(db, |tx| invites::insert(tx, &invite(name, digest))).unwrap();
    }
    assert_eq!(look!(db, |tx| invites::find(tx, &[1])).unwrap(), Some(invite("invite-a", 1)));
    assert!(!change!(db, |tx| invites::accept(tx, &id("invite-a"), later(60))).unwrap(), "ran out");
    assert!(change!(db, |tx| invites::accept(tx, &id("invite-a"), later(1))).unwrap());
    assert!(!change!(db, |tx| invites::accept(tx, &id("invite-a"), later(1))).unwrap(), "once");
    assert!(!change!(db, |tx| invites::revoke(tx, &one, &id("invite-a"), later(1))).unwrap());
    assert_eq!(look!(db, |tx| invites::list_open(tx, &one)).unwrap(), [invite("invite-b", 2)]);
    assert_eq!(
        change!(db, |tx| invites::update_email(tx, "dan@example.com", "dan@example.net")),
        Ok(1),
        "accepted ones"
    );
    let accepted = look!(db, |tx| invites::find(tx, &[1])).unwrap().unwrap();
    assert_eq!((accepted.email.as_str(), accepted.accepted_at), ("dan@example.net", Some(later(1))));
    assert_eq!(look!(db, |tx| invites::find_open(tx, &one, &id("invite-a"))).unwrap(), None, "accepted");
    assert_eq!(look!(db, |tx| invites::find_open(tx, &two, &id("invite-b"))).unwrap(), None, "another person's");
    assert!(!change!(db, |tx| invites::renew(tx, &two, &id("invite-b"), &[9], later(90))).unwrap(), "another person's");
    assert!(!change!(db, |tx| invites::renew(tx, &one, &id("invite-a"), &[9], later(90))).unwrap(), "accepted");
    assert!(change!(db, |tx| invites::renew(tx, &one, &id("invite-b"), &[9], later(90))).unwrap());
    let ids =
        |page: &keystead_store::Listing<Invite>| page.data.iter().map(|row| row.id.to_string()).collect::<Vec<_>>();
    let page = look!(db, |tx| invites::list(tx, &one, &first(1))).unwrap();
    assert_eq!((ids(&page), page.has_more), (vec!["invite-a".to_owned()], true), "the accepted one too");
    assert_eq!(look!(db, |tx| invites::list(tx, &two, &first(9))).unwrap().data, []);
    let kept = look!(db, |tx| invites::find_kept(tx, &one, &id("invite-a"))).unwrap().unwrap();
    assert_eq!(kept.accepted_at, Some(later(1)));
    assert_eq!(look!(db, |tx| invites::find_kept(tx, &two, &id("invite-a"))).unwrap(), None, "another person's");
    let renewed = Invite { expires_at: later(90), ..invite("invite-b", 9) };
    assert_eq!(look!(db, |tx| invites::find_open(tx, &one, &id("invite-b"))).unwrap(), Some(renewed));
    assert_eq!(look!(db, |tx| invites::find(tx, &[2])).unwrap(), None, "the old link is dead");
    assert!(change!(db, |tx| invites::revoke(tx, &one, &id("invite-b"), later(1))).unwrap());
    assert_eq!(look!(db, |tx| invites::list_open(tx, &one)).unwrap(), []);
    assert_eq!(look!(db, |tx| invites::find_kept(tx, &one, &id("invite-b"))).unwrap(), None, "revoked");
    let page = look!(db, |tx| invites::list(tx, &one, &after("invite-b", 9))).unwrap();
    assert_eq!((ids(&page), page.has_more), (vec![], false), "a revoked one is hidden, and still a cursor");
    assert!(!change!(db, |tx| invites::revoke(tx, &two, &id("invite-b"), later(1))).unwrap(), "another person's");
    let names = ["invite-a", "invite-b", "invite-no"].map(str::to_owned);
    let invited = look!(db, |tx| audit::invited_addresses(tx, &one, &names)).unwrap();
    assert_eq!((invited.len(), invited[0].1.as_str()), (2, "dan@example.net"), "that of the account");
    assert_eq!(look!(db, |tx| audit::invited_addresses(tx, &two, &names)).unwrap(), []);
    assert_eq!(change!(db, |tx| invites::delete_old(tx, later(1))), Ok(0));
    assert_eq!(change!(db, |tx| invites::delete_old(tx, later(2))), Ok(1), "the revoked one");
    assert_eq!(look!(db, |tx| invites::list(tx, &one, &first(9))).unwrap().data.len(), 1, "the accepted one stays");
}

pub(crate) async fn passkeys(db: Database) {
    let (_, _, _, ann, ben, _) = seed(&db).await;
    let passkey = |name: &str, user: &UserId, at: i64| Passkey {
        id: name.to_owned(),
        user: user.clone(),
        name: format!("{name}'s \"laptop\""),
        credential: "{}".to_owned(),
        created_at: later(at),
        used_at: None,
    };
    for row in [passkey("b", &ann, 0), passkey("a", &ann, 1), passkey("c", &ben, 2)] {
        change!(db, |tx| passkeys::insert(tx, &row)).unwrap();
    }
    let stolen = change!(db, |tx| passkeys::insert(tx, &passkey("c", &ann, 3)));
    assert_eq!(stolen, Err(Error::Conflict("passkeys")), "for any owner");
    assert_eq!(look!(db, |tx| passkeys::find(tx, "c")).unwrap(), Some(passkey("c", &ben, 2)));
    assert_eq!(look!(db, |tx| passkeys::find(tx, "d")).unwrap(), None);
    change!(db, |tx| passkeys::update_used(tx, "a", "{\"counter\":1}", later(9))).unwrap();
    let used = Passkey { credential: "{\"counter\":1}".to_owned(), used_at: Some(later(9)), ..passkey("a", &ann, 1) };
    assert_eq!(look!(db, |tx| passkeys::list_of_user(tx, &ann)).unwrap(), [passkey("b", &ann, 0), used]);
    assert_eq!(change!(db, |tx| passkeys::delete(tx, &ben, "a")), Ok(false), "another person's");
    assert_eq!(change!(db, |tx| passkeys::delete(tx, &ann, "a")), Ok(true));
    assert_eq!(change!(db, |tx| passkeys::delete(tx, &ann, "a")), Ok(false));
}

pub(crate) async fn deletions(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    let row = |user: &UserId, at: i64| AccountDeletion {
        user: user.clone(),
        requested_at: later(at),
        due_at: later(at + 100),
    };
    assert!(look!(db, |tx| memberships::is_only_owner(tx, &one, &ann)).unwrap());
    assert!(!look!(db, |tx| memberships::is_only_owner(tx, &one, &ben)).unwrap(), "a reader is no owner");
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ben, OrganizationRole::Owner, NOW)), Ok(true));
    assert!(!look!(db, |tx| memberships::is_only_owner(tx, &one, &ann)).unwrap());
    assert_eq!(change!(db, |tx| account_deletions::insert(tx, &row(&ben, 1))), Ok(true));
    assert_eq!(change!(db, |tx| account_deletions::insert(tx, &row(&ben, 2))), Ok(false));
    assert_eq!(look!(db, |tx| account_deletions::find(tx, &ben)), Ok(Some(row(&ben, 1))));
    assert_eq!(look!(db, |tx| account_deletions::find(tx, &ann)), Ok(None));
    // An owner whose account will be deleted is not one of the owners who stay.
    assert!(look!(db, |tx| memberships::is_only_owner(tx, &one, &ann)).unwrap());
    assert_eq!(change!(db, |tx| memberships::delete(tx, &one, &ann, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ann, OrganizationRole::Reader, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| account_deletions::delete(tx, &ben)), Ok(true));
    assert_eq!(change!(db, |tx| account_deletions::delete(tx, &ben)), Ok(false));
    assert_eq!(change!(db, |tx| account_deletions::insert(tx, &row(&ben, 3))), Ok(true));
    assert_eq!(change!(db, |tx| account_deletions::postpone(tx, &ben, later(1), later(900))), Ok(false));
    assert_eq!(change!(db, |tx| account_deletions::postpone(tx, &ben, later(3), later(900))), Ok(true));
    assert_eq!(look!(db, |tx| account_deletions::find(tx, &ben)).unwrap().unwrap().due_at, later(900));
    assert_eq!(change!(db, |tx| account_deletions::take(tx, &ben, later(1))), Ok(false), "another request");
    assert_eq!(change!(db, |tx| account_deletions::take(tx, &ben, later(3))), Ok(true));
    assert_eq!(change!(db, |tx| account_deletions::take(tx, &ben, later(3))), Ok(false));
    change!(db, |tx| users::set_deactivated(tx, &ben, Some(NOW), NOW)).unwrap();
    assert!(look!(db, |tx| memberships::is_only_owner(tx, &one, &ann)).unwrap(), "the other one is deactivated");
    assert_eq!(change!(db, |tx| memberships::delete(tx, &one, &ann, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| memberships::update_role(tx, &one, &ann, OrganizationRole::Reader, NOW)), Ok(false));
    change!(db, |tx| users::set_deactivated(tx, &ben, None, NOW)).unwrap();
    assert!(!look!(db, |tx| memberships::is_only_owner(tx, &one, &ann)).unwrap());

    change!(db, |tx| accounts::save(tx, &account(&ben))).unwrap();
    change!(db, |tx| accounts::replace_recovery_codes(tx, &ben, &[vec![1]])).unwrap();
    let kept = look!(db, |tx| personal_data::find(tx, &ben)).unwrap();
    assert_eq!(kept.len(), personal_data::PARTS.len());
    assert_eq!(kept["users"][0]["email"], "ben@example.com");
    assert_eq!(kept["recovery_codes"][0]["unused"], 1);
    assert_eq!(kept["passkeys"].as_array().map(Vec::len), Some(0));
    let number = PhoneNumber {
        organization: one.clone(),
        user: Some(ben.clone()),
        number_fingerprint: vec![1, 2],
        number_sealed: vec![3],
        number_masked: "+48 … 12".to_owned(),
        country: "PL".to_owned(),
        line_type: keystead_core::verification::number::LineKind::Mobile,
        verified_at: NOW,
    };
    change!(db, |tx| phones::save_number(tx, &number)).unwrap();
    change!(db, |tx| account_deletions::erase(tx, &ben, later(5))).unwrap();
    // The fingerprint of the number still counts; the number itself is gone.
    let counted = PhoneNumber { user: None, number_sealed: Vec::new(), number_masked: String::new(), ..number };
    assert_eq!(look!(db, |tx| phones::list_by_fingerprint(tx, &[1, 2])), Ok(vec![(counted, None)]));
    let erased = look!(db, |tx| users::find(tx, &ben)).unwrap().unwrap();
    assert_eq!((erased.email.as_str(), erased.name.as_str()), (ben.as_str(), ben.as_str()));
    assert_eq!((erased.deactivated_at, erased.default_organization), (Some(later(5)), None));
    assert_eq!(look!(db, |tx| accounts::find(tx, &ben)), Ok(None));
    assert_eq!(look!(db, |tx| accounts::count_recovery_codes(tx, &ben)), Ok(0));
    assert_eq!(look!(db, |tx| users::find(tx, &ann)).unwrap().unwrap().email, "ann@example.com", "others keep theirs");
}
