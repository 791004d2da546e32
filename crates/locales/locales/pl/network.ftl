nav-network = Sieć
network-lead = Adresy IP, z których można używać kluczy tej organizacji. Jeśli żadna lista nie jest włączona, przyjmowane są żądania z każdego adresu. Listy nie dotyczą panelu.
network-lead-project = Adresy IP, z których można używać kluczy projektu „{ $project }”. Obowiązują też listy organizacji.
network-help = Który adres się liczy
network-you = Twój obecny adres to { $address }.
network-you-pass = Żądania do API z tego adresu są przyjmowane.
network-you-not = Żądania do API z tego adresu są odrzucane.
network-by-organization = Nie ma go na listach organizacji.
network-none = Nie ma jeszcze żadnej listy.
network-addresses = Adresy
network-count = { $count ->
    [one] { $count } wpis
    [few] { $count } wpisy
    [many] { $count } wpisów
   *[other] { $count } wpisu
}
network-without-you = Nie zawiera Twojego adresu
network-on = Włączona
network-off = Wyłączona
network-switch-on = Włącz
network-switch-off = Wyłącz
network-delete = Usuń
network-delete-what = Tej operacji nie można cofnąć. Jeśli to jedyna włączona lista, będą przyjmowane żądania z każdego adresu.
network-delete-button = Usuń listę „{ $name }”
network-new = Nowa lista
network-new-hint = Nowa lista nie działa, dopóki jej nie włączysz. Jeśli włączonych jest kilka list, adres musi być na co najmniej jednej z nich.
network-addresses-hint = Wpisz w każdym wierszu jeden adres lub jedną sieć, na przykład 203.0.113.7, 203.0.113.0/24 albo 2001:db8::/32. Najwyżej 50. Tekst po znaku # jest ignorowany.
network-add = Dodaj listę
network-unreadable = „{ $entry }” nie jest adresem IP ani siecią, na przykład 203.0.113.0/24.
network-host-bits = „{ $entry }” to adres w sieci. Wpisz { $network }, aby podać całą sieć, albo { $address }, aby podać tylko ten adres.
network-empty = Dodaj do listy co najmniej jeden adres lub jedną sieć.
network-too-many = Lista może zawierać najwyżej 50 adresów i sieci.
network-locks-out = Ta zmiana odetnie Ci dostęp do API.
network-locks-out-text = Twój obecny adres to { $address }. Żądania do API z tego adresu byłyby odrzucane. Nadal możesz zalogować się tutaj i cofnąć zmianę.
network-acknowledge = Rozumiem, że stracę dostęp do API.
network-nevertheless = Zapisz mimo to
