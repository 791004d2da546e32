# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about.

# About accounts.
mail-confirm-subject = { $operator }: Confirm your e-mail address
mail-confirm-text =
    Open this link to confirm your address. It works once, for 24 hours.

    { $detail }

    If you did not sign up, nothing needs to be done.
mail-already-registered-subject = { $operator }: You already have an account
mail-already-registered-text = Somebody, perhaps you, signed up with this address. There is an account already: sign in, or choose a new password on the sign-in page. Nothing was changed.
mail-choose-password-subject = { $operator }: Choose your password
mail-choose-password-text =
    The address is confirmed. More than one password was typed for it before that, so none of them counts. Open this link to choose one. It works once, for one hour.

    { $detail }
mail-reset-subject = { $operator }: Choose a new password
mail-reset-text =
    Open this link to choose a new password. It works once, for one hour.

    { $detail }

    If you did not ask for it, nothing needs to be done: the present password goes on working.
mail-password-changed-subject = { $operator }: Your password was changed
mail-password-changed-text = The password of your account was changed, and sessions in other browsers were ended. If it was not you, choose a new password at once and tell support.
mail-invite-subject = { $operator }: You are invited to an organization
mail-invite-text =
    You are invited to join an organization. The link works once, for seven days.

    { $detail }
mail-new-sign-in-subject = { $operator }: New sign-in
mail-new-sign-in-text =
    Somebody signed in to your account from a browser or network that was not seen before:

    { $detail }

    If it was you, nothing needs to be done. If not, change the password and end the other sessions in Settings > Account.
mail-factor-on-subject = { $operator }: Second step is on
mail-factor-on-text = Signing in to your account now asks for a code from an authenticator app. Other sessions were ended. If it was not you, choose a new password at once and contact support.
mail-factor-off-subject = { $operator }: Second step is off
mail-factor-off-text = Signing in to your account no longer asks for a code. Other sessions were ended. If it was not you, choose a new password at once and contact support.
mail-recovery-codes-subject = { $operator }: New recovery codes
mail-recovery-codes-text = New recovery codes were made for your account. The old ones no longer work. If it was not you, choose a new password at once and contact support.
mail-confirm-address-subject = { $operator }: Confirm your new e-mail address
mail-confirm-address-text =
    The person of this account asked to use this address for it from now on:

    { $account }

    Open the link only if this is your own account. It works once, for 24 hours.

    { $detail }

    If you do not know this account, do not open the link: nothing needs to be done.
mail-address-taken-subject = { $operator }: This address has an account
mail-address-taken-text = Somebody, perhaps you, asked to use this address for another account. It has an account of its own already. Nothing was changed.
mail-address-changed-subject = { $operator }: Your e-mail address was changed
mail-address-changed-text = Your account uses another address now; this one no longer opens it. If it was not you, contact support at once.
mail-passkey-added-subject = { $operator }: Passkey added
mail-passkey-added-text = A passkey was added to your account and opens it now. Other sessions were ended. If it was not you, take it away in Settings > Security, choose a new password at once and contact support.
mail-passkey-removed-subject = { $operator }: Passkey removed
mail-passkey-removed-text = A passkey of your account was removed and no longer opens it. Other sessions were ended. If it was not you, choose a new password at once and contact support.
mail-identity-linked-subject = { $operator }: A new way to sign in
mail-identity-linked-text =
    Your account can now also be opened by signing in at:

    { $detail }

    If it was not you, contact support at once.
mail-identity-unlinked-subject = { $operator }: A way to sign in was removed
mail-identity-unlinked-text =
    Your account can no longer be opened through:

    { $detail }

    Other sessions were ended. If it was not you, choose a new password at once and contact support.
mail-pictures-expiring-subject = { $operator }: A case waits, and its pictures go within a day
mail-pictures-expiring-text =
    Nobody has decided this case yet. Its pictures are erased within a day, decided or not; the person is then asked for new ones.

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }: Organization Verified
mail-verified-text = The organization is verified. Existing keys can use the further models at once; no new key is needed.
mail-in-review-subject = { $operator }: A person is looking at the verification
mail-in-review-text = A person is looking at the verification of the organization, usually within one working day. The result comes by mail.
mail-verification-rejected-subject = { $operator }: The verification was not accepted
mail-verification-rejected-text = The verification of the organization was not accepted. The page says why, and when to try again or appeal. All keys go on working.
mail-verification-paused-subject = { $operator }: The verification is paused
mail-verification-paused-text = Models that need a verified organization are off. All keys and all other models work. The page says why.
mail-verification-due-subject = { $operator }: The verification must be renewed
mail-verification-due-text = The verification of the organization must be renewed. The page says until when. Until then everything stays open, and all keys work in any case.
mail-verification-ended-subject = { $operator }: The verification has ended
mail-verification-ended-text = The verification of the organization was not renewed in time. Models that need it are off; all keys and all other models work.
mail-data-erased-subject = { $operator }: Consent is withdrawn, the data is being erased
mail-data-erased-text = Consent is withdrawn. The data is being erased here and at the provider; the receipt stands on the page.
mail-owners-changed-subject = { $operator }: The owners of the organization changed
mail-owners-changed-text = Somebody became an owner of the organization or is none any more. The verification stands; the page says if it must be renewed.
mail-pictures-held-subject = { $operator }: Pictures of a verification are kept longer
mail-pictures-held-text = Two people of the operator's decided that the law requires the pictures of a verification of the organization to be kept beyond their time. The page says until when; after that they are erased.
mail-phone-revoked-subject = { $operator }: The phone verification was taken back
mail-phone-revoked-text = The operator took the phone verification back. Existing keys go on working; new keys wait. Contact support.
mail-phone-waived-subject = { $operator }: No phone is required
mail-phone-waived-text = The operator excused the organization from verifying a phone number.
mail-phone-waiver-ended-subject = { $operator }: A phone is required again
mail-phone-waiver-ended-text = The exception from verifying a phone number has ended. Existing keys go on working; new keys need a verified number.
mail-card-expiring-subject = { $operator }: The card on file runs out
mail-card-expiring-text = The card on file runs out soon. Add another one; fourteen days after its end what needs a payment method closes. Keys go on working.
mail-card-expired-subject = { $operator }: The card on file has run out
mail-card-expired-text = The card on file has run out, and what needs a payment method is closed. Keys go on working.
mail-payment-removed-subject = { $operator }: No payment method is on file
mail-payment-removed-text = The last payment method was taken off file. What needs one is closed; keys go on working.
mail-payment-exempted-subject = { $operator }: No payment method is required
mail-payment-exempted-text = The operator excused the organization from having a payment method on file.
mail-payment-exemption-ended-subject = { $operator }: The exception for payment methods has ended
mail-payment-exemption-ended-text = The exception from having a payment method on file has ended. Keys go on working.
mail-help = What this means: { $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }: go on with the verification on a phone
mail-continue-on-phone-text =
    Open this link on a phone. It works once, for 24 hours.

    { $url }

    Match number: { $number }. The phone shows the same one. Support never asks for codes or photos.
