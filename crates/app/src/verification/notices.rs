//! Notices to owners about phones, payment methods and dates, in three languages. Each text is complete; none is put
//! together from parts.

const GENERAL: &str = "/settings/organization/general";
const PHONE: &str = "/settings/account/phone";
const BILLING: &str = "/settings/organization/billing/payment-methods";

/// A page, a subject and a text.
type Notice = (&'static str, &'static str, &'static str);

/// Returns the help page about a notice, by the page it links to.
pub(super) fn explained(page: &str) -> &'static str {
    match page {
        PHONE => "phone-number-requirement",
        BILLING => "payment-method",
        _ => "waiting-and-results",
    }
}

/// Returns page, subject and text for an event of the audit log; `None` for events without a notice here.
pub(super) fn notice(event: &str, language: &str) -> Option<Notice> {
    match language {
        "pl" => polish(event),
        "ja" => japanese(event),
        _ => english(event),
    }
}

fn english(event: &str) -> Option<Notice> {
    Some(match event {
        "orgv.owner_changed" => (
            GENERAL,
            "The owners of the organization changed",
            "Somebody became an owner of the organization or is none any more. The verification stands; the page says if it must be renewed.",
        ),
        "orgv.reverify_due" => (
            GENERAL,
            "The verification must be renewed",
            "The verification of the organization must be renewed. The page says until when. Until then everything stays open, and all keys work in any case.",
        ),
        "orgv.verification_ended" => (
            GENERAL,
            "The verification has ended",
            "The verification of the organization was not renewed in time. Models that need it are off; all keys and all other models work.",
        ),
        "phone.revoked" => (
            PHONE,
            "The phone verification was taken back",
            "The operator took the phone verification back. Existing keys go on working; new keys wait. Contact support.",
        ),
        "phone.waived" => {
            (PHONE, "No phone is required", "The operator excused the organization from verifying a phone number.")
        }
        "phone.waiver_ended" => (
            PHONE,
            "A phone is required again",
            "The exception from verifying a phone number has ended. Existing keys go on working; new keys need a verified number.",
        ),
        "payment.expiring" => (
            BILLING,
            "The card on file runs out",
            "The card on file runs out soon. Add another one; fourteen days after its end what needs a payment method closes. Keys go on working.",
        ),
        "payment.grace_ended" => (
            BILLING,
            "The card on file has run out",
            "The card on file has run out, and what needs a payment method is closed. Keys go on working.",
        ),
        "payment.method_removed" => (
            BILLING,
            "No payment method is on file",
            "The last payment method was taken off file. What needs one is closed; keys go on working.",
        ),
        "review.held" => (
            GENERAL,
            "Pictures of a verification are kept longer",
            "Two people of the operator's decided that the law requires the pictures of a verification of the organization to be kept beyond their time. The page says until when; after that they are erased.",
        ),
        "payment.exempted" => (
            BILLING,
            "No payment method is required",
            "The operator excused the organization from having a payment method on file.",
        ),
        "payment.exemption_ended" => (
            BILLING,
            "The exception for payment methods has ended",
            "The exception from having a payment method on file has ended. Keys go on working.",
        ),
        _ => return None,
    })
}

fn polish(event: &str) -> Option<Notice> {
    Some(match event {
        "orgv.owner_changed" => (
            GENERAL,
            "Zmienili się właściciele organizacji",
            "Ktoś został właścicielem organizacji albo przestał nim być. Weryfikacja pozostaje ważna; na stronie podano, czy trzeba ją odnowić.",
        ),
        "orgv.reverify_due" => (
            GENERAL,
            "Weryfikację trzeba odnowić",
            "Weryfikację organizacji trzeba odnowić. Na stronie podano termin. Do tego czasu wszystko pozostaje otwarte, a klucze działają w każdym razie.",
        ),
        "orgv.verification_ended" => (
            GENERAL,
            "Weryfikacja wygasła",
            "Weryfikacji organizacji nie odnowiono na czas. Modele, które jej wymagają, są wyłączone; wszystkie klucze i pozostałe modele działają.",
        ),
        "phone.revoked" => (
            PHONE,
            "Cofnięto weryfikację telefonu",
            "Operator cofnął weryfikację telefonu. Istniejące klucze działają dalej; nowe muszą poczekać. Skontaktuj się z pomocą.",
        ),
        "phone.waived" => {
            (PHONE, "Telefon nie jest wymagany", "Operator zwolnił organizację z weryfikacji numeru telefonu.")
        }
        "phone.waiver_ended" => (
            PHONE,
            "Telefon jest znów wymagany",
            "Zwolnienie z weryfikacji numeru telefonu wygasło. Istniejące klucze działają dalej; nowe wymagają zweryfikowanego numeru.",
        ),
        "payment.expiring" => (
            BILLING,
            "Karta wkrótce traci ważność",
            "Zapisana karta wkrótce traci ważność. Dodaj inną; czternaście dni po jej końcu zamknie się to, co wymaga metody płatności. Klucze działają dalej.",
        ),
        "payment.grace_ended" => (
            BILLING,
            "Karta straciła ważność",
            "Zapisana karta straciła ważność i to, co wymaga metody płatności, jest zamknięte. Klucze działają dalej.",
        ),
        "payment.method_removed" => (
            BILLING,
            "Brak zapisanej metody płatności",
            "Usunięto ostatnią metodę płatności. To, co jej wymaga, jest zamknięte; klucze działają dalej.",
        ),
        "review.held" => (
            GENERAL,
            "Zdjęcia z weryfikacji są przechowywane dłużej",
            "Dwie osoby po stronie operatora uznały, że prawo wymaga przechowywania zdjęć z weryfikacji organizacji dłużej niż zwykle. Na stronie podano termin; potem zdjęcia zostaną usunięte.",
        ),
        "payment.exempted" => (
            BILLING,
            "Metoda płatności nie jest wymagana",
            "Operator zwolnił organizację z podawania metody płatności.",
        ),
        "payment.exemption_ended" => (
            BILLING,
            "Zwolnienie z metody płatności wygasło",
            "Zwolnienie z podawania metody płatności wygasło. Klucze działają dalej.",
        ),
        _ => return None,
    })
}

