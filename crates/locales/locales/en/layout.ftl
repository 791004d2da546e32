skip = Skip to content
menu = Menu
close = Close
nav = Pages
nav-project = Project
nav-organization = Organization
nav-you = Your account
nav-dashboard = Dashboard
nav-api-keys = API keys
nav-usage = Usage
nav-limits = Limits
nav-general = General
nav-members = Members
nav-projects = Projects
nav-billing = Billing
nav-audit-log = Audit log
nav-account = Account
nav-operator = Operator
new-organization = New organization
default-project = Default project
role-assigned = Assigned roles only
role-missing = No role
role-owner = Owner
role-reader = Member
help = Help
contact-support = Contact support
sign-out = Sign out
language = Language
save = Save
copy = Copy
copied-at = Copied at { $time }
cancel = Cancel
remove = Remove
busy = Working…
state = Status
verified = Verified
waived = Not required
never = Never
you = You
col-name = Name
col-owner = Owner
col-role = Role
col-since = Since
col-actions = Actions
owners-only = Only owners of this organization can see this page.
show-older = Show older
done-deletion-requested = Deletion requested. We have emailed you the date.
done-deletion-cancelled = Deletion canceled. Your account stays.
done-organization-deletion-requested = Deletion requested. We have emailed the date to every owner.
done-organization-deletion-cancelled = Deletion canceled. The organization stays.
done-saved = Changes saved.
done-key-revoked = Key revoked.
done-key-paused = Key paused.
done-key-resumed = Key resumed.
done-invite-sent = Invitation sent.
done-invite-revoked = Invitation canceled.
done-member-removed = Member removed. Their keys no longer work.
done-project-created = Project created.
done-project-archived = Project archived. Its keys no longer work.
done-account-deleted = Service account deleted. Its keys no longer work.
done-phone-verified = Phone number verified. You can now create keys.
done-card-removed = Card removed.
done-session-ended = Session ended.
done-mail-sent = Email sent. The link works once and expires in 24 hours.
done-appealed = Appeal sent. A person will review it.
time-now = just now
time-soon = in a moment
error-title = Something went wrong
error-title-not-found = Page not found
error-title-forbidden = You do not have access
error-home = Go to Dashboard
error-form = This form is too old or was not sent from this page. Go back, reload the page and submit it again. Nothing was changed.
error-not-found = This page does not exist, or you do not have access to it.
error-cursor = This page of the list is no longer there. Open the list again.
without-role-title = You have no role in { $organization }
without-role-lead = You are a member of { $organization }, but you hold no role that lets you see or do anything here. Ask an owner of { $organization } to give you a role.
without-role-account = Open your account
without-role-others = Your other organizations
foreign-project-title = This account cannot open this project
foreign-project-message = You are signed in as { $email }. This account is not a member of the project that the link leads to, or the project was archived. Ask an owner of the organization to invite you, or sign in with another account.
foreign-project-sign-in = Sign in with another account
error-forbidden = Your role in this organization does not allow this. Ask an owner to do it.
error-limited = Too many attempts. Try again at { $time }.
error-phone-codes = Too many codes were sent. You can request another at { $time }.
error-verification-starts = Too many verifications were started. You can start another at { $time }.
error-verification-links = Too many links were created for this verification. You can create another at { $time }. The page that is already open keeps working.
error-verification-mails = Too many emails with a link were sent. You can send another at { $time }. You can use the QR code in the meantime.
error-verification-handoffs = Too many links for another device were created. You can create another at { $time }.
error-exports = Too many files were downloaded. You can download another at { $time }.
error-phone-checks = Too many wrong codes. Try again at { $time }.
error-phone-locked = The code was wrong five times, so it no longer works. Try again at { $time }. Your keys keep working.
error-phone-resend-too-soon = You can send the code again at { $time }.
error-verification-cooldown = Three attempts were not accepted. You can try again at { $time }, or appeal to have a person review the decision before then.
error-payment-setups = Too many cards were declined. Try again at { $time }.
error-phone-number-invalid = The number was not accepted. It does not exist in the numbering plan of this country. Check the country and the digits.
error-phone-number-has-letters = The number was not accepted. Enter digits instead of letters.
error-phone-number-has-extension = The number was not accepted. Text messages cannot reach an extension.
error-phone-country-mismatch = The number belongs to a different country than the one you selected.
error-phone-country-not-supported = We cannot send codes to numbers in this country.
error-phone-landline-not-supported = A landline cannot receive the code. Use a mobile number. This did not use an attempt.
error-phone-voip-not-supported = Internet (VoIP) numbers are not accepted. Use your own mobile number. This did not use an attempt.
error-phone-type-not-supported = This type of number is not accepted. Use a mobile number. This did not use an attempt.
error-phone-number-limit-reached = This number cannot be used for another organization. Use a different number or contact support.
error-phone-code-malformed = Enter the six digits of the code.
error-phone-code-wrong = The code is wrong.
error-phone-code-expired = This code no longer works. Request a new one.
error-phone-no-codes-left = No more codes can be sent for this verification. Wait ten minutes and start again.
error-payment-method-required = Add a payment method first. Nothing is charged.
error-organization-verification-required = The organization must be verified first.
error-another-organization = Before you create another organization, one of yours needs: { $what }. Existing keys keep working.
error-phone-sim-changed = The SIM card of this number was changed recently. For your security, it cannot replace your verified number before { $time }. Until then, the verified number stays in use.
error-phone-verification-required = Verify a phone number first. Existing keys keep working.
error-provider-unavailable = The service is not responding. Nothing is lost and no attempt was used. Try again in a minute.
error-not-configured = The operator of this service has not set this up.
error-unavailable = The server cannot reach its database at the moment. Try again in a few moments.
error-internal = An error occurred on our side. It was logged. Try again.
error-consent-required = To continue, select the checkbox to give your consent.
error-last-owner = An organization needs at least one owner. Make another member an owner first. Owners with a pending account deletion do not count.
time-minutes-ago = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
time-hours-ago = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
time-days-ago = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
time-in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
time-in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
time-in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
form-running = Your form is still being processed
form-running-lead = It was sent twice and runs once. The result appears here as soon as it is finished.
form-running-again = Refresh
