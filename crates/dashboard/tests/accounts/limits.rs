//! Rate limits of a project for each model, and how to get higher ones.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::OrganizationId;
use keystead_core::rate::RateLimits;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::models::{self, ModelRow};
use keystead_store::tables::organizations;

use crate::world::*;

const LIMITS: &str = "/limits";

async fn serve(world: &World) {
    let model = |id: &str, rates| ModelRow {
        id: id.to_owned(),
        upstream: "one".to_owned(),
        created_at: Timestamp(0),
        owned_by: "system".to_owned(),
        price: Price::default(),
        rates,
    };
    let limited = RateLimits { requests_per_minute: Some(1_200), ..RateLimits::NONE };
    let rows = [model("gpt-4o", limited), model("it's <b>", RateLimits::NONE)];
    let write =
        world.store.write("models", async move |tx: &mut Tx| models::replace_all(tx, &rows, Timestamp(0)).await);
    let written: Result<(), keystead_store::Error> = write.await;
    written.unwrap();
}

#[tokio::test]
async fn owners_lower_a_projects_limits_and_raise_them_again() {
    let world = World::new().await;
    serve(&world).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let page = ann.get(LIMITS).await;
    assert!(page.body.contains("1,200") && page.body.contains("No limit"), "{}", page.body);
    assert!(page.body.contains("it&#39;s &#60;b&#62;") && !page.body.contains("it's <b>"), "{}", page.body);
    let csrf = ann.csrf().await;
    let form = |requests: &'static str| {
        vec![
            ("csrf", csrf.as_str()),
            ("id", "rl-gpt-4o"),
            ("max_requests_per_1_minute", requests),
            ("max_tokens_per_1_minute", "40 000"),
            ("max_requests_per_1_day", ""),
        ]
    };
    for (typed, says) in [
        ("1,201", "cannot be higher than the limit of its organization."),
        ("0", "Enter a whole number from 1 to 1,000,000,000."),
        ("-5", "Enter a whole number"),
        ("many", "Enter a whole number"),
    ] {
        let refused = ann.post(LIMITS, &form(typed)).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{typed}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", refused.body);
    }
    assert!(ann.post(LIMITS, &form("1,000")).await.location().contains("done=saved"));
    let page = ann.get(LIMITS).await.body;
    assert!(page.contains("value=\"1000\"") && page.contains("value=\"40000\""), "{page}");
    assert!(page.contains("Organization: 1,200") && page.contains("Lower than the organization"), "{page}");
    let seen = ben.get(LIMITS).await.body;
    assert!(seen.contains("1,000") && seen.contains("40,000") && !seen.contains("<input name"), "{seen}");
    let reset = [("csrf", csrf.as_str()), ("id", "rl-gpt-4o"), ("act", "reset")];
    assert!(ann.post(LIMITS, &reset).await.location().contains("done=saved"));
    let page = ann.get(LIMITS).await.body;
    assert!(!page.contains("value=\"1000\"") && !page.contains("Lower than"), "{page}");
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert!(log.contains("rate_limit.updated") && log.contains("rate_limit.deleted"), "{log}");
    // Readers change nothing, strangers see nothing.
    let token = ben.csrf().await;
    let act = [("csrf", token.as_str()), ("id", "rl-gpt-4o"), ("max_requests_per_1_minute", "1")];
    assert_eq!(ben.post(LIMITS, &act).await.status, 422);
    assert!(!ann.get(LIMITS).await.body.contains("Lower than"));
    let gone = [("csrf", csrf.as_str()), ("id", "rl-nothing"), ("max_requests_per_1_minute", "1")];
    assert_eq!(ann.post(LIMITS, &gone).await.status, 422);
}

#[tokio::test]
async fn the_page_says_how_to_get_more() {
    // S1-42: high volume, verify, then ask for higher limits.
    let world = World::new().await;
    serve(&world).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(LIMITS).await.body;
    assert!(page.contains("Higher limits") && page.contains("Verify your organization first"), "{page}");
    assert!(page.contains("/settings/organization/general?project="), "{page}");
    assert!(page.contains("mailto:help@example.com?subject=org-"), "whom to ask, and who asks: {page}");
    let organization = page.split("?subject=").nth(1).unwrap().split('"').next().unwrap();
    let organization: OrganizationId = organization.parse().unwrap();
    let write = world.store.write("proof", async move |tx: &mut Tx| {
        organizations::set_requirement(
            tx,
            &organization,
            Requirement::Organization,
            Fulfilment::Verified,
            None,
            Timestamp(1),
        )
        .await
    });
    let proven: Result<(), keystead_store::Error> = write.await;
    proven.unwrap();
    let page = ann.get(LIMITS).await.body;
    assert!(
        !page.contains("Verify your organization first") && page.contains("Tell us which model you need"),
        "{page}"
    );
}
