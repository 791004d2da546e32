//! Sending a code by one of two services: the second is asked in the same request when the first does not answer, and a
//! code is checked by the service that made it.

use keystead_core::secret::Secret;
use keystead_core::verification::phone::{PhoneEvent, PhoneState};
use keystead_core::verification::phone_services::{CodeService, SendAnswer};
use keystead_locales::Messages;
use keystead_providers::ProviderError;
use keystead_store::Tx;
use keystead_store::tables::phones::{self, PhoneVerification};
use serde_json::json;

use super::end::revoke_code;
use super::view::VerificationView;
use super::{code, keep, machine, refused};
use crate::audit::AuditEntry;
use crate::jobs::{CancelPhone, Outcome};
use crate::services::Codes;
use crate::{Actor, App, Error};

/// The result of sending a code.
#[derive(Clone)]
struct SendOutcome {
    /// The service that sent it, or was asked last.
    service: CodeService,
    /// The service's id, when the service made the code.
    reference: Option<String>,
    /// The code's keyed fingerprint, when Keystead made it.
    fingerprint: Option<Vec<u8>>,
    /// Services that did not answer, in the order in which they were asked.
    down: Vec<CodeService>,
    /// Why no code was sent.
    failure: Option<ProviderError>,
}

/// Returns the service of a configuration section, if it is set up.
pub(crate) fn code_service(app: &App, service: CodeService) -> Option<&Codes> {
    match service {
        CodeService::First => app.services().codes.as_ref(),
        CodeService::Second => app.services().codes_fallback.as_ref(),
    }
}

/// Sends the code of a saved verification.
pub(crate) async fn send_code(app: &App, row: PhoneVerification) -> Result<VerificationView, Error> {
    let number = app.sealer().open_text(&format!("phone.number:{}", row.id), &row.number_sealed)?;
    let outcome = deliver_code(app, &row, number.expose()).await?;
    let failure = &outcome.failure;
    let (organization, id) = (&row.organization, &row.id);
    let row = write_tx!(app.store(), "code_sent", |tx| {
        // Read again, because a check may have changed it while the service was asked.
        let found = phones::find(tx, organization, id).await?;
        let row = found.ok_or_else(|| Error::not_found("phone verification", id.as_str()))?;
        record_delivery(app, tx, row, outcome.clone()).await
    })?;
    match failure {
        None => VerificationView::of(row),
        Some(ProviderError::Refused(_)) => {
            let message = "The code could not be delivered to this number. Check the number, or ask support for \
                           another way.";
            Err(Error::coded("phone_number", "phone_not_delivered", message))
        }
        Some(failure) => Err(Error::provider("text message", failure)),
    }
}

/// Asks the service that made the last code, or else the first; asks the other one only when that does not answer.
async fn deliver_code(app: &App, row: &PhoneVerification, e164: &str) -> Result<SendOutcome, Error> {
    let maker = row.service;
    // The service that made the last code may not be set up any more.
    let maker = maker.filter(|service| code_service(app, *service).is_some());
    let mut service = CodeService::preferred(maker);
    let mut down = Vec::new();
    loop {
        let Some(codes) = code_service(app, service) else { return Err(Error::Unsupported("text messages")) };
        let (sent, fingerprint) = match codes {
            Codes::Verifier(verifier) => {
                (verifier.start(e164, &row.language).await.map(|begun| Some(begun.reference)), None)
            }
            Codes::Sms(sender) => {
                let digits = app.draw(code::draw);
                let text =
                    code::message(Messages::of(&row.language), &app.settings().operator, &digits, public_host(app));
                let fingerprint = app.sealer().fingerprint(&code::purpose(row.id.as_str()), digits.expose());
                (sender.send(e164, &text).await.map(|_| None), Some(fingerprint))
            }
        };
        let answer = match &sent {
            Ok(_) => SendAnswer::Sent,
            Err(ProviderError::Refused(_)) => SendAnswer::Refused,
            Err(ProviderError::Unavailable(_) | ProviderError::Gone(_)) => SendAnswer::Down,
        };
        if answer == SendAnswer::Down {
            down.push(service);
        }
        let other = service.other();
        // No service is asked twice.
        let there = !down.contains(&other) && code_service(app, other).is_some();
        if let Some(next) = service.next(answer, there) {
            service = next;
            continue;
        }
        let (reference, failure) = match sent {
            Ok(reference) => (reference, None),
            Err(failure) => (None, Some(failure)),
        };
        return Ok(SendOutcome { service, reference, fingerprint, down, failure });
    }
}

