keys-lead = Anyone who has one of these keys can call the API as the project { $project }, and the project pays for it.
keys-empty = This project has no keys yet. A key lets your server call the API as this project. Below are your base URL and a sample request.
keys-more = Show older keys
create-secret-key = Create new secret key
col-secret = Secret key
col-permissions = Permissions
col-last-used = Last used
created = Created { $when }
expires = expires { $when }
service-account = service account
revoke = Revoke
phone-first = Verify a phone number first. You do this once for all keys of the organization.
phone-first-hint = Existing keys keep working. You will come back here when you are done.
verify-phone = Verify phone number
create-key-lead = The key works in the project { $project } only.
key-name = Name
key-name-hint = For example, where you will use the key.
key-unnamed = Unnamed key
key-owner = Owner
key-owner-you = You. The key stops working when you leave the project.
key-owner-service = A service account, for production. It does not depend on a person.
key-account = Service account
key-account-new = New, with the name of the key
key-permission-all = All
key-permission-read = Read only
key-permission-restricted = Restricted to the permissions selected below
key-scopes-missing = Select at least one permission for a restricted key.
key-expiry = Expires
key-life-ever = Never
create-key-button = Create key
key-made = Save your secret key now
key-made-lead = This is the only time the key is shown. Keystead stores a fingerprint of it, not the key, so it cannot be shown again.
key-length = { $length } characters, ends in { $tail }
copy-key = Copy key
project = Project
key-works = Active
key-keep = Keep the key where your server reads its secrets. Never put it in a browser, an app or a repository. If it leaks, find { $head }…{ $tail } in this list and revoke it.
key-saved = I saved the key
revoke-title = Revoke { $name }
revoke-lead = Requests with the key ending in { $tail } will be refused. You cannot undo this.
revoke-last-used = Last used { $when }. Anything that still uses it will stop working.
revoke-never-used = Never used.
revoke-button = Revoke { $name }
keys-spreading = Revoked on { $current } of { $all } gateways. The others may accept the key until they confirm the change: for 15 minutes at most, unless the operator has set a different time.
key-edit = Edit
key-edit-of = Edit { $name }
key-edit-lead = The secret key does not change. New permissions apply from the next request.
key-ended = expired { $when }
rotate = Rotate
rotate-of = Rotate { $name }
rotate-lead = This creates a new secret key with the same owner, project, name and permissions. You choose how long the old key keeps working, so that you can switch without downtime.
rotate-last-used = The key ending in { $tail } was last used { $when }.
rotate-never-used = The key ending in { $tail } has never been used.
rotate-until = The old key keeps working for
rotate-hour = 1 hour
rotate-day = 1 day
rotate-week = 7 days
rotate-now = Stop it now
rotate-choose = Choose how long the old key keeps working.
rotate-button = Create new key
rotated-ends = Rotated. Stops working { $when }.
rotated-last-used = Last used { $when }.
rotated-end = Revoke now
rotated-end-title = Revoke { $name } now
rotated-end-lead = The new key keeps working.
rotated-old-works = The old key, ending in { $tail }, works until { $when }. The list shows when it was last used.
rotated-old-ended = The old key, ending in { $tail }, no longer works.
home-phone = To create keys, verify a phone number first.
home-models = These models need a verified organization: { $models }.
base-url = Base URL
base-url-hint = Works with every OpenAI SDK without changes.
refusals = Recent refusals
refusals-hint = Requests of the last 30 days that were refused because a verification is missing.
refusals-empty = No requests were refused in the last 30 days.
refusal-why = Missing
key-life = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
key-permission-some = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
}
nav-admin-keys = Admin keys
admin-keys-lead = Admin keys let tools manage the organization: projects, members, keys and usage. They cannot call models.
admin-keys-empty = This organization has no admin keys yet. Use them with the Administration API at:
admin-key-create = Create admin key
admin-key-power = Through the API, anyone who has this key can do everything an owner can. The key stops working when its owner leaves the organization.
admin-key-power-of-roles = Through the API, anyone who has this key can do in the organization what your roles permit. The key stops working when its owner leaves the organization.
own-keys = User keys
own-keys-hint = User keys are the older kind. They work in every organization you belong to. We recommend project keys: they work in one project only.
key-shown = Your secret key was shown
key-shown-lead = A secret key is shown only once, when it is created. If you did not save this one, revoke it and create another.
key-shown-close = I saved it
first-call-shown = Your first key was created and its secret was shown. Put the secret you saved in place of $OPENAI_API_KEY. If you did not save it, you can create another key later under API keys.
key-unsaved = You have not copied the secret key. It is not shown again. Close anyway?
copy-base-url = Copy base URL
keys-active = Active
keys-expiring = Expiring
keys-unused = Unused for 90 days
keys-expired = Expired
keys-revoked = Revoked
keys-filters = Filter keys
keys-search = Name or last four characters
keys-find = Search
keys-search-revoked = Search revoked keys too
keys-none-end = No key ends in “{ $tail }”.
keys-none-either = No key ends in “{ $text }” or has it in its name.
keys-none-named = No key has “{ $text }” in its name.
keys-none-active = No keys are active.
keys-none-expiring = No key expires within 30 days.
keys-none-unused = Every active key was used or created in the last 90 days.
keys-none-expired = No keys have expired.
keys-none-revoked = No keys were revoked.
keys-select = Select { $name }
keys-select-first = Select one or more keys in the list first.
keys-revoke-selected = Revoke selected keys
keys-revoke-several-lead = Requests with these keys will be refused. You cannot undo this.
keys-gateways = Revoked on { $current } of { $all } gateways.
leaked-link = I have a leaked key
leaked-title = Find a leaked key
leaked-lead = Paste the whole secret key. You see which key it is and what it was used for before you revoke it.
leaked-key = Leaked secret key
leaked-hint = The key is compared by its fingerprint. It is not saved, not logged and not part of any address.
leaked-find = Find key
leaked-empty = Paste the leaked key.
leaked-none = No key of this organization matches. Check that you pasted the whole key.
leaked-none-own = None of the keys that you can see in this organization matches. Ask an owner of the organization to look for it.
leaked-member = This is a user key of another member. Only that member can revoke it, under Account.
leaked-revoked = This key was already revoked. Requests with it are refused.
leaked-found = This is the key that you pasted
leaked-found-lead = Requests with it are refused as soon as you revoke it. You cannot undo this.
leaked-found-revoked = It was already revoked. Requests with it are refused.
leaked-found-other = Only its owner or an owner of the organization can revoke it.
key-revoked-at = revoked { $when }
key-done = Done
copy-again = Copy again
key-facts = Key
key-created = Created
key-when-by = { $when }, by { $name }
key-state-revoked = Revoked
key-state-expired = Expired
key-owner-out = Does not work: its owner has no access to this project.
key-heir = Open the key that replaced it
key-issued-by = Issued by federation rule
key-use = Last 30 days
key-use-hint = Requests and cost by model. Usage appears within a minute.
key-use-none = This key was not used in the last 30 days.
key-spent = { $count ->
    [one] { $count } request, { $cost } in total.
   *[other] { $count } requests, { $cost } in total.
}
key-recent = Recent requests
key-recent-hint = The last minutes with requests.
key-addresses = Addresses
key-addresses-hint = The last 10 addresses that this key was used from; of IPv6, the network. An address is kept for 30 days after its last use.
key-addresses-none = No address is known. A new one appears here within a minute.
key-address-first = First used
key-address-last = Last used
key-changes = Changes
key-changes-hint = Entries of the audit log about this key.
scope-model-read = List models
scope-model-request = Send requests to models
scope-responses-read = Read responses
scope-responses-write = Create and cancel responses
scope-files-read = Read files
scope-files-write = Upload and delete files
scope-batch-read = Read batches
scope-batch-write = Create and cancel batches
scope-usage-read = Read usage and costs
scope-management-read = Read organization settings
scope-management-write = Change organization settings
scope-groups-read = See groups
scope-groups-write = Change groups
scope-roles-read = See roles
scope-roles-write = Change roles
keys-unsearched = { $count ->
    [one] { $count } revoked key is not searched.
   *[other] { $count } revoked keys are not searched.
}
keys-revoke-several = { $count ->
    [one] Revoke { $count } key
   *[other] Revoke { $count } keys
}
keys-were-revoked = { $count ->
    [one] { $count } key revoked.
   *[other] { $count } keys revoked.
}
