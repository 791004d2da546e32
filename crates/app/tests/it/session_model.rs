//! Sessions against a model: random sequences of everything that opens, renews and ends them, for two people. After
//! each step the rows are compared with a few plain rules.

use std::collections::BTreeSet;

use keystead_app::accounts::SignedIn;
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_providers::sign_in::Identity;
use proptest::prelude::*;

use crate::passkeys::{Authenticator, added};
use crate::second_factor::Phone;
use crate::test_app::*;

const IDLE: i64 = 7 * DAY;
const LIFE: i64 = 30 * DAY;
const FRESH: i64 = 600;

/// An act of one person or the clock. The number picks one of all sessions.
#[derive(Debug, Clone, Copy)]
enum Step {
    Password(usize),
    Passkey(usize),
    FromNewNetwork(usize),
    Use(usize),
    SignOut(usize),
    EndOthers(usize),
    Reauthenticate(usize),
    ChangePassword(usize),
    Reset(usize),
    Factor(usize),
    RenewCodes(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..2_usize;
    let any = 0..64_usize;
    prop_oneof![
        3 => who.clone().prop_map(Step::Password),
        2 => who.clone().prop_map(Step::Passkey),
        2 => who.clone().prop_map(Step::FromNewNetwork),
        3 => any.clone().prop_map(Step::Use),
        2 => any.clone().prop_map(Step::SignOut),
        1 => any.clone().prop_map(Step::EndOthers),
        2 => any.clone().prop_map(Step::Reauthenticate),
        2 => any.clone().prop_map(Step::ChangePassword),
        1 => who.prop_map(Step::Reset),
        2 => any.clone().prop_map(Step::Factor),
        1 => any.prop_map(Step::RenewCodes),
        3 => prop_oneof![Just(1), Just(59), Just(60), Just(FRESH - 1), Just(FRESH), Just(DAY), Just(IDLE - 1), Just(IDLE),
                         Just(LIFE - IDLE)].prop_map(Step::Pass),
    ]
}

struct Known {
    who: usize,
    secret: Secret<String>,
    ends: i64,
    seen: i64,
    proven: i64,
    ended: bool,
}

struct Person {
    id: UserId,
    email: String,
    key: Authenticator,
    phone: Option<Phone>,
    password: usize,
}

struct Model {
    test: TestApp,
    people: Vec<Person>,
    sessions: Vec<Known>,
}

const PASSWORDS: [&str; 2] = [GOOD, OTHER];

impl Model {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let mut people = Vec::new();
        for (number, email) in [(7, "ann@example.com"), (9, "ben@example.com")] {
            let (id, opened) = test.signed_in_user(email).await;
            let mut key = Authenticator::new(number);
            let opened = added(&test, &opened.session, &mut key).await;
            test.issuer.answer(identity(email));
            let departed = test.app.connect_identity(&opened.session, "/").await.unwrap();
            test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
            test.app.sign_out(&opened.session).await.unwrap();
            test.mails().await;
            people.push(Person { id, email: email.to_owned(), key, phone: None, password: 0 });
        }
        Self { test, people, sessions: Vec::new() }
    }

    fn session_is_open(&self, known: &Known) -> bool {
        let now = self.test.now();
        !known.ended && now < known.ends && now - known.seen < IDLE
    }

    fn opened(&mut self, who: usize, opened: SignedIn) {
        let now = self.test.now();
        assert_eq!(opened.expires_at.0, now + LIFE);
        let known = Known { who, secret: opened.session, ends: now + LIFE, seen: now, proven: now, ended: false };
        self.sessions.push(known);
    }

    /// The session gets a new secret and keeps its end.
    fn renewed(&mut self, at: usize, opened: SignedIn) {
        let now = self.test.now();
        let ends = self.sessions[at].ends;
        assert_eq!(opened.expires_at.0, ends, "it lives no longer for it");
        self.sessions[at].ended = true;
        let who = self.sessions[at].who;
        self.sessions.push(Known { who, secret: opened.session, ends, seen: now, proven: now, ended: false });
    }

