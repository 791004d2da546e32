//! The audit log against a person with write access to the database.

use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};

use crate::product::{Product, command};

/// Returns the result of the check, and whether it succeeded.
fn verify(product: &Product, more: &[&str]) -> (bool, Value) {
    let arguments = [&["audit", "verify", "--json"], more].concat();
    let output = command(&product.folder(), &product.variables()).args(arguments).output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    assert_eq!(output.status.code(), Some(i32::from(!output.status.success())), "0 or 1");
    (output.status.success(), value)
}

/// Runs SQL directly on the database, without the server.
async fn tamper(product: &Product, sql: &'static str) {
    let file = product.folder().join("data/keystead.db");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query(sql).execute(&mut database).await.unwrap();
}

async fn row(product: &Product, sequence: i64) -> String {
    let file = product.folder().join("data/keystead.db");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let found = sqlx::query("SELECT id FROM audit_events WHERE sequence = $1").bind(sequence);
    found.fetch_one(&mut database).await.unwrap().get(0)
}

#[tokio::test]
async fn edits_deletions_moves_and_cuts_are_named() {
    let product = Product::start(&[]);
    let owner = product.bootstrap();
    let organization = owner["organization_id"].as_str().unwrap().to_owned();
    let (whole, said) = verify(&product, &[]);
    let rows = said["rows"].as_i64().unwrap();
    assert!(whole && rows >= 3 && said["broken"] == serde_json::json!([]), "{said}");
    assert!(verify(&product, &["--organization", &organization]).0);
    let (whole, said) = verify(&product, &["--organization", "org-000000000000000000000000"]);
    assert!(!whole && said.is_null(), "an organization that never was has no chain: {said}");
    let second = row(&product, 2).await;
    // Each change and what undoes it.
    for (deed, undo, wanted) in [
        (
            "UPDATE audit_events SET actor_id = actor_id || 'x' WHERE sequence = 2",
            "UPDATE audit_events SET actor_id = substr(actor_id, 1, length(actor_id) - 1) WHERE sequence = 2",
            &second,
        ),
        (
            "UPDATE audit_events SET sequence = 2000 + sequence WHERE sequence > 1",
            "UPDATE audit_events SET sequence = sequence - 2000 WHERE sequence > 1",
            &second,
        ),
        (
            "UPDATE audit_events SET organization = 'org-elsewhere' WHERE sequence = 2",
            "UPDATE audit_events SET organization = (SELECT organization FROM audit_events WHERE sequence = 1) \
             WHERE sequence = 2",
            &second,
        ),
    ] {
        tamper(&product, deed).await;
        let (whole, said) = verify(&product, &[]);
        assert!(!whole && said["broken"].to_string().contains(wanted.as_str()), "{deed}: {said}");
        tamper(&product, undo).await;
        assert!(verify(&product, &["--organization", &organization]).0, "{undo}");
    }
    // The heads logged at a start, kept outside the database.
    let again = product.again();
    let kept = again.folder().join("kept.log");
    again.until("heads are logged", || again.log().contains("audit chain head"));
    std::fs::copy(again.folder().join("log"), &kept).unwrap();
    let kept = kept.display().to_string();
    let (whole, said) = verify(&again, &["--heads", &kept]);
    assert!(whole && said["heads"].as_i64().unwrap() >= 1, "{said}");
    tamper(&again, "DELETE FROM audit_events WHERE sequence = (SELECT MAX(sequence) FROM audit_events)").await;
    assert!(verify(&again, &[]).0, "not to be seen from inside");
    let (whole, said) = verify(&again, &["--heads", &kept]);
    let broken = &said["broken"][0];
    assert!(!whole && broken["kind"] == "cut" && broken["row"] == rows && broken["event_id"].is_null(), "{said}");
    // The next event takes the place of the row that was cut off.
    let lab = serde_json::json!({ "name": "Lab" });
    again.call("POST", "/v1/organization/projects", owner["admin_key"].as_str().unwrap(), Some(&lab));
    let (whole, said) = verify(&again, &["--heads", &kept]);
    assert!(!whole && said["broken"][0]["kind"] == "replaced", "{said}");
    tamper(&again, "DELETE FROM audit_events WHERE sequence = 2").await;
    let (whole, said) = verify(&again, &[]);
    let third = row(&again, 3).await;
    assert!(!whole && said["broken"][0]["event_id"] == third.as_str(), "its predecessor is gone: {said}");
    let nothing = again.folder().join("empty.log");
    std::fs::write(&nothing, "no heads here\n").unwrap();
    assert!(!verify(&again, &["--heads", &nothing.display().to_string()]).0, "no false comfort");
}
