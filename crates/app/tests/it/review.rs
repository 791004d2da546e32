//! The built-in reviewer from the link to the verified organization, with a clock and a folder controlled by the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::Rgb;
use keystead_app::request::Origin;
use keystead_app::review::{Decided, Holder, Reviewer, Slot, Taken, Verdict};
use keystead_app::verification::organization::{Channel, Consent};
use keystead_app::{Actor, App, Error, Services, Settings};
use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::verification::documents::DocumentKind;
use keystead_core::verification::organization::Status;
use keystead_providers::mail::Mail;
use keystead_store::Store;
use keystead_testkit::{Database, pictures};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

pub(crate) struct ReviewWorld {
    pub(crate) app: App,
    pub(crate) store: Store,
    folder: tempfile::TempDir,
    parts: keystead_testkit::World,
}

impl ReviewWorld {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("keystead.db").display());
        Self::over(folder, &url).await
    }

    /// With pictures in a folder and everything else in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::over(tempfile::tempdir().unwrap(), "sqlite::memory:").await
    }

    pub(crate) async fn over(folder: tempfile::TempDir, url: &str) -> Self {
        Self::with(folder, url, Settings::default()).await
    }

    /// With these settings, besides the operators.
    pub(crate) async fn with(folder: tempfile::TempDir, url: &str, settings: Settings) -> Self {
        let parts = keystead_testkit::World::over(Database::open(url.to_owned()).await.store, 1_800_000_000);
        let reviewer = parts.reviewer(&folder.path().join("evidence"));
        let services = Services {
            identity: Some(Arc::<Reviewer>::clone(&reviewer)),
            review: Some(reviewer),
            sign_in: None,
            ..parts.services()
        };
        let settings = Settings {
            operator: "Kite".to_owned(),
            operator_emails: ["bob@example.com", "eve@example.com"].map(str::to_owned).to_vec(),
            ..settings
        };
        let app = parts.app(services, settings);
        Self { app, store: parts.store.clone(), folder, parts }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.parts.clock.advance(seconds);
    }

    pub(crate) async fn owner(&self, email: &str) -> (Actor, OrganizationId) {
        let made = self.app.bootstrap(email, "One", true).await.unwrap();
        (Actor::Person(made.user_id), made.organization_id)
    }

    pub(crate) async fn start(&self, actor: &Actor, organization: &OrganizationId) -> (String, Secret<String>) {
        let consent = Consent { given: true, language: "pl".to_owned(), origin: Origin { ip: None } };
        let (view, link) = self.app.start_organization_verification(actor, organization, consent).await.unwrap();
        (view.id, token(&link.unwrap().url))
    }

    pub(crate) async fn begin(&self, token: &Secret<String>, country: &str, document: &str) -> Holder {
        let device = self.app.begin_capture(token, country).await.unwrap();
        let holder = Holder { token: token.clone(), device: Some(device) };
        self.app.choose_capture_document(&holder, document).await.unwrap();
        holder
    }

    pub(crate) async fn take(&self, holder: &Holder, slot: Slot, seed: u32) {
        let picture = self.app.take_capture_picture(holder, slot, jpeg(seed), Taken::default()).await;
        assert!(picture.unwrap().taken);
    }

    /// A complete capture of a passport, submitted.
    pub(crate) async fn hand_in(&self, token: &Secret<String>, seed: u32) -> Holder {
        let holder = self.begin(token, "PL", "passport").await;
        self.take(&holder, Slot::Front, seed).await;
        self.take(&holder, Slot::Selfie, seed + 1).await;
        let prompts = self.app.ask_capture_prompts(&holder).await.unwrap();
        for (at, prompt) in prompts.iter().enumerate() {
            let shown = 1_000 + at as u64 * 5_000;
            let taken = Taken { live: true, echo: prompt.echo.clone(), shown, captured: shown + 2_000 };
            self.advance(6);
            let bytes = jpeg(seed + 2 + at as u32);
            self.app.take_capture_picture(&holder, prompt.slot, bytes, taken).await.unwrap();
        }
        self.app.submit_capture(&holder).await.unwrap();
        holder
    }

    async fn status(&self, actor: &Actor, organization: &OrganizationId) -> Status {
        self.app.organization_verification(actor, organization).await.unwrap().status
    }

    pub(crate) async fn case(&self) -> String {
        self.app.review_queue(&ops("bob")).await.unwrap()[0].id.clone()
    }

    /// Runs due jobs; returns the recipients of the mails, with their subjects.
    async fn mails(&self) -> Vec<(String, String)> {
        self.whole_mails().await.into_iter().map(|mail| (mail.to, mail.subject)).collect()
    }

    /// Every mail since the last call, after the jobs have run.
    pub(crate) async fn whole_mails(&self) -> Vec<Mail> {
        while self.app.run_due_jobs().await.unwrap() > 0 {}
        self.parts.mailbox.take()
    }

    /// Opens every picture of a case, as the page does.
    pub(crate) async fn look(&self, who: &Actor, case: &str) {
        for picture in self.app.review_case(who, case).await.unwrap().pictures {
            self.app.review_picture(who, case, picture.number, "review").await.unwrap();
        }
    }

    /// Views everything, and approves.
    pub(crate) async fn approve(&self, name: &str, case: &str, note: &str, destroy: bool) -> Result<Decided, Error> {
        self.look(&ops(name), case).await;
        self.app.decide_review(&ops(name), case, Verdict::Approve, note, destroy).await
    }

    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files(&self.folder.path().join("evidence"))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub(crate) fn ops(name: &str) -> Actor {
    Actor::operator(format!("{name}@example.com"))
}

