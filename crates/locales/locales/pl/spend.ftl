# Spend limits and alerts. Amounts come with their currency; months are in UTC.
nav-spend = Limity wydatków
spend-lead = { $kind ->
    [project] Projekt „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent } z{ "\u00A0" }limitu { $limit }.
   *[organization] Organizacja „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent } z{ "\u00A0" }limitu { $limit }.
}
spend-lead-open = { $kind ->
    [project] Projekt „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent }. Projekt nie ma własnego limitu wydatków.
   *[organization] Organizacja „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent }. Organizacja nie ma limitu wydatków.
}
spend-lead-reached = { $kind ->
    [project] Projekt „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent } przy limicie { $limit }. Płatne żądania są odrzucane do { $when }.
   *[organization] Organizacja „{ $name }”: w{ "\u00A0" }tym miesiącu wydano { $spent } przy limicie { $limit }. Płatne żądania są odrzucane do { $when }.
}
spend-resets = Następny miesiąc zaczyna się { $when }.
spend-left-line = Pozostało { $left }.
spend-left-aside = Pozostało { $left }, a{ "\u00A0" }{ $aside } zarezerwowano dla trwających żądań.
spend-help = Jak działają limity wydatków
spend-month = Wydatki w{ "\u00A0" }tym miesiącu
spend-all = Limity wydatków i{ "\u00A0" }alerty
spend-spent = Wydano w{ "\u00A0" }tym miesiącu
spend-aside = Zarezerwowano
spend-left = Pozostało
spend-limit = Limit miesięczny
spend-no-limit = Bez limitu
spend-state-within = W{ "\u00A0" }granicach limitu
spend-state-near = Wydano co najmniej 80%
spend-state-reached = Limit wyczerpany
spend-part-spent = Wydano { $percent }
spend-part-aside = Zarezerwowano { $percent }
spend-aside-hint = Zarezerwowana kwota to najwyższy koszt, jaki mogą jeszcze mieć trwające żądania, odpowiedzi w{ "\u00A0" }tle i{ "\u00A0" }zadania wsadowe.
spend-set-hint = Żądanie, które nie mieści się w{ "\u00A0" }pozostałej kwocie, jest odrzucane. Liczą się wszystkie wydatki z{ "\u00A0" }miesiąca, także te sprzed ustawienia limitu. Model bez ceny nic nie kosztuje.
spend-amount = Limit na każdy miesiąc w{ "\u00A0" }USD
spend-amount-hint = Od { $least } do { $most }. Obowiązuje od następnego żądania.
spend-save = Zapisz limit
spend-remove = Usuń limit
spend-remove-what = Po usunięciu żadne żądanie nie zostanie odrzucone z{ "\u00A0" }powodu tego limitu. Alerty i{ "\u00A0" }inne limity pozostają.
spend-remove-button = Usuń limit { $limit }
spend-look = Tylko właściciele organizacji mogą zmieniać limity wydatków i{ "\u00A0" }widzą alerty o{ "\u00A0" }wydatkach.
spend-archived = Ten projekt jest zarchiwizowany. Jego limitu i{ "\u00A0" }alertów nie można już zmienić.
spend-wrong-empty = Podaj kwotę, na przykład 50,00.
spend-wrong-number = Podaj liczbę z{ "\u00A0" }co najwyżej dwoma miejscami po przecinku, na przykład 50,00.
spend-wrong-negative = Kwota nie może być ujemna.
spend-wrong-currency = Ceny są w{ "\u00A0" }USD. Podaj kwotę w{ "\u00A0" }USD, bez innej waluty.
spend-wrong-cents = Podaj co najwyżej dwa miejsca po przecinku. Najmniejsza kwota to jeden cent.
spend-wrong-low = Kwota musi wynosić co najmniej { $least }.
spend-wrong-high = Kwota może wynosić co najwyżej { $most }.
spend-caution = W{ "\u00A0" }tym miesiącu wydano już { $spent }. Przy limicie { $limit } płatne żądania będą od razu odrzucane, do { $when } albo do podniesienia limitu.
spend-caution-tick = Żądania będą odrzucane i{ "\u00A0" }jest to zamierzone
spend-caution-button = Ustaw limit { $limit }
spend-projects-hint = Limit projektu obowiązuje dodatkowo, obok limitu organizacji. Każde żądanie musi się zmieścić w{ "\u00A0" }obu.
spend-col-spent = Wydano (USD)
spend-col-limit = Limit (USD)
spend-col-left = Pozostało (USD)
spend-col-share = Część limitu
spend-alerts = Alerty o{ "\u00A0" }wydatkach
spend-alerts-hint = Alert wysyła e-mail raz w{ "\u00A0" }miesiącu, gdy wydatki osiągną podaną kwotę. Nie odrzuca żądań.
spend-alerts-none = Nie ma jeszcze alertów.
spend-alerts-no-mail = Ta instalacja nie może jeszcze wysyłać e-maili. Alerty osiągnięte w{ "\u00A0" }tym czasie zostaną wysłane, gdy operator skonfiguruje wysyłanie e-maili.
spend-alerts-full = { $count ->
    [one] Może tu być co najwyżej { $count } alert. Usuń go, aby utworzyć następny.
    [few] Mogą tu być co najwyżej { $count } alerty. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
    [many] Może tu być co najwyżej { $count } alertów. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
   *[other] Może tu być co najwyżej { $count } alertu. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
}
spend-alert-amount = Wyślij e-mail przy kwocie w{ "\u00A0" }USD
spend-alert-recipients = Odbiorcy
spend-alert-recipients-hint = { $count ->
    [one] Najwyżej { $count } adres e-mail.
    [few] Najwyżej { $count } adresy e-mail, każdy w{ "\u00A0" }osobnym wierszu.
    [many] Najwyżej { $count } adresów e-mail, każdy w{ "\u00A0" }osobnym wierszu.
   *[other] Najwyżej { $count } adresu e-mail, każdy w{ "\u00A0" }osobnym wierszu.
}
spend-alert-prefix = Początek tematu (opcjonalnie)
spend-alert-prefix-hint = Słowo na początku tematu ułatwia sortowanie e-maili, na przykład „[koszty]”.
spend-alert-create = Utwórz alert
spend-alert-change = Zmień
spend-alert-change-of = Zmień alert przy { $amount }
spend-alert-save = Zapisz alert
spend-alert-delete = Usuń
spend-alert-delete-of = Usuń alert przy { $amount }
spend-alert-delete-what = E-maile z{ "\u00A0" }tego alertu nie będą już wysyłane. Wydatki i{ "\u00A0" }limity się nie zmieniają.
spend-col-amount = Kwota
spend-col-month = W{ "\u00A0" }tym miesiącu
spend-reached = Osiągnięto
spend-reached-at = { $when }, przy { $amount }
spend-not-reached = Nie osiągnięto
spend-passed = Działa od następnego miesiąca
spend-passed-hint = Kwotę przekroczono przed ustawieniem alertu.
spend-recipients-none = Podaj co najmniej jeden adres e-mail.
spend-recipients-many = { $count ->
    [one] Podaj co najwyżej { $count } adres e-mail.
    [few] Podaj co najwyżej { $count } adresy e-mail.
    [many] Podaj co najwyżej { $count } adresów e-mail.
   *[other] Podaj co najwyżej { $count } adresu e-mail.
}
spend-recipient-wrong = „{ $address }” nie jest prawidłowym adresem e-mail.
spend-prefix-wrong = Początek tematu może mieć do 255 widocznych znaków.
spend-pace = W{ "\u00A0" }tym tempie wydatki do { $day } wyniosą około { $cost }.
spend-pace-over = W{ "\u00A0" }tym tempie limit wyczerpie się około { $reached }. Bez limitu wydatki do { $day } wyniosłyby około { $cost }.
usage-notify = Powiadom, gdy wydatki wzrosną
