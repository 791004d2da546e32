usage-by-model = Model
usage-by-key = Klucz
usage-by-project = Projekt
usage-by-user = Osoba
usage-empty = Brak żądań w tym okresie. Wykorzystanie pojawi się tu w ciągu minuty od pierwszego żądania.
usage-first = Wyślij pierwsze żądanie do API
usage-chart-cost = Wydatki dziennie
usage-chart-requests = Żądania dziennie
usage-bar = { $day }: { $amount }
usage-requests = Żądania
usage-input = Tokeny wejściowe
usage-output = Tokeny wyjściowe
usage-images = Obrazy
usage-cost = Wydatki
total = Razem
help-phone-number-requirement-text =
    Od 5 listopada 2024 utworzenie klucza API wymaga zweryfikowanego numeru telefonu. Dotyczy to każdej osoby i każdego sposobu tworzenia kluczy. Utrudnia to masowe zakładanie jednorazowych kont.

    Numer weryfikuje się raz na organizację, a nie przy każdym kluczu. Wcześniejsze klucze pozostają ważne bezterminowo. Nic nie trzeba z nimi robić.

    Kod błędu to phone_verification_required. Otwórz Ustawienia > Konto > Telefon albo przejdź przez ten krok w oknie Utwórz nowy klucz tajny.

    Jeśli nie masz numeru komórkowego, skontaktuj się z pomocą techniczną. Operator może zwolnić z tego wymagania.
help-verification-text =
    Niektóre modele, na przykład gpt-image-1, wymagają zweryfikowanej organizacji. Otwórz Ustawienia > Organizacja > Ogólne i w sekcji Weryfikacje wybierz Zweryfikuj organizację.

    Potrzebne są: zapisana metoda płatności (nic nie zostanie pobrane), telefon z aparatem i jeden ważny dokument. Po wyrażeniu zgody weryfikację przeprowadza usługa wskazana na stronie. Strona na komputerze pokazuje postęp. Numer kontrolny musi być taki sam na obu urządzeniach.

    Dane biometryczne są usuwane najpóźniej po 7 dniach, chyba że prawo wymaga dłuższego przechowywania. Przycisk Wycofaj zgodę i usuń dane cofa zgodę i trwale usuwa pozostałe dane.

    Istniejące klucze uzyskują dostęp automatycznie, zwykle w ciągu kilku sekund, najpóźniej po 15 minutach.
help-first-call-text =
    Każde SDK OpenAI działa bez zmian. Ustaw bazowy adres URL na adres tej instalacji z dopiskiem /v1 i użyj jednego ze swoich kluczy API.

    Jeśli klucz działa w kilku organizacjach lub projektach, wybierz je nagłówkami OpenAI-Organization i OpenAI-Project. Bez nich używany jest projekt klucza.
help-errors-text =
    Narzędzia no-code często pokazują przy błędzie 403 tylko „Forbidden – perhaps check your credentials?”. Klucz jest zwykle prawidłowy: to model wymaga zweryfikowanej organizacji.

    Treść odpowiedzi zawiera organization_verification_required oraz wskazuje organizację i stronę, którą trzeba otworzyć. Pulpit pokazuje ostatnie odmowy i to, czego brakuje.

    Edytowanie obrazu wymaga tej samej weryfikacji co jego generowanie.
help-keys-text =
    Klucz API jest tajny. Przechowuj go na serwerze, w zmiennej środowiskowej albo w menedżerze kluczy. Nie umieszczaj go w przeglądarce, aplikacji ani repozytorium.

    W środowisku produkcyjnym używaj konta usługi. Jego klucze działają dalej, gdy ktoś odejdzie. Utwórz osobny projekt dla każdego środowiska, aby rozdzielić klucze i wykorzystanie.

    Jeśli klucz wycieknie, znajdź go po ostatnich czterech znakach i unieważnij. Żądania z tym kluczem będą odrzucane już od następnego.

    Wymieniaj klucze co pewien czas. Przycisk Wymień tworzy nowy klucz, a stary działa jeszcze tak długo, jak wybierzesz. Na liście widać, kiedy stary klucz był ostatnio używany, więc wiesz, kiedy można go unieważnić.

    Starsze klucze użytkownika, które działają we wszystkich projektach właściciela, działają dalej. Lepszym wyborem są klucze projektu: działają tylko w jednym projekcie, więc wyciek powoduje mniejsze szkody.