pub(crate) fn token(url: &str) -> Secret<String> {
    Secret::new(url.split("/verify/").nth(1).unwrap().split('/').next().unwrap().to_owned())
}

pub(crate) fn jpeg(seed: u32) -> Vec<u8> {
    pictures::jpeg(1200, 600, seed).unwrap()
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Invalid { code: Some(code), .. } => code,
        other => panic!("{other:?}"),
    }
}

// S0-05 S0-09 S0-19 S0-28 S3-25 S3-26 S3-38: from the link to the verified organization, decided by a person.
#[tokio::test]
async fn captured_reviewed_and_approved() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    let newcomer = Holder { token: link.clone(), device: None };
    let seen = world.app.find_capture(&newcomer).await.unwrap().unwrap();
    assert!(!seen.held && seen.open && seen.language == "pl" && seen.countries.len() > 200, "{seen:?}");
    let stranger = Holder { token: Secret::new("k".repeat(32)), device: None };
    assert_eq!(world.app.find_capture(&stranger).await.unwrap(), None);

    let holder = world.hand_in(&link, 10).await;
    assert_eq!(world.app.find_capture(&newcomer).await.unwrap(), None, "the link belongs to the first device");
    assert_eq!(code(&world.app.begin_capture(&link, "PL").await.unwrap_err()), "link_expired");
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.appeal_open), (Status::InReview, false));
    let handed = world.app.find_capture(&holder).await.unwrap().unwrap();
    assert_eq!((handed.open, handed.attempt.as_str()), (false, "in_review"));

    let queue = world.app.review_queue(&ops("bob")).await.unwrap();
    assert_eq!((queue.len(), queue[0].kind.as_str()), (1, "review"));
    let case = world.app.review_case(&ops("bob"), &queue[0].id).await.unwrap();
    assert_eq!((case.document, case.country.as_deref()), (Some(DocumentKind::Passport), Some("PL")));
    assert_eq!(case.pictures.len(), 5);
    assert!(case.pictures.iter().filter(|picture| picture.prompt.is_some()).all(|picture| picture.live));
    assert_eq!(case.flags, Vec::<String>::new());
    assert!(matches!(world.app.review_queue(&ann).await, Err(Error::Forbidden { .. })), "owners do not review");

    let unseen = world.app.decide_review(&ops("bob"), &queue[0].id, Verdict::Approve, "", false).await;
    assert_eq!(code(&unseen.unwrap_err()), "review_unseen", "no approval without viewing every picture");
    world.look(&ops("eve"), &queue[0].id).await;
    let unseen = world.app.decide_review(&ops("bob"), &queue[0].id, Verdict::Approve, "", false).await;
    assert_eq!(code(&unseen.unwrap_err()), "review_unseen", "another person's view is not enough");
    assert_eq!(world.approve("bob", &queue[0].id, "", false).await, Ok(Decided::Done));
    assert_eq!(world.status(&ann, &one).await, Status::Verified);
    let row = world.app.check_organization_verification(&ann, &one, &attempt).await.unwrap();
    assert_eq!((row.state.as_str(), row.provider.as_str(), row.step), ("approved", "review", 3));
    let again = world.app.decide_review(&ops("bob"), &queue[0].id, Verdict::Recapture, "", false).await;
    assert!(matches!(again, Err(Error::Conflict { .. })));
    let page = keystead_app::Page { after: None, limit: 50, ascending: true };
    let log = world.app.audit_log(&ops("bob"), &one, page).await.unwrap();
    let log: Vec<String> = log.data.into_iter().map(|row| row.action).collect();
    for action in ["orgv.in_review", "review.decided", "orgv.verified"] {
        assert!(log.iter().any(|one| one == action), "{action} {log:?}");
    }
}

