//! Every kind of job that can be queued, with its payload.
//!
//! Names and fields are kept in the store: jobs queued by an older version must still be read, so none is renamed, and
//! a new field has a default. Payloads may hold addresses, links and hashes, so none of these types can be printed.

use keystead_core::anomaly::CapPeriod;
use keystead_core::id::{
    KeyId, OrganizationId, PaymentSetupId, ProjectId, ReviewCaseId, UserId, VerificationAttemptId,
};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_store::tables::key_signals::KeySignal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::notices::{MailBudgetAlert, MailWebhookOff};
use crate::Error;
use crate::accounts::MailKind;
use crate::credit::purchases::{EndPayment, MailPurchase, PollPurchase, RequestRefund};

/// Work done outside the transaction that decided it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "job")]
pub(crate) enum Job {
    /// Send a mail about an account.
    #[serde(rename = "account.mail")]
    SendMail(AccountMail),
    /// Make an account, or mail the address that there is one.
    #[serde(rename = "account.sign_up")]
    SignUp(SignUp),
    /// Mail a link to choose a new password, if the address is known.
    #[serde(rename = "account.reset")]
    ResetPassword(ResetPassword),
    /// Mail a link to confirm another address.
    #[serde(rename = "account.address")]
    ChangeEmail(ChangeEmail),
    /// Record a failed sign-in, if the address is known.
    #[serde(rename = "account.failed")]
    RecordFailedSignIn(FailedSignIn),
    /// Delete an account after its waiting time.
    #[serde(rename = "account.delete")]
    DeleteAccount(AccountToDelete),
    /// Remind a person that their account is about to be deleted.
    #[serde(rename = "account.remind_deletion")]
    RemindDeletion(AccountToDelete),
    /// Delete an organization after its waiting time.
    #[serde(rename = "deletion.organization")]
    DeleteOrganization(OrganizationToDelete),
    /// Remind the owners that their organization is about to be deleted.
    #[serde(rename = "deletion.remind_owners")]
    RemindOwners(OrganizationToDelete),
    /// Read a set-up or a payment back because a delivery came.
    #[serde(rename = "payment.look")]
    ReadPayment(Delivery),
    /// Read a set-up back because no delivery came.
    #[serde(rename = "payment.poll")]
    PollPayment(PollPayment),
    /// Ask the payment service to end a set-up.
    #[serde(rename = "payment.cancel")]
    CancelSetup(AtService),
    /// Ask the payment service to take a method off file.
    #[serde(rename = "payment.detach")]
    DetachMethod(DetachMethod),
    /// Read a purchase of credit back because no delivery came.
    #[serde(rename = "credit.poll")]
    PollPurchase(PollPurchase),
    /// Ask the payment service to end a payment that failed.
    #[serde(rename = "credit.end_payment")]
    EndPayment(EndPayment),
    /// Request a refund that an operator decided.
    #[serde(rename = "credit.refund")]
    RequestRefund(RequestRefund),
    /// Mail the owners about a purchase.
    #[serde(rename = "credit.mail")]
    MailPurchase(MailPurchase),
    /// Read an attempt back because a delivery came.
    #[serde(rename = "identity.look")]
    ReadAttempt(Delivery),
    /// Read an attempt back because no delivery came.
    #[serde(rename = "identity.poll")]
    PollAttempt(PollAttempt),
    /// Ask the identity service to cancel an attempt.
    #[serde(rename = "identity.cancel")]
    CancelAttempt(AtService),
    /// Ask the identity service to erase its copy, and ask again until it has.
    #[serde(rename = "identity.redact")]
    RedactAttempt(RedactAttempt),
    /// Mail the owners about a verification.
    #[serde(rename = "identity.tell_owners")]
    MailOwners(MailOwners),
    /// Mail the reviewers that a case is about to lose its pictures.
    #[serde(rename = "identity.tell_reviewers")]
    MailReviewers(MailReviewers),
    /// Tell the operators about cases that wait for a decision.
    #[serde(rename = "operator.cases")]
    AnnounceCases {},
    /// Mail an operator about cases.
    #[serde(rename = "operator.case_mail")]
    MailCases(MailCases),
    /// Mail a link to another device.
    #[serde(rename = "identity.mail_link")]
    MailLink(MailLink),
    /// Mail a recipient that a spend alert was reached.
    #[serde(rename = "spend.alert_mail")]
    MailSpendAlert(MailSpendAlert),
    /// Mail a recipient that an alert about a budget was reached.
    #[serde(rename = "budget.alert_mail")]
    MailBudgetAlert(MailBudgetAlert),
    /// Mail the owners that a webhook was switched off.
    #[serde(rename = "webhook.off_mail")]
    MailWebhookOff(MailWebhookOff),
    /// Mail a person about unusual use of a key.
    #[serde(rename = "key.signal_mail")]
    MailKeySignal(MailKeySignal),
    /// Ask the service to end a phone verification.
    #[serde(rename = "phone.cancel")]
    CancelPhone(CancelPhone),
    /// Queued by a newer version; its worker runs it.
    #[serde(other)]
    Unknown,
}

