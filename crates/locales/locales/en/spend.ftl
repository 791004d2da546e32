# Spend limits and alerts. Amounts come with their currency; months are in UTC.
nav-spend = Spend limits
spend-lead = { $kind ->
    [project] The project “{ $name }” has spent { $spent } of its limit of { $limit } this month.
   *[organization] The organization { $name } has spent { $spent } of its limit of { $limit } this month.
}
spend-lead-open = { $kind ->
    [project] The project “{ $name }” has spent { $spent } this month and has no spend limit of its own.
   *[organization] The organization { $name } has spent { $spent } this month and has no spend limit.
}
spend-lead-reached = { $kind ->
    [project] The project “{ $name }” has spent { $spent } this month, and its limit is { $limit }. Requests that cost something are refused until { $when }.
   *[organization] The organization { $name } has spent { $spent } this month, and its limit is { $limit }. Requests that cost something are refused until { $when }.
}
spend-resets = The next month begins on { $when }.
spend-left-line = { $left } is left.
spend-left-aside = { $left } is left, and { $aside } is set aside for running requests.
spend-help = How spend limits work
spend-month = Spend this month
spend-all = Spend limits and alerts
spend-spent = Spent this month
spend-aside = Set aside
spend-left = Left
spend-limit = Monthly limit
spend-no-limit = No limit
spend-state-within = Within the limit
spend-state-near = At least 80% spent
spend-state-reached = Limit reached
spend-part-spent = Spent { $percent }
spend-part-aside = Set aside { $percent }
spend-aside-hint = Set aside is the most that running requests, background responses and batches can still cost.
spend-set-hint = A request that does not fit into what is left is refused. All spend of the month counts, also from before the limit was set. A model without a price costs nothing.
spend-amount = Limit for each month, in USD
spend-amount-hint = From { $least } to { $most }. It applies from the next request.
spend-save = Save limit
spend-remove = Remove limit
spend-remove-what = After that, no request is refused because of this limit. Alerts and other limits stay.
spend-remove-button = Remove limit of { $limit }
spend-look = Only owners of the organization can change spend limits and see spend alerts.
spend-archived = This project is archived. Its limit and alerts cannot be changed any more.
spend-wrong-empty = Enter an amount, for example 50.00.
spend-wrong-number = Enter a number with at most two decimals, for example 50.00.
spend-wrong-negative = The amount cannot be negative.
spend-wrong-currency = Prices are in USD. Enter the amount in USD, without another currency.
spend-wrong-cents = Enter at most two decimals. The smallest amount is one cent.
spend-wrong-low = The amount must be at least { $least }.
spend-wrong-high = The amount can be at most { $most }.
spend-caution = { $spent } is already spent this month. With a limit of { $limit }, requests that cost something are refused at once, until { $when } or until the limit is raised.
spend-caution-tick = Requests will be refused, and that is intended
spend-caution-button = Set limit of { $limit }
spend-projects-hint = The limit of a project applies in addition to the limit of the organization. Each request must fit into both.
spend-col-spent = Spent (USD)
spend-col-limit = Limit (USD)
spend-col-left = Left (USD)
spend-col-share = Share of the limit
spend-alerts = Spend alerts
spend-alerts-hint = An alert sends an email once a month, when spend reaches an amount. It refuses nothing.
spend-alerts-none = No alerts yet.
spend-alerts-no-mail = This installation cannot send email yet. Alerts that are reached in the meantime are sent once the operator has set up email.
spend-alerts-full = { $count ->
    [one] At most { $count } alert is possible here. Delete one before you create another.
   *[other] At most { $count } alerts are possible here. Delete one before you create another.
}
spend-alert-amount = Send an email at, in USD
spend-alert-recipients = Recipients
spend-alert-recipients-hint = { $count ->
    [one] Up to { $count } email address.
   *[other] Up to { $count } email addresses, one per line.
}
spend-alert-prefix = Start of the subject line (optional)
spend-alert-prefix-hint = A word at the start of the subject helps to sort the email, for example “[costs]”.
spend-alert-create = Create alert
spend-alert-change = Change
spend-alert-change-of = Change the alert at { $amount }
spend-alert-save = Save alert
spend-alert-delete = Delete
spend-alert-delete-of = Delete the alert at { $amount }
spend-alert-delete-what = No email is sent for this alert any more. Spend and limits stay as they are.
spend-col-amount = Amount
spend-col-month = This month
spend-reached = Reached
spend-reached-at = { $when }, at { $amount }
spend-not-reached = Not reached
spend-passed = Applies from next month
spend-passed-hint = The amount was passed before the alert was set.
spend-recipients-none = Enter at least one email address.
spend-recipients-many = { $count ->
    [one] Enter at most { $count } email address.
   *[other] Enter at most { $count } email addresses.
}
spend-recipient-wrong = “{ $address }” is not a valid email address.
spend-prefix-wrong = Use up to 255 visible characters for the start of the subject line.
spend-pace = At this pace, spend will be about { $cost } by { $day }.
spend-pace-over = At this pace, the limit is reached around { $reached }. Without it, spend would be about { $cost } by { $day }.
usage-notify = Notify me when spend rises
