//! What the outbox does about accounts: mails, and everything that depends on whether an address is known.

use keystead_core::id::UserId;
use keystead_providers::mail::Mail;
use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use super::mail_texts::{Language, words};
use crate::jobs::queue::Outcome;
use crate::verification::field;
use crate::{App, Error};

/// A mail about an account.
const MAIL: &str = "account.mail";
/// Somebody signed up; whether the address is known is found out by the worker.
pub(super) const SIGN_UP: &str = "account.sign_up";
/// Somebody asked for a new password.
pub(super) const RESET: &str = "account.reset";
/// Somebody asked for another address.
pub(super) const ADDRESS: &str = "account.address";
/// Somebody did not get in.
pub(super) const FAILED: &str = "account.failed";

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Confirm the address.
    Confirm,
    /// Somebody signed up with a known address.
    AlreadyRegistered,
    /// Choose a new password.
    Reset,
    /// Choose a password, because several were typed before the address was confirmed.
    ChoosePassword,
    /// The password was changed.
    PasswordChanged,
    /// An invitation.
    Invite,
    /// A sign-in from a browser or network that was not seen before.
    NewSignIn,
    /// The second factor was switched on.
    FactorOn,
    /// The second factor was switched off.
    FactorOff,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// Confirm the new address of an account.
    ConfirmAddress,
    /// An address was asked for that has an account.
    AddressTaken,
    /// The account has another address now.
    AddressChanged,
    /// A passkey opens the account now.
    PasskeyAdded,
    /// A passkey was taken away.
    PasskeyRemoved,
    /// An identity elsewhere opens the account now.
    IdentityJoined,
    /// An identity elsewhere opens the account no longer.
    IdentityParted,
    /// To an operator: a case waits, and its pictures go in a day.
    PicturesGo,
}

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::Confirm,
        Self::AlreadyRegistered,
        Self::Reset,
        Self::ChoosePassword,
        Self::PasswordChanged,
        Self::Invite,
        Self::NewSignIn,
        Self::FactorOn,
        Self::FactorOff,
        Self::RecoveryCodesMade,
        Self::ConfirmAddress,
        Self::AddressTaken,
        Self::AddressChanged,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::IdentityJoined,
        Self::IdentityParted,
        Self::PicturesGo,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::AlreadyRegistered => "already_registered",
            Self::Reset => "reset",
            Self::ChoosePassword => "choose_password",
            Self::PasswordChanged => "password_changed",
            Self::Invite => "invite",
            Self::NewSignIn => "new_sign_in",
            Self::FactorOn => "factor_on",
            Self::FactorOff => "factor_off",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::ConfirmAddress => "confirm_address",
            Self::AddressTaken => "address_taken",
            Self::AddressChanged => "address_changed",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::IdentityJoined => "identity_joined",
            Self::IdentityParted => "identity_parted",
            Self::PicturesGo => "pictures_go",
        }
    }
}

impl App {
    /// Queues a mail in this transaction. `detail` is its link, or what else it is about.
    pub(crate) async fn mail(
        &self,
        tx: &mut Tx,
        to: &str,
        kind: Kind,
        language: &str,
        detail: &str,
    ) -> Result<(), Error> {
        self.mail_about(tx, to, kind, language, detail, "").await
    }

    /// The same, for a mail that also says whose account it is about.
    pub(super) async fn mail_about(
        &self,
        tx: &mut Tx,
        to: &str,
        kind: Kind,
        language: &str,
        detail: &str,
        who: &str,
    ) -> Result<(), Error> {
        let work = json!({ "to": to, "kind": kind.as_str(), "language": language, "detail": detail, "who": who });
        self.enqueue(tx, MAIL, &work, self.now()).await
    }

    /// Queues a mail to a known person, in the language of the account.
    pub(super) async fn mail_person(&self, tx: &mut Tx, user: &UserId, kind: Kind, detail: &str) -> Result<(), Error> {
        let Some(User { email, .. }) = users::find(tx, user).await? else { return Ok(()) };
        let language = accounts::find(tx, user).await?.map(|row| row.language).unwrap_or_default();
        self.mail(tx, &email, kind, &language, detail).await
    }

    /// What the outbox does about accounts.
    pub(crate) async fn account_job(&self, name: &str, payload: &Value) -> Result<Outcome, Error> {
        match name {
            MAIL => self.carry_mail(payload).await,
            SIGN_UP => self.settle_sign_up(payload).await,
            ADDRESS => self.settle_address(payload).await,
            RESET => self.settle_reset(payload).await,
            FAILED => self.settle_failure(payload).await,
            _ => Err(Error::Internal(format!("an unknown job {name}"))),
        }
    }

    async fn carry_mail(&self, payload: &Value) -> Result<Outcome, Error> {
        let kind = field(payload, "kind")?;
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = kind.ok_or_else(|| Error::Internal("a mail of an unknown kind".to_owned()))?;
        let (subject, text) = words(kind, Language::of(field(payload, "language")?));
        // A mail that was queued by an older version says nothing of whom.
        let who = payload.get("who").and_then(Value::as_str).unwrap_or_default();
        let text = text.replace("{}", field(payload, "detail")?).replace("{who}", who);
        let mail = Mail {
            to: field(payload, "to")?.to_owned(),
            subject: format!("{}: {subject}", self.settings().operator),
            text: format!("{text}\n\n{}\n", self.public_url()),
        };
        self.send_mail(&mail).await
    }
}
