//! Passkeys, with an authenticator in software (WebAuthn level 3, "none" attestation).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_app::Actor;
use keystead_app::accounts::{PasskeyChallenge, SignedIn};
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::test_app::*;

const ORIGIN: &str = "https://keystead.test";

/// A person's authenticator.
pub(crate) struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    handle: String,
    counter: u32,
    origin: &'static str,
    /// Whether it verified the person.
    verified: bool,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn options(question: &PasskeyChallenge) -> Value {
    question.options["publicKey"].clone()
}

impl Authenticator {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[number; 32]).unwrap(),
            id: vec![number; 16],
            handle: String::new(),
            counter: 0,
            origin: ORIGIN,
            verified: true,
        }
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let data = json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn data(&mut self, attested: bool) -> Vec<u8> {
        self.counter += 1;
        let flags = 1 | if self.verified { 4 } else { 0 } | if attested { 64 } else { 0 };
        let head = [Sha256::digest("keystead.test").to_vec(), vec![flags], self.counter.to_be_bytes().to_vec()];
        head.concat()
    }

    /// Creates its key for this site.
    pub(crate) fn create(&mut self, question: &PasskeyChallenge) -> String {
        let options = options(question);
        assert_eq!(options["rp"]["id"], "keystead.test");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.handle);
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let cose = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [self.data(true), vec![0; 16], length.to_vec(), self.id.clone(), cose].concat();
        let size = u8::try_from(data.len()).unwrap();
        let head = [b"\xa3cfmtdnonegattStmt\xa0hauthData\x58".as_slice(), &[size], &data].concat();
        let client = self.client_data("webauthn.create", &options["challenge"]);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "extensions": {},
            "response": { "attestationObject": b64(head), "clientDataJSON": b64(client), "transports": ["internal"] },
        })
        .to_string()
    }

    /// Signs for this site.
    pub(crate) fn sign(&mut self, question: &PasskeyChallenge) -> String {
        let client = self.client_data("webauthn.get", &options(question)["challenge"]);
        let data = self.data(false);
        let signed = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": b64(data), "clientDataJSON": b64(client),
                "signature": b64(signature.to_der().as_bytes()), "userHandle": self.handle,
            },
        })
        .to_string()
    }
}

pub(crate) async fn added(test: &TestApp, session: &Secret<String>, laptop: &mut Authenticator) -> SignedIn {
    let question = test.app.begin_passkey(session).await.unwrap();
    let answer = laptop.create(&question);
    let opened = test.app.add_passkey(session, &question.state, "Laptop", &answer).await.unwrap();
    assert_eq!(test.subjects().await, ["Passkey added"]);
    opened
}

async fn enter(test: &TestApp, laptop: &mut Authenticator) -> Result<SignedIn, keystead_app::Error> {
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = laptop.sign(&question);
    test.app.sign_in_with_passkey(&question.state, &answer, &self::laptop()).await
}

async fn names(test: &TestApp, user: &UserId) -> Vec<String> {
    test.app.security(user).await.unwrap().passkeys.into_iter().map(|row| row.name).collect()
}