// S3-30 S3-33: bytes are never in clear on disk, and are erased after the decision and its days, and at the ceiling.
#[tokio::test]
async fn no_picture_outlives_its_time() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 20).await;
    assert_eq!(world.files().len(), 5);
    for path in files(world.folder.path()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|part| part == b"JFIF"), "a picture in clear in {}", path.display());
    }
    world.advance(7 * DAY - 2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5, "not decided yet");
    world.advance(HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the ceiling");
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.attempts_left), (Status::Expired, 3), "handing in again costs no try");
    assert!(world.app.review_queue(&ops("bob")).await.unwrap().is_empty());
    let receipts = world.app.privacy_record(&ann, &one).await.unwrap().receipts;
    assert!(
        receipts.iter().any(|row| row.what.as_str() == "evidence" && row.receipt.contains("\"pictures\":5")),
        "{receipts:?}"
    );

    // Decided: a job erases the copy after the promised days.
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 40).await;
    let case = world.case().await;
    world.approve("bob", &case, "", false).await.unwrap();
    world.advance(7 * DAY - 2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5);
    world.advance(2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());

    // Begun and abandoned: erased a day after the attempt expired.
    let (ben, two) = world.owner("ben@example.com").await;
    let (_, link) = world.start(&ben, &two).await;
    let holder = world.begin(&link, "JP", "my_number_card").await;
    world.take(&holder, Slot::Front, 60).await;
    world.advance(DAY + 60);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.status(&ben, &two).await, Status::Expired);
    world.advance(DAY + 60);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());
}

// S3-33: withdrawn means erased now, with a receipt.
#[tokio::test]
async fn withdrawn_is_erased() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 30).await;
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    assert_eq!(world.status(&ann, &one).await, Status::Unverified);
    let case = world.app.review_queue(&ops("bob")).await.unwrap();
    assert!(case.is_empty(), "no decision is needed any more: {case:?}");
}

