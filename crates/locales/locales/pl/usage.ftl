usage-lead = { $cost } i { $requests } w tym okresie.
usage-range = Okres i podział
usage-by-model = Model
usage-by-key = Klucz
usage-by-project = Projekt
usage-by-user = Osoba
usage-empty = Brak wywołań w tym okresie. Zużycie pojawia się tu w ciągu minuty od pierwszego.
usage-first = Wykonaj pierwsze wywołanie API
usage-chart-cost = Koszt dzienny
usage-chart-requests = Liczba wywołań dziennie
usage-requests = Wywołania
usage-input = Tokeny wejściowe
usage-output = Tokeny wyjściowe
usage-images = Obrazy
usage-cost = Koszt
total = Razem
usage-days = { $count ->
    [one] { $count } dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dni
}
help-phone-number-requirement-text =
    Od 5 listopada 2024 każdy nowy klucz wymaga potwierdzonego numeru telefonu, niezależnie od tego, kto i jak go tworzy. Utrudnia to masowe zakładanie jednorazowych kont.

    Pytamy o to raz na organizację, a nie przy każdym kluczu. Wcześniejsze klucze zachowują ważność bez ograniczeń i nic nie trzeba z nimi robić.

    Błąd ma kod phone_verification_required. Otwórz Ustawienia > Konto > Telefon albo krok w oknie tworzenia klucza.

    Nie masz numeru komórkowego? Napisz do nas: operator może zwolnić z tego kroku.
help-verification-text =
    Niektóre modele, na przykład gpt-image-1, wymagają zweryfikowanej organizacji. Otwórz Ustawienia > Organizacja > Ogólne i w sekcji Weryfikacje wybierz Zweryfikuj organizację.

    Potrzebne są: zapisana metoda płatności (nic nie jest pobierane), telefon z aparatem i jeden ważny dokument. Sprawdza dostawca podany na stronie, po wyrażeniu zgody. Strona na komputerze pokazuje postęp; numer do porównania musi być taki sam na obu urządzeniach.

    Dane biometryczne są usuwane najpóźniej po 7 dniach, chyba że prawo wymaga dłuższego przechowywania. Wycofaj zgodę i usuń dane cofa zgodę i usuwa to, co zostało.

    Istniejące klucze uzyskują dostęp same, zwykle w kilka sekund, najpóźniej po 15 minutach.
help-first-call-text =
    Każde SDK OpenAI działa bez zmian: ustaw adres bazowy na adres tej instalacji z dopiskiem /v1 i użyj jednego ze swoich kluczy.

    Nagłówek OpenAI-Organization wybiera organizację, a OpenAI-Project projekt, jeśli klucz sięga kilku. Bez nich liczy się własny projekt klucza.
help-errors-text =
    Narzędzia bez kodu często pokazują przy 403 tylko „Forbidden – perhaps check your credentials?”. Klucz jest zwykle w porządku: model wymaga zweryfikowanej organizacji.

    Treść odpowiedzi zawiera organization_verification_required oraz podaje organizację i stronę. Pulpit pokazuje ostatnie odmowy i to, czego brakuje.

    Edytowanie obrazu wymaga tej samej weryfikacji co jego generowanie.
help-keys-text =
    Klucz to sekret. Trzymaj go na serwerze, w zmiennej środowiskowej albo w menedżerze kluczy, nigdy w przeglądarce, aplikacji ani repozytorium.

    Do produkcji użyj konta usługi: jego klucz działa także wtedy, gdy ktoś odejdzie. Osobny projekt dla każdego środowiska rozdziela klucze i zużycie.

    Jeśli klucz wycieknie, znajdź go po czterech ostatnich znakach i unieważnij; będzie odrzucany od następnego wywołania.

    Zmieniaj klucz co pewien czas: Wymień tworzy obok nowy, a stary działa jeszcze tak długo, jak wybierzesz. Lista pokazuje, kiedy stary był ostatnio użyty, więc wiadomo, kiedy może się skończyć.

    Starsze klucze użytkownika, które sięgają wszystkich projektów swojego właściciela, działają dalej. Lepszy jest klucz projektu: sięga jednego projektu, a wyciek kosztuje mniej.
limits-lead = Jak szybko { $project } może korzystać z każdego modelu.
limits-no-models = Ten projekt nie może korzystać z żadnego modelu.
limits-model = Model
limits-requests = Żądania na minutę
limits-tokens = Tokeny na minutę
limits-requests-day = Żądania na dobę
limits-images = Obrazy na minutę
limits-none = Bez limitu
limits-own = Mniej niż organizacja
limits-of-organization = Organizacja: { $limit }
limits-reset = Przywróć
limits-hint = Puste pole oznacza tyle, ile ma organizacja. Mniejsza liczba dotyczy tylko tego projektu i obowiązuje od następnego żądania. Limit organizacji jest wspólny dla wszystkich projektów.
limits-look = Te liczby mogą zmieniać właściciele organizacji.
limits-higher = Wyższe limity
limits-higher-who = Limity całej organizacji ustala { $operator }.
limits-higher-first = Najpierw zweryfikuj organizację, aby operator wiedział, kto prosi. Potem napisz, którego modelu potrzebujesz, ilu żądań i tokenów na minutę oraz do czego.
limits-higher-ask = Napisz, którego modelu potrzebujesz, ilu żądań i tokenów na minutę oraz do czego.
limits-nobody = { $operator } nie podaje adresu. Zapytaj osobę, od której masz dostęp.
limits-write = Napisz na { $address }
error-rate-limit-too-high = Projekt nie może mieć więcej niż jego organizacja. Zostaw puste pole, aby mieć tyle samo.
error-rate-limit-out-of-range = Limit to liczba całkowita od 1 do 1 000 000 000.
usage-days-label = Zakres
usage-by-label = Według
usage-show-label = Pokazuje
usage-tokens = Tokeny
usage-chart-tokens = Tokeny dziennie
usage-between = Pokaż
usage-nobody = Konta usług
usage-dates-wrong = { $count ->
    [one] Wybierz dwie daty, wcześniejszą jako pierwszą, w odstępie najwyżej { $count } dnia.
    [few] Wybierz dwie daty, wcześniejszą jako pierwszą, w odstępie najwyżej { $count } dni.
    [many] Wybierz dwie daty, wcześniejszą jako pierwszą, w odstępie najwyżej { $count } dni.
   *[other] Wybierz dwie daty, wcześniejszą jako pierwszą, w odstępie najwyżej { $count } dni.
}
usage-count = { $count ->
    [one] { $count } wywołanie
    [few] { $count } wywołania
    [many] { $count } wywołań
   *[other] { $count } wywołania
}
usage-about = ≈ { $figure }
usage-estimated = ≈ obejmuje szacunek: serwer modelu nie podał zużycia dla { $requests }, więc Keystead policzył je sam: około { $tokens } tokenów i { $cost }.
usage-estimated-requests = { $count ->
    [one] { $count } wywołania
    [few] { $count } wywołań
    [many] { $count } wywołań
   *[other] { $count } wywołania
}
usage-estimated-other = ≈ obejmuje szacunek: serwer modelu nie podał zużycia dla { $requests }, więc Keystead policzył je sam, z kosztem { $cost }.
