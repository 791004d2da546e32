# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about;
# $inviter invites to $organization.

# About accounts.
mail-confirm-subject = { $operator }: Potwierdź adres e-mail
mail-confirm-text =
    Otwórz ten link, aby potwierdzić adres e-mail. Link działa raz i wygasa po 24 godzinach.

    { $detail }

    Jeśli to nie Ty zakładasz konto, zignoruj tę wiadomość.
mail-already-registered-subject = { $operator }: Masz już konto
mail-already-registered-text = Ktoś, być może Ty, chciał utworzyć konto z tym adresem e-mail. Masz już konto z tym adresem. Aby z niego skorzystać, zaloguj się albo zresetuj hasło na stronie logowania. Nic się nie zmieniło.
mail-choose-password-subject = { $operator }: Ustaw hasło
mail-choose-password-text =
    Adres e-mail jest potwierdzony. Zanim to nastąpiło, podano dla niego więcej niż jedno hasło, więc żadne nie obowiązuje. Otwórz ten link, aby ustawić hasło. Link działa raz i wygasa po godzinie.

    { $detail }
mail-reset-subject = { $operator }: Ustaw nowe hasło
mail-reset-text =
    Otwórz ten link, aby ustawić nowe hasło. Link działa raz i wygasa po godzinie.

    { $detail }

    Jeśli to nie Twoja prośba, zignoruj tę wiadomość. Obecne hasło nadal działa.
mail-password-changed-subject = { $operator }: Zmieniono hasło
mail-password-changed-text = Hasło do Twojego konta zostało zmienione, a sesje na innych urządzeniach zakończone. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-invite-subject = { $operator }: Zaproszenie do organizacji „{ $organization }”
mail-invite-text =
    { $inviter } zaprasza Cię do organizacji „{ $organization }”. Otwórz ten link, aby przyjąć zaproszenie. Link działa raz, przez siedem dni.

    { $detail }

    Jeśli nie spodziewasz się zaproszenia, zignoruj tę wiadomość.
mail-new-sign-in-subject = { $operator }: Nowe logowanie na konto
mail-new-sign-in-text =
    Zalogowano się na Twoje konto z nowej przeglądarki lub sieci:

    { $detail }

    Jeśli to Ty, nic nie trzeba robić. Jeśli nie, zmień hasło i zakończ pozostałe sesje w ustawieniach bezpieczeństwa.
mail-factor-on-subject = { $operator }: Włączono weryfikację dwuetapową
mail-factor-on-text = Logowanie na Twoje konto wymaga teraz także kodu z aplikacji uwierzytelniającej. Sesje na innych urządzeniach zostały zakończone. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-factor-off-subject = { $operator }: Wyłączono weryfikację dwuetapową
mail-factor-off-text = Logowanie na Twoje konto nie wymaga już kodu. Sesje na innych urządzeniach zostały zakończone. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-recovery-codes-subject = { $operator }: Nowe kody zapasowe
mail-recovery-codes-text = Utworzono nowe kody zapasowe do Twojego konta. Stare kody już nie działają. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-confirm-address-subject = { $operator }: Potwierdź nowy adres e-mail
mail-confirm-address-text =
    Właściciel tego konta chce używać na nim Twojego adresu e-mail:

    { $account }

    Jeśli to Twoje konto, otwórz link, aby potwierdzić zmianę. Link działa raz i wygasa po 24 godzinach.

    { $detail }

    Jeśli nie znasz tego konta, nie otwieraj linku. Nic się nie zmieni.
mail-address-taken-subject = { $operator }: Ten adres e-mail ma już konto
mail-address-taken-text = Ktoś, być może Ty, chciał użyć tego adresu e-mail na innym koncie. Adres należy już do Twojego konta, więc nic się nie zmieniło.
mail-address-changed-subject = { $operator }: Zmieniono adres e-mail
mail-address-changed-text = Twoje konto używa teraz innego adresu e-mail. Tym adresem nie można się już zalogować. Jeśli to nie Ty, od razu skontaktuj się z pomocą techniczną.
mail-passkey-added-subject = { $operator }: Dodano klucz dostępu
mail-passkey-added-text = Do Twojego konta dodano klucz dostępu, którym można się teraz logować. Sesje na innych urządzeniach zostały zakończone. Jeśli to nie Ty, usuń klucz dostępu w ustawieniach bezpieczeństwa, ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-passkey-removed-subject = { $operator }: Usunięto klucz dostępu
mail-passkey-removed-text = Z Twojego konta usunięto klucz dostępu. Nie można się już nim logować. Sesje na innych urządzeniach zostały zakończone. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-identity-linked-subject = { $operator }: Nowy sposób logowania
mail-identity-linked-text =
    Na Twoje konto można się teraz logować także przez:

    { $detail }

    Jeśli to nie Ty, od razu skontaktuj się z pomocą techniczną.
