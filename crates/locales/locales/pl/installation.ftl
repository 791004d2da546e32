capability-public-address = Adres publiczny
capability-public-address-missing = Ustaw adres, który zaczyna się od https:// i który można otworzyć w przeglądarce. Prowadzą do niego linki w e-mailach, a przeglądarki udostępniają aparat i klucze dostępu tylko przez TLS.
capability-operators = Operatorzy i pomoc techniczna
capability-operators-missing = Wskaż osoby, które mogą otworzyć tę konsolę, oraz adres pomocy technicznej.
capability-mail = E-mail
capability-mail-missing = Nie można wysyłać e-maili. Nie da się założyć konta z adresem e-mail, zresetować hasła ani nikogo zaprosić.
capability-text-messages = SMS
capability-text-messages-missing = Nie można weryfikować numerów telefonu.
capability-payment = Metody płatności
capability-payment-missing = Nie można dodawać metod płatności.
capability-identity = Weryfikacja organizacji
capability-identity-missing = Nie można weryfikować organizacji. Przy ustawieniu „review” decydują operatorzy tej instalacji i nie jest potrzebna zewnętrzna usługa.
capability-upstreams = Serwery modeli
capability-upstreams-missing = Żaden model nie jest dostępny. Dodaj co najmniej jeden serwer wraz z jego modelami.
capability-prices = Ceny
capability-prices-missing = Żądania do modeli bez ceny nie kosztują nic w wykorzystaniu i budżetach. Ceny podaje się w dolarach za milion.
capability-backups = Kopia zapasowa
capability-backups-missing = W ciągu ostatnich 7 dni nie utworzono kopii tym poleceniem.
setup = Konfiguracja
setup-lead-complete = Wszystko jest skonfigurowane.
setup-lead = { $count ->
    [one] { $count } element nie jest skonfigurowany.
    [few] { $count } elementy nie są skonfigurowane.
    [many] { $count } elementów nie jest skonfigurowanych.
   *[other] { $count } elementu nie jest skonfigurowane.
}
setup-state-set-up = Skonfigurowano
setup-state-incomplete = Niepełna konfiguracja
setup-state-not-set-up = Nie skonfigurowano
setup-copy-hint = Skopiuj te wiersze do pliku konfiguracji, zastąp przykłady i uruchom Keystead ponownie.
setup-command-hint = Uruchamiaj to polecenie regularnie.
setup-rules = Reguły niemożliwe do spełnienia
setup-rules-hint = Te reguły wymagają czegoś, czego przy tej konfiguracji nie da się sprawdzić.
setup-rule-waits = Reguła nie jest egzekwowana i czeka na decyzję: skonfiguruj usługę, wyłącz regułę albo odrzucaj wszystkich, którzy nie spełniają wymagania.
setup-rule-refuses-by-decision = Reguła jest egzekwowana zgodnie z decyzją operatora. Każdy, kto nie spełnia wymagania, jest odrzucany.
setup-rule-service-removed = Reguła jest egzekwowana. Usługa była skonfigurowana, ale teraz brakuje jej w konfiguracji, więc nikt więcej nie może spełnić tego wymagania.
setup-refuse = Odrzucaj wszystkich
setup-wait = Nie egzekwuj, dopóki nie da się sprawdzić
setup-test-mail = Wyślij do mnie testowy e-mail
setup-test-passed = Test się powiódł. Trwał { $milliseconds } ms.
setup-test-failed = Test nie powiódł się po { $milliseconds } ms.
setup-test-models = { $count ->
    [one] Test się powiódł. Serwer udostępnia { $count } model i odpowiedział w { $milliseconds } ms.
    [few] Test się powiódł. Serwer udostępnia { $count } modele i odpowiedział w { $milliseconds } ms.
    [many] Test się powiódł. Serwer udostępnia { $count } modeli i odpowiedział w { $milliseconds } ms.
   *[other] Test się powiódł. Serwer udostępnia { $count } modelu i odpowiedział w { $milliseconds } ms.
}
setup-test-text-message = Wyślij testowy SMS
setup-test-number = Numer telefonu z numerem kierunkowym kraju
setup-test-number-hint = Każda usługa z sekcji [sms] i [sms_fallback] wyśle na ten numer jeden SMS i może pobrać za niego opłatę. Jeśli SMS zawiera kod, nie da się go użyć.
setup-test-identity = Rozpocznij i anuluj testową weryfikację tożsamości
setup-test-identity-hint = Weryfikacja tożsamości zostanie utworzona w usłudze i od razu anulowana. Żadne dane osobowe nie są wysyłane.
setup-test-payment = Rozpocznij i anuluj testowe dodanie metody płatności
setup-test-payment-hint = Dodawanie metody płatności rozpocznie się w usłudze i od razu zostanie anulowane. Zostanie tam klient setup-test; nic nie zostanie pobrane.
setup-test-upstreams = Przetestuj serwery modeli
setup-text-message = Testowy SMS od { $operator }. Ta instalacja może wysyłać SMS-y.
setup-fault-no-answer = Usługa nie odpowiedziała albo jej odpowiedzi nie da się użyć.
setup-fault-credentials = Usługa odrzuciła konto lub klucz.
setup-fault-missing = Usługa nie zna tego adresu lub identyfikatora.
setup-fault-busy = Usługa odpowiedziała, że nie może teraz tego zrobić.
setup-fault-refused = Usługa odrzuciła żądanie.
setup-fault-and-advice = { $fault } { $advice }
setup-advice-mail = Sprawdź adres serwera SMTP, nazwę użytkownika i hasło w konfiguracji oraz to, czy ten komputer może połączyć się z serwerem.
setup-advice-text-messages = Sprawdź wartości w sekcji [sms] oraz to, czy ten numer może odbierać SMS-y.
setup-advice-identity = Sprawdź api_key, template i environment_id w sekcji [identity].
setup-advice-payment = Sprawdź api_key i base_url w sekcji [payment].
setup-advice-upstreams = Sprawdź base_url i klucz w tej sekcji [[upstream]] oraz to, czy serwer działa.
setup-mail-subject = Testowy e-mail
setup-mail-text = Ta instalacja może wysyłać e-maile. Test uruchomiono na stronie konfiguracji.
setup-unpriced = Modele bez ceny są bezpłatne: { $models }
setup-last-backup = Ostatnia kopia zapasowa: { $time }
error-no-mail = Ta instalacja nie może wysyłać e-maili, więc nie jest to możliwe.
no-mail = Ta instalacja nie może wysyłać e-maili
no-mail-lead = Konto i nowe hasło wymagają linku wysłanego e-mailem, a operator nie skonfigurował e-maila.
no-mail-support = Aby otrzymać konto lub nowe hasło, skontaktuj się z pomocą techniczną:
no-mail-neutral = Aby otrzymać konto lub nowe hasło, skontaktuj się z osobą, która prowadzi tę instalację.
phone-not-needed = Numer telefonu nie jest tu potrzebny. Ta instalacja nie wysyła SMS-ów.
not-available-here = Niedostępne w tej instalacji
setup-notice = Niektóre elementy nie są skonfigurowane lub wymagają decyzji.
setup-open = Otwórz konfigurację
setup-reason = Powód (zapisywany w historii reguł)