/// A mail about an account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccountMail {
    pub(crate) to: String,
    pub(crate) kind: MailKind,
    pub(crate) language: String,
    /// Its link, or the value that the text names.
    pub(crate) detail: String,
    /// The account it is about, where the mail names it.
    #[serde(default)]
    pub(crate) who: String,
    /// The organization it is about, or invites to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) organization: String,
    /// The name of the person who invites, or who requested what the mail is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) inviter: String,
    /// The project that its page opens with; empty for the reader's first one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) project: String,
    /// The revision of the changes that the nodes apply before the mail is sent, where its text says that something ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<i64>,
}

/// A sign-up. The password is its hash.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignUp {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) language: String,
}

/// A request for a new password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ResetPassword {
    pub(crate) email: String,
    pub(crate) language: String,
}

/// A request for another address.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ChangeEmail {
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) link: String,
    /// The account, as the mail names it.
    pub(crate) who: String,
}

/// A failed sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FailedSignIn {
    pub(crate) email: String,
}

/// A requested deletion of an account. The time tells one request from a later one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccountToDelete {
    pub(crate) user: UserId,
    pub(crate) requested_at: Timestamp,
}

/// A requested deletion of an organization. The time tells one request from a later one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OrganizationToDelete {
    pub(crate) organization: OrganizationId,
    pub(crate) requested_at: Timestamp,
}

/// A recorded delivery of an outside service that must be processed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) provider: String,
    /// Its id at the service.
    pub(crate) event: String,
    /// The service's name of the event.
    pub(crate) name: String,
    /// The object it is about, by the service's id.
    pub(crate) reference: String,
    #[serde(default)]
    pub(crate) received_at: Timestamp,
}

/// A set-up to read back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PollPayment {
    pub(crate) setup: PaymentSetupId,
    pub(crate) organization: OrganizationId,
    #[serde(default, rename = "try")]
    pub(crate) attempts: i64,
}

/// Something at an outside service, by the service's reference.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AtService {
    pub(crate) reference: String,
}

/// A payment method to take off file.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DetachMethod {
    pub(crate) method: String,
}

/// An attempt to read back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PollAttempt {
    pub(crate) attempt: VerificationAttemptId,
    #[serde(default, rename = "try")]
    pub(crate) attempts: i64,
    /// Since when the service has not answered.
    #[serde(default)]
    pub(crate) silent_since: Option<Timestamp>,
}

/// An attempt that must be erased at the service.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RedactAttempt {
    pub(crate) attempt: VerificationAttemptId,
}

/// The subject of a mail to the owners.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailOwners {
    pub(crate) organization: OrganizationId,
    /// The event's name in the audit log.
    pub(crate) event: String,
    /// The date a reminder is about.
    #[serde(default)]
    pub(crate) until: Option<Timestamp>,
    /// The owner; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<UserId>,
}

/// A case that is about to lose its pictures.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailReviewers {
    pub(crate) case: ReviewCaseId,
    pub(crate) until: Option<Timestamp>,
}

/// A mail to an operator about cases that wait for a decision.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailCases {
    pub(crate) to: String,
    /// The one with the earliest deadline comes first.
    pub(crate) cases: Vec<ReviewCaseId>,
}

