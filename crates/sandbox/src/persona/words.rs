//! The texts of the hosted flow in English, Polish and Japanese.

/// One sentence in each language.
pub(super) type Words = [&'static str; 3];

/// Returns the language of a `language` parameter: `pl-PL` is Polish, an unknown one English.
pub(super) fn language(wanted: Option<&str>) -> &'static str {
    match wanted.and_then(|wanted| wanted.split(['-', '_']).next()) {
        Some("pl") => "pl",
        Some("ja") => "ja",
        _ => "en",
    }
}

pub(super) fn translated(language: &str, words: Words) -> &'static str {
    match language {
        "pl" => words[1],
        "ja" => words[2],
        _ => words[0],
    }
}

pub(super) const TITLE: Words = ["ID check", "Weryfikacja tożsamości", "本人確認"];
pub(super) const LEAD: Words = [
    "This is a test. Do not use a real document or a real number.",
    "To jest test. Nie używaj prawdziwego dokumentu ani prawdziwego numeru.",
    "これはテストです。本物の書類や番号は使わないでください。",
];
pub(super) const STEP: Words = ["Step", "Krok", "ステップ"];
pub(super) const NEXT: Words = ["Continue", "Dalej", "次へ"];
pub(super) const PLACE: Words = ["Country", "Kraj", "国・地域"];
pub(super) const COUNTRY: Words =
    ["Country that issued the document", "Kraj wydania dokumentu", "書類を発行した国・地域"];
pub(super) const DOCUMENT: Words = ["Document", "Dokument", "本人確認書類"];
pub(super) const KIND: Words = ["Type of identification document", "Rodzaj dokumentu tożsamości", "本人確認書類の種類"];
pub(super) const NUMBER: Words = [
    "Document number (leave empty for a random one)",
    "Numer dokumentu (puste pole: losowy numer)",
    "書類番号（空欄の場合は自動で決まります）",
];
pub(super) const SELFIE: Words = ["Selfie", "Selfie", "自撮り写真"];
pub(super) const SELFIE_LEAD: Words = [
    "A real check would use the camera now. Choose the result instead.",
    "Prawdziwa weryfikacja użyłaby teraz kamery. Zamiast tego wybierz wynik.",
    "実際の本人確認では、ここでカメラを使います。代わりに結果を選んでください。",
];
pub(super) const AT_ONCE: Words = ["Skip to the result", "Przejdź do wyniku", "結果まで進む"];
pub(super) const REASON: Words = ["Reason if it is declined", "Powód odrzucenia", "不承認の場合の理由"];

pub(super) const OUTCOMES: [(&str, Words); 5] = [
    ("approve", ["Approve", "Zatwierdź", "承認"]),
    ("decline", ["Decline", "Odrzuć", "不承認"]),
    ("review", ["Send to review", "Przekaż do sprawdzenia", "審査に回す"]),
    ("complete", ["Submit without a result", "Wyślij bez wyniku", "結果なしで提出"]),
    ("expire", ["Expire", "Zakończ jako wygasłą", "期限切れにする"]),
];
pub(super) const LEAVE: Words = ["Continue later", "Kontynuuj później", "後で続ける"];

pub(super) const REASONS: [(&str, Words); 11] = [
    ("document_unreadable", ["The document cannot be read", "Dokument jest nieczytelny", "書類が読み取れない"]),
    ("document_expired", ["The document has expired", "Dokument stracił ważność", "書類の有効期限が切れている"]),
    (
        "document_type_unsupported",
        [
            "This type of document is not accepted",
            "Ten rodzaj dokumentu nie jest przyjmowany",
            "この種類の書類は使えない",
        ],
    ),
    (
        "country_unsupported",
        [
            "Documents from this country are not accepted",
            "Dokumenty tego kraju nie są przyjmowane",
            "この国の書類は使えない",
        ],
    ),
    ("glare_or_blur", ["Glare or blur", "Odblask lub nieostrość", "反射またはピンぼけ"]),
    ("name_mismatch", ["The name does not match", "Imię i nazwisko się nie zgadzają", "氏名が一致しない"]),
    ("face_mismatch", ["The face does not match", "Twarz się nie zgadza", "顔が一致しない"]),
    (
        "liveness_failed",
        ["The selfie steps were not completed", "Nie wykonano kroków selfie", "自撮り写真の手順が完了しなかった"],
    ),
    ("under_age", ["Under 18", "Osoba poniżej 18 lat", "18歳未満"]),
    ("duplicate_identity", ["Document already used", "Dokument został już użyty", "書類が使用済み"]),
    ("other", ["Other reason", "Inny powód", "その他"]),
];

pub(super) const KINDS: [(&str, Words); 6] = [
    ("passport", ["Passport", "Paszport", "パスポート"]),
    ("identity_card", ["ID card", "Dowód osobisty", "身分証明書（IDカード）"]),
    ("drivers_license", ["Driver's license", "Prawo jazdy", "運転免許証"]),
    ("residence_permit", ["Residence permit", "Karta pobytu", "在留カード"]),
    ("visa", ["Visa", "Wiza", "ビザ"]),
    ("my_number_card", ["My Number card", "Karta My Number", "マイナンバーカード"]),
];

pub(super) const COUNTRIES: [(&str, Words); 12] = [
    ("PL", ["Poland", "Polska", "ポーランド"]),
    ("JP", ["Japan", "Japonia", "日本"]),
    ("US", ["United States", "Stany Zjednoczone", "アメリカ合衆国"]),
    ("GB", ["United Kingdom", "Wielka Brytania", "イギリス"]),
    ("DE", ["Germany", "Niemcy", "ドイツ"]),
    ("FR", ["France", "Francja", "フランス"]),
    ("IT", ["Italy", "Włochy", "イタリア"]),
    ("ES", ["Spain", "Hiszpania", "スペイン"]),
    ("UA", ["Ukraine", "Ukraina", "ウクライナ"]),
    ("CZ", ["Czechia", "Czechy", "チェコ"]),
    ("KR", ["South Korea", "Korea Południowa", "韓国"]),
    ("CA", ["Canada", "Kanada", "カナダ"]),
];

pub(super) const EXPIRED: Words = ["Session expired", "Sesja wygasła", "セッションの有効期限が切れました"];
pub(super) const EXPIRED_LEAD: Words = [
    "The link was already used or has expired. Nothing is lost. Get a new link where you started.",
    "Link został już użyty albo wygasł. Nic nie przepadło. Utwórz nowy tam, gdzie rozpoczęto weryfikację.",
    "リンクは使用済みか、期限が切れています。データは失われていません。最初の画面で新しいリンクを取得してください。",
];
pub(super) const DONE: Words = ["Submitted", "Wysłano", "提出しました"];
pub(super) const DONE_LEAD: Words = [
    "The check is complete. Go back to see the result.",
    "Weryfikacja jest zakończona. Wróć, aby zobaczyć wynik.",
    "本人確認が完了しました。戻って結果をご確認ください。",
];
pub(super) const FAILED: Words = ["Not accepted", "Nie przyjęto", "承認されませんでした"];
pub(super) const FAILED_LEAD: Words = [
    "Go back to see why and what you can do.",
    "Wróć, aby zobaczyć powód i możliwe kroki.",
    "戻って、理由と次にできることをご確認ください。",
];
pub(super) const BACK: Words = ["Go back", "Wróć", "戻る"];
pub(super) const CLOSE: Words =
    ["You can close this page.", "Możesz zamknąć tę stronę.", "このページを閉じてかまいません。"];
pub(super) const UNKNOWN: Words = ["This link does not work", "Ten link nie działa", "このリンクは使えません"];