    fn end_all_of(&mut self, who: usize, but: Option<usize>) {
        for (at, known) in self.sessions.iter_mut().enumerate() {
            known.ended |= known.who == who && Some(at) != but;
        }
    }

    fn code(&self, who: usize) -> Option<String> {
        // Each code works once, so each must be another one.
        self.test.advance(30);
        self.people[who].phone.as_ref().map(|phone| phone.code(self.test.now()))
    }

    /// A sign-in that gives a session at once, or after its code.
    async fn enter(&mut self, who: usize, opened: SignedIn) {
        assert_eq!(opened.waits_for_code, self.people[who].phone.is_some());
        let opened = match self.code(who) {
            Some(code) => self.test.app.prove_second_factor(&opened.session, &code, &laptop()).await.unwrap(),
            None => opened,
        };
        // The clock may have advanced since a session without a code was opened.
        let now = self.test.now();
        let made = opened.expires_at.0 - LIFE;
        let known = Known { who, secret: opened.session, ends: made + LIFE, seen: made, proven: made, ended: false };
        assert!(now - made <= 30);
        self.sessions.push(known);
    }

    async fn question(&mut self, who: usize) -> (Secret<String>, String) {
        let question = self.test.app.begin_passkey_sign_in().unwrap();
        let answer = self.people[who].key.sign(&question);
        (question.state, answer)
    }

    async fn play(&mut self, step: Step) {
        let pick = |n: usize| if self.sessions.is_empty() { None } else { Some(n % self.sessions.len()) };
        let app = self.test.app.clone();
        match step {
            Step::Pass(seconds) => self.test.advance(seconds),
            Step::Password(who) => {
                let (email, password) = (self.people[who].email.clone(), PASSWORDS[self.people[who].password]);
                let wrong = PASSWORDS[1 - self.people[who].password];
                assert_eq!(code(self.test.sign_in(&email, wrong).await), "wrong_credentials");
                let opened = self.test.sign_in(&email, password).await.unwrap();
                self.enter(who, opened).await;
            }
            Step::Passkey(who) => {
                let (state, answer) = self.question(who).await;
                let opened = app.sign_in_with_passkey(&state, &answer, &laptop()).await.unwrap();
                self.opened(who, opened);
            }
            Step::FromNewNetwork(who) => {
                self.test.issuer.answer(identity(&self.people[who].email));
                let departed = app.begin_oidc("/").await.unwrap();
                let (opened, _) = app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
                self.enter(who, opened.unwrap()).await;
            }
            Step::Reset(who) => {
                self.test.mails().await;
                // Beyond the limit of mails this step does nothing.
                if app.request_reset(&self.people[who].email, &laptop()).await.is_err() {
                    return;
                }
                let link = self.test.token().await;
                self.people[who].password = 1 - self.people[who].password;
                let password = secret(PASSWORDS[self.people[who].password]);
                let opened = app.reset_password(&link, &password, &laptop()).await.unwrap();
                self.end_all_of(who, None);
                self.enter(who, opened).await;
            }
            Step::Use(n) => {
                let Some(at) = pick(n) else { return };
                let found = app.session(&self.sessions[at].secret).await.unwrap();
                assert_eq!(found.is_some(), self.session_is_open(&self.sessions[at]));
                let now = self.test.now();
                if found.is_some() && now - self.sessions[at].seen >= 60 {
                    self.sessions[at].seen = now;
                }
            }
            Step::SignOut(n) => {
                let Some(at) = pick(n) else { return };
                app.sign_out(&self.sessions[at].secret).await.unwrap();
                self.sessions[at].ended = true;
            }
            Step::EndOthers(n) => {
                let Some(at) = pick(n) else { return };
                if self.session_is_open(&self.sessions[at]) {
                    let who = self.sessions[at].who;
                    app.end_other_sessions(&self.people[who].id, &self.sessions[at].secret).await.unwrap();
                    self.end_all_of(who, Some(at));
                }
            }
            Step::Reauthenticate(n) => {
                let Some(at) = pick(n) else { return };
                self.reauthenticate(at).await;
            }
            Step::ChangePassword(n) => {
                let Some(at) = pick(n) else { return };
                let who = self.sessions[at].who;
                let (old, new) = (self.people[who].password, 1 - self.people[who].password);
                let (old, new_secret) = (secret(PASSWORDS[old]), secret(PASSWORDS[new]));
                let changed = app.change_password(&self.sessions[at].secret, &old, &new_secret).await;
                assert_eq!(changed.is_ok(), self.session_is_open(&self.sessions[at]), "{:?}", changed.err());
                if let Ok(opened) = changed {
                    self.people[who].password = new;
                    self.end_all_of(who, Some(at));
                    self.renewed(at, opened);
                }
            }
            Step::Factor(n) => {
                let Some(at) = pick(n) else { return };
                self.change_factor(at).await;
            }
            Step::RenewCodes(n) => {
                let Some(at) = pick(n) else { return };
                let fresh =
                    self.session_is_open(&self.sessions[at]) && self.test.now() - self.sessions[at].proven < FRESH;
                let on = self.people[self.sessions[at].who].phone.is_some();
                let renewed = app.renew_recovery_codes(&self.sessions[at].secret).await;
                assert_eq!(renewed.is_ok(), fresh && on);
            }
        }
        self.test.mails().await;
    }

