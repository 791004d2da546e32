# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about;
# $inviter invites to $organization.

# About accounts.
mail-confirm-subject = { $operator }: Potwierdź swój adres e-mail
mail-confirm-text =
    Otwórz ten link, aby potwierdzić adres. Działa raz i przez 24 godziny.

    { $detail }

    Jeśli to nie twoja rejestracja, nie trzeba nic robić.
mail-already-registered-subject = { $operator }: Konto już istnieje
mail-already-registered-text = Ktoś, być może ty, próbował założyć konto z tym adresem. Konto już istnieje: zaloguj się albo ustaw nowe hasło na stronie logowania. Nic nie zostało zmienione.
mail-choose-password-subject = { $operator }: Ustaw hasło
mail-choose-password-text =
    Adres jest potwierdzony. Wcześniej podano dla niego więcej niż jedno hasło, więc żadne nie obowiązuje. Otwórz ten link, aby ustawić hasło. Działa raz i przez godzinę.

    { $detail }
mail-reset-subject = { $operator }: Ustaw nowe hasło
mail-reset-text =
    Otwórz ten link, aby ustawić nowe hasło. Działa raz i przez godzinę.

    { $detail }

    Jeśli to nie twoja prośba, nie trzeba nic robić: obecne hasło działa dalej.
mail-password-changed-subject = { $operator }: Hasło zostało zmienione
mail-password-changed-text = Hasło do konta zostało zmienione, a sesje w innych przeglądarkach zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-invite-subject = { $operator }: Zaproszenie do organizacji „{ $organization }”
mail-invite-text =
    { $inviter } zaprasza Cię do organizacji „{ $organization }”. Otwórz link, aby przyjąć zaproszenie. Link działa raz, przez siedem dni.

    { $detail }

    Jeśli nie spodziewasz się zaproszenia, zignoruj tę wiadomość.
mail-new-sign-in-subject = { $operator }: Nowe logowanie
mail-new-sign-in-text =
    Zalogowano się na konto z przeglądarki lub sieci, której wcześniej nie było:

    { $detail }

    Jeśli to ty, nie trzeba nic robić. Jeśli nie, zmień hasło i zakończ pozostałe sesje w Ustawieniach konta.
mail-factor-on-subject = { $operator }: Drugi krok jest włączony
mail-factor-on-text = Logowanie na konto wymaga teraz kodu z aplikacji uwierzytelniającej. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-factor-off-subject = { $operator }: Drugi krok jest wyłączony
mail-factor-off-text = Logowanie na konto nie wymaga już kodu. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-recovery-codes-subject = { $operator }: Nowe kody zapasowe
mail-recovery-codes-text = Utworzono nowe kody zapasowe do konta. Stare już nie działają. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-confirm-address-subject = { $operator }: Potwierdź nowy adres e-mail
mail-confirm-address-text =
    Osoba korzystająca z poniższego konta poprosiła, aby odtąd używało ono tego adresu:

    { $account }

    Otwórz link tylko wtedy, gdy to twoje konto. Działa raz i przez 24 godziny.

    { $detail }

    Jeśli nie znasz tego konta, nie otwieraj linku: nie trzeba nic robić.
mail-address-taken-subject = { $operator }: Ten adres ma już konto
mail-address-taken-text = Ktoś, być może ty, chciał użyć tego adresu dla innego konta. Adres ma już własne konto. Nic nie zostało zmienione.
mail-address-changed-subject = { $operator }: Adres e-mail został zmieniony
mail-address-changed-text = Konto używa teraz innego adresu; ten już go nie otwiera. Jeśli to nie ty, od razu napisz do nas.
mail-passkey-added-subject = { $operator }: Dodano klucz dostępu
mail-passkey-added-text = Do konta dodano klucz dostępu, który teraz je otwiera. Pozostałe sesje zostały zakończone. Jeśli to nie ty, usuń go w ustawieniach bezpieczeństwa, od razu ustaw nowe hasło i napisz do nas.
mail-passkey-removed-subject = { $operator }: Usunięto klucz dostępu
mail-passkey-removed-text = Z konta usunięto klucz dostępu; już go nie otwiera. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-identity-linked-subject = { $operator }: Nowy sposób logowania
mail-identity-linked-text =
    Na konto można się teraz zalogować także przez:

    { $detail }

    Jeśli to nie ty, od razu napisz do nas.
mail-identity-unlinked-subject = { $operator }: Usunięto sposób logowania
mail-identity-unlinked-text =
    Konta nie można już otworzyć przez:

    { $detail }

    Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.
