//! The use case of each job.

use super::{Job, Outcome};
use crate::accounts::email_change::mail_email_change;
use crate::accounts::mails::send_account_mail;
use crate::accounts::reset::mail_reset_link;
use crate::accounts::sign_in::record_failed_sign_in;
use crate::accounts::sign_up::finish_sign_up;
use crate::review::legal_hold::mail_reviewers;
use crate::{App, Error};

/// Seconds until a job that only a newer version knows is offered again.
const UNKNOWN_WAIT: i64 = 3_600;

    /// Runs a job; `attempts` counts the earlier runs.
pub(super) async fn execute_job(app: &App, job: Job, attempts: i64) -> Result<Outcome, Error> {
    match job {
        Job::SendMail(mail) => Ok(send_account_mail(app, mail).await),
        Job::SignUp(request) => finish_sign_up(app, request).await,
        Job::ResetPassword(request) => mail_reset_link(app, request).await,
        Job::ChangeEmail(request) => mail_email_change(app, request).await,
        Job::RecordFailedSignIn(failed) => record_failed_sign_in(app, failed).await,
        Job::ReadPayment(delivery) => app.read_payment(delivery).await,
        Job::PollPayment(poll) => app.poll_payment(poll).await,
        Job::CancelSetup(setup) => Ok(Outcome::of(app.payment_provider()?.cancel(&setup.reference).await)),
        Job::DetachMethod(method) => Ok(Outcome::of(app.payment_provider()?.detach(&method.method).await)),
        Job::ReadAttempt(delivery) => app.read_attempt(delivery).await,
        Job::PollAttempt(poll) => app.poll_attempt(poll).await,
        Job::CancelAttempt(attempt) => Ok(Outcome::of(app.identity_provider()?.cancel(&attempt.reference).await)),
        Job::RedactAttempt(redact) => app.redact_attempt(redact, attempts).await,
        Job::MailOwners(mail) => app.mail_owners(mail).await,
        Job::MailReviewers(mail) => mail_reviewers(app, mail).await,
        Job::MailLink(mail) => Ok(app.send_link_mail(mail).await),
        Job::CancelPhone(phone) => Ok(app.cancel_phone_at_service(phone).await),
        Job::Unknown => {
            tracing::warn!(attempts, "a job that this version does not know waits");
            Ok(Outcome::Again(Some(UNKNOWN_WAIT)))
        }
    }
}
