//! Bursts against verifications, pictures and exports (ASVS 2.4.1): a fixed number passes, one after the other and at once, then
//! the answer names the time; others are not affected, and after that time it works again.

use std::net::IpAddr;

use futures_util::future::join_all;
use keystead_app::audit::with_client_address;
use keystead_app::exports::Export;
use keystead_app::review::{Holder, Slot, Taken};
use keystead_app::verification::organization::Channel;
use keystead_app::{Error, Settings};
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_testkit::Databases;

use crate::concurrency::{join, passed};
use crate::review::{ReviewWorld, ops, token};
use crate::vendors::{ServicesApp, Tenant, limit};

const HOUR: i64 = 3_600;

/// The `n`-th address of a network.
fn at(network: u8, n: u8) -> IpAddr {
    IpAddr::from([10, network, 0, n])
}

/// Asks until a limit is met, which must be of this name and end in an hour at most; answers how often it passed.
async fn until_limited<T: std::fmt::Debug>(
    test: &ServicesApp,
    name: &str,
    mut ask: impl AsyncFnMut(usize) -> Result<T, Error>,
) -> usize {
    for n in 0..1_000 {
        match ask(n).await {
            Ok(_) => {}
            Err(Error::Limited { name: met, retry_at }) => {
                assert_eq!(met, name);
                assert!(retry_at > Timestamp(test.now()) && retry_at <= Timestamp(test.now() + HOUR), "{retry_at:?}");
                return n;
            }
            Err(other) => panic!("{name} {n}: {other:?}"),
        }
    }
    panic!("{name}: no limit");
}

/// An organization that is being verified, and its attempt.
async fn verifying(test: &ServicesApp, name: &str, card: u32) -> (Tenant, String) {
    let tenant = test.tenant(name).await;
    test.pay(&tenant, card).await;
    let attempt = test.begin(&tenant).await.unwrap();
    (tenant, attempt)
}

async fn hand_off(test: &ServicesApp, (tenant, attempt): &(Tenant, String), from: IpAddr) -> Result<(), Error> {
    let link = test.app.hand_off_verification(&tenant.actor, tenant.organization(), attempt, Channel::Qr);
    with_client_address(from, link).await.map(|_| ())
}

#[tokio::test]
async fn a_burst_of_hand_offs() {
    let test = ServicesApp::new(Settings::default()).await;
    let mut all = Vec::new();
    for n in 0..12 {
        all.push(verifying(&test, &format!("p{n}"), n).await);
    }
    let name = "verification_handoffs";
    let ask = async |_| hand_off(&test, &all[0], at(1, 1)).await;
    assert_eq!(until_limited(&test, name, ask).await, 12, "one organization");
    hand_off(&test, &all[1], at(1, 1)).await.unwrap();
    test.wait(HOUR - 1);
    assert_eq!(limit(hand_off(&test, &all[0], at(1, 1)).await), name);
    test.wait(1);
    hand_off(&test, &all[0], at(1, 1)).await.unwrap();

    let ask = async |n: usize| hand_off(&test, &all[1 + n / 12], at(2, 1)).await;
    assert_eq!(until_limited(&test, name, ask).await, 40, "one address");
    hand_off(&test, &all[5], at(3, 1)).await.unwrap();
    test.wait(HOUR);
    let ask = async |n: usize| hand_off(&test, &all[n % 12], at(4, n as u8)).await;
    assert_eq!(until_limited(&test, name, ask).await, 120, "one network");
    hand_off(&test, &all[5], at(5, 1)).await.unwrap();
    test.wait(24 * HOUR);
    let extra = verifying(&test, "extra", 50).await;
    hand_off(&test, &extra, at(4, 1)).await.unwrap();
}

