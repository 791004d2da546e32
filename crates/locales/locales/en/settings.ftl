general-lead = The name and ID of this organization, and its verifications.
organization-id = Organization ID
organization-id-hint = Send it in the header
project-id = Project ID of { $project }
members-lead = Owners manage everything. Members create keys and call the API.
invited = Invited
invited-until = Invitation expires { $when }
make-owner = Make owner
make-reader = Make member
take-back = Cancel invitation
invite-title = Invite a member
invite-hint = We will email a link that works once and expires in seven days.
invite-no-mail = An invitation is a link sent by email, and this installation can't send email. Ask the operator to set up email.
send-invite = Send invitation
error-invite = The invitation could not be sent.
projects-lead = Keys and usage belong to a project. Use one project for each environment to keep them separate.
active = Active
archived = Archived { $when }
archive = Archive
archive-what = All keys of this project will be refused from the next request. You cannot undo this.
archive-button = Archive { $name }
new-project = New project
new-project-hint = For example, for an environment, a customer or a team.
create-project = Create project
billing-title = Payment methods
billing-lead = You need a payment method on file before you can verify your organization. Nothing is charged.
billing-empty = No payment method yet. You enter the card at the payment service. Keystead never sees the card number.
billing-waived = This organization does not need a payment method.
billing-off = The operator of this service has not set up a payment service.
billing-phone = Next, verify a phone number so that you can create keys.
add-payment-method = Add payment method
to-verifications = Go to verifications
card = Card
card-expires = Expires
card-added = Added
card-default = Default
card-declined = Your bank declined the card. Nothing was charged. Try another card.
card-insufficient-funds = Your bank reports insufficient funds. Nothing was charged. Try another card.
card-expired-card = This card has expired. Try another card.
card-provider-unavailable = The payment service did not respond. Nothing was charged. Try again.
members-look = Only owners can invite and remove members and change their roles.
projects-look = Only owners can create and archive projects.
actor-api-key = API key
actor-session = Person
actor-operator = Operator
actor-service = Service
actor-clock = Automatic
operator-health = External services
operator-jobs = Waiting jobs
operator-cases = Cases
operator-no-cases = No cases to decide.
operator-reason = Reason (shown in the audit log and to the owner)
operator-proposed = { $name } proposes to approve. A second person must agree.
operator-approve = Approve
operator-reject = Reject
reset-factor = Reset two-step verification
reset-factor-hint = For someone who lost both their authenticator app and their recovery codes. Verify their identity first. One operator proposes the reset and another must agree within a day. The person is then signed out everywhere and notified by email.
reset-factor-alone = A reset needs two operators, but only one is configured. Add a second address to operator.emails and restart, or run this command on the server:
reset-factor-proposed = { $name } proposes this reset. A second person must agree.
reset-factor-agree = Approve reset
reset-factor-reason = How the person's identity was verified
reset-factor-propose = Propose reset
reset-factor-withdraw = Withdraw proposal
operator-organizations = Organizations
operator-act = Change
operator-waive-phone = Waive phone verification
operator-waive-payment = Waive the payment method
operator-exempt = Waive organization verification
operator-suspend = Pause the verification
operator-restore = Resume the verification
operator-days = Days the waiver lasts (leave empty for no end)
health-up = Working
health-down = Not responding
health-unknown = Not checked yet
health-off = Off
status-unverified = Not verified
status-in-progress = In progress
status-in-review = In review
status-verified = Verified
status-rejected = Not accepted
status-expired = Expired
status-cooldown = Waiting to retry
status-suspended = Paused
status-revoked = Revoked
status-exempt = Waived
operator-lead = { $count ->
    [one] { $count } case needs a decision.
   *[other] { $count } cases need a decision.
}
project-models = Models and tools
project-models-which = Which models can this project use?
project-models-hint = Changes apply from the next request. A model that requires a verified organization requires it in every project.
project-models-all = All models
project-models-only = Only the selected models
project-models-but = All models except the selected ones
project-models-listed = Models
project-tools = Tools
project-tools-hint = Tools that the model server runs for a request. A request that uses a tool that is not selected is refused.
project-tools-allowed = Tools that requests can use
tool-file-search = File search
tool-web-search = Web search
tool-image-generation = Image generation
tool-mcp = MCP servers
tool-code-interpreter = Code interpreter
project-tiers = Service tiers
project-tiers-hint = Requests choose a tier with service_tier. Every request can use the standard tier.
project-tiers-which = Tiers that requests can choose
project-tiers-all = All tiers
project-tiers-only = Only the selected tiers
project-tiers-default = Tier of requests that choose none
tier-standard = Standard
tier-flex = Flex
tier-fast = Fast
tier-ultrafast = Ultrafast
tier-scale = Scale
error-tier-default = Select the tier “Fast” as well, because it is the tier of requests that choose none.
project-lead = Keys, service accounts and members of this project.
project-people = People
project-people-hint = People with a role in this project. Owners of the organization can use every project.
project-people-empty = No one has a role in this project yet.
accounts = Service accounts
accounts-hint = For production. A service account belongs to this project and not to a person, so its keys keep working when people leave.
accounts-empty = No service accounts yet.
accounts-more = Show more service accounts
account-create = Create service account
account-new-key = Create key
account-new-key-of = Create key for { $name }
account-change-of = Edit { $name }
account-delete = Delete
account-delete-button = Delete { $name }
account-role-hint = A viewer cannot call models.
account-last-used = One of its keys was last used { $when }.
account-keys = { $count ->
    [one] { $count } key
   *[other] { $count } keys
}
account-delete-none = It has no active keys. You cannot undo this.
account-delete-what = { $count ->
    [one] Its key stops working from the next request. You cannot undo this.
   *[other] Its { $count } keys stop working from the next request. You cannot undo this.
}
organization-deletion = Delete organization
organization-deletion-hint = All keys stop working and the data of the organization is deleted after a waiting time.
organization-deletion-notice = The organization { $organization } will be deleted on { $when }.
organization-deletion-by = { $name } requested the deletion on { $when }.
organization-deletion-pending-lead = The organization will be deleted on { $when }. Until then everything keeps working and every owner can cancel.
organization-deletion-what-hint = Programs that use one of these keys get error 401 from that moment on. The deletion cannot be undone.
organization-deletion-keys = { $count ->
    [one] 1 key stops working.
   *[other] { $count } keys stop working.
}
organization-deletion-used = A key was last used { $when }.
organization-deletion-unused = None of them has been used.
organization-deletion-members = { $count ->
    [one] 1 member loses access. Their account stays.
   *[other] { $count } members lose access. Their accounts stay.
}
organization-deletion-projects = { $count ->
    [one] 1 project ends with its settings and limits.
   *[other] { $count } projects end with their settings and limits.
}
organization-deletion-service-accounts = { $count ->
    [one] 1 service account ends.
   *[other] { $count } service accounts end.
}
organization-deletion-invites = { $count ->
    [one] 1 open invitation is canceled.
   *[other] { $count } open invitations are canceled.
}
organization-deletion-payment-methods = { $count ->
    [one] 1 payment method is removed here and at the payment service.
   *[other] { $count } payment methods are removed here and at the payment service.
}
organization-deletion-credit = { $amount } of credit can no longer be used. It is not paid back automatically.
organization-deletion-verification = The verification ends. The verified phone number is deleted, and photos and documents are erased.
organization-deletion-held = Photos of an ID check are held by law until { $when } and are erased after that.
organization-deletion-kept = Usage and the audit log are kept. Entries of the audit log keep the names of the organization, its projects and its keys as they were recorded, and the IP addresses of people and programs.
organization-deletion-days = { $count ->
    [one] The organization will be deleted after { $count } day. Until then everything keeps working and every owner can cancel.
   *[other] The organization will be deleted after { $count } days. Until then everything keeps working and every owner can cancel.
}
organization-deletion-type = Name of the organization
organization-deletion-type-hint = Type { $name } to confirm.
organization-deletion-request = Delete this organization
error-organization-name-differs = This is not the name of the organization. Type it exactly as shown.
operator-deletion = Will be deleted on { $when } at an owner's request
operator-held = Photos under a legal hold
operator-held-until = Kept until
organization-export = Data of the organization
organization-export-hint = A JSON file with settings, projects, members, invitations, service accounts, keys without secrets and verifications. You may be asked for your password first.
organization-export-download = Download organization data
organization-export-more = Usage and the audit log have files of their own:
organization-export-usage = Open usage to download it as CSV
organization-export-audit = Open the audit log to download it as CSV