fn japanese(event: &str) -> Option<Notice> {
    Some(match event {
        "orgv.owner_changed" => (
            GENERAL,
            "組織のオーナーが変わりました",
            "組織のオーナーが追加または変更されました。確認は有効です。更新が必要な場合はページに表示されます。",
        ),
        "orgv.reverify_due" => (
            GENERAL,
            "組織の確認の更新が必要です",
            "組織の確認を更新してください。期限はページでご確認ください。それまではすべて利用でき、キーはいつでも使えます。",
        ),
        "orgv.verification_ended" => (
            GENERAL,
            "組織の確認が終了しました",
            "期限までに更新されなかったため、確認が必要なモデルは利用できません。キーとその他のモデルはすべて使えます。",
        ),
        "phone.revoked" => (
            PHONE,
            "電話番号の確認が取り消されました",
            "運営者が電話番号の確認を取り消しました。既存のキーは引き続き使えますが、新しいキーは作成できません。サポートにご連絡ください。",
        ),
        "phone.waived" => (PHONE, "電話番号は不要です", "運営者がこの組織の電話番号の確認を免除しました。"),
        "phone.waiver_ended" => (
            PHONE,
            "電話番号の確認が再び必要です",
            "電話番号の確認の免除が終了しました。既存のキーは引き続き使えます。新しいキーには確認済みの番号が必要です。",
        ),
        "payment.expiring" => (
            BILLING,
            "登録カードの有効期限が近づいています",
            "登録カードの有効期限が近づいています。別のカードを追加してください。期限から14日後に、支払い方法が必要な機能は閉じます。キーは引き続き使えます。",
        ),
        "payment.grace_ended" => (
            BILLING,
            "登録カードの有効期限が切れました",
            "登録カードの有効期限が切れたため、支払い方法が必要な機能は閉じています。キーは引き続き使えます。",
        ),
        "payment.method_removed" => (
            BILLING,
            "支払い方法が登録されていません",
            "最後の支払い方法が削除されました。支払い方法が必要な機能は閉じています。キーは引き続き使えます。",
        ),
        "review.held" => (
            GENERAL,
            "確認用の画像の保存期間が延長されました",
            "運営者の担当者2名が、法令上の必要により、組織の確認用の画像を通常より長く保存することを決定しました。期限はページに表示され、その後画像は削除されます。",
        ),
        "payment.exempted" => (BILLING, "支払い方法は不要です", "運営者がこの組織の支払い方法の登録を免除しました。"),
        "payment.exemption_ended" => (
            BILLING,
            "支払い方法の免除が終了しました",
            "支払い方法の登録の免除が終了しました。キーは引き続き使えます。",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::notice;

    #[test]
    fn every_event_stands_in_every_language() {
        for event in [
            "orgv.owner_changed",
            "orgv.reverify_due",
            "orgv.verification_ended",
            "phone.revoked",
            "phone.waived",
            "phone.waiver_ended",
            "payment.expiring",
            "payment.grace_ended",
            "payment.method_removed",
            "payment.exempted",
            "payment.exemption_ended",
            "review.held",
        ] {
            let texts = ["en", "pl", "ja"].map(|language| notice(event, language));
            assert!(texts.iter().all(Option::is_some) && texts[0] != texts[1] && texts[1] != texts[2], "{event}");
        }
        assert_eq!(notice("orgv.verified", "en"), None);
    }
}
