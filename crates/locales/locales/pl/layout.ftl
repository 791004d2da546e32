skip = Przejdź do treści
menu = Menu
close = Zamknij
nav = Strony
nav-project = Projekt
nav-organization = Organizacja
nav-you = Ty
nav-dashboard = Pulpit
nav-api-keys = Klucze API
nav-usage = Zużycie
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
role-owner = Właściciel
role-reader = Członek
help = Pomoc
contact-support = Napisz do nas
sign-out = Wyloguj
language = Język
save = Zapisz
copy = Kopiuj
copied-at = Skopiowano o { $time }
cancel = Anuluj
remove = Usuń
busy = Trwa…
state = Stan
verified = Zweryfikowano
waived = Niewymagane
never = Nigdy
you = Ty
col-name = Nazwa
col-owner = Właściciel
col-role = Rola
col-since = Od
col-actions = Działania
owners-only = Tę stronę widzą właściciele organizacji.
show-older = Pokaż starsze
done-saved = Zapisano.
done-key-revoked = Klucz unieważniono.
done-invite-sent = Zaproszenie zostało wysłane.
done-invite-revoked = Zaproszenie wycofano.
done-member-removed = Ta osoba nie jest już członkiem. Jej klucze są odrzucane.
done-project-created = Projekt utworzono.
done-project-archived = Projekt zarchiwizowano. Jego klucze są odrzucane.
done-account-deleted = Konto usługi usunięto. Jego klucze są odrzucane.
done-phone-verified = Numer telefonu potwierdzono. Można tworzyć nowe klucze.
done-card-removed = Kartę usunięto.
done-session-ended = Sesję zakończono.
done-mail-sent = Wiadomość wysłano. Link działa raz i przez 24 godziny.
done-appealed = Odwołanie złożono. Sprawdzi je człowiek.
time-now = przed chwilą
time-soon = za chwilę
error-title = To się nie udało
error-title-not-found = Nic tu nie ma
error-title-forbidden = Niedostępne
error-home = Przejdź do pulpitu
error-form = Formularz jest przestarzały albo nie pochodzi z tej strony. Wróć, odśwież i wyślij go ponownie. Nic nie zostało zmienione.
error-not-found = To nie istnieje albo należy do kogoś innego.
error-forbidden = Twoja rola w organizacji na to nie pozwala. Może to zrobić właściciel.
error-limited = Za dużo prób. Ponownie będzie można { $time }.
error-phone-codes = Wysłano za dużo kodów. Następny będzie można wysłać { $time }.
error-verification-starts = Rozpoczęto zbyt wiele weryfikacji. Następną będzie można rozpocząć { $time }.
error-verification-links = Utworzono zbyt wiele linków do tej weryfikacji. Następny będzie możliwy { $time }; otwarta strona działa dalej.
error-verification-mails = Wysłano zbyt wiele wiadomości z linkiem. Następna będzie możliwa { $time }. W tym czasie działa kod QR.
error-verification-handoffs = Utworzono zbyt wiele linków dla innego urządzenia. Następny będzie możliwy { $time }.
error-exports = Pobrano zbyt wiele plików. Następny będzie można pobrać { $time }.
error-phone-checks = Za dużo błędnych kodów. Następna próba będzie możliwa { $time }.
error-phone-locked = Pięć błędnych kodów: ten kod już nie działa. Ponownie będzie można { $time }. Nic innego się nie zmienia.
error-phone-resend-too-soon = Kod będzie można wysłać ponownie { $time }.
error-verification-cooldown = Trzy próby nie zostały przyjęte. Ponownie będzie można { $time }; wcześniej może to sprawdzić człowiek.
error-payment-setups = Za dużo kart zostało odrzuconych. Ponownie będzie można { $time }.
error-phone-number-invalid = Numer nie został przyjęty: nie istnieje w numeracji tego kraju. Sprawdź kraj i cyfry.
error-phone-number-has-letters = Numer nie został przyjęty: wpisz cyfry zamiast liter.
error-phone-number-has-extension = Numer nie został przyjęty: SMS nie dotrze na numer wewnętrzny.
error-phone-country-mismatch = Numer należy do innego kraju niż wybrany.
error-phone-country-not-supported = Kody nie są wysyłane na numery z tego kraju.
error-phone-landline-not-supported = Telefon stacjonarny nie odbierze kodu. Użyj numeru komórkowego. Żadna próba nie została zużyta.
error-phone-voip-not-supported = Numery telefonii internetowej nie są przyjmowane. Użyj własnego numeru komórkowego. Żadna próba nie została zużyta.
error-phone-type-not-supported = Ten rodzaj numeru nie jest przyjmowany. Użyj numeru komórkowego. Żadna próba nie została zużyta.
error-phone-number-limit-reached = Tego numeru nie można użyć dla kolejnej organizacji. Użyj innego numeru albo napisz do nas.
error-phone-code-malformed = Kod ma sześć cyfr.
error-phone-code-wrong = Kod jest nieprawidłowy.
error-phone-code-expired = Ten kod już nie działa. Poproś o nowy.
error-phone-no-codes-left = Wysłano wszystkie kody tej weryfikacji. Odczekaj dziesięć minut i zacznij od nowa.
error-payment-method-required = Najpierw dodaj metodę płatności. Nic nie zostanie pobrane.
error-organization-verification-required = Najpierw trzeba zweryfikować organizację.
error-another-organization = Zanim utworzysz kolejną organizację, jedna z Twoich musi mieć: { $what }. Istniejące klucze działają dalej.
error-phone-sim-changed = Kartę SIM tego numeru niedawno wymieniono. Dla bezpieczeństwa może on zastąpić potwierdzony numer od: { $time }. Do tego czasu zostaje dotychczasowy numer.
error-phone-verification-required = Najpierw potwierdź numer telefonu. Istniejące klucze działają dalej.
error-provider-unavailable = Usługa chwilowo nie odpowiada. Nic nie przepadło i żadna próba nie została zużyta. Spróbuj ponownie za minutę.
error-not-configured = Operator nie skonfigurował tej funkcji.
error-unavailable = Serwer nie ma teraz dostępu do bazy danych. Spróbuj ponownie za chwilę.
error-internal = Błąd po naszej stronie. Został zapisany; ponowna próba może pomóc.
error-consent-required = Bez zgody nic się nie zaczyna. Zaznacz pole, aby kontynuować.
error-last-owner = Organizacja musi mieć właściciela. Najpierw nadaj tę rolę komuś innemu.
time-minutes-ago = { $count ->
    [one] { $count } minutę temu
    [few] { $count } minuty temu
    [many] { $count } minut temu
   *[other] { $count } minut temu
}
time-hours-ago = { $count ->
    [one] { $count } godzinę temu
    [few] { $count } godziny temu
    [many] { $count } godzin temu
   *[other] { $count } godzin temu
}
time-days-ago = { $count ->
    [one] { $count } dzień temu
    [few] { $count } dni temu
    [many] { $count } dni temu
   *[other] { $count } dni temu
}
time-in-minutes = { $count ->
    [one] za { $count } minutę
    [few] za { $count } minuty
    [many] za { $count } minut
   *[other] za { $count } minut
}
time-in-hours = { $count ->
    [one] za { $count } godzinę
    [few] za { $count } godziny
    [many] za { $count } godzin
   *[other] za { $count } godzin
}
time-in-days = { $count ->
    [one] za { $count } dzień
    [few] za { $count } dni
    [many] za { $count } dni
   *[other] za { $count } dni
}