/// Saves which service made the code, and which did not answer.
async fn record_delivery(
    app: &App,
    tx: &mut Tx,
    mut row: PhoneVerification,
    outcome: SendOutcome,
) -> Result<PhoneVerification, Error> {
    let before = row.clone();
    let earlier = row.service;
    let event = match &outcome.failure {
        Some(ProviderError::Refused(_)) => Some(PhoneEvent::DeliveryFailed),
        Some(ProviderError::Unavailable(_) | ProviderError::Gone(_)) => Some(PhoneEvent::ProviderDown),
        None if !outcome.down.is_empty() => Some(PhoneEvent::SentByOtherService),
        None => None,
    };
    let current = machine(&row)?;
    // The verification was cancelled, or locked by a wrong code, during the sending: the sent code must not be
    // usable.
    if current.state != PhoneState::CodeSent {
        if outcome.reference.is_some() {
            let late = PhoneVerification {
                provider_reference: outcome.reference,
                service: Some(outcome.service),
                ..row.clone()
            };
            revoke_code(app, tx, &late).await?;
        }
        return Ok(row);
    }
    if let Some(event) = event {
        let (next, _, _) = current.step(event, app.now()).map_err(refused)?;
        keep(&mut row, &next);
    }
    if outcome.failure.is_none() {
        // The earlier code is ended at the service that made it, once that answers again.
        if earlier.is_some_and(|earlier| earlier != outcome.service) {
            revoke_code(app, tx, &before).await?;
        }
        row.service = Some(outcome.service);
        row.provider_reference.clone_from(&outcome.reference);
        row.code_fingerprint.clone_from(&outcome.fingerprint);
    } else if event == Some(PhoneEvent::DeliveryFailed)
        && row.provider_reference.is_none()
        && outcome.fingerprint.is_some()
    {
        // The machine counted a new code; it does not inherit the checks of the previous one.
        row.code_fingerprint.clone_from(&outcome.fingerprint);
    }
    phones::update(tx, &row).await?;
    let who = Actor::service(outcome.service.as_str());
    if !outcome.down.is_empty() {
        let names: Vec<&str> = outcome.down.iter().map(|service| service.as_str()).collect();
        let by = outcome.failure.is_none().then(|| outcome.service.as_str());
        let details = json!({ "data": { "services": names, "sent_by": by } });
        let (organization, target) = (&row.organization, row.id.as_str());
        app.record(tx, &who, AuditEntry { organization, action: "phone.provider_down", target, details }).await?;
    }
    if event == Some(PhoneEvent::DeliveryFailed) {
        let entry = AuditEntry {
            organization: &row.organization,
            action: "phone.delivery_failed",
            target: row.id.as_str(),
            details: json!({}),
        };
        app.record(tx, &who, entry).await?;
    }
    Ok(row)
}

/// Whether sending again repeats the present code: only while the service that made it makes its own codes.
pub(crate) fn repeats_code(app: &App, row: &PhoneVerification) -> bool {
    let maker = row.service;
    let service = code_service(app, CodeService::preferred(maker));
    row.provider_reference.is_some() && matches!(service, Some(Codes::Verifier(_)))
}

/// Ends a verification that ended here at the service that made its code.
pub(crate) async fn cancel_phone_at_service(app: &App, job: CancelPhone) -> Outcome {
    let named = job.service.as_deref().and_then(CodeService::from_name);
    match code_service(app, named.unwrap_or(CodeService::First)) {
        Some(Codes::Verifier(verifier)) => Outcome::of(verifier.cancel(&job.reference).await),
        _ => Outcome::Done,
    }
}

/// Asks the service that made the code about the typed one; `None` when Keystead checks the code itself.
pub(crate) async fn ask_about_code(
    app: &App,
    row: &PhoneVerification,
    digits: &Secret<String>,
) -> Result<Option<keystead_providers::phone::Check>, Error> {
    let Some(reference) = &row.provider_reference else { return Ok(None) };
    let maker = row.service.unwrap_or(CodeService::First);
    // The service was removed from the configuration, so this code cannot be checked any more.
    let Some(Codes::Verifier(verifier)) = code_service(app, maker) else {
        return Err(refused(keystead_core::verification::phone::PhoneRefusal::Expired));
    };
    let answer = verifier.check(reference, digits.expose()).await;
    answer.map(Some).map_err(|failure| Error::provider("text message", &failure))
}

/// The host that people see, for the line that lets phones fill codes in.
fn public_host(app: &App) -> &str {
    let after = app.public_url().split("://").nth(1).unwrap_or_default();
    after.split(['/', ':']).next().unwrap_or_default()
}
