//! From a new account to the first call: titles, the phone step inside the creation of a key, and the calls that arrive.

use std::sync::{Arc, Mutex};

use http_body_util::BodyExt;
use keystead_app::first_calls::{PresentedKey, SeenCall};
use keystead_app::{Codes, Services};
use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;
use keystead_providers::phone::SmsSender;
use keystead_providers::{BoxFuture, Health, ProviderError};

use crate::keys::ready;
use crate::keys::send;
use crate::world::*;

const HOME: &str = "192.0.2.7";

/// Keeps the texts that are sent.
#[derive(Default)]
pub(crate) struct Texts(Mutex<Vec<String>>);

impl Texts {
    fn code(&self) -> String {
        let texts = self.0.lock().unwrap();
        let digits = |text: &String| {
            let words = text.split(|c: char| !c.is_ascii_digit()).map(str::to_owned);
            words.into_iter().find(|word| word.len() == 6)
        };
        texts.last().and_then(digits).unwrap()
    }
}

impl SmsSender for Texts {
    fn send<'a>(&'a self, _: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            self.0.lock().unwrap().push(text.to_owned());
            Ok("1".to_owned())
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }
}

async fn world_with_texts() -> (World, Arc<Texts>) {
    let texts = Arc::new(Texts::default());
    let sender: Arc<dyn SmsSender> = Arc::<Texts>::clone(&texts);
    let add = |services: Services| Services { codes: Some(Codes::Sms(sender)), ..services };
    (World::with_services(add).await, texts)
}

/// S1-05: what was filled in is kept through the phone step, and the key is created by the right code.
#[tokio::test]
async fn a_key_is_created_by_the_code_of_its_phone_step() {
    let (world, texts) = world_with_texts().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let form = ann.get("/api-keys?new=1").await;
    assert!(form.body.contains("id=\"name\"") && !form.body.contains("id=\"number\""), "{}", form.body);
    let typed = [("name", "line & prod"), ("owner", "you"), ("permissions", "read"), ("days", "30")];
    let step = send(&mut ann, "/api-keys", &typed).await;
    assert_eq!(step.status, 422);
    // S1-03: the purpose, and both ways out.
    for shown in ["Step 2 of 3", "disposable accounts", "line &#38; prod", "mailto:help@example.com", "id=\"number\""] {
        assert!(step.body.contains(shown), "{shown}: {}", step.body);
    }
    let draft = step.field("draft").replace("&#38;", "&");
    let with = |more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("draft", draft.clone())];
        fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        fields
    };
    let act = async |ann: &mut Browser<'_>, path: &str, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        send(ann, path, &fields).await
    };
    let landline = act(&mut ann, "/api-keys/phone", with(&[("country", "PL"), ("number", "22 123 45 67")])).await;
    assert_eq!(landline.status, 422);
    for shown in ["id=\"number-error\"", "no attempt was used", "href=\"#number\"", "value=\"22 123 45 67\""] {
        assert!(landline.body.contains(shown), "{shown}: {}", landline.body);
    }
    let sent = act(&mut ann, "/api-keys/phone", with(&[("country", "PL"), ("number", "512 345 678")])).await;
    let here = sent.location().to_owned();
    let id = ann.get(&here).await.field("id");
    let wrong = vec![("draft", draft.clone()), ("id", id.clone()), ("code", "000000".to_owned())];
    let wrong = act(&mut ann, "/api-keys/phone/check", wrong).await;
    assert!(wrong.body.contains("id=\"code-error\"") && !wrong.body.contains("no attempt was used"), "{}", wrong.body);
    let right = vec![("draft", draft), ("id", id), ("code", texts.code())];
    let made = act(&mut ann, "/api-keys/phone/check", right).await;
    assert_eq!(made.status, 200);
    assert!(made.body.contains("id=\"secret\">sk-proj-") && made.body.contains("line &#38; prod"), "{}", made.body);
    assert!(ann.get("/api-keys").await.body.contains("Read only"), "the chosen permissions");
    let late = ann.get(&here).await;
    assert!(late.body.contains("value=\"line &#38; prod\"") && !late.body.contains("id=\"number\""), "no second time");
}

/// The first key is created by the code of the phone step, without a second press.
#[tokio::test]
async fn the_first_key_needs_no_second_press() {
    let (world, texts) = world_with_texts().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let pressed = send(&mut ann, "/welcome/first-call", &[]).await;
    let step = ann.get(pressed.location()).await;
    assert_eq!(step.body.matches("class=\"primary end\"").count(), 1, "one thing to do: {}", step.body);
    assert!(step.body.contains("disposable accounts") && step.body.contains("I&#39;ll do this later"), "{}", step.body);
    send(&mut ann, "/welcome/first-call/phone", &[("country", "PL"), ("number", "512 345 678")]).await;
    let id = ann.get(pressed.location()).await.field("id");
    let code = texts.code();
    let made = send(&mut ann, "/welcome/first-call/phone/check", &[("id", &id), ("code", &code)]).await;
    assert!(made.body.contains("id=\"secret\">sk-proj-"), "{}", made.body);
}

