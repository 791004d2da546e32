# 予算のアラート。
budget-alerts = 予算のアラート
budget-alerts-lead = 予算のアラートは、予算の指定した割合または量を使用したときに通知します。リクエストは拒否されません。送信は期間ごとに1回です。
budget-alerts-no-budget = 予算はまだありません。先に予算を追加してください。
budget-alerts-owners = オーナーへのメール
budget-alerts-owners-hint = 予算の80%を使用したときと、使い切ったときに、すべてのオーナーにメールが届きます。
budget-alerts-mailed = オーナーにメールを送信
budget-alerts-silent = オーナーへのメールなし
budget-alerts-mail = オンにする
budget-alerts-mail-of = { $name }の「{ $what }」についてのオーナーへのメールをオンにする
budget-alerts-silence = オフにする
budget-alerts-silence-of = { $name }の「{ $what }」についてのオーナーへのメールをオフにする
budget-alerts-own = アラート
budget-alerts-own-hint = アラートは宛先にメールを送信し、登録されたWebhookにイベントを送信します。
budget-alerts-full = この予算のアラートの数が上限に達しています。新しく作成するには、いずれかを削除してください。
budget-alert-at = しきい値
budget-alert-of = { $what }：{ $name }
budget-alert-kind = しきい値の種類
budget-alert-kind-percent = 予算に対する割合（%）
budget-alert-kind-amount = 量（USD、トークン、リクエスト）
budget-alert-value = 値
budget-alert-share = { $percent }%
budget-alert-percent-wrong = 1から100までの整数を入力してください。
budget-alert-owners = オーナー
budget-alert-owners-too = オーナーにもメールを送信する
budget-alert-webhooks-all = 登録されたWebhook
budget-alert-webhooks = { $count ->
   *[other] { $count }件のWebhook
}
budget-alert-reached = { $when }に到達
budget-alert-not-reached = 未到達
budget-alert-delete = アラートを削除
budget-alert-delete-what = このアラートのメールとイベントは送信されなくなります。予算は変わりません。
