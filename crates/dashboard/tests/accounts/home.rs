//! The first page: numbers counted in the store, and what to do next.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;

use crate::world::*;

#[tokio::test]
async fn keys_are_counted_beyond_one_page_of_the_list() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let empty = ann.get("/home").await.body;
    assert!(empty.contains("What to do next") && empty.contains("/welcome/first-call"), "{empty}");
    let user = ann.members().await.remove(0);
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, &home.id, Requirement::Phone, None, "test").await.unwrap();
    let actor = Actor::Person(user);
    for number in 0..79 {
        let expires_in_seconds = (number < 2).then_some(3 * 86_400);
        let key = NewKey { expires_in_seconds, ..NewKey::default() };
        world.app.create_project_key(&actor, &home.id, &home.projects[0].id, &key).await.unwrap();
    }
    let page = ann.get("/home").await.body;
    assert!(page.contains("<strong>79</strong>") && page.contains("Active keys"), "{page}");
    assert!(page.contains("2 keys expire within 7 days.") && !page.contains("What to do next"), "{page}");
    world.advance(31 * 86_400);
    let mut ann = world.owner("ann2@example.com", "Other").await;
    assert!(!ann.get("/home").await.body.contains("<strong>79</strong>"));
}