mail-identity-unlinked-subject = { $operator }: Usunięto sposób logowania
mail-identity-unlinked-text =
    Na Twoje konto nie można się już logować przez:

    { $detail }

    Sesje na innych urządzeniach zostały zakończone. Jeśli to nie Ty, od razu ustaw nowe hasło i skontaktuj się z pomocą techniczną.
mail-deletion-requested-subject = { $operator }: Twoje konto zostanie usunięte
mail-deletion-requested-text = Zażądano usunięcia Twojego konta. Zostanie ono usunięte { $detail }. Do tego czasu klucze działają. Aby zachować konto, zaloguj się i anuluj usunięcie w ustawieniach konta. Jeśli to nie Twoje żądanie, ustaw też nowe hasło i skontaktuj się z pomocą.
mail-deletion-soon-subject = { $operator }: Wkrótce usuniemy Twoje konto
mail-deletion-soon-text = Twoje konto zostanie usunięte { $detail }. Klucze przestaną wtedy działać, a danych nie będzie można przywrócić. Aby zachować konto, zaloguj się i anuluj usunięcie w ustawieniach konta.
mail-deletion-cancelled-subject = { $operator }: Twoje konto pozostaje
mail-deletion-cancelled-text = Anulowano usunięcie Twojego konta. Nic się nie zmieniło, a klucze działają dalej.
mail-account-deleted-subject = { $operator }: Twoje konto zostało usunięte
mail-account-deleted-text = Usunęliśmy Twoje konto i dane osobowe. Klucze już nie działają. To ostatni e-mail o tym koncie wysłany na ten adres.
mail-organization-deletion-requested-subject = { $operator }: Organizacja zostanie usunięta
mail-organization-deletion-requested-text = Osoba „{ $inviter }” zażądała usunięcia organizacji „{ $organization }”. Organizacja zostanie usunięta { $detail }. Do tego czasu jej klucze działają. Aby zachować organizację, zaloguj się i anuluj usunięcie. Może to zrobić każdy właściciel.
mail-organization-deletion-soon-subject = { $operator }: Wkrótce usuniemy organizację
mail-organization-deletion-soon-text = Organizacja „{ $organization }” zostanie usunięta { $detail }. Jej klucze przestaną wtedy działać, a danych nie będzie można przywrócić. Aby zachować organizację, zaloguj się i anuluj usunięcie. Może to zrobić każdy właściciel.
mail-organization-deletion-cancelled-subject = { $operator }: Organizacja pozostaje
mail-organization-deletion-cancelled-text = Osoba „{ $inviter }” anulowała usunięcie organizacji „{ $organization }”. Nic się nie zmieniło, a klucze działają dalej.
mail-tier-raised-subject = { $operator }: Organizacja osiągnęła poziom wykorzystania { $detail }
mail-tier-raised-text = Organizacja „{ $organization }” ma teraz poziom wykorzystania { $detail }. Od następnego żądania jej limity dla poszczególnych modeli są wyższe. Strona limitów pokazuje, czego wymaga następny poziom.
mail-organization-deleted-subject = { $operator }: Organizacja została usunięta
mail-organization-deleted-text = Usunęliśmy organizację „{ $organization }”. Jej klucze już nie działają. Twoje konto pozostaje: możesz utworzyć inną organizację albo do niej dołączyć.
mail-organization-deleted-held-subject = { $operator }: Organizacja została usunięta
mail-organization-deleted-held-text = Usunęliśmy organizację „{ $organization }”. Jej klucze już nie działają. Blokada prawna obejmuje zdjęcia z weryfikacji tożsamości do { $detail }. Potem zostaną trwale usunięte. Twoje konto pozostaje: możesz utworzyć inną organizację albo do niej dołączyć.
mail-pictures-expiring-subject = { $operator }: Sprawa wymaga decyzji w ciągu doby
mail-pictures-expiring-text =
    Sprawa organizacji „{ $organization }” nie została rozstrzygnięta. Jej zdjęcia zostaną trwale usunięte w ciągu doby, niezależnie od decyzji. Potem właściciel zostanie poproszony o nowe zdjęcia.

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }: Organizacja zweryfikowana
mail-verified-text = Twoja organizacja jest zweryfikowana. Istniejące klucze mogą już używać modeli, które wymagają weryfikacji. Nowych kluczy nie trzeba tworzyć.
mail-in-review-subject = { $operator }: Weryfikacja w trakcie sprawdzania
mail-in-review-text = Weryfikację Twojej organizacji sprawdza człowiek. Zwykle trwa to najwyżej jeden dzień roboczy. Wynik wyślemy e-mailem.
mail-verification-rejected-subject = { $operator }: Weryfikacja nie została przyjęta
mail-verification-rejected-text = Weryfikacja Twojej organizacji nie została przyjęta. Otwórz poniższą stronę, aby sprawdzić powód, termin kolejnej próby i sposób odwołania. Klucze działają dalej.
mail-verification-paused-subject = { $operator }: Weryfikacja wstrzymana
mail-verification-paused-text = Twoja organizacja nie może już używać modeli, które wymagają weryfikacji. Wszystkie klucze i pozostałe modele działają dalej. Otwórz poniższą stronę, aby poznać powód.
mail-verification-due-subject = { $operator }: Odnów weryfikację
mail-verification-due-text = Twoja organizacja wymaga ponownej weryfikacji. Otwórz poniższą stronę, aby sprawdzić termin i zacząć. Do tego czasu możesz używać wszystkich modeli. Klucze działają dalej niezależnie od weryfikacji.
mail-verification-ended-subject = { $operator }: Weryfikacja wygasła
mail-verification-ended-text = Weryfikacja Twojej organizacji nie została odnowiona na czas. Nie możesz już używać modeli, które jej wymagają. Wszystkie klucze i pozostałe modele działają dalej. Otwórz poniższą stronę, aby ponownie zweryfikować organizację.
mail-data-erased-subject = { $operator }: Wycofano zgodę
mail-data-erased-text = Zgoda na weryfikację Twojej organizacji została wycofana. Trwale usuwamy dane u nas i w usłudze weryfikacji tożsamości. Potwierdzenie usunięcia znajdziesz na poniższej stronie.
mail-owners-changed-subject = { $operator }: Zmienili się właściciele organizacji
mail-owners-changed-text = Twoja organizacja ma nowego właściciela albo ktoś przestał nim być. Organizacja pozostaje zweryfikowana. Otwórz poniższą stronę, aby sprawdzić, czy trzeba odnowić weryfikację.
mail-pictures-held-subject = { $operator }: Zdjęcia z weryfikacji są przechowywane dłużej
mail-pictures-held-text = Dwie osoby pracujące dla operatora uznały, że prawo wymaga przechowywania zdjęć z weryfikacji Twojej organizacji dłużej niż zwykle. Termin znajdziesz na poniższej stronie. Potem zdjęcia zostaną trwale usunięte.
mail-phone-revoked-subject = { $operator }: Cofnięto weryfikację telefonu
mail-phone-revoked-text = Operator cofnął weryfikację telefonu Twojej organizacji. Istniejące klucze działają dalej, ale nie możesz tworzyć nowych. Skontaktuj się z pomocą techniczną.
mail-phone-waived-subject = { $operator }: Weryfikacja telefonu nie jest już wymagana
mail-phone-waived-text = Operator zwolnił Twoją organizację z weryfikacji telefonu. Możesz tworzyć klucze bez weryfikowania numeru telefonu.
mail-phone-waiver-ended-subject = { $operator }: Weryfikacja telefonu jest znów wymagana
mail-phone-waiver-ended-text = Zwolnienie Twojej organizacji z weryfikacji telefonu zakończyło się. Istniejące klucze działają dalej. Aby tworzyć nowe, zweryfikuj numer telefonu.
mail-phone-waiver-refused-subject = { $operator }: Prośba o zwolnienie nie została przyjęta
mail-phone-waiver-refused-text = Operator nie przyjął prośby o zwolnienie z weryfikacji telefonu. Powód jest na poniższej stronie. Istniejące klucze działają dalej. Aby tworzyć nowe, zweryfikuj numer telefonu.
mail-card-expiring-subject = { $operator }: Karta wkrótce straci ważność
mail-card-expiring-text = Zapisana karta wkrótce straci ważność. Dodaj inną kartę. Czternaście dni po utracie ważności karty stracisz dostęp do funkcji, które wymagają metody płatności. Klucze działają dalej.
mail-card-expired-subject = { $operator }: Karta straciła ważność
mail-card-expired-text = Zapisana karta straciła ważność, a funkcje, które wymagają metody płatności, nie są już dostępne. Aby odzyskać do nich dostęp, dodaj inną kartę. Klucze działają dalej.
mail-payment-removed-subject = { $operator }: Brak zapisanej metody płatności
mail-payment-removed-text = Usunięto ostatnią metodę płatności Twojej organizacji. Funkcje, które jej wymagają, nie są już dostępne. Klucze działają dalej.
mail-payment-exempted-subject = { $operator }: Metoda płatności nie jest już wymagana
mail-payment-exempted-text = Operator zwolnił Twoją organizację z wymagania metody płatności. Nie musisz jej dodawać.
mail-payment-exemption-ended-subject = { $operator }: Metoda płatności jest znów wymagana
mail-payment-exemption-ended-text = Zwolnienie Twojej organizacji z metody płatności zakończyło się. Dodaj metodę płatności, aby korzystać z funkcji, które jej wymagają. Klucze działają dalej.
mail-help = Dowiedz się więcej: { $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }: Dokończ weryfikację na telefonie
mail-continue-on-phone-text =
    Otwórz ten link na telefonie. Link działa raz i wygasa po 24 godzinach.

    { $url }

    Numer kontrolny: { $number }. Na telefonie musi być ten sam numer. Pomoc techniczna nigdy nie prosi o kody ani zdjęcia.

