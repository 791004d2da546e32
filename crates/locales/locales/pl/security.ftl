nav-security = Bezpieczeństwo
security-lead = Zarządzaj sposobami logowania i aktywnymi sesjami.
security-open = Otwórz ustawienia bezpieczeństwa
ways-in = Sposoby logowania
ways-in-hint = Na to konto możesz zalogować się każdym z nich.
password-since = Ustawione, ostatnia zmiana: { $when }
password-set = Ustawione
password-none = Brak
password-none-hint = To konto nie ma hasła.
identity-elsewhere = Połączone konto
identity-since = { $issuer }, od { $when }
password-change-hint = Zmiana hasła zakończy sesje na innych urządzeniach.
password-old = Obecne hasło
password-change = Zmień hasło
factor-title = Weryfikacja dwuetapowa
factor-hint = Po podaniu hasła poprosimy o kod z aplikacji uwierzytelniającej. Ktoś, kto pozna hasło, nie zaloguje się bez tego kodu.
factor-on = Włączona
factor-off = Wyłączona
factor-since = od { $when }
factor-set-up = Skonfiguruj weryfikację dwuetapową
factor-set-up-lead = Dodaj to konto do aplikacji uwierzytelniającej, a potem wpisz pierwszy kod, który się w niej pojawi. Do tego czasu nic się nie zmieni.
factor-turn-on = Włącz
factor-turn-off = Wyłącz weryfikację dwuetapową
factor-scan = Dodaj konto
factor-scan-hint = Możesz użyć dowolnej aplikacji do kodów czasowych (TOTP).
factor-qr-label = Kod QR dla aplikacji uwierzytelniającej
factor-type = Nie możesz zeskanować kodu? Wpisz w aplikacji ten klucz:
factor-first-code = Pierwszy kod
factor-first-code-hint = Potwierdza, że aplikacja jest dobrze skonfigurowana.
factor-code = Kod
factor-code-hint = Wpisz sześć cyfr z aplikacji uwierzytelniającej albo jeden z kodów zapasowych.
factor = Weryfikacja dwuetapowa
factor-lead = Wpisz kod z aplikacji uwierzytelniającej.
recovery-codes = Kody zapasowe
recovery-codes-lead = Jeśli stracisz aplikację uwierzytelniającą, każdym z tych kodów możesz zalogować się raz. Kody widać tylko teraz.
recovery-codes-keep = Przechowuj je osobno od telefonu, na przykład w menedżerze haseł albo na papierze.
recovery-codes-kept = Mam zapisane kody
recovery-left = { $count ->
    [one] Pozostał { $count } kod zapasowy.
    [few] Pozostały { $count } kody zapasowe.
    [many] Pozostało { $count } kodów zapasowych.
   *[other] Pozostało { $count } kodu zapasowego.
}
recovery-renew = Utwórz nowe kody zapasowe
proof = Potwierdź, że to Ty
proof-lead = Od ostatniego logowania lub potwierdzenia tożsamości minęło ponad dziesięć minut. Potwierdź ponownie, że to Ty, aby dokończyć rozpoczęte działanie.
proof-button = Dalej
proof-elsewhere = To konto nie ma tu hasła. Zaloguj się ponownie przez { $issuer }, a potem powtórz działanie.
proof-sign-in = To konto nie ma ani hasła, ani aplikacji uwierzytelniającej. Wyloguj się i zaloguj ponownie, a potem powtórz działanie.
invite-join = Utwórz konto i dołącz
invite-again = Wyślij ponownie
member-change = Edytuj
member-change-of = Edytuj: { $name }
member-organization = Rola w organizacji
member-organization-hint = Właściciele zarządzają wszystkim. Członkowie tworzą klucze i wywołują API.
member-projects = Projekty
member-projects-hint = Członkowie mają dostęp do Projektu domyślnego i do projektów, w których mają rolę.
member-projects-owner = Właściciele organizacji mają dostęp do każdego projektu niezależnie od tych ról.
member-remove = Usuń z organizacji
member-remove-what = Klucze tej osoby przestaną działać od następnego żądania.
member-remove-button = Usuń: { $name }
project-role-none = Bez roli
project-role-viewer = Obserwator
project-role-member = Członek
project-role-owner = Właściciel
more-projects = Pokaż więcej projektów
more-members = Pokaż więcej członków
invite-places-cut = Lista zawiera tylko pierwszych 50 projektów. Role w pozostałych możesz nadać na stronie członka, gdy dołączy do organizacji.
project-people-cut = Lista zawiera tylko pierwszych 100 osób w kolejności alfabetycznej. Wszystkie znajdziesz na stronie Członkowie.
key-accounts-cut = Lista zawiera tylko pierwszych 100 kont usług. Klucze dla pozostałych utworzysz na stronie projektu.
done-password-changed = Zmieniono hasło. Zakończono sesje na innych urządzeniach.
done-second-factor-off = Wyłączono weryfikację dwuetapową. Zakończono sesje na innych urządzeniach.
error-password-is-address = Hasło nie może być oparte na adresie e-mail.
error-second-factor-wrong = Kod jest nieprawidłowy albo został już użyty. Poczekaj na następny kod i spróbuj ponownie.
error-second-factor = Zbyt wiele błędnych kodów przy logowaniu. Spróbuj ponownie { $time }.
error-wrong-password = Hasło jest nieprawidłowe.
error-no-password = To konto nie ma hasła. Aby je ustawić, poproś o link na stronie logowania.
error-sign-in-again = To konto nie ma hasła. Wyloguj się i zaloguj ponownie.
error-sign-in-instead = Ten adres e-mail ma już konto. Zaloguj się, a potem otwórz zaproszenie ponownie.
error-reauthentication-needed = Zaloguj się ponownie, aby potwierdzić, że to Ty.
passkeys = Klucze dostępu
passkey-hint = Klucz dostępu jest zapisany na tym urządzeniu albo na kluczu sprzętowym. Odblokowujesz go odciskiem palca, twarzą lub kodem PIN. Działa tylko w tym serwisie. Logowanie kluczem dostępu zastępuje też weryfikację dwuetapową.
passkey-add = Dodaj klucz dostępu
passkey-create = Utwórz klucz dostępu
passkey-usual-name = To urządzenie
passkey-name-hint = Wybierz nazwę, po której łatwo go rozpoznasz.
passkey-remove = Usuń klucz dostępu „{ $name }”
passkey-missing = Aby używać kluczy dostępu, włącz JavaScript i otwórz tę stronę pod adresem { $site } w przeglądarce, która je obsługuje. Pozostałe sposoby logowania działają bez kluczy dostępu.
passkey-impossible = Klucze dostępu wymagają nazwy domeny. Ten serwer jest dostępny pod adresem IP.
passkey-sign-in = Zaloguj się kluczem dostępu
passkey-proof = Użyj klucza dostępu
passkey-failed = Nie użyto klucza dostępu. Spróbuj ponownie lub wybierz inny sposób.
error-passkey-wrong = Klucz dostępu nie został przyjęty. Spróbuj ponownie lub użyj hasła.
done-passkey-added = Dodano klucz dostępu. Zakończono sesje na innych urządzeniach.
done-passkey-removed = Usunięto klucz dostępu. Zakończono sesje na innych urządzeniach.
address = Potwierdź nowy adres e-mail
address-lead = Potwierdź tylko wtedy, gdy to Twoje konto. Będzie ono odtąd używać nowego adresu e-mail.
address-account = Konto
address-hint = Wyślemy link na nowy adres. Dopóki go nie otworzysz, nic się nie zmieni. Powiadomimy też stary adres.
address-new = Nowy adres e-mail
address-change = Zmień adres e-mail
error-other-account = Ten link dotyczy innego konta niż to, które jest tu zalogowane. Jeśli to Twoja prośba, wyloguj się i otwórz link ponownie. Jeśli nie, zignoruj go. Nic się nie zmieni.
error-operator-address = Ten adres e-mail należy do operatora tej instalacji. Otwórz link w przeglądarce, w której konto, z którego wysłano tę prośbę, jest zalogowane z weryfikacją dwuetapową.
identity-remove = Usuń: { $issuer }
error-only-way-in = Najpierw ustaw hasło albo dodaj klucz dostępu. W przeciwnym razie nie będzie można zalogować się na to konto.
identity-connect = Połącz z { $issuer }
error-sign-in-to-connect = Ten adres e-mail ma już konto. Zaloguj się na nie, a potem połącz drugie konto w ustawieniach bezpieczeństwa.
error-identity-taken = Drugie konto jest już połączone z innym kontem w tym serwisie.
safety = Weryfikacja dwuetapowa dla członków
safety-hint = Aby otworzyć strony tej organizacji, członkowie będą potrzebować aplikacji uwierzytelniającej lub klucza dostępu użytego przy logowaniu. Klucze API działają dalej.
safety-on = Wymagana od { $when }
safety-off = Niewymagana
safety-none-lacking = Wszyscy członkowie korzystają z weryfikacji dwuetapowej.
safety-turn-on = Wymagaj weryfikacji dwuetapowej
safety-turn-off = Przestań wymagać
safety-own-first = Najpierw skonfiguruj weryfikację dwuetapową na swoim koncie.
safety-locked = Organizacja „{ $organization }” wymaga weryfikacji dwuetapowej. Skonfiguruj ją lub użyj klucza dostępu, aby otworzyć strony tej organizacji.
safety-operator = Operatorzy tej instalacji potrzebują weryfikacji dwuetapowej. Aby otworzyć konsolę, skonfiguruj aplikację uwierzytelniającą albo dodaj klucz dostępu i użyj go.
error-own-second-factor-first = Zanim zaczniesz wymagać weryfikacji dwuetapowej od innych, skonfiguruj ją na swoim koncie.
safety-lacking = { $count ->
    [one] { $count } członek nie korzysta z weryfikacji dwuetapowej. Musi ją skonfigurować, zanim otworzy strony tej organizacji:
    [few] { $count } członków nie korzysta z weryfikacji dwuetapowej. Muszą ją skonfigurować, zanim otworzą strony tej organizacji:
    [many] { $count } członków nie korzysta z weryfikacji dwuetapowej. Muszą ją skonfigurować, zanim otworzą strony tej organizacji:
   *[other] { $count } członka nie korzysta z weryfikacji dwuetapowej. Muszą ją skonfigurować, zanim otworzą strony tej organizacji:
}
safety-lacking-off = { $count ->
    [one] { $count } członek nie korzysta jeszcze z weryfikacji dwuetapowej:
    [few] { $count } członków nie korzysta jeszcze z weryfikacji dwuetapowej:
    [many] { $count } członków nie korzysta jeszcze z weryfikacji dwuetapowej:
   *[other] { $count } członka nie korzysta jeszcze z weryfikacji dwuetapowej:
}
