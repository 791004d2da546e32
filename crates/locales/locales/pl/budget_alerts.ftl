# Alerty o budżetach.
budget-alerts = Alerty o{ "\u00A0" }budżetach
budget-alerts-lead = Alerty o{ "\u00A0" }budżetach informują, gdy część lub kwota budżetu zostanie wykorzystana. Nie odrzucają żądań i{ "\u00A0" }są wysyłane raz w{ "\u00A0" }każdym okresie.
budget-alerts-no-budget = Nie ma jeszcze budżetów. Najpierw dodaj budżet.
budget-alerts-owners = E-mail do właścicieli
budget-alerts-owners-hint = Wszyscy właściciele dostają e-mail, gdy wykorzystano 80% i{ "\u00A0" }gdy wyczerpano budżet.
budget-alerts-mailed = Właściciele dostają e-maile
budget-alerts-silent = Bez e-maili do właścicieli
budget-alerts-mail = Włącz
budget-alerts-mail-of = Włącz e-maile do właścicieli o{ "\u00A0" }budżecie „{ $what }” ({ $name })
budget-alerts-silence = Wyłącz
budget-alerts-silence-of = Wyłącz e-maile do właścicieli o{ "\u00A0" }budżecie „{ $what }” ({ $name })
budget-alerts-own = Alerty
budget-alerts-own-hint = Alert wysyła e-mail do odbiorców i{ "\u00A0" }zdarzenie do webhooków, które je subskrybują.
budget-alerts-full = Ten budżet ma już najwięcej alertów, ile może. Usuń jeden z{ "\u00A0" }nich, aby utworzyć następny.
budget-alert-at = Próg alertu
budget-alert-of = { $what }: { $name }
budget-alert-kind = Rodzaj progu
budget-alert-kind-percent = Część budżetu w{ "\u00A0" }procentach
budget-alert-kind-amount = Ilość: USD, tokeny lub żądania
budget-alert-value = Wartość
budget-alert-share = { $percent }%
budget-alert-percent-wrong = Wpisz liczbę całkowitą od 1 do 100.
budget-alert-owners = Właściciele
budget-alert-owners-too = Wyślij e-mail także do właścicieli
budget-alert-webhooks-all = Subskrybujące webhooki
budget-alert-webhooks = { $count ->
    [one] { $count } webhook
    [few] { $count } webhooki
    [many] { $count } webhooków
   *[other] { $count } webhooka
}
budget-alert-reached = Ostatnio osiągnięto { $when }
budget-alert-not-reached = Jeszcze nie osiągnięto
budget-alert-delete = Usuń alert
budget-alert-delete-what = E-maile i{ "\u00A0" }zdarzenia z{ "\u00A0" }tego alertu nie będą już wysyłane. Budżet się nie zmienia.
