//! Credit on the page of billing and in the operator's console.

use keystead_core::id::OrganizationId;
use keystead_core::purchase::recharge::Pause;
use keystead_core::purchase::{PurchaseState, PurchaseWay};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::recharge_pauses;

use crate::world::*;

const BILLING: &str = "/settings/organization/billing";
const CONSOLE: &str = "/operator/credit";

/// The organization's page in the console.
async fn console(browser: &mut Browser<'_>) -> String {
    let page = browser.get(CONSOLE).await;
    let id = page.body.split("/operator/credit/org-").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    format!("{CONSOLE}/org-{}", id.split(['"', '?', '&']).next().unwrap())
}

/// Where that page sends its forms.
async fn changes(browser: &mut Browser<'_>) -> String {
    format!("{}/change", console(browser).await)
}

async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

#[tokio::test]
async fn operators_grant_and_owners_see_what_they_have() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let page = ops.get(BILLING).await;
    assert!(page.body.contains("You pay with credit") && page.body.contains("No credit is available"), "{}", page.body);
    assert!(page.body.contains("Payment methods"), "another page of billing");
    let buying = ops.get(&format!("{BILLING}/buy")).await.body;
    assert!(buying.contains("strip-tabs") && buying.contains("No purchases yet"), "{buying}");
    let wrong = send(&mut ops, &format!("{BILLING}/buy"), &[("amount", "x")]).await.body;
    assert!(wrong.contains("class=\"summary\"") && !wrong.contains("href=\"#amount\""), "no field to lead to: {wrong}");
    assert_eq!(ops.get(&format!("{BILLING}/buy/state?purchase=pur_none")).await.status, 404);
    let shown = console(&mut ops).await;
    let purchases = format!("{shown}/purchases");
    assert!(ops.get(&shown).await.body.contains(&format!("href=\"{purchases}")));
    let refund = [("id", "pur_none"), ("amount", "x"), ("reason", "trial")];
    let refused = send(&mut ops, &format!("{purchases}/refund"), &refund).await.body;
    assert!(refused.contains("class=\"summary\"") && !refused.contains("href=\"#amount-"), "{refused}");
    let place = changes(&mut ops).await;
    for (fields, said) in [
        (&[("do", "grant"), ("grant", ""), ("reason", "trial")][..], "grant"),
        (&[("do", "grant"), ("grant", "-5"), ("reason", "trial")], "grant"),
        (&[("do", "grant"), ("grant", "5 EUR"), ("reason", "trial")], "grant"),
        (&[("do", "grant"), ("grant", "5"), ("reason", " ")], "grant-reason"),
        (&[("do", "grant"), ("grant", "5"), ("priority", "x"), ("reason", "trial")], "priority"),
        (&[("do", "grant"), ("grant", "5"), ("priority", "101"), ("reason", "trial")], "priority"),
        (&[("do", "grant"), ("grant", "5"), ("expires", "2001-01-01T00:00"), ("reason", "trial")], "expires"),
        (&[("do", "adjust"), ("adjust", "0"), ("reason", "trial")], "adjust"),
        (&[("do", "mode"), ("mode", "postpaid"), ("reason", " ")], "mode-reason"),
        (&[("do", "suspend"), ("reason", " ")], "suspend-reason"),
    ] {
        let refused = send(&mut ops, &place, fields).await;
        assert!(refused.body.contains(&format!("href=\"#{said}\"")), "{fields:?}: {}", refused.body);
        assert!(refused.body.contains(&format!("id=\"{said}-wrong\"")), "{fields:?}: beside the field, too");
        assert!(!refused.body.contains("Invalid &#39;"), "{fields:?}: in the words of the page: {}", refused.body);
        let is_chosen = refused.body.contains("value=\"postpaid\" selected");
        assert_eq!(is_chosen, said == "mode-reason", "{fields:?}: what was chosen stays: {}", refused.body);
    }
    assert!(ops.get(BILLING).await.body.contains("There are no transactions yet"));
    let grant = [("do", "grant"), ("grant", "12.50"), ("expires", "2036-01-01T00:00"), ("reason", "trial credit")];
    assert!(send(&mut ops, &place, &grant).await.location().contains("done=saved"));
    // The field of the expiry is in UTC, so the expiry in the zone of the reader names its zone.
    ops.cookies.insert("keystead_zone".to_owned(), "Asia/Tokyo".to_owned());
    let page = ops.get(&shown).await.body;
    assert!(page.contains("1\u{a0}January 2036, 09:00 (Asia/Tokyo)"), "{page}");
    ops.cookies.remove("keystead_zone");
    let taken = [("do", "adjust"), ("adjust", "-2.50"), ("reason", "a mistake")];
    assert!(send(&mut ops, &place, &taken).await.location().contains("done=saved"));
    let page = ops.get(BILLING).await.body;
    for mark in ["10.00", "+12.50", "−2.50", "trial credit", "a mistake", "Granted credit", "Correction"] {
        assert!(page.contains(mark), "{mark}: {page}");
    }
    let file = ops.get(&format!("{BILLING}/ledger.csv")).await.body;
    assert!(file.starts_with("time,transaction,kind,change_usd,account"), "{file}");
    assert_eq!(file.lines().count(), 5, "a line for each entry: {file}");
    assert!(!file.contains("ops@example.com"), "who of the operators acted is theirs to know: {file}");
    let deletion = ops.get("/settings/organization/delete").await.body;
    assert!(deletion.contains("10.00\u{a0}USD of credit can no longer be used."), "{deletion}");
    assert!(
        file.contains(",grant,12.5,granted,-12.5,") && file.contains(",adjustment,-2.5,adjustments,2.5,"),
        "{file}"
    );

    // Two grants end at the same moment, another one does not end: the page says what is lost then.
    let grant = [("do", "grant"), ("grant", "5"), ("expires", "2036-01-01T00:00"), ("reason", "more")];
    assert!(send(&mut ops, &place, &grant).await.location().contains("done=saved"));
    let grant = [("do", "grant"), ("grant", "7"), ("reason", "a gift")];
    assert!(send(&mut ops, &place, &grant).await.location().contains("done=saved"));
    let page = ops.get(BILLING).await.body;
    assert!(page.contains("<strong>22.00</strong>") && page.contains("<strong>15.00</strong>"), "{page}");
    assert!(page.contains("In the first 60 days after the first payment, at most 500.00\u{a0}USD a month."), "{page}");

    let recharge = [("below", "10"), ("amount", "50"), ("ceiling", "20")];
    let refused = send(&mut ops, &format!("{BILLING}/recharge"), &recharge).await;
    assert!(refused.body.contains("href=\"#ceiling\""), "{}", refused.body);
    let recharge = [("below", "10"), ("amount", "1"), ("ceiling", "200")];
    let refused = send(&mut ops, &format!("{BILLING}/recharge"), &recharge).await;
    let says = |mark: &str| refused.body.contains(mark);
    assert!(says("href=\"#amount\"") && says("below the smallest purchase"), "{}", refused.body);
    assert!(says("From 5.00"), "the field names the bounds: {}", refused.body);
    let recharge = [("below", "10"), ("amount", "50"), ("ceiling", "200")];
    assert!(send(&mut ops, &format!("{BILLING}/recharge"), &recharge).await.location().contains("done=saved"));
    assert!(ops.get(BILLING).await.body.contains("When the balance is below 10.00"));
    send(&mut ops, &format!("{BILLING}/recharge/stop"), &[]).await;
    assert!(ops.get(BILLING).await.body.contains("Credit is not bought automatically"));

    let mark = format!("{BILLING}/low-mark");
    let refused = send(&mut ops, &mark, &[("mark", "-5")]).await.body;
    let says = |text: &str| refused.contains(text);
    assert!(says("href=\"#mark\"") && says("id=\"mark-wrong\"") && says("value=\"-5\""), "{refused}");
    assert!(ops.get(BILLING).await.body.contains("The owners are not notified"));
    assert!(send(&mut ops, &mark, &[("mark", "7.50")]).await.location().contains("done=saved"));
    let page = ops.get(BILLING).await.body;
    assert!(page.contains("When the balance falls below 7.50") && page.contains("value=\"7.50\""), "{page}");
    assert!(send(&mut ops, &mark, &[("mark", " ")]).await.location().contains("done=saved"));
    assert!(ops.get(BILLING).await.body.contains("The owners are not notified"));

    let suspend = [("do", "suspend"), ("reason", "unpaid")];
    assert!(send(&mut ops, &place, &suspend).await.location().contains("done=saved"));
    assert!(ops.get(BILLING).await.body.contains("Reason: unpaid"));
    assert!(ops.get(CONSOLE).await.body.contains("Suspended since"));
    send(&mut ops, &place, &[("do", "resume"), ("reason", "paid")]).await;
    let postpaid = [("do", "mode"), ("mode", "postpaid"), ("reason", "a contract")];
    assert!(send(&mut ops, &place, &postpaid).await.location().contains("done=saved"));
    assert!(ops.get(BILLING).await.body.contains("What you use beyond it is owed"));
    // Who pays afterwards can buy credit later, too.
    let step = ops.get("/welcome/credits").await.body;
    assert!(step.contains("<h1>Add API credits</h1>") && step.contains("I&#39;ll buy credits later"), "{step}");
    // Onboarding leads to credit where it is on, and keeps the way around it.
    send(&mut ops, &place, &[("do", "mode"), ("mode", "default"), ("reason", "over")]).await;
    let step = ops.get("/welcome/credits").await.body;
    assert!(step.contains(&format!("href=\"{BILLING}")) && step.contains("I&#39;ll buy credits later"), "{step}");
}