/// ASVS 6.3.4, 7.4.3, 7.5.1: added after reauthentication, reported by mail, other sessions ended; then it is both
/// factors at once.
#[tokio::test]
async fn a_passkey_is_added_used_and_taken_away() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let there = test.sign_in("ann@example.com", GOOD).await.unwrap();
    let mut key = Authenticator::new(7);
    let here = added(&test, &here.session, &mut key).await;
    assert!(test.session_is_open(&here.session).await && !test.session_is_open(&there.session).await);
    assert_eq!(names(&test, &ann).await, ["Laptop"]);
    test.app.enrol_second_factor(&here.session).await.unwrap();
    let opened = enter(&test, &mut key).await.unwrap();
    assert!(opened.user == ann && !opened.waits_for_code && test.session_is_open(&opened.session).await);
    let used = test.app.security(&ann).await.unwrap().passkeys.remove(0);
    assert_eq!(used.used_at.map(|at| at.0), Some(NOON));

    test.advance(600);
    assert_eq!(code(test.app.begin_passkey(&opened.session).await), "reauthentication_needed");
    assert_eq!(code(test.app.remove_passkey(&opened.session, &used.id).await), "reauthentication_needed");
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = key.sign(&question);
    let fresh = test.app.reauthenticate_with_passkey(&opened.session, &question.state, &answer).await.unwrap();
    assert!(test.app.fresh_session(&fresh.session).await.is_ok() && !test.session_is_open(&opened.session).await);
    let (_, ben) = test.signed_in_user("ben@example.com").await;
    assert_eq!(code(test.app.remove_passkey(&ben.session, &used.id).await), "not_found", "another person's");
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = key.sign(&question);
    let stolen = test.app.reauthenticate_with_passkey(&ben.session, &question.state, &answer).await;
    assert_eq!(code(stolen), "passkey_wrong", "another person's passkey proves nothing");
    test.app.remove_passkey(&fresh.session, &used.id).await.unwrap();
    assert_eq!(test.subjects().await, ["Passkey removed"]);
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong");
}

/// ASVS 6.7.2: one challenge, one answer, five minutes, this site, this person, verified by the authenticator.
#[tokio::test]
async fn answers_are_judged() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let mut key = Authenticator::new(7);
    added(&test, &here.session, &mut key).await;
    let app = &test.app;
    let try_in = async |question: &PasskeyChallenge, answer: &str| {
        app.sign_in_with_passkey(&question.state, answer, &laptop()).await
    };
    let ask = async || app.begin_passkey_sign_in().unwrap();

    let question = ask().await;
    let challenge = options(&question)["challenge"].as_str().unwrap().to_owned();
    assert!(URL_SAFE_NO_PAD.decode(challenge).unwrap().len() >= 16, "ASVS 6.7.2: 128 bits at least");
    let answer = key.sign(&question);
    try_in(&question, &answer).await.unwrap();
    assert_eq!(code(try_in(&question, &answer).await), "link_expired", "replayed");
    assert_eq!(code(try_in(&ask().await, &answer).await), "passkey_wrong", "for another question");
    let late = ask().await;
    let answer = key.sign(&late);
    test.advance(300);
    assert_eq!(code(try_in(&late, &answer).await), "link_expired");

    key.origin = "https://keystead.test.evil.test";
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong", "a foreign page");
    key.origin = ORIGIN;
    key.verified = false;
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong", "it was not touched");
    key.verified = true;
    let mut other = Authenticator { key: SigningKey::from_slice(&[9; 32]).unwrap(), ..Authenticator::new(7) };
    (other.handle, other.counter) = (key.handle.clone(), 90);
    assert_eq!(code(enter(&test, &mut other).await), "passkey_wrong", "another key under its name");
    let handle = std::mem::replace(&mut key.handle, b64([1; 16]));
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong", "another person's handle");
    key.handle = handle;
    assert!(enter(&test, &mut key).await.is_ok());
    key.counter = 0;
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong", "a copy that counts from the beginning");
    key.counter = 50;
    assert_eq!(code(try_in(&ask().await, "no JSON").await), "passkey_wrong");
    test.close_account(&ann).await;
    assert_eq!(code(enter(&test, &mut key).await), "passkey_wrong", "deactivated");
}

