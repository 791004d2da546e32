# Ceny modeli w konsoli operatora. Ceny są w USD za milion jednostek.
prices = Ceny
prices-lead = { $count ->
    [one] Jeden model nie ma ceny, więc jego wykorzystanie jest bezpłatne.
    [few] { $count } modele nie mają ceny, więc ich wykorzystanie jest bezpłatne.
    [many] { $count } modeli nie ma ceny, więc ich wykorzystanie jest bezpłatne.
   *[other] { $count } modelu nie ma ceny, więc ich wykorzystanie jest bezpłatne.
}
prices-lead-all = Każdy model ma cenę.
prices-unit = Ceny są w{ "\u00A0" }USD za milion jednostek.
prices-models = Modele
prices-models-hint = Modele bez ceny są na początku. Otwórz model, aby zobaczyć jego ceny w{ "\u00A0" }czasie i{ "\u00A0" }ustawić inną.
prices-no-models = Żadne modele nie są jeszcze udostępniane.
prices-col-model = Model
prices-col-price = Cena
prices-col-state = Stan
prices-col-before = Dotychczas
prices-col-after = Nowa
prices-col-charged = Ubiegły miesiąc, naliczono
prices-col-would = Ubiegły miesiąc po nowej cenie
prices-col-from = Od
prices-col-by = Kto ustawił
price-kind-input = Tokeny wejściowe
price-kind-cached-input = Tokeny wejściowe z{ "\u00A0" }pamięci podręcznej
price-kind-output = Tokeny wyjściowe
price-kind-image = Obrazy
price-kind-character = Znaki zamienione na mowę
price-kind-second = Sekundy dźwięku
price-kind-request = Żądania
price-kind-tool-call = Wyszukiwania w{ "\u00A0" }sieci i{ "\u00A0" }w{ "\u00A0" }plikach
price-kind-cache-write = Tokeny zapisane w{ "\u00A0" }pamięci podręcznej
price-kind-audio-input = Tokeny wejściowe dźwięku
price-kind-reasoning = Tokeny rozumowania
price-kind-audio-output = Tokeny wyjściowe dźwięku
price-kind-image-input = Tokeny wejściowe obrazów
price-kind-image-output = Tokeny wyjściowe obrazów
price-kind-image-of = Obrazy { $images }
price-none = Brak ceny, bezpłatny
price-free = Bezpłatny
price-by-operator = Ustawiona przez operatora
price-by-configuration = Z{ "\u00A0" }pliku konfiguracji
price-not-served = Obecnie nieudostępniany
price-next = Następna cena obowiązuje od { $time }.
price-now = Obowiązuje
price-later = Zacznie obowiązywać
price-past = Zastąpiona
price-withdrawn = Wycofana { $time }
prices-all = Wszystkie ceny
prices-of-model = Ceny modelu { $model }
prices-set = Ustaw cenę
prices-set-hint = To jest cała cena modelu. Jednostka bez ceny jest bezpłatna. Tokeny pamięci podręcznej, rozumowania, dźwięku i{ "\u00A0" }obrazów bez ceny kosztują tyle, co pozostałe tokeny wejściowe lub wyjściowe. Wcześniejsze wykorzystanie nie zostanie naliczone ponownie.
prices-images = Obrazy według jakości i{ "\u00A0" }rozmiaru
prices-images-hint = Jedna cena w{ "\u00A0" }wierszu, na przykład hd/1024x1792 = 120000, 1024x1024 = 40000 albo hd = 80000. Pozostałe obrazy kosztują tyle, ile wynosi cena obrazów.
prices-from = Od (UTC)
prices-from-hint = Puste pole oznacza teraz. Data może być najwyżej pięć lat naprzód i{ "\u00A0" }nie może być w{ "\u00A0" }przeszłości.
prices-reason = Powód, dla innych operatorów
prices-save = Ustaw cenę
prices-try-one = Podgląd ubiegłego miesiąca
prices-history = Ceny w{ "\u00A0" }czasie
prices-history-hint = Cenę, która jeszcze nie obowiązuje, można wycofać.
prices-before = Wcześniej
prices-withdraw = Wycofaj
prices-withdraw-of = Wycofaj cenę obowiązującą od { $time }
prices-list = Importuj cennik
prices-list-hint = Cennik ustawia ceny wielu modeli. Nic się nie zmieni, zanim zobaczysz podgląd.
prices-file = Cennik
prices-file-hint = Plik TOML albo plik JSON z{ "\u00A0" }cenami, który publikuje LiteLLM. Najwyżej 8 MiB.
prices-try = Podgląd
prices-preview = Podgląd
prices-begin-at = Nowe ceny obowiązują od { $time }.
prices-begin-now = Nowe ceny zaczną obowiązywać, gdy tylko je ustawisz.
prices-no-change = Żadna cena nie różni się od cennika.
prices-last-month = Ubiegły miesiąc kosztował { $charged }. Po nowych cenach to samo wykorzystanie kosztowałoby { $would }.
prices-last-month-hint = Ubiegły miesiąc to ostatni miesiąc kalendarzowy w{ "\u00A0" }czasie UTC. Modele bez nowej ceny są liczone tak, jak zostały naliczone.
prices-left-out = Niewykorzystane: { $members }
prices-unchanged = { $count ->
    [one] Jeden model ma już cenę z{ "\u00A0" }cennika.
    [few] { $count } modele mają już ceny z{ "\u00A0" }cennika.
    [many] { $count } modeli ma już ceny z{ "\u00A0" }cennika.
   *[other] { $count } modelu ma już ceny z{ "\u00A0" }cennika.
}
prices-not-served = { $count ->
    [one] Jedna pozycja dotyczy modelu, który nie jest tu udostępniany.
    [few] { $count } pozycje dotyczą modeli, które nie są tu udostępniane.
    [many] { $count } pozycji dotyczy modeli, które nie są tu udostępniane.
   *[other] { $count } pozycji dotyczy modeli, które nie są tu udostępniane.
}
prices-unusable = Model { $model } nie ma w{ "\u00A0" }cenniku ceny, którą można naliczać, więc nic się dla niego nie zmieni. Ceny w{ "\u00A0" }cenniku: { $members }
prices-still-free = Modele, które nie mają ceny i{ "\u00A0" }pozostaną bezpłatne: { $models }
prices-import = Ustaw te ceny
error-price-empty = Wpisz przynajmniej jedną cenę. Wpisz 0, aby model był bezpłatny.
error-price-not-a-number = Wpisz cenę jako liczbę, na przykład 2,50, bez odstępów między tysiącami.
error-price-negative = Cena nie może być ujemna.
error-price-currency = Ceny są w{ "\u00A0" }USD. Wpisz cenę w{ "\u00A0" }USD, bez innej waluty.
error-price-too-many-digits = Wpisz najwyżej sześć miejsc po przecinku za milion jednostek.
error-price-too-high = Cena za milion jednostek może wynosić najwyżej 1{ "\u202F" }000{ "\u202F" }000{ "\u202F" }000{ "\u00A0" }USD.
error-price-images = Wpisz najwyżej 32 ceny obrazów, każdą raz i{ "\u00A0" }w{ "\u00A0" }osobnym wierszu, na przykład hd/1024x1792 = 120000.
error-price-date-past = Data jest w{ "\u00A0" }przeszłości, a{ "\u00A0" }to, co naliczono, pozostaje bez zmian. Pozostaw pole puste, aby ustawić cenę teraz.
error-price-date-far = Data może być najwyżej pięć lat naprzód.
error-price-list-too-long = Plik ma więcej niż 8 MiB.
error-price-list-nothing = W{ "\u00A0" }cenniku nie ma ceny żadnego modelu, który jest tu udostępniany.
error-price-list-syntax = Pliku nie można odczytać jako cennika. Użyj pliku TOML albo pliku JSON, który publikuje LiteLLM.
error-price-list-currency = Cennik jest w{ "\u00A0" }innej walucie. Ceny w{ "\u00A0" }tej instalacji są w{ "\u00A0" }USD.
error-price-list-repeated = Cennik zawiera model lub wartość dwa razy. Nic nie zmieniono.
error-price-list-entry = Cennik zawiera pozycję, która nie jest ceną modelu. Nic nie zmieniono.
error-price-list-kind = Cennik zawiera cenę czegoś, czego nie można naliczać. Nic nie zmieniono.
error-price-list-price = Cena w{ "\u00A0" }cenniku jest nieprawidłowa. Nic nie zmieniono.
error-price-withdrawn = Ta cena została już wycofana.
error-price-holds = Ta cena już obowiązuje i{ "\u00A0" }nie można jej wycofać. Ustaw inną cenę.
error-price-raced = W{ "\u00A0" }tej samej sekundzie ustawiono inną cenę. Sprawdź ceny i{ "\u00A0" }spróbuj ponownie.
