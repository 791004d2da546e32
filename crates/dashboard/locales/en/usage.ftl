usage-lead = { $cost } and { $requests } requests in this range.
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
