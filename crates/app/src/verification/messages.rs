//! The mails about verification, in three languages. Each text is complete; none is put together from parts.

/// Returns the mail that tells owners the new status, by the audit event.
pub(crate) fn standing(event: &str, language: &str, operator: &str, public_url: &str) -> (String, String) {
    if let Some((path, subject, text)) = super::notices::notice(event, language) {
        let help = help(super::notices::explained(path), language, public_url);
        return (format!("{operator}: {subject}"), format!("{text}\n\n{public_url}{path}\n\n{help}\n"));
    }
    let page = format!("{public_url}/settings/organization/general");
    let (subject, text) = match (language, event) {
        ("pl", "orgv.verified" | "orgv.restored" | "orgv.exempted" | "orgv.override") => (
            "Organizacja zweryfikowana",
            "Organizacja jest zweryfikowana. Istniejące klucze mają od razu dostęp do kolejnych modeli; nowych nie trzeba tworzyć.",
        ),
        ("pl", "orgv.rejected" | "orgv.cooldown") => (
            "Weryfikacja nie została przyjęta",
            "Weryfikacja organizacji nie została przyjęta. Na stronie podano powód i to, kiedy można spróbować ponownie lub się odwołać. Wszystkie klucze działają dalej.",
        ),
        ("pl", "orgv.suspended" | "orgv.revoked" | "orgv.exemption_ended") => (
            "Weryfikacja organizacji jest wstrzymana",
            "Modele wymagające weryfikacji są wyłączone. Wszystkie klucze i pozostałe modele działają. Na stronie podano powód.",
        ),
        ("pl", "orgv.erased") => (
            "Zgodę wycofano, dane są usuwane",
            "Wycofano zgodę. Dane są usuwane tutaj i u dostawcy; potwierdzenie jest na stronie.",
        ),
        ("pl", _) => (
            "Weryfikację sprawdza człowiek",
            "Weryfikację organizacji sprawdza człowiek, zwykle w ciągu jednego dnia roboczego. Wynik przyjdzie pocztą.",
        ),
        ("ja", "orgv.verified" | "orgv.restored" | "orgv.exempted" | "orgv.override") => (
            "組織確認済み",
            "組織の確認が完了しました。既存のキーですぐに追加のモデルを利用できます。新しいキーは必要ありません。",
        ),
        ("ja", "orgv.rejected" | "orgv.cooldown") => (
            "組織の確認は承認されませんでした",
            "組織の確認は承認されませんでした。理由と、再試行または異議申し立てができる時期をページでご確認ください。キーはすべて引き続き使えます。",
        ),
        ("ja", "orgv.suspended" | "orgv.revoked" | "orgv.exemption_ended") => (
            "組織の確認は停止されています",
            "確認が必要なモデルは利用できません。キーとその他のモデルはすべて使えます。理由はページでご確認ください。",
        ),
        ("ja", "orgv.erased") => (
            "同意を撤回し、データを削除しています",
            "同意が撤回されました。当方と提供会社のデータを削除しています。受領書はページにあります。",
        ),
        ("ja", _) => (
            "担当者が確認しています",
            "担当者が組織の確認を審査しています。通常は1営業日以内です。結果はメールでお知らせします。",
        ),
        (_, "orgv.verified" | "orgv.restored" | "orgv.exempted" | "orgv.override") => (
            "Organization Verified",
            "The organization is verified. Existing keys can use the further models at once; no new key is needed.",
        ),
        (_, "orgv.rejected" | "orgv.cooldown") => (
            "The verification was not accepted",
            "The verification of the organization was not accepted. The page says why, and when to try again or appeal. All keys go on working.",
        ),
        (_, "orgv.suspended" | "orgv.revoked" | "orgv.exemption_ended") => (
            "The verification is paused",
            "Models that need a verified organization are off. All keys and all other models work. The page says why.",
        ),
        (_, "orgv.erased") => (
            "Consent is withdrawn, the data is being erased",
            "Consent is withdrawn. The data is being erased here and at the provider; the receipt stands on the page.",
        ),
        _ => (
            "A person is looking at the verification",
            "A person is looking at the verification of the organization, usually within one working day. The result comes by mail.",
        ),
    };
    let topic = if event == "orgv.erased" { "your-data" } else { "waiting-and-results" };
    let help = help(topic, language, public_url);
    (format!("{operator}: {subject}"), format!("{text}\n\n{page}\n\n{help}\n"))
}

/// Returns the address of the help page, in the mail's language.
fn help(topic: &str, language: &str, public_url: &str) -> String {
    let address = format!("{public_url}/help/{topic}?language={language}");
    match language {
        "pl" => format!("Co to znaczy: {address}"),
        "ja" => format!("詳しくは：{address}"),
        _ => format!("What this means: {address}"),
    }
}

/// Returns the mail that carries a link for another device.
pub(crate) fn link(url: &str, number: &str, language: &str, operator: &str) -> (String, String) {
    match language {
        "pl" => (
            format!("{operator}: dokończ weryfikację na telefonie"),
            format!(
                "Otwórz ten link na telefonie. Działa raz i przez 24 godziny.\n\n{url}\n\nNumer do porównania: {number}. Na telefonie musi być ten sam. Nikt z obsługi nie prosi o kody ani zdjęcia.\n"
            ),
        ),
        "ja" => (
            format!("{operator}：スマートフォンで確認を続ける"),
            format!(
                "このリンクをスマートフォンで開いてください。1回だけ、24時間有効です。\n\n{url}\n\n照合番号：{number}。スマートフォンにも同じ番号が表示されます。サポートがコードや写真を求めることはありません。\n"
            ),
        ),
        _ => (
            format!("{operator}: go on with the verification on a phone"),
            format!(
                "Open this link on a phone. It works once, for 24 hours.\n\n{url}\n\nMatch number: {number}. The phone shows the same one. Support never asks for codes or photos.\n"
            ),
        ),
    }
}
