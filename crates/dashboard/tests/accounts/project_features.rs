//! The tools and service tiers of a project, and what the audit log says of their changes.

use crate::world::*;

#[tokio::test]
async fn owners_choose_tools_and_tiers_of_a_project() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let listed = ann.get("/settings/organization/projects").await.body;
    let id = listed.split("/projects/proj_").nth(1).unwrap().split(['"', '?']).next().unwrap();
    let path = |end: &str| format!("/settings/organization/projects/proj_{id}/{end}");
    let (models, tools, tiers) = (path("models"), path("tools"), path("tiers"));
    let ticked = |page: &str, value: &str| page.contains(&format!("value=\"{value}\" checked"));
    let page = ann.get(&models).await.body;
    assert!(ticked(&page, "mcp") && ticked(&page, "web_search") && ticked(&page, "all"), "{page}");

    let saved = ann.post(&tools, &[("csrf", &csrf), ("tool", "web_search"), ("tool", "code_interpreter")]).await;
    assert!(saved.location().contains("done=saved"), "{}", saved.body);
    let page = ann.get(&models).await.body;
    assert!(ticked(&page, "web_search") && !ticked(&page, "mcp") && !ticked(&page, "file_search"), "{page}");

    // What contradicts itself is refused, and the form keeps what was chosen.
    let fields = [("csrf", csrf.as_str()), ("tiers", "only"), ("tier", "flex"), ("default", "fast")];
    let refused = ann.post(&tiers, &fields).await;
    assert!(refused.status == 422 && refused.body.contains("Select the tier “Fast” as well"), "{}", refused.body);
    assert!(ticked(&refused.body, "only") && ticked(&refused.body, "flex"), "{}", refused.body);
    assert!(refused.body.contains("value=\"fast\" selected"), "{}", refused.body);
    let fields = [("csrf", csrf.as_str()), ("tiers", "only"), ("tier", "flex"), ("tier", "fast"), ("default", "fast")];
    assert!(ann.post(&tiers, &fields).await.location().contains("done=saved"));
    let page = ann.get(&models).await.body;
    assert!(ticked(&page, "only") && ticked(&page, "fast") && !ticked(&page, "ultrafast"), "{page}");

    let log = ann.get("/settings/organization/audit-log").await.body;
    for text in ["Allowed tools", "web_search, code_interpreter", "Default service tier", "flex, fast"] {
        assert!(log.contains(text), "{text}: {log}");
    }

    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let csrf = ben.csrf().await;
    for path in [&tools, &tiers] {
        assert_eq!(ben.post(path, &[("csrf", &csrf)]).await.status, 403, "{path}");
    }
}
