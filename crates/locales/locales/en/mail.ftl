# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about;
# $inviter invites to $organization.

# About accounts.
mail-confirm-subject = { $operator }: Confirm your email address
mail-confirm-text =
    Open this link to confirm your email address. The link works once and expires in 24 hours.

    { $detail }

    If you did not create an account, you can ignore this email.
mail-already-registered-subject = { $operator }: You already have an account
mail-already-registered-text = Someone, possibly you, tried to create an account with this email address. You already have one. To use it, sign in, or reset your password on the sign-in page. Nothing was changed.
mail-choose-password-subject = { $operator }: Choose your password
mail-choose-password-text =
    Your email address is confirmed. Before it was confirmed, more than one password was entered for it, so none of them is used. Open this link to choose a password. The link works once and expires in one hour.

    { $detail }
mail-reset-subject = { $operator }: Choose a new password
mail-reset-text =
    Open this link to choose a new password. The link works once and expires in one hour.

    { $detail }

    If you did not ask for a new password, you can ignore this email. Your current password still works.
mail-password-changed-subject = { $operator }: Your password was changed
mail-password-changed-text = The password of your account was changed, and you were signed out on other devices. If you did not do this, choose a new password now and contact support.
mail-invite-subject = { $operator }: You are invited to { $organization }
mail-invite-text =
    { $inviter } invited you to join the organization { $organization }. Open this link to accept the invitation. The link works once and expires in seven days.

    { $detail }

    If you were not expecting an invitation, you can ignore this email.
mail-new-sign-in-subject = { $operator }: New sign-in to your account
mail-new-sign-in-text =
    Your account was signed in to from a new browser or network:

    { $detail }

    If this was you, there is nothing to do. If not, change your password and end your other sessions in your security settings.
mail-factor-on-subject = { $operator }: Two-step verification is on
mail-factor-on-text = Signing in to your account now also requires a code from an authenticator app. You were signed out on other devices. If you did not do this, choose a new password now and contact support.
mail-factor-off-subject = { $operator }: Two-step verification is off
mail-factor-off-text = Signing in to your account no longer requires a code. You were signed out on other devices. If you did not do this, choose a new password now and contact support.
mail-recovery-codes-subject = { $operator }: New recovery codes
mail-recovery-codes-text = New recovery codes were created for your account. The old codes no longer work. If you did not do this, choose a new password now and contact support.
mail-confirm-address-subject = { $operator }: Confirm your new email address
mail-confirm-address-text =
    The owner of this account wants to use your email address for it:

    { $account }

    If this is your account, open the link to confirm the change. The link works once and expires in 24 hours.

    { $detail }

    If you do not know this account, do not open the link. Nothing will change.
mail-address-taken-subject = { $operator }: This email address already has an account
mail-address-taken-text = Someone, possibly you, tried to use this email address for another account. The address already belongs to your account, so nothing was changed.
mail-address-changed-subject = { $operator }: Your email address was changed
mail-address-changed-text = Your account now uses a different email address. You can no longer sign in with this one. If you did not do this, contact support now.
mail-passkey-added-subject = { $operator }: Passkey added
mail-passkey-added-text = A passkey was added to your account and can now be used to sign in. You were signed out on other devices. If you did not do this, remove the passkey in your security settings, choose a new password and contact support.
mail-passkey-removed-subject = { $operator }: Passkey removed
mail-passkey-removed-text = A passkey was removed from your account and can no longer be used to sign in. You were signed out on other devices. If you did not do this, choose a new password now and contact support.
mail-identity-linked-subject = { $operator }: New sign-in method
mail-identity-linked-text =
    You can now also sign in to your account with:

    { $detail }

    If you did not do this, contact support now.
mail-identity-unlinked-subject = { $operator }: Sign-in method removed
mail-identity-unlinked-text =
    You can no longer sign in to your account with:

    { $detail }

    You were signed out on other devices. If you did not do this, choose a new password now and contact support.
