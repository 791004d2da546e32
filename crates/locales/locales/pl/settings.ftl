general-lead = Jak nazywa się ta organizacja, jak nazywa ją API i co o niej potwierdzono.
organization-id = ID organizacji
organization-id-hint = Trafia do nagłówka
project-id = ID projektu { $project }
members-lead = Właściciele zarządzają wszystkim. Członkowie tworzą klucze i wywołują API.
invited = Zaproszono
invited-until = działa do { $when }
make-owner = Nadaj rolę właściciela
make-reader = Zmień rolę na członka
take-back = Wycofaj
invite-title = Zaproś kogoś
invite-hint = Link działa raz i przez siedem dni.
send-invite = Wyślij zaproszenie
error-invite = Nie można wysłać zaproszenia.
projects-lead = Klucze i zużycie należą do projektu. Osobny projekt dla każdego środowiska je rozdziela.
active = Aktywny
archived = Zarchiwizowano { $when }
archive = Archiwizuj
archive-what = Wszystkie klucze projektu będą odrzucane od następnego wywołania. Tego nie można cofnąć.
archive-button = Archiwizuj { $name }
new-project = Nowy projekt
new-project-hint = Dla środowiska, klienta lub zespołu.
create-project = Utwórz projekt
billing-title = Metody płatności
billing-lead = Zapisana metoda płatności umożliwia weryfikację organizacji. Nic za to nie jest pobierane.
billing-empty = Nie ma jeszcze metody płatności. Kartę wpisuje się w serwisie płatności; Keystead nie widzi jej numeru.
billing-waived = Niewymagana dla tej organizacji.
billing-off = Operator nie skonfigurował serwisu płatności.
billing-phone = Następny krok: numer telefonu, potrzebny do nowych kluczy.
add-payment-method = Dodaj metodę płatności
to-verifications = Do weryfikacji
card = Karta
card-expires = Ważna do
card-added = Dodano
card-default = domyślna
card-declined = Bank odrzucił kartę. Nic nie pobrano; spróbuj innej.
card-insufficient-funds = Bank podaje: brak środków. Nic nie pobrano; spróbuj innej karty.
card-expired-card = Karta straciła ważność. Spróbuj innej.
card-provider-unavailable = Serwis płatności nie odpowiedział. Nic nie zostało zużyte; spróbuj ponownie.
members-look = Właściciele zapraszają i usuwają członków oraz zmieniają ich role.
projects-look = Właściciele tworzą i archiwizują projekty.
actor-api-key = Klucz API
actor-session = Osoba
actor-operator = Operator
actor-service = Usługa
operator-health = Usługi zewnętrzne
operator-jobs = Oczekujące zadania
operator-cases = Sprawy
operator-no-cases = Nie ma nic do rozstrzygnięcia.
operator-reason = Powód, do dziennika i dla właściciela
operator-proposed = { $name } proponuje przyjęcie. Musi się zgodzić druga osoba.
operator-approve = Przyjmij
operator-reject = Odrzuć
reset-factor = Zresetuj drugi krok
reset-factor-hint = Dla osoby, która straciła aplikację i kody zapasowe. Upewnij się, kto prosi. Jeden operator proponuje, drugi zgadza się w ciągu doby; wtedy sesje tej osoby się kończą, a na jej skrzynkę idzie wiadomość.
reset-factor-alone = Do tego trzeba dwóch operatorów, a skonfigurowano jednego. Dodaj drugi adres do operator.emails i uruchom ponownie albo zresetuj na samej maszynie:
reset-factor-proposed = { $name } proponuje reset. Musi się zgodzić druga osoba.
reset-factor-agree = Zgadzam się, zresetuj
reset-factor-reason = Jak upewniono się, kto prosi
reset-factor-propose = Zaproponuj
reset-factor-withdraw = Wycofaj propozycję
operator-organizations = Organizacje
operator-act = Zmień
operator-waive-phone = Zwolnij z telefonu
operator-waive-payment = Zwolnij z metody płatności
operator-exempt = Zwolnij z weryfikacji
operator-suspend = Wstrzymaj weryfikację
operator-restore = Przywróć weryfikację
operator-days = Liczba dni zwolnienia; puste pole oznacza bezterminowo
health-up = działa
health-down = nie odpowiada
health-unknown = jeszcze nie pytano
health-off = wyłączone
status-unverified = Niezweryfikowana
status-in-progress = W toku
status-in-review = Sprawdzana
status-verified = Zweryfikowana
status-rejected = Nieprzyjęta
status-expired = Wygasła
status-cooldown = Oczekuje
status-suspended = Wstrzymana
status-revoked = Cofnięta
status-exempt = Zwolniona
operator-lead = { $count ->
    [one] Na decyzję czeka { $count } sprawa.
    [few] Na decyzję czekają { $count } sprawy.
    [many] Na decyzję czeka { $count } spraw.
   *[other] Na decyzję czeka { $count } spraw.
}
project-models = Modele
project-models-which = Z których modeli może korzystać ten projekt?
project-models-hint = Wybór obowiązuje od następnego żądania. Model, który wymaga zweryfikowanej organizacji, wymaga jej w każdym projekcie.
project-models-all = Ze wszystkich dostępnych tutaj modeli
project-models-only = Tylko z zaznaczonych
project-models-but = Ze wszystkich oprócz zaznaczonych
project-models-listed = Modele
project-lead = To, co należy tylko do tego projektu: klucze, konta usług i ludzie.
project-people = Ludzie
project-people-hint = Kto ma tu własną rolę. Właściciele organizacji mają dostęp do każdego projektu.
project-people-empty = Nikt nie ma tu własnej roli.
accounts = Konta usług
accounts-hint = Do produkcji: konto usługi należy do tego projektu, a nie do osoby, więc jego klucze działają dalej, gdy ktoś odchodzi.
accounts-empty = Nie ma jeszcze kont usług.
accounts-more = Więcej kont usług
account-create = Utwórz konto usługi z kluczem
account-new-key = Nowy klucz
account-new-key-of = Nowy klucz dla { $name }
account-change-of = Zmień { $name }
account-delete = Usuń
account-delete-button = Usuń { $name }
account-role-hint = Obserwator nie wywołuje modeli.
account-last-used = Ostatnio użyto jednego z nich { $when }.
account-keys = { $count ->
    [one] { $count } klucz
    [few] { $count } klucze
    [many] { $count } kluczy
   *[other] { $count } klucza
}
account-delete-none = Nie ma działających kluczy. Tego nie można cofnąć.
account-delete-what = { $count ->
    [one] Jego klucz będzie odrzucany od następnego wywołania. Tego nie można cofnąć.
    [few] Jego { $count } klucze będą odrzucane od następnego wywołania. Tego nie można cofnąć.
    [many] Jego { $count } kluczy będzie odrzucanych od następnego wywołania. Tego nie można cofnąć.
   *[other] Jego { $count } klucza będzie odrzucane od następnego wywołania. Tego nie można cofnąć.
}
