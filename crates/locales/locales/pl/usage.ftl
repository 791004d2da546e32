usage-lead = Wydatki w tym okresie: { $cost } ({ $requests }).
usage-range = Okres i grupowanie
usage-by-model = Model
usage-by-key = Klucz
usage-by-project = Projekt
usage-by-user = Osoba
usage-empty = Brak żądań w tym okresie. Wykorzystanie pojawi się tu w ciągu minuty od pierwszego żądania.
usage-first = Wyślij pierwsze żądanie do API
usage-chart-cost = Koszt dziennie
usage-chart-requests = Żądania dziennie
usage-requests = Żądania
usage-input = Tokeny wejściowe
usage-output = Tokeny wyjściowe
usage-images = Obrazy
usage-cost = Koszt
total = Razem
usage-days = { $count ->
    [one] { $count } dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dnia
}
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
limits-requests = Żądania na minutę
limits-tokens = Tokeny na minutę
limits-requests-day = Żądania na dobę
limits-images = Obrazy na minutę
limits-none = Bez limitu
limits-own = Niższy niż limit organizacji
limits-of-organization = Organizacja: { $limit }
limits-reset = Przywróć
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
usage-days-label = Okres
usage-by-label = Grupuj według
usage-show-label = Pokaż
usage-tokens = Tokeny
usage-chart-tokens = Tokeny dziennie
usage-between = Zastosuj
usage-nobody = Konta usług
usage-dates-wrong = { $count ->
    [one] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dnia.
    [few] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dni.
    [many] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dni.
   *[other] Wybierz datę początkową i późniejszą datę końcową, w odstępie najwyżej { $count } dnia.
}
usage-count = { $count ->
    [one] { $count } żądanie
    [few] { $count } żądania
    [many] { $count } żądań
   *[other] { $count } żądania
}
usage-about = ≈ { $figure }
usage-estimated = ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $requests }. Keystead doliczył około { $tokens } tokenów i { $cost }.
usage-estimated-requests = { $count ->
    [one] { $count } żądania
    [few] { $count } żądań
    [many] { $count } żądań
   *[other] { $count } żądania
}
usage-estimated-other = ≈ oznacza szacunek: serwer modelu nie podał wykorzystania dla { $requests }. Keystead oszacował je i doliczył { $cost }.