// S0-02: new pictures do not count as an attempt, and cancelling erases at once.
#[tokio::test]
async fn asked_again_and_called_off() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 100).await;
    let case = world.case().await;
    world.app.decide_review(&ops("bob"), &case, Verdict::Recapture, "too dark", false).await.unwrap();
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.attempts_left), (Status::Expired, 3));
    let (_, link) = world.start(&ann, &one).await;
    let holder = world.begin(&link, "US", "visa").await;
    world.take(&holder, Slot::Front, 110).await;
    world.app.cancel_organization_verification(&ann, &one).await.unwrap();
    let late = world.app.take_capture_picture(&holder, Slot::Passport, jpeg(111), Taken::default()).await;
    assert_eq!(code(&late.unwrap_err()), "capture_closed");
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 4 + 1, "only the decided case's pictures wait for an appeal");
    world.advance(8 * DAY);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the outbox asks for erasure after the promised days");
}

// S0-13: pictures that are not requested are refused, and the number of takes is limited.
#[tokio::test]
async fn only_what_is_asked_for_is_taken() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    assert_eq!(code(&world.app.begin_capture(&link, "XX").await.unwrap_err()), "country_not_served");
    let holder = world.begin(&link, "JP", "my_number_card").await;
    let take = |slot, bytes| world.app.take_capture_picture(&holder, slot, bytes, Taken::default());
    assert_eq!(code(&take(Slot::Back, jpeg(1)).await.unwrap_err()), "picture_not_asked_for", "never the back");
    assert_eq!(code(&take(Slot::Prompt(0), jpeg(1)).await.unwrap_err()), "picture_not_asked_for", "no prompts yet");
    assert_eq!(code(&take(Slot::Front, b"<svg/>".to_vec()).await.unwrap_err()), "picture_format_unsupported");
    assert_eq!(code(&take(Slot::Front, vec![0; 11 << 20]).await.unwrap_err()), "picture_file_too_large");
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    for left in [3, 2, 1, 0] {
        assert_eq!(take(Slot::Front, jpeg(left)).await.unwrap().takes_left, left as u8);
    }
    assert_eq!(code(&take(Slot::Front, jpeg(9)).await.unwrap_err()), "picture_taken_too_often");
    assert_eq!(world.files().len(), 1);
    for draw in 1..=5 {
        let prompts = world.app.ask_capture_prompts(&holder).await.unwrap();
        world.take(&holder, prompts[0].slot, 20 + draw).await;
        assert_eq!(world.files().len(), 2, "what was taken for the prompts before is wiped");
    }
    let asked = world.app.ask_capture_prompts(&holder).await;
    assert_eq!(code(&asked.unwrap_err()), "picture_taken_too_often", "not drawn again until it fits");
    assert_eq!(code(&world.app.submit_capture(&holder).await.unwrap_err()), "picture_missing");
    let kind = world.app.choose_capture_document(&holder, "identity_card").await;
    assert_eq!(code(&kind.unwrap_err()), "document_not_taken", "Japan issues none");
    world.app.choose_capture_country(&holder, "PL").await.unwrap();
    assert_eq!(world.files().len(), 1, "the other document's picture is wiped, the face stays");
    let elsewhere = Holder { device: Some(Secret::new("f".repeat(64))), ..holder.clone() };
    let taken = world.app.take_capture_picture(&elsewhere, Slot::Front, jpeg(1), Taken::default()).await;
    assert_eq!(code(&taken.unwrap_err()), "link_expired", "another device");
    world.advance(2 * HOUR);
    let taken = world.app.take_capture_picture(&holder, Slot::Front, jpeg(1), Taken::default()).await;
    assert_eq!(code(&taken.unwrap_err()), "link_expired", "short-lived");
}

