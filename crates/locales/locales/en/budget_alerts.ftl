# Alerts about budgets.
budget-alerts = Budget alerts
budget-alerts-lead = Budget alerts say when a share or an amount of a budget is used. They refuse nothing, and are sent once in each period.
budget-alerts-no-budget = There are no budgets yet. Add one first.
budget-alerts-owners = Email to owners
budget-alerts-owners-hint = All owners get an email when 80% and when all of a budget is used.
budget-alerts-mailed = Owners get emails
budget-alerts-silent = No email to owners
budget-alerts-mail = Turn on
budget-alerts-mail-of = Turn on emails to owners about “{ $what }” of { $name }
budget-alerts-silence = Turn off
budget-alerts-silence-of = Turn off emails to owners about “{ $what }” of { $name }
budget-alerts-own = Alerts
budget-alerts-own-hint = An alert emails its recipients, and sends an event to the webhooks that are subscribed to it.
budget-alerts-full = This budget has as many alerts as possible. Delete one to create another one.
budget-alert-at = Alert at
budget-alert-of = { $what }: { $name }
budget-alert-kind = Alert at
budget-alert-kind-percent = A share of the budget, in percent
budget-alert-kind-amount = An amount: USD, tokens or requests
budget-alert-value = Value
budget-alert-share = { $percent }%
budget-alert-percent-wrong = Enter a whole number from 1 to 100.
budget-alert-owners = Owners
budget-alert-owners-too = Email the owners too
budget-alert-webhooks-all = Subscribed webhooks
budget-alert-webhooks = { $count ->
    [one] { $count } webhook
   *[other] { $count } webhooks
}
budget-alert-reached = Last reached on { $when }
budget-alert-not-reached = Not reached yet
budget-alert-delete = Delete alert
budget-alert-delete-what = No email and no event is sent for this alert any more. The budget stays as it is.
