skip = 本文へ移動
menu = メニュー
close = 閉じる
nav = ページ
nav-project = プロジェクト
nav-organization = 組織
nav-you = あなた
nav-dashboard = ダッシュボード
nav-api-keys = APIキー
nav-usage = 使用量
nav-limits = 上限
nav-general = 全般
nav-members = メンバー
nav-projects = プロジェクト一覧
nav-billing = 支払い
nav-audit-log = 監査ログ
nav-account = アカウント
nav-operator = 運営
new-organization = 新しい組織
default-project = 既定のプロジェクト
role-owner = オーナー
role-reader = メンバー
help = ヘルプ
contact-support = サポートに連絡
sign-out = サインアウト
language = 言語
save = 保存
copy = コピー
copied-at = { $time }にコピーしました
cancel = キャンセル
remove = 削除
busy = 処理中…
state = 状態
verified = 確認済み
waived = 不要
never = なし
you = あなた
col-name = 名前
col-owner = 所有者
col-role = 役割
col-since = 開始日
col-actions = 操作
owners-only = このページは組織のオーナーだけが見られます。
show-older = 以前のものを表示
done-saved = 保存しました。
done-key-revoked = キーを無効にしました。
done-invite-sent = 招待を送信しました。
done-invite-revoked = 招待を取り消しました。
done-member-removed = メンバーから外しました。その人のキーは拒否されます。
done-project-created = プロジェクトを作成しました。
done-project-archived = プロジェクトを保管しました。そのキーは拒否されます。
done-account-deleted = サービスアカウントを削除しました。そのキーは拒否されます。
done-phone-verified = 電話番号を確認しました。新しいキーを作成できます。
done-card-removed = カードを削除しました。
done-session-ended = セッションを終了しました。
done-mail-sent = メールを送信しました。リンクは1回だけ、24時間有効です。
done-appealed = 異議申し立てを受け付けました。担当者が確認します。
time-now = たった今
time-soon = まもなく
error-title = 完了できませんでした
error-title-not-found = 見つかりません
error-title-forbidden = 許可されていません
error-home = ダッシュボードへ
error-form = フォームが古いか、このページから送信されていません。戻って再読み込みし、もう一度送信してください。変更は行われていません。
error-not-found = 存在しないか、ほかの人のものです。
error-forbidden = この組織でのあなたの役割では許可されていません。オーナーが実行できます。
error-limited = 試行回数が多すぎます。{ $time }に再び可能になります。
error-phone-codes = コードの送信回数が多すぎます。次は{ $time }に送信できます。
error-verification-starts = 本人確認の開始回数が多すぎます。次は{ $time }に開始できます。
error-verification-links = この確認のリンクの作成回数が多すぎます。次は{ $time }に作成できます。開いているページはそのまま使えます。
error-verification-mails = リンクのメールの送信回数が多すぎます。次は{ $time }に送信できます。その間もQRコードを使えます。
error-verification-handoffs = 別の端末用のリンクの作成回数が多すぎます。次は{ $time }に作成できます。
error-exports = ファイルのダウンロード回数が多すぎます。次は{ $time }にダウンロードできます。
error-phone-checks = コードの誤りが多すぎます。次は{ $time }に入力できます。
error-phone-locked = コードを5回間違えたため、このコードは無効です。{ $time }に再び可能になります。ほかに影響はありません。
error-phone-resend-too-soon = コードは{ $time }に再送信できます。
error-verification-cooldown = 3回承認されませんでした。{ $time }に再び可能になります。それまでに担当者による確認を依頼できます。
error-payment-setups = 拒否されたカードが多すぎます。{ $time }に再び可能になります。
error-phone-number-invalid = この番号は使えません。その国の番号として存在しません。国と数字を確認してください。
error-phone-number-has-letters = この番号は使えません。文字ではなく数字で入力してください。
error-phone-number-has-extension = この番号は使えません。内線にはSMSが届きません。
error-phone-country-mismatch = 番号は選択した国のものではありません。
error-phone-country-not-supported = この国の番号にはコードを送信していません。
error-phone-landline-not-supported = 固定電話ではコードを受け取れません。携帯電話の番号を使ってください。試行回数は減っていません。
error-phone-voip-not-supported = インターネット電話の番号は使えません。ご自身の携帯電話の番号を使ってください。試行回数は減っていません。
error-phone-type-not-supported = この種類の番号は使えません。携帯電話の番号を使ってください。試行回数は減っていません。
error-phone-number-limit-reached = この番号はほかの組織には使えません。別の番号を使うか、サポートに連絡してください。
error-phone-code-malformed = コードは6桁の数字です。
error-phone-code-wrong = コードが正しくありません。
error-phone-code-expired = このコードは無効です。新しいコードを送信してください。
error-phone-no-codes-left = この確認で送信できるコードはもうありません。10分待って最初からやり直してください。
error-payment-method-required = 先に支払い方法を追加してください。請求は発生しません。
error-organization-verification-required = 先に組織の確認が必要です。
error-another-organization = 組織をさらに作るには、所有している組織のいずれかに次のものが必要です：{ $what }。既存のキーは引き続き使えます。
error-phone-sim-changed = この番号のSIMカードは最近交換されました。安全のため、{ $time } から確認済みの番号と置き換えられます。それまでは今の番号がそのまま使われます。
error-phone-verification-required = 先に電話番号を確認してください。既存のキーは引き続き使えます。
error-provider-unavailable = サービスが応答していません。何も失われず、試行回数も減っていません。1分後にもう一度お試しください。
error-not-configured = 運営者がこの機能を設定していません。
error-unavailable = サーバーがデータベースに接続できません。しばらくしてからもう一度お試しください。
error-internal = こちら側の不具合です。記録しました。もう一度お試しください。
error-consent-required = 同意がなければ開始しません。続けるにはチェックを入れてください。
error-last-owner = 組織にはオーナーが必要です。先にほかの人をオーナーにしてください。
time-minutes-ago = { $count ->
   *[other] { $count }分前
}
time-hours-ago = { $count ->
   *[other] { $count }時間前
}
time-days-ago = { $count ->
   *[other] { $count }日前
}
time-in-minutes = { $count ->
   *[other] { $count }分後
}
time-in-hours = { $count ->
   *[other] { $count }時間後
}
time-in-days = { $count ->
   *[other] { $count }日後
}