mail-deletion-requested-subject = { $operator }: Your account will be deleted
mail-deletion-requested-text = The deletion of your account was requested. It will be deleted on { $detail }. Until then your keys keep working. To keep the account, sign in and cancel the deletion in your account settings. If you did not do this, also choose a new password and contact support.
mail-deletion-soon-subject = { $operator }: Your account is about to be deleted
mail-deletion-soon-text = Your account will be deleted on { $detail }. Your keys then stop working and your data cannot be restored. To keep the account, sign in and cancel the deletion in your account settings.
mail-deletion-cancelled-subject = { $operator }: Your account stays
mail-deletion-cancelled-text = The deletion of your account was canceled. Nothing was changed and your keys keep working.
mail-account-deleted-subject = { $operator }: Your account was deleted
mail-account-deleted-text = Your account and your personal data were deleted. Your keys no longer work. This is the last email we send to this address about the account.
mail-organization-deletion-requested-subject = { $operator }: An organization will be deleted
mail-organization-deletion-requested-text = { $inviter } requested the deletion of the organization { $organization }. It will be deleted on { $detail }. Until then its keys keep working. To keep the organization, sign in and cancel the deletion. Every owner can do this.
mail-organization-deletion-soon-subject = { $operator }: An organization is about to be deleted
mail-organization-deletion-soon-text = The organization { $organization } will be deleted on { $detail }. Its keys then stop working and its data cannot be restored. To keep the organization, sign in and cancel the deletion. Every owner can do this.
mail-organization-deletion-cancelled-subject = { $operator }: An organization stays
mail-organization-deletion-cancelled-text = { $inviter } canceled the deletion of the organization { $organization }. Nothing was changed and its keys keep working.
mail-tier-raised-subject = { $operator }: An organization reached usage tier { $detail }
mail-tier-raised-text = The organization { $organization } is now in usage tier { $detail }. Its limits for each model are higher from the next request. The page of the limits says what the next tier needs.
mail-organization-deleted-subject = { $operator }: An organization was deleted
mail-organization-deleted-text = The organization { $organization } was deleted. Its keys no longer work. Your account stays, and you can create or join another organization.
mail-organization-deleted-held-subject = { $operator }: An organization was deleted
mail-organization-deleted-held-text = The organization { $organization } was deleted. Its keys no longer work. Photos of an ID check are held by law until { $detail } and are erased after that. Your account stays, and you can create or join another organization.
mail-pictures-expiring-subject = { $operator }: A case needs a decision within a day
mail-pictures-expiring-text =
    The case of the organization { $organization } has not been decided. Its photos will be erased within a day, with or without a decision. After that, the owner will be asked for new photos.

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }: Organization Verified
mail-verified-text = Your organization is verified. Your existing keys can now use the models that require verification. You do not need new keys.
mail-in-review-subject = { $operator }: Your verification is in review
mail-in-review-text = A person is reviewing the verification of your organization. This usually takes up to one working day. We will email you the result.
mail-verification-rejected-subject = { $operator }: Your verification was not accepted
mail-verification-rejected-text = The verification of your organization was not accepted. Open the page below to see why, when you can try again and how to appeal. Your keys keep working.
mail-verification-paused-subject = { $operator }: Your verification is paused
mail-verification-paused-text = Your organization can no longer use the models that require verification. All keys and all other models keep working. Open the page below to see the reason.
mail-verification-due-subject = { $operator }: Renew your verification
mail-verification-due-text = Your organization must be verified again. Open the page below to see the deadline and to start. Until the deadline you can use every model. Your keys keep working in any case.
mail-verification-ended-subject = { $operator }: Your verification has expired
mail-verification-ended-text = The verification of your organization was not renewed in time. You can no longer use the models that require it. All keys and all other models keep working. Open the page below to verify the organization again.
mail-data-erased-subject = { $operator }: Consent withdrawn
mail-data-erased-text = The consent to the verification of your organization was withdrawn. We are erasing the data, here and at the identity service. Open the page below for the receipt.
mail-owners-changed-subject = { $operator }: The owners of your organization changed
mail-owners-changed-text = Your organization has a new owner, or a person is no longer an owner. Your organization stays verified. Open the page below to see whether the verification must be renewed.
mail-pictures-held-subject = { $operator }: Verification photos are kept longer
mail-pictures-held-text = Two people who work for the operator decided that the law requires keeping the photos from a verification of your organization longer than usual. Open the page below to see until when. The photos are erased after that.
mail-phone-revoked-subject = { $operator }: Phone verification revoked
mail-phone-revoked-text = The operator revoked the phone verification of your organization. Existing keys keep working, but you cannot create new keys. Contact support for help.
mail-phone-waived-subject = { $operator }: Phone verification is no longer required
mail-phone-waived-text = The operator waived phone verification for your organization. You can create keys without verifying a phone number.
mail-phone-waiver-ended-subject = { $operator }: Phone verification is required again
mail-phone-waiver-ended-text = The phone verification waiver of your organization has ended. Existing keys keep working. To create new keys, verify a phone number.
mail-phone-waiver-refused-subject = { $operator }: Your waiver request was not accepted
mail-phone-waiver-refused-text = The operator did not accept your request to waive phone verification. The page below shows the reason. Existing keys keep working. To create new keys, verify a phone number.
mail-card-expiring-subject = { $operator }: Your card expires soon
mail-card-expiring-text = The card on file expires soon. Add another card. Fourteen days after the card expires, you lose access to features that require a payment method. Your keys keep working.
mail-card-expired-subject = { $operator }: Your card has expired
mail-card-expired-text = The card on file has expired, and features that require a payment method are no longer available. To get them back, add another card. Your keys keep working.
mail-payment-removed-subject = { $operator }: No payment method on file
mail-payment-removed-text = The last payment method of your organization was removed. Features that require one are no longer available. Your keys keep working.
mail-payment-exempted-subject = { $operator }: A payment method is no longer required
mail-payment-exempted-text = The operator waived the payment method for your organization. You do not need to have one on file.
mail-payment-exemption-ended-subject = { $operator }: A payment method is required again
mail-payment-exemption-ended-text = The payment method waiver of your organization has ended. Add a payment method to use the features that require one. Your keys keep working.
mail-help = Learn more: { $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }: Continue the verification on your phone
mail-continue-on-phone-text =
    Open this link on your phone. The link works once and expires in 24 hours.

    { $url }

    Match number: { $number }. Your phone shows the same number. Support never asks for codes or photos.

