# Spend limits and alerts. Amounts come with their currency; months are in UTC.
nav-spend = 利用料金の上限
spend-lead = { $kind ->
    [project] プロジェクト「{ $name }」の今月の利用料金は、上限{ $limit }のうち{ $spent }です。
   *[organization] 組織「{ $name }」の今月の利用料金は、上限{ $limit }のうち{ $spent }です。
}
spend-lead-open = { $kind ->
    [project] プロジェクト「{ $name }」の今月の利用料金は{ $spent }です。このプロジェクト自体の上限はありません。
   *[organization] 組織「{ $name }」の今月の利用料金は{ $spent }です。上限はありません。
}
spend-lead-reached = { $kind ->
    [project] プロジェクト「{ $name }」の今月の利用料金は{ $spent }で、上限{ $limit }に達しました。料金のかかるリクエストは、{ $when }まで拒否されます。
   *[organization] 組織「{ $name }」の今月の利用料金は{ $spent }で、上限{ $limit }に達しました。料金のかかるリクエストは、{ $when }まで拒否されます。
}
spend-resets = 次の月は{ $when }に始まります。
spend-left-line = 残りは{ $left }です。
spend-left-aside = 残りは{ $left }で、処理中のリクエストのために{ $aside }が確保されています。
spend-help = 利用料金の上限のしくみ
spend-month = 今月の利用料金
spend-all = 利用料金の上限とアラート
spend-spent = 今月の利用料金
spend-aside = 確保中
spend-left = 残り
spend-limit = 月の上限
spend-no-limit = 上限なし
spend-state-within = 上限内
spend-state-near = 80%以上を使用
spend-state-reached = 上限に到達
spend-part-spent = 使用済み{ $percent }
spend-part-aside = 確保中{ $percent }
spend-aside-hint = 確保中の金額は、処理中のリクエスト、バックグラウンドのレスポンス、バッチに今後かかる可能性のある最大の料金です。
spend-set-hint = 残りの金額に収まらないリクエストは拒否されます。上限を設定する前の分も含め、その月の利用料金がすべて計上されます。料金のないモデルは無料です。
spend-amount = 毎月の上限（USD）
spend-amount-hint = { $least }から{ $most }まで。次のリクエストから適用されます。
spend-save = 上限を保存
spend-remove = 上限を削除
spend-remove-what = 削除すると、この上限によってリクエストが拒否されることはなくなります。アラートとほかの上限は変わりません。
spend-remove-button = 上限{ $limit }を削除
spend-look = 利用料金の上限の変更とアラートの表示ができるのは、組織のオーナーだけです。
spend-archived = このプロジェクトはアーカイブされています。上限とアラートは変更できません。
spend-wrong-empty = 金額を入力してください（例：50.00）。
spend-wrong-number = 小数点以下2桁までの数値を入力してください（例：50.00）。
spend-wrong-negative = 負の金額は入力できません。
spend-wrong-currency = 料金の通貨はUSDです。ほかの通貨を付けずに、USDの金額を入力してください。
spend-wrong-cents = 小数点以下は2桁まで入力できます。最小の金額は1セントです。
spend-wrong-low = { $least }以上の金額を入力してください。
spend-wrong-high = { $most }以下の金額を入力してください。
spend-caution = 今月の利用料金はすでに{ $spent }です。上限を{ $limit }にすると、料金のかかるリクエストは、{ $when }になるか上限を引き上げるまで、すぐに拒否されます。
spend-caution-tick = リクエストが拒否されることを了承する
spend-caution-button = 上限を{ $limit }に設定
spend-projects-hint = プロジェクトの上限は、組織の上限に加えて適用されます。リクエストは両方に収まる必要があります。
spend-col-spent = 利用料金（USD）
spend-col-limit = 上限（USD）
spend-col-left = 残り（USD）
spend-col-share = 上限に対する割合
spend-alerts = 利用料金アラート
spend-alerts-hint = 利用料金が指定した金額に達すると、月に1回メールを送信します。リクエストは拒否されません。
spend-alerts-none = アラートはまだありません。
spend-alerts-no-mail = この環境ではまだメールを送信できません。その間に達したアラートは、運営者がメールを設定した後に送信されます。
spend-alerts-full = { $count ->
   *[other] ここで作成できるアラートは{ $count }件までです。新しく作成するには、いずれかを削除してください。
}
spend-alert-amount = メールを送信する金額（USD）
spend-alert-recipients = 宛先
spend-alert-recipients-hint = { $count ->
   *[other] メールアドレスを1行に1件、{ $count }件まで入力できます。
}
spend-alert-prefix = 件名の先頭（任意）
spend-alert-prefix-hint = 件名の先頭に付ける語です。メールの振り分けに使えます（例：「[料金]」）。
spend-alert-create = アラートを作成
spend-alert-change = 変更
spend-alert-change-of = { $amount }のアラートを変更
spend-alert-save = アラートを保存
spend-alert-delete = 削除
spend-alert-delete-of = { $amount }のアラートを削除
spend-alert-delete-what = このアラートのメールは送信されなくなります。利用料金と上限は変わりません。
spend-col-amount = 金額
spend-col-month = 今月
spend-reached = 到達
spend-reached-at = { $when }、{ $amount }
spend-not-reached = 未到達
spend-passed = 翌月から適用
spend-passed-hint = アラートを設定する前に、この金額を超えています。
spend-recipients-none = メールアドレスを1件以上入力してください。
spend-recipients-many = { $count ->
   *[other] メールアドレスは{ $count }件まで入力できます。
}
spend-recipient-wrong = 「{ $address }」は有効なメールアドレスではありません。
spend-prefix-wrong = 件名の先頭は、表示できる文字で255文字まで入力できます。
spend-pace = このペースでは、{ $day }までの利用料金は約{ $cost }になります。
spend-pace-over = このペースでは、{ $reached }ごろに上限に達します。上限がなければ、{ $day }までに約{ $cost }になる見込みです。
usage-notify = 利用料金の増加を通知
