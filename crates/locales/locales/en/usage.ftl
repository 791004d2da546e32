usage-by-model = Model
usage-by-key = Key
usage-by-project = Project
usage-by-user = Person
usage-empty = No requests in this period. Usage appears here within a minute of your first request.
usage-first = Make your first API call
usage-chart-cost = Spend per day
usage-chart-requests = Requests per day
usage-bar = { $day }: { $amount }
usage-requests = Requests
usage-input = Input tokens
usage-output = Output tokens
usage-images = Images
usage-cost = Spend
total = Total
help-phone-number-requirement-text =
    Since 5 November 2024, creating an API key requires a verified phone number, for every person and every way to create a key. This makes it harder to create throwaway accounts in large numbers.

    You verify a number once per organization, not for each key. Keys created earlier stay valid indefinitely. No action is required for them.

    The error code is phone_verification_required. Open Settings > Account > Phone, or follow the step in Create new secret key.

    If you do not have a mobile number, contact support. The operator can waive the requirement.
help-verification-text =
    Some models, such as gpt-image-1, require a verified organization. Open Settings > Organization > General and select Verify Organization under Verifications.

    You need a payment method on file (nothing is charged), a phone with a camera and one valid document. After you give your consent, the identity service named on the page does the check. The page on your computer follows along. The match number must be the same on both devices.

    Biometric data is deleted after 7 days at the latest, unless the law requires keeping it longer. Withdraw & erase withdraws your consent and erases the remaining data.

    Existing keys get access automatically, usually within seconds and after 15 minutes at the latest.
help-first-call-text =
    Every OpenAI SDK works without changes. Set the base URL to the address of this installation followed by /v1, and use one of your API keys.

    If a key works in several organizations or projects, choose one with the headers OpenAI-Organization and OpenAI-Project. Without the headers, the project of the key is used.
help-errors-text =
    No-code tools often show only "Forbidden – perhaps check your credentials?" for a 403 error. The key is usually correct: the model requires a verified organization.

    The body of the response contains organization_verification_required and names the organization and the page to open. The dashboard lists recent refusals and what is missing.

    Editing an image requires the same verification as generating one.
help-keys-text =
    An API key is a secret. Keep it on your server, in an environment variable or a key manager. Never put it in a browser, an app or a repository.

    In production, use a service account. Its keys keep working when a person leaves. Use one project for each environment to keep keys and usage separate.

    If a key leaks, find it by its last four characters and revoke it. Requests with it are refused from the next one.

    Replace keys from time to time. Rotate creates a new key, and the old key keeps working for as long as you choose. The list shows when the old key was last used, so that you know when you can revoke it.

    Older user keys, which work in every project of their owner, keep working. Project keys are a better choice: they work in one project only, so a leak does less damage.
