nav-network = Network
network-lead = IP addresses from which the keys of this organization can be used. If no list is switched on, requests from every address are accepted. The lists do not affect the dashboard.
network-lead-project = IP addresses from which the keys of { $project } can be used. The lists of the organization apply as well.
network-help = Which address counts
network-you = Your current address is { $address }.
network-you-pass = API requests from it are accepted.
network-you-not = API requests from it are refused.
network-by-organization = The lists of the organization do not include it.
network-none = There are no lists yet.
network-addresses = Addresses
network-count = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
network-without-you = Does not include your address
network-on = On
network-off = Off
network-switch-on = Switch on
network-switch-off = Switch off
network-delete = Delete
network-delete-what = You cannot undo this. If this is the only list that is switched on, requests from every address will be accepted.
network-delete-button = Delete { $name }
network-new = New list
network-new-hint = A new list has no effect until you switch it on. If several lists are on, an address must be on at least one of them.
network-addresses-hint = Enter one address or network per line, such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32. At most 50. Text after # is ignored.
network-add = Add list
network-unreadable = “{ $entry }” is not an IP address or a network such as 203.0.113.0/24.
network-host-bits = “{ $entry }” is an address within a network. Enter { $network } for the whole network, or { $address } for this address only.
network-empty = Add at least one address or network to the list.
network-too-many = A list can have at most 50 addresses and networks.
network-locks-out = This change locks you out of the API.
network-locks-out-text = Your current address is { $address }. API requests from it would be refused. You can still sign in here and undo the change.
network-acknowledge = I understand that I will be locked out of the API.
network-nevertheless = Save anyway
