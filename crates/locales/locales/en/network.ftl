nav-network = Network
network-lead = From which addresses the API may be called with the keys of this organization. Without a list that is switched on, from everywhere. These pages stay open.
network-lead-project = From which addresses the API may be called with the keys of { $project }, on top of the lists of the organization.
network-help = What counts as the address
network-you = Your address now is { $address }.
network-you-pass = API calls from there are answered.
network-you-not = API calls from there are refused.
network-by-organization = The organization's lists leave it out.
network-none = There is no list yet.
network-addresses = Addresses
network-count = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
network-without-you = Your address is not on it.
network-on = In force
network-off = Off
network-switch-on = Switch on
network-switch-off = Switch off
network-delete = Delete
network-delete-what = It cannot be undone. When it is the last one that is switched on, calls are answered from everywhere.
network-delete-button = Delete { $name }
network-new = New list
network-new-hint = It is kept and not in force before you switch it on. Where several are in force, each lets in.
network-addresses-hint = One address or network a line, such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32, at most 50. What follows # is a remark and is not kept.
network-add = Add list
network-unreadable = “{ $entry }” is no IP address and no network such as 203.0.113.0/24.
network-host-bits = “{ $entry }” names an address inside a network. Write { $network } for the whole network, or { $address } alone.
network-empty = A list needs at least one address or network.
network-too-many = A list holds at most 50 addresses and networks.
network-locks-out = This shuts you out of the API.
network-locks-out-text = Your address now is { $address }, and API calls from there would be refused. You can still sign in here and change it back.
network-acknowledge = I know, and I want it nevertheless.
network-nevertheless = Change it nevertheless
