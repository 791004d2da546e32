//! Client certificates by the clock.

use keystead_app::keys::NewKey;
use keystead_app::{Actor, Settings};
use keystead_core::access::{Selection, required_certificates};
use keystead_core::client_certificate::{CertificateFault, Presented};
use keystead_core::gate::Requirement;
use keystead_core::key::{ApiKey, Pepper, TagKeys};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::directory;

use crate::vendors::ServicesApp;

const AUTHORITY: &str = include_str!("../../../../tests/certificates/authority.pem");
const CLIENT: &str = include_str!("../../../../tests/certificates/client.pem");

fn settings() -> Settings {
    Settings { client_certificates: true, ..Settings::default() }
}

/// A client's certificate is accepted to its last second, by a caller that a gateway has kept since the start.
#[tokio::test]
async fn certificates_end_at_use() {
    let test = ServicesApp::new(settings()).await;
    let tenant = test.tenant("ann").await;
    let (actor, organization, project) = (&tenant.actor, tenant.organization(), &tenant.made.project_id);
    let operator = Actor::operator("anna");
    test.app.waive_requirement(&operator, organization, Requirement::Phone, None, "test").await.unwrap();
    let made = test.app.create_project_key(actor, organization, project, &NewKey::default()).await.unwrap();
    let parsed = ApiKey::parse(made.secret.expose(), &TagKeys::new(Secret::new([1; 32]), Vec::new())).unwrap();
    let digest = parsed.digest(&Pepper::new(Secret::new([2; 32])));
    let uploaded = test.app.create_certificate(actor, organization, None, AUTHORITY).await.unwrap();
    let ids = [uploaded.id.clone()];
    test.app.activate_certificates(actor, organization, Some(project), &ids).await.unwrap();
    let read = test.store.read("caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
    let found: Result<_, keystead_store::Error> = read.await;
    let kept = found.unwrap().unwrap();
    let presented = Presented::read(CLIENT.replace('\n', "%0A").as_bytes()).unwrap();
    let trusted = required_certificates(&kept, Selection::default()).unwrap();
    let end = trusted.judge(&presented, Timestamp(test.now())).unwrap().until;
    test.wait(end.0 - test.now());
    assert!(trusted.judge(&presented, Timestamp(test.now())).is_ok());
    test.wait(1);
    assert_eq!(trusted.judge(&presented, Timestamp(test.now())), Err(CertificateFault::Expired));
    let late = test.app.create_certificate(actor, organization, None, AUTHORITY).await;
    assert!(late.unwrap_err().to_string().contains("it has expired"));
}