// Every view is recorded with a reason, and the picture contains viewer and time.
#[tokio::test]
async fn every_look_is_written_down() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 50).await;
    let case = world.case().await;
    let bob = ops("bob");
    let front = world.app.review_case(&bob, &case).await.unwrap().pictures[0].number;
    let without = world.app.review_picture(&bob, &case, front, "curiosity").await;
    assert!(matches!(without, Err(Error::Invalid { param: Some("reason"), .. })));
    assert!(matches!(world.app.review_picture(&ann, &case, front, "review").await, Err(Error::Forbidden { .. })));
    assert!(matches!(world.app.review_picture(&bob, &case, -1, "review").await, Err(Error::NotFound { .. })));
    let shown = world.app.review_picture(&bob, &case, front, "review").await.unwrap();
    let shown = image::load_from_memory(shown.expose()).unwrap().into_rgb8();
    let sent = pictures::page(1200, 600, 50);
    let far = |a: &Rgb<u8>, b: &Rgb<u8>| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 40);
    let marked = shown.pixels().zip(sent.pixels()).filter(|(a, b)| far(a, b)).count();
    assert!(marked > 20_000, "the mark is in the pixels: {marked}");
    let views = world.app.privacy_record(&ann, &one).await.unwrap().views;
    assert_eq!(views.len(), 1, "owners read who looked");
    assert_eq!(
        (views[0].viewer.as_str(), views[0].reason.as_str(), views[0].number),
        ("bob@example.com", "review", front)
    );
    let seen = world.app.review_case(&bob, &case).await.unwrap();
    assert_eq!(seen.views.len(), 1);
}

// S0-02 S0-26: declined for a reason from the list, appealed, overridden by two people.
#[tokio::test]
async fn declined_appealed_and_overridden_by_two() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 70).await;
    let case = world.case().await;
    let decline = |reasons: &[&str]| Verdict::Decline(reasons.iter().map(|&one| one.to_owned()).collect());
    for reasons in [&[][..], &["ugly"]] {
        let refused = world.app.decide_review(&ops("bob"), &case, decline(reasons), "", false).await;
        assert_eq!(code(&refused.unwrap_err()), "review_reason_needed");
    }
    let own = world.app.decide_review(&ops("ann"), &case, Verdict::Approve, "", false).await;
    assert!(matches!(own, Err(Error::Forbidden { .. })), "operators cannot decide for their own organization");
    let generic = world.app.decide_appeal(&ops("bob"), &case, true, "looks fine").await;
    assert!(matches!(generic, Err(Error::NotFound { .. })), "a review has its own decision");
    world.app.decide_review(&ops("bob"), &case, decline(&["face_mismatch"]), "", false).await.unwrap();
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.attempts_left), (Status::Rejected, 2));
    assert_eq!(view.attempt.unwrap().reasons, ["face_mismatch"]);

    world.app.appeal_verification(&ann, &one, "It is me: the photo is ten years old.").await.unwrap();
    let queue = world.app.review_queue(&ops("bob")).await.unwrap();
    assert_eq!((queue.len(), queue[0].kind.as_str()), (1, "appeal"));
    let seen = world.app.review_case(&ops("eve"), &queue[0].id).await.unwrap();
    assert_eq!(seen.pictures.len(), 5, "the pictures are at hand while their time lasts");
    assert!(seen.statement.unwrap().contains("ten years"));
    let front = seen.pictures[0].number;
    assert!(world.app.review_picture(&ops("eve"), &queue[0].id, front, "appeal").await.is_ok());
    let own = world.app.decide_appeal(&ops("ann"), &queue[0].id, true, "It is me").await;
    assert!(matches!(own, Err(Error::Forbidden { .. })), "operators cannot decide for their own organization");
    let first = world.app.decide_appeal(&ops("bob"), &queue[0].id, true, "I agree").await;
    assert_eq!(first, Ok(Decided::Proposed));
    let twice = world.app.decide_appeal(&ops("bob"), &queue[0].id, true, "I agree with me").await;
    assert!(matches!(twice, Err(Error::Forbidden { .. })));
    assert_eq!(world.status(&ann, &one).await, Status::InReview);
    let second = world.app.decide_appeal(&ops("eve"), &queue[0].id, true, "So do I").await;
    assert_eq!(second, Ok(Decided::Done));
    assert_eq!(world.status(&ann, &one).await, Status::Verified);
}

