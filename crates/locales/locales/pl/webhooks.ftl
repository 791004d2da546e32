# Webhooki: adresy, na które wysyłane są zdarzenia, i dziennik dostarczeń.
nav-webhooks = Webhooki
webhook = Webhook
webhooks-lead = Zdarzenia organizacji są wysyłane na adresy Twoich programów i{ "\u00A0" }podpisywane, aby można je było sprawdzić.
webhooks-help = Jak działają webhooki
webhooks-none = Nie ma jeszcze webhooków.
webhooks-full = { $count ->
    [one] Organizacja może mieć co najwyżej { $count } webhook. Usuń go, aby utworzyć następny.
    [few] Organizacja może mieć co najwyżej { $count } webhooki. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
    [many] Organizacja może mieć co najwyżej { $count } webhooków. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
   *[other] Organizacja może mieć co najwyżej { $count } webhooka. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
}
webhook-new = Nowy webhook
webhook-new-hint = Klucz podpisu jest pokazywany raz, po utworzeniu webhooka.
webhook-create = Utwórz webhook
webhook-url = Adres
webhook-url-hint = Musi zaczynać się od https:// i{ "\u00A0" }prowadzić do adresu publicznego. Przekierowania nie są wykonywane.
webhook-description = Opis (opcjonalnie)
webhook-types = Zdarzenia
webhook-type-threshold = Budżet osiągnął próg alertu
webhook-type-exhausted = Budżet został wyczerpany
webhook-type-paused = Wstrzymano klucz
webhook-type-resumed = Wznowiono klucz
webhook-type-anomaly = Zauważono nietypowe użycie klucza
webhook-type-credit = Zostało mało środków
webhook-type-credit-exhausted = Środki zostały wyczerpane
webhook-type-recharge = Wstrzymano automatyczne doładowanie
webhook-type-suspended = Wstrzymano rozliczenia
webhook-type-unsuspended = Wznowiono rozliczenia
webhook-type-test = Test
webhook-types-none = Wybierz co najmniej jedno zdarzenie.
webhook-description-wrong = Opis może mieć co najwyżej 500 znaków, wszystkie widoczne.
webhook-most = Organizacja ma już najwięcej webhooków, ile może. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
webhook-url-unreadable = Wpisz adres, na przykład https://example.com/webhooks, o{ "\u00A0" }długości co najwyżej 1000 znaków.
webhook-url-insecure = Adres musi zaczynać się od https://.
webhook-url-host = Adres musi wskazywać host w{ "\u00A0" }internecie, a{ "\u00A0" }nie liczbę ani nazwę bez kropki.
webhook-url-port = Adres nie może mieć portu innego niż 443.
webhook-url-extra = Adres nie może zawierać nazwy użytkownika ani fragmentu (#).
webhook-on = Włączony
webhook-fails = Włączony, ostatnie dostarczenie się nie powiodło
webhook-off = Wyłączony
webhook-off-gone = Wyłączony: adres odpowiedział 410
webhook-off-failing = Wyłączony: dostarczenia nie powiodły się przez trzy dni
webhook-failing-since = Od { $when } nie przyjęto żadnego dostarczenia.
webhook-enable = Włącz
webhook-disable = Wyłącz
webhook-test = Wyślij zdarzenie testowe
webhook-testing = Wysyłanie…
webhook-secret = Klucz podpisu
webhook-secret-hidden = Pokazano go raz, przy utworzeniu.
webhook-old-secret = Poprzedni klucz też podpisuje do { $when }.
webhook-rotate = Wymień klucz podpisu
webhook-rotate-what = Zostanie utworzony i{ "\u00A0" }raz pokazany nowy klucz podpisu. Przez dobę każde dostarczenie jest podpisywane oboma kluczami, więc możesz zmienić program bez utraty dostarczeń.
webhook-secret-made = Klucz podpisu
webhook-secret-lead = Zapisz go teraz: jest pokazywany tylko raz. Program sprawdza nim podpisy.
webhook-secret-copy = Kopiuj klucz podpisu
webhook-secret-saved = Klucz podpisu zapisany
webhook-unsaved = Klucz podpisu nie został skopiowany i nie pokażemy go ponownie. Zamknąć mimo to?
webhook-settings = Ustawienia
webhook-settings-hint = Zmiany działają od następnego dostarczenia.
webhook-save = Zapisz webhook
webhook-log = Dostarczenia
webhook-log-hint = Ostatnie 30 dni. Dostarczenie, które się nie powiedzie, jest wysyłane do dziesięciu razy w{ "\u00A0" }ciągu trzech dni.
webhook-log-none = Niczego jeszcze nie wysłano.
webhook-log-more = Pokaż starsze dostarczenia
webhook-event = Zdarzenie
webhook-body = Pokaż treść
webhook-queued = Oczekuje
webhook-repeats = Nie powiodło się, zostanie wysłane ponownie
webhook-delivered = Dostarczono
webhook-failed = Nie powiodło się
webhook-status = Odpowiedź: { $status }
webhook-duration = { $ms } ms
webhook-attempts = { $count ->
    [one] { $count } próba
    [few] { $count } próby
    [many] { $count } prób
   *[other] { $count } próby
}
webhook-next = Następna próba: { $when }
webhook-fault-timed-out = Brak odpowiedzi w{ "\u00A0" }ciągu 15 sekund
webhook-fault-no-connection = Brak połączenia
webhook-fault-broken-answer = Nie udało się odczytać odpowiedzi
webhook-fault-address = Adres nie jest publiczny
webhook-fault-disabled = Webhook był wyłączony
webhook-redeliver = Wyślij ponownie
webhook-redeliver-of = Wyślij ponownie dostarczenie z{ "\u00A0" }{ $when }
webhook-delete = Usuń webhook
webhook-delete-what = Na ten adres nic już nie będzie wysyłane, a{ "\u00A0" }jego dostarczenia zostaną usunięte z{ "\u00A0" }dziennika.
done-webhook-deleted = Usunięto webhook.
error-webhook-off = Ten webhook jest wyłączony. Włącz go, a{ "\u00A0" }potem wyślij dostarczenie ponownie.
error-webhook-pending = To dostarczenie jest jeszcze wysyłane.
error-webhook-tests = Wysłano zbyt wiele testów i{ "\u00A0" }ponownych dostarczeń. Następne można wysłać o{ "\u00A0" }{ $time }.
