nav-network = Sieć
network-lead = Z jakich adresów można wywoływać API kluczami tej organizacji. Bez włączonej listy – zewsząd. Te strony pozostają otwarte.
network-lead-project = Z jakich adresów można wywoływać API kluczami projektu { $project }, ponad listy organizacji.
network-help = Jaki adres się liczy
network-you = Twój obecny adres to { $address }.
network-you-pass = Wywołania API stamtąd są obsługiwane.
network-you-not = Wywołania API stamtąd są odrzucane.
network-by-organization = Pomijają go listy organizacji.
network-none = Nie ma jeszcze żadnej listy.
network-addresses = Adresy
network-count = { $count ->
    [one] { $count } wpis
    [few] { $count } wpisy
    [many] { $count } wpisów
   *[other] { $count } wpisu
}
network-without-you = Nie ma na niej Twojego adresu.
network-on = Obowiązuje
network-off = Wyłączona
network-switch-on = Włącz
network-switch-off = Wyłącz
network-delete = Usuń
network-delete-what = Tego nie można cofnąć. Gdy to ostatnia włączona lista, wywołania będą obsługiwane zewsząd.
network-delete-button = Usuń { $name }
network-new = Nowa lista
network-new-hint = Zostaje zapisana i nie obowiązuje, dopóki jej nie włączysz. Gdy obowiązuje kilka, wpuszcza każda z nich.
network-addresses-hint = Jeden adres lub sieć w wierszu, na przykład 203.0.113.7, 203.0.113.0/24 albo 2001:db8::/32, najwyżej 50. To, co stoi za #, jest uwagą i nie jest zapisywane.
network-add = Dodaj listę
network-unreadable = „{ $entry }” nie jest adresem IP ani siecią taką jak 203.0.113.0/24.
network-host-bits = „{ $entry }” podaje adres wewnątrz sieci. Napisz { $network }, jeśli chodzi o całą sieć, albo samo { $address }.
network-empty = Lista potrzebuje co najmniej jednego adresu lub sieci.
network-too-many = Lista mieści najwyżej 50 adresów i sieci.
network-locks-out = To odetnie Cię od API.
network-locks-out-text = Twój obecny adres to { $address } i wywołania API stamtąd byłyby odrzucane. Nadal możesz się tu zalogować i to cofnąć.
network-acknowledge = Wiem o tym i mimo to tego chcę.
network-nevertheless = Zmień mimo to
