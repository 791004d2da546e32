skip = Przejdź do treści
menu = Menu
close = Zamknij
nav = Strony
nav-project = Projekt
nav-organization = Organizacja
nav-you = Twoje konto
nav-dashboard = Pulpit
nav-api-keys = Klucze API
nav-usage = Wykorzystanie
nav-limits = Limity
nav-general = Ogólne
nav-members = Członkowie
nav-projects = Projekty
nav-billing = Rozliczenia
nav-audit-log = Dziennik zdarzeń
nav-account = Konto
nav-operator = Operator
new-organization = Nowa organizacja
default-project = Projekt domyślny
role-assigned = Tylko nadane role
role-missing = Bez roli
role-owner = Właściciel
role-reader = Członek
help = Pomoc
contact-support = Skontaktuj się z pomocą
sign-out = Wyloguj się
language = Język
save = Zapisz
copy = Kopiuj
copied-at = Skopiowano o { $time }
cancel = Anuluj
remove = Usuń
busy = Przetwarzanie…
state = Stan
verified = Zweryfikowano
waived = Niewymagane
never = Nigdy
you = Twoje konto
col-name = Nazwa
col-owner = Właściciel
col-role = Rola
col-since = Od
col-actions = Działania
owners-only = Tę stronę widzą tylko właściciele organizacji.
show-older = Pokaż starsze
done-deletion-requested = Zaplanowano usunięcie konta. Datę wysłaliśmy e-mailem.
done-deletion-cancelled = Anulowano usunięcie. Konto pozostaje.
done-organization-deletion-requested = Zaplanowano usunięcie organizacji. Datę wysłaliśmy e-mailem do każdego właściciela.
done-organization-deletion-cancelled = Anulowano usunięcie. Organizacja pozostaje.
done-saved = Zapisano zmiany.
done-key-revoked = Unieważniono klucz.
done-key-paused = Wstrzymano klucz.
done-key-resumed = Wznowiono klucz.
done-invite-sent = Wysłano zaproszenie.
done-invite-revoked = Anulowano zaproszenie.
done-member-removed = Usunięto członka organizacji. Jego klucze już nie działają.
done-project-created = Utworzono projekt.
done-project-archived = Zarchiwizowano projekt. Jego klucze już nie działają.
done-account-deleted = Usunięto konto usługi. Jego klucze już nie działają.
done-phone-verified = Zweryfikowano numer telefonu. Możesz teraz tworzyć klucze.
done-card-removed = Usunięto kartę.
done-session-ended = Zakończono sesję.
done-mail-sent = Wysłano e-mail. Link działa raz i wygasa po 24 godzinach.
done-appealed = Wysłano odwołanie. Rozpatrzy je człowiek.
time-now = przed chwilą
time-soon = za chwilę
error-title = Coś poszło nie tak
error-title-not-found = Nie znaleziono strony
error-title-forbidden = Nie masz dostępu
error-home = Przejdź do Pulpitu
error-form = Ten formularz jest nieaktualny albo nie został wysłany z tej strony. Wróć, odśwież stronę i wyślij go ponownie. Nic się nie zmieniło.
error-not-found = Ta strona nie istnieje albo nie masz do niej dostępu.
error-cursor = Tej strony listy już nie ma. Otwórz listę ponownie.
without-role-title = Nie masz żadnej roli w organizacji { $organization }
without-role-lead = Należysz do organizacji { $organization }, ale nie masz roli, która pozwala tu cokolwiek zobaczyć lub zrobić. Poproś właściciela organizacji { $organization } o nadanie roli.
without-role-account = Otwórz swoje konto
without-role-others = Twoje pozostałe organizacje
foreign-project-title = To konto nie ma dostępu do tego projektu
foreign-project-message = Używasz konta { $email }. To konto nie należy do projektu, do którego prowadzi link, albo projekt został zarchiwizowany. Poproś właściciela organizacji o zaproszenie albo zaloguj się na inne konto.
foreign-project-sign-in = Zaloguj się na inne konto
error-forbidden = Twoja rola w tej organizacji na to nie pozwala. Poproś o to właściciela.
error-limited = Zbyt wiele prób. Spróbuj ponownie { $time }.
error-phone-codes = Wysłano zbyt wiele kodów. O kolejny kod możesz poprosić { $time }.
error-verification-starts = Rozpoczęto zbyt wiele weryfikacji. Kolejną możesz rozpocząć { $time }.
error-verification-links = Utworzono zbyt wiele linków do tej weryfikacji. Kolejny możesz utworzyć { $time }. Otwarta już strona działa dalej.
error-verification-mails = Wysłano zbyt wiele e-maili z linkiem. Kolejny możesz wysłać { $time }. W tym czasie możesz użyć kodu QR.
error-verification-handoffs = Utworzono zbyt wiele linków do innego urządzenia. Kolejny możesz utworzyć { $time }.
error-exports = Pobrano zbyt wiele plików. Kolejny możesz pobrać { $time }.
error-phone-checks = Zbyt wiele błędnych kodów. Spróbuj ponownie { $time }.
error-phone-locked = Pięć razy podano błędny kod, więc już nie działa. Spróbuj ponownie { $time }. Klucze działają dalej.
error-phone-resend-too-soon = Kod możesz wysłać ponownie { $time }.
error-verification-cooldown = Trzy próby nie zostały przyjęte. Spróbuj ponownie { $time } albo złóż odwołanie, a decyzję wcześniej sprawdzi człowiek.
error-payment-setups = Odrzucono zbyt wiele kart. Spróbuj ponownie { $time }.
error-phone-number-invalid = Numer nie został przyjęty. Nie istnieje w planie numeracji tego kraju. Sprawdź kraj i cyfry.
error-phone-number-has-letters = Numer nie został przyjęty. Wpisz cyfry zamiast liter.
error-phone-number-has-extension = Numer nie został przyjęty. SMS nie dotrze na numer wewnętrzny.
error-phone-country-mismatch = Numer należy do innego kraju niż wybrany.
error-phone-country-not-supported = Nie wysyłamy kodów na numery z tego kraju.
error-phone-landline-not-supported = Numer stacjonarny nie odbierze kodu. Podaj numer komórkowy. Nie zużyto próby.
error-phone-voip-not-supported = Numery telefonii internetowej (VoIP) nie są przyjmowane. Podaj własny numer komórkowy. Nie zużyto próby.
error-phone-type-not-supported = Ten rodzaj numeru nie jest przyjmowany. Podaj numer komórkowy. Nie zużyto próby.
error-phone-number-limit-reached = Tego numeru nie można użyć w kolejnej organizacji. Podaj inny numer lub skontaktuj się z pomocą techniczną.
error-phone-code-malformed = Wpisz sześć cyfr kodu.
error-phone-code-wrong = Kod jest nieprawidłowy.
error-phone-code-expired = Ten kod już nie działa. Poproś o nowy kod.
error-phone-no-codes-left = Wykorzystano wszystkie kody tej weryfikacji. Odczekaj dziesięć minut i zacznij od nowa.
error-payment-method-required = Najpierw dodaj metodę płatności. Nic nie zostanie pobrane.
error-organization-verification-required = Najpierw trzeba zweryfikować organizację.
error-another-organization = Zanim utworzysz kolejną organizację, jedna z obecnych musi spełnić wymaganie: { $what }. Istniejące klucze działają dalej.
error-phone-sim-changed = Karta SIM tego numeru została niedawno wymieniona. Ze względów bezpieczeństwa zweryfikowany numer możesz nim zastąpić dopiero { $time }. Do tego czasu obowiązuje dotychczasowy numer.
error-phone-verification-required = Najpierw zweryfikuj numer telefonu. Istniejące klucze działają dalej.
error-provider-unavailable = Usługa nie odpowiada. Nic nie przepadło i nie zużyto próby. Spróbuj ponownie za minutę.
error-not-configured = Operator tej usługi nie skonfigurował tej funkcji.
error-unavailable = Serwer nie może teraz połączyć się z bazą danych. Spróbuj ponownie za chwilę.
error-internal = Wystąpił błąd po naszej stronie. Został zapisany. Spróbuj ponownie.
error-consent-required = Aby kontynuować, zaznacz pole zgody.
error-last-owner = Organizacja musi mieć co najmniej jednego właściciela. Najpierw nadaj rolę właściciela innemu członkowi. Właściciel, którego konto zostanie usunięte, się nie liczy.
time-minutes-ago = { $count ->
    [one] { $count } minutę temu
    [few] { $count } minuty temu
    [many] { $count } minut temu
   *[other] { $count } minuty temu
}
time-hours-ago = { $count ->
    [one] { $count } godzinę temu
    [few] { $count } godziny temu
    [many] { $count } godzin temu
   *[other] { $count } godziny temu
}
time-days-ago = { $count ->
    [one] { $count } dzień temu
    [few] { $count } dni temu
    [many] { $count } dni temu
   *[other] { $count } dnia temu
}
time-in-minutes = { $count ->
    [one] za { $count } minutę
    [few] za { $count } minuty
    [many] za { $count } minut
   *[other] za { $count } minuty
}
time-in-hours = { $count ->
    [one] za { $count } godzinę
    [few] za { $count } godziny
    [many] za { $count } godzin
   *[other] za { $count } godziny
}
time-in-days = { $count ->
    [one] za { $count } dzień
    [few] za { $count } dni
    [many] za { $count } dni
   *[other] za { $count } dnia
}
form-running = Formularz jest jeszcze przetwarzany
form-running-lead = Wysłano go dwa razy, ale zostanie wykonany raz. Wynik pojawi się tutaj po zakończeniu.
form-running-again = Odśwież
