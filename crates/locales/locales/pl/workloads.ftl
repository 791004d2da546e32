nav-workloads = Tożsamość zadań
workloads-lead = Zadania, pody i programy w chmurze wymieniają token własnej platformy na klucz, który działa najwyżej godzinę. Nie trzeba w nich zapisywać klucza.
workloads-help = Jak to działa
workloads-none = Nie ma jeszcze dostawców tożsamości zadań. Dostawca to wystawca, który poświadcza tożsamość Twoich zadań.
workloads-none-how = Zacznij od platformy. Jej tokeny można wymieniać na klucze dopiero po dodaniu reguły.
workload-provider-create = Utwórz dostawcę
workload-provider-form-lead = Sam dostawca nie wpuszcza żadnego zadania: decydują o tym reguły.
workload-edit = Edytuj
workload-edit-of = Edytuj dostawcę „{ $name }”
workload-issuer = Wystawca
workload-issuer-section = Platforma, która podpisuje tokeny Twoich zadań.
workload-issuer-hint = Wartość iss z tokenów, znak po znaku. Zaczyna się od https://.
workload-issuer-kubernetes = Wartość „issuer”, którą wyświetla to polecenie w klastrze:
workload-audience = Odbiorca (audience)
workload-audience-hint = Zadanie pobiera token dla tego odbiorcy i dla żadnego innego.
workload-audience-wrong = Wpisz odbiorcę: od 1 do 1000 widocznych znaków.
workload-for-audience = Odbiorca: { $audience }
workload-description = Opis (opcjonalnie)
workload-description-wrong = Opis jest za długi albo zawiera niewidoczne znaki. Najwyżej 1000 znaków.
workload-platform = Platforma
workload-keys = Klucze wystawcy
workload-keys-section = Tymi kluczami publicznymi sprawdzane są podpisy tokenów.
workload-keys-discover = Pobieraj je od wystawcy. Musi on być dostępny w internecie.
workload-keys-upload = Prześlij je, jeśli wystawca działa w sieci prywatnej.
workload-discovery-url = Adres opisu wystawcy (opcjonalnie)
workload-discovery-hint = Tylko jeśli opis nie znajduje się pod zwykłym adresem u wystawcy.
workload-jwks = Zestaw kluczy (JWKS)
workload-jwks-hint = Do 20 kluczy publicznych, najwyżej 32 KB. Prześlij je ponownie, gdy wystawca zmieni klucze. Klaster Kubernetes wyświetla je poleceniem:
workload-jwks-form = To nie jest zestaw JSON Web Key Set. Jest nim obiekt JSON z tablicą „keys”.
workload-jwks-number = Zestaw musi zawierać od 1 do 20 kluczy.
workload-jwks-private = Zestaw zawiera klucz prywatny lub tajny. Niczego nie zapisano. Prześlij tylko klucze publiczne i wymień ten klucz.
workload-jwks-repeated = Dwa klucze mają ten sam „kid”. Każdy klucz musi mieć inny.
workload-jwks-unusable = Jednego z kluczy nie można użyć. Każdy klucz musi mieć „kid” i być kluczem RSA o długości od 2048 do 4096 bitów albo ECDSA na krzywej P-256 lub P-384, przeznaczonym do podpisów.
workload-jwks-long = Zestaw kluczy ma więcej niż 32 KB.
workload-keys-uploaded = { $count ->
    [one] { $count } przesłany klucz
    [few] { $count } przesłane klucze
    [many] { $count } przesłanych kluczy
   *[other] { $count } przesłanego klucza
}
workload-keys-fetched = { $count ->
    [one] { $count } klucz
    [few] { $count } klucze
    [many] { $count } kluczy
   *[other] { $count } klucza
}
workload-keys-fetched-note = Pobrano { $when }
workload-keys-unknown = Jeszcze nie pobrano
workload-keys-unknown-note = Zostaną pobrane z pierwszym tokenem.
workload-keys-unreachable = Wystawca nie odpowiada
workload-keys-unusable = Nie można użyć kluczy
workload-keys-failed-note = Ostatnia próba { $when }
workload-key-ids = Identyfikatory kluczy
workload-fetch = Pobierz teraz
workload-fetching = Pobieranie…
workload-address-insecure = Adres musi zaczynać się od https://.
workload-address-host = Adres musi wskazywać host w internecie, na przykład issuer.example.com, bez portu innego niż 443. Jeśli wystawca działa w sieci prywatnej, wpisz jego nazwę z tokenów i prześlij jego klucze.
workload-address-extra = Adres nie może zawierać nazwy użytkownika, zapytania ani fragmentu.
workload-address-unreadable = To nie jest adres. Wpisz na przykład https://issuer.example.com.
workload-derived = Atrybuty pochodne
workload-derived-section = Do warunków dotyczących wartości, której token nie zawiera wprost. Większość dostawców ich nie potrzebuje.
workload-derived-lines = Po jednym w wierszu: nazwa = wyrażenie (opcjonalnie)
workload-derived-hint = Wyrażenie to pole tokenu, tekst w cudzysłowie albo kilka z nich połączonych znakiem +. Na przykład:
workload-derived-form = Każdy wiersz musi zawierać nazwę, znak równości i wyrażenie.
workload-derived-many = Dostawca może mieć najwyżej 20 atrybutów pochodnych.
workload-derived-attribute = Nazwa „{ $name }” jest pusta, zawiera spację albo się powtarza.
workload-derived-expression = Wyrażenie atrybutu „{ $name }” nie jest obsługiwane. Użyj pól takich jak assertion.sub, tekstów w cudzysłowie i znaku + między nimi.
workload-provider-same = Po tej zmianie reguła dostawcy wpuszczałaby każdego, kogo poświadcza wystawca. Najpierw zmień warunki reguły.
workload-providers-most = Organizacja może mieć najwyżej 50 dostawców tożsamości zadań.
workload-change-ends = { $count ->
    [one] Obecnie działa { $count } klucz wydany przez reguły tego dostawcy. Przestanie działać, jeśli zmienisz wystawcę, odbiorcę, klucze lub atrybuty pochodne.
    [few] Obecnie działają { $count } klucze wydane przez reguły tego dostawcy. Przestaną działać, jeśli zmienisz wystawcę, odbiorcę, klucze lub atrybuty pochodne.
    [many] Obecnie działa { $count } kluczy wydanych przez reguły tego dostawcy. Przestaną działać, jeśli zmienisz wystawcę, odbiorcę, klucze lub atrybuty pochodne.
   *[other] Obecnie działa { $count } klucza wydanego przez reguły tego dostawcy. Przestanie działać, jeśli zmienisz wystawcę, odbiorcę, klucze lub atrybuty pochodne.
}
workload-on = Włączony
workload-off = Wyłączony
workload-off-means = Jego tokeny są odrzucane.
workload-switch-on = Włącz
workload-switch-off = Wyłącz
workload-delete = Usuń
workload-facts = Dostawca
workload-facts-hint = Token musi być podpisany jednym z kluczy wystawcy, przeznaczony dla tego odbiorcy i nie może być przeterminowany.
workload-provider-lead = Wystawca, który poświadcza tożsamość Twoich zadań.
workload-provider-disable = Wyłącz dostawcę „{ $name }”
workload-provider-disable-what = Tokeny tego wystawcy będą od teraz odrzucane. Dostawcę można włączyć ponownie.
workload-provider-delete = Usuń dostawcę
workload-provider-delete-of = Usuń dostawcę „{ $name }”
workload-provider-delete-what = Dostawca nie ma reguł, więc nie zależy od niego żadne zadanie. Tej operacji nie można cofnąć.
workload-has-rules = Aby usunąć dostawcę, najpierw usuń jego reguły.
workload-ends = { $count ->
    [one] { $count } działający klucz przestanie działać od następnego żądania.
    [few] { $count } działające klucze przestaną działać od następnego żądania.
    [many] { $count } działających kluczy przestanie działać od następnego żądania.
   *[other] { $count } działającego klucza przestanie działać od następnego żądania.
}
workload-ends-none = Obecnie nie zależy od tego żaden klucz.
workload-rule = Reguła
workload-rules = Reguły
workload-rules-hint = Reguła określa, które tokeny można wymienić na klucze którego konta usługi. Klucze działają najwyżej godzinę i nigdy dłużej niż token.
workload-rules-count = { $count ->
    [one] { $count } reguła
    [few] { $count } reguły
    [many] { $count } reguł
   *[other] { $count } reguły
}
workload-rules-on = { $count ->
    [one] { $count } włączona
    [few] { $count } włączone
    [many] { $count } włączonych
   *[other] { $count } włączonej
}
workload-rules-none-short = Żadne zadanie nie jest wpuszczane
workload-rules-none = Nie ma jeszcze reguł, więc każdy token tego wystawcy jest odrzucany.
workload-rules-order = Jeśli do tokenu pasuje kilka reguł, obowiązuje pierwsza z nich.
workload-rules-most = Dostawca może mieć najwyżej 50 reguł.
workload-rule-create = Utwórz regułę
workload-rule-edit = Edytuj regułę
workload-rule-lead = Kto jest wpuszczany i w czyim imieniu działa.
workload-rule-on = Włączona
workload-rule-off = Wyłączona
workload-rule-enable = Włącz regułę „{ $name }”
workload-rule-disable = Wyłącz regułę „{ $name }”
workload-rule-disable-what = Tokeny, które pasują tylko do tej reguły, będą od teraz odrzucane. Regułę można włączyć ponownie.
workload-rule-delete = Usuń regułę „{ $name }”
workload-rule-delete-what = Tokeny, które pasują tylko do tej reguły, będą od teraz odrzucane. Konto usługi pozostaje. Tej operacji nie można cofnąć.
workload-rule-change-ends = { $count ->
    [one] Obecnie działa { $count } klucz wydany przez tę regułę. Przestanie działać, jeśli zmienisz warunki lub uprawnienia.
    [few] Obecnie działają { $count } klucze wydane przez tę regułę. Przestaną działać, jeśli zmienisz warunki lub uprawnienia.
    [many] Obecnie działa { $count } kluczy wydanych przez tę regułę. Przestaną działać, jeśli zmienisz warunki lub uprawnienia.
   *[other] Obecnie działa { $count } klucza wydanego przez tę regułę. Przestanie działać, jeśli zmienisz warunki lub uprawnienia.
}
workload-live = Aktywne klucze
workload-permissions = Uprawnienia: { $permissions }
workload-project-archived = Projekt jest zarchiwizowany, więc żadne zadanie nie jest wpuszczane.
workload-account-deleted = Konto usługi zostało usunięte, więc żadne zadanie nie jest wpuszczane.
workload-account-no-role = Konto usługi nie ma roli w projekcie, więc jego klucze nie mogą wywoływać modeli.
workload-conditions = Warunki
workload-conditions-hint = Token musi spełniać wszystkie warunki. Zawsze podaj coś, nad czym tylko Ty masz kontrolę: każdy, kto używa publicznej platformy, dostaje tokeny jej wystawcy.
workload-conditions-exact = Wartość musi być dokładnie taka sama, z tą samą wielkością liter. Nie ma symboli wieloznacznych. Puste wiersze się nie liczą.
workload-condition = Warunek { $number }
workload-attribute = Atrybut tokenu
workload-kind = Typ
workload-kind-text = tekst
workload-kind-number = liczba
workload-kind-boolean = prawda lub fałsz
workload-value = Wymagana wartość
workload-matchers-none = Dodaj co najmniej jeden warunek. Bez niego wpuszczany byłby każdy, kogo poświadcza wystawca.
workload-matchers-many = Reguła może mieć najwyżej 20 warunków.
workload-matchers-name = Nazwa atrybutu ma od 1 do 255 znaków i nie zawiera spacji.
workload-matchers-value = Wymagana wartość jest za długa. Najwyżej 2000 znaków.
workload-matchers-same = Co najmniej jeden warunek musi wskazywać, do kogo należy zadanie, na przykład repository lub sub. Wartości wspólne dla wszystkich tokenów wystawcy wpuszczają każdego.
workload-matchers-half = Każdy warunek musi mieć atrybut i wartość.
workload-matchers-number = „{ $value }” nie jest liczbą.
workload-matchers-boolean = „{ $value }” to ani true, ani false.
workload-matchers-twice = Atrybut „{ $name }” się powtarza.
workload-acts-as = Zadanie działa jako
workload-account-hint = Limity, uprawnienia i wykorzystanie tego konta dotyczą kluczy, które wydaje reguła.
workload-account-fixed = W projekcie „{ $project }”. Nie można go zmienić: utwórz inną regułę.
workload-account-new = Nowe konto usługi w projekcie „{ $project }”
workload-account-name = Nazwa nowego konta usługi
workload-account-name-hint = Tylko dla nowego konta. Powstaje ono bez klucza i ma rolę członka.
workload-account-missing = Wybierz konto usługi.
workload-account-unnamed = Wpisz nazwę nowego konta usługi.
workload-issued = Klucze
workload-issued-hint = Na co pozwalają klucze. Działają najwyżej godzinę i nigdy dłużej niż token.
workload-named = Nazwa
workload-rule-name = Nazwa (opcjonalnie)
workload-rule-name-hint = Klucze mają tę nazwę na listach. Bez niej mają nazwę dostawcy.
workload-use = Użycie w zadaniu
workload-use-hint = Zadanie pobiera token, wymienia go na klucz i wywołuje API. Pakiety SDK OpenAI robią to samodzielnie i odnawiają klucz.
workload-use-no-rule = Najpierw utwórz regułę. Przykłady będą wtedy zawierać jej konto usługi.
workload-example-github = W przepływie pracy
workload-example-kubernetes = W podzie
workload-example-curl = W terminalu, z tokenem w $TOKEN
workload-example-python = Z pakietem SDK OpenAI, który odnawia klucz
service-account-head = Konto usługi
keys-issued = Klucze wydane zadaniom
keys-issued-tab = Zadania
keys-issued-lead = Te klucze w projekcie „{ $project }” wydały reguły tożsamości zadań. Wygasają same, a po zmianie reguły przestają działać od razu. Wygasłe są widoczne przez tydzień.
keys-issued-none = W ostatnim tygodniu nie wydano zadaniom żadnych kluczy.
keys-issued-rule-gone = Reguła została usunięta
keys-issued-ended = Nie działa: zmieniono regułę
keys-issued-until = Wygasa { $when }
done-provider-created = Utworzono dostawcę. Dodaj teraz regułę: do tego czasu każdy token jest odrzucany.
done-provider-deleted = Usunięto dostawcę.
done-rule-created = Utworzono regułę. Pasujące do niej tokeny można od teraz wymieniać.
done-rule-deleted = Usunięto regułę. Wydane przez nią klucze już nie działają.
