//! The use case of each job.

use super::{Job, Outcome};
use crate::accounts::deletion::{delete_account, remind_of_deletion};
use crate::accounts::email_change::mail_email_change;
use crate::accounts::mails::send_account_mail;
use crate::accounts::reset::mail_reset_link;
use crate::accounts::sign_in::record_failed_sign_in;
use crate::accounts::sign_up::finish_sign_up;
use crate::anomalies::mails::mail_key_signal;
use crate::budgets::alert_mails::mail_budget_alert;
use crate::case_mails::{announce_cases, mail_cases, mail_reviewers};
use crate::credit::purchases::{end_payment, mail_purchase, poll_purchase, request_refund};
use crate::organizations::deletion::{delete_organization, remind_owners};
use crate::organizations::spend_alerts::mail_spend_alert;
use crate::verification::organization::identity_provider;
use crate::verification::organization::job_handlers::{
    mail_owners, poll_attempt, read_attempt, redact_attempt, send_link_mail,
};
use crate::verification::payment::job_handlers::{poll_payment, read_payment};
use crate::verification::payment::payment_provider;
use crate::verification::phone::delivery::cancel_phone_at_service;
use crate::webhooks::mails::mail_webhook_off;
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
        Job::DeleteAccount(job) => delete_account(app, job).await,
        Job::RemindDeletion(job) => remind_of_deletion(app, job).await,
        Job::DeleteOrganization(job) => delete_organization(app, job).await,
        Job::RemindOwners(job) => remind_owners(app, job).await,
        Job::ReadPayment(delivery) => read_payment(app, delivery).await,
        Job::PollPayment(poll) => poll_payment(app, poll).await,
        Job::CancelSetup(setup) => Ok(Outcome::of(payment_provider(app)?.cancel(&setup.reference).await)),
        Job::DetachMethod(method) => Ok(Outcome::of(payment_provider(app)?.detach(&method.method).await)),
        Job::PollPurchase(poll) => poll_purchase(app, poll).await,
        Job::EndPayment(end) => end_payment(app, end).await,
        Job::RequestRefund(refund) => request_refund(app, refund).await,
        Job::MailPurchase(mail) => mail_purchase(app, mail).await,
        Job::ReadAttempt(delivery) => read_attempt(app, delivery).await,
        Job::PollAttempt(poll) => poll_attempt(app, poll).await,
        Job::CancelAttempt(attempt) => Ok(Outcome::of(identity_provider(app)?.cancel(&attempt.reference).await)),
        Job::RedactAttempt(redact) => redact_attempt(app, redact, attempts).await,
        Job::MailOwners(mail) => mail_owners(app, mail).await,
        Job::MailReviewers(mail) => mail_reviewers(app, mail).await,
        Job::AnnounceCases {} => announce_cases(app).await,
        Job::MailCases(mail) => mail_cases(app, mail).await,
        Job::MailLink(mail) => Ok(send_link_mail(app, mail).await),
        Job::MailSpendAlert(mail) => mail_spend_alert(app, mail).await,
        Job::MailBudgetAlert(mail) => mail_budget_alert(app, mail).await,
        Job::MailWebhookOff(mail) => mail_webhook_off(app, mail).await,
        Job::MailKeySignal(mail) => mail_key_signal(app, mail).await,
        Job::CancelPhone(phone) => Ok(cancel_phone_at_service(app, phone).await),
        Job::Unknown => {
            tracing::warn!(
                attempts,
                "this version does not have a job's kind, so the job waits; run the same version on every node"
            );
            Ok(Outcome::Again(Some(UNKNOWN_WAIT)))
        }
    }
}