/// A refused passkey of a person is in the logs of their organizations, and one that is unknown is in none.
#[tokio::test]
async fn a_refused_passkey_is_a_failed_sign_in() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let mut key = Authenticator::new(7);
    added(&test, &here.session, &mut key).await;
    let (organization, _) = test.organization(&ann).await;
    let before = test.log(&organization).await.len();
    let mut stranger = Authenticator::new(8);
    stranger.handle.clone_from(&key.handle);
    assert_eq!(code(enter(&test, &mut stranger).await), "passkey_wrong");
    assert_eq!(test.log(&organization).await.len(), before, "a passkey that is no one's");
    let mut copy = Authenticator { key: SigningKey::from_slice(&[9; 32]).unwrap(), ..Authenticator::new(7) };
    (copy.handle, copy.counter) = (key.handle.clone(), 90);
    assert_eq!(code(enter(&test, &mut copy).await), "passkey_wrong");
    let page = keystead_app::Page { after: None, limit: 1, ascending: false };
    let log = test.app.audit_log(&Actor::operator("test"), &organization, page).await.unwrap();
    let event = &log.data[0];
    assert_eq!((event.action.as_str(), &event.details["error_code"]), ("login.failed", &"passkey_wrong".into()));
    assert_eq!(test.log(&organization).await.len(), before + 1);
    enter(&test, &mut key).await.unwrap();
    assert_eq!(test.log(&organization).await.len(), before + 2);
}

/// A challenge belongs to the person who began it, and an authenticator has one passkey for an account.
#[tokio::test]
async fn adding_is_ones_own() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let (ben, there) = test.signed_in_user("ben@example.com").await;
    let mut key = Authenticator::new(7);
    let question = test.app.begin_passkey(&here.session).await.unwrap();
    let answer = key.create(&question);
    let taken = test.app.add_passkey(&there.session, &question.state, "Mine", &answer).await;
    assert_eq!(code(taken), "link_expired");
    let again = test.app.add_passkey(&here.session, &question.state, "Laptop", &answer).await;
    assert_eq!(code(again), "link_expired", "and is spent by it");
    let here = added(&test, &here.session, &mut key).await;
    let question = test.app.begin_passkey(&here.session).await.unwrap();
    assert_eq!(options(&question)["excludeCredentials"][0]["id"], b64(&key.id), "the browser is told");
    assert_eq!(code(test.app.add_passkey(&here.session, &question.state, "", "{}").await), "name_empty");
    let question = test.app.begin_passkey(&there.session).await.unwrap();
    let answer = key.create(&question);
    let twice = test.app.add_passkey(&there.session, &question.state, "Same", &answer).await;
    assert_eq!(code(twice), "passkey_wrong", "one id, one account");
    assert_eq!((names(&test, &ann).await.len(), names(&test, &ben).await.len()), (1, 0));
    let shown = options(&question)["user"].to_string();
    assert!(!shown.contains(ben.as_str()), "no id of ours leaves");
}

/// ASVS 6.3.3: where a second step is required, a passkey is one, in the sessions in which it was used; the password
/// alone is not.
#[tokio::test]
async fn a_passkey_counts_as_a_second_step() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&ann).await;
    let owner = Actor::Person(ann.clone());
    let rule = async || test.app.second_factor_rule(&owner, &organization).await.unwrap();
    assert!(!rule().await.own && rule().await.lacking.len() == 1);
    let mut key = Authenticator::new(9);
    let here = added(&test, &here.session, &mut key).await;
    assert!(rule().await.own && rule().await.lacking.is_empty());
    test.app.require_second_factor(&owner, &organization, true).await.unwrap();
    assert!(test.app.organizations_of(&ann).await.unwrap()[0].locked, "the password alone is not enough");
    let used = async |signed_in: &SignedIn| test.app.session(&signed_in.session).await.unwrap().unwrap().by_passkey;
    assert!(used(&here).await, "it was made here");
    let with_password = test.sign_in("ann@example.com", GOOD).await.unwrap();
    assert!(!used(&with_password).await);
    assert!(used(&enter(&test, &mut key).await.unwrap()).await);
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = key.sign(&question);
    let app = &test.app;
    let proven = app.reauthenticate_with_passkey(&with_password.session, &question.state, &answer).await.unwrap();
    assert!(used(&proven).await);
    let id = test.app.security(&ann).await.unwrap().passkeys.remove(0).id;
    assert!(!used(&test.app.remove_passkey(&proven.session, &id).await.unwrap()).await);
}
