capture-title = Weryfikacja
capture-same-number = Musi się zgadzać z drugim urządzeniem:
capture-begin = Sfotografuj dokument i twarz
capture-whose = { $operator } weryfikuje organizację „{ $organization }”. Tylko posiadacz dokumentu może to zrobić, osobiście.
capture-asks-document = Zdjęcia jednego ważnego dokumentu
capture-asks-face = Selfie i trzy krótkie polecenia przed kamerą
capture-asks-face-hint = W dobrym świetle, bez okularów przeciwsłonecznych.
capture-asks-person = Sprawdzenie przez człowieka
capture-erased-by = Zdjęcia służą tylko tej weryfikacji i zostaną trwale usunięte najpóźniej { $when }.
capture-country = Kraj wydania dokumentu
capture-country-hint = Może być inny niż kraj zamieszkania.
capture-safe = Sprawdź, czy adres tej strony to { $host }, a numer powyżej zgadza się z drugim urządzeniem. Pomoc techniczna nigdy nie prosi o ten link.
capture-document = Wybierz dokument
capture-document-hint = Musi być ważny i należeć do Ciebie. Kopie i zdjęcia ekranu nie są przyjmowane.
capture-other-country = Wybierz inny kraj
capture-change = Zmień kraj
capture-change-document = Zmień dokument
capture-step = Zdjęcie { $at } z { $of }
capture-document-lead = Połóż dokument płasko na jednolitym tle, z dala od lamp. Wszystkie cztery rogi i każdy wiersz muszą być czytelne.
capture-my-number-lead = Sfotografuj tylko przód. Nie fotografuj tyłu: numeru, który się tam znajduje, nie wolno zbierać, a takie zdjęcie zostanie zniszczone.
capture-selfie-lead = Patrz prosto w kamerę. Twarz powinna być na środku i równomiernie oświetlona.
capture-keep = Użyj tego zdjęcia
capture-again = Zrób ponownie
capture-takes-left = { $count ->
    [one] Możesz zrobić je ponownie jeszcze { $count } raz.
    [few] Możesz zrobić je ponownie jeszcze { $count } razy.
    [many] Możesz zrobić je ponownie jeszcze { $count } razy.
   *[other] Możesz zrobić je ponownie jeszcze { $count } raza.
}
capture-finder = Podgląd z kamery
capture-focus = Ostrość
capture-light = Światło
capture-glare = Odblask
capture-good = dobrze
capture-focus-poor = nieostro
capture-light-poor = za ciemno
capture-glare-poor = za mocny
capture-denied = Ta strona nie ma dostępu do kamery. Zezwól na niego w ustawieniach przeglądarki dla tej witryny, obok adresu, i spróbuj ponownie. Możesz też wybrać plik poniżej.
capture-no-camera = Nie udało się uruchomić kamery. Zamknij inne programy, które jej używają, i spróbuj ponownie albo wybierz plik poniżej.
capture-insecure = Ta przeglądarka pozwala używać kamery tylko na stronach z https. Wybierz plik poniżej.
capture-not-sent = Nie udało się wysłać zdjęcia. Nic nie przepadło. Spróbuj ponownie.
capture-open-camera = Otwórz kamerę
capture-take = Zrób zdjęcie
capture-sending = Wysyłanie…
capture-file = Nie masz kamery? Wybierz plik
capture-send-file = Prześlij zdjęcie
capture-prompts = Trzy polecenia przed kamerą
capture-prompts-lead = Gdy otworzysz kamerę, pokażemy po kolei trzy polecenia. Na każde masz dziesięć sekund. Przygotuj dokument, kartkę papieru i długopis.
capture-prompts-button = Pokaż polecenia
capture-check = Sprawdź i wyślij
capture-check-lead = Wszystko jest gotowe. Po wysłaniu nie można już nic zmienić.
capture-zone = Wpisz wiersze do odczytu maszynowego (opcjonalnie)
capture-zone-typed = Wiersze do odczytu maszynowego: wpisane
capture-zone-label = Wiersze do odczytu maszynowego
capture-zone-hint = Dwa lub trzy wiersze ze znakami < na dole dokumentu, dokładnie tak, jak są wydrukowane. Przyspieszają sprawdzanie.
capture-submit = Wyślij
document-passport = Paszport
document-identity-card = Dowód osobisty
document-drivers-license = Prawo jazdy
document-residence-permit = Karta pobytu
document-my-number-card = Karta My Number (tylko przód)
document-visa = Wiza razem z paszportem
slot-front = Przód dokumentu
slot-back = Tył dokumentu
slot-data-page = Strona paszportu ze zdjęciem
slot-visa = Wiza
slot-passport = Strona Twojego paszportu ze zdjęciem
slot-selfie = Selfie
slot-prompt = Polecenie { $number }
prompt-look-left = Spójrz w lewo
prompt-look-right = Spójrz w prawo
prompt-look-up = Spójrz w górę
prompt-smile = Uśmiechnij się
prompt-card-beside-face = Trzymaj dokument obok twarzy
prompt-show-fingers = Pokaż tyle palców: { $count }
prompt-write-number = Napisz na kartce { $number } i pokaż ją do kamery
hint-blurred = Zdjęcie jest nieostre. Nie ruszaj telefonem i dotknij dokumentu na ekranie, aby ustawić ostrość.
hint-glare = Odblask zasłania część dokumentu. Lekko go przechyl.
hint-dark = Zdjęcie jest za ciemne. Przejdź w jaśniejsze miejsce.
review-queue = Kolejka spraw
review-waiting = { $count ->
    [one] { $count } sprawa czeka na decyzję. Na górze jest ta, która wygasa najwcześniej.
    [few] { $count } sprawy czekają na decyzję. Na górze jest ta, która wygasa najwcześniej.
    [many] { $count } spraw czeka na decyzję. Na górze jest ta, która wygasa najwcześniej.
   *[other] { $count } sprawy czeka na decyzję. Na górze jest ta, która wygasa najwcześniej.
}
review-nothing = Brak spraw do rozstrzygnięcia.
review-kind = Rodzaj
review-kind-review = Sprawdzanie
review-kind-appeal = Odwołanie
review-kind-duplicate = Dokument już użyty
review-opened = Otwarta
review-pictures-go = Usunięcie zdjęć
review-open = Otwórz
review-found = { $count ->
    [one] { $count } uwaga
    [few] { $count } uwagi
    [many] { $count } uwag
   *[other] { $count } uwagi
}
review-document = { $document }, { $country }
review-statement = Wyjaśnienie właściciela
review-live = Zrobione na żywo.
review-from-file = Przesłane z pliku.
review-looking = Na każdym zdjęciu jest znak wodny z Twoim adresem i godziną. Właściciele widzą, że zdjęcia zostały przez Ciebie obejrzane.
review-why = Dlaczego oglądasz zdjęcia?
review-why-review = Aby sprawdzić tę sprawę
review-why-appeal = Aby rozpatrzyć odwołanie
review-why-audit = Aby skontrolować decyzję
review-show = Pokaż zdjęcia
review-no-pictures = Zdjęcia zostały trwale usunięte.
review-checks = Kontrole automatyczne
review-check = Kontrola
review-read = Wartość
review-result = Wynik
review-fine = OK
review-not-checked = Nie sprawdzono
review-by-eye = Sprawdź wzrokowo
review-used-before = Sprawdź: użyto już do weryfikacji innej organizacji
review-not-used-before = Nieużywany wcześniej
check-name = Imię i nazwisko
check-digits = Cyfry kontrolne
check-kind = Rodzaj dokumentu
check-issuer = Wystawca
check-expiry = Ważny do
check-age = Data urodzenia
check-pictures = Zdjęcia
check-live = Polecenia
check-used = Numer dokumentu
flag-mrz-digits-disagree = Sprawdź: cyfra kontrolna się nie zgadza
flag-mrz-unreadable = Sprawdź: wierszy nie da się odczytać
flag-mrz-other-document = Sprawdź: inny rodzaj dokumentu niż wybrany
flag-mrz-other-issuer = Sprawdź: inny kraj niż wybrany
flag-mrz-expired = Sprawdź: stracił ważność
flag-mrz-expiry-unknown = Sprawdź: brak daty ważności
flag-mrz-under-age = Sprawdź: poniżej 18 lat
flag-mrz-birth-unknown = Sprawdź: brak daty urodzenia
flag-same-picture = Sprawdź: dwa razy to samo zdjęcie
flag-seen-elsewhere = Sprawdź: to samo zdjęcie w innej sprawie
flag-uploaded-not-live = Sprawdź: przesłane z plików, nie zrobione kamerą
flag-liveness-wrong-count = Sprawdź: brakuje zdjęć
flag-liveness-wrong-echo = Sprawdź: zdjęcie pasuje do innego polecenia
flag-liveness-out-of-order = Sprawdź: niemożliwa kolejność
flag-liveness-too-slow = Sprawdź: wykonanie polecenia trwało zbyt długo
flag-liveness-stale = Sprawdź: odpowiedzi przyszły zbyt późno
review-zone = Wpisz lub popraw wiersze do odczytu maszynowego
review-decision = Decyzja
review-own = Należysz do tej organizacji, więc decyzję musi podjąć inna osoba sprawdzająca.
review-one = Decyzję może podjąć jedna osoba.
review-two = Tym dokumentem zweryfikowano inną organizację. Zatwierdzić muszą dwie osoby sprawdzające.
review-looked = Wszystko sprawdzono
look-genuine = Dokument wygląda na autentyczny: druk, krawędzie, hologramy, brak przeróbek
look-face = Twarz zgadza się ze zdjęciem w dokumencie
look-prompts = Polecenia wykonała ta sama osoba
look-readable = Imię i nazwisko, numer i daty są czytelne i ważne
review-note = Notatka do dziennika zdarzeń
review-destroy = Zniszcz zdjęcia od razu (na przykład jeśli pokazują stronę, której nie wolno zbierać)
review-approve = Zatwierdź organizację
review-approve-what = W ciągu kilku sekund organizacja będzie mogła używać modeli wymagających weryfikacji. Powiadomimy właścicieli.
review-recapture = Poproś o nowe zdjęcia
review-recapture-what = Nie zużywa próby.
review-decline = Odrzuć
review-decline-why = Powód (widoczny dla właściciela)
review-decline-what = Zużywa jedną próbę. Właściciel może się odwołać. Wtedy decydują dwie inne osoby sprawdzające.
review-was-approved = Zatwierdzono
review-was-declined = Odrzucono
review-was-recapture = Poproszono o nowe zdjęcia
review-was-withdrawn = Wycofano przed decyzją
review-erased = Zdjęcia zostaną trwale usunięte { $when }, niezależnie od decyzji.
review-views = Kto oglądał zdjęcia
error-picture-file-too-large = Plik jest większy niż 10 MB. Zrób zdjęcie w niższej rozdzielczości.
error-picture-format-unsupported = Plik nie jest zdjęciem JPEG, PNG ani WebP.
error-picture-too-many-pixels = Zdjęcie ma ponad 40 milionów pikseli. Zrób je w niższej rozdzielczości.
error-picture-too-small = Zdjęcie jest za małe. Musi mieć co najmniej 1200 na 600 pikseli.
error-picture-unreadable = Zdjęcia nie da się odczytać. Zrób nowe.
error-picture-too-slow = Przetwarzanie zdjęcia trwało zbyt długo. Zrób prostsze lub mniejsze.
error-picture-busy = Przetwarzamy teraz wiele zdjęć. Wyślij je ponownie za minutę.
error-picture-not-asked-for = To zdjęcie nie było potrzebne i nie zostało zapisane.
error-picture-taken-too-often = To zdjęcie zrobiono już cztery razy. Użyjemy ostatniego.
error-picture-missing = Brakuje zdjęcia.
error-capture-closed = Ta weryfikacja jest zamknięta. Zacznij ponownie na drugim urządzeniu.
error-capture-pictures = Wysłano zbyt wiele zdjęć. Kolejne możesz wysłać { $time }.
error-review-pictures = Otwarto zbyt wiele zdjęć. Kolejne możesz otworzyć { $time }.
error-country-not-served = Dokumenty z tego kraju nie są przyjmowane.
error-document-not-taken = Ten dokument nie jest przyjmowany dla wybranego kraju.
error-zone-unreadable = To nie są wiersze do odczytu maszynowego. Wpisz każdy znak tak, jak jest wydrukowany, także znaki <.
error-review-reason-needed = Wybierz powód odrzucenia.
error-review-not-looked = Zanim zatwierdzisz, zaznacz wszystkie sprawdzone pozycje.
error-review-unseen = Zanim zatwierdzisz, otwórz każde zdjęcie. Każde obejrzenie jest zapisywane.
hold = Blokada prawna
hold-what = Blokada prawna wydłuża przechowywanie tych zdjęć, gdy wymaga tego prawo, najwyżej do 90 dni od pierwszego zdjęcia. Muszą się zgodzić dwie osoby. Właściciele zostaną powiadomieni.
hold-in-force = Blokada obowiązuje do { $when }. Do tego czasu zdjęcia nie zostaną usunięte.
hold-proposed = { $name } proponuje blokadę prawną. Musi się zgodzić druga osoba.
hold-until = Do { $when }.
hold-days = Liczba dni od dziś
hold-propose = Zaproponuj blokadę prawną
hold-agree = Zatwierdź blokadę prawną
hold-end = Zakończ blokadę prawną
org-held = Zdjęcia z weryfikacji są przechowywane do { $when }, dłużej niż zwykle, bo wymaga tego prawo.
error-hold-not-possible = Wybierz datę późniejszą niż zwykły termin usunięcia zdjęć, w ciągu 90 dni od pierwszego zdjęcia. Druga osoba może zatwierdzić tylko zaproponowaną datę.
capture-name = Podaj imię i nazwisko (opcjonalnie)
capture-name-stated = Imię i nazwisko: podane
capture-name-label = Imię i nazwisko
capture-name-hint = Tak jak w dokumencie, jego pismem albo literami łacińskimi. Porównamy je z dokumentem i trwale usuniemy razem ze zdjęciami.
flag-mrz-name-differs = Sprawdź: inne imię i nazwisko niż podane
flag-mrz-name-unclear = Sprawdź: niektórych liter nie można porównać automatycznie
error-name-unreadable = Imię i nazwisko mogą mieć najwyżej 100 znaków.
confirm-country = Potwierdź
capture-asks-document-hint = Paszport, dowód osobisty, prawo jazdy, karta pobytu, karta My Number albo wiza razem z paszportem.
review-begin = Zacznij sprawdzać
review-next = Następna sprawa
review-previous = Poprzednia sprawa
review-photos-erased = Usunięcie zdjęć { $when }
review-question-none = Kontrole automatyczne nic nie wykryły. Porównaj twarz, dokument i polecenia.
review-question-one = Kontrole automatyczne zostawiają jedno pytanie: { $check }.
review-questions = { $count ->
    [one] Kontrole automatyczne zostawiają { $count } pytanie.
    [few] Kontrole automatyczne zostawiają { $count } pytania.
    [many] Kontrole automatyczne zostawiają { $count } pytań.
   *[other] Kontrole automatyczne zostawiają { $count } pytania.
}
review-required = Podano lub wymagane
review-required-expiry = { $date } lub później
review-required-age = { $count ->
    [one] co najmniej { $count } rok
    [few] co najmniej { $count } lata
    [many] co najmniej { $count } lat
   *[other] co najmniej { $count } roku
}
review-two-appeal = Zatwierdzić muszą dwie osoby. Odrzucić może jedna.
review-decide = Podejmij decyzję
review-decline-button = Odrzuć weryfikację
review-reject-appeal = Odrzuć odwołanie
review-reject-what = Poprzednia decyzja pozostaje w mocy. Powiadomimy właścicieli.
review-undecided = Bez decyzji
review-past-title = Wcześniejsze sprawy tej organizacji
review-past-none = To pierwsza sprawa tej organizacji.
review-past = { $kind }, { $date }: { $decision }
review-past-by = { $kind }, { $date }: { $decision } ({ $name })
review-decided-approved = Zatwierdzono organizację „{ $organization }”. Właściciele zostaną powiadomieni.
review-decided-declined = Odrzucono weryfikację organizacji „{ $organization }”. Właściciele zostaną powiadomieni.
review-decided-recapture = Poproszono organizację „{ $organization }” o nowe zdjęcia.
review-decided-withdrawn = Sprawę organizacji „{ $organization }” wycofano.
review-decided-proposed = Zapisano Twoją decyzję w sprawie organizacji „{ $organization }”. Musi się zgodzić druga osoba.
review-last-decision = Ostatnia decyzja: { $organization }, { $time }, { $name }.
keys-title = Klawiatura
keys-move = Następna sprawa, poprzednia sprawa
keys-enlarge = Powiększ zdjęcie, ponownie: zamknij
keys-choose = Zatwierdź, poproś o nowe zdjęcia, odrzuć
keys-decide = Zapisz decyzję
keys-list = Pokaż tę listę
keys-letters = Używaj klawiszy z jedną literą lub cyfrą
keys-letters-hint = Nie działają podczas pisania. Ta przeglądarka zapamięta ustawienie.
error-review-undecided = Wybierz decyzję.
error-days-unreadable = Wpisz liczbę dni od 1 do 3650 albo zostaw pole puste.
error-verification-not-possible = Nie jest to możliwe w obecnym stanie weryfikacji organizacji. Nic się nie zmieniło.
error-phone-not-possible = Nie jest to możliwe w obecnym stanie weryfikacji telefonu. Nic się nie zmieniło.
error-payment-not-possible = Nie jest to możliwe w obecnym stanie metody płatności. Nic się nie zmieniło.
