//! The built-in reviewer from the link to the verified organization, with a clock and a folder controlled by the test.

mod capture;
mod erasure;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::Rgb;
use keystead_app::request::Origin;
use keystead_app::review::{Decided, Holder, Reviewer, Slot, Taken, Verdict};
use keystead_app::verification::organization::Consent;
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