/// One person owns several organizations, and is counted in all of them.
#[tokio::test]
async fn a_person_is_counted_across_organizations() {
    let test = ServicesApp::new(Settings::default()).await;
    let (ann, ben) = (verifying(&test, "ann", 1).await, verifying(&test, "ben", 2).await);
    join(&test, ben.0.organization(), &ann.0, OrganizationRole::Owner).await;
    let ask = async |n: usize| {
        let (tenant, attempt) = if n < 12 { &ann } else { &ben };
        test.app.hand_off_verification(&ann.0.actor, tenant.organization(), attempt, Channel::Qr).await
    };
    assert_eq!(until_limited(&test, "verification_handoffs", ask).await, 20);
    hand_off(&test, &ben, at(1, 1)).await.unwrap();
}

#[tokio::test]
async fn a_burst_of_starts() {
    let test = ServicesApp::new(Settings::default()).await;
    let (tenant, neighbour) = (test.tenant("ann").await, test.tenant("ben").await);
    test.pay(&tenant, 1).await;
    test.pay(&neighbour, 2).await;
    let start = async |tenant: &Tenant| {
        let begun = test.begin(tenant).await?;
        test.app.cancel_organization_verification(&tenant.actor, tenant.organization()).await?;
        Ok(begun)
    };
    assert_eq!(until_limited(&test, "verification_starts", async |_| start(&tenant).await).await, 10);
    start(&neighbour).await.unwrap();
    test.wait(HOUR);
    start(&tenant).await.unwrap();
}

#[tokio::test]
async fn a_burst_of_exports() {
    let test = ServicesApp::new(Settings::default()).await;
    let mut all = Vec::new();
    for n in 0..11 {
        all.push(test.tenant(&format!("p{n}")).await);
    }
    let export = async |tenant: &Tenant, from: IpAddr, file: Export| {
        with_client_address(from, test.app.begin_export(&tenant.actor, tenant.organization(), file)).await
    };
    let kinds = [Export::Usage, Export::AuditLog];
    let ask = async |n: usize| export(&all[0], at(1, n as u8), kinds[n % 2]).await;
    assert_eq!(until_limited(&test, "exports", ask).await, 30, "one person, both files");
    export(&all[1], at(1, 1), Export::Usage).await.unwrap();
    test.wait(HOUR - 1);
    assert_eq!(limit(export(&all[0], at(9, 1), Export::Usage).await), "exports");
    test.wait(1);
    export(&all[0], at(1, 1), Export::Usage).await.unwrap();

    test.wait(HOUR);
    for other in [1, 2] {
        join(&test, all[0].organization(), &all[other], OrganizationRole::Owner).await;
    }
    let shared = async |n: usize| {
        let who = &all[n / 25];
        let asked = test.app.begin_export(&who.actor, all[0].organization(), Export::AuditLog);
        with_client_address(at(2, n as u8), asked).await
    };
    assert_eq!(until_limited(&test, "exports", shared).await, 60, "one organization");
    test.wait(HOUR);
    let ask = async |n: usize| export(&all[n / 25], at(3, 1), Export::Usage).await;
    assert_eq!(until_limited(&test, "exports", ask).await, 60, "one address");
    export(&all[9], at(3, 2), Export::Usage).await.unwrap();
    test.wait(HOUR);
    let ask = async |n: usize| export(&all[n / 30], at(4, (n % 200) as u8), Export::Usage).await;
    assert_eq!(until_limited(&test, "exports", ask).await, 300, "one network");
    export(&all[10], at(5, 1), Export::Usage).await.unwrap();
}

/// A strange file counts, too: reading it is what costs.
async fn no_picture(reviews: &ReviewWorld, holder: &Holder, from: IpAddr) -> Result<(), Error> {
    let sent = reviews.app.take_capture_picture(holder, Slot::Front, b"no picture".to_vec(), Taken::default());
    match with_client_address(from, sent).await {
        Err(Error::Invalid { code: Some("picture_format_unsupported"), .. }) => Ok(()),
        other => other.map(|_| ()),
    }
}

async fn capture(reviews: &ReviewWorld, email: &str) -> Holder {
    let (actor, organization) = reviews.owner(email).await;
    let (_, link) = reviews.start(&actor, &organization).await;
    reviews.begin(&link, "PL", "passport").await
}