// Money moves after a recent sign-in. Looking at what would be bought does not ask, and one answer is enough.
#[tokio::test]
async fn money_moves_after_a_recent_sign_in() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let place = changes(&mut ops).await;
    let asks = |answer: &Answer| answer.status == 403 && answer.body.contains("proof_password");
    world.advance(601);
    let order = [("amount", "20"), ("way", "checkout"), ("do", "review")];
    let reviewed = send(&mut ops, &format!("{BILLING}/buy"), &order).await;
    assert!(!asks(&reviewed), "{}", reviewed.body);
    for path in ["buy/pay", "recharge", "recharge/stop", "payment-methods/add", "payment-methods/remove"] {
        let asked = send(&mut ops, &format!("{BILLING}/{path}"), &order).await;
        assert!(asks(&asked) && asked.field("amount") == "20", "{path}: {}", asked.body);
    }
    let refund = place.replace("/change", "/purchases/refund");
    assert!(asks(&send(&mut ops, &refund, &[("amount", "5")]).await));
    let grant = [("do", "grant"), ("grant", "5"), ("reason", "trial")];
    assert!(asks(&send(&mut ops, &place, &grant).await));
    assert!(ops.get(BILLING).await.body.contains("There are no transactions yet"));

    let mut proven = grant.to_vec();
    proven.extend([("proof", CONSOLE), ("proof_password", PASSWORD)]);
    assert!(send(&mut ops, &place, &proven).await.location().contains("done=saved"));
    assert!(send(&mut ops, &place, &grant).await.location().contains("done=saved"), "not asked again");
}

