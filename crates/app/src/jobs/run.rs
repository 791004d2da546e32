//! The use case of each job.

use super::{Job, Outcome};
use crate::{App, Error};

/// Seconds until a job that only a newer version knows is offered again.
const UNKNOWN_WAIT: i64 = 3_600;

impl App {
    /// Runs a job; `attempts` counts the earlier runs.
    pub(super) async fn run(&self, job: Job, attempts: i64) -> Result<Outcome, Error> {
        match job {
            Job::SendMail(mail) => Ok(self.send_account_mail(mail).await),
            Job::SignUp(request) => self.finish_sign_up(request).await,
            Job::ResetPassword(request) => self.mail_reset_link(request).await,
            Job::ChangeEmail(request) => self.mail_email_change(request).await,
            Job::RecordFailedSignIn(failed) => self.record_failed_sign_in(failed).await,
            Job::ReadPayment(delivery) => self.read_payment(delivery).await,
            Job::PollPayment(poll) => self.poll_payment(poll).await,
            Job::CancelSetup(setup) => Ok(Outcome::of(self.payment_provider()?.cancel(&setup.reference).await)),
            Job::DetachMethod(method) => Ok(Outcome::of(self.payment_provider()?.detach(&method.method).await)),
            Job::ReadAttempt(delivery) => self.read_attempt(delivery).await,
            Job::PollAttempt(poll) => self.poll_attempt(poll).await,
            Job::CancelAttempt(attempt) => Ok(Outcome::of(self.identity_provider()?.cancel(&attempt.reference).await)),
            Job::RedactAttempt(redact) => self.redact_attempt(redact, attempts).await,
            Job::MailOwners(mail) => self.mail_owners(mail).await,
            Job::MailReviewers(mail) => self.mail_reviewers(mail).await,
            Job::MailLink(mail) => Ok(self.send_link_mail(mail).await),
            Job::CancelPhone(phone) => Ok(self.cancel_phone_at_service(phone).await),
            Job::Unknown => {
                tracing::warn!(attempts, "a job of a kind that this version does not know waits");
                Ok(Outcome::Again(Some(UNKNOWN_WAIT)))
            }
        }
    }
}
