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
    /// Says that the account will be deleted, and when.
    DeletionRequested,
    /// Reminds that the account is about to be deleted.
    DeletionSoon,
    /// Says that the account will not be deleted.
    DeletionCancelled,
    /// Says that the account was deleted.
    AccountDeleted,
    /// Says that an organization will be deleted, who requested it, and when.
    OrganizationDeletionRequested,
    /// Reminds that an organization is about to be deleted.
    OrganizationDeletionSoon,
    /// Says that an organization will not be deleted.
    OrganizationDeletionCancelled,
    /// Says that an organization was deleted.
    OrganizationDeleted,
    /// Says that an organization was deleted, and until when identity data is held.
    OrganizationDeletedHeld,
    /// Says that an organization has reached a higher usage tier.
    TierRaised,
    /// Tells an operator that a case is undecided and its pictures will be erased within a day.
    PicturesGo,
    /// Tells an operator that an owner asks for a waiver of the phone requirement.
    WaiverAsked,
}

impl MailKind {
    /// The key of its messages.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Confirm => "mail-confirm",
            Self::AlreadyRegistered => "mail-already-registered",
            Self::Reset => "mail-reset",
            Self::ChoosePassword => "mail-choose-password",
            Self::PasswordChanged => "mail-password-changed",
            Self::Invite => "mail-invite",
            Self::NewSignIn => "mail-new-sign-in",
            Self::FactorOn => "mail-factor-on",
            Self::FactorOff => "mail-factor-off",
            Self::RecoveryCodesMade => "mail-recovery-codes",
            Self::ConfirmAddress => "mail-confirm-address",
            Self::AddressTaken => "mail-address-taken",
            Self::AddressChanged => "mail-address-changed",
            Self::PasskeyAdded => "mail-passkey-added",
            Self::PasskeyRemoved => "mail-passkey-removed",
            Self::IdentityJoined => "mail-identity-linked",
            Self::IdentityUnlinked => "mail-identity-unlinked",
            Self::DeletionRequested => "mail-deletion-requested",
            Self::DeletionSoon => "mail-deletion-soon",
            Self::DeletionCancelled => "mail-deletion-cancelled",
            Self::AccountDeleted => "mail-account-deleted",
            Self::OrganizationDeletionRequested => "mail-organization-deletion-requested",
            Self::OrganizationDeletionSoon => "mail-organization-deletion-soon",
            Self::OrganizationDeletionCancelled => "mail-organization-deletion-cancelled",
            Self::OrganizationDeleted => "mail-organization-deleted",
            Self::OrganizationDeletedHeld => "mail-organization-deleted-held",
            Self::TierRaised => "mail-tier-raised",
            Self::PicturesGo => "mail-pictures-expiring",
            Self::WaiverAsked => "mail-waiver-asked",
        }
    }

    /// The message of the button.
    pub(super) const fn button(self) -> Option<&'static str> {
        match self {
            Self::Confirm | Self::ConfirmAddress => Some("mail-button-confirm"),
            Self::Reset | Self::ChoosePassword => Some("mail-button-password"),
            Self::Invite => Some("mail-button-invite"),
            Self::PicturesGo => Some("mail-button-case"),
            Self::WaiverAsked => Some("mail-button-waivers"),
            Self::TierRaised => Some("mail-button-limits"),
            Self::AlreadyRegistered | Self::AddressTaken => Some("mail-button-sign-in"),
            // Its reader cannot sign in any more, or the organization has no page any more.
            Self::AddressChanged | Self::AccountDeleted | Self::OrganizationDeleted | Self::OrganizationDeletedHeld => {
                None
            }
            Self::OrganizationDeletionRequested
            | Self::OrganizationDeletionSoon
            | Self::OrganizationDeletionCancelled => Some("mail-button-organization"),
            Self::DeletionRequested | Self::DeletionSoon | Self::DeletionCancelled => Some("mail-button-account"),
            Self::PasswordChanged
            | Self::NewSignIn
            | Self::FactorOn
            | Self::FactorOff
            | Self::RecoveryCodesMade
            | Self::PasskeyAdded
            | Self::PasskeyRemoved
            | Self::IdentityJoined
            | Self::IdentityUnlinked => Some("mail-button-security"),
        }
    }

    /// Whether `detail` is the link of the button.
    pub(super) const fn detail_is_link(self) -> bool {
        matches!(
            self,
            Self::Confirm
                | Self::ConfirmAddress
                | Self::Reset
                | Self::ChoosePassword
                | Self::Invite
                | Self::PicturesGo
                | Self::WaiverAsked
        )
    }

    /// The page that the button opens, unless `detail` is its link.
    pub(super) fn page(self) -> Option<&'static str> {
        match self.button()? {
            "mail-button-security" => Some("/settings/account/security"),
            "mail-button-sign-in" => Some("/sign-in"),
            "mail-button-account" => Some("/settings/account/delete"),
            "mail-button-limits" => Some("/limits"),
            "mail-button-organization" => Some("/settings/organization/delete"),
            _ => None,
        }
    }

    /// Whether the mail is about the account of its recipient.
    pub(super) const fn names_account(self) -> bool {
        !matches!(
            self,
            Self::Invite
                | Self::ConfirmAddress
                | Self::PicturesGo
                | Self::WaiverAsked
                | Self::TierRaised
                | Self::OrganizationDeletionRequested
                | Self::OrganizationDeletionSoon
                | Self::OrganizationDeletionCancelled
                | Self::OrganizationDeleted
                | Self::OrganizationDeletedHeld
        )
    }
}

#[cfg(test)]
impl MailKind {
    pub(crate) const ALL: [Self; 29] = [
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
        Self::DeletionRequested,
        Self::DeletionSoon,
        Self::DeletionCancelled,
        Self::AccountDeleted,
        Self::OrganizationDeletionRequested,
        Self::OrganizationDeletionSoon,
        Self::OrganizationDeletionCancelled,
        Self::OrganizationDeleted,
        Self::OrganizationDeletedHeld,
        Self::TierRaised,
        Self::PicturesGo,
        Self::WaiverAsked,
    ];
}