/// A link to another device.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailLink {
    pub(crate) to: String,
    pub(crate) url: String,
    pub(crate) language: String,
    /// The two digits that both devices show.
    #[serde(rename = "match")]
    pub(crate) match_number: String,
    /// The name of the organization that is verified.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) organization: String,
}

/// A spend alert that was reached, for one recipient.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailSpendAlert {
    pub(crate) to: String,
    pub(crate) organization: OrganizationId,
    /// The project; `None` is all of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<ProjectId>,
    /// The threshold in cents.
    pub(crate) cents: i64,
    /// What was spent when it was reached.
    pub(crate) spent: Amount,
    /// When the month began.
    pub(crate) window: Timestamp,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) subject_prefix: String,
}

/// What was noticed about a key, for one person.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailKeySignal {
    pub(crate) to: UserId,
    pub(crate) organization: OrganizationId,
    pub(crate) key: KeyId,
    /// The name of the signal.
    pub(crate) signal: String,
    pub(crate) value: String,
    pub(crate) at: Timestamp,
    /// The period of the figures; empty without figures.
    #[serde(default)]
    pub(crate) period: String,
    #[serde(default)]
    pub(crate) figure: i64,
    #[serde(default)]
    pub(crate) usual: i64,
}

impl MailKeySignal {
    /// Builds the job of one recipient.
    pub(crate) fn of(noticed: &KeySignal, to: UserId) -> Self {
        Self {
            to,
            organization: noticed.organization.clone(),
            key: noticed.key.clone(),
            signal: noticed.signal.as_str().to_owned(),
            value: noticed.value.clone(),
            at: noticed.at,
            period: noticed.period.map_or("", CapPeriod::as_str).to_owned(),
            figure: noticed.figure,
            usual: noticed.usual,
        }
    }
}

/// A phone verification to end at the service that made its code.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CancelPhone {
    pub(crate) reference: String,
    /// Jobs of earlier versions name no service: there was only one.
    #[serde(default)]
    pub(crate) service: Option<String>,
}

impl Job {
    /// The first [`Job::PollAttempt`] of an attempt.
    pub(crate) fn poll_attempt(attempt: &VerificationAttemptId) -> Self {
        Self::PollAttempt(PollAttempt { attempt: attempt.clone(), attempts: 0, silent_since: None })
    }

    /// Builds [`Job::RedactAttempt`].
    pub(crate) fn redact_attempt(attempt: &VerificationAttemptId) -> Self {
        Self::RedactAttempt(RedactAttempt { attempt: attempt.clone() })
    }

    /// Builds [`Job::CancelAttempt`].
    pub(crate) fn cancel_attempt(reference: &str) -> Self {
        Self::CancelAttempt(AtService { reference: reference.to_owned() })
    }

    /// Builds [`Job::CancelSetup`].
    pub(crate) fn cancel_setup(reference: &str) -> Self {
        Self::CancelSetup(AtService { reference: reference.to_owned() })
    }

    /// Builds [`Job::MailOwners`]; with a date, it is a reminder of that date.
    pub(crate) fn mail_owners(organization: &OrganizationId, event: &str, until: Option<Timestamp>) -> Self {
        Self::MailOwners(MailOwners { organization: organization.clone(), event: event.to_owned(), until, to: None })
    }

    /// Returns the name and the payload, as a row keeps them.
    pub(super) fn to_row(&self) -> Result<(String, Value), Error> {
        let broken = || Error::Internal("a job that cannot be queued".to_owned());
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else { return Err(broken()) };
        let Some(Value::String(name)) = fields.remove("job") else { return Err(broken()) };
        Ok((name, Value::Object(fields)))
    }

    /// Parses the job of a row.
    pub(super) fn from_row(name: &str, payload: Map<String, Value>) -> Result<Self, Error> {
        let mut fields = payload;
        fields.insert("job".to_owned(), Value::from(name));
        // The error is dropped: it may quote the payload.
        serde_json::from_value(Value::Object(fields))
            .map_err(|_| Error::Internal(format!("a job {name} with an unreadable payload")))
    }
}

#[cfg(test)]
mod tests;
