//! The link in a refusal's message opens the page of the organization that was refused, also for people of several
//! organizations, after a sign-in, and by way of the help.

use keystead_core::gate::Requirement;
use keystead_core::refusal::{GateRefusal, Refusal};
use keystead_testkit::PUBLIC_URL;

use crate::world::*;

/// The message of a refusal in this project.
fn refusal(project: &str) -> String {
    let gate = GateRefusal {
        model: "o3".to_owned(),
        organization: "org-x".parse().unwrap(),
        project: project.parse().unwrap(),
        missing: vec![Requirement::Organization],
        rule: "models".to_owned(),
    };
    Refusal::ModelNeedsVerification(gate).response(PUBLIC_URL).message
}

/// The link of a message, as a path.
fn link(message: &str) -> &str {
    message.split(PUBLIC_URL).nth(1).unwrap().split(' ').next().unwrap()
}

/// The project that is open by default.
async fn project(browser: &mut Browser<'_>) -> String {
    let page = browser.get("/home").await;
    let id = page.body.split("?project=proj_").nth(1).unwrap().split('"').next().unwrap();
    format!("proj_{id}")
}

#[tokio::test]
async fn the_link_of_a_refusal_opens_its_organization() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let first = project(&mut ann).await;
    let csrf = ann.csrf().await;
    let made = ann.post("/welcome/organization", &[("csrf", &csrf), ("name", "Quay")]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let home = ann.get("/home").await.body;
    let second = home.split("?project=proj_").skip(1).map(|rest| rest.split('"').next().unwrap());
    let second = second.map(|id| format!("proj_{id}")).find(|id| *id != first).unwrap();
    for (project, name) in [(&first, "Harbour"), (&second, "Quay")] {
        let message = refusal(project);
        let link = link(&message);
        let page = ann.get(link).await;
        assert_eq!(page.status, 200, "{link}");
        assert!(page.body.contains(&format!("name=\"name\" value=\"{name}\"")), "{}", page.body);
        assert!(page.body.contains(&format!("value=\"{project}\"")), "{}", page.body);

        // The same by way of the help: the pasted error leads to a page with a button for this organization.
        let asked = ann.get(&format!("/help?{}", encoded(&[("q", &message)]))).await;
        assert_eq!(asked.status, 303);
        assert_eq!(asked.location(), format!("/help/model-needs-verification?language=en&project={project}"));
        let help = ann.get(asked.location()).await.body;
        assert!(help.contains(&format!("href=\"/settings/organization/general?project={project}\"")), "{help}");
        assert!(help.contains(&format!("/help/verification?language=en&amp;project={project}\"")), "{help}");
        // Without a project, nothing is added; what is not an id is left out.
        let help = ann.get("/help/model-needs-verification?project=%22%3E").await.body;
        assert!(help.contains("href=\"/settings/organization/general\""), "{help}");
    }
}

#[tokio::test]
async fn the_link_of_a_refusal_survives_the_sign_in() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let own = project(&mut ann).await;
    let message = refusal(&own);
    let link = link(&message);
    let mut later = world.browser();
    let asked = later.get(link).await;
    assert!(asked.location().starts_with("/sign-in?next="), "{}", asked.location());
    let page = later.get(asked.location()).await;
    assert_eq!(page.field("next"), link);
    let opened = later.sign_in("ann@example.com", link).await;
    assert_eq!(opened.location(), link);
}

#[tokio::test]
async fn a_person_without_access_learns_why() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let message = refusal(&project(&mut ann).await);
    let link = link(&message);
    let mut bob = world.owner("bob@example.com", "Quay").await;
    let page = bob.get(link).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("This account cannot open this project"), "{}", page.body);
    assert!(page.body.contains("bob@example.com") && !page.body.contains("Harbour"), "{}", page.body);
    let form = [("csrf", page.field("csrf")), ("next", page.field("next"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let out = bob.post("/sign-out", &form).await;
    assert!(out.location().starts_with("/sign-in?next=%2Fsettings%2Forganization%2Fgeneral"), "{}", out.location());
    assert!(!bob.alive().await);
    // A foreign address is not kept.
    let mut bob = world.browser();
    bob.sign_in("bob@example.com", "").await;
    let csrf = bob.csrf().await;
    let out = bob.post("/sign-out", &[("csrf", &csrf), ("next", "https://evil.test/")]).await;
    assert_eq!(out.location(), "/sign-in?next=%2Fhome");
}
