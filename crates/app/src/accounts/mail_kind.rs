//! The kinds of mail about accounts.

use serde::{Deserialize, Serialize};

/// The kind of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailKind {
    /// Asks to confirm the address.
    Confirm,
    /// Says that a person signed up with an address that has an account.
    AlreadyRegistered,
    /// Asks to choose a new password.
    Reset,
    /// Asks to choose a password, because several were typed before the address was confirmed.
    ChoosePassword,
    /// Says that the password was changed.
    PasswordChanged,
    /// Invites to an organization.
    Invite,
    /// Reports a sign-in from an unknown browser or network.
    NewSignIn,
    /// Reports that the second factor was switched on.
    FactorOn,
    /// Reports that the second factor was switched off.
    FactorOff,
    /// Reports that new recovery codes were made.
    RecoveryCodesMade,
    /// Asks to confirm the new address of an account.
    ConfirmAddress,
    /// Says that a requested address already has an account.
    AddressTaken,
    /// Reports that the account has another address now.
    AddressChanged,
    /// Reports that a passkey was added.
    PasskeyAdded,
    /// Reports that a passkey was removed.
    PasskeyRemoved,
    /// Reports that an identity at an issuer can sign in to the account now.
    IdentityJoined,
    /// Reports that an identity at an issuer can no longer sign in to the account.
    #[serde(rename = "identity_parted")]
    IdentityUnlinked,
    /// Tells an operator that a case is undecided and its pictures will be erased within a day.
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
