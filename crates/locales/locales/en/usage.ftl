usage-lead = { $cost } and { $requests } in this range.
usage-range = Range and grouping
usage-by-model = Model
usage-by-key = Key
usage-by-project = Project
usage-by-user = Person
usage-empty = No calls in this range. Usage appears here within a minute of the first one.
usage-first = Make your first API call
usage-chart-cost = Cost per day
usage-chart-requests = Requests per day
usage-requests = Requests
usage-input = Input tokens
usage-output = Output tokens
usage-images = Images
usage-cost = Cost
total = Total
usage-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
help-phone-number-requirement-text =
    Since 5 November 2024 every new key needs a verified phone number, whoever makes it and by whatever way. It keeps people from making throw-away accounts en masse.

    It is asked for once per organization, not per key. Keys made before stay valid without limit, and nothing needs to be done about them.

    The error says phone_verification_required. Open Settings > Account > Phone, or the step inside Create new secret key.

    No mobile number? Contact support: the operator can waive the step.
help-verification-text =
    Some models, such as gpt-image-1, need a verified organization. Open Settings > Organization > General and choose Verify Organization under Verifications.

    You need a payment method on file (nothing is charged), a phone with a camera and one valid document. The check is done by the provider named on the page, after your consent. The page on the PC follows along; the match number must be the same on both devices.

    Biometric data is deleted after 7 days at the latest, unless the law requires that it be kept longer. Withdraw & erase takes consent back and erases what is left.

    Existing keys gain access by themselves, usually within seconds and after 15 minutes at the latest.
help-first-call-text =
    Every OpenAI SDK works unchanged: set the base URL to this installation's address followed by /v1 and use one of your keys.

    The header OpenAI-Organization chooses the organization and OpenAI-Project the project, for keys that reach several. Without them a key's own project counts.
help-errors-text =
    No-code tools often show only "Forbidden – perhaps check your credentials?" for a 403. The key is usually fine: a model asks for a verified organization.

    The body of the answer says organization_verification_required and names the organization and the page. The dashboard lists recent refusals with what is missing.

    Editing an image needs the same verification as generating one.
help-keys-text =
    A key is a secret. Keep it on your server, in an environment variable or a key manager, never in a browser, an app or a repository.

    For production use a service account: its key does not stop working when a person leaves. One project for each environment keeps keys and usage apart.

    If a key leaks, find it by its last four characters and revoke it; it is refused from the next request on.

    Change a key from time to time: Rotate makes a new one beside it, and the old one goes on for as long as you choose. The list says when the old one was last used, so that you know when it can end.

    Older user keys, which reach every project of their owner, go on working. A project key is better: it reaches one project, and a leak costs less.
limits-lead = How fast { $project } may use each model.
limits-no-models = This project can use no model.
limits-model = Model
limits-requests = Requests a minute
limits-tokens = Tokens a minute
limits-requests-day = Requests a day
limits-images = Images a minute
limits-none = No limit
limits-own = Lower than the organization's
limits-of-organization = Organization: { $limit }
limits-reset = Reset
limits-hint = An empty field is as fast as the organization. A lower number holds for this project alone, from the next request on. All projects together share what the organization has.
limits-look = Owners of the organization can change these numbers.
limits-higher = Higher limits
limits-higher-who = What the whole organization may use is set by { $operator }.
limits-higher-first = Verify the organization first, so that the operator knows who asks. Then write which model you need, how many requests and tokens a minute, and what for.
limits-higher-ask = Write which model you need, how many requests and tokens a minute, and what for.
limits-nobody = { $operator } has not published an address. Ask whoever gave you access.
limits-write = Write to { $address }
error-rate-limit-too-high = A project cannot have more than its organization. Leave the field empty to have as much.
error-rate-limit-out-of-range = A limit is a whole number from 1 to 1,000,000,000.
usage-days-label = Range
usage-by-label = By
usage-show-label = Shows
usage-tokens = Tokens
usage-chart-tokens = Tokens per day
usage-between = Show
usage-nobody = Service accounts
usage-dates-wrong = { $count ->
    [one] Choose two dates, the earlier one first and at most { $count } day apart.
   *[other] Choose two dates, the earlier one first and at most { $count } days apart.
}
usage-count = { $count ->
    [one] { $count } request
   *[other] { $count } requests
}
usage-about = ≈ { $figure }
usage-estimated = ≈ includes an estimate: the model server did not report the usage of { $requests }, so Keystead counted about { $tokens } tokens and { $cost } for them itself.
usage-estimated-requests = { $count ->
    [one] { $count } request
   *[other] { $count } requests
}
usage-estimated-other = ≈ includes an estimate: the model server did not report the usage of { $requests }, so Keystead counted it itself, with { $cost } in cost.
