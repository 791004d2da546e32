//! The mails about accounts, in three languages.

use keystead_providers::mail::Mail;
use serde_json::Value;

use crate::outbox::Outcome;
use crate::verification::field;
use crate::{App, Error};

/// The outbox's name for a mail about an account.
pub(super) const JOB: &str = "account.mail";

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Confirm the address.
    Confirm,
    /// Somebody signed up with a known address.
    AlreadyRegistered,
    /// Choose a new password.
    Reset,
    /// The password was changed.
    PasswordChanged,
    /// An invitation.
    Invite,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Confirm, Self::AlreadyRegistered, Self::Reset, Self::PasswordChanged, Self::Invite];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::AlreadyRegistered => "already_registered",
            Self::Reset => "reset",
            Self::PasswordChanged => "password_changed",
            Self::Invite => "invite",
        }
    }

    /// Subject and text. `{}` in a text is the link.
    const fn words(self, language: &Language) -> (&'static str, &'static str) {
        match (self, language) {
            (Self::Confirm, Language::English) => (
                "Confirm your e-mail address",
                "Open this link to confirm your address. It works once, for 24 hours.\n\n{}\n\nIf you did not sign up, nothing needs to be done.",
            ),
            (Self::Confirm, Language::Polish) => (
                "Potwierdź swój adres e-mail",
                "Otwórz ten link, aby potwierdzić adres. Działa raz i przez 24 godziny.\n\n{}\n\nJeśli to nie twoja rejestracja, nie trzeba nic robić.",
            ),
            (Self::Confirm, Language::Japanese) => (
                "メールアドレスの確認",
                "次のリンクを開いてメールアドレスを確認してください。1回だけ、24時間有効です。\n\n{}\n\n登録した覚えがない場合は、何もする必要はありません。",
            ),
            (Self::AlreadyRegistered, Language::English) => (
                "You already have an account",
                "Somebody, perhaps you, signed up with this address. There is an account already: sign in, or choose a new password on the sign-in page. Nothing was changed.",
            ),
            (Self::AlreadyRegistered, Language::Polish) => (
                "Konto już istnieje",
                "Ktoś, być może ty, próbował założyć konto z tym adresem. Konto już istnieje: zaloguj się albo ustaw nowe hasło na stronie logowania. Nic nie zostało zmienione.",
            ),
            (Self::AlreadyRegistered, Language::Japanese) => (
                "アカウントは既にあります",
                "このアドレスで新規登録が行われました。アカウントは既にあります。サインインするか、サインインページで新しいパスワードを設定してください。変更は行われていません。",
            ),
            (Self::Reset, Language::English) => (
                "Choose a new password",
                "Open this link to choose a new password. It works once, for one hour.\n\n{}\n\nIf you did not ask for it, nothing needs to be done: the present password goes on working.",
            ),
            (Self::Reset, Language::Polish) => (
                "Ustaw nowe hasło",
                "Otwórz ten link, aby ustawić nowe hasło. Działa raz i przez godzinę.\n\n{}\n\nJeśli to nie twoja prośba, nie trzeba nic robić: obecne hasło działa dalej.",
            ),
            (Self::Reset, Language::Japanese) => (
                "新しいパスワードの設定",
                "次のリンクを開いて新しいパスワードを設定してください。1回だけ、1時間有効です。\n\n{}\n\n心当たりがない場合は、何もする必要はありません。現在のパスワードはそのまま使えます。",
            ),
            (Self::PasswordChanged, Language::English) => (
                "Your password was changed",
                "The password of your account was changed, and every session was ended. If it was not you, choose a new password at once and tell support.",
            ),
            (Self::PasswordChanged, Language::Polish) => (
                "Hasło zostało zmienione",
                "Hasło do konta zostało zmienione, a wszystkie sesje zakończone. Jeśli to nie ty, od razu ustaw nowe hasło i napisz do nas.",
            ),
            (Self::PasswordChanged, Language::Japanese) => (
                "パスワードが変更されました",
                "アカウントのパスワードが変更され、すべてのセッションが終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。",
            ),
            (Self::Invite, Language::English) => (
                "You are invited to an organization",
                "You are invited to join an organization. The link works once, for seven days.\n\n{}",
            ),
            (Self::Invite, Language::Polish) => (
                "Zaproszenie do organizacji",
                "Masz zaproszenie do organizacji. Link działa raz i przez siedem dni.\n\n{}",
            ),
            (Self::Invite, Language::Japanese) => {
                ("組織への招待", "組織に招待されました。リンクは1回だけ、7日間有効です。\n\n{}")
            }
        }
    }
}

enum Language {
    English,
    Polish,
    Japanese,
}

impl App {
    /// What the outbox does about accounts.
    pub(crate) async fn account_job(&self, payload: &Value) -> Result<Outcome, Error> {
        let kind = field(payload, "kind")?;
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = kind.ok_or_else(|| Error::Internal("a mail of an unknown kind".to_owned()))?;
        let language = match field(payload, "language")? {
            "pl" => Language::Polish,
            "ja" => Language::Japanese,
            _ => Language::English,
        };
        let (subject, text) = kind.words(&language);
        let mail = Mail {
            to: field(payload, "to")?.to_owned(),
            subject: format!("{}: {subject}", self.settings().operator),
            text: format!("{}\n\n{}\n", text.replace("{}", field(payload, "link")?), self.public_url()),
        };
        self.send_mail(&mail).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stand_in_every_language_or_in_none() {
        for kind in Kind::ALL {
            let counts: Vec<usize> = [Language::English, Language::Polish, Language::Japanese]
                .iter()
                .map(|language| kind.words(language).1.matches("{}").count())
                .collect();
            assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "{kind:?} {counts:?}");
        }
    }
}