// Findings by software are shown, and a document that verified others needs two people.
#[tokio::test]
async fn findings_and_documents_seen_before() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    let holder = world.begin(&link, "PL", "passport").await;
    let typed = world.app.type_capture_zone(&holder, "P<UTO").await;
    assert_eq!(code(&typed.unwrap_err()), "zone_unreadable");
    world.app.type_capture_zone(&holder, ZONE).await.unwrap();
    world.take(&holder, Slot::Front, 80).await;
    world.take(&holder, Slot::Selfie, 80).await;
    for prompt in world.app.ask_capture_prompts(&holder).await.unwrap() {
        world.take(&holder, prompt.slot, 81).await;
    }
    world.app.submit_capture(&holder).await.unwrap();
    let case = world.case().await;
    let seen = world.app.review_case(&ops("bob"), &case).await.unwrap();
    for flag in ["same_picture", "uploaded_not_live", "mrz_other_issuer", "mrz_expired"] {
        assert!(seen.flags.iter().any(|one| one == flag), "{flag} {:?}", seen.flags);
    }
    let zone = seen.zone.unwrap();
    assert!(zone.digits.unwrap().all_agree());
    assert!(zone.fields.contains(&("surname", "ERIKSSON".to_owned())));
    world.approve("bob", &case, "", true).await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "destroyed with the decision, as asked");

    let (ben, two) = world.owner("ben@example.com").await;
    let (_, link) = world.start(&ben, &two).await;
    world.hand_in(&link, 90).await;
    let case = world.case().await;
    world.app.read_review_zone(&ops("bob"), &case, ZONE).await.unwrap();
    let seen = world.app.review_case(&ops("bob"), &case).await.unwrap();
    assert!(seen.duplicate && seen.flags.iter().any(|flag| flag == "mrz_expired"), "{seen:?}");
    let first = world.approve("bob", &case, "twins", false).await;
    assert_eq!(first, Ok(Decided::Proposed));
    let alone = world.approve("bob", &case, "twins", false).await;
    assert!(matches!(alone, Err(Error::Forbidden { .. })));
    let second = world.approve("eve", &case, "twins", false).await;
    assert_eq!(second, Ok(Decided::Done));
    assert_eq!(world.status(&ben, &two).await, Status::Verified);
}

// S0-15 S3-23: by the QR code to the phone, and a new link ends the previous one.
#[tokio::test]
async fn from_the_first_device_to_the_phone() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    let qr = world.app.hand_off_verification(&ann, &one, &attempt, Channel::Qr).await.unwrap();
    let onward = world.app.use_handoff(&token(qr.url.expose())).await.unwrap();
    let old = Holder { token: link, device: None };
    assert_eq!(world.app.find_capture(&old).await.unwrap(), None, "the unused link ended");
    world.hand_in(&token(&onward.url), 5).await;
    assert_eq!(world.status(&ann, &one).await, Status::InReview);
    let (_, relinked) = (0, world.app.reissue_verification_link(&ann, &one, &attempt).await);
    assert!(relinked.is_err(), "everything is handed in");
}

/// A link waits a quarter of an hour for its device and works on it for two hours; pictures are refused afterwards.
#[tokio::test]
async fn no_picture_is_taken_after_its_time() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    world.advance(900);
    assert_eq!(world.app.find_capture(&Holder { token: link.clone(), device: None }).await.unwrap(), None);
    assert!(world.app.begin_capture(&link, "PL").await.is_err(), "too late");
    let (_, again) = world.app.reissue_verification_link(&ann, &one, &attempt).await.unwrap();
    let link = token(&again.url);
    world.advance(899);
    let holder = world.begin(&link, "PL", "passport").await;
    world.advance(2 * HOUR - 1);
    world.take(&holder, Slot::Front, 7).await;
    world.advance(1);
    let late = world.app.take_capture_picture(&holder, Slot::Selfie, jpeg(8), Taken::default()).await;
    assert!(late.is_err() && world.app.find_capture(&holder).await.unwrap().is_none());
    assert!(world.app.submit_capture(&holder).await.is_err());
}

