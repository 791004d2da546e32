//! The pages of webhooks: who sees them, the secret that is shown once, what is wrong in a form, and the log.

use keystead_core::webhook::DeliveryFault;

use crate::world::*;

const HERE: &str = "/settings/organization/webhooks";

async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

const FORM: [(&str, &str); 3] = [
    ("url", "https://hooks.example.com/in?token=1"),
    ("description", "Alerts to the chat"),
    ("event_types", "budget.exhausted"),
];

/// Creates a webhook; returns its page, and what was shown.
async fn create(browser: &mut Browser<'_>) -> (String, String) {
    let made = send(browser, &format!("{HERE}/create"), &FORM).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let shown = made.body;
    let page = shown.split("action=\"").find(|part| part.starts_with(HERE) && part.contains("/test?")).unwrap();
    let page = page.split("/test?").next().unwrap().to_owned();
    (page, shown)
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (page, shown) = create(&mut ann).await;
    let secret = shown.split("whsec_").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(secret.len(), 44);
    let asks = |shown: &str| shown.contains("data-unsaved=\"You have not copied the signing secret.");
    assert!(asks(&shown), "{shown}");
    assert!(shown.contains("data-copy=\"secret\"") && shown.contains(">Copy secret</button>"), "{shown}");
    let again = ann.get(&page).await.body;
    assert!(again.contains("https://hooks.example.com/in?token=1") && !again.contains("whsec_"), "{again}");
    let list = ann.get(HERE).await.body;
    assert!(list.contains("Alerts to the chat") && list.contains(&page), "{list}");
    for label in
        ["A paused key was resumed", "Unusual use of a key was noticed", "No credit is left", "Billing was suspended"]
    {
        assert!(list.contains(label), "{label}");
    }
    assert!(ann.get(&format!("{page}?ask=rotate")).await.body.contains("dialog-title"));
    let rotated = send(&mut ann, &format!("{page}/rotate"), &[]).await;
    assert!(rotated.body.contains("whsec_") && !rotated.body.contains(&secret), "another one");
    assert!(asks(&rotated.body) && !asks(&again), "only where a secret is shown");
    assert!(ann.get(&page).await.body.contains("The old secret signs too until"));
}

#[tokio::test]
async fn tests_and_deliveries_are_listed() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (page, _) = create(&mut ann).await;
    assert!(ann.get(&page).await.body.contains("Nothing was sent yet."));
    send(&mut ann, &format!("{page}/test"), &[]).await;
    let seen = ann.get(&page).await.body;
    assert!(seen.contains("Delivered") && seen.contains("Answer: 204") && seen.contains("endpoint.test"), "{seen}");
    world.receiver().answer_once(Err(DeliveryFault::Address), None);
    send(&mut ann, &format!("{page}/test"), &[]).await;
    let seen = ann.get(&page).await.body;
    assert!(seen.contains("The address is not public"), "{seen}");
    let delivery = seen.split("name=\"delivery\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let again = send(&mut ann, &format!("{page}/redeliver"), &[("delivery", &delivery)]).await;
    assert!(again.location().starts_with(&page), "{}", again.body);
    for verb in ["disable", "enable", "disable"] {
        send(&mut ann, &format!("{page}/{verb}"), &[]).await;
        let state = if verb == "disable" { "Turn on" } else { "Turn off" };
        assert!(ann.get(&page).await.body.contains(state), "{verb}");
    }
    let gone = send(&mut ann, &format!("{page}/delete"), &[]).await;
    assert!(gone.location().contains("done=webhook-deleted"));
    assert_eq!(ann.get(&page).await.status, 404);
}

#[tokio::test]
async fn wrong_forms_say_what_is_wrong_and_keep_what_was_typed() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for (url, text) in [
        ("http://example.com/in", "must begin with https://"),
        ("https://127.0.0.1/in", "must name a host on the internet"),
        ("https://example.com:8443/in", "no port other than 443"),
        ("https://ann@example.com/in", "no user name"),
        ("https://example .com", "Enter an address such as"),
    ] {
        let fields = [("url", url), ("description", ""), ("event_types", "budget.exhausted")];
        let answer = send(&mut ann, &format!("{HERE}/create"), &fields).await;
        let shown = answer.body;
        assert!(answer.status == 422 && shown.contains(text) && shown.contains(url), "{url}: {shown}");
        assert!(shown.contains("aria-invalid=\"true\""), "{url}");
    }
    let answer = send(&mut ann, &format!("{HERE}/create"), &[("url", "https://example.com/in")]).await;
    assert!(answer.body.contains("Choose at least one event."), "{}", answer.body);
    assert!(ann.get(HERE).await.body.contains("No webhooks yet."));
}

#[tokio::test]
async fn readers_and_strangers_reach_no_webhook() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let (page, _) = create(&mut ann).await;
    let seen = ben.get(HERE).await;
    assert!(seen.status == 200 && !seen.body.contains("hooks.example.com"), "{}", seen.body);
    assert_eq!(ben.get(&page).await.status, 403);
    assert_eq!(eve.get(&page).await.status, 404);
    for browser in [&mut ben, &mut eve] {
        for verb in ["test", "rotate", "disable", "delete", "save"] {
            let answer = send(browser, &format!("{page}/{verb}"), &FORM).await;
            assert!([403, 404].contains(&answer.status), "{verb}: {} {}", answer.status, answer.body);
        }
    }
    assert!(ann.get(&page).await.body.contains("Turn off"), "nothing changed");
}
