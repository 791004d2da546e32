//! Who reads what in the audit log: operators are known by their addresses, which organizations do not learn.

use keystead_app::audit::AuditQuestion;
use keystead_app::{Actor, Page};

use crate::test_app::TestApp;

const ADDRESS: &str = "ops@example.com";

fn newest() -> Page {
    Page { after: None, limit: 1, ascending: false }
}

#[tokio::test]
async fn organizations_do_not_learn_the_addresses_of_operators() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&ann).await;
    let (owner, operator) = (Actor::Person(ann), Actor::operator(ADDRESS));
    let app = &test.app;
    let rows = app.search_audit_log(&owner, &organization, AuditQuestion::default(), Page { limit: 100, ..newest() });
    let rows = rows.await.unwrap().rows.data.len();
    app.rename_organization(&operator, &organization, "Harbour").await.unwrap();

    let by = |actors: &[&str]| AuditQuestion {
        actors: actors.iter().map(|actor| (*actor).to_owned()).collect(),
        ..AuditQuestion::default()
    };
    let seen = app.search_audit_log(&owner, &organization, AuditQuestion::default(), newest()).await.unwrap();
    let event = &seen.rows.data[0];
    assert_eq!(
        (event.action.as_str(), event.actor_kind.as_str(), event.actor_id.as_str()),
        ("organization.updated", "operator", "")
    );
    assert_eq!(event.details["changes_requested"], serde_json::json!({ "name": "Harbour", "title": "Harbour" }));
    // The number of rows does not say it, either: neither alone nor among other actors.
    for (asked, found) in [(&[ADDRESS][..], 0), (&[ADDRESS, "user-none"][..], 0), (&[][..], rows + 1)] {
        let page = Page { limit: 100, ..newest() };
        let answer = app.search_audit_log(&owner, &organization, by(asked), page).await.unwrap();
        assert_eq!(answer.rows.data.len(), found, "{asked:?}");
    }
    let options = app.audit_options(&owner, &organization).await.unwrap();
    assert!(!format!("{options:?}").contains(ADDRESS), "{options:?}");

    // Operators know each other.
    let seen = app.search_audit_log(&operator, &organization, by(&[ADDRESS]), newest()).await.unwrap();
    assert_eq!(seen.rows.data[0].actor_id, ADDRESS);
    let options = app.audit_options(&operator, &organization).await.unwrap();
    assert!(options.actors.contains(&("operator".to_owned(), ADDRESS.to_owned())));
    let chain = app.check_audit_chain(&owner, &organization).await.unwrap();
    assert_eq!(chain.broken, None, "the row itself stays as it is");
}