// S3-30: reviewers get a mail a day before pictures are erased, once, and only about undecided cases.
#[tokio::test]
async fn reviewers_hear_before_pictures_go() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (ben, two) = world.owner("ben@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 10).await;
    let case = world.case().await;
    let (_, link) = world.start(&ben, &two).await;
    world.hand_in(&link, 20).await;
    let queue = world.app.review_queue(&ops("bob")).await.unwrap();
    let decided = queue.iter().find(|row| row.id != case).unwrap().id.clone();
    world.approve("bob", &decided, "", false).await.unwrap();
    world.advance(6 * DAY - HOUR);
    let early: Vec<_> = world.mails().await.into_iter().filter(|(to, _)| to != "ann@example.com").collect();
    assert!(early.iter().all(|(_, subject)| !subject.contains("within a day")), "{early:?}");
    world.advance(HOUR);
    let mails = world.mails().await;
    let told: Vec<_> = mails.iter().filter(|(_, subject)| subject.contains("within a day")).collect();
    assert_eq!(told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["bob@example.com", "eve@example.com"]);
    world.advance(12 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.mails().await, [], "once");
}

// S3-30: pictures are held by two people, until a date below a ceiling, and owners can read about it.
#[tokio::test]
async fn pictures_are_held_by_law() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 30).await;
    let case = world.case().await;
    let taken = world.app.review_queue(&ops("bob")).await.unwrap()[0].images_until.unwrap().plus(-7 * DAY);
    let until = taken.plus(30 * DAY);
    let hold = |name: &'static str, until| {
        let world = &world;
        let case = case.clone();
        async move { world.app.hold_evidence(&ops(name), &case, until, "a claim is defended").await }
    };
    assert!(matches!(world.app.hold_evidence(&ann, &case, until, "x").await, Err(Error::Forbidden { .. })));
    assert!(matches!(hold("ann", until).await, Err(Error::Forbidden { .. })), "operators cannot hold their own");
    for wrong in [taken.plus(7 * DAY), taken.plus(90 * DAY + 1)] {
        assert_eq!(code(&hold("bob", wrong).await.unwrap_err()), "hold_not_possible");
    }
    assert_eq!(hold("bob", until).await, Ok(Decided::Proposed));
    assert!(matches!(hold("bob", until).await, Err(Error::Forbidden { .. })), "one person is not two");
    assert_eq!(code(&hold("eve", until.plus(DAY)).await.unwrap_err()), "hold_not_possible", "another date");
    assert_eq!(world.app.privacy_record(&ann, &one).await.unwrap().holds, [], "nothing is held by one");
    world.advance(HOUR);
    assert_eq!(hold("eve", until).await, Ok(Decided::Done));
    let mails = world.mails().await;
    assert!(
        mails.iter().any(|(to, subject)| to == "ann@example.com" && subject.contains("przechowywane dłużej")),
        "{mails:?}"
    );
    let record = world.app.privacy_record(&ann, &one).await.unwrap();
    assert_eq!((record.holds.len(), record.holds[0].until), (1, until), "owners read of it");
    assert_eq!(world.app.organization_verification(&ann, &one).await.unwrap().held_until, Some(until));

    // Neither the ceiling, nor a decision, nor a withdrawal erases before the date.
    world.advance(8 * DAY);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5);
    let destroy = world.app.decide_review(&ops("bob"), &case, Verdict::Recapture, "", true).await;
    assert!(matches!(destroy, Err(Error::Conflict { .. })), "{destroy:?}");
    assert_eq!(world.app.review_queue(&ops("bob")).await.unwrap()[0].images_until, Some(until));
    world.approve("bob", &case, "", false).await.unwrap();
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5, "held");
    // The last hour of the hold, in which they are erased: never after the date.
    world.advance(22 * DAY - 2 * HOUR - 60);
    world.app.run_cleanup().await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 5);
    world.advance(HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    let late = hold("bob", until.plus(DAY)).await;
    assert!(matches!(late, Err(Error::Conflict { .. })), "the pictures are gone: {late:?}");
    let page = keystead_app::Page { after: None, limit: 100, ascending: true };
    let log = world.app.audit_log(&ops("bob"), &one, page).await.unwrap().data;
    for action in ["review.hold_proposed", "review.held"] {
        assert!(log.iter().any(|row| row.action == action), "{action}");
    }
}

