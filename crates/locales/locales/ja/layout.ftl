skip = 本文へ移動
menu = メニュー
close = 閉じる
nav = ページ
nav-project = プロジェクト
nav-organization = 組織
nav-you = 自分のアカウント
nav-dashboard = ダッシュボード
nav-api-keys = APIキー
nav-usage = 使用量
nav-limits = 上限
nav-general = 全般
nav-members = メンバー
nav-projects = プロジェクト
nav-billing = 支払い
nav-audit-log = 監査ログ
nav-account = アカウント
nav-operator = 運営者
new-organization = 新しい組織
default-project = 既定のプロジェクト
role-owner = オーナー
role-reader = メンバー
help = ヘルプ
contact-support = サポートに問い合わせる
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
never = 未使用
you = 自分
col-name = 名前
col-owner = 所有者
col-role = ロール
col-since = 登録日
col-actions = 操作
owners-only = このページを表示できるのは、組織のオーナーだけです。
show-older = 古いものを表示
done-deletion-requested = 削除を受け付けました。削除の日時をメールでお送りしました。
done-deletion-cancelled = 削除を取り消しました。アカウントは引き続き使用できます。
done-saved = 変更を保存しました。
done-key-revoked = キーを失効させました。
done-invite-sent = 招待を送信しました。
done-invite-revoked = 招待を取り消しました。
done-member-removed = メンバーを削除しました。このメンバーのキーは使えなくなりました。
done-project-created = プロジェクトを作成しました。
done-project-archived = プロジェクトをアーカイブしました。このプロジェクトのキーは使えなくなりました。
done-account-deleted = サービスアカウントを削除しました。このアカウントのキーは使えなくなりました。
done-phone-verified = 電話番号を確認しました。キーを作成できるようになりました。
done-card-removed = カードを削除しました。
done-session-ended = セッションを終了しました。
done-mail-sent = メールを送信しました。リンクは1回だけ使え、24時間で期限が切れます。
done-appealed = 異議申し立てを送信しました。審査担当者が確認します。
time-now = たった今
time-soon = まもなく
error-title = エラーが発生しました
error-title-not-found = ページが見つかりません
error-title-forbidden = アクセス権がありません
error-home = ダッシュボードに戻る
error-form = フォームの有効期限が切れているか、このページから送信されていません。前のページに戻って再読み込みし、もう一度送信してください。変更は行われていません。
error-not-found = このページは存在しないか、アクセス権がありません。
foreign-project-title = このアカウントではこのプロジェクトを開けません
foreign-project-message = { $email }でサインインしています。このアカウントはリンク先のプロジェクトのメンバーではないか、プロジェクトがアーカイブされています。組織のオーナーに招待を依頼するか、別のアカウントでサインインしてください。
foreign-project-sign-in = 別のアカウントでサインイン
error-forbidden = この組織でのロールでは、この操作は許可されていません。オーナーに依頼してください。
error-limited = 試行回数が上限に達しました。{ $time }以降に再試行できます。
error-phone-codes = コードの送信回数が上限に達しました。次は{ $time }以降に送信できます。
error-verification-starts = 確認の開始回数が上限に達しました。次は{ $time }以降に開始できます。
error-verification-links = この確認で作成できるリンクの上限に達しました。次は{ $time }以降に作成できます。すでに開いているページはそのまま使えます。
error-verification-mails = リンクを送るメールの送信回数が上限に達しました。次は{ $time }以降に送信できます。それまではQRコードを使えます。
error-verification-handoffs = ほかの端末用に作成できるリンクの上限に達しました。次は{ $time }以降に作成できます。
error-exports = ファイルのダウンロード回数が上限に達しました。次は{ $time }以降にダウンロードできます。
error-phone-checks = 誤ったコードの入力回数が上限に達しました。{ $time }以降に再試行できます。
error-phone-locked = コードを5回間違えたため、このコードは使えなくなりました。{ $time }以降に再試行できます。キーは引き続き使えます。
error-phone-resend-too-soon = コードは{ $time }以降に再送信できます。
error-verification-cooldown = 3回の試行が承認されませんでした。{ $time }以降に再試行できます。それより前に審査担当者による確認を希望する場合は、異議を申し立ててください。
error-payment-setups = カードが拒否された回数が上限に達しました。{ $time }以降に再試行できます。
error-phone-number-invalid = この番号は使えません。選択した国の電話番号として存在しません。国と番号を確認してください。
error-phone-number-has-letters = この番号は使えません。文字ではなく数字を入力してください。
error-phone-number-has-extension = この番号は使えません。内線番号ではSMSを受信できません。
error-phone-country-mismatch = この番号は、選択した国とは別の国の番号です。
error-phone-country-not-supported = この国の電話番号には、コードを送信できません。
error-phone-landline-not-supported = 固定電話ではコードを受信できません。携帯電話番号を使ってください。試行回数は減っていません。
error-phone-voip-not-supported = インターネット電話（VoIP）の番号は使えません。ご本人の携帯電話番号を使ってください。試行回数は減っていません。
error-phone-type-not-supported = この種類の番号は使えません。携帯電話番号を使ってください。試行回数は減っていません。
error-phone-number-limit-reached = この番号は、ほかの組織には使えません。別の番号を使うか、サポートに問い合わせてください。
error-phone-code-malformed = 6桁のコードを入力してください。
error-phone-code-wrong = コードが正しくありません。
error-phone-code-expired = このコードは使えなくなりました。新しいコードをリクエストしてください。
error-phone-no-codes-left = この確認では、これ以上コードを送信できません。10分待ってから、最初からやり直してください。
error-payment-method-required = 先に支払い方法を追加してください。請求は発生しません。
error-organization-verification-required = 先に組織の確認を完了してください。
error-another-organization = 新しい組織を作成するには、所有している組織のいずれかに次のものが必要です：{ $what }。既存のキーは引き続き使えます。
error-phone-sim-changed = この番号のSIMカードは最近変更されました。セキュリティのため、{ $time }までは確認済みの番号をこの番号に変更できません。それまでは、確認済みの番号が引き続き使われます。
error-phone-verification-required = 先に電話番号を確認してください。既存のキーは引き続き使えます。
error-provider-unavailable = サービスが応答していません。データは失われておらず、試行回数も減っていません。1分後にもう一度お試しください。
error-not-configured = このサービスの運営者が、この機能を設定していません。
error-unavailable = サーバーが現在データベースに接続できません。しばらくしてからもう一度お試しください。
error-internal = サーバーでエラーが発生しました。エラーは記録されました。もう一度お試しください。
error-consent-required = 続けるには、同意のチェックボックスを選択してください。
error-last-owner = 組織には1人以上のオーナーが必要です。先に別のメンバーをオーナーにしてください。
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
form-running = フォームを処理しています
form-running-lead = フォームは2回送信されましたが、処理は1回だけ行われます。完了すると、結果がここに表示されます。
form-running-again = 再読み込み
