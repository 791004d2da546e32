keys-lead = Każdy, kto ma jeden z tych kluczy, może wywoływać API w imieniu projektu „{ $project }” i na jego koszt.
keys-empty = Ten projekt nie ma jeszcze kluczy. Z kluczem Twój serwer może wywoływać API w imieniu projektu. Poniżej znajdziesz bazowy adres URL i przykładowe żądanie.
keys-more = Pokaż starsze klucze
create-secret-key = Utwórz nowy klucz tajny
col-secret = Klucz tajny
col-permissions = Uprawnienia
col-last-used = Ostatnie użycie
created = Utworzono { $when }
expires = wygasa { $when }
service-account = konto usługi
revoke = Unieważnij
phone-first = Najpierw zweryfikuj numer telefonu. Robi się to raz dla wszystkich kluczy organizacji.
phone-first-hint = Istniejące klucze działają dalej. Po weryfikacji wrócisz tutaj.
verify-phone = Zweryfikuj numer telefonu
create-key-lead = Klucz będzie działać tylko w projekcie „{ $project }”.
key-name = Nazwa
key-name-hint = Na przykład miejsce, w którym użyjesz klucza.
key-unnamed = Bez nazwy
key-owner = Właściciel
key-owner-you = Twoje konto. Klucz przestanie działać, gdy opuścisz projekt.
key-owner-service = Konto usługi, do środowiska produkcyjnego. Nie zależy od żadnej osoby.
key-account = Konto usługi
key-account-new = Nowe, o nazwie klucza
key-permission-all = Wszystkie
key-permission-read = Tylko odczyt
key-permission-restricted = Ograniczone do uprawnień wybranych poniżej
key-scopes-missing = Wybierz co najmniej jedno uprawnienie dla klucza z ograniczeniami.
key-expiry = Wygasa
key-life-ever = Nigdy
create-key-button = Utwórz klucz
key-made = Zapisz teraz klucz tajny
key-made-lead = Klucz widać tylko teraz. Keystead przechowuje jego skrót, a nie sam klucz, dlatego nie można go pokazać ponownie.
key-length = Liczba znaków: { $length }. Końcówka: { $tail }
copy-key = Skopiuj klucz
project = Projekt
key-works = Aktywny
key-keep = Przechowuj klucz tam, skąd serwer odczytuje dane poufne. Nie umieszczaj go w przeglądarce, aplikacji ani repozytorium. Jeśli wycieknie, znajdź na tej liście { $head }…{ $tail } i unieważnij go.
key-saved = Mam zapisany klucz
revoke-title = Unieważnij klucz „{ $name }”
revoke-lead = Żądania z kluczem o końcówce { $tail } będą odrzucane. Tej operacji nie można cofnąć.
revoke-last-used = Ostatnie użycie: { $when }. Wszystko, co go jeszcze używa, przestanie działać.
revoke-never-used = Klucz nie był jeszcze używany.
revoke-button = Unieważnij klucz „{ $name }”
keys-spreading = Unieważniono na { $current } z { $all } bram. Pozostałe mogą przyjmować klucz, dopóki nie potwierdzą zmiany: najwyżej przez 15 minut, chyba że operator ustawił inny czas.
key-edit = Edytuj
key-edit-of = Edytuj klucz „{ $name }”
key-edit-lead = Klucz tajny się nie zmieni. Nowe uprawnienia obowiązują od następnego żądania.
key-ended = wygasł { $when }
rotate = Wymień
rotate-of = Wymień klucz „{ $name }”
rotate-lead = Powstanie nowy klucz tajny z tym samym właścicielem, projektem, nazwą i uprawnieniami. Wybierz, jak długo ma działać stary klucz, aby przejść na nowy bez przerwy.
rotate-last-used = Ostatnie użycie klucza o końcówce { $tail }: { $when }.
rotate-never-used = Klucz o końcówce { $tail } nie był jeszcze używany.
rotate-until = Jak długo ma działać stary klucz
rotate-hour = 1 godzinę
rotate-day = 1 dzień
rotate-week = 7 dni
rotate-now = Zakończ od razu
rotate-choose = Wybierz, jak długo ma działać stary klucz.
rotate-button = Utwórz nowy klucz
rotated-ends = Wymieniono; przestanie działać { $when }.
rotated-last-used = Ostatnie użycie: { $when }.
rotated-end = Unieważnij teraz
rotated-end-title = Unieważnij teraz klucz „{ $name }”
rotated-end-lead = Nowy klucz będzie działać dalej.
rotated-old-works = Stary klucz o końcówce { $tail } działa do { $when }. Na liście widać, kiedy był ostatnio używany.
rotated-old-ended = Stary klucz o końcówce { $tail } już nie działa.
home-phone = Aby tworzyć klucze, najpierw zweryfikuj numer telefonu.
home-models = Zweryfikowanej organizacji wymagają modele: { $models }.
base-url = Bazowy adres URL
base-url-hint = Działa ze wszystkimi SDK OpenAI bez żadnych zmian.
refusals = Ostatnie odmowy
refusals-hint = Żądania z ostatnich 30 dni odrzucone z powodu braku weryfikacji.
refusals-empty = W ciągu ostatnich 30 dni nie odrzucono żadnego żądania.
refusal-why = Czego brakuje
key-life = { $count ->
    [one] { $count } dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dnia
}
key-permission-some = { $count ->
    [one] { $count } uprawnienie
    [few] { $count } uprawnienia
    [many] { $count } uprawnień
   *[other] { $count } uprawnienia
}
nav-admin-keys = Klucze administracyjne
admin-keys-lead = Klucze administracyjne służą narzędziom do zarządzania organizacją: projektami, członkami, kluczami i wykorzystaniem. Nie mogą wywoływać modeli.
admin-keys-empty = Ta organizacja nie ma jeszcze kluczy administracyjnych. Używa się ich w Administration API pod adresem:
admin-key-create = Utwórz klucz administracyjny
admin-key-power = Każdy, kto ma ten klucz, może zrobić przez API to samo co właściciel. Klucz przestanie działać, gdy jego właściciel opuści organizację.
admin-key-power-of-roles = Każdy, kto ma ten klucz, może zrobić przez API w organizacji to, na co pozwalają Twoje role. Klucz przestanie działać, gdy jego właściciel opuści organizację.
own-keys = Klucze użytkownika
own-keys-hint = Klucze użytkownika to starszy rodzaj kluczy. Działają we wszystkich organizacjach, do których należysz. Zalecamy klucze projektu, które działają tylko w jednym projekcie.
key-shown = Twój klucz tajny został już pokazany
key-shown-lead = Klucz tajny pokazujemy tylko raz, zaraz po utworzeniu. Jeśli nie został zapisany, unieważnij go i utwórz nowy.
key-shown-close = Klucz jest zapisany
first-call-shown = Pierwszy klucz został utworzony i pokazany. Wstaw zapisany klucz w miejsce $OPENAI_API_KEY. Jeśli nie został zapisany, później możesz utworzyć kolejny na stronie kluczy API.
key-unsaved = Klucz tajny nie został skopiowany i nie pokażemy go ponownie. Zamknąć mimo to?
copy-base-url = Skopiuj bazowy URL
keys-active = Aktywne
keys-expiring = Wkrótce wygasną
keys-unused = Nieużywane od 90 dni
keys-expired = Wygasłe
keys-revoked = Unieważnione
keys-filters = Filtruj klucze
keys-search = Nazwa lub ostatnie cztery znaki
keys-find = Szukaj
keys-search-revoked = Szukaj też wśród unieważnionych
keys-none-end = Żaden klucz nie ma końcówki „{ $tail }”.
keys-none-either = Żaden klucz nie ma końcówki „{ $text }” ani takiego tekstu w nazwie.
keys-none-named = Żaden klucz nie ma w nazwie „{ $text }”.
keys-none-active = Nie ma aktywnych kluczy.
keys-none-expiring = Żaden klucz nie wygasa w ciągu 30 dni.
keys-none-unused = Każdy aktywny klucz był używany lub został utworzony w ciągu ostatnich 90 dni.
keys-none-expired = Żaden klucz nie wygasł.
keys-none-revoked = Nie unieważniono żadnego klucza.
keys-select = Zaznacz klucz „{ $name }”
keys-select-first = Najpierw zaznacz na liście co najmniej jeden klucz.
keys-revoke-selected = Unieważnij zaznaczone klucze
keys-revoke-several-lead = Żądania z tymi kluczami będą odrzucane. Tej operacji nie można cofnąć.
keys-gateways = Unieważniono na { $current } z { $all } bram.
leaked-link = Mój klucz wyciekł
leaked-title = Znajdź klucz, który wyciekł
leaked-lead = Wklej cały klucz tajny. Zanim go unieważnisz, zobaczysz, który to klucz i do czego był używany.
leaked-key = Klucz tajny, który wyciekł
leaked-hint = Porównujemy skrót klucza. Klucz nie jest zapisywany, nie trafia do logów ani do żadnego adresu.
leaked-find = Znajdź klucz
leaked-empty = Wklej klucz, który wyciekł.
leaked-none = Żaden klucz tej organizacji nie pasuje. Sprawdź, czy wklejono cały klucz.
leaked-none-own = Nie pasuje żaden z kluczy, które widzisz w tej organizacji. Poproś właściciela organizacji o sprawdzenie.
leaked-member = To klucz użytkownika należący do innego członka organizacji. Tylko ta osoba może go unieważnić, na stronie „Konto”.
leaked-revoked = Ten klucz już wcześniej unieważniono. Żądania z nim są odrzucane.
leaked-found = To jest wklejony klucz
leaked-found-lead = Po unieważnieniu żądania z tym kluczem są od razu odrzucane. Tej operacji nie można cofnąć.
leaked-found-revoked = Klucz już wcześniej unieważniono. Żądania z nim są odrzucane.
leaked-found-other = Unieważnić go może tylko jego właściciel lub właściciel organizacji.
key-revoked-at = unieważniono { $when }
key-done = Gotowe
copy-again = Skopiuj ponownie
key-facts = Klucz
key-created = Utworzono
key-when-by = { $when }, { $name }
key-place = { $project }, { $organization }
key-state-revoked = Unieważniony
key-state-expired = Wygasł
key-owner-out = Nie działa: jego właściciel nie ma dostępu do tego projektu.
key-heir = Otwórz klucz, który go zastąpił
key-issued-by = Wydany przez regułę federacji
key-use = Ostatnie 30 dni
key-use-hint = Żądania i koszty według modelu. Wykorzystanie pojawia się w ciągu minuty.
key-use-none = W ciągu ostatnich 30 dni klucz nie był używany.
key-spent = { $count ->
    [one] { $count } żądanie, łącznie { $cost }.
    [few] { $count } żądania, łącznie { $cost }.
    [many] { $count } żądań, łącznie { $cost }.
   *[other] { $count } żądania, łącznie { $cost }.
}
key-recent = Ostatnie żądania
key-recent-hint = Ostatnie minuty z żądaniami.
key-addresses = Adresy
key-addresses-hint = Ostatnie 10 adresów, z których użyto tego klucza; dla IPv6 sieć. Adres przechowujemy przez 30 dni od ostatniego użycia.
key-addresses-none = Nie znamy żadnego adresu. Nowy pojawi się tutaj w ciągu minuty.
key-address-first = Pierwsze użycie
key-address-last = Ostatnie użycie
key-changes = Zmiany
key-changes-hint = Wpisy dziennika zdarzeń dotyczące tego klucza.
scope-model-read = Wyświetlanie listy modeli
scope-model-request = Wysyłanie żądań do modeli
scope-responses-read = Odczyt odpowiedzi
scope-responses-write = Tworzenie i anulowanie odpowiedzi
scope-files-read = Odczyt plików
scope-files-write = Przesyłanie i usuwanie plików
scope-batch-read = Odczyt zadań wsadowych
scope-batch-write = Tworzenie i anulowanie zadań wsadowych
scope-usage-read = Odczyt wykorzystania i kosztów
scope-management-read = Odczyt ustawień organizacji
scope-management-write = Zmiana ustawień organizacji
scope-groups-read = Odczyt grup
scope-groups-write = Zmiana grup
scope-roles-read = Odczyt ról
scope-roles-write = Zmiana ról
keys-unsearched = { $count ->
    [one] Nie przeszukano { $count } unieważnionego klucza.
    [few] Nie przeszukano { $count } unieważnionych kluczy.
    [many] Nie przeszukano { $count } unieważnionych kluczy.
   *[other] Nie przeszukano { $count } unieważnionego klucza.
}
keys-revoke-several = { $count ->
    [one] Unieważnij { $count } klucz
    [few] Unieważnij { $count } klucze
    [many] Unieważnij { $count } kluczy
   *[other] Unieważnij { $count } klucza
}
keys-were-revoked = { $count ->
    [one] Unieważniono { $count } klucz.
    [few] Unieważniono { $count } klucze.
    [many] Unieważniono { $count } kluczy.
   *[other] Unieważniono { $count } klucza.
}
