//! Passing a mail to the mail service.

use keystead_providers::mail::Mail;

use super::Outcome;
use crate::App;

/// Sends a mail; a mail that the service refuses is not sent again.
pub(crate) async fn send_mail(app: &App, mail: &Mail) -> Outcome {
    match &app.services().mail {
        Some(mailer) => Outcome::of(mailer.send(mail).await),
        None => Outcome::Done,
    }
}