// The page says why automatic recharge pauses and, where it ends by itself, when.
#[tokio::test]
async fn a_pause_says_when_it_ends() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let organization: OrganizationId = console(&mut ops).await.rsplit('/').next().unwrap().parse().unwrap();
    let recharge = [("below", "10"), ("amount", "50"), ("ceiling", "200")];
    send(&mut ops, &format!("{BILLING}/recharge"), &recharge).await;
    let now = Timestamp(world.now());
    for (why, said, ends) in
        [(Pause::Ceiling, "reached its monthly ceiling", true), (Pause::NoCard, "no card is on file", false)]
    {
        let pause = async |tx: &mut Tx| {
            recharge_pauses::delete(tx, &organization).await.unwrap();
            recharge_pauses::insert(tx, &organization, why, now).await
        };
        let paused: Result<bool, keystead_store::Error> = world.store.write("pause", pause).await;
        assert!(paused.unwrap());
        let page = ops.get(BILLING).await.body;
        assert!(page.contains(said) && page.contains("It begins again on") == ends, "{why:?}: {page}");
    }
}

/// A purchase that failed this many seconds ago, of the organization of this page in the console.
fn failed_purchase(world: &World, place: &str, number: i64) -> Purchase {
    let at = Timestamp(world.now() - number);
    Purchase {
        id: format!("pur_{number:024}").parse().unwrap(),
        organization: place.rsplit('/').next().unwrap().parse().unwrap(),
        user: None,
        way: PurchaseWay::Checkout,
        provider: "stripe".to_owned(),
        cents: 2_000,
        state: PurchaseState::Failed,
        reason: Some("payment_mismatch".to_owned()),
        method: None,
        customer: Some("cus_1".to_owned()),
        session: Some(format!("cs_{number}")),
        payment: None,
        charge: None,
        receipt_url: None,
        url: None,
        request_key: None,
        created_at: at,
        expires_at: at,
        checked_at: Some(at),
        paid_at: None,
        finished_at: Some(at),
        version: 2,
    }
}

