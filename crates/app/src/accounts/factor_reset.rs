//! Two operators together remove the second factor of a person who lost it: one proposes, another approves (ASVS
//! 6.4.4). One operator alone can do it only on the command line.

use keystead_core::id::UserId;
use keystead_core::time::Timestamp;
use keystead_store::tables::{accounts, operator_approvals, users};
use serde_json::json;

use super::record_about_user;
use super::second_factor::{drop_second_factor, not_on};
use crate::validate::{checked_email, operators_only, operators_reason};
use crate::{Actor, App, Error};

/// Seconds a proposal waits for a second operator.
const WAITS: i64 = 86_400;
const SUBJECT: &str = "second_factor.reset:";

/// A proposal that waits for a second operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorReset {
    /// The person who lost the second factor.
    pub user: UserId,
    /// The person's address.
    pub email: String,
    /// Who proposed it.
    pub by: String,
    /// When it was proposed.
    pub at: Timestamp,
}

fn subject(user: &UserId) -> String {
    format!("{SUBJECT}{user}")
}

/// Refuses operators who want to reset their own second factor.
fn not_oneself(actor: &Actor, email: &str) -> Result<(), Error> {
    if actor.id().eq_ignore_ascii_case(email) {
        let message = "Two other operators must reset your second step.".to_owned();
        return Err(Error::Forbidden { param: None, message });
    }
    Ok(())
}

impl App {
    /// Proposes to switch off a person's second factor. Nothing changes yet; the audit logs of the person's
    /// organizations record it.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when it is their own, or when no account with
    /// this address has it switched on.
    pub async fn propose_factor_reset(&self, actor: &Actor, email: &str, reason: &str) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        let email = checked_email(email)?;
        not_oneself(actor, &email)?;
        write_tx!(self.store(), "propose_factor_reset", |tx| {
            let user = users::find_by_email(tx, &email).await?.ok_or_else(not_on)?.id;
            let account = accounts::find(tx, &user).await?;
            account.filter(|row| row.totp_confirmed_at.is_some()).ok_or_else(not_on)?;
            let now = self.now();
            if !operator_approvals::list(tx, &subject(&user), now.plus(-WAITS)).await?.is_empty() {
                return Err(Error::Conflict {
                    message: "This has been proposed; another operator decides.".to_owned(),
                });
            }
            operator_approvals::save(tx, &subject(&user), actor.id(), now).await?;
            let details = json!({ "changes_requested": { "second_factor": "reset_proposed", "reason": reason } });
            record_about_user(self, tx, actor, &user, "user.updated", user.as_str(), details).await
        })
    }

    /// Lists the proposals that wait for a second operator, oldest first.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn factor_resets(&self, actor: &Actor) -> Result<Vec<FactorReset>, Error> {
        operators_only(actor)?;
        let since = self.now().plus(-WAITS);
        read_tx!(self.store(), "factor_resets", |tx| {
            let mut waiting = Vec::new();
            for one in operator_approvals::list_beginning(tx, SUBJECT, since).await? {
                let Some(Ok(user)) = one.subject.strip_prefix(SUBJECT).map(str::parse::<UserId>) else { continue };
                let Some(row) = users::find(tx, &user).await? else { continue };
                waiting.push(FactorReset { user, email: row.email, by: one.person, at: one.at });
            }
            Ok(waiting)
        })
    }

    /// Approves a proposal as the second operator and removes the second factor: every session ends, and the person
    /// gets a mail.
    ///
    /// # Errors
    /// When the caller is not an operator, when they proposed it or the factor is their own, or when there is no
    /// proposal of the last day.
    pub async fn agree_to_factor_reset(&self, actor: &Actor, user: &UserId) -> Result<(), Error> {
        let waiting = self.factor_resets(actor).await?.into_iter().find(|one| one.user == *user);
        let waiting = waiting.ok_or_else(|| Error::not_found("proposal", user.as_str()))?;
        not_oneself(actor, &waiting.email)?;
        if waiting.by.eq_ignore_ascii_case(actor.id()) {
            let message = "A second person must agree before a second step is reset.".to_owned();
            return Err(Error::Forbidden { param: None, message });
        }
        let subject = subject(user);
        write_tx!(self.store(), "agree_to_factor_reset", |tx| {
            // The proposal may have been withdrawn and made again meanwhile, possibly by this person.
            let proposed = operator_approvals::list(tx, &subject, self.now().plus(-WAITS)).await?;
            if proposed != [waiting.by.clone()] {
                return Err(Error::not_found("proposal", waiting.user.as_str()));
            }
            // The proposal was withdrawn meanwhile, or another operator approved it.
            if operator_approvals::delete(tx, &subject).await? == 0 {
                return Err(Error::not_found("proposal", waiting.user.as_str()));
            }
            drop_second_factor(self, tx, actor, &waiting.user).await
        })
    }

    /// Withdraws a proposal; any operator may do it.
    ///
    /// # Errors
    /// When the caller is not an operator, or when it does not exist.
    pub async fn discard_factor_reset(&self, actor: &Actor, user: &UserId) -> Result<(), Error> {
        operators_only(actor)?;
        let subject = subject(user);
        write_tx!(self.store(), "discard_factor_reset", |tx| {
            match operator_approvals::delete(tx, &subject).await? {
                0 => Err(Error::not_found("proposal", user.as_str())),
                _ => Ok(()),
            }
        })
    }
}
