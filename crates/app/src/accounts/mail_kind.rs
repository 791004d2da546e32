//! What mails about accounts are about.

use serde::{Deserialize, Serialize};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailKind {
    /// Confirm the address.
    Confirm,
    /// A person signed up with a known address.
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
    #[serde(rename = "identity_parted")]
    IdentityUnlinked,
    /// To an operator: a case waits, and its pictures go in a day.
    PicturesGo,
}

#[cfg(test)]
impl MailKind {
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
        Self::IdentityUnlinked,
        Self::PicturesGo,
    ];
}
