//! Signing in by address and password. A wrong address and a wrong password get the same answer in the same time.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::tables::users::{self, User};
use keystead_store::tables::{accounts, sessions};

use super::attempt_limits::{count_attempt, forgive_attempt, new_attempt};
use super::password::password_matches;
use super::proven::{password_proven, sign_in_proven};
use super::sessions::SignedIn;
use super::sign_up::resend_confirmation;
use super::{Context, failure, record_for_user, wrong};
use crate::jobs::{FailedSignIn, Job, Outcome};
use crate::validate::checked_email;
use crate::{App, Error};

impl App {
    /// Signs in by address and password. With a second factor the sign-in waits for the code
    /// ([`App::prove_second_factor`]).
    ///
    /// # Errors
    /// `wrong_credentials`; `email_unconfirmed` when the password was right; [`Error::Limited`] after too many
    /// attempts.
    pub async fn sign_in(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<SignedIn, Error> {
        let email = checked_email(email).map_err(|_| wrong())?;
        let network = context.origin.network().unwrap_or_default();
        let one = new_attempt(self, &email, &network, context.origin.ip);
        let fresh = self.draw(UserId::generate);
        let known = write_tx!(self.store(), "sign_in", |tx| {
            let user = users::find_by_email(tx, &email).await?.filter(|row| row.deactivated_at.is_none());
            // An unknown address costs the same query as a known one.
            let id = user.as_ref().map_or(&fresh, |user| &user.id);
            let account = accounts::find(tx, id).await?;
            let known = sessions::find_acquaintance(tx, id, "", &network).await?;
            count_attempt(self, tx, &one, known.same_network > 0 && !network.is_empty()).await?;
            Ok(user.zip(account))
        })?;
        let kept = known.as_ref().and_then(|(_, account)| account.password.clone());
        let right = password_matches(self, password, kept.clone()).await?;
        let (Some((user, account)), Some(kept)) = (known.filter(|_| right), kept) else {
            queue_failed_sign_in(self, &email).await?;
            return Err(wrong());
        };
        if account.confirmed_at.is_none() {
            write_tx!(self.store(), "sign_in_forgiven", |tx| forgive_attempt(self, tx, &one).await)?;
            self.ensure_mail("confirm_address")?;
            mail_confirmation_again(self, &user, &kept, context).await?;
            return Err(Error::Invalid {
                param: None,
                code: Some("email_unconfirmed"),
                message: "Confirm your address first: a new link is on its way.".to_owned(),
            });
        }
        let proven = password_proven(self, &kept);
        let write = write_tx!(self.store(), "sign_in_ok", |tx| {
            forgive_attempt(self, tx, &one).await?;
            sign_in_proven(self, tx, &user.id, &proven, context).await
        });
        match write {
            // The password was changed while this one was checked: the attempt counts.
            Err(Error::Invalid { code: Some("wrong_credentials"), .. }) => {
                queue_failed_sign_in(self, &email).await?;
                Err(wrong())
            }
            other => other,
        }
    }
}

/// Mails a new confirmation link to a person who knew the password; limited like every mail.
async fn mail_confirmation_again(app: &App, user: &User, kept: &str, context: &Context) -> Result<(), Error> {
    match resend_confirmation(app, user, kept, context).await {
        // The previous link has just been mailed.
        Ok(()) | Err(Error::Limited { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Queues the record of a failed sign-in. The work is the same for every address; the worker finds the person's
/// organizations.
async fn queue_failed_sign_in(app: &App, email: &str) -> Result<(), Error> {
    let job = Job::RecordFailedSignIn(FailedSignIn { email: email.to_owned() });
    write_tx!(app.store(), "sign_in_failed", |tx| app.enqueue(tx, &job, app.now()).await)
}

/// Records a failed sign-in in the logs of the person's organizations, if the address has an account.
pub(crate) async fn record_failed_sign_in(app: &App, job: FailedSignIn) -> Result<Outcome, Error> {
    write_tx!(app.store(), "settle_failure", |tx| {
        if let Some(user) = users::find_by_email(tx, &job.email).await? {
            record_for_user(app, tx, &user.id, "login.failed", user.id.as_str(), failure(&wrong())).await?;
        }
        Ok(Outcome::Done)
    })
}