async fn add(world: &World, row: Purchase) {
    let insert = async move |tx: &mut Tx| credit_purchases::insert(tx, &row).await;
    let inserted: Result<(), keystead_store::Error> = world.store.write("add_purchase", insert).await;
    inserted.unwrap();
}

// Operators see the reason of a purchase that ended without credit; owners are told in words.
#[tokio::test]
async fn operators_see_why_a_purchase_ended() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let place = console(&mut ops).await;
    let row = failed_purchase(&world, &place, 1);
    let id = row.id.clone();
    add(&world, row).await;
    let page = ops.get(&format!("{place}/purchases")).await.body;
    assert!(page.contains("<code>payment_mismatch</code>"), "{page}");
    let page = ops.get(&format!("{BILLING}/buy?purchase={id}")).await.body;
    assert!(page.contains("does not match this purchase") && !page.contains("payment_mismatch"), "{page}");
}

// The page of an organization's purchases has pages, and a refused refund shows the same one again.
#[tokio::test]
async fn operators_see_every_purchase_on_pages() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let list = format!("{}/purchases", console(&mut ops).await);
    for number in 1..=51 {
        add(&world, failed_purchase(&world, &list.replace("/purchases", ""), number)).await;
    }
    let rows = |page: &str| page.matches("<code>payment_mismatch</code>").count();
    let page = ops.get(&list).await.body;
    assert_eq!(rows(&page), 50, "{page}");
    let older = page.split("href=\"").find(|part| part.contains("?after=")).unwrap_or_else(|| panic!("{page}"));
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let last = ops.get(&older).await.body;
    assert!(rows(&last) == 1 && !last.contains(">Older<") && page.contains(">Older<"), "{last}");
    assert_eq!(ops.get(&format!("{list}?after=pur_none")).await.status, 422);
    let refund = [("id", "pur_none"), ("amount", "x"), ("reason", "trial")];
    let refused = send(&mut ops, &older.replace("/purchases?", "/purchases/refund?"), &refund).await;
    assert_eq!((refused.status, rows(&refused.body)), (422, 1), "{}", refused.body);
}

