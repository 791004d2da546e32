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

pub(crate) async fn serve(world: &World) {
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
    // The fields of the page as they are, with these values in the row of one model.
    let form = |page: &str, requests: &str, tokens: &str| {
        let seen = page.split("name=\"seen-rl-gpt-4o\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        vec![
            ("csrf", csrf.clone()),
            ("seen-rl-gpt-4o", seen),
            ("max_requests_per_1_minute-rl-gpt-4o", requests.to_owned()),
            ("max_tokens_per_1_minute-rl-gpt-4o", tokens.to_owned()),
            ("seen-rl-it's <b>", ",,,".to_owned()),
            ("max_requests_per_1_minute-rl-it's <b>", String::new()),
        ]
    };
    for (typed, says) in [
        ("1,201", "cannot be higher than the limit of its organization."),
        ("0", "Enter a whole number from 1 to 1,000,000,000."),
        ("-5", "Enter a whole number"),
        ("many", "Enter a whole number"),
    ] {
        let fields = form(&page.body, typed, "40 000");
        let refused = ann.post(LIMITS, &borrowed(&fields)).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{typed}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", refused.body);
        assert!(refused.body.contains("value=\"40 000\""), "also in other fields: {}", refused.body);
        assert!(refused.body.contains("<a href=\"#limit-0-max_requests_per_1_minute\">gpt-4o, Requests per minute: "));
        assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
    }
    let fields = form(&page.body, "0", "");
    let refused = ann.post(&format!("{LIMITS}?language=ja"), &borrowed(&fields)).await.body;
    assert!(refused.contains(">gpt-4o、1分あたりのリクエスト数：1から"), "{refused}");
    assert!(refused.contains("aria-label=\"gpt-4o：1分あたりのリクエスト数\""), "{refused}");
    let fields = form(&page.body, "1,000", "40 000");
    assert!(ann.post(LIMITS, &borrowed(&fields)).await.location().contains("done=saved"));
    let saved = ann.get(LIMITS).await.body;
    assert!(saved.contains("value=\"1000\"") && saved.contains("value=\"40000\""), "{saved}");
    assert!(saved.contains("Organization: 1,200"), "{saved}");
    let seen = ben.get(LIMITS).await.body;
    assert!(seen.contains("1,000") && seen.contains("40,000") && !seen.contains("<input id=\"limit"), "{seen}");
    assert!(seen.contains("Only owners of the organization can change these limits."), "{seen}");

    // A form that was opened before the limits changed changes nothing, and the next one does.
    let fields = form(&page.body, "900", "");
    let conflict = ann.post(LIMITS, &borrowed(&fields)).await;
    assert!(conflict.status == 422 && conflict.body.contains("Changed by another person"), "{}", conflict.body);
    assert!(conflict.body.contains("value=\"900\"") && conflict.body.contains("Now: 1,000"), "{}", conflict.body);
    let fields = form(&conflict.body, "900", "40,000");
    assert!(ann.post(LIMITS, &borrowed(&fields)).await.location().contains("done=saved"));
    // Without a change nothing is recorded.
    let page = ann.get(LIMITS).await.body;
    let events = async |ann: &mut Browser<'_>| {
        let log = ann.get("/settings/organization/audit-log").await.body;
        (log.matches("rate_limit.updated").count(), log.matches("rate_limit.deleted").count())
    };
    let before = events(&mut ann).await;
    assert!(ann.post(LIMITS, &borrowed(&form(&page, "900", "40000"))).await.location().contains("done=saved"));
    assert_eq!(events(&mut ann).await, before);
    assert!(ann.post(LIMITS, &borrowed(&form(&page, "", ""))).await.location().contains("done=saved"));
    let page = ann.get(LIMITS).await.body;
    assert!(!page.contains("value=\"900\"") && !page.contains("Organization: 1,200"), "{page}");
    assert!(events(&mut ann).await.1 > before.1, "the removal is recorded");
    // Readers change nothing, strangers see nothing.
    let mut fields = form(&page, "1", "");
    fields[0].1 = ben.csrf().await;
    assert_eq!(ben.post(LIMITS, &borrowed(&fields)).await.status, 422);
    assert!(!ann.get(LIMITS).await.body.contains("Organization: 1,200"));
    let gone = [("csrf", csrf.as_str()), ("seen-rl-nothing", ",,,"), ("max_requests_per_1_minute-rl-nothing", "1")];
    assert_eq!(ann.post(LIMITS, &gone).await.status, 422);
}

fn borrowed<'f>(fields: &'f [(&'static str, String)]) -> Vec<(&'static str, &'f str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
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