    /// With the passkey, so that it costs no hashing; returns the session's new index.
    async fn reauthenticate(&mut self, at: usize) -> Option<usize> {
        let who = self.sessions[at].who;
        let (state, answer) = self.question(who).await;
        let secret = self.sessions[at].secret.clone();
        let again = self.test.app.reauthenticate_with_passkey(&secret, &state, &answer).await;
        assert_eq!(again.is_ok(), self.session_is_open(&self.sessions[at]), "{:?}", again.err());
        self.renewed(at, again.ok()?);
        Some(self.sessions.len() - 1)
    }

    /// Sets the second factor up, or switches it off.
    async fn change_factor(&mut self, at: usize) {
        let Some(at) = self.reauthenticate(at).await else { return };
        let (app, who, key) = (self.test.app.clone(), self.sessions[at].who, self.sessions[at].secret.clone());
        let opened = if self.people[who].phone.take().is_some() {
            app.disable_second_factor(&key).await.unwrap()
        } else {
            let phone = Phone::new(&app.enrol_second_factor(&key).await.unwrap());
            let (_, opened) = app.confirm_second_factor(&key, &phone.code(self.test.now())).await.unwrap();
            self.people[who].phone = Some(phone);
            opened
        };
        self.end_all_of(who, Some(at));
        self.renewed(at, opened);
    }

    /// Compares the rows, without using any session, with the rules.
    async fn compare(&self, step: Step) {
        for known in self.sessions.iter().filter(|known| !self.session_is_open(known)) {
            assert!(self.test.app.session(&known.secret).await.unwrap().is_none(), "alive after {step:?}");
        }
        for (who, person) in self.people.iter().enumerate() {
            let listed: BTreeSet<i64> =
                self.test.app.devices(&person.id, "").await.unwrap().iter().map(|row| row.seen_at.0).collect();
            let count = self.test.app.devices(&person.id, "").await.unwrap().len();
            let mine: Vec<&Known> =
                self.sessions.iter().filter(|known| known.who == who && self.session_is_open(known)).collect();
            assert_eq!(count, mine.len(), "after {step:?}");
            assert_eq!(listed, mine.iter().map(|known| known.seen).collect(), "after {step:?}");
        }
    }
}

fn identity(email: &str) -> Option<Identity> {
    Some(Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: format!("subject of {email}"),
        email: email.to_owned(),
        email_verified: true,
        name: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: slow_cases(6), max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// ASVS 7.4.1, 7.4.2, 7.4.3: what ends a session ends it for good, in every sequence of steps.
    #[test]
    fn model_of_sessions(steps in proptest::collection::vec(step(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                model.play(step).await;
                model.compare(step).await;
            }
            for known in &model.sessions {
                assert_eq!(model.test.app.session(&known.secret).await.unwrap().is_some(), model.session_is_open(known));
            }
        });
    }
}