mail-pictures-expiring-subject = { $operator }: Sprawa czeka, a jej zdjęcia znikną w ciągu doby
mail-pictures-expiring-text =
    Nikt jeszcze nie rozstrzygnął tej sprawy. Jej zdjęcia zostaną usunięte w ciągu doby, bez względu na decyzję; potem trzeba będzie poprosić o nowe.

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }: Organizacja zweryfikowana
mail-verified-text = Organizacja jest zweryfikowana. Istniejące klucze mają od razu dostęp do kolejnych modeli; nowych nie trzeba tworzyć.
mail-in-review-subject = { $operator }: Weryfikację sprawdza człowiek
mail-in-review-text = Weryfikację organizacji sprawdza człowiek, zwykle w ciągu jednego dnia roboczego. Wynik wyślemy e-mailem.
mail-verification-rejected-subject = { $operator }: Weryfikacja nie została przyjęta
mail-verification-rejected-text = Weryfikacja organizacji nie została przyjęta. Na stronie podano powód i to, kiedy można spróbować ponownie lub się odwołać. Wszystkie klucze działają dalej.
mail-verification-paused-subject = { $operator }: Weryfikacja organizacji jest wstrzymana
mail-verification-paused-text = Modele wymagające weryfikacji są wyłączone. Wszystkie klucze i pozostałe modele działają. Na stronie podano powód.
mail-verification-due-subject = { $operator }: Weryfikację trzeba odnowić
mail-verification-due-text = Weryfikację organizacji trzeba odnowić. Na stronie podano termin. Do tego czasu wszystko pozostaje otwarte, a klucze działają w każdym razie.
mail-verification-ended-subject = { $operator }: Weryfikacja wygasła
mail-verification-ended-text = Weryfikacji organizacji nie odnowiono na czas. Modele, które jej wymagają, są wyłączone; wszystkie klucze i pozostałe modele działają.
mail-data-erased-subject = { $operator }: Zgodę wycofano, dane są usuwane
mail-data-erased-text = Wycofano zgodę. Dane są usuwane tutaj i u dostawcy; potwierdzenie jest na stronie.
mail-owners-changed-subject = { $operator }: Zmienili się właściciele organizacji
mail-owners-changed-text = Ktoś został właścicielem organizacji albo przestał nim być. Weryfikacja pozostaje ważna; na stronie podano, czy trzeba ją odnowić.
mail-pictures-held-subject = { $operator }: Zdjęcia z weryfikacji są przechowywane dłużej
mail-pictures-held-text = Dwie osoby po stronie operatora uznały, że prawo wymaga przechowywania zdjęć z weryfikacji organizacji dłużej niż zwykle. Na stronie podano termin; potem zdjęcia zostaną usunięte.
mail-phone-revoked-subject = { $operator }: Cofnięto weryfikację telefonu
mail-phone-revoked-text = Operator cofnął weryfikację telefonu. Istniejące klucze działają dalej; nowe muszą poczekać. Skontaktuj się z pomocą.
mail-phone-waived-subject = { $operator }: Telefon nie jest wymagany
mail-phone-waived-text = Operator zwolnił organizację z weryfikacji numeru telefonu.
mail-phone-waiver-ended-subject = { $operator }: Telefon jest znów wymagany
mail-phone-waiver-ended-text = Zwolnienie z weryfikacji numeru telefonu wygasło. Istniejące klucze działają dalej; nowe wymagają zweryfikowanego numeru.
mail-card-expiring-subject = { $operator }: Karta wkrótce traci ważność
mail-card-expiring-text = Zapisana karta wkrótce traci ważność. Dodaj inną; czternaście dni po jej końcu zamknie się to, co wymaga metody płatności. Klucze działają dalej.
mail-card-expired-subject = { $operator }: Karta straciła ważność
mail-card-expired-text = Zapisana karta straciła ważność i to, co wymaga metody płatności, jest zamknięte. Klucze działają dalej.
mail-payment-removed-subject = { $operator }: Brak zapisanej metody płatności
mail-payment-removed-text = Usunięto ostatnią metodę płatności. To, co jej wymaga, jest zamknięte; klucze działają dalej.
mail-payment-exempted-subject = { $operator }: Metoda płatności nie jest wymagana
mail-payment-exempted-text = Operator zwolnił organizację z podawania metody płatności.
mail-payment-exemption-ended-subject = { $operator }: Zwolnienie z metody płatności wygasło
mail-payment-exemption-ended-text = Zwolnienie z podawania metody płatności wygasło. Klucze działają dalej.
mail-help = Co to znaczy: { $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }: dokończ weryfikację na telefonie
mail-continue-on-phone-text =
    Otwórz ten link na telefonie. Działa raz i przez 24 godziny.

    { $url }

    Numer do porównania: { $number }. Na telefonie musi być ten sam. Nikt z obsługi nie prosi o kody ani zdjęcia.
