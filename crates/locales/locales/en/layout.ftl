skip = Skip to content
menu = Menu
close = Close
nav = Pages
nav-project = Project
nav-organization = Organization
nav-you = You
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
state = State
verified = Verified
waived = Not required
never = Never
you = You
col-name = Name
col-owner = Owner
col-role = Role
col-since = Since
col-actions = Actions
owners-only = Owners of this organization see this page.
show-older = Show older
done-saved = Saved.
done-key-revoked = The key is revoked.
done-invite-sent = The invitation is on its way.
done-invite-revoked = The invitation is taken back.
done-member-removed = The person is no longer a member. Keys of this person are refused.
done-project-created = The project is there.
done-project-archived = The project is archived. Its keys are refused.
done-account-deleted = The service account is deleted. Its keys are refused.
done-phone-verified = The phone number is verified. New keys can be made now.
done-card-removed = The card is removed.
done-session-ended = The session is ended.
done-mail-sent = The mail is on its way. The link works once, for 24 hours.
done-appealed = The appeal is open. A person will look at it.
time-now = just now
time-soon = in a moment
error-title = This did not work
error-title-not-found = Nothing here
error-title-forbidden = Not possible here
error-home = To the dashboard
error-form = The form is too old or was not sent from this page. Go back, reload and send it again. Nothing was changed.
error-not-found = This does not exist, or it belongs to somebody else.
error-forbidden = Your role in this organization does not permit this. An owner can do it.
error-limited = Too many tries. It is possible again at { $time }.
error-phone-codes = Too many codes were sent. The next one is possible at { $time }.
error-verification-starts = Too many verifications were started. The next one is possible at { $time }.
error-verification-links = Too many links for this verification were made. The next one is possible at { $time }; the page that is open keeps working.
error-verification-mails = Too many mails with a link were sent. The next one is possible at { $time }. The QR code works in the meantime.
error-verification-handoffs = Too many links for another device were made. The next one is possible at { $time }.
error-exports = Too many files were downloaded. The next one is possible at { $time }.
error-phone-checks = Too many wrong codes. The next try is possible at { $time }.
error-phone-locked = Five wrong codes: this code no longer works. It is possible again at { $time }. Nothing else is affected.
error-phone-resend-too-soon = The code can be sent again at { $time }.
error-verification-cooldown = Three attempts were not accepted. It is possible again at { $time }; a person can look before then.
error-payment-setups = Too many cards were refused. It is possible again at { $time }.
error-phone-number-invalid = The number was not accepted: it does not exist in this country's plan. Check the country and the digits.
error-phone-number-has-letters = The number was not accepted: write digits instead of letters.
error-phone-number-has-extension = The number was not accepted: a text message cannot reach an extension.
error-phone-country-mismatch = The number belongs to another country than the one chosen.
error-phone-country-not-supported = Codes are not sent to numbers of this country.
error-phone-landline-not-supported = A landline cannot receive the code. Use a mobile number. No try was used up.
error-phone-voip-not-supported = Internet telephone numbers are not accepted. Use a mobile number of your own. No try was used up.
error-phone-type-not-supported = This kind of number is not accepted. Use a mobile number. No try was used up.
error-phone-number-limit-reached = This number cannot be used for another organization. Use another number, or contact support.
error-phone-code-malformed = The code has six digits.
error-phone-code-wrong = The code is not right.
error-phone-code-expired = This code no longer works. Ask for a new one.
error-phone-no-codes-left = All codes of this verification were sent. Wait ten minutes and begin again.
error-payment-method-required = Add a payment method first. Nothing is charged.
error-organization-verification-required = The organization must be verified first.
error-another-organization = Before you make another organization, one of yours needs: { $what }. Existing keys keep working.
error-phone-sim-changed = The SIM card of this number was changed lately. For your safety it can replace the verified number at { $time }; until then the verified number stays.
error-phone-verification-required = Verify a phone number first. Existing keys keep working.
error-provider-unavailable = The service does not answer just now. Nothing is lost and no try is used up. Try again in a minute.
error-not-configured = The operator has not set this up.
error-unavailable = The server cannot reach its database just now. Try again in a moment.
error-internal = A fault of ours. It is written down; trying again may help.
error-consent-required = Without consent nothing begins. Tick the box to go on.
error-last-owner = An organization needs an owner. Make somebody else an owner first.
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
