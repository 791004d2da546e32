keys-lead = Kto ma jeden z tych kluczy, może wywoływać API jako { $project } i wydawać jego pieniądze.
keys-empty = Nie ma jeszcze kluczy. Klucz pozwala serwerowi wywoływać API jako ten projekt. Poniżej: adres bazowy i wywołanie.
keys-more = Starsze klucze
create-secret-key = Utwórz nowy klucz tajny
col-secret = Klucz tajny
col-permissions = Uprawnienia
col-last-used = Ostatnio użyty
created = Utworzono { $when }
expires = wygasa { $when }
service-account = konto usługi
revoke = Unieważnij
phone-first = Najpierw potwierdź numer telefonu. Pytamy o to raz dla wszystkich kluczy organizacji.
phone-first-hint = Istniejące klucze działają dalej. Potem wrócisz tutaj.
verify-phone = Potwierdź numer telefonu
create-key-lead = Klucz działa tylko w projekcie „{ $project }”.
key-name = Nazwa
key-name-hint = Gdzie będzie używany, aby później było wiadomo.
key-unnamed = Klucz bez nazwy
key-owner = Kto jest właścicielem
key-owner-you = Ty. Przestanie działać, gdy opuścisz projekt.
key-owner-service = Konto usługi, do produkcji. Nie należy do żadnej osoby.
key-account = Które konto
key-account-new = Nowe, o nazwie klucza
key-permission-all = Wszystkie
key-permission-read = Tylko odczyt
key-permission-restricted = Ograniczone: zaznaczone poniżej
key-choose-scopes = Wybierz uprawnienia
key-scopes-missing = Ograniczony klucz potrzebuje co najmniej jednego uprawnienia.
key-expiry = Wygasa
key-life-ever = Nigdy
create-key-button = Utwórz klucz
key-made = Zapisz teraz swój klucz tajny
key-made-lead = To jedyny raz, kiedy jest pokazany. Keystead przechowuje jego odcisk, a nie klucz, więc nikt nie pokaże go ponownie.
key-length = Znaków: { $length }, na końcu { $tail }
copy-key = Skopiuj klucz
project = Projekt
key-works = Działa od teraz
key-keep = Trzymaj go tam, skąd serwer czyta sekrety. Nigdy nie umieszczaj go w przeglądarce, aplikacji ani repozytorium. Jeśli wycieknie, znajdź na tej liście { $head }…{ $tail } i unieważnij go.
key-saved = Zapisano
revoke-title = Unieważnij { $name }
revoke-lead = Klucz zakończony na { $tail } będzie odrzucany od następnego wywołania. Tego nie można cofnąć.
revoke-last-used = Ostatnio użyty: { $when }. To, co go używa, przestanie działać.
revoke-never-used = Nigdy nie był używany.
revoke-button = Unieważnij { $name }
keys-spreading = Unieważniono na { $current } z { $all } bramek. Dopóki pozostałe tego nie potwierdzą, mogą jeszcze przyjmować klucz, najwyżej przez 15 minut, o ile operator nie ustawił innego czasu.
key-edit = Edytuj
key-edit-of = Edytuj { $name }
key-edit-lead = Sekret pozostaje ten sam. Nowe uprawnienia obowiązują od następnego wywołania.
key-ended = wygasł { $when }
rotate = Wymień
rotate-of = Wymień { $name }
rotate-lead = Powstanie nowy klucz tajny z tym samym właścicielem, projektem, nazwą i uprawnieniami. Stary działa jeszcze tak długo, jak wybierzesz, aby przejść na nowy bez przerwy.
rotate-last-used = Klucz zakończony na { $tail }, ostatnio użyty: { $when }.
rotate-never-used = Klucz zakończony na { $tail } nigdy nie był używany.
rotate-until = Stary klucz działa jeszcze
rotate-hour = 1 godzinę
rotate-day = 1 dzień
rotate-week = 7 dni
rotate-now = Wcale; kończy się teraz
rotate-choose = Wybierz, jak długo stary klucz ma jeszcze działać.
rotate-button = Utwórz nowy klucz
rotated-ends = Wymieniony, koniec: { $when }.
rotated-last-used = Ostatnio użyty: { $when }.
rotated-end = Zakończ teraz
rotated-end-title = Zakończ teraz { $name }
rotated-end-lead = Klucz utworzony w jego miejsce działa dalej.
rotated-old-works = Stary klucz, zakończony na { $tail }, działa do: { $when }. Lista pokazuje, kiedy był ostatnio użyty.
rotated-old-ended = Stary klucz, zakończony na { $tail }, już nie działa.
home-phone = Nowe klucze wymagają potwierdzonego numeru telefonu.
home-phone-ok = Można tworzyć nowe klucze.
home-models = { $models } wymagają zweryfikowanej organizacji.
home-models-ok = Można używać wszystkich modeli.
base-url = Adres bazowy
base-url-hint = Każde SDK OpenAI działa z nim bez zmian.
refusals = Ostatnie odmowy
refusals-hint = Wywołania odrzucone z powodu weryfikacji w ostatnich 30 dniach.
refusals-empty = W ostatnich 30 dniach nie odrzucono żadnego wywołania.
refusal-why = Brakuje
key-life = { $count ->
    [one] { $count } dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dni
}
key-permission-some = { $count ->
    [one] { $count } uprawnienie
    [few] { $count } uprawnienia
    [many] { $count } uprawnień
   *[other] { $count } uprawnień
}
home-lead = { $count ->
    [one] W tym projekcie działa { $count } klucz.
    [few] W tym projekcie działają { $count } klucze.
    [many] W tym projekcie działa { $count } kluczy.
   *[other] W tym projekcie działa { $count } kluczy.
}
nav-admin-keys = Klucze administracyjne
admin-keys-lead = Dla narzędzi, które zarządzają organizacją: projektami, osobami, kluczami i zużyciem. Nie wywołują modeli.
admin-keys-empty = Nie ma jeszcze kluczy administracyjnych. Służą do API administracyjnego pod adresem:
admin-key-create = Utwórz klucz administracyjny
admin-key-power = Kto go ma, może przez API to co właściciel. Przestaje działać, gdy jego właściciel opuści organizację.
own-keys = Twoje własne klucze
own-keys-hint = Klucze starszego rodzaju. Sięgają do każdej organizacji, do której należysz. Klucze projektu sięgają mniej i są lepszym wyborem.
key-shown = Twój klucz tajny został już pokazany
key-shown-lead = Klucz tajny pokazujemy tylko raz, zaraz po utworzeniu. Jeśli nie został zapisany, unieważnij go i utwórz nowy.
key-shown-close = Klucz jest zapisany
first-call-shown = Pierwszy klucz został utworzony i pokazany. Wstaw zapisany klucz w miejsce $OPENAI_API_KEY. Jeśli nie został zapisany, później możesz utworzyć kolejny na stronie kluczy API.
