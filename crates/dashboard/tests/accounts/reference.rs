//! The reference of the API: every page in every language, the search, and the document.

use keystead_reference::{GROUPS, operations};
use keystead_testkit::PUBLIC_URL;
use serde_json::Value;

use crate::world::*;

/// The largest page, in bytes.
const LARGEST: usize = 100_000;

#[tokio::test]
async fn every_page_is_small_and_asks_no_other_host() {
    let world = World::new().await;
    let mut stranger = world.browser();
    let mut pages: Vec<&str> = GROUPS.iter().map(|group| group.slug).collect();
    pages.push("errors");
    for language in ["en", "pl", "ja"] {
        for slug in &pages {
            let page = stranger.get(&format!("/docs/api/{slug}?language={language}")).await;
            assert_eq!(page.status, 200, "{slug} {language}");
            assert!(page.body.len() < LARGEST, "{slug} {language}: {} bytes", page.body.len());
            for mark in ["src=\"http", "href=\"http", "url(http", "style=\"", "<script>"] {
                assert!(!page.body.contains(mark), "{mark} on {slug} {language}");
            }
        }
    }
    for group in GROUPS {
        let page = stranger.get(&format!("/docs/api/{}", group.slug)).await;
        for one in group.operations {
            assert!(page.body.contains(&format!("id=\"{}\"", one.id)), "{}", one.id);
        }
        // A type that is an object leads to its table on the same page.
        for place in page.body.split("href=\"#object-").skip(1) {
            let name = place.split('"').next().unwrap();
            assert!(page.body.contains(&format!("id=\"object-{name}\"")), "{name} on {}", group.slug);
        }
    }
    assert_eq!(stranger.get("/docs/api/nowhere").await.status, 404);
}

#[tokio::test]
async fn operations_are_found_by_words() {
    let world = World::new().await;
    let mut stranger = world.browser();
    let index = stranger.get("/docs/api").await;
    assert_eq!(index.status, 200);
    assert!(index.body.len() < LARGEST, "{} bytes", index.body.len());
    assert!(index.body.contains("<title>API reference – ") && !index.body.contains("API reference – API reference"));
    assert_eq!(index.body.matches("class=\"verb\"").count(), operations().count());
    let found = stranger.get("/docs/api?q=DELETE+certificate").await;
    let only = "/docs/api/certificates?language=en#deleteCertificate";
    assert!(found.body.contains(only) && found.body.matches("class=\"verb\"").count() == 1, "{}", found.body);
    let none = stranger.get("/docs/api?q=%3Cimg+src%3Dx%3E&language=pl").await;
    assert!(none.body.contains("Żadna operacja nie pasuje do tych słów.") && !none.body.contains("<img src=x"));
}

#[tokio::test]
async fn the_document_names_the_installation() {
    let world = World::new().await;
    let answer = world.browser().get("/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&document["openapi"], &document["servers"][0]["url"]), (&"3.1.0".into(), &PUBLIC_URL.into()));
    assert!(!answer.body.contains("installation.invalid"));
}
