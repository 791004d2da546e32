//! Submissions of forms against a simple model: forms begin, end, are opened and forgotten in random order while time
//! passes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use keystead_app::App;
use keystead_app::request::Origin;
use keystead_app::submissions::{FormAnswer, Kept, KeptPage, Sender, Submission, SubmissionId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Seconds that an answer is kept, and seconds for which the same form is a button that was pressed twice.
const KEPT: i64 = 600;
const PRESSED_TWICE: i64 = 60;
const FORMS: usize = 4;
const STEPS: usize = 400;

/// What the model knows of a form.
#[derive(Debug, Clone)]
struct Known {
    sender: usize,
    begun: i64,
    answer: Option<FormAnswer>,
    opened: bool,
}

struct Model {
    now: i64,
    forms: HashMap<usize, Known>,
}

impl Model {
    fn alive(&mut self, form: usize) -> Option<&mut Known> {
        let now = self.now;
        self.forms.get_mut(&form).filter(|known| now < known.begun + KEPT)
    }

    fn begin(&mut self, form: usize, sender: usize) -> Submission {
        let now = self.now;
        self.forms.retain(|_, known| now < known.begun + KEPT);
        if let Some(known) =
            self.alive(form).filter(|known| known.answer.is_none() || now - known.begun < PRESSED_TWICE)
        {
            known.opened = false;
            return found(known);
        }
        self.forms.insert(form, Known { sender, begun: now, answer: None, opened: false });
        Submission::New
    }

    fn open(&mut self, form: usize, sender: usize) -> Kept {
        let Some(known) = self.alive(form).filter(|known| known.sender == sender) else { return Kept::Nothing };
        let Some(answer) = known.answer.clone() else { return Kept::Running };
        let Some(page) = answer.page.clone() else { return Kept::Moved(Box::new(answer)) };
        if std::mem::replace(&mut known.opened, true) {
            return Kept::Nothing;
        }
        if page.status >= 400 {
            self.forms.remove(&form);
        }
        Kept::Page(page)
    }
}

fn found(known: &Known) -> Submission {
    known.answer.clone().map_or(Submission::Running, |answer| Submission::Answered(Box::new(answer)))
}

fn answer(rng: &mut ChaCha12Rng) -> FormAnswer {
    let status = [200, 422, 429][rng.random_range(0..3)];
    let html = format!("<p>{}", rng.random::<u32>());
    let page = KeptPage { status, language: "en".to_owned(), retry_at: None, html };
    let page = rng.random_bool(0.7).then_some(page);
    FormAnswer { location: format!("/a?{}", rng.random::<u32>()), cookies: Vec::new(), page }
}

fn sender(number: usize) -> Sender<'static> {
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, u8::try_from(number).unwrap()));
    Sender { user: None, origin: Origin { ip: Some(ip) } }
}

/// Does one random thing, and compares its result with the model's. `place` names the step in a failure.
async fn step(app: &App, model: &mut Model, ids: &[SubmissionId], rng: &mut ChaCha12Rng, place: &str) {
    let (form, who) = (rng.random_range(0..FORMS), rng.random_range(1..3));
    let id = ids[form];
    match rng.random_range(0..9) {
        0..2 => {
            let expected = model.begin(form, who);
            assert_eq!(app.begin_submission(id, sender(who)).await.unwrap(), expected, "{place}: {who} begins {form}");
        }
        2..4 => {
            let expected = model.alive(form).map_or(Submission::New, |known| found(known));
            assert_eq!(app.poll_submission(id).await.unwrap(), expected, "{place}: {form} is looked at");
        }
        4..6 => {
            let answer = answer(rng);
            // A form may end after its row has expired, until another submission deletes the row.
            let running = model.forms.get_mut(&form).filter(|known| known.answer.is_none());
            let expected = running.is_some();
            if let Some(known) = running {
                known.answer = Some(answer.clone());
            }
            assert_eq!(app.finish_submission(id, &answer).await.unwrap(), expected, "{place}: {form} ends");
        }
        6..8 => {
            let expected = model.open(form, who);
            assert_eq!(app.open_answer_of(id, sender(who)).await.unwrap(), expected, "{place}: {who} opens {form}");
        }
        _ => {
            app.forget_submission(id).await.unwrap();
            model.forms.remove(&form);
        }
    }
}

#[tokio::test]
async fn forms_in_random_order() {
    for seed in 0..8 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let world = keystead_testkit::World::new(1_800_000_000).await;
        let app = world.app(world.services(), keystead_app::Settings::default());
        let ids: Vec<SubmissionId> = (0..FORMS).map(|_| app.random_submission()).collect();
        let mut model = Model { now: 0, forms: HashMap::new() };
        for at in 0..STEPS {
            step(&app, &mut model, &ids, &mut rng, &format!("seed {seed}, step {at}")).await;
            let passes = [0, 0, 0, 1, 20, 59, 60, 61, 599, 600][rng.random_range(0..10)];
            world.clock.advance(passes);
            model.now += passes;
        }
    }
}