limits-lead = Limits of the project { $project } for each model.
limits-no-models = This project cannot use any model.
limits-model = Model
limits-field = { $model }: { $limit }
limits-requests = Requests per minute
limits-tokens = Tokens per minute
limits-requests-day = Requests per day
limits-images = Images per minute
limits-none = No limit
limits-of-organization = Organization: { $limit }
limits-hint = Leave a field empty to use the organization's limit. A lower number applies to this project only, from the next request. All projects together share the organization's limit.
limits-look = Only owners of the organization can change these limits.
limits-higher = Higher limits
limits-higher-who = { $operator } sets the limits of the whole organization.
limits-higher-first = Verify your organization first, so that the operator knows who is asking. Then tell us which model you need, how many requests and tokens per minute, and what you will use them for.
limits-higher-ask = Tell us which model you need, how many requests and tokens per minute, and what you will use them for.
limits-nobody = { $operator } has not published a contact address. Ask the person who gave you access.
limits-write = Email { $address }
error-rate-limit-too-high = The limit of a project cannot be higher than the limit of its organization. Leave the field empty to use the organization's limit.
error-rate-limit-out-of-range = Enter a whole number from 1 to 1,000,000,000.
usage-days-label = Period:
usage-by-label = Group by:
usage-show-label = Show
usage-tokens = Tokens
usage-chart-tokens = Tokens per day
usage-between = Apply
usage-service-accounts = Service accounts
usage-dates-wrong = { $count ->
    [one] Select a start date and a later end date, at most { $count } day apart.
   *[other] Select a start date and a later end date, at most { $count } days apart.
}
usage-about = ≈ { $figure }
usage-estimated = { $count ->
    [one] ≈ includes an estimate. The model server did not report the usage of { $count } request, so Keystead counted about { $tokens } tokens and { $cost } for it.
   *[other] ≈ includes an estimate. The model server did not report the usage of { $count } requests, so Keystead counted about { $tokens } tokens and { $cost } for them.
}
usage-estimated-other = { $count ->
    [one] ≈ includes an estimate. The model server did not report the usage of { $count } request, so Keystead counted it, with a cost of { $cost }.
   *[other] ≈ includes an estimate. The model server did not report the usage of { $count } requests, so Keystead counted it, with a cost of { $cost }.
}
usage-lead-project = { $count ->
    [one] { $period }: the project “{ $name }” spent { $cost } on { $count } request.
   *[other] { $period }: the project “{ $name }” spent { $cost } on { $count } requests.
}
usage-lead-organization = { $count ->
    [one] { $period }: the organization { $name } spent { $cost } on { $count } request.
   *[other] { $period }: the organization { $name } spent { $cost } on { $count } requests.
}
usage-forecast = At this pace it will spend about { $cost } by the end of the month.
usage-as-of = As of { $time }. New requests appear within a minute.
usage-zone = Days in { $zone }.
usage-this-month = This month
usage-previous-month = Previous month
usage-last-days = { $count ->
    [one] Last { $count } day
   *[other] Last { $count } days
}
usage-of-label = Usage of:
usage-of-organization = Whole organization
usage-csv = Download CSV
usage-refused = Refused
usage-chart-refused = Refused requests per day
usage-refused-empty = No requests were refused by a rule in this period.
usage-refused-hint = These requests were refused because a verification is missing. Requests refused for a wrong key, a rate limit or a budget are not counted here. Nothing was charged.
usage-refused-kept = Refused requests are kept for 30 days, so earlier ones are not in these figures.
usage-last-refused = Last refused
usage-share = Share
usage-cost-usd = Spend (USD)
usage-unit-cost = USD per day
usage-unit-cost-millions = Million USD per day
usage-unit-requests = Requests per day
usage-unit-requests-millions = Million requests per day
usage-unit-tokens = Tokens per day
usage-unit-tokens-millions = Million tokens per day
usage-until = until { $time }
usage-other = { $count ->
    [one] other ({ $count })
   *[other] other ({ $count })
}
usage-note = { $day }: { $amount }, { $times } times a typical day
usage-note-key = { $percent } from the key { $key }
usage-note-keys = See this day by key
limits-of-project = This project's own limit
limits-save = Save limits
limits-wrong = Some limits cannot be saved. Nothing was changed.
limits-wrong-at = { $model }, { $limit }: { $why }
limits-conflict = Another person changed some of these limits after you opened this page. Nothing was changed. Check your values and save them again.
limits-taken = Changed by another person
limits-now = Now: { $limit }
limits-more = Show more models
limits-tier = Usage tier
limits-tier-lead = The usage tier of the organization sets its limits for each model. A tier rises by itself. Only { $operator } can set a lower one.
limits-tier-now = Tier { $tier } of { $highest }
limits-tier-since = Since { $when }.
limits-tier-held = { $operator } set this tier. It does not rise by itself until the organization pays more.
limits-tier-highest = This is the highest tier.
limits-tier-next = What tier { $tier } needs
limits-tier-due = The organization has all that tier { $tier } needs. The tier rises within an hour.
limits-tier-paid = { $paid } of { $needs } is paid. { $missing } has yet to be paid.
limits-tier-paid-met = { $needs } is paid.
limits-tier-days = { $count ->
    [one] { $count } more day has to pass.
   *[other] { $count } more days have to pass.
}
limits-tier-days-unpaid = { $count ->
    [one] { $count } day has to pass after the first payment.
   *[other] { $count } days have to pass after the first payment.
}
limits-tier-days-met = { $count ->
    [one] { $count } day has passed.
   *[other] { $count } days have passed.
}
home-as-of = Project { $project }. As of { $time }. Days in { $zone }.
home-spend = Spend this month
home-requests = Requests today
home-refused = Refused today
home-keys = Active keys
home-own-keys = Your active keys
home-next = What to do next
home-next-key = Create an API key for this project.
home-next-call = Send your first request with the base URL below.
home-next-usage = Requests, spend and refusals appear here within a minute.
home-attention = Needs attention
home-attention-none = Nothing needs your attention.
home-expiring = { $count ->
    [one] { $count } key expires within 7 days.
   *[other] { $count } keys expire within 7 days.
}
home-unused = { $count ->
    [one] { $count } key has not been used for 30 days. Revoke it if it is no longer needed.
   *[other] { $count } keys have not been used for 30 days. Revoke those that are no longer needed.
}
home-all-refusals = Show all refused requests
home-activity = Recent activity