// A hold ends before its date with a reason, and the erasure that waited for it is done.
#[tokio::test]
async fn a_hold_ends_early() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 40).await;
    let case = world.case().await;
    let until = world.app.now().plus(60 * DAY);
    for name in ["bob", "eve"] {
        world.app.hold_evidence(&ops(name), &case, until, "a claim").await.unwrap();
    }
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 5);
    let without = world.app.end_evidence_hold(&ops("bob"), &case, " ").await;
    assert!(matches!(without, Err(Error::Invalid { param: Some("reason"), .. })));
    world.app.end_evidence_hold(&ops("bob"), &case, "settled").await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the withdrawal is carried out");
    let record = world.app.privacy_record(&ann, &one).await.unwrap();
    assert!(record.holds[0].ended_at.is_some() && record.receipts.iter().any(|row| row.what.as_str() == "evidence"));
    assert_eq!(world.app.organization_verification(&ann, &one).await.unwrap().held_until, None);
    assert!(world.app.end_evidence_hold(&ops("bob"), &case, "again").await.is_err());
}

// S0-05: the stated name is compared with the document, informs the reviewer, and decides nothing.
#[tokio::test]
async fn the_stated_name_is_a_signal_only() {
    let world = ReviewWorld::new().await;
    for (name, email, flag) in [
        ("Anna  Eriksson", "a@example.com", None),
        ("Eriksson Anna Maria", "b@example.com", None),
        ("Kowalska Zofia", "c@example.com", Some("mrz_name_differs")),
        ("山田花子", "d@example.com", Some("mrz_name_unclear")),
        ("", "e@example.com", None),
    ] {
        let (owner, organization) = world.owner(email).await;
        let (_, link) = world.start(&owner, &organization).await;
        let holder = world.begin(&link, "PL", "passport").await;
        let long = world.app.state_capture_name(&holder, &"x".repeat(101)).await;
        assert_eq!(code(&long.unwrap_err()), "name_unreadable");
        world.app.state_capture_name(&holder, name).await.unwrap();
        world.app.type_capture_zone(&holder, ZONE).await.unwrap();
        let seed = 7 * u32::from(email.as_bytes()[0]);
        world.take(&holder, Slot::Front, seed).await;
        world.take(&holder, Slot::Selfie, seed + 1).await;
        for (at, prompt) in (2..).zip(world.app.ask_capture_prompts(&holder).await.unwrap()) {
            world.take(&holder, prompt.slot, seed + at).await;
        }
        world.app.submit_capture(&holder).await.unwrap();
        let case = world.case().await;
        let seen = world.app.review_case(&ops("bob"), &case).await.unwrap();
        let found = seen.flags.iter().map(String::as_str).find(|one| one.starts_with("mrz_name"));
        assert_eq!(found, flag, "{name}");
        let stated = seen.name.map(|name| name.expose().clone());
        assert_eq!(stated, (!name.is_empty()).then(|| name.split_whitespace().collect::<Vec<_>>().join(" ")));
        let decline = Verdict::Decline(vec!["document_expired".to_owned()]);
        world.app.decide_review(&ops("bob"), &case, decline, "", true).await.unwrap();
        let gone = world.app.review_case(&ops("bob"), &case).await.unwrap();
        assert!(gone.name.is_none(), "erased with the pictures");
    }
}
