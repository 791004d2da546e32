usage-lead = { $cost } i { $requests } wywołań w tym okresie.
usage-range = Okres i podział
usage-by-model = Model
usage-by-key = Klucz
usage-by-project = Projekt
usage-by-user = Osoba
usage-empty = Brak wywołań w tym okresie. Zużycie pojawia się tu w ciągu minuty od pierwszego.
usage-first = Wykonaj pierwsze wywołanie API
usage-chart-cost = Koszt dzienny
usage-chart-requests = Liczba wywołań dziennie
usage-requests = Wywołania
usage-input = Tokeny wejściowe
usage-output = Tokeny wyjściowe
usage-images = Obrazy
usage-cost = Koszt
total = Razem
usage-days = { $count ->
    [one] { $count } dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dni
}
