//! The profile: one form for name, language, theme and time zone, and where each of them is used.

use crate::world::*;

const ACCOUNT: &str = "/settings/account";

fn form<'a>(csrf: &'a str, name: &'a str, zone: &'a str) -> [(&'a str, &'a str); 5] {
    [("csrf", csrf), ("name", name), ("language", "pl"), ("theme", "dark"), ("time_zone", zone)]
}

#[tokio::test]
async fn one_save_changes_name_language_theme_and_zone() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let page = ann.get(ACCOUNT).await;
    for shown in
        ["value=\"ann\"", "<optgroup label=\"Europe\">", "<option value=\"Asia/Tokyo\">Tokyo (UTC+09:00)</option>"]
    {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }

    for (name, zone, says) in [
        ("\u{200b} ", "UTC", "Enter a name with at least one visible character."),
        (&*"x".repeat(65), "UTC", "Your name can have at most 64 characters."),
        ("Ann", "Mars/Olympus", "This time zone does not exist. Choose one from the list."),
    ] {
        let refused = ann.post(ACCOUNT, &form(&csrf, name, zone)).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{says}: {}", refused.body);
        assert!(refused.body.contains("<option value=\"pl\" lang=\"pl\" selected>"), "what was chosen stays");
    }
    assert!(ann.get(ACCOUNT).await.body.contains("value=\"ann\""), "nothing was saved");

    let saved = ann.post(ACCOUNT, &form(&csrf, " Ann <b>Łęcka ", "Asia/Tokyo")).await;
    assert!(saved.status == 303 && saved.location().contains("done=saved"), "{}", saved.location());
    let page = ann.get(ACCOUNT).await;
    for shown in [
        "<html lang=\"pl\" data-theme=\"dark\"",
        "value=\"Ann &#60;b&#62;Łęcka\"",
        "Profil",
        "value=\"Asia/Tokyo\" selected",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    for place in ["/settings/organization/members", "/settings/organization/audit-log", "/home"] {
        let page = ann.get(place).await;
        assert!(page.body.contains("Ann &#60;b&#62;Łęcka"), "{place}: {}", page.body);
    }
    // A second name of a zone that is not in the list stays chosen.
    assert_eq!(ann.post(ACCOUNT, &form(&csrf, "Ann", "US/Pacific")).await.status, 303);
    assert!(ann.get(ACCOUNT).await.body.contains("<option value=\"US/Pacific\" selected>"));
}

/// When a limit ends is said in the reader's time zone, with the zone: the account's, or before signing in the browser's.
#[tokio::test]
async fn the_end_of_a_limit_is_said_in_the_readers_zone() {
    let world = World::new().await;
    world.owner("ann@example.com", "Harbour").await;
    let guess = [("email", "ann@example.com"), ("password", "not the password")];
    let mut eve = world.browser();
    let mut refused = eve.post("/sign-in", &guess).await;
    for _ in 0..30 {
        if refused.status == 429 {
            break;
        }
        refused = eve.post("/sign-in", &guess).await;
    }
    assert!(refused.status == 429 && refused.body.contains("\u{a0}UTC"), "{}", refused.body);
    eve.cookies.insert("keystead_zone".to_owned(), "Asia/Tokyo".to_owned());
    let refused = eve.post("/sign-in", &guess).await;
    assert!(refused.status == 429 && refused.body.contains("(Asia/Tokyo)"), "{}", refused.body);
    eve.cookies.insert("keystead_zone".to_owned(), "../../etc/passwd".to_owned());
    assert!(eve.post("/sign-in", &guess).await.body.contains("\u{a0}UTC"), "an unknown zone is not used");
}

/// Each kind of email has a switch, except those about security; reviewers' emails are offered to operators only.
#[tokio::test]
async fn people_choose_their_emails() {
    let world = World::on_a_laptop(&["olga@example.com"]).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(ACCOUNT).await;
    assert_eq!(page.body.matches("name=\"wanted\"").count(), 3, "{}", page.body);
    assert!(page.body.contains("value=\"payment\" checked") && page.body.contains("are always sent."), "{}", page.body);
    let csrf = ann.csrf().await;
    let path = "/settings/account/notifications";
    let saved = ann.post(path, &[("csrf", &csrf), ("wanted", "verification"), ("wanted", "security")]).await;
    assert!(saved.status == 303 && saved.location().contains("done=saved"), "{}", saved.location());
    let page = ann.get(ACCOUNT).await;
    assert!(page.body.contains("value=\"verification\" checked"), "{}", page.body);
    assert!(page.body.contains("value=\"payment\">"), "{}", page.body);
    let mut olga = world.owner("olga@example.com", "Operations").await;
    assert!(olga.get(ACCOUNT).await.body.contains("value=\"review\" checked"));
}