/// Each step has its own title.
#[tokio::test]
async fn steps_are_told_apart_by_their_titles() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for (path, title) in [
        ("/welcome", "Welcome"),
        ("/welcome/organization", "Create an organization"),
        ("/welcome/team", "Invite your team"),
        ("/welcome/first-call", "Make your first API call"),
        ("/welcome/credits", "Add payment method"),
    ] {
        let page = ann.get(path).await.body;
        assert!(page.contains(&format!("<title>{title} – ")) && page.contains(&format!("<h1>{title}</h1>")), "{path}");
    }
    // Usage is not charged here, so that the step does not speak of buying credit.
    let step = ann.get("/welcome/credits").await.body;
    assert!(step.contains("there are no credits to buy") && step.contains("I&#39;ll do this later"), "{step}");
    assert!(!step.contains("I&#39;ll buy credits later") && !step.contains("Add API credits"), "{step}");
}

fn seen(world: &World, status: u16, code: Option<&'static str>, sent: Option<&str>) -> SeenCall {
    SeenCall {
        at: Timestamp(world.now()),
        status,
        code,
        gate: false,
        key: None,
        presented: sent.map(PresentedKey::of),
        address: HOME.parse().unwrap(),
        path: "/v1/chat/completions".to_owned(),
        milliseconds: 412,
    }
}

/// The page explains a failed call, shows the one that was answered, and only then offers to continue. A reload shows
/// the ends of the key, and continues to listen.
#[tokio::test]
async fn the_first_call_is_watched() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    assert!(!world.app.watches_calls());
    let csrf = ann.csrf().await;
    let made = ann.post_at(HOME, "/welcome/first-call", &[("csrf", &csrf)]).await;
    let secret = made.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(made.body.matches(&secret).count(), 6, "the key, and five examples with it");
    assert!(made.body.contains("Nothing yet; this page is listening") && made.body.contains("data-unsaved"));
    assert!(made.body.contains("I&#39;ll do this later") && !made.body.contains("data-answered"));
    let here = made.body.split("data-page=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let key: KeyId = here.split("made=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();

    let mut noted = world.app.noted_calls();
    world.app.note_call(&seen(&world, 401, Some("invalid_api_key"), Some(&secret[..82])));
    assert!(noted.has_changed().unwrap(), "waiting pages are woken");
    noted.mark_unchanged();
    let other =
        SeenCall { address: "192.0.2.8".parse().unwrap(), ..seen(&world, 401, None, Some("sk-else-where-9999")) };
    world.app.note_call(&other);
    assert!(!noted.has_changed().unwrap(), "calls from another address are not shown");
    let page = ann.get(&here).await.body;
    assert!(page.contains("82 of its 164 characters") && !page.contains("9999"), "{page}");
    assert!(!page.contains(&secret) && page.contains("its secret was shown"), "{page}");
    assert!(!page.contains("data-answered") && !page.contains("Nothing yet"), "{page}");

    let events = here.replace("/first-call?", "/first-call/events?");
    let answer = ann.listen(&events, "same-origin").await;
    let mut body = answer.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    world.app.note_call(&SeenCall { key: Some(key.clone()), ..seen(&world, 200, None, None) });
    let next = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_ne!(first, next, "the stream says that something arrived");
    let page = ann.get(&here).await.body;
    assert!(page.contains("in 412 ms") && page.contains("data-answered"), "{page}");

    // Another organization's key is nothing to listen to.
    let mut bob = world.owner("bob@example.com", "Quay").await;
    let state = format!("/welcome/first-call/state?made={key}");
    assert_eq!(bob.get(&state).await.status, 404);
    assert!(!bob.get(&format!("/welcome/first-call?made={key}")).await.body.contains("data-follow"));
}

/// Every country in the list beside the number has a name.
#[tokio::test]
async fn countries_have_names() {
    let (world, _) = world_with_texts().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for language in ["en", "pl", "ja"] {
        let page = ann.get(&format!("/settings/account/phone?language={language}")).await.body;
        let options: Vec<&str> = page.split("<option value=\"").skip(1).collect();
        assert!(options.len() > 200, "{}", options.len());
        for option in options {
            let (code, rest) = option.split_once('"').unwrap();
            assert!(!rest.contains(&format!(">{code} +")), "{code} has no name in {language}");
        }
    }
}
