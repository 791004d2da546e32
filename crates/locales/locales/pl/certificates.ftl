nav-certificates = Certyfikaty
certificates-lead = Od klientów API można wymagać, aby oprócz klucza przedstawiali certyfikat (mTLS).
certificates-lead-project = Od klientów, którzy używają kluczy projektu „{ $project }”, można wymagać certyfikatu (mTLS).
certificates-help = Jak to działa
certificates-now-all = Obecnie wymagają go żądania z każdym kluczem projektów tej organizacji.
certificates-now-project = Obecnie wymagają go żądania z kluczami tego projektu.
certificates-now-some = { $count ->
    [one] Obecnie wymaga go { $count } projekt.
    [few] Obecnie wymagają go { $count } projekty.
    [many] Obecnie wymaga go { $count } projektów.
   *[other] Obecnie wymaga go { $count } projektu.
}
certificates-now-none = Obecnie żadne żądanie go nie wymaga.
certificates-unchecked = Ta instalacja nie sprawdza certyfikatów klientów.
certificates-unchecked-lead = Certyfikaty można przesyłać, ale nie można ich aktywować, bo aktywny certyfikat niczego by nie chronił. Operator najpierw podaje nagłówek serwera proxy w ustawieniu:
certificates-none = Nie ma jeszcze certyfikatów. Prześlij certyfikat urzędu, który podpisuje certyfikaty Twoich klientów.
certificates-none-how = Samo przesłanie niczego nie zmienia. Klienci potrzebują certyfikatu dopiero wtedy, gdy aktywujesz go dla całej organizacji albo dla projektu.
certificates-most = Organizacja może mieć najwyżej { $most } certyfikatów. Usuń certyfikat, którego już nie używasz.
certificates-most-of-projects = Organizacja może mieć najwyżej { $most } aktywnych certyfikatów pojedynczych projektów. Aktywuj część z nich dla całej organizacji.
certificate-validity = Ważność
certificate-in-organization = Dla całej organizacji
certificate-in-project = Dla tego projektu
certificate-until = Ważny do { $when }
certificate-from = Ważny od { $when }
certificate-ending = Wygasa { $when }
certificate-expired = Wygasł { $when }
certificate-ends = Certyfikat „{ $name }” wygasa { $when }. Od tej chwili klienci, którzy od niego zależą, będą odrzucani. Wcześniej prześlij i aktywuj jego następcę.
certificate-ended = Certyfikat „{ $name }” wygasł { $when }. Klienci, którzy od niego zależą, są odrzucani. Aktywuj jego następcę albo dezaktywuj ten certyfikat.
certificate-authority = Urząd certyfikacji
certificate-own = Własny certyfikat klienta
certificate-active = Aktywny
certificate-inactive = Nieaktywny
certificate-active-organization = Aktywny dla całej organizacji
certificate-active-projects = { $count ->
    [one] Aktywny dla { $count } projektu
    [few] Aktywny dla { $count } projektów
    [many] Aktywny dla { $count } projektów
   *[other] Aktywny dla { $count } projektu
}
certificate-activate = Aktywuj
certificate-deactivate = Dezaktywuj
certificate-activate-button = Aktywuj certyfikat „{ $name }”
certificate-deactivate-button = Dezaktywuj certyfikat „{ $name }”
certificate-activate-all = Aktywuj certyfikat „{ $name }” dla całej organizacji
certificate-deactivate-all = Dezaktywuj certyfikat „{ $name }” dla całej organizacji
certificate-activate-project = Aktywuj certyfikat „{ $name }” dla projektu „{ $project }”
certificate-deactivate-project = Dezaktywuj certyfikat „{ $name }” dla projektu „{ $project }”
certificate-effect-authority = Od następnego żądania przyjmowani są tylko klienci z certyfikatem podpisanym przez ten certyfikat. Żądania bez certyfikatu są odrzucane z kodem 401.
certificate-effect-own = Od następnego żądania przyjmowany jest tylko klient, który ma klucz prywatny tego certyfikatu. Żądania bez certyfikatu są odrzucane z kodem 401.
certificate-effect-besides = Są tu już inne aktywne certyfikaty. Ich klienci nadal będą przyjmowani, a dodatkowo będą przyjmowani klienci tego certyfikatu.
certificate-effect-keys = { $count ->
    [one] Dotyczy to { $count } działającego klucza i placu testowego.
    [few] Dotyczy to { $count } działających kluczy i placu testowego.
    [many] Dotyczy to { $count } działających kluczy i placu testowego.
   *[other] Dotyczy to { $count } działającego klucza i placu testowego.
}
certificate-effect-no-keys = Nie ma jeszcze kluczy. Dotyczy to nowych kluczy i placu testowego.
certificate-effect-future = Certyfikat nie jest ważny przed { $when }. Do tego czasu klienci, którzy od niego zależą, są odrzucani.
certificate-effect-ending = Certyfikat wygasa { $when }. Od tej chwili klienci, którzy od niego zależą, są odrzucani.
certificate-effect-owners = Klucze administracyjne i ta strona nie wymagają certyfikatu, więc zawsze możesz go tutaj dezaktywować.
certificate-effect-stays = Certyfikat pozostaje aktywny dla całej organizacji, więc dla klientów tego projektu nic się nie zmienia.
certificate-effect-others = Od następnego żądania klienci, którzy zależą tylko od tego certyfikatu, są odrzucani. Inne certyfikaty pozostają aktywne, więc żądania bez certyfikatu nadal są odrzucane.
certificate-effect-none = Od następnego żądania przyjmowane są żądania bez certyfikatu. Wystarczy sam klucz.
certificate-effect-projects = Projekty z własnymi aktywnymi certyfikatami nadal go wymagają.
certificate-upload = Prześlij certyfikat
certificate-upload-lead = Prześlij certyfikat urzędu, który podpisuje certyfikaty Twoich klientów, albo certyfikat jednego klienta. Niczego to nie zmienia, dopóki go nie aktywujesz.
certificate-name = Nazwa (opcjonalnie)
certificate-name-hint = Bez nazwy wyświetlany jest podmiot certyfikatu.
certificate-file = Wybierz plik
certificate-pem = Certyfikat w formacie PEM
certificate-pem-hint = Jeden certyfikat, najwyżej 16 KB. Nigdy nie przesyłaj klucza prywatnego.
certificate-fault-long = Certyfikat ma więcej niż 16 KB. Prześlij jeden certyfikat bez otaczającego tekstu.
certificate-fault-private-key = Ten tekst zawiera klucz prywatny. Niczego nie zapisano. Prześlij sam certyfikat i wymień klucz: należy go uznać za ujawniony.
certificate-fault-pem = To nie jest certyfikat w formacie PEM. Zaczyna się on od -----BEGIN CERTIFICATE----- i kończy na -----END CERTIFICATE-----.
certificate-fault-several = Ten tekst zawiera więcej niż jeden certyfikat. Prześlij każdy z nich osobno.
certificate-fault-unreadable = Tekst między wierszami PEM nie jest certyfikatem, który można odczytać. Skopiuj jeszcze raz cały plik.
certificate-fault-version = Certyfikat ma stary format. Musi to być certyfikat X.509 w wersji 3.
certificate-fault-key = Klucz tego certyfikatu nie jest obsługiwany. Musi to być RSA o długości od 2048 do 8192 bitów, ECDSA na krzywej P-256 lub P-384 albo Ed25519.
certificate-fault-signing = Ten urząd nie może podpisywać certyfikatów: jego użycie klucza nie obejmuje podpisywania certyfikatów.
certificate-fault-authority = Ten urząd nie wydaje certyfikatów dla klientów: jego rozszerzone użycie klucza nie obejmuje uwierzytelniania klienta.
certificate-fault-clients = Certyfikat nie należy do urzędu ani nie jest przeznaczony dla klientów: jego rozszerzone użycie klucza nie obejmuje uwierzytelniania klienta.
certificate-fault-expired = Certyfikat wygasł.
certificate-lead-authority = Urząd certyfikacji. Gdy jest aktywny, przyjmowani są klienci z certyfikatem, który podpisał.
certificate-lead-own = Własny certyfikat klienta. Gdy jest aktywny, przyjmowany jest klient, który ma jego klucz prywatny.
certificate-facts = Szczegóły
certificate-facts-hint = Zanim aktywujesz certyfikat, porównaj skrót SHA-256 z własnym plikiem.
certificate-subject = Podmiot
certificate-issuer = Wystawca
certificate-serial = Numer seryjny
certificate-span = Od { $from } do { $until }
certificate-uploaded = Przesłano
certificate-places = Aktywny dla
certificate-places-hint = Tam, gdzie certyfikat jest aktywny, klienci go potrzebują. Aktywny dla całej organizacji znaczy aktywny dla wszystkich jej projektów, także nowych.
certificate-place = Miejsce
certificate-whole-organization = Cała organizacja
certificate-for-project = Aktywuj dla projektu
certificate-content = Pokaż certyfikat
certificate-content-hint = Certyfikat w przesłanej postaci. Nie jest tajny.
certificate-rename = Zmień nazwę
certificate-rename-of = Zmień nazwę certyfikatu „{ $name }”
certificate-delete = Usuń
certificate-delete-button = Usuń certyfikat „{ $name }”
certificate-delete-what = Certyfikat nie jest aktywny, więc dla klientów nic się nie zmienia. Tej operacji nie można cofnąć, ale certyfikat można przesłać ponownie.
certificate-delete-active = Aby usunąć certyfikat, najpierw dezaktywuj go wszędzie.
done-certificate-uploaded = Przesłano certyfikat. Nie jest jeszcze aktywny.
done-certificate-activated = Aktywowano certyfikat. Obowiązuje od następnego żądania.
done-certificate-deactivated = Dezaktywowano certyfikat. Zmiana obowiązuje od następnego żądania.
done-certificate-deleted = Usunięto certyfikat.
error-certificate-active = Ten certyfikat jest aktywny. Najpierw dezaktywuj go dla organizacji i wszystkich projektów.
error-certificate-expired = Ten certyfikat wygasł, więc nie można go aktywować.
error-client-certificates-not-checked = Ta instalacja nie sprawdza certyfikatów klientów, więc aktywny certyfikat niczego by nie chronił. Operator musi najpierw ustawić network.client_certificate_header.
