//! Keys of workloads on the pages: in no list, but found by a leaked secret, and ended.

use keystead_app::Actor;
use keystead_app::projects::service_accounts::NewServiceAccount;
use keystead_app::workload_identity::{Exchange, NewProvider, NewRule};
use keystead_core::workload_identity::{Matchers, Transformations};
use keystead_testkit::Workloads;
use serde_json::json;

use crate::keys::{ready, send};
use crate::world::*;

#[tokio::test]
async fn a_leaked_key_of_a_workload_is_found_and_revoked() {
    let world = World::new().await;
    let (mut ann, user, organization) = ready(&world).await;
    let (app, actor) = (&world.app, Actor::Person(user.clone()));
    let project = app.organizations_of(&user).await.unwrap().remove(0).projects.remove(0).id;
    let account = NewServiceAccount { name: "bot".to_owned(), key: None };
    let (account, _) = app.create_service_account(&actor, &organization, &project, account).await.unwrap();
    let provider = NewProvider {
        name: "GitHub".to_owned(),
        description: None,
        issuer: Workloads::ISSUER.to_owned(),
        audience: "keystead".to_owned(),
        verification: None,
        transformations: Transformations::default(),
        enabled: true,
    };
    let provider = app.create_workload_identity_provider(&actor, &organization, provider).await.unwrap();
    let rule = NewRule {
        matchers: Matchers::read(&json!({ "sub": "deploy" })).unwrap(),
        project: project.clone(),
        service_account: account.id.clone(),
        name: Some("Nightly build".to_owned()),
        description: None,
        scopes: Vec::new(),
        enabled: true,
    };
    let rule = app.create_federation_rule(&actor, &organization, &provider.id, rule).await.unwrap();
    let now = world.now();
    let claims = json!({ "iss": Workloads::ISSUER, "aud": "keystead", "sub": "deploy", "iat": now, "exp": now + 300 });
    let token = Workloads::sign(1, &claims);
    let (provider, service_account) = (provider.id.as_str(), account.id.as_str());
    let asked = Exchange { token: &token, provider, service_account, address: None };
    assert!(!format!("{asked:?}").contains(&token[..20]), "a token is not shown");
    let secret = app.exchange_workload_token(&asked).await.unwrap().secret.expose().clone();

    let tail = &secret[secret.len() - 4..];
    assert!(!ann.get("/api-keys?filter=all").await.body.contains(&format!("<b>{tail}</b>")), "in no list");
    // A member who does not administer the project does not find it.
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let hidden = send(&mut ben, "/api-keys/search", &[("leaked", "1"), ("q", &secret)]).await;
    assert!(hidden.location().contains("leaked=none"), "{}", hidden.location());

    let found = send(&mut ann, "/api-keys/search", &[("leaked", "1"), ("q", &secret)]).await;
    let page = ann.get(found.location()).await;
    for part in [
        "This is the key that you pasted",
        "Issued by federation rule",
        "Nightly build",
        rule.id.as_str(),
        "Issued a key",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let path = found.location().split('?').next().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    for act in ["rotate=", "edit="] {
        assert!(!page.body.contains(act), "it cannot be changed: {}", page.body);
    }
    for act in ["rotate", "edit"] {
        let form = [("overlap", "86400"), ("name", "x"), ("permissions", "all")];
        assert_ne!(send(&mut ann, &format!("/api-keys/{id}/{act}"), &form).await.status, 303, "{act}");
    }
    assert_eq!(ben.get(&path).await.status, 404);
    assert_eq!(send(&mut ben, &format!("/api-keys/{id}/revoke"), &[]).await.status, 403);
    let list = ann.get("/api-keys/workloads").await.body;
    let link = format!("{path}?revoke={id}");
    assert!(list.contains(&format!("href=\"{link}")), "{list}");
    let dialog = ann.get(&link).await;
    assert!(dialog.body.contains("<dialog") && dialog.body.contains("Revoke Nightly build"), "{}", dialog.body);
    let revoked = send(&mut ann, &format!("/api-keys/{id}/revoke"), &[]).await;
    let page = ann.get(revoked.location()).await;
    assert!(page.body.contains("</span>Revoked</span>") && page.body.contains("Revoked an API key"), "{}", page.body);
    let list = ann.get("/api-keys/workloads").await.body;
    assert!(list.contains(&path) && !list.contains("?revoke="), "{list}");
    // The rule is gone: its id still says where the key came from.
    app.delete_federation_rule(&actor, &organization, &rule.provider, &rule.id).await.unwrap();
    let again = send(&mut ann, "/api-keys/search", &[("leaked", "1"), ("q", &secret)]).await;
    let page = ann.get(again.location()).await;
    assert!(page.body.contains("already revoked") && page.body.contains(rule.id.as_str()), "{}", page.body);
}
