nav-groups = Grupy
nav-roles = Role
col-created = Utworzono
roles-help = Jak działają grupy i role
groups-lead = Grupa nadaje te same role wielu członkom. Mają je tak długo, jak są w grupie.
groups-empty = Nie ma jeszcze grup. Utwórz grupę dla zespołu, dodaj jego członków i nadaj role grupie zamiast każdej osobie z osobna.
groups-search = Nazwa lub ID grupy
groups-none = Żadna grupa nie ma w nazwie tekstu „{ $text }”.
groups-all = Wszystkie grupy
groups-more = Pokaż więcej grup
group-create = Utwórz grupę
group-create-lead = W następnym kroku dodasz członków i nadasz grupie role.
group-lead = Każda osoba w tej grupie ma jej role oprócz własnych.
group-members-hint = Dodane osoby mają role grupy od następnego żądania.
group-members-empty = Nie ma jeszcze członków.
group-add = Adres e-mail członka
group-add-button = Dodaj do grupy
group-add-hint = W grupie mogą być tylko członkowie tej organizacji.
group-no-member = Żaden członek tej organizacji nie ma tego adresu e-mail.
group-remove-of = Usuń z grupy: { $name }
group-remove-title = Usuń z grupy „{ $group }”: { $name }
group-remove-none = Grupa nie ma ról, więc dla tej osoby nic się nie zmieni. Pozostanie członkiem organizacji.
group-remove-what = { $count ->
    [one] Od następnego żądania ta osoba nie ma już roli tej grupy, chyba że ma ją z innego źródła. Pozostaje członkiem organizacji.
    [few] Od następnego żądania ta osoba nie ma już { $count } ról tej grupy, z wyjątkiem tych, które ma z innego źródła. Pozostaje członkiem organizacji.
    [many] Od następnego żądania ta osoba nie ma już { $count } ról tej grupy, z wyjątkiem tych, które ma z innego źródła. Pozostaje członkiem organizacji.
   *[other] Od następnego żądania ta osoba nie ma już { $count } roli tej grupy, z wyjątkiem tych, które ma z innego źródła. Pozostaje członkiem organizacji.
}
group-roles-hint = Role, które ma każda osoba w grupie, w organizacji lub w projekcie.
group-roles-empty = Ta grupa nie ma jeszcze ról, więc na nic nie pozwala.
group-name = Nazwa i ID
group-id = ID grupy
group-delete = Usuń grupę
group-delete-title = Usuń grupę „{ $name }”
group-delete-none = Nikt nie traci żadnej roli. Tej operacji nie można cofnąć.
group-delete-what = { $count ->
    [one] Od następnego żądania { $count } osoba traci role tej grupy. Pozostaje członkiem organizacji. Tej operacji nie można cofnąć.
    [few] Od następnego żądania { $count } osoby tracą role tej grupy. Pozostają członkami organizacji. Tej operacji nie można cofnąć.
    [many] Od następnego żądania { $count } osób traci role tej grupy. Pozostają członkami organizacji. Tej operacji nie można cofnąć.
   *[other] Od następnego żądania { $count } osoby traci role tej grupy. Pozostają członkami organizacji. Tej operacji nie można cofnąć.
}
place-organization = Cała organizacja
place-archived = Projekt zarchiwizowany
role-where = Gdzie obowiązuje
role-show = Pokaż role
role-give = Nadaj rolę
role-give-to = Nadaj rolę: { $name }
role-give-person = Rola obowiązuje od następnego żądania.
role-give-group-none = W tej grupie nie ma jeszcze nikogo. Rolę będą miały osoby dodane później.
role-give-group = { $count ->
    [one] Od następnego żądania rolę ma { $count } osoba.
    [few] Od następnego żądania rolę mają { $count } osoby.
    [many] Od następnego żądania rolę ma { $count } osób.
   *[other] Od następnego żądania rolę ma { $count } osoby.
}
role-choose = Rola ({ $place })
role-held = już nadana
role-take = Odbierz
role-take-button = Odbierz rolę „{ $role }”
role-take-of = Odbierz rolę „{ $role }” ({ $place })
role-take-group-none = W tej grupie nie ma nikogo, więc nikt nie traci roli.
role-take-group = { $count ->
    [one] Od następnego żądania { $count } osoba traci tę rolę, chyba że ma ją z innego źródła.
    [few] Od następnego żądania { $count } osoby tracą tę rolę, chyba że mają ją z innego źródła.
    [many] Od następnego żądania { $count } osób traci tę rolę, chyba że ma ją z innego źródła.
   *[other] Od następnego żądania { $count } osoby traci tę rolę, chyba że ma ją z innego źródła.
}
role-take-person = { $name } traci tę rolę od następnego żądania, chyba że ma ją też z grupy.
roles-lead = Rola to zestaw uprawnień. Role organizacji obowiązują w każdym projekcie.
roles-lead-project = Role, które można nadać w projekcie „{ $project }”. Obowiązują tylko w nim.
roles-no-custom = Nie ma tu jeszcze ról niestandardowych. Utwórz rolę, gdy predefiniowana pozwala na zbyt wiele lub zbyt mało.
roles-more = Pokaż więcej ról
role-create = Utwórz rolę
role-people = Osoby
role-predefined = Predefiniowana
role-lead = Rola organizacji. Obowiązuje w każdym projekcie.
role-lead-project = Rola projektu „{ $project }”. Obowiązuje tylko w nim.
role-preset-lead = Jest predefiniowana i nie można jej zmienić.
role-name = Nazwa i opis
role-name-hint = Nazwa jest niepowtarzalna wśród ról organizacji lub projektu.
role-description = Opis
role-description-hint = Opcjonalnie. Do czego służy rola.
role-permissions-hint = Zmiana nie obejmuje odczytu. Możesz nadać tylko te uprawnienia, które masz.
role-save = Zapisz rolę
role-affects = { $count ->
    [one] Zmiana dotyczy { $count } osoby od następnego żądania.
    [few] Zmiana dotyczy { $count } osób od następnego żądania.
    [many] Zmiana dotyczy { $count } osób od następnego żądania.
   *[other] Zmiana dotyczy { $count } osoby od następnego żądania.
}
role-holders = Kto ma tę rolę
role-holders-hint = Osoby i grupy, którym nadano rolę bezpośrednio.
role-holders-none = Nikt nie ma tej roli. Aby ją nadać, otwórz stronę członka lub grupy.
role-holders-cut = Lista zawiera tylko pierwsze 100 osób według nazwy.
role-kind = Rodzaj
role-kind-group = Grupa
role-kind-person = Osoba
role-delete = Usuń rolę
role-delete-hint = Rola zostanie odebrana wszystkim, którzy ją mają.
role-delete-title = Usuń rolę „{ $name }”
role-delete-none = Nikt nie ma tej roli. Tej operacji nie można cofnąć.
role-delete-what = { $count ->
    [one] Od następnego żądania { $count } osoba traci tę rolę. Tej operacji nie można cofnąć.
    [few] Od następnego żądania { $count } osoby tracą tę rolę. Tej operacji nie można cofnąć.
    [many] Od następnego żądania { $count } osób traci tę rolę. Tej operacji nie można cofnąć.
   *[other] Od następnego żądania { $count } osoby traci tę rolę. Tej operacji nie można cofnąć.
}
project-groups-hint = Grupy z rolą w tym projekcie. Członkowie grupy mają tu jej rolę.
role-from = Skąd
role-direct = Nadana bezpośrednio
member-may = Uprawnienia
member-may-hint = Na co pozwalają tej osobie łącznie wszystkie role i grupy. Przy projekcie podano, co dodaje.
may-everywhere = W każdym projekcie
member-roles = Role
member-roles-hint = Własne role i role z grup. Rola z grupy kończy się, gdy osoba opuszcza grupę.
member-roles-empty = Ta osoba nie ma ról, więc nic jej nie wolno.
member-groups-hint = Osobę dodaje się i usuwa na stronie grupy.
member-groups-empty = Ta osoba nie jest w żadnej grupie.
area-models = Modele
area-responses = Odpowiedzi
area-files = Pliki
area-batches = Zadania wsadowe
area-usage = Wykorzystanie
area-management = Ustawienia organizacji
area-groups = Grupy
area-roles = Role
area-project-settings = Ustawienia projektu
area-others = Inne uprawnienia
may-everything = Wszystko
may-nothing = Nic
may-models = Wyświetlanie listy modeli i wysyłanie do nich żądań
may-responses = Odczyt, tworzenie i anulowanie odpowiedzi
may-files = Odczyt, przesyłanie i usuwanie plików
may-batches = Odczyt, tworzenie i anulowanie zadań wsadowych
may-management = Odczyt i zmiana ustawień organizacji
may-project-settings-read = Odczyt ustawień projektu
may-project-settings-write = Zmiana ustawień projektu
may-project-settings = Odczyt i zmiana ustawień projektu
may-groups = Odczyt i zmiana grup
may-roles = Odczyt i zmiana ról
invite-project = { $project }: { $role }
invite-expired = Wygasło
invite-expired-at = Zaproszenie wygasło { $when }
invite-again-to = Wyślij ponownie zaproszenie na adres { $email }
invite-cancel-of = Anuluj zaproszenie na adres { $email }
done-group-created = Utworzono grupę.
done-group-deleted = Usunięto grupę.
done-group-renamed = Zmieniono nazwę grupy.
done-person-added = Dodano członka do grupy.
done-person-removed = Usunięto członka z grupy.
done-role-created = Utworzono rolę. Nadaj ją członkowi lub grupie.
done-role-deleted = Usunięto rolę.
done-role-given = Nadano rolę. Obowiązuje od następnego żądania.
done-role-saved = Zapisano rolę. Zmiana obowiązuje od następnego żądania.
done-role-taken = Odebrano rolę.
error-people-not-held = Możesz nadać lub odebrać tylko te uprawnienia, które masz. Nie masz uprawnienia: { $permission }.
error-people-owners-only = Tylko właściciel może nadać lub odebrać rolę właściciela.
error-people-in-group = Ta osoba już jest w grupie.
error-people-member-already = Ta osoba już jest członkiem.
error-people-most-groups = Maksymalna liczba grup w organizacji: { $count }.
error-people-most-groups-of-person = Maksymalna liczba grup w organizacji, do których może należeć jedna osoba: { $count }.
error-people-most-roles = Maksymalna liczba ról niestandardowych w organizacji lub projekcie: { $count }.
error-people-most-held = Maksymalna liczba ról osoby lub grupy: { $count }.
error-people-predefined = Predefiniowanej roli nie można zmienić ani usunąć.
error-people-role-name = Tę nazwę ma już inna rola. Wybierz inną nazwę.
error-people-permissions = Jedno z uprawnień nie istnieje. Zaznacz uprawnienia ponownie.
error-people-from-group = Ta rola pochodzi z grupy. Usuń osobę z grupy albo odbierz rolę grupie.
error-people-group-owner = Grupa nie może być właścicielem organizacji. Nadaj rolę właściciela każdej osobie z osobna.
error-people-archived = Jeden z projektów jest zarchiwizowany. Wybierz inne projekty.
error-people-most-invitations = Maksymalna liczba otwartych zaproszeń: { $count }.