// The operator's page of one organization has pages of its ledger, and a refused form shows the same one again.
#[tokio::test]
async fn operators_see_every_transaction_on_pages() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let place = console(&mut ops).await;
    for _ in 0..21 {
        let grant = [("do", "grant"), ("grant", "1"), ("reason", "trial")];
        assert!(send(&mut ops, &format!("{place}/change"), &grant).await.location().contains("done=saved"));
    }
    let rows = |page: &str| page.matches("+1.00").count();
    let page = ops.get(&place).await.body;
    assert_eq!(rows(&page), 20, "{page}");
    let older = page.split("href=\"").find(|part| part.contains("?after=")).unwrap_or_else(|| panic!("{page}"));
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let older = older.strip_suffix("#ledger").unwrap_or_else(|| panic!("{older}"));
    let last = ops.get(older).await.body;
    assert!(rows(&last) == 1 && !last.contains(">Older transactions<"), "{last}");
    assert!(last.contains("/change?after="), "the forms keep the page: {last}");
    let wrong = [("do", "grant"), ("grant", "x"), ("reason", "trial")];
    let refused = send(&mut ops, &older.replace("?after=", "/change?after="), &wrong).await;
    assert_eq!((refused.status, rows(&refused.body)), (422, 1), "{}", refused.body);
}

#[tokio::test]
async fn older_transactions_are_on_a_page_of_the_same_project() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let place = changes(&mut ops).await;
    for _ in 0..21 {
        let grant = [("do", "grant"), ("grant", "1"), ("reason", "trial")];
        assert!(send(&mut ops, &place, &grant).await.location().contains("done=saved"));
    }
    let page = ops.get(BILLING).await.body;
    let older = page.split("href=\"").find(|part| part.contains("after=")).unwrap_or_else(|| panic!("{page}"));
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    assert!(older.contains("&project=") && older.ends_with("#ledger"), "{older}");
    let next = ops.get(older.trim_end_matches("#ledger")).await.body;
    assert_eq!(next.matches("+1.00").count(), 1, "{next}");
}

#[tokio::test]
async fn credit_belongs_to_owners_and_its_console_to_operators() {
    let world = World::prepaid(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let place = console(&mut ops).await;
    let mut ann = world.owner("ann@example.com", "Marina").await;
    for path in [CONSOLE, place.as_str()] {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
    // An unknown page is refused as in the lists of organizations.
    let purchases = format!("{BILLING}/buy");
    for list in [CONSOLE, place.as_str(), BILLING, purchases.as_str(), "/settings/organization/members"] {
        let unknown = ops.get(&format!("{list}?after=nonsense")).await;
        assert_eq!(unknown.status, 422, "{list}");
        assert!(unknown.body.contains("This page of the list is no longer there"), "{}", unknown.body);
    }
    let csrf = ann.csrf().await;
    let own = [("csrf", csrf.as_str()), ("do", "grant"), ("grant", "5"), ("reason", "mine")];
    assert_eq!(ann.post(&format!("{place}/change"), &own).await.status, 404);
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    assert_eq!(ben.get(BILLING).await.status, 403);
    let csrf = ben.csrf().await;
    let recharge = [("csrf", csrf.as_str()), ("below", "1"), ("amount", "1"), ("ceiling", "1")];
    assert_eq!(ben.post(&format!("{BILLING}/recharge"), &recharge).await.status, 403);
    assert_eq!(ben.post(&format!("{BILLING}/recharge/stop"), &recharge).await.status, 403);
    let mark = [("csrf", csrf.as_str()), ("mark", "1")];
    assert_eq!(ben.post(&format!("{BILLING}/low-mark"), &mark).await.status, 403);
    assert!(ann.get(BILLING).await.body.contains("There are no transactions yet"));
}

#[tokio::test]
async fn an_installation_without_charges_shows_payment_methods_only() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get("/home").await.body;
    assert!(page.contains("/settings/organization/billing/payment-methods"), "{page}");
    let methods = ann.get("/settings/organization/billing/payment-methods").await.body;
    assert!(!methods.contains("strip-tabs"), "{methods}");
    assert!(ann.get(BILLING).await.body.contains("does not charge for it"));
    assert!(ann.get("/welcome/credits").await.body.contains("payment-methods"));
}