# Parts that several mails share. Each line stands alone.
mail-line-organization = Organizacja: { $organization }
mail-line-account = Konto: { $account }
mail-line-by = Decyzja: { $operator }
mail-line-until = Ważne do: { $time }
mail-line-no-end = Ważne: bezterminowo
mail-line-deadline = Termin: { $time }
mail-line-retry = Kolejna próba od: { $time }
mail-line-project = Projekt: { $project }
mail-line-spent = Wydano w tym miesiącu: { $amount }
mail-line-webhook = Adres webhooka: { $host }
mail-line-budget-project = Projekt: { $name }
mail-line-budget-person = Członek: { $name }
mail-line-budget-key = Klucz: { $name }
mail-line-measure = { $measure ->
    [money] Budżet obejmuje: wydatki
    [tokens] Budżet obejmuje: tokeny
   *[requests] Budżet obejmuje: żądania
}
mail-line-interval = { $interval ->
    [hour] Okres: jedna godzina
    [day] Okres: jeden dzień
    [week] Okres: jeden tydzień
    [month] Okres: jeden miesiąc
   *[total] Okres: cały czas
}
mail-line-used = Wykorzystano: { $used } z { $limit }
mail-line-resets = Początek następnego okresu: { $time }
mail-line-opened = Zgłoszono: { $time }
mail-line-photos = Usunięcie zdjęć: { $time }
mail-line-case = { $kind ->
    [appeal] Odwołanie: { $organization }
    [duplicate] Użyty już dokument: { $organization }
   *[review] Sprawdzanie: { $organization }
}
mail-line-case-until = { $kind ->
    [appeal] Odwołanie: { $organization }. Usunięcie zdjęć: { $time }
    [duplicate] Użyty już dokument: { $organization }. Usunięcie zdjęć: { $time }
   *[review] Sprawdzanie: { $organization }. Usunięcie zdjęć: { $time }
}
mail-button-confirm = Potwierdź adres e-mail
mail-button-password = Ustaw hasło
mail-button-invite = Przyjmij zaproszenie
mail-button-account = Otwórz stronę usunięcia
mail-button-organization = Otwórz stronę usunięcia
mail-button-sign-in = Zaloguj się
mail-button-security = Otwórz ustawienia bezpieczeństwa
mail-button-case = Otwórz sprawę
mail-button-queue = Otwórz kolejkę spraw
mail-button-waivers = Otwórz prośby o zwolnienie
mail-button-verification = Otwórz weryfikację
mail-button-phone = Otwórz ustawienia telefonu
mail-button-waiver = Otwórz prośbę o zwolnienie
mail-button-billing = Otwórz metody płatności
mail-button-usage = Otwórz wykorzystanie
mail-button-limits = Otwórz limity
mail-button-webhook = Otwórz webhook
mail-button-continue = Dokończ weryfikację
mail-footer = Nadawca: { $operator }, { $url }
mail-footer-support = Nadawca: { $operator }, { $url }. Pomoc techniczna: { $support }

