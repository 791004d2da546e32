# Prices of models in the operator's console. Prices are in USD for a million units.
prices = Prices
prices-lead = { $count ->
    [one] One model has no price, so its usage is free.
   *[other] { $count } models have no price, so their usage is free.
}
prices-lead-all = Every model has a price.
prices-unit = Prices are in USD for a million units.
prices-models = Models
prices-models-hint = Models without a price come first. Open a model to see its prices over time and to set another one.
prices-no-models = No models are served yet.
prices-col-model = Model
prices-col-price = Price
prices-col-state = State
prices-col-before = Before
prices-col-after = New
prices-col-charged = Last month, charged
prices-col-would = Last month, at the new price
prices-col-from = From
prices-col-by = Set by
price-kind-input = Input tokens
price-kind-cached-input = Cached input tokens
price-kind-output = Output tokens
price-kind-image = Images
price-kind-character = Characters spoken
price-kind-second = Seconds of audio
price-kind-request = Requests
price-kind-tool-call = Web and file searches
price-kind-cache-write = Tokens written to a cache
price-kind-audio-input = Audio input tokens
price-kind-reasoning = Reasoning tokens
price-kind-audio-output = Audio output tokens
price-kind-image-input = Image input tokens
price-kind-image-output = Image output tokens
price-kind-image-of = Images { $images }
price-none = No price, free
price-free = Free
price-by-operator = Set by an operator
price-by-configuration = From the configuration file
price-not-served = Not served now
price-next = The next price applies from { $time }.
price-now = Applies now
price-later = Applies later
price-past = Replaced
price-withdrawn = Withdrawn on { $time }
prices-all = All prices
prices-of-model = Prices of { $model }
prices-set = Set a price
prices-set-hint = This is the whole price of the model. A unit without a price is free. Cached, cache write, reasoning, audio and image tokens without a price cost as much as other input or output tokens. Usage from before that time is not charged again.
prices-images = Images by quality and size
prices-images-hint = One price a line, such as hd/1024x1792 = 120000, 1024x1024 = 40000 or hd = 80000. Other images cost the price of images.
prices-from = From (UTC)
prices-from-hint = Leave it empty for now. It can be up to five years ahead, and not in the past.
prices-reason = Reason, for other operators
prices-save = Set price
prices-try-one = Preview last month
prices-history = Prices over time
prices-history-hint = A price that does not apply yet can be withdrawn.
prices-before = Before
prices-withdraw = Withdraw
prices-withdraw-of = Withdraw the price from { $time }
prices-list = Import a price list
prices-list-hint = A list sets the prices of many models. Nothing is changed before you have seen the preview.
prices-file = Price list
prices-file-hint = A TOML file, or the JSON file with prices that LiteLLM publishes. At most 8 MiB.
prices-try = Preview
prices-preview = Preview
prices-begin-at = The new prices apply from { $time }.
prices-begin-now = The new prices apply as soon as you set them.
prices-no-change = No price differs from the list.
prices-last-month = Last month cost { $charged }. With the new prices, the same usage would have cost { $would }.
prices-last-month-hint = Last month is the last calendar month in UTC. Models without a new price count as they were charged.
prices-left-out = Not used: { $members }
prices-unchanged = { $count ->
    [one] One model already has the price in the list.
   *[other] { $count } models already have the prices in the list.
}
prices-not-served = { $count ->
    [one] One entry is about a model that is not served here.
   *[other] { $count } entries are about models that are not served here.
}
prices-unusable = { $model } has no price in the list that can be charged, so nothing is changed for it. Prices in the list: { $members }
prices-still-free = Models that have no price and stay free: { $models }
prices-import = Set these prices
error-price-empty = Enter at least one price. Enter 0 to make the model free.
error-price-not-a-number = Enter a price as a number, for example 2.50, without marks between thousands.
error-price-negative = A price cannot be negative.
error-price-currency = Prices are in USD. Enter the price in USD, without another currency.
error-price-too-many-digits = Enter at most six decimals for a million units.
error-price-too-high = A price for a million units can be at most 1,000,000,000 USD.
error-price-images = Enter at most 32 prices of images, each once and on its own line, such as hd/1024x1792 = 120000.
error-price-date-past = The date is in the past, and what was charged stays. Leave it empty to set the price now.
error-price-date-far = The date can be at most five years ahead.
error-price-list-too-long = The file is larger than 8 MiB.
error-price-list-nothing = The list has no price of a model that is served here.
error-price-list-syntax = The file cannot be read as a price list. Use a TOML file, or the JSON file that LiteLLM publishes.
error-price-list-currency = The list is in another currency. Prices of this installation are in USD.
error-price-list-repeated = The list contains a model or a value twice. Nothing was changed.
error-price-list-entry = The list contains an entry that is not a price of a model. Nothing was changed.
error-price-list-kind = The list contains a price for something that cannot be charged. Nothing was changed.
error-price-list-price = A price in the list is not valid. Nothing was changed.
error-price-withdrawn = This price has already been withdrawn.
error-price-holds = This price already applies and cannot be withdrawn. Set another price.
error-price-raced = Another price was set in the same second. Check the prices and try again.
