keys-lead = Whoever holds one of these keys can call the API as { $project } and spend its money.
keys-empty = No keys yet. A key lets your server call the API as this project. Below: your base URL and the call it will make.
keys-more = Older keys
create-secret-key = Create new secret key
col-secret = Secret key
col-permissions = Permissions
col-last-used = Last used
created = Created { $when }
expires = expires { $when }
service-account = service account
revoke = Revoke
phone-first = Verify a phone number first. It is asked for once, for all keys of this organization.
phone-first-hint = Existing keys keep working. Afterwards you are back here.
verify-phone = Verify phone number
create-key-lead = The key belongs to { $project } and reaches nothing else.
key-name = Name
key-name-hint = Where it will be used, so that you know it later.
key-unnamed = Unnamed key
key-owner = Who owns it
key-owner-you = You. It stops working when you leave the project.
key-owner-service = A service account, for production. It belongs to nobody in person.
key-account = Which account
key-account-new = A new one, named like the key
key-permission-all = All
key-permission-read = Read only
key-permission-restricted = Restricted: what is ticked below
key-choose-scopes = Choose permissions
key-scopes-missing = Restricted needs at least one permission.
key-expiry = Expires
key-life-ever = Never
create-key-button = Create key
key-made = Save your secret key now
key-made-lead = This is the only time it is shown. Keystead keeps a fingerprint of it, not the key, so nobody can show it to you again.
key-length = { $length } characters, ends in { $tail }
copy-key = Copy key
project = Project
key-works = Works now
key-keep = Keep it where your server reads its secrets. Never put it in a browser, an app or a repository. If it leaks, find { $head }…{ $tail } in this list and revoke it.
key-saved = I have saved it
revoke-title = Revoke { $name }
revoke-lead = The key ending in { $tail } is refused from the next request on. This cannot be undone.
revoke-last-used = Last used { $when }. Whatever uses it stops working.
revoke-never-used = It was never used.
revoke-button = Revoke { $name }
keys-spreading = Revoked on { $current } of { $all } gateways. Until the rest confirm it they may still accept the key, for 15 minutes at most unless the operator has set another time.
key-edit = Edit
key-edit-of = Edit { $name }
key-edit-lead = The secret stays the same. New permissions hold from the next request on.
key-ended = ended { $when }
rotate = Rotate
rotate-of = Rotate { $name }
rotate-lead = A new secret key with the same owner, project, name and permissions is made. The old one goes on working for as long as you choose, so that you can change over without a gap.
rotate-last-used = The key ending in { $tail } was last used { $when }.
rotate-never-used = The key ending in { $tail } was never used.
rotate-until = The old key works for
rotate-hour = 1 hour more
rotate-day = 1 day more
rotate-week = 7 days more
rotate-now = No longer; it ends now
rotate-choose = Choose how long the old key goes on working.
rotate-button = Make the new key
rotated-ends = Rotated: ends { $when }.
rotated-last-used = Last used { $when }.
rotated-end = End it now
rotated-end-title = End { $name } now
rotated-end-lead = The key made in its place works on.
rotated-old-works = The old key, ending in { $tail }, works until { $when }. The list says when it was last used.
rotated-old-ended = The old key, ending in { $tail }, has ended.
home-phone = New keys need a verified phone number.
home-phone-ok = New keys can be made.
home-models = { $models } need a verified organization.
home-models-ok = All models can be used.
base-url = Base URL
base-url-hint = Every OpenAI SDK works with it unchanged.
refusals = Recent refusals
refusals-hint = Calls that a verification gate refused in the last 30 days.
refusals-empty = No call was refused in the last 30 days.
refusal-why = Missing
key-life = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
key-permission-some = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
}
home-lead = { $count ->
    [one] { $count } key works in this project.
   *[other] { $count } keys work in this project.
}
nav-admin-keys = Admin keys
admin-keys-lead = For tools that administer the organization: projects, people, keys, usage. They call no model.
admin-keys-empty = No admin keys yet. They are for the Administration API, under:
admin-key-create = Create admin key
admin-key-power = Whoever holds it can do what an owner can, through the API. It ends when its owner leaves the organization.
own-keys = Keys of your own
own-keys-hint = Keys of the older kind. They reach every organization you belong to. Keys of a project reach less and are the better choice.
