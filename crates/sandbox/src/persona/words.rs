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

pub(super) const TITLE: Words = ["Identity check", "Sprawdzenie tożsamości", "本人確認"];
pub(super) const LEAD: Words = [
    "This is a rehearsal: please show no real document and enter no real number.",
    "To jest próba: nie pokazuj prawdziwego dokumentu i nie podawaj prawdziwego numeru.",
    "これは練習用です。本物の書類や番号は使わないでください。",
];
pub(super) const STEP: Words = ["Step", "Krok", "ステップ"];
pub(super) const NEXT: Words = ["Continue", "Dalej", "次へ"];
pub(super) const PLACE: Words = ["Country", "Kraj", "国"];
pub(super) const COUNTRY: Words = ["Country that issued your document", "Kraj wydania dokumentu", "書類の発行国"];
pub(super) const DOCUMENT: Words = ["Your document", "Twój dokument", "本人確認書類"];
pub(super) const KIND: Words = ["Kind of document", "Rodzaj dokumentu", "書類の種類"];
pub(super) const NUMBER: Words = [
    "Document number (leave empty for one of its own)",
    "Numer dokumentu (puste pole oznacza niepowtarzalny)",
    "書類番号（空欄なら自動で決まります）",
];
pub(super) const SELFIE: Words = ["Your face", "Twoja twarz", "顔の撮影"];
pub(super) const SELFIE_LEAD: Words = [
    "Here a camera would look at you. Choose how the check ends instead.",
    "Tu patrzyłaby na Ciebie kamera. Zamiast tego wybierz, jak zakończy się sprawdzenie.",
    "ここで本来はカメラで顔を撮影します。代わりに結果を選んでください。",
];
pub(super) const AT_ONCE: Words = ["Skip to the end", "Od razu do końca", "最後まで飛ばす"];
pub(super) const REASON: Words = ["Reason, if it fails", "Powód, jeśli się nie uda", "不合格の場合の理由"];

pub(super) const OUTCOMES: [(&str, Words); 5] = [
    ("approve", ["Pass", "Zalicz", "合格にする"]),
    ("decline", ["Fail", "Odrzuć", "不合格にする"]),
    ("review", ["Send to a reviewer", "Przekaż do weryfikatora", "担当者の審査に回す"]),
    ("complete", ["Hand in and wait", "Prześlij i czekaj", "提出して待つ"]),
    ("expire", ["Let it run out", "Niech wygaśnie", "期限切れにする"]),
];
pub(super) const LEAVE: Words = ["Leave and continue later", "Wyjdź i dokończ później", "中断して後で続ける"];

pub(super) const REASONS: [(&str, Words); 11] = [
    ("document_unreadable", ["The document cannot be read", "Dokument jest nieczytelny", "書類が読み取れない"]),
    ("document_expired", ["The document has expired", "Dokument stracił ważność", "書類の有効期限が切れている"]),
    (
        "document_type_unsupported",
        [
            "This kind of document is not accepted",
            "Ten rodzaj dokumentu nie jest przyjmowany",
            "この種類の書類は使えない",
        ],
    ),
    (
        "country_unsupported",
        [
            "Documents of this country are not accepted",
            "Dokumenty tego kraju nie są przyjmowane",
            "この国の書類は使えない",
        ],
    ),
    ("glare_or_blur", ["Glare or blur", "Odblask lub nieostrość", "反射またはピンぼけ"]),
    ("name_mismatch", ["The name differs", "Nazwisko się nie zgadza", "氏名が一致しない"]),
    ("face_mismatch", ["The face differs", "Twarz się nie zgadza", "顔が一致しない"]),
    ("liveness_failed", ["The liveness check failed", "Nie potwierdzono żywej osoby", "生体確認に失敗した"]),
    ("under_age", ["Under age", "Osoba niepełnoletnia", "年齢が足りない"]),
    ("duplicate_identity", ["Already used elsewhere", "Tożsamość użyta gdzie indziej", "すでに別の所で使われている"]),
    ("other", ["Something else", "Inny powód", "その他"]),
];

pub(super) const KINDS: [(&str, Words); 6] = [
    ("passport", ["Passport", "Paszport", "パスポート"]),
    ("identity_card", ["Identity card", "Dowód osobisty", "身分証明書"]),
    ("drivers_license", ["Driver's license", "Prawo jazdy", "運転免許証"]),
    ("residence_permit", ["Residence permit", "Dokument pobytowy", "在留カード"]),
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
    "A link opens once and only for a while. Go back and ask for a new one; nothing is lost.",
    "Link otwiera się raz i tylko przez pewien czas. Wróć i poproś o nowy; nic nie przepadło.",
    "リンクは一度だけ、一定の時間内に開けます。戻って新しいリンクを受け取ってください。入力内容は失われません。",
];
pub(super) const DONE: Words = ["Thank you", "Dziękujemy", "ありがとうございます"];
pub(super) const DONE_LEAD: Words = [
    "Everything has been handed in. You can go back.",
    "Wszystko zostało przesłane. Możesz wrócić.",
    "提出が完了しました。元のページに戻れます。",
];
pub(super) const FAILED: Words = ["The check did not succeed", "Sprawdzenie się nie powiodło", "確認できませんでした"];
pub(super) const FAILED_LEAD: Words = [
    "Go back to see why and what you can do.",
    "Wróć, aby zobaczyć powód i możliwe kroki.",
    "戻って、理由と次にできることをご確認ください。",
];
pub(super) const BACK: Words = ["Go back", "Wróć", "戻る"];
pub(super) const CLOSE: Words =
    ["You can close this page.", "Możesz zamknąć tę stronę.", "このページを閉じてかまいません。"];
pub(super) const UNKNOWN: Words = ["This link does not work", "Ten link nie działa", "このリンクは使えません"];
