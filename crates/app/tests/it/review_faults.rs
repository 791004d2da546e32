//! The built-in reviewer is all or nothing (ASVS 2.3.3), including its pictures.

use keystead_app::request::Origin;
use keystead_app::review::{Decided, Holder, Slot, Taken, Verdict};
use keystead_app::verification::organization::Consent;
use keystead_core::verification::organization::Status;

use crate::fault_injection::{Replay, nothing};
use crate::review::{ReviewWorld, jpeg, ops, token};

/// Runs what is due, one minute and then two minutes later: the next poll, and a job that becomes available again after
/// its end was lost.
async fn settle(world: &ReviewWorld) {
    for seconds in [61, 125] {
        world.advance(seconds);
        while world.app.run_due_jobs().await.unwrap() > 0 {}
    }
    world.advance(-186);
}

/// ASVS 2.3.3: from the link to the choices of its holder.
#[tokio::test]
async fn a_fault_at_each_statement_before_the_pictures() {
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let mut all = Replay::new(&world.store);
    let settled = async || settle(&world).await;
    let consent = Consent { given: true, language: "pl".to_owned(), origin: Origin::default() };
    let start = async || world.app.start_organization_verification(&ann, &one, consent.clone()).await;
    // The reviewer keeps its captures in the same store: while that fails, it looks to the rest of the program like a
    // service that is down.
    all.besides = &["orgv.provider_down"];
    let begun = all.each("start", start, async |_| settled().await).await;
    all.besides = &[];
    let link = token(&begun.1.unwrap().url);
    let begin = async || world.app.begin_capture(&link, "PL").await;
    let device = all.each("begin_capture", begin, async |_| settled().await).await;
    let holder = Holder { token: link.clone(), device: Some(device) };
    let choose = async || world.app.choose_capture_document(&holder, "passport").await;
    all.each("choose_capture_document", choose, nothing).await;
    all.each("ask_capture_prompts", async || world.app.ask_capture_prompts(&holder).await, nothing).await;
    all.each("state_capture_name", async || world.app.state_capture_name(&holder, "Anna").await, nothing).await;
    assert!(all.faults > 40, "{}", all.faults);
}

/// ASVS 2.3.3: a picture is received, and all of them are submitted; no file without a row stays.
#[tokio::test]
async fn a_fault_at_each_statement_of_the_pictures() {
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    let holder = world.begin(&link, "PL", "passport").await;
    let mut all = Replay::new(&world.store);
    let settled = async || settle(&world).await;
    let take = async |slot, seed| world.app.take_capture_picture(&holder, slot, jpeg(seed), Taken::default()).await;
    let front = async || {
        let before = world.files().len();
        let taken = take(Slot::Front, 1).await;
        assert!(taken.is_ok() || world.files().len() == before, "{taken:?}");
        taken
    };
    all.each("take_capture_picture", front, async |_| settled().await).await;
    take(Slot::Selfie, 3).await.unwrap();
    for (seed, prompt) in (4..).zip(world.app.ask_capture_prompts(&holder).await.unwrap()) {
        take(prompt.slot, seed).await.unwrap();
    }
    all.each("hand_in_capture", async || world.app.submit_capture(&holder).await, async |()| settled().await).await;
    assert_eq!(world.app.organization_verification(&ann, &one).await.unwrap().status, Status::InReview);
    assert!(all.faults > 30, "{}", all.faults);
}

/// ASVS 2.3.3: a reviewer views, decides and destroys; pictures are held and erased.
#[tokio::test]
async fn a_fault_at_each_statement_of_a_review() {
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 10).await;
    let (case, bob) = (world.case().await, ops("bob"));
    let mut all = Replay::new(&world.store);
    let settled = async || settle(&world).await;
    let front = world.app.review_case(&bob, &case).await.unwrap().pictures[0].number;
    all.each("review_picture", async || world.app.review_picture(&bob, &case, front, "review").await, nothing).await;
    world.look(&bob, &case).await;
    let approve = async || world.app.decide_review(&bob, &case, Verdict::Approve, "", false).await;
    all.each("approve", approve, async |_| settled().await).await;
    let until = world.app.now().plus(20 * 86_400);
    let hold = async |name| world.app.hold_evidence(&ops(name), &case, until, "a claim is defended").await;
    all.each("propose a hold", async || hold("bob").await, nothing).await;
    assert_eq!(all.each("hold", async || hold("eve").await, async |_| settled().await).await, Decided::Done);
    all.each("end_hold", async || world.app.end_evidence_hold(&bob, &case, "over").await, async |()| settled().await)
        .await;
    assert!(all.faults > 60, "{}", all.faults);
}

/// ASVS 2.3.3: pictures destroyed with the decision are erased with the decision, and its receipt says how much it was.
#[tokio::test]
async fn a_fault_at_each_statement_of_a_destruction() {
    let decline = || Verdict::Decline(vec!["document_expired".to_owned()]);
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 10).await;
    let (case, bob) = (world.case().await, ops("bob"));
    let pictures: Vec<_> = world.files().into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    world.store.keep().await.unwrap();
    for statement in 1.. {
        world.store.put_back().await.unwrap();
        for (bytes, path) in &pictures {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        world.store.fail_at(Some(statement));
        let decided = world.app.decide_review(&bob, &case, decline(), "", true).await;
        let reached = world.store.fail_at(None) >= statement;
        if decided.is_err() {
            assert_eq!(world.files().len(), 5, "nothing is destroyed without the decision");
            world.app.decide_review(&bob, &case, decline(), "", true).await.unwrap();
        }
        settle(&world).await;
        assert_eq!(world.files().len(), 0, "statement {statement}");
        let receipts = world.app.privacy_record(&ann, &one).await.unwrap().receipts;
        let of_pictures: Vec<_> = receipts.iter().filter(|row| row.what.as_str() == "evidence").collect();
        assert_eq!(of_pictures.len(), 1, "statement {statement}: {receipts:?}");
        assert!(of_pictures[0].receipt.contains("\"pictures\":5"), "statement {statement}: {receipts:?}");
        if !reached {
            break;
        }
    }
}
