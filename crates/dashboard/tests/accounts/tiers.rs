//! The usage tier on the page of the limits, and in the console.

use keystead_core::rate::RateLimits;
use keystead_core::tier::{TierDefinition, TierLimit, TierRequirement, TierTable};

use crate::limits::serve;
use crate::world::*;

/// Tier 1 needs five days, tier 2 five dollars and twenty days.
fn table() -> TierTable {
    let definition = |paid_cents: i64, days: i64, most: u64| {
        let limits = RateLimits { requests_per_minute: Some(most), ..RateLimits::NONE };
        TierDefinition {
            requirement: TierRequirement { paid_cents, days },
            limits: vec![TierLimit { models: vec!["gpt-*".to_owned()], limits }],
        }
    };
    TierTable::new(vec![(0, definition(0, 0, 3)), (1, definition(0, 5, 20)), (2, definition(500, 20, 90))]).unwrap()
}

fn plain(page: &str) -> String {
    page.replace('\u{a0}', " ")
}

/// S1-42: the page says what the next tier needs.
#[tokio::test]
async fn the_page_says_what_the_next_tier_needs() {
    let world = World::with_tiers(table(), "ops@example.com").await;
    serve(&world).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = plain(&ann.get("/limits").await.body);
    for part in ["Tier 0 of 2", "What tier 1 needs", "5 more days have to pass.", "placeholder=\"3\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("This is the highest tier."), "{page}");
    world.advance(4 * 86_400 + 43_200);
    let page = ann.get("/limits").await.body;
    assert!(page.contains("1 more day has to pass.") && page.contains("<rect class=\"spent\" width=\"800\""), "{page}");
    world.advance(43_200);
    assert!(ann.get("/limits").await.body.contains("The tier rises within an hour."), "before the evaluation");
    world.app.evaluate_tiers().await.unwrap();
    let page = plain(&ann.get("/limits").await.body);
    for part in [
        "Tier 1 of 2",
        "0.00 USD of 5.00 USD is paid. 5.00 USD has yet to be paid.",
        "20 days have to pass after the first payment.",
        "placeholder=\"20\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The other languages have whole sentences, too.
    for (language, part) in [("pl", "Poziom 1 z\u{a0}2"), ("ja", "ティア1（最高は2）")] {
        let page = ann.get(&format!("/limits?language={language}")).await.body;
        assert!(page.contains(part), "{language}: {page}");
    }
}

#[tokio::test]
async fn operators_set_the_tier() {
    let world = World::with_tiers(table(), "ops@example.com").await;
    serve(&world).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ops = world.owner("ops@example.com", "Pier").await;
    let console = ops.get("/operator").await;
    assert_eq!(console.body.matches("Usage tier 0").count(), 2, "{}", console.body);
    let id = console.body.split("<code>org-").nth(1).unwrap().split('<').next().unwrap();
    let (organization, csrf) = (format!("org-{id}"), ops.csrf().await);
    let form = |tier: &'static str, reason: &'static str| {
        let of = [("csrf", csrf.clone()), ("organization", organization.clone()), ("act", "tier".to_owned())];
        of.into_iter().chain([("tier", tier.to_owned()), ("reason", reason.to_owned())]).collect::<Vec<_>>()
    };
    let post = async |ops: &mut Browser<'_>, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ops.post("/operator", &fields).await
    };
    for (tier, reason) in [("3", "x"), ("many", "x"), ("2", " ")] {
        let refused = post(&mut ops, form(tier, reason)).await;
        assert!(
            !refused.location().contains("done=saved") && refused.body.contains("role=\"alert\""),
            "{tier}: {}",
            refused.body
        );
    }
    assert!(post(&mut ops, form("2", "a contract")).await.location().contains("done=saved"));
    let console = ops.get("/operator").await.body;
    assert!(console.contains("Usage tier 2") && console.contains("<option value=\"2\" selected>"), "{console}");
    let page = ann.get("/limits").await.body;
    assert!(page.contains("This is the highest tier.") && page.contains("placeholder=\"90\""), "{page}");
    assert!(post(&mut ops, form("0", "abuse")).await.location().contains("done=saved"));
    let page = ann.get("/limits").await.body;
    assert!(page.contains("It does not rise by itself until the organization pays more."), "{page}");
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert!(log.contains("Changed the usage tier"), "{log}");
}

#[tokio::test]
async fn without_tiers_nothing_is_said_about_them() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    serve(&world).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    assert!(!ops.get("/limits").await.body.contains("id=\"tier\""));
    assert!(!ops.get("/operator").await.body.contains("Usage tier"));
}
