//! Unusual use: the settings of an organization, and keys that are paused, resumed and capped on their pages.

use keystead_core::anomaly::Signal;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::key_signals::{self, KeySignal};

use crate::keys::{SHOP, id_of, ready, send, shown};
use crate::world::*;

const PAGE: &str = "/settings/organization/unusual-use";

/// Which switches of the page are on, in their order.
fn switches(page: &str) -> Vec<bool> {
    let inputs = page.split("name=\"signal\"").skip(1);
    inputs.map(|input| input.split('>').next().unwrap().contains(" checked")).collect()
}

/// S1-38: one click pauses a key on its page, and one click resumes it on its row.
#[tokio::test]
async fn a_key_is_paused_and_resumed() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let secret = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let tail = &secret[secret.len() - 4..];
    let id = id_of(&ann.get("/api-keys").await, tail);
    let of_key = format!("/api-keys/{id}");
    let before = ann.get(&of_key).await.body;
    assert!(before.contains(&format!("{of_key}/pause")) && !before.contains(&format!("{of_key}/resume")), "{before}");
    let mut eve = world.owner("eve@example.com", "Elsewhere").await;
    for verb in ["pause", "resume", "cap"] {
        assert_eq!(send(&mut eve, &format!("{of_key}/{verb}"), &[]).await.status, 404, "{verb}");
    }
    assert!(send(&mut ann, &format!("{of_key}/pause"), &[]).await.location().contains("done=key-paused"));
    let paused = ann.get(&of_key).await.body;
    assert!(paused.contains("Paused since") && paused.contains("A person paused it."), "{paused}");
    let list = ann.get("/api-keys").await.body;
    let row = list.split("<tr").find(|row| row.contains(tail)).unwrap();
    assert!(row.contains("Paused since") && row.contains(&format!("{of_key}/resume")), "{row}");
    assert!(send(&mut ann, &format!("{of_key}/resume"), &[]).await.location().starts_with("/api-keys?"));
    assert!(!ann.get("/api-keys").await.body.contains("Paused since"));
    let back = send(&mut ann, &format!("{of_key}/resume"), &[("from", "key")]).await;
    assert!(back.location().starts_with(&of_key), "{}", back.location());

    // A cap of its own; one without a figure is refused with a link to the field, and the rest of the page is as before.
    let cap = format!("{of_key}/cap");
    let budget = [("subject", id.as_str()), ("terms", "requests/day"), ("amount", "8")];
    let added = send(&mut ann, "/settings/organization/budgets/create", &budget).await;
    assert!(added.location().contains("done=saved"), "{}", added.location());
    for (requests, amount) in [("", ""), ("0", ""), ("-1", ""), ("many", ""), ("", "0"), ("", "x")] {
        let fields = [("mode", "own"), ("period", "hour"), ("requests", requests), ("amount", amount)];
        let refused = send(&mut ann, &cap, &fields).await;
        assert_eq!(refused.status, 422, "{requests:?} {amount:?}");
        let field = if amount.is_empty() { "cap-requests" } else { "cap-amount" };
        assert!(refused.body.contains(&format!("<a href=\"#{field}\">")), "{}", refused.body);
        assert!(refused.body.contains("Requests per day"), "{}", refused.body);
    }
    // An amount says what is wrong with it, as on other pages.
    let fields = [("mode", "own"), ("period", "hour"), ("requests", ""), ("amount", "5 EUR")];
    let refused = send(&mut ann, &cap, &fields).await.body;
    assert!(refused.contains("without another currency"), "{refused}");
    let fields = [("mode", "own"), ("period", "hour"), ("requests", "1,600"), ("amount", "5.00")];
    assert!(send(&mut ann, &cap, &fields).await.location().contains("done=saved"));
    let page = ann.get(&of_key).await.body;
    assert!(
        page.contains("name=\"requests\" value=\"1600\"") && page.contains("name=\"amount\" value=\"5.00\""),
        "{page}"
    );
    assert!(page.contains("value=\"own\" checked") && page.contains("value=\"hour\" selected"), "{page}");
}

#[tokio::test]
async fn owners_choose_signals_and_a_cap() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(PAGE).await.body;
    assert_eq!(switches(&page), [true; 5], "all are on at first");
    let fields = [("signal", "new_model"), ("period", "minute"), ("requests", "1000"), ("amount", "")];
    assert!(send(&mut ann, PAGE, &fields).await.location().contains("done=saved"));
    let page = ann.get(PAGE).await.body;
    assert_eq!(switches(&page), [false, false, false, false, true]);
    assert!(page.contains("name=\"requests\" value=\"1000\""), "{page}");
    let wrong = send(&mut ann, PAGE, &[("signal", "new_model"), ("requests", "0"), ("amount", "")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("<a href=\"#cap-requests\">"), "{}", wrong.body);
    assert!(ann.get(PAGE).await.body.contains("name=\"requests\" value=\"1000\""), "nothing has changed");
    assert!(send(&mut ann, PAGE, &[("requests", ""), ("amount", "")]).await.location().contains("done=saved"));
    assert!(ann.get(PAGE).await.body.contains("name=\"requests\" value=\"\""));
    // A member who is no owner sees no settings, and changes none.
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let page = ben.get(PAGE).await.body;
    assert!(!page.contains("name=\"signal\""), "{page}");
    assert_ne!(send(&mut ben, PAGE, &fields).await.status, 303);
    assert!(ann.get(PAGE).await.body.contains("name=\"requests\" value=\"\""));
}

#[tokio::test]
async fn what_was_noticed_names_the_key() {
    let world = World::new().await;
    let (mut ann, _, organization) = ready(&world).await;
    let secret = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let key = id_of(&ann.get("/api-keys").await, &secret[secret.len() - 4..]);
    let signal = KeySignal {
        key: key.parse().unwrap(),
        organization,
        signal: Signal::NewModel,
        value: "gpt-4o".to_owned(),
        at: Timestamp(world.now()),
        period: None,
        figure: 0,
        usual: 0,
    };
    let raise = async move |tx: &mut Tx| key_signals::raise(tx, std::slice::from_ref(&signal)).await;
    let raised: Result<(), keystead_store::Error> = world.store.write("raise", raise).await;
    raised.unwrap();
    let page = ann.get(PAGE).await.body;
    assert!(page.contains("First use of the model gpt-4o.") && page.contains(">shop</a>"), "{page}");
}
