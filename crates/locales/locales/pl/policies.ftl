operator-overview = Przegląd
operator-revoke = Cofnij weryfikację organizacji
operator-revoke-phone = Cofnij weryfikację telefonu
operator-disputed = Odnotuj zakwestionowaną płatność
attention-identity = Usługa weryfikacji tożsamości wycofała wynik albo przesłała nieznany
attention-erasure-late = Jedna z usług od trzech dni nie usunęła swojej kopii danych
attention-deleted = Organizacja została usunięta. Jej dane tożsamości nie zostały jeszcze trwale usunięte
attention-payment-blocked = Odrzucono zbyt wiele kart
attention-payment-attention = Metoda płatności wymaga uwagi
attention-line-unknown = Rodzaj numeru telefonu jest nieznany
service-sms = SMS-y
service-sms-fallback = SMS-y (usługa zapasowa)
service-payment = Płatności
service-identity = Weryfikacja tożsamości
service-mail = E-mail
gate-phone = zweryfikowany numer telefonu
gate-payment-method = zapisana metoda płatności
gate-organization = zweryfikowana organizacja
mode-off = Wyłączona
mode-shadow = Tylko zapis (shadow): bez wpływu na żądania
mode-warn = Ostrzeżenie: odpowiedzi dostają nagłówek z ostrzeżeniem
mode-enforce = Egzekwowana: żądania są odrzucane
policy = Reguły
policy-lead = Reguły określają, jakiej weryfikacji wymaga dane działanie. Zmiany obowiązują od następnego żądania. Reguły nigdy nie wyłączają kluczy.
policy-rules = Reguły
policy-rules-hint = Żądanie musi spełniać każdą regułę, która go dotyczy. Aby usunąć regułę, wyczyść jej nazwę.
policy-new = Nowa reguła
policy-id = Nazwa (widoczna w odmowach)
policy-mode = Tryb
policy-action = Działanie
policy-models = Modele
policy-models-hint = Oddziel modele przecinkami. Znak * zastępuje dowolny tekst. Puste pole oznacza wszystkie modele.
policy-require = Wymagane są wszystkie te weryfikacje
policy-any-of = Wymagana jest też jedna z tych grup
policy-any-of-hint = Na przykład: phone + payment_method; organization. Zostaw puste pole, jeśli wystarczą wymagania powyżej.
policy-effective = Obowiązuje od (UTC)
policy-created-before = Z wyjątkiem organizacji utworzonych przed (UTC)
policy-used-before = Z wyjątkiem organizacji, które korzystały z tego przed (UTC)
policy-try = Podgląd
policy-keys = Podgląd niczego nie zapisuje.
policy-preview = Podgląd
policy-preview-at = Żądania z ostatnich 30 dni, które te reguły odrzuciłyby { $time }, a które teraz nie są odrzucane.
policy-preview-limits = Strumienie i podsumowania rozumowania są liczone całymi dniami. Te z zadań wsadowych nie są liczone.
policy-sum = { $organizations }, { $calls }
policy-enforced = Gdyby egzekwowane były też reguły w trybach „tylko zapis” i „ostrzeżenie”: { $organizations }, { $calls }
policy-missing = Czego brakuje
policy-times = Żądania
policy-reason = Powód (widoczny w historii)
policy-save = Zapisz reguły
policy-history = Historia
policy-version = Wersja
policy-who = Zapisane przez
policy-why = Powód
policy-built-in = Domyślna
policy-wrong-requirement = Grupa zawiera nieznane wymaganie. Użyj phone, payment_method i organization.
policy-wrong-date = Nie można odczytać daty. Użyj formatu 2026-12-31T00:00:00.
policy-wrong-mode = Wybierz tryb dla każdej reguły.
policy-organizations = { $count ->
    [one] { $count } organizacja
    [few] { $count } organizacje
    [many] { $count } organizacji
   *[other] { $count } organizacji
}
policy-calls = { $count ->
    [one] { $count } żądanie
    [few] { $count } żądania
    [many] { $count } żądań
   *[other] { $count } żądania
}
exemptions = Wyjątki
exemptions-lead = Żadna reguła nie blokuje tych organizacji. Każdy wyjątek ma powód i, jeśli to możliwe, datę końcową.
exemptions-none = Nie ma wyjątków.
exemptions-until = Do
exemptions-until-utc = Do (UTC)
exemptions-until-hint = Puste pole oznacza brak daty końcowej.
exemptions-over = wygasł
exemptions-ever = bez daty końcowej
exemptions-end = Zakończ teraz
exemptions-add = Dodaj wyjątek dla organizacji
exemptions-add-hint = Zastępuje wcześniejszy wyjątek tej samej organizacji.
report = Usługi i dane
report-lead = Stan usług zewnętrznych oraz przechowywane dane osobowe i terminy ich usunięcia.
report-health-hint = Wynik ostatniego żądania do każdej usługi.
report-oldest-due = Najstarsze czeka od { $when }.
report-kept = Dane osobowe
report-kept-hint = Tylko liczba i wiek danych. Dane, których termin minął, są trwale usuwane co kilka minut.
report-what = Dane
report-rows = Liczba
report-oldest = Najstarsze
report-goes = Usuwane
report-days = { $count ->
    [one] po { $count } dniu
    [few] po { $count } dniach
    [many] po { $count } dniach
   *[other] po { $count } dnia
}
report-with-owner = razem z tym, do czego należą
kept-phone-verifications = Próby weryfikacji numeru telefonu
kept-phone-numbers = Zweryfikowane numery telefonów, zaszyfrowane
kept-line-lookups = Rodzaje numerów telefonów, według skrótów
kept-limit-hits = Liczniki chroniące przed nadużyciami, według skrótów
kept-payment-methods = Metody płatności, ostatnie cztery cyfry
kept-invites = Nieprzyjęte zaproszenia
kept-key-addresses = Adresy, z których użyto kluczy
kept-provider-copies = Kopie w usłudze weryfikacji tożsamości
kept-identity-results = Wyniki weryfikacji tożsamości
kept-document-fingerprints = Skróty numerów dokumentów
kept-pictures = Zdjęcia dokumentów i twarzy
kept-appeals = Treści odwołań, zaszyfrowane
kept-consents = Zgody, jako dowód
kept-accounts = Konta
kept-sessions = Sesje
error-sign-in-before-replacing = Zanim zastąpisz zweryfikowany numer, wyloguj się i zaloguj ponownie.
error-waiver-reason = Podaj powód (od 1 do 500 znaków).
error-waiver-granted = Organizacja jest już zwolniona z tego wymagania. Możesz tworzyć klucze.
error-waiver-open = Prośba już czeka na decyzję. Decyzja pojawi się na tej stronie i w e-mailu.
error-waiver-requests = Wysłano zbyt wiele próśb o zwolnienie. Kolejną możesz wysłać { $time }.
error-phone-revoked = Operator cofnął weryfikację telefonu. Skontaktuj się z pomocą techniczną.
error-phone-lookups = Wypróbowano zbyt wiele numerów. Kolejny możesz podać { $time }.
error-phone-doubtful-codes = Wysłano zbyt wiele kodów na numery nieznanego rodzaju. Spróbuj ponownie { $time }.
org-document-free = Tym dokumentem zweryfikowano inną organizację. Dla tej możesz go użyć od { $when }.
org-verified-until = Trzeba odnowić do { $when }. Do tego czasu możesz używać wszystkich modeli.
error-phone-not-delivered = Nie udało się dostarczyć kodu na ten numer. Sprawdź numer lub zapytaj pomoc techniczną o inny sposób weryfikacji.
billing-prefer = Ustaw jako domyślną
billing-prefer-of = Ustaw jako domyślną: { $brand } •••• { $last4 }
billing-remove-of = Usuń { $brand } •••• { $last4 }
billing-blocked = Odrzucono zbyt wiele kart. Kolejną możesz dodać od { $when }.
billing-runs-out = Zapisana karta wkrótce straci ważność. Dodaj inną kartę do { $when }. Potem stracisz dostęp do funkcji, które wymagają metody płatności. Klucze działają dalej.
policy-created-after = Tylko organizacje utworzone od (UTC)
policy-tags-not = Pomiń organizacje z tymi etykietami
policy-tags-not-hint = Oddziel etykiety przecinkami. Etykiety nadają operatorzy na stronie Przegląd.
operator-tags = Etykiety
operator-tags-hint = Oddziel etykiety przecinkami. Używaj małych liter, cyfr oraz znaków - i _. Reguły mogą pomijać organizacje według etykiet.
operator-tags-save = Zapisz etykiety
operator-tier = Poziom wykorzystania
operator-met-waived = { $requirement } (zwolniono)
operator-tier-now = Poziom wykorzystania: { $tier }
operator-tier-hint = Limity poziomu obowiązują od następnego żądania. Niższy poziom pozostaje, dopóki organizacja nie zapłaci więcej.
operator-tier-save = Ustaw poziom wykorzystania
policy-above = Obowiązuje od tej liczby organizacji
policy-above-hint = Tylko dla organization.create: dotyczy osób, które są już właścicielami tylu organizacji.
policy-wrong-number = Liczba organizacji musi być liczbą całkowitą.
attention-card-shared = Tę samą kartę ma zapisaną wiele organizacji
attention-address-shared = Wiele organizacji zweryfikowano z tego samego adresu IP
kept-address-fingerprints = Skróty adresów IP użytych do weryfikacji
operator-signals = Wymaga uwagi: { $signals }
attention-sim-changed = Zablokowano numer, bo jego karta SIM została niedawno wymieniona
operator-changes = Ostatnie zmiany konfiguracji
operator-gateways = Działają na { $current } z { $all } bram
operator-gateway-late = Brama { $node } jest nieaktualna od { $seconds } s
operator-reviews = Sprawdzanie
operator-appeals = Odwołania
operator-duplicates = Dokumenty już użyte
operator-down = Usługi, które nie odpowiadają
