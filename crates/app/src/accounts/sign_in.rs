//! Somebody known, by address and password. A wrong address and a wrong password are told in the same words and time.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::users::{self, User};
use keystead_store::tables::{accounts, sessions};
use serde_json::{Value, json};

use super::sessions::SignedIn;
use super::{Context, mails, wrong};
use crate::jobs::queue::Outcome;
use crate::organizations::bootstrap::checked_email;
use crate::verification::field;
use crate::{App, Error};

impl App {
    /// Signs in by address and password. With a second factor the answer waits for its code
    /// ([`App::prove_second_factor`]).
    ///
    /// # Errors
    /// `wrong_credentials`; `email_unconfirmed` for whoever knew the password; [`Error::Limited`] after too many tries.
    pub async fn sign_in(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<SignedIn, Error> {
        let email = checked_email(email).map_err(|_| wrong())?;
        let network = context.origin.network().unwrap_or_default();
        let one = self.new_try(&email, &network, context.origin.ip);
        let nobody = self.draw(UserId::generate);
        let (app, address, begun) = (self.clone(), email.clone(), one.clone());
        let write = self.store().write("sign_in", async move |tx: &mut Tx| {
            let user = users::find_by_email(tx, &address).await?.filter(|row| row.deactivated_at.is_none());
            // An unknown address is asked about as much as a known one.
            let id = user.as_ref().map_or(&nobody, |user| &user.id);
            let account = accounts::find(tx, id).await?;
            let known = sessions::find_acquaintance(tx, id, "", &network).await?;
            app.begin_try(tx, &begun, known.same_network > 0 && !network.is_empty()).await?;
            Ok::<_, Error>(user.zip(account))
        });
        let known = write.await?;
        let kept = known.as_ref().and_then(|(_, account)| account.password.clone());
        let right = self.password_matches(password, kept.clone()).await?;
        let (Some((user, account)), Some(kept)) = (known.filter(|_| right), kept) else {
            self.not_let_in(&email).await?;
            return Err(wrong());
        };
        if account.confirmed_at.is_none() {
            let app = self.clone();
            let write = self.store().write("sign_in_forgiven", async move |tx: &mut Tx| app.forgive(tx, &one).await);
            write.await?;
            self.confirm_again(&user, &kept, context).await?;
            return Err(Error::Invalid {
                param: None,
                code: Some("email_unconfirmed"),
                message: "Confirm your address first: a new link is on its way.".to_owned(),
            });
        }
        let (app, from, proven) = (self.clone(), context.clone(), self.password_proven(&kept));
        let write = self.store().write("sign_in_ok", async move |tx: &mut Tx| {
            app.forgive(tx, &one).await?;
            app.let_in(tx, &user.id, &proven, &from).await
        });
        match write.await {
            // The password was changed while this one was being checked: the try counts.
            Err(Error::Invalid { code: Some("wrong_credentials"), .. }) => {
                self.not_let_in(&email).await?;
                Err(wrong())
            }
            other => other,
        }
    }

    /// A new confirmation link for a person who knew the password; limited like every mail.
    async fn confirm_again(&self, user: &User, kept: &str, context: &Context) -> Result<(), Error> {
        match self.resend_confirmation(user, kept, context).await {
            // The last link is on its way already.
            Ok(()) | Err(Error::Limited { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The same work for every address; the worker finds out whose log it belongs to.
    async fn not_let_in(&self, email: &str) -> Result<(), Error> {
        let (app, work) = (self.clone(), json!({ "email": email }));
        let write = self
            .store()
            .write("sign_in_failed", async move |tx: &mut Tx| app.enqueue(tx, mails::FAILED, &work, app.now()).await);
        write.await
    }

    /// Writes a failed sign-in into the logs of the person's organizations, if the address is somebody's.
    pub(super) async fn settle_failure(&self, payload: &Value) -> Result<Outcome, Error> {
        let (app, email) = (self.clone(), field(payload, "email")?.to_owned());
        let write = self.store().write("settle_failure", async move |tx: &mut Tx| {
            if let Some(user) = users::find_by_email(tx, &email).await? {
                let details = json!({ "error_code": "wrong_credentials" });
                app.record_for(tx, &user.id, "login.failed", user.id.as_str(), details).await?;
            }
            Ok::<_, Error>(Outcome::Done)
        });
        write.await
    }
}
