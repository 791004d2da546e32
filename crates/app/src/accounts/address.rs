//! Another address: asked for with a fresh proof, confirmed from its own mailbox, told to the old one. What is answered
//! and done is the same whether the address is somebody's already (ASVS 6.3.8).

use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::{accounts, users};
use serde_json::{Value, json};

use super::mails::{self, Kind};
use super::reset::RESET;
use super::{Context, dead_link, digest};
use crate::bootstrap::checked_email;
use crate::outbox::Outcome;
use crate::verification::field;
use crate::{App, Error};

/// How long a confirmation works.
const LIFE: i64 = 86_400;
const CHANGE: &str = "change_email";

impl App {
    /// Asks for another address. Nothing changes until its mailbox confirms it.
    ///
    /// # Errors
    /// `reauthentication_needed`, when this is no address, or after too many mails.
    pub async fn request_address(&self, session: &Secret<String>, email: &str, context: &Context) -> Result<(), Error> {
        let (email, view) = (checked_email(email)?, self.fresh_session(session).await?);
        let (app, context) = (self.clone(), context.clone());
        let write = self.store().write("request_address", async move |tx: &mut Tx| {
            app.count_mail(tx, context.origin.ip, &email).await?;
            let work = json!({ "user": view.user.as_str(), "email": email, "language": context.language });
            app.enqueue(tx, mails::ADDRESS, &work, app.now()).await
        });
        write.await
    }

    /// Mails the link to the new mailbox, or tells it that it has an account.
    pub(super) async fn settle_address(&self, payload: &Value) -> Result<Outcome, Error> {
        let text = |name: &str| field(payload, name).map(str::to_owned);
        let (user, email, language) = (text("user")?, text("email")?, text("language")?);
        let user = user.parse().map_err(|_| Error::Internal("a job about nobody".to_owned()))?;
        let app = self.clone();
        let write = self.store().write("settle_address", async move |tx: &mut Tx| {
            if users::find_by_email(tx, &email).await?.is_some() {
                app.mail(tx, &email, Kind::AddressTaken, &language, "").await?;
                return Ok(Outcome::Done);
            }
            // The newest wish counts.
            accounts::use_tokens_of(tx, &user, CHANGE, app.now()).await?;
            let payload = json!({ "email": email }).to_string();
            let link = app.one_time_link(tx, CHANGE, "confirm-address", &user, &payload, LIFE).await?;
            app.mail(tx, &email, Kind::ConfirmAddress, &language, &link).await?;
            Ok::<_, Error>(Outcome::Done)
        });
        write.await
    }

    /// Whether the link to a new address still works. Looking spends nothing.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn address_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        self.token_works(CHANGE, token).await
    }

    /// Makes the new address the account's. Links that went to the old mailbox are dead, and it is told.
    ///
    /// # Errors
    /// When the link was used or ran out, or when the address has become somebody's.
    pub async fn confirm_address(&self, token: &Secret<String>) -> Result<(), Error> {
        let (app, key) = (self.clone(), digest(token));
        let write = self.store().write("confirm_address", async move |tx: &mut Tx| {
            let now = app.now();
            let row = accounts::find_token(tx, CHANGE, &key, now).await?.ok_or_else(dead_link)?;
            let user = row.user.ok_or_else(dead_link)?;
            let person = users::find(tx, &user).await?.filter(|row| row.deactivated_at.is_none());
            let person = person.ok_or_else(dead_link)?;
            let kept: Value = serde_json::from_str(&row.payload).map_err(|_| dead_link())?;
            let email = field(&kept, "email")?;
            if users::find_by_email(tx, email).await?.is_some() || !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            let language = accounts::find(tx, &user).await?.map(|row| row.language).unwrap_or_default();
            users::update_email(tx, &user, email).await?;
            accounts::use_tokens_of(tx, &user, RESET, now).await?;
            app.mail(tx, &person.email, Kind::AddressChanged, &language, "").await?;
            let details = json!({ "data": { "email": "changed" } });
            app.record_for(tx, &user, "user.updated", user.as_str(), details).await
        });
        write.await
    }
}