#[tokio::test]
async fn a_burst_of_pictures() {
    let reviews = ReviewWorld::in_memory().await;
    let (ann, ben) = (capture(&reviews, "ann@example.com").await, capture(&reviews, "ben@example.com").await);
    for n in 0..60 {
        no_picture(&reviews, &ann, at(1, n)).await.unwrap();
    }
    assert_eq!(limit(no_picture(&reviews, &ann, at(2, 1)).await), "capture_pictures");
    no_picture(&reviews, &ben, at(1, 1)).await.unwrap();
    reviews.take(&ben, Slot::Front, 7).await;
    reviews.advance(HOUR - 1);
    assert_eq!(limit(no_picture(&reviews, &ann, at(2, 1)).await), "capture_pictures");
    reviews.advance(1);
    reviews.take(&ann, Slot::Front, 8).await;

    let mut more = Vec::new();
    for n in 0..7 {
        more.push(capture(&reviews, &format!("p{n}@example.com")).await);
    }
    for n in 0..120 {
        no_picture(&reviews, &more[n % 7], at(3, 1)).await.unwrap();
    }
    assert_eq!(limit(no_picture(&reviews, &more[0], at(3, 1)).await), "capture_pictures", "one address");
    for n in 120..300 {
        no_picture(&reviews, &more[n % 7], at(3, (n % 100) as u8 + 2)).await.unwrap();
    }
    assert_eq!(limit(no_picture(&reviews, &more[0], at(3, 250)).await), "capture_pictures", "one network");
    no_picture(&reviews, &more[0], at(4, 1)).await.unwrap();
}

/// A reviewer opens more pictures than a person can judge; another reviewer still works.
#[tokio::test]
async fn a_burst_of_looks_at_pictures() {
    let reviews = ReviewWorld::in_memory().await;
    let (ann, one) = reviews.owner("ann@example.com").await;
    let (_, link) = reviews.start(&ann, &one).await;
    reviews.hand_in(&link, 5).await;
    let case = reviews.app.review_queue(&ops("bob")).await.unwrap().remove(0).id;
    let number = reviews.app.review_case(&ops("bob"), &case).await.unwrap().pictures[0].number;
    reviews.look(&ops("bob"), &case).await;
    // What was opened counts; with the files gone, opening costs the test no time.
    for file in reviews.files() {
        std::fs::remove_file(file).unwrap();
    }
    let look = async |name: &str| reviews.app.review_picture(&ops(name), &case, number, "review").await;
    for n in 5..300 {
        assert!(!matches!(look("bob").await, Err(Error::Limited { .. })), "{n}");
    }
    assert!(matches!(look("bob").await, Err(Error::Limited { name: "review_pictures", .. })));
    assert!(!matches!(look("eve").await, Err(Error::Limited { .. })));
    reviews.advance(HOUR);
    assert!(!matches!(look("bob").await, Err(Error::Limited { .. })));
}

/// Many at once pass no more than fit, on both databases.
#[tokio::test]
async fn bursts_at_once() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, Settings::default());
        let ann = verifying(&test, "ann", 1).await;
        let made = join_all((0..16).map(|_| hand_off(&test, &ann, at(1, 1)))).await;
        assert_eq!(passed(&made), 12, "{made:?}");
        // The other limits are higher: most of them is used one after the other, so that few wait for the database.
        let export = async || test.app.begin_export(&ann.0.actor, ann.0.organization(), Export::Usage).await;
        for _ in 0..22 {
            export().await.unwrap();
        }
        assert_eq!(passed(&join_all((0..16).map(|_| export())).await), 8);

        let reviews = ReviewWorld::over(tempfile::tempdir().unwrap(), &databases.fresh().await.url).await;
        let holder = capture(&reviews, "ann@example.com").await;
        for _ in 0..52 {
            no_picture(&reviews, &holder, at(1, 1)).await.unwrap();
        }
        let sent = join_all((0..16).map(|_| no_picture(&reviews, &holder, at(1, 1)))).await;
        assert_eq!(passed(&sent), 8, "{sent:?}");
        let qr = token("https://keystead.test/verify/x");
        assert!(reviews.app.use_handoff(&qr).await.is_err(), "a link that does not exist counts nothing");
    }
}
