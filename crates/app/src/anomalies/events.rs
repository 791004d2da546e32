//! Events of webhooks about keys: pauses, and what was noticed. Each is queued in the transaction of what it reports.

use keystead_core::anomaly::{CapPeriod, KeyPause};
use keystead_core::id::OrganizationId;
use keystead_core::webhook::EventType;
use keystead_store::Tx;
use keystead_store::tables::api_keys::KeyRow;
use keystead_store::tables::key_signals::KeySignal;
use serde_json::{Value, json};

use crate::webhooks::{Event, shown_actor};
use crate::{Actor, App, Error};

/// Reports that a key was paused.
pub(super) async fn emit_paused(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    (organization, key): (&OrganizationId, &KeyRow),
    pause: KeyPause,
) -> Result<(), Error> {
    let mut data = about(organization, key);
    add(&mut data, "reason", json!(pause.reason.as_str()));
    add(&mut data, "paused_by", shown_actor(actor));
    let event = Event { of_type: EventType::KeyPaused, at: pause.since, data };
    app.emit(tx, organization, &event, None).await.map(|_| ())
}

/// Reports that a key was resumed.
pub(super) async fn emit_resumed(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    (organization, key): (&OrganizationId, &KeyRow),
) -> Result<(), Error> {
    let mut data = about(organization, key);
    add(&mut data, "resumed_by", shown_actor(actor));
    let event = Event { of_type: EventType::KeyResumed, at: app.now(), data };
    app.emit(tx, organization, &event, None).await.map(|_| ())
}

/// Reports what was noticed, with the members that the list of anomalies has.
pub(super) async fn emit_noticed(app: &App, tx: &mut Tx, noticed: &KeySignal, key: &KeyRow) -> Result<(), Error> {
    let figures = noticed.period.map(|_| (noticed.figure, noticed.usual));
    let mut data = about(&noticed.organization, key);
    add(&mut data, "signal", json!(noticed.signal.as_str()));
    add(&mut data, "value", json!(noticed.value));
    add(&mut data, "period", json!(noticed.period.map(CapPeriod::as_str)));
    add(&mut data, "used", json!(figures.map(|(used, _)| used)));
    add(&mut data, "usual", json!(figures.map(|(_, usual)| usual)));
    let event = Event { of_type: EventType::AnomalyDetected, at: noticed.at, data };
    app.emit(tx, &noticed.organization, &event, None).await.map(|_| ())
}

/// What every event about a key has. An admin key has no project.
fn about(organization: &OrganizationId, key: &KeyRow) -> Value {
    json!({
        "organization_id": organization,
        "project_id": key.project,
        "key_id": key.id,
        "key_name": key.name,
    })
}

fn add(data: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = data {
        members.insert(name.to_owned(), value);
    }
}