# To operators, about cases that need a decision.
mail-case-waiting-subject = { $kind ->
    [appeal] { $operator }: Odwołanie organizacji „{ $organization }” czeka na decyzję
    [duplicate] { $operator }: Dokument organizacji „{ $organization }” czeka na decyzję
   *[review] { $operator }: Weryfikacja organizacji „{ $organization }” czeka na decyzję
}
mail-case-waiting-text = { $kind ->
    [appeal] Właściciel odwołał się od nieprzyjętej weryfikacji. Decyzję musi podjąć człowiek.
    [duplicate] Przesłano dokument, którym zweryfikowano już inną organizację. Decyzję musi podjąć człowiek.
   *[review] Przesłano dokumenty i zdjęcia do weryfikacji. Decyzję musi podjąć człowiek.
}
mail-cases-waiting-subject = { $count ->
    [one] { $operator }: { $count } sprawa czeka na decyzję
    [few] { $operator }: { $count } sprawy czekają na decyzję
    [many] { $operator }: { $count } spraw czeka na decyzję
   *[other] { $operator }: { $count } sprawy czeka na decyzję
}
mail-cases-waiting-text = Decyzję w tych sprawach musi podjąć człowiek. Na początku jest ta, której termin mija najwcześniej.
mail-waiver-asked-subject = { $operator }: Organizacja „{ $organization }” prosi o zwolnienie
mail-waiver-asked-text =
    Organizacja „{ $organization }” prosi o zwolnienie z weryfikacji telefonu. Decyzję musi podjąć operator.

    { $detail }