# Parts that several mails share. Each line stands alone.
mail-line-organization = Organization: { $organization }
mail-line-account = Account: { $account }
mail-line-by = Decided by: { $operator }
mail-line-until = Valid until: { $time }
mail-line-no-end = Valid until: no end date
mail-line-deadline = Deadline: { $time }
mail-line-retry = Next attempt from: { $time }
mail-line-project = Project: { $project }
mail-line-spent = Spent this month: { $amount }
mail-line-webhook = Webhook at: { $host }
mail-line-budget-project = Project: { $name }
mail-line-budget-person = Member: { $name }
mail-line-budget-key = Key: { $name }
mail-line-measure = { $measure ->
    [money] Budget of: spend
    [tokens] Budget of: tokens
   *[requests] Budget of: requests
}
mail-line-interval = { $interval ->
    [hour] Period: one hour
    [day] Period: one day
    [week] Period: one week
    [month] Period: one month
   *[total] Period: all time
}
mail-line-used = Used: { $used } of { $limit }
mail-line-resets = The next period begins: { $time }
mail-line-opened = Opened: { $time }
mail-line-photos = Photos erased: { $time }
mail-line-case = { $kind ->
    [appeal] Appeal: { $organization }
    [duplicate] Document already used: { $organization }
   *[review] Review: { $organization }
}
mail-line-case-until = { $kind ->
    [appeal] Appeal: { $organization }. Photos erased: { $time }
    [duplicate] Document already used: { $organization }. Photos erased: { $time }
   *[review] Review: { $organization }. Photos erased: { $time }
}
mail-button-confirm = Confirm email address
mail-button-password = Choose password
mail-button-invite = Accept invitation
mail-button-account = Open the page of the deletion
mail-button-organization = Open the page of the deletion
mail-button-sign-in = Sign in
mail-button-security = Open security settings
mail-button-case = Open case
mail-button-queue = Open review queue
mail-button-waivers = Open waiver requests
mail-button-verification = Open verification
mail-button-phone = Open phone settings
mail-button-waiver = Open waiver request
mail-button-billing = Open payment methods
mail-button-usage = Open usage
mail-button-limits = Open limits
mail-button-webhook = Open webhook
mail-button-continue = Continue verification
mail-footer = Sent by { $operator }, { $url }
mail-footer-support = Sent by { $operator }, { $url }. Support: { $support }

# To operators, about cases that need a decision.
mail-case-waiting-subject = { $kind ->
    [appeal] { $operator }: Appeal from { $organization } needs a decision
    [duplicate] { $operator }: Document of { $organization } needs a decision
   *[review] { $operator }: Review of { $organization } needs a decision
}
mail-case-waiting-text = { $kind ->
    [appeal] The owner appealed a verification that was not accepted. A person must decide.
    [duplicate] A document was submitted that already verified another organization. A person must decide.
   *[review] Documents and photos were submitted for verification. A person must decide.
}
mail-cases-waiting-subject = { $count ->
    [one] { $operator }: { $count } case needs a decision
   *[other] { $operator }: { $count } cases need a decision
}
mail-cases-waiting-text = People must decide these cases. The one that expires first is on top.
mail-waiver-asked-subject = { $operator }: { $organization } asks for a waiver
mail-waiver-asked-text =
    The organization { $organization } asks you to waive phone verification. An operator must decide.

    { $detail }

# To the recipients of a spend alert.
mail-spend-alert-subject = { $operator }: { $name } has spent { $amount } this month
mail-spend-alert-text =
    The monthly spend has reached { $amount }, the threshold of a spend alert. Months begin at midnight UTC.

    You get this email because an owner of the organization named your address in the alert. It is sent once a month.

mail-webhook-gone-subject = { $operator }: a webhook of { $name } is off
mail-webhook-gone-text =
    A webhook of the organization answered 410, which means that it takes no more deliveries. It was turned off, and what was waiting for it is not sent.

    If this was not intended, turn the webhook on again. Deliveries of the last 30 days can be sent again from its page.
mail-webhook-failing-subject = { $operator }: a webhook of { $name } is off
mail-webhook-failing-text =
    A webhook of the organization accepted no delivery for three days. It was turned off, and what was waiting for it is not sent.

    Check the address and your program, then turn the webhook on again. Deliveries of the last 30 days can be sent again from its page.

mail-budget-share-subject = { $operator }: { $value }% of a budget of { $name } is used
mail-budget-share-text =
    The share of { $value }% of a budget has been used, which is the threshold of an alert. When all of it is used, further requests are refused until the next period or until an owner raises the budget.

    You get this email because you own the organization, or because an owner named your address in the alert. It is sent once in each period.
mail-budget-amount-subject = { $operator }: a budget of { $name } has reached { $value }
mail-budget-amount-text =
    The use of a budget has reached { $value }, which is the threshold of an alert. When all of it is used, further requests are refused until the next period or until an owner raises the budget.

    You get this email because you own the organization, or because an owner named your address in the alert. It is sent once in each period.
