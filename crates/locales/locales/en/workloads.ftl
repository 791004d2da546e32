nav-workloads = Workload identity
workloads-lead = Jobs, pods and cloud programs exchange a token of their own platform for a key that works for at most an hour. No key is stored with them.
workloads-help = How it works
workloads-none = There are no workload identity providers yet. A provider is an issuer that vouches for your workloads.
workloads-none-how = Start with a platform. Its tokens become keys only after you add a rule.
workload-provider-create = Create provider
workload-provider-form-lead = A provider alone lets no workload in: rules decide that.
workload-edit = Edit
workload-edit-of = Edit { $name }
workload-issuer = Issuer
workload-issuer-section = The platform that signs the tokens of your workloads.
workload-issuer-hint = The value of iss in the tokens, character by character. It begins with https://.
workload-issuer-kubernetes = The value of “issuer” that this command of your cluster shows:
workload-audience = Audience
workload-audience-hint = The workload requests a token for this audience, and for no other.
workload-audience-wrong = Enter an audience of 1 to 1,000 visible characters.
workload-for-audience = Audience { $audience }
workload-description = Description (optional)
workload-description-wrong = The description is too long or contains invisible characters. At most 1,000 characters.
workload-platform = Platform
workload-keys = Keys of the issuer
workload-keys-section = The signatures of tokens are checked with these public keys.
workload-keys-discover = Fetch them from the issuer. It must be on the internet.
workload-keys-upload = Upload them, for an issuer in a private network.
workload-discovery-url = Address of the issuer's description (optional)
workload-discovery-hint = Only if it is not at the usual address below the issuer.
workload-jwks = Key set (JWKS)
workload-jwks-hint = Up to 20 public keys, at most 32 KB. Upload them again when the issuer changes its keys. A Kubernetes cluster shows them with:
workload-jwks-form = This is not a JSON Web Key Set. It is a JSON object with an array “keys”.
workload-jwks-number = A key set must have 1 to 20 keys.
workload-jwks-private = The key set contains a private or secret key. Nothing was saved. Upload public keys only, and replace that key.
workload-jwks-repeated = Two keys have the same “kid”. Give each key its own.
workload-jwks-unusable = A key cannot be used. Each key needs a “kid”, and must be RSA with 2048 to 4096 bits, or ECDSA on P-256 or P-384, for signatures.
workload-jwks-long = The key set is longer than 32 KB.
workload-keys-uploaded = { $count ->
    [one] { $count } uploaded key
   *[other] { $count } uploaded keys
}
workload-keys-fetched = { $count ->
    [one] { $count } key
   *[other] { $count } keys
}
workload-keys-fetched-note = Fetched { $when }
workload-keys-unknown = Not fetched yet
workload-keys-unknown-note = They are fetched with the first token.
workload-keys-unreachable = Issuer not reachable
workload-keys-unusable = Keys cannot be used
workload-keys-failed-note = Last attempt { $when }
workload-key-ids = Key IDs
workload-fetch = Fetch now
workload-fetching = Fetching…
workload-address-insecure = The address must begin with https://.
workload-address-host = The address must name a host on the internet, such as issuer.example.com, with no port other than 443. For a private issuer, enter its name as in the tokens and upload its keys.
workload-address-extra = The address must not contain a user name, a query or a fragment.
workload-address-unreadable = This is not an address. Enter one such as https://issuer.example.com.
workload-derived = Derived attributes
workload-derived-section = For conditions on a value that a token does not contain as such. Most providers need none.
workload-derived-lines = One per line, name = expression (optional)
workload-derived-hint = An expression is a claim, a text in quotes, or several of these with + between them. For example:
workload-derived-form = Each line must have a name, an equals sign and an expression.
workload-derived-many = A provider can have at most 20 derived attributes.
workload-derived-attribute = The name “{ $name }” is empty, contains a space or occurs twice.
workload-derived-expression = The expression of “{ $name }” is not supported. Use claims such as assertion.sub, texts in quotes, and + between them.
workload-provider-same = With this change, a rule of the provider would let in everyone for whom the issuer vouches. Change the conditions of the rule first.
workload-providers-most = An organization can have at most 50 workload identity providers.
workload-change-ends = { $count ->
    [one] { $count } key that this provider's rules issued works now. It stops working if you change the issuer, the audience, the keys or the derived attributes.
   *[other] { $count } keys that this provider's rules issued work now. They stop working if you change the issuer, the audience, the keys or the derived attributes.
}
workload-on = On
workload-off = Off
workload-off-means = Its tokens are refused.
workload-switch-on = Switch on
workload-switch-off = Switch off
workload-delete = Delete
workload-facts = Provider
workload-facts-hint = A token must be signed by one of the issuer's keys, for this audience, and must not have expired.
workload-provider-lead = An issuer that vouches for your workloads.
workload-provider-disable = Switch off { $name }
workload-provider-disable-what = Tokens of this issuer are refused from now on. You can switch the provider on again.
workload-provider-delete = Delete provider
workload-provider-delete-of = Delete { $name }
workload-provider-delete-what = The provider has no rules, so no workload depends on it. You cannot undo this.
workload-has-rules = To delete the provider, delete its rules first.
workload-ends = { $count ->
    [one] { $count } key that works now stops working with the next request.
   *[other] { $count } keys that work now stop working with the next request.
}
workload-ends-none = At the moment, no key depends on it.
workload-rule = Rule
workload-rules = Rules
workload-rules-hint = A rule says which tokens are exchanged for keys of which service account. Keys work for at most an hour, and never longer than the token.
workload-rules-count = { $count ->
    [one] { $count } rule
   *[other] { $count } rules
}
workload-rules-on = { $count ->
    [one] { $count } switched on
   *[other] { $count } switched on
}
workload-rules-none-short = No workload is let in
workload-rules-none = There are no rules yet, so every token of this issuer is refused.
workload-rules-order = If several rules fit a token, the first one applies.
workload-rules-most = A provider can have at most 50 rules.
workload-rule-create = Create rule
workload-rule-edit = Edit rule
workload-rule-lead = Who is let in, and as whom.
workload-rule-on = On
workload-rule-off = Off
workload-rule-enable = Switch on the rule { $name }
workload-rule-disable = Switch off the rule { $name }
workload-rule-disable-what = Tokens that fit this rule alone are refused from now on. You can switch the rule on again.
workload-rule-delete = Delete the rule { $name }
workload-rule-delete-what = Tokens that fit this rule alone are refused from now on. The service account stays. You cannot undo this.
workload-rule-change-ends = { $count ->
    [one] { $count } key that this rule issued works now. It stops working if you change the conditions or the permissions.
   *[other] { $count } keys that this rule issued work now. They stop working if you change the conditions or the permissions.
}
workload-live = Active keys
workload-permissions = Permissions: { $permissions }
workload-project-archived = The project is archived, so no workload is let in.
workload-account-deleted = The service account was deleted, so no workload is let in.
workload-account-no-role = The service account has no role in the project, so its keys cannot call models.
workload-conditions = Conditions
workload-conditions-hint = A token must fulfill all of them. Always name something that only you control: everyone who uses a public platform gets tokens of its issuer.
workload-conditions-exact = The value must be exactly the same, with the same upper and lower case. There are no wildcards. Lines that are left empty do not count.
workload-condition = Condition { $number }
workload-attribute = Attribute of the token
workload-kind = Type
workload-kind-text = text
workload-kind-number = number
workload-kind-boolean = true or false
workload-value = Required value
workload-matchers-none = Add at least one condition. Without one, everyone for whom the issuer vouches would be let in.
workload-matchers-many = A rule can have at most 20 conditions.
workload-matchers-name = The name of an attribute has 1 to 255 characters and no spaces.
workload-matchers-value = A required value is too long. At most 2,000 characters.
workload-matchers-same = At least one condition must say to whom the workload belongs, such as repository or sub. What is the same in every token of the issuer lets everyone in.
workload-matchers-half = Each condition needs an attribute and a value.
workload-matchers-number = “{ $value }” is not a number.
workload-matchers-boolean = “{ $value }” is neither true nor false.
workload-matchers-twice = The attribute “{ $name }” occurs twice.
workload-acts-as = The workload acts as
workload-account-hint = Its limits, permissions and usage apply to the keys that the rule issues.
workload-account-fixed = In the project { $project }. It cannot be changed: create another rule instead.
workload-account-new = New service account in { $project }
workload-account-name = Name of a new service account
workload-account-name-hint = Only for a new one. It is created without a key, and its role is member.
workload-account-missing = Select a service account.
workload-account-unnamed = Enter a name for the new service account.
workload-issued = Keys
workload-issued-hint = What the keys may do. They work for at most an hour, and never longer than the token.
workload-named = Name
workload-rule-name = Name (optional)
workload-rule-name-hint = The keys have this name in lists. Without it, they have the name of the provider.
workload-use = Use it in a workload
workload-use-hint = The workload gets a token, exchanges it and calls the API. OpenAI's SDKs do the exchange by themselves and renew the key.
workload-use-no-rule = Create a rule first. Then the examples name its service account.
workload-example-github = In a workflow
workload-example-kubernetes = In a pod
workload-example-curl = In a terminal, with the token in $TOKEN
workload-example-python = With the OpenAI SDK, which renews the key
service-account-head = Service account
keys-issued = Keys issued to workloads
keys-issued-tab = Workloads
keys-issued-lead = Rules of workload identity issued these keys in the project { $project }. They expire by themselves, and stop working at once if the rule is changed. Expired ones are listed for a week.
keys-issued-none = No keys were issued to workloads in the last week.
keys-issued-rule-gone = The rule was deleted
keys-issued-ended = Ended with the rule
keys-issued-until = Expires { $when }
done-provider-created = Provider created. Add a rule next: until then, every token is refused.
done-provider-deleted = Provider deleted.
done-rule-created = Rule created. Tokens that fit it are exchanged from now on.
done-rule-deleted = Rule deleted. The keys that it issued no longer work.
