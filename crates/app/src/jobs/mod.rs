//! Work outside a request: jobs that were queued with the change that caused them, and the cleanup.

mod cleanup;
mod job;
pub(crate) mod mail;
mod notices;
mod outcome;
mod queue;
mod run;

pub(crate) use job::{
    AccountMail, AccountToDelete, CancelPhone, ChangeEmail, Delivery, DetachMethod, FailedSignIn, Job, MailCases,
    MailLink, MailOwners, MailReviewers, MailSpendAlert, OrganizationToDelete, PollAttempt, PollPayment, RedactAttempt,
    ResetPassword, SignUp,
};
pub(crate) use notices::{MailBudgetAlert, MailWebhookOff};
pub(crate) use outcome::{Outcome, poll_wait};
