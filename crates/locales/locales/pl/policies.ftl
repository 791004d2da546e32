operator-overview = Przegląd
operator-revoke = Cofnij weryfikację na stałe
operator-revoke-phone = Cofnij weryfikację telefonu
operator-disputed = Odnotuj sporną płatność
attention-identity = Dostawca weryfikacji cofnął swoją decyzję albo odpowiedział coś nieznanego
attention-erasure-late = Dostawca od trzech dni nie usunął swojej kopii
attention-payment-blocked = Odrzucono zbyt wiele kart
attention-payment-attention = Metoda płatności wymaga sprawdzenia
attention-line-unknown = Nie udało się ustalić rodzaju linii telefonicznej
service-sms = Wiadomości SMS
service-sms-fallback = SMS-y, druga usługa
service-payment = Płatności
service-identity = Weryfikacja tożsamości
service-mail = Poczta
gate-phone = zweryfikowany numer telefonu
gate-payment-method = zapisana metoda płatności
gate-organization = zweryfikowana organizacja
mode-off = Wyłączona
mode-shadow = Cień: tylko zapisywana
mode-warn = Ostrzeżenie: w nagłówku odpowiedzi
mode-enforce = Obowiązuje: odmowa
policy = Reguły
policy-lead = Które działanie wymaga jakiego potwierdzenia. Zmiana działa od następnego żądania. Żadna reguła nie wyłącza klucza.
policy-rules = Reguły
policy-rules-hint = Muszą być spełnione wszystkie pasujące reguły. Regułę usuwa się, czyszcząc jej nazwę.
policy-new = Nowa reguła
policy-id = Nazwa podawana przy odmowie
policy-mode = Jak ścisła jest reguła
policy-action = Działanie
policy-models = Modele
policy-models-hint = Oddzielone przecinkami; * oznacza cokolwiek. Puste pole to każdy model.
policy-require = Wymagane są wszystkie zaznaczone
policy-any-of = Wymagana jest też jedna z tych grup
policy-any-of-hint = Na przykład: phone + payment_method; organization. Puste pole nie daje wyboru.
policy-effective = Obowiązuje od (UTC)
policy-created-before = Oszczędza organizacje utworzone przed (UTC)
policy-used-before = Oszczędza organizacje, które używały tego przed (UTC)
policy-try = Podgląd
policy-keys = Podgląd niczego nie zapisuje.
policy-preview = Podgląd
policy-preview-at = Czego te reguły odmówiłyby { $time }, a czego nie odmawia się teraz, według ostatnich 30 dni.
policy-preview-limits = Przesyłanie strumieniowe i podsumowania rozumowania liczy się całymi dniami; w zadaniach wsadowych się ich nie liczy.
policy-sum = { $organizations }, { $calls }
policy-enforced = Gdyby obowiązywały także cień i ostrzeżenia: { $organizations }, { $calls }
policy-missing = Czego brakuje
policy-times = Wywołania
policy-reason = Powód, do historii
policy-save = Zapisz te reguły
policy-history = Historia
policy-version = Wersja
policy-who = Kto
policy-why = Dlaczego
policy-built-in = Wbudowana
policy-wrong-requirement = Grupa wymienia coś, czego nie można potwierdzić. Użyj phone, payment_method i organization.
policy-wrong-date = Nie można odczytać daty. Użyj postaci 2026-12-31T00:00:00.
policy-wrong-mode = Wybierz, jak ścisła jest każda reguła.
policy-organizations = { $count ->
    [one] { $count } organizacja
    [few] { $count } organizacje
    [many] { $count } organizacji
   *[other] { $count } organizacji
}
policy-calls = { $count ->
    [one] { $count } wywołanie
    [few] { $count } wywołania
    [many] { $count } wywołań
   *[other] { $count } wywołania
}
exemptions = Wyjątki
exemptions-lead = Organizacje, którym żadna reguła niczego nie odmawia; każda z powodem i, jeśli można, z datą końca.
exemptions-none = Żadna organizacja nie jest wyjątkiem.
exemptions-until = Do
exemptions-until-utc = Do (UTC)
exemptions-until-hint = Puste pole oznacza na stałe.
exemptions-over = minął
exemptions-ever = na stałe
exemptions-end = Zakończ teraz
exemptions-add = Dodaj wyjątek
exemptions-add-hint = Zastępuje wcześniejszy wyjątek tej samej organizacji.
report = Usługi i dane
report-lead = Jak działają usługi zewnętrzne oraz jakie dane osobowe są przechowywane i do kiedy.
report-health-hint = Według ostatniego wywołania.
report-oldest-due = Najstarsze czeka od { $when }.
report-kept = Dane osobowe
report-kept-hint = Tylko liczby i wiek. Porządkowanie usuwa co kilka minut to, czego termin minął.
report-what = Co
report-rows = Ile
report-oldest = Najstarsze
report-goes = Usuwane
report-days = { $count ->
    [one] po { $count } dniu
    [few] po { $count } dniach
    [many] po { $count } dniach
   *[other] po { $count } dnia
}
report-with-owner = razem z tym, do czego należą
kept-phone-verifications = Próby weryfikacji numeru
kept-phone-numbers = Zweryfikowane numery, zaszyfrowane
kept-line-lookups = Rodzaje linii telefonicznych, jako skróty
kept-limit-hits = Liczniki przeciw nadużyciom, jako skróty
kept-payment-methods = Metody płatności, cztery ostatnie cyfry
kept-provider-copies = Kopie u dostawcy weryfikacji
kept-identity-results = Wyniki weryfikacji tożsamości
kept-document-fingerprints = Skróty numerów dokumentów
kept-pictures = Zdjęcia dokumentów i twarzy
kept-appeals = Treści odwołań, zaszyfrowane
kept-consents = Zgody, jako dowód
kept-accounts = Konta
kept-sessions = Sesje
error-sign-in-before-replacing = Wyloguj się i zaloguj ponownie, zanim zmienisz zweryfikowany numer.
error-phone-revoked = Operator cofnął weryfikację telefonu. Skontaktuj się z pomocą.
error-phone-lookups = Wypróbowano zbyt wiele numerów. Możliwe ponownie { $time }.
error-phone-doubtful-codes = Zbyt wiele kodów wysłano na linie nieznanego rodzaju. Możliwe ponownie { $time }.
org-document-free = Ten dokument zweryfikował inną organizację. Tę może zweryfikować od { $when }.
org-verified-until = Trzeba ją odnowić do { $when }; do tego czasu wszystko pozostaje otwarte.
error-phone-not-delivered = Nie udało się dostarczyć kodu na ten numer. Sprawdź numer albo poproś pomoc o inną drogę.
billing-prefer = Używaj tej
billing-blocked = Odrzucono zbyt wiele kart. Kolejną można dodać od { $when }.
billing-runs-out = Zapisana karta traci ważność. Dodaj inną do { $when }; potem zamknie się to, co wymaga metody płatności. Klucze działają dalej.
policy-created-after = Dotyczy tylko organizacji utworzonych od tej chwili (UTC)
policy-tags-not = Pomija organizacje z tymi etykietami
policy-tags-not-hint = Oddzielone przecinkami. Etykiety nadaje operator na stronie przeglądu.
operator-tags = Etykiety
operator-tags-hint = Oddzielone przecinkami: małe litery, cyfry, - i _. Reguły mogą pomijać takie organizacje.
operator-tags-save = Zapisz etykiety
policy-above = Od ilu organizacji
policy-above-hint = Tylko dla organization.create: dotyczy osób, które mają już tyle organizacji na własność.
policy-wrong-number = Liczba organizacji nie jest liczbą całkowitą.
attention-card-shared = Ta sama karta jest zapisana w wielu organizacjach
attention-address-shared = Z tego samego adresu weryfikowano wiele organizacji
kept-address-fingerprints = Adresy, z których weryfikowano, jako odciski
operator-signals = Warto przyjrzeć się uważniej: { $signals }
attention-sim-changed = Wstrzymano numer, bo niedawno wymieniono jego kartę SIM
operator-changes = Ostatnie zmiany
operator-gateways = Działają na { $current } z { $all } bramek
operator-gateway-late = Bramka { $node } nie nadąża od { $seconds } s