limits-lead = Limity projektu „{ $project }” dla poszczególnych modeli.
limits-no-models = Ten projekt nie może używać żadnego modelu.
limits-model = Model
limits-field = { $model }: { $limit }
limits-requests = Żądania na minutę
limits-tokens = Tokeny na minutę
limits-requests-day = Żądania na dobę
limits-images = Obrazy na minutę
limits-none = Bez limitu
limits-of-organization = Organizacja: { $limit }
limits-hint = Zostaw puste pole, aby używać limitu organizacji. Niższa liczba dotyczy tylko tego projektu i obowiązuje od następnego żądania. Wszystkie projekty razem korzystają z limitu organizacji.
limits-look = Tylko właściciele organizacji mogą zmieniać te limity.
limits-higher = Wyższe limity
limits-higher-who = Limity całej organizacji ustala { $operator }.
limits-higher-first = Najpierw zweryfikuj organizację, aby operator wiedział, kto prosi o wyższe limity. Potem napisz, którego modelu potrzebujesz, ilu żądań i tokenów na minutę oraz do czego ich użyjesz.
limits-higher-ask = Napisz, którego modelu potrzebujesz, ilu żądań i tokenów na minutę oraz do czego ich użyjesz.
limits-nobody = { $operator } nie podaje adresu kontaktowego. Zapytaj osobę, od której masz dostęp.
limits-write = Napisz na adres { $address }
error-rate-limit-too-high = Limit projektu nie może być wyższy niż limit jego organizacji. Zostaw puste pole, aby używać limitu organizacji.
error-rate-limit-out-of-range = Podaj liczbę całkowitą od 1 do 1 000 000 000.
usage-days-label = Okres:
usage-by-label = Grupuj według:
usage-show-label = Pokaż
usage-tokens = Tokeny
usage-chart-tokens = Tokeny dziennie
usage-between = Zastosuj
usage-service-accounts = Konta usług
usage-dates-wrong = { $count ->
    [one] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dnia.
    [few] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dni.
    [many] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dni.
   *[other] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dnia.
}
usage-about = ≈ { $figure }
usage-estimated = { $count ->
    [one] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądania. Keystead doliczył około { $tokens } tokenów i { $cost }.
    [few] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądań. Keystead doliczył około { $tokens } tokenów i { $cost }.
    [many] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądań. Keystead doliczył około { $tokens } tokenów i { $cost }.
   *[other] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądania. Keystead doliczył około { $tokens } tokenów i { $cost }.
}
usage-estimated-other = { $count ->
    [one] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądania. Keystead oszacował je i doliczył { $cost }.
    [few] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądań. Keystead oszacował je i doliczył { $cost }.
    [many] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądań. Keystead oszacował je i doliczył { $cost }.
   *[other] ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $count } żądania. Keystead oszacował je i doliczył { $cost }.
}
usage-lead-project = { $count ->
    [one] { $period }: wydatki projektu „{ $name }” to { $cost } ({ $count } żądanie).
    [few] { $period }: wydatki projektu „{ $name }” to { $cost } ({ $count } żądania).
    [many] { $period }: wydatki projektu „{ $name }” to { $cost } ({ $count } żądań).
   *[other] { $period }: wydatki projektu „{ $name }” to { $cost } ({ $count } żądania).
}
usage-lead-organization = { $count ->
    [one] { $period }: wydatki organizacji „{ $name }” to { $cost } ({ $count } żądanie).
    [few] { $period }: wydatki organizacji „{ $name }” to { $cost } ({ $count } żądania).
    [many] { $period }: wydatki organizacji „{ $name }” to { $cost } ({ $count } żądań).
   *[other] { $period }: wydatki organizacji „{ $name }” to { $cost } ({ $count } żądania).
}
usage-forecast = W{ "\u00A0" }tym tempie do końca miesiąca wyniosą około { $cost }.
usage-as-of = Stan na { $time }. Nowe żądania pojawiają się w{ "\u00A0" }ciągu minuty.
usage-zone = Strefa czasowa dni: { $zone }.
usage-this-month = Ten miesiąc
usage-previous-month = Poprzedni miesiąc
usage-last-days = { $count ->
    [one] Ostatni { $count } dzień
    [few] Ostatnie { $count } dni
    [many] Ostatnie { $count } dni
   *[other] Ostatnie { $count } dnia
}
usage-of-label = Zakres:
usage-of-organization = Cała organizacja
usage-csv = Pobierz CSV
usage-refused = Odrzucone
usage-chart-refused = Odrzucone żądania dziennie
usage-refused-empty = W{ "\u00A0" }tym okresie żadna reguła nie odrzuciła żądania.
usage-refused-hint = Te żądania odrzucono z{ "\u00A0" }powodu braku weryfikacji. Żądania odrzucone z{ "\u00A0" }powodu nieprawidłowego klucza, limitu szybkości lub budżetu nie są tu liczone. Nie pobrano za nie opłat.
usage-refused-kept = Odrzucone żądania są przechowywane przez 30 dni, więc wcześniejszych nie ma w{ "\u00A0" }tych liczbach.
usage-last-refused = Ostatnia odmowa
usage-share = Udział
usage-cost-usd = Wydatki (USD)
usage-unit-cost = USD dziennie
usage-unit-cost-millions = mln USD dziennie
usage-unit-requests = Żądania dziennie
usage-unit-requests-millions = mln żądań dziennie
usage-unit-tokens = Tokeny dziennie
usage-unit-tokens-millions = mln tokenów dziennie
usage-until = do { $time }
usage-other = { $count ->
    [one] pozostałe ({ $count })
    [few] pozostałe ({ $count })
    [many] pozostałe ({ $count })
   *[other] pozostałe ({ $count })
}
usage-note = { $day }: { $amount }, { $times } raza tyle co zwykle
usage-note-key = { $percent } z{ "\u00A0" }klucza { $key }
usage-note-keys = Zobacz ten dzień według kluczy
limits-of-project = Własny limit projektu
limits-save = Zapisz limity
limits-wrong = Nie można zapisać niektórych limitów. Nic nie zostało zmienione.
limits-wrong-at = { $model }, { $limit }: { $why }
limits-conflict = Po otwarciu tej strony inna osoba zmieniła niektóre limity. Nic nie zostało zmienione. Sprawdź wartości i{ "\u00A0" }zapisz je ponownie.
limits-taken = Zmienione przez inną osobę
limits-now = Obecnie: { $limit }
limits-more = Pokaż więcej modeli
limits-tier = Poziom wykorzystania
limits-tier-lead = Poziom wykorzystania organizacji ustala jej limity dla poszczególnych modeli. Poziom rośnie samoczynnie. Obniżyć może go tylko { $operator }.
limits-tier-now = Poziom { $tier } z{ "\u00A0" }{ $highest }
limits-tier-since = Od { $when }.
limits-tier-held = Ten poziom ustala { $operator }. Nie wzrośnie samoczynnie, dopóki organizacja nie zapłaci więcej.
limits-tier-highest = To najwyższy poziom.
limits-tier-next = Czego wymaga poziom { $tier }
limits-tier-due = Organizacja ma wszystko, czego wymaga poziom { $tier }. Poziom wzrośnie w{ "\u00A0" }ciągu godziny.
limits-tier-paid = Zapłacono { $paid } z{ "\u00A0" }{ $needs }. Pozostało do zapłaty: { $missing }.
limits-tier-paid-met = Zapłacono { $needs }.
limits-tier-days = { $count ->
    [one] Musi minąć jeszcze { $count } dzień.
    [few] Muszą minąć jeszcze { $count } dni.
    [many] Musi minąć jeszcze { $count } dni.
   *[other] Musi minąć jeszcze { $count } dnia.
}
limits-tier-days-unpaid = { $count ->
    [one] Musi minąć { $count } dzień od pierwszej płatności.
    [few] Muszą minąć { $count } dni od pierwszej płatności.
    [many] Musi minąć { $count } dni od pierwszej płatności.
   *[other] Musi minąć { $count } dnia od pierwszej płatności.
}
limits-tier-days-met = { $count ->
    [one] Minął { $count } dzień.
    [few] Minęły { $count } dni.
    [many] Minęło { $count } dni.
   *[other] Minęło { $count } dnia.
}
home-as-of = Projekt „{ $project }”. Stan na { $time }. Strefa czasowa dni: { $zone }.
home-spend = Wydatki w{ "\u00A0" }tym miesiącu
home-requests = Żądania dzisiaj
home-refused = Odrzucone dzisiaj
home-keys = Aktywne klucze
home-own-keys = Twoje aktywne klucze
home-next = Co dalej
home-next-key = Utwórz klucz API dla tego projektu.
home-next-call = Wyślij pierwsze żądanie, używając bazowego adresu URL poniżej.
home-next-usage = Żądania, wydatki i{ "\u00A0" }odmowy pojawią się tutaj w{ "\u00A0" }ciągu minuty.
home-attention = Wymaga uwagi
home-attention-none = Nic nie wymaga uwagi.
home-expiring = { $count ->
    [one] { $count } klucz wygaśnie w{ "\u00A0" }ciągu 7 dni.
    [few] { $count } klucze wygasną w{ "\u00A0" }ciągu 7 dni.
    [many] { $count } kluczy wygaśnie w{ "\u00A0" }ciągu 7 dni.
   *[other] { $count } klucza wygaśnie w{ "\u00A0" }ciągu 7 dni.
}
home-unused = { $count ->
    [one] { $count } klucz nie był używany od 30 dni. Unieważnij go, jeśli nie jest już potrzebny.
    [few] { $count } klucze nie były używane od 30 dni. Unieważnij te, które nie są już potrzebne.
    [many] { $count } kluczy nie było używanych od 30 dni. Unieważnij te, które nie są już potrzebne.
   *[other] { $count } klucza nie było używane od 30 dni. Unieważnij te, które nie są już potrzebne.
}
home-all-refusals = Pokaż wszystkie odrzucone żądania
home-activity = Ostatnie zdarzenia
