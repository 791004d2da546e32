general-lead = Nazwa i ID organizacji oraz jej weryfikacje.
organization-id = ID organizacji
organization-id-hint = Wysyłaj je w nagłówku
project-id = ID projektu „{ $project }”
members-lead = Właściciele zarządzają wszystkim. Członkowie tworzą klucze i wywołują API.
invited = Zaproszono
invited-until = Zaproszenie wygasa { $when }
make-owner = Nadaj rolę właściciela
make-reader = Zmień rolę na członka
take-back = Anuluj zaproszenie
invite-title = Zaproś członka
invite-hint = Wyślemy e-mail z linkiem, który działa raz i wygasa po siedmiu dniach.
invite-no-mail = Zaproszenie to link wysyłany e-mailem, a ta instalacja nie może wysyłać e-maili. Poproś operatora o skonfigurowanie e-maila.
send-invite = Wyślij zaproszenie
error-invite = Nie udało się wysłać zaproszenia.
projects-lead = Klucze i wykorzystanie należą do projektu. Aby je rozdzielić, utwórz osobny projekt dla każdego środowiska.
active = Aktywny
archived = Zarchiwizowano { $when }
archive = Zarchiwizuj
archive-what = Wszystkie klucze tego projektu będą odrzucane od następnego żądania. Tej operacji nie można cofnąć.
archive-button = Zarchiwizuj projekt „{ $name }”
new-project = Nowy projekt
new-project-hint = Na przykład dla środowiska, klienta lub zespołu.
create-project = Utwórz projekt
billing-title = Metody płatności
billing-lead = Zapisana metoda płatności jest potrzebna, aby zweryfikować organizację. Nic nie zostanie pobrane.
billing-empty = Nie ma jeszcze metody płatności. Dane karty wpiszesz na stronie usługi płatniczej. Keystead nie widzi numeru karty.
billing-waived = Ta organizacja nie potrzebuje metody płatności.
billing-off = Operator tej usługi nie skonfigurował usługi płatniczej.
billing-phone = Teraz zweryfikuj numer telefonu, aby móc tworzyć klucze.
add-payment-method = Dodaj metodę płatności
to-verifications = Przejdź do weryfikacji
card = Karta
card-expires = Ważna do
card-added = Dodano
card-default = Domyślna
card-declined = Bank odrzucił kartę. Nic nie zostało pobrane. Spróbuj użyć innej karty.
card-insufficient-funds = Bank zgłasza brak środków. Nic nie zostało pobrane. Spróbuj użyć innej karty.
card-expired-card = Ta karta straciła ważność. Spróbuj użyć innej karty.
card-provider-unavailable = Usługa płatnicza nie odpowiedziała. Nic nie zostało pobrane. Spróbuj ponownie.
members-look = Tylko właściciele mogą zapraszać i usuwać członków oraz zmieniać ich role.
projects-look = Tylko właściciele mogą tworzyć i archiwizować projekty.
actor-api-key = Klucz API
actor-session = Osoba
actor-operator = Operator
actor-service = Usługa
actor-clock = Automatycznie
operator-health = Usługi zewnętrzne
operator-jobs = Oczekujące zadania
operator-cases = Sprawy
operator-no-cases = Brak spraw do rozstrzygnięcia.
operator-reason = Powód (widoczny w dzienniku zdarzeń i dla właściciela)
operator-proposed = { $name } proponuje zatwierdzenie. Musi się zgodzić druga osoba.
operator-approve = Zatwierdź
operator-reject = Odrzuć
reset-factor = Zresetuj weryfikację dwuetapową
reset-factor-hint = Dla osoby, która nie ma już ani aplikacji uwierzytelniającej, ani kodów zapasowych. Najpierw sprawdź jej tożsamość. Jeden operator proponuje reset, a drugi musi go zatwierdzić w ciągu doby. Osoba zostanie wtedy wylogowana ze wszystkich urządzeń i powiadomiona e-mailem.
reset-factor-alone = Reset wymaga dwóch operatorów, a skonfigurowano tylko jednego. Dodaj drugi adres do operator.emails i uruchom serwer ponownie albo wykonaj na serwerze to polecenie:
reset-factor-proposed = { $name } proponuje ten reset. Musi się zgodzić druga osoba.
reset-factor-agree = Zatwierdź reset
reset-factor-reason = Jak sprawdzono tożsamość tej osoby
reset-factor-propose = Zaproponuj reset
reset-factor-withdraw = Wycofaj propozycję
operator-organizations = Organizacje
operator-act = Zmień
operator-waive-phone = Zwolnij z weryfikacji telefonu
operator-waive-payment = Zwolnij z metody płatności
operator-exempt = Zwolnij z weryfikacji organizacji
operator-suspend = Wstrzymaj weryfikację
operator-restore = Wznów weryfikację
operator-days = Liczba dni zwolnienia (puste pole: bezterminowo)
health-up = Działa
health-down = Nie odpowiada
health-unknown = Jeszcze nie sprawdzono
health-off = Wyłączona
status-unverified = Niezweryfikowana
status-in-progress = W toku
status-in-review = W trakcie sprawdzania
status-verified = Zweryfikowana
status-rejected = Nie przyjęto
status-expired = Wygasła
status-cooldown = Czeka na kolejną próbę
status-suspended = Wstrzymana
status-revoked = Cofnięta
status-exempt = Zwolniona
operator-lead = { $count ->
    [one] { $count } sprawa czeka na decyzję.
    [few] { $count } sprawy czekają na decyzję.
    [many] { $count } spraw czeka na decyzję.
   *[other] { $count } sprawy czeka na decyzję.
}
project-models = Modele i narzędzia
project-models-which = Których modeli może używać ten projekt?
project-models-hint = Zmiany obowiązują od następnego żądania. Model, który wymaga zweryfikowanej organizacji, wymaga jej w każdym projekcie.
project-models-all = Wszystkie modele
project-models-only = Tylko wybrane modele
project-models-but = Wszystkie modele oprócz wybranych
project-models-listed = Modele
project-tools = Narzędzia
project-tools-hint = Narzędzia, które serwer modeli uruchamia na potrzeby żądania. Żądanie, które używa niezaznaczonego narzędzia, zostanie odrzucone.
project-tools-allowed = Narzędzia dostępne w żądaniach
tool-file-search = Wyszukiwanie w plikach
tool-web-search = Wyszukiwanie w internecie
tool-image-generation = Generowanie obrazów
tool-mcp = Serwery MCP
tool-code-interpreter = Interpreter kodu
project-tiers = Poziomy usług
project-tiers-hint = Żądanie wybiera poziom w polu service_tier. Poziom standardowy jest dostępny zawsze.
project-tiers-which = Poziomy do wyboru w żądaniach
project-tiers-all = Wszystkie poziomy
project-tiers-only = Tylko wybrane poziomy
project-tiers-default = Poziom żądań, które nie wybierają żadnego
tier-standard = Standardowy
tier-flex = Flex
tier-fast = Fast
tier-ultrafast = Ultrafast
tier-scale = Scale
error-tier-default = Zaznacz także poziom „Fast”, ponieważ mają go żądania, które nie wybierają żadnego.
project-lead = Klucze, konta usług i członkowie tego projektu.
project-people = Osoby
project-people-hint = Osoby z rolą w tym projekcie. Właściciele organizacji mają dostęp do każdego projektu.
project-people-empty = Nikt nie ma jeszcze roli w tym projekcie.
accounts = Konta usług
accounts-hint = Do środowiska produkcyjnego. Konto usługi należy do tego projektu, a nie do osoby, więc jego klucze działają dalej, gdy ktoś odejdzie.
accounts-empty = Nie ma jeszcze kont usług.
accounts-more = Pokaż więcej kont usług
account-create = Utwórz konto usługi
account-new-key = Utwórz klucz
account-new-key-of = Utwórz klucz dla konta „{ $name }”
account-change-of = Edytuj konto „{ $name }”
account-delete = Usuń
account-delete-button = Usuń konto „{ $name }”
account-role-hint = Obserwator nie może wywoływać modeli.
account-last-used = Ostatnie użycie jednego z kluczy: { $when }.
account-keys = { $count ->
    [one] { $count } klucz
    [few] { $count } klucze
    [many] { $count } kluczy
   *[other] { $count } klucza
}
account-delete-none = Konto nie ma aktywnych kluczy. Tej operacji nie można cofnąć.
account-delete-what = { $count ->
    [one] Klucz tego konta przestanie działać od następnego żądania. Tej operacji nie można cofnąć.
    [few] { $count } klucze tego konta przestaną działać od następnego żądania. Tej operacji nie można cofnąć.
    [many] { $count } kluczy tego konta przestanie działać od następnego żądania. Tej operacji nie można cofnąć.
   *[other] { $count } klucza tego konta przestanie działać od następnego żądania. Tej operacji nie można cofnąć.
}
organization-deletion = Usuń organizację
organization-deletion-hint = Po okresie oczekiwania wszystkie klucze przestaną działać, a dane organizacji zostaną usunięte.
organization-deletion-notice = Organizacja „{ $organization }” zostanie usunięta { $when }.
organization-deletion-by = Usunięcia zażądała osoba „{ $name }” ({ $when }).
organization-deletion-pending-lead = Organizacja zostanie usunięta { $when }. Do tego czasu wszystko działa, a każdy właściciel może anulować usunięcie.
organization-deletion-what-hint = Od tej chwili programy, które używają jednego z tych kluczy, otrzymają błąd 401. Usunięcia nie można cofnąć.
organization-deletion-keys = { $count ->
    [one] { $count } klucz przestanie działać.
    [few] { $count } klucze przestaną działać.
    [many] { $count } kluczy przestanie działać.
   *[other] { $count } klucza przestanie działać.
}
organization-deletion-used = Ostatnie użycie klucza: { $when }.
organization-deletion-unused = Żaden klucz nie był używany.
organization-deletion-members = { $count ->
    [one] { $count } członek straci dostęp. Jego konto pozostanie.
    [few] { $count } członków straci dostęp. Ich konta pozostaną.
    [many] { $count } członków straci dostęp. Ich konta pozostaną.
   *[other] { $count } członka straci dostęp. Ich konta pozostaną.
}
organization-deletion-projects = { $count ->
    [one] { $count } projekt zostanie usunięty wraz z ustawieniami i limitami.
    [few] { $count } projekty zostaną usunięte wraz z ustawieniami i limitami.
    [many] { $count } projektów zostanie usuniętych wraz z ustawieniami i limitami.
   *[other] { $count } projektu zostanie usunięte wraz z ustawieniami i limitami.
}
organization-deletion-service-accounts = { $count ->
    [one] { $count } konto usługi zostanie usunięte.
    [few] { $count } konta usług zostaną usunięte.
    [many] { $count } kont usług zostanie usuniętych.
   *[other] { $count } konta usługi zostanie usunięte.
}
organization-deletion-invites = { $count ->
    [one] { $count } otwarte zaproszenie zostanie anulowane.
    [few] { $count } otwarte zaproszenia zostaną anulowane.
    [many] { $count } otwartych zaproszeń zostanie anulowanych.
   *[other] { $count } otwartego zaproszenia zostanie anulowane.
}
organization-deletion-payment-methods = { $count ->
    [one] { $count } metoda płatności zostanie usunięta u nas i w usłudze płatności.
    [few] { $count } metody płatności zostaną usunięte u nas i w usłudze płatności.
    [many] { $count } metod płatności zostanie usuniętych u nas i w usłudze płatności.
   *[other] { $count } metody płatności zostanie usunięte u nas i w usłudze płatności.
}
organization-deletion-credit = Środków w kwocie { $amount } nie będzie można już użyć. Nie są zwracane automatycznie.
organization-deletion-verification = Weryfikacja zakończy się. Zweryfikowany numer telefonu zostanie usunięty, a zdjęcia i dokumenty zostaną trwale usunięte.
organization-deletion-held = Blokada prawna obejmuje zdjęcia z weryfikacji tożsamości do { $when }. Potem zostaną trwale usunięte.
organization-deletion-kept = Wykorzystanie i dziennik zdarzeń zostają zachowane. Wpisy dziennika zachowują zapisane w nich nazwy organizacji, jej projektów i kluczy oraz adresy IP osób i programów.
organization-deletion-days = { $count ->
    [one] Organizacja zostanie usunięta po { $count } dniu. Do tego czasu wszystko działa, a każdy właściciel może anulować usunięcie.
    [few] Organizacja zostanie usunięta po { $count } dniach. Do tego czasu wszystko działa, a każdy właściciel może anulować usunięcie.
    [many] Organizacja zostanie usunięta po { $count } dniach. Do tego czasu wszystko działa, a każdy właściciel może anulować usunięcie.
   *[other] Organizacja zostanie usunięta po { $count } dnia. Do tego czasu wszystko działa, a każdy właściciel może anulować usunięcie.
}
organization-deletion-type = Nazwa organizacji
organization-deletion-type-hint = Aby potwierdzić, wpisz: { $name }
organization-deletion-request = Usuń tę organizację
error-organization-name-differs = To nie jest nazwa organizacji. Wpisz ją dokładnie tak, jak ją pokazano.
operator-deletion = Zostanie usunięta { $when } na żądanie właściciela
operator-held = Zdjęcia objęte blokadą prawną
operator-held-until = Przechowywane do
organization-export = Dane organizacji
organization-export-hint = Plik JSON z ustawieniami, projektami, członkami, zaproszeniami, kontami usług, kluczami bez danych poufnych i weryfikacjami. Najpierw możemy poprosić o hasło.
organization-export-download = Pobierz dane organizacji
organization-export-more = Wykorzystanie i dziennik zdarzeń mają osobne pliki:
organization-export-usage = Otwórz wykorzystanie, aby pobrać je jako CSV
organization-export-audit = Otwórz dziennik zdarzeń, aby pobrać go jako CSV
