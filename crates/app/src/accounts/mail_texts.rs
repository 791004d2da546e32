//! The texts of mails about accounts, in three languages. Each text is complete; none is put together from parts.

use super::mail_kind::MailKind;

/// A language mails are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Polish,
    Japanese,
}

impl Language {
    /// Returns the language of a tag; English for an unknown one.
    pub(super) fn of(tag: &str) -> Self {
        match tag {
            "pl" => Self::Polish,
            "ja" => Self::Japanese,
            _ => Self::English,
        }
    }
}

/// Returns subject and text. `{}` in a text is the link, or the other detail of the mail; `{who}` is the account it is
/// about.
pub(super) const fn words(kind: MailKind, language: Language) -> (&'static str, &'static str) {
    match (kind, language) {
        (MailKind::Confirm, Language::English) => (
            "Confirm your e-mail address",
            "Open this link to confirm your address. It works once, for 24 hours.\n\n{}\n\nIf you did not sign up, nothing needs to be done.",
        ),
        (MailKind::Confirm, Language::Polish) => (
            "Potwierdź swój adres e-mail",
            "Otwórz ten link, aby potwierdzić adres. Działa raz i przez 24 godziny.\n\n{}\n\nJeśli to nie twoja rejestracja, nie trzeba nic robić.",
        ),
        (MailKind::Confirm, Language::Japanese) => (
            "メールアドレスの確認",
            "次のリンクを開いてメールアドレスを確認してください。1回だけ、24時間有効です。\n\n{}\n\n登録した覚えがない場合は、何もする必要はありません。",
        ),
        (MailKind::AlreadyRegistered, Language::English) => (
            "You already have an account",
            "Somebody, perhaps you, signed up with this address. There is an account already: sign in, or choose a new password on the sign-in page. Nothing was changed.",
        ),
        (MailKind::AlreadyRegistered, Language::Polish) => (
            "Konto już istnieje",
            "Ktoś, być może ty, próbował założyć konto z tym adresem. Konto już istnieje: zaloguj się albo ustaw nowe hasło na stronie logowania. Nic nie zostało zmienione.",
        ),
        (MailKind::AlreadyRegistered, Language::Japanese) => (
            "アカウントは既にあります",
            "このアドレスで新規登録が行われました。アカウントは既にあります。サインインするか、サインインページで新しいパスワードを設定してください。変更は行われていません。",
        ),
        (MailKind::Reset, Language::English) => (
            "Choose a new password",
            "Open this link to choose a new password. It works once, for one hour.\n\n{}\n\nIf you did not ask for it, nothing needs to be done: the present password goes on working.",
        ),
        (MailKind::Reset, Language::Polish) => (
            "Ustaw nowe hasło",
            "Otwórz ten link, aby ustawić nowe hasło. Działa raz i przez godzinę.\n\n{}\n\nJeśli to nie twoja prośba, nie trzeba nic robić: obecne hasło działa dalej.",
        ),
        (MailKind::Reset, Language::Japanese) => (
            "新しいパスワードの設定",
            "次のリンクを開いて新しいパスワードを設定してください。1回だけ、1時間有効です。\n\n{}\n\n心当たりがない場合は、何もする必要はありません。現在のパスワードはそのまま使えます。",
        ),
        (MailKind::PasswordChanged, Language::English) => (
            "Your password was changed",
            "The password of your account was changed, and sessions in other browsers were ended. If it was not you, choose a new password at once and tell support.",
        ),
        (MailKind::PasswordChanged, Language::Polish) => (
            "Hasło zostało zmienione",
            "Hasło do konta zostało zmienione, a sesje w innych przeglądarkach zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::PasswordChanged, Language::Japanese) => (
            "パスワードが変更されました",
            "アカウントのパスワードが変更され、他のブラウザーのセッションが終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::Invite, Language::English) => (
            "You are invited to an organization",
            "You are invited to join an organization. The link works once, for seven days.\n\n{}",
        ),
        (MailKind::Invite, Language::Polish) => {
            ("Zaproszenie do organizacji", "Masz zaproszenie do organizacji. Link działa raz i przez siedem dni.\n\n{}")
        }
        (MailKind::Invite, Language::Japanese) => {
            ("組織への招待", "組織に招待されました。リンクは1回だけ、7日間有効です。\n\n{}")
        }
        (MailKind::ChoosePassword, Language::English) => (
            "Choose your password",
            "The address is confirmed. More than one password was typed for it before that, so none of them counts. Open this link to choose one. It works once, for one hour.\n\n{}",
        ),
        (MailKind::ChoosePassword, Language::Polish) => (
            "Ustaw hasło",
            "Adres jest potwierdzony. Wcześniej podano dla niego więcej niż jedno hasło, więc żadne nie obowiązuje. Otwórz ten link, aby ustawić hasło. Działa raz i przez godzinę.\n\n{}",
        ),
        (MailKind::ChoosePassword, Language::Japanese) => (
            "パスワードの設定",
            "メールアドレスが確認されました。確認の前に複数のパスワードが入力されたため、いずれも無効です。次のリンクを開いて設定してください。1回だけ、1時間有効です。\n\n{}",
        ),
        (MailKind::NewSignIn, Language::English) => (
            "New sign-in",
            "Somebody signed in to your account from a browser or network that was not seen before:\n\n{}\n\nIf it was you, nothing needs to be done. If not, change the password and end the other sessions in Settings > Account.",
        ),
        (MailKind::NewSignIn, Language::Polish) => (
            "Nowe logowanie",
            "Zalogowano się na konto z przeglądarki lub sieci, której wcześniej nie było:\n\n{}\n\nJeśli to ty, nie trzeba nic robić. Jeśli nie, zmień hasło i zakończ pozostałe sesje w Ustawieniach konta.",
        ),
        (MailKind::NewSignIn, Language::Japanese) => (
            "新しいサインイン",
            "これまで使われたことのないブラウザーまたはネットワークからサインインがありました。\n\n{}\n\nご本人の場合は、何もする必要はありません。心当たりがない場合は、アカウント設定でパスワードを変更し、他のセッションを終了してください。",
        ),
        (MailKind::FactorOn, Language::English) => (
            "Second step is on",
            "Signing in to your account now asks for a code from an authenticator app. Other sessions were ended. If it was not you, choose a new password at once and contact support.",
        ),
        (MailKind::FactorOn, Language::Polish) => (
            "Drugi krok jest włączony",
            "Logowanie na konto wymaga teraz kodu z aplikacji uwierzytelniającej. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::FactorOn, Language::Japanese) => (
            "2段階認証が有効になりました",
            "サインインには認証アプリのコードが必要になりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::FactorOff, Language::English) => (
            "Second step is off",
            "Signing in to your account no longer asks for a code. Other sessions were ended. If it was not you, choose a new password at once and contact support.",
        ),
        (MailKind::FactorOff, Language::Polish) => (
            "Drugi krok jest wyłączony",
            "Logowanie na konto nie wymaga już kodu. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::FactorOff, Language::Japanese) => (
            "2段階認証が無効になりました",
            "サインインにコードは不要になりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::RecoveryCodesMade, Language::English) => (
            "New recovery codes",
            "New recovery codes were made for your account. The old ones no longer work. If it was not you, choose a new password at once and contact support.",
        ),
        (MailKind::RecoveryCodesMade, Language::Polish) => (
            "Nowe kody zapasowe",
            "Utworzono nowe kody zapasowe do konta. Stare już nie działają. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::RecoveryCodesMade, Language::Japanese) => (
            "新しいリカバリーコード",
            "アカウントの新しいリカバリーコードが作成されました。以前のコードは使えません。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::ConfirmAddress, Language::English) => (
            "Confirm your new e-mail address",
            "The person of this account asked to use this address for it from now on:\n\n{who}\n\nOpen the link only if this is your own account. It works once, for 24 hours.\n\n{}\n\nIf you do not know this account, do not open the link: nothing needs to be done.",
        ),
        (MailKind::ConfirmAddress, Language::Polish) => (
            "Potwierdź nowy adres e-mail",
            "Osoba korzystająca z poniższego konta poprosiła, aby odtąd używało ono tego adresu:\n\n{who}\n\nOtwórz link tylko wtedy, gdy to twoje konto. Działa raz i przez 24 godziny.\n\n{}\n\nJeśli nie znasz tego konta, nie otwieraj linku: nie trzeba nic robić.",
        ),
        (MailKind::ConfirmAddress, Language::Japanese) => (
            "新しいメールアドレスの確認",
            "次のアカウントの利用者が、今後このアドレスをアカウントに使うことを希望しています。\n\n{who}\n\nご自身のアカウントである場合にのみ、リンクを開いてください。1回だけ、24時間有効です。\n\n{}\n\nこのアカウントに心当たりがない場合は、リンクを開かないでください。何もする必要はありません。",
        ),
        (MailKind::AddressTaken, Language::English) => (
            "This address has an account",
            "Somebody, perhaps you, asked to use this address for another account. It has an account of its own already. Nothing was changed.",
        ),
        (MailKind::AddressTaken, Language::Polish) => (
            "Ten adres ma już konto",
            "Ktoś, być może ty, chciał użyć tego adresu dla innego konta. Adres ma już własne konto. Nic nie zostało zmienione.",
        ),
        (MailKind::AddressTaken, Language::Japanese) => (
            "このアドレスには既にアカウントがあります",
            "別のアカウントでこのアドレスを使う申請がありました。このアドレスには既にアカウントがあります。変更は行われていません。",
        ),
        (MailKind::AddressChanged, Language::English) => (
            "Your e-mail address was changed",
            "Your account uses another address now; this one no longer opens it. If it was not you, contact support at once.",
        ),
        (MailKind::AddressChanged, Language::Polish) => (
            "Adres e-mail został zmieniony",
            "Konto używa teraz innego adresu; ten już go nie otwiera. Jeśli to nie ty, od razu napisz do nas.",
        ),
        (MailKind::AddressChanged, Language::Japanese) => (
            "メールアドレスが変更されました",
            "アカウントのメールアドレスが変更され、このアドレスではサインインできなくなりました。心当たりがない場合は、すぐにサポートに連絡してください。",
        ),
        (MailKind::PasskeyAdded, Language::English) => (
            "Passkey added",
            "A passkey was added to your account and opens it now. Other sessions were ended. If it was not you, take it away in Settings > Security, choose a new password at once and contact support.",
        ),
        (MailKind::PasskeyAdded, Language::Polish) => (
            "Dodano klucz dostępu",
            "Do konta dodano klucz dostępu, który teraz je otwiera. Pozostałe sesje zostały zakończone. Jeśli to nie ty, usuń go w ustawieniach bezpieczeństwa, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::PasskeyAdded, Language::Japanese) => (
            "パスキーが追加されました",
            "アカウントにパスキーが追加され、サインインに使えるようになりました。他のセッションは終了しました。心当たりがない場合は、セキュリティ設定で削除し、すぐに新しいパスワードを設定して、サポートに連絡してください。",
        ),
        (MailKind::PasskeyRemoved, Language::English) => (
            "Passkey removed",
            "A passkey of your account was removed and no longer opens it. Other sessions were ended. If it was not you, choose a new password at once and contact support.",
        ),
        (MailKind::PasskeyRemoved, Language::Polish) => (
            "Usunięto klucz dostępu",
            "Z konta usunięto klucz dostępu; już go nie otwiera. Pozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::PasskeyRemoved, Language::Japanese) => (
            "パスキーが削除されました",
            "アカウントのパスキーが削除され、サインインに使えなくなりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::IdentityUnlinked, Language::English) => (
            "A way to sign in was removed",
            "Your account can no longer be opened through:\n\n{}\n\nOther sessions were ended. If it was not you, choose a new password at once and contact support.",
        ),
        (MailKind::IdentityUnlinked, Language::Polish) => (
            "Usunięto sposób logowania",
            "Konta nie można już otworzyć przez:\n\n{}\n\nPozostałe sesje zostały zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        (MailKind::IdentityUnlinked, Language::Japanese) => (
            "サインイン方法が削除されました",
            "次の連携ではアカウントにサインインできなくなりました。\n\n{}\n\n他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
        ),
        (MailKind::IdentityJoined, Language::English) => (
            "A new way to sign in",
            "Your account can now also be opened by signing in at:\n\n{}\n\nIf it was not you, contact support at once.",
        ),
        (MailKind::IdentityJoined, Language::Polish) => (
            "Nowy sposób logowania",
            "Na konto można się teraz zalogować także przez:\n\n{}\n\nJeśli to nie ty, od razu napisz do nas.",
        ),
        (MailKind::IdentityJoined, Language::Japanese) => (
            "新しいサインイン方法",
            "次のサービスでもアカウントにサインインできるようになりました。\n\n{}\n\n心当たりがない場合は、すぐにサポートに連絡してください。",
        ),
        (MailKind::PicturesGo, Language::English) => (
            "A case waits, and its pictures go within a day",
            "Nobody has decided this case yet. Its pictures are erased within a day, decided or not; the person is then asked for new ones.\n\n{}",
        ),
        (MailKind::PicturesGo, Language::Polish) => (
            "Sprawa czeka, a jej zdjęcia znikną w ciągu doby",
            "Nikt jeszcze nie rozstrzygnął tej sprawy. Jej zdjęcia zostaną usunięte w ciągu doby, bez względu na decyzję; potem trzeba będzie poprosić o nowe.\n\n{}",
        ),
        (MailKind::PicturesGo, Language::Japanese) => (
            "未審査の案件の画像が1日以内に削除されます",
            "この案件はまだ審査されていません。画像は審査の有無にかかわらず1日以内に削除され、その後は本人に再提出をお願いすることになります。\n\n{}",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_stand_in_every_language_or_in_none() {
        for kind in MailKind::ALL {
            let all = [Language::English, Language::Polish, Language::Japanese].map(|language| words(kind, language));
            let holes = all.map(|(_, text)| text.matches("{}").count());
            assert!(holes.windows(2).all(|pair| pair[0] == pair[1]), "{kind:?} {holes:?}");
            for (number, (subject, text)) in all.iter().enumerate() {
                assert!(!subject.is_empty() && !text.contains('!'), "{kind:?}");
                assert!(all.iter().skip(number + 1).all(|other| other.0 != *subject && other.1 != *text), "{kind:?}");
            }
        }
    }
}