# To the recipients of a spend alert.
mail-spend-alert-subject = { $operator }: { $name } – wydatki w tym miesiącu osiągnęły { $amount }
mail-spend-alert-text =
    Wydatki w tym miesiącu osiągnęły { $amount }, czyli próg alertu o wydatkach. Miesiące zaczynają się o północy UTC.

    Otrzymujesz tę wiadomość, ponieważ właściciel organizacji podał Twój adres w alercie. Jest wysyłana raz w miesiącu.

mail-webhook-gone-subject = { $operator }: webhook organizacji { $name } jest wyłączony
mail-webhook-gone-text =
    Webhook organizacji odpowiedział 410, co oznacza, że nie przyjmuje już dostarczeń. Został wyłączony, a oczekujące dostarczenia nie zostaną wysłane.

    Jeśli to pomyłka, włącz webhook ponownie. Dostarczenia z ostatnich 30 dni można wysłać ponownie na jego stronie.
mail-webhook-failing-subject = { $operator }: webhook organizacji { $name } jest wyłączony
mail-webhook-failing-text =
    Webhook organizacji przez trzy dni nie przyjął żadnego dostarczenia. Został wyłączony, a oczekujące dostarczenia nie zostaną wysłane.

    Sprawdź adres i program, a potem włącz webhook ponownie. Dostarczenia z ostatnich 30 dni można wysłać ponownie na jego stronie.

mail-budget-share-subject = { $operator }: { $name } – wykorzystano { $value }% budżetu
mail-budget-share-text =
    Wykorzystano { $value }% budżetu, czyli osiągnięto próg alertu. Gdy budżet zostanie wyczerpany, kolejne żądania będą odrzucane do następnego okresu albo do podniesienia budżetu przez właściciela.

    Otrzymujesz tę wiadomość jako właściciel organizacji albo dlatego, że właściciel podał Twój adres w alercie. Jest wysyłana raz w każdym okresie.
mail-budget-amount-subject = { $operator }: { $name } – wykorzystanie budżetu osiągnęło { $value }
mail-budget-amount-text =
    Wykorzystanie budżetu osiągnęło { $value }, czyli próg alertu. Gdy budżet zostanie wyczerpany, kolejne żądania będą odrzucane do następnego okresu albo do podniesienia budżetu przez właściciela.

    Otrzymujesz tę wiadomość jako właściciel organizacji albo dlatego, że właściciel podał Twój adres w alercie. Jest wysyłana raz w każdym okresie.
