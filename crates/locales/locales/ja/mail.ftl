# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about;
# $inviter invites to $organization.

# About accounts.
mail-confirm-subject = { $operator }：メールアドレスの確認
mail-confirm-text =
    次のリンクを開いて、メールアドレスを確認してください。リンクは1回だけ使え、24時間で期限が切れます。

    { $detail }

    アカウントを作成した覚えがない場合は、このメールを無視してください。
mail-already-registered-subject = { $operator }：アカウントはすでにあります
mail-already-registered-text = このメールアドレスでアカウントを作成する操作がありましたが、アカウントはすでにあります。使用するには、サインインするか、サインインページでパスワードを再設定してください。変更は行われていません。
mail-choose-password-subject = { $operator }：パスワードの設定
mail-choose-password-text =
    メールアドレスが確認されました。確認の前に複数のパスワードが入力されたため、いずれも使用されていません。次のリンクを開いて、パスワードを設定してください。リンクは1回だけ使え、1時間で期限が切れます。

    { $detail }
mail-reset-subject = { $operator }：新しいパスワードの設定
mail-reset-text =
    次のリンクを開いて、新しいパスワードを設定してください。リンクは1回だけ使え、1時間で期限が切れます。

    { $detail }

    パスワードの再設定をリクエストしていない場合は、このメールを無視してください。現在のパスワードは引き続き使えます。
mail-password-changed-subject = { $operator }：パスワードが変更されました
mail-password-changed-text = アカウントのパスワードが変更され、ほかの端末からサインアウトしました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-invite-subject = { $operator }：組織「{ $organization }」への招待
mail-invite-text =
    { $inviter }さんから、組織「{ $organization }」への招待が届いています。次のリンクを開いて、招待を承諾してください。リンクは1回だけ使え、7日間で期限が切れます。

    { $detail }

    招待に心当たりがない場合は、このメールを無視してください。
mail-new-sign-in-subject = { $operator }：新しい環境からのサインイン
mail-new-sign-in-text =
    新しいブラウザーまたはネットワークから、アカウントへのサインインがありました。

    { $detail }

    ご本人によるものであれば、操作は必要ありません。心当たりがない場合は、セキュリティ設定でパスワードを変更し、ほかのセッションを終了してください。
mail-factor-on-subject = { $operator }：2段階認証がオンになりました
mail-factor-on-text = アカウントへのサインインに、認証アプリのコードも必要になりました。ほかの端末からはサインアウトしました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-factor-off-subject = { $operator }：2段階認証がオフになりました
mail-factor-off-text = アカウントへのサインインに、コードは不要になりました。ほかの端末からはサインアウトしました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-recovery-codes-subject = { $operator }：新しいリカバリーコードが作成されました
mail-recovery-codes-text = アカウントの新しいリカバリーコードが作成されました。以前のコードは使えなくなりました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-confirm-address-subject = { $operator }：新しいメールアドレスの確認
mail-confirm-address-text =
    次のアカウントの所有者が、このメールアドレスをアカウントに使用しようとしています。

    { $account }

    ご自身のアカウントである場合は、次のリンクを開いて変更を確認してください。リンクは1回だけ使え、24時間で期限が切れます。

    { $detail }

    このアカウントに心当たりがない場合は、リンクを開かないでください。変更は行われません。
mail-address-taken-subject = { $operator }：このメールアドレスのアカウントはすでにあります
mail-address-taken-text = このメールアドレスを別のアカウントに使用する操作がありました。このメールアドレスはすでにアカウントで使用されているため、変更は行われていません。
mail-address-changed-subject = { $operator }：メールアドレスが変更されました
mail-address-changed-text = アカウントのメールアドレスが変更され、このメールアドレスではサインインできなくなりました。心当たりがない場合は、すぐにサポートに問い合わせてください。
mail-passkey-added-subject = { $operator }：パスキーが追加されました
mail-passkey-added-text = アカウントにパスキーが追加され、サインインに使えるようになりました。ほかの端末からはサインアウトしました。心当たりがない場合は、セキュリティ設定でパスキーを削除し、新しいパスワードを設定して、サポートに問い合わせてください。
mail-passkey-removed-subject = { $operator }：パスキーが削除されました
mail-passkey-removed-text = アカウントのパスキーが削除され、サインインに使えなくなりました。ほかの端末からはサインアウトしました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-identity-linked-subject = { $operator }：サインイン方法が追加されました
mail-identity-linked-text =
    次のサービスでも、アカウントにサインインできるようになりました。

    { $detail }

    心当たりがない場合は、すぐにサポートに問い合わせてください。
mail-identity-unlinked-subject = { $operator }：サインイン方法が削除されました
mail-identity-unlinked-text =
    次のサービスでは、アカウントにサインインできなくなりました。

    { $detail }

    ほかの端末からはサインアウトしました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに問い合わせてください。
mail-deletion-requested-subject = { $operator }: アカウントは削除される予定です
mail-deletion-requested-text = アカウントの削除が申請されました。{ $detail }に削除されます。それまではキーを使用できます。アカウントを残すには、サインインしてアカウント設定で削除を取り消してください。心当たりがない場合は、新しいパスワードも設定し、サポートに問い合わせてください。
mail-deletion-soon-subject = { $operator }: まもなくアカウントが削除されます
mail-deletion-soon-text = アカウントは{ $detail }に削除されます。その後はキーが使えなくなり、データは復元できません。アカウントを残すには、サインインしてアカウント設定で削除を取り消してください。
mail-deletion-cancelled-subject = { $operator }: アカウントの削除を取り消しました
mail-deletion-cancelled-text = アカウントの削除が取り消されました。何も変更されず、キーは引き続き使用できます。
mail-account-deleted-subject = { $operator }: アカウントを削除しました
mail-account-deleted-text = アカウントと個人データを削除しました。キーは使えなくなりました。このアカウントについてこのアドレスにお送りするメールは、これが最後です。
mail-organization-deletion-requested-subject = { $operator }: 組織は削除される予定です
mail-organization-deletion-requested-text = { $inviter }さんが組織「{ $organization }」の削除を申請しました。{ $detail }に削除されます。それまではキーを使用できます。組織を残すには、サインインして削除を取り消してください。どのオーナーも取り消せます。
mail-organization-deletion-soon-subject = { $operator }: まもなく組織が削除されます
mail-organization-deletion-soon-text = 組織「{ $organization }」は{ $detail }に削除されます。その後はキーが使えなくなり、データは復元できません。組織を残すには、サインインして削除を取り消してください。どのオーナーも取り消せます。
mail-organization-deletion-cancelled-subject = { $operator }: 組織の削除を取り消しました
mail-organization-deletion-cancelled-text = { $inviter }さんが組織「{ $organization }」の削除を取り消しました。何も変更されず、キーは引き続き使用できます。
mail-tier-raised-subject = { $operator }: 組織の利用ティアが{ $detail }になりました
mail-tier-raised-text = 組織「{ $organization }」の利用ティアが{ $detail }になりました。次のリクエストから、モデルごとの上限が高くなります。次のティアの条件は、上限のページで確認できます。
mail-organization-deleted-subject = { $operator }: 組織を削除しました
mail-organization-deleted-text = 組織「{ $organization }」を削除しました。キーは使えなくなりました。アカウントは残り、別の組織を作成したり、参加したりできます。
mail-organization-deleted-held-subject = { $operator }: 組織を削除しました
mail-organization-deleted-held-text = 組織「{ $organization }」を削除しました。キーは使えなくなりました。本人確認の写真は法律により{ $detail }まで保持され、その後に消去されます。アカウントは残り、別の組織を作成したり、参加したりできます。
mail-pictures-expiring-subject = { $operator }：1日以内に決定が必要な案件があります
mail-pictures-expiring-text =
    組織「{ $organization }」の案件はまだ決定されていません。写真は、決定の有無にかかわらず1日以内に消去されます。消去された場合は、オーナーに写真の再提出を依頼することになります。

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }：組織の確認が完了しました
mail-verified-text = 組織の確認が完了しました。組織の確認が必要なモデルを、既存のキーで使えるようになりました。新しいキーは必要ありません。
mail-in-review-subject = { $operator }：組織の確認を審査しています
mail-in-review-text = 審査担当者が組織の確認を審査しています。通常は1営業日以内に完了し、結果をメールでお知らせします。
mail-verification-rejected-subject = { $operator }：組織の確認は承認されませんでした
mail-verification-rejected-text = 組織の確認は承認されませんでした。理由、再試行できる日時、異議申し立ての方法は、次のページで確認できます。キーは引き続き使えます。
mail-verification-paused-subject = { $operator }：組織の確認は一時停止中です
mail-verification-paused-text = 組織の確認が必要なモデルは使えなくなりました。キーとほかのモデルはすべて引き続き使えます。理由は次のページで確認できます。
mail-verification-due-subject = { $operator }：組織の確認の更新が必要です
mail-verification-due-text = 組織の確認の更新が必要です。次のページで期限を確認し、手続きを開始できます。期限まではすべてのモデルを使えます。期限を過ぎても、キーは引き続き使えます。
mail-verification-ended-subject = { $operator }：組織の確認の期限が切れました
mail-verification-ended-text = 組織の確認が期限までに更新されなかったため、組織の確認が必要なモデルは使えなくなりました。キーとほかのモデルはすべて引き続き使えます。次のページから、もう一度組織を確認できます。
mail-data-erased-subject = { $operator }：同意が撤回されました
mail-data-erased-text = 組織の確認への同意が撤回されました。このサービスと本人確認サービスにあるデータを消去しています。消去証明は次のページで確認できます。
mail-owners-changed-subject = { $operator }：組織のオーナーが変更されました
mail-owners-changed-text = 組織に新しいオーナーが追加されたか、オーナーではなくなった人がいます。組織の確認は引き続き有効です。更新が必要かどうかは、次のページで確認できます。
mail-pictures-held-subject = { $operator }：確認用の写真の保存期間が延長されました
mail-pictures-held-text = 運営者側の2人が、法令により、組織の確認用の写真を通常より長く保存する必要があると判断しました。保存期限は次のページで確認できます。期限を過ぎると、写真は消去されます。
mail-phone-revoked-subject = { $operator }：電話番号の確認が取り消されました
mail-phone-revoked-text = 運営者が組織の電話番号の確認を取り消しました。既存のキーは引き続き使えますが、新しいキーは作成できません。サポートに問い合わせてください。
mail-phone-waived-subject = { $operator }：電話番号の確認が不要になりました
mail-phone-waived-text = 運営者が組織の電話番号の確認を免除しました。電話番号を確認せずにキーを作成できます。
mail-phone-waiver-ended-subject = { $operator }：電話番号の確認が必要になりました
mail-phone-waiver-ended-text = 組織の電話番号の確認の免除が終了しました。既存のキーは引き続き使えます。新しいキーを作成するには、電話番号を確認してください。
mail-phone-waiver-refused-subject = { $operator }：免除の申請は承認されませんでした
mail-phone-waiver-refused-text = 電話番号の確認の免除の申請は承認されませんでした。理由は次のページに表示されます。既存のキーは引き続き使えます。新しいキーを作成するには、電話番号を確認してください。
mail-card-expiring-subject = { $operator }：登録済みのカードの有効期限が近づいています
mail-card-expiring-text = 登録済みのカードの有効期限が近づいています。別のカードを追加してください。有効期限から14日後に、支払い方法の登録が必要な機能は使えなくなります。キーは引き続き使えます。
mail-card-expired-subject = { $operator }：登録済みのカードの有効期限が切れました
mail-card-expired-text = 登録済みのカードの有効期限が切れたため、支払い方法の登録が必要な機能は使えなくなりました。もう一度使えるようにするには、別のカードを追加してください。キーは引き続き使えます。
mail-payment-removed-subject = { $operator }：登録済みの支払い方法がありません
mail-payment-removed-text = 組織の最後の支払い方法が削除されました。支払い方法の登録が必要な機能は使えなくなりました。キーは引き続き使えます。
mail-payment-exempted-subject = { $operator }：支払い方法の登録が不要になりました
mail-payment-exempted-text = 運営者が組織の支払い方法を免除しました。支払い方法を登録する必要はありません。
mail-payment-exemption-ended-subject = { $operator }：支払い方法の登録が必要になりました
mail-payment-exemption-ended-text = 組織の支払い方法の免除が終了しました。支払い方法の登録が必要な機能を使うには、支払い方法を追加してください。キーは引き続き使えます。
mail-help = 詳細：{ $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }：スマートフォンで確認を続ける
mail-continue-on-phone-text =
    このリンクをスマートフォンで開いてください。リンクは1回だけ使え、24時間で期限が切れます。

    { $url }

    照合番号：{ $number }。スマートフォンにも同じ番号が表示されます。サポートがコードや写真を求めることはありません。

# Parts that several mails share. Each line stands alone.
mail-line-organization = 組織：{ $organization }
mail-line-account = アカウント：{ $account }
mail-line-by = 決定者：{ $operator }
mail-line-until = 有効期限：{ $time }
mail-line-no-end = 有効期限：なし
mail-line-deadline = 期限：{ $time }
mail-line-retry = 次に試行できる日時：{ $time }
mail-line-project = プロジェクト：{ $project }
mail-line-spent = 今月の利用料金：{ $amount }
mail-line-webhook = Webhookのアドレス：{ $host }
mail-line-budget-project = プロジェクト：{ $name }
mail-line-budget-person = メンバー：{ $name }
mail-line-budget-key = キー：{ $name }
mail-line-measure = { $measure ->
    [money] 予算の対象：利用料金
    [tokens] 予算の対象：トークン
   *[requests] 予算の対象：リクエスト
}
mail-line-interval = { $interval ->
    [hour] 期間：1時間
    [day] 期間：1日
    [week] 期間：1週間
    [month] 期間：1か月
   *[total] 期間：全期間
}
mail-line-used = 使用量：{ $used }／{ $limit }
mail-line-resets = 次の期間の開始：{ $time }
mail-line-opened = 受付日時：{ $time }
mail-line-photos = 写真の消去：{ $time }
mail-line-case = { $kind ->
    [appeal] 異議申し立て：{ $organization }
    [duplicate] 使用済みの書類：{ $organization }
   *[review] 審査：{ $organization }
}
mail-line-case-until = { $kind ->
    [appeal] 異議申し立て：{ $organization }（写真の消去：{ $time }）
    [duplicate] 使用済みの書類：{ $organization }（写真の消去：{ $time }）
   *[review] 審査：{ $organization }（写真の消去：{ $time }）
}
mail-button-confirm = メールアドレスを確認
mail-button-password = パスワードを設定
mail-button-invite = 招待を承諾
mail-button-account = 削除のページを開く
mail-button-organization = 削除のページを開く
mail-button-sign-in = サインイン
mail-button-security = セキュリティ設定を開く
mail-button-case = 案件を開く
mail-button-queue = 審査キューを開く
mail-button-waivers = 免除の申請を開く
mail-button-verification = 組織の確認を開く
mail-button-phone = 電話番号の設定を開く
mail-button-waiver = 免除の申請を開く
mail-button-billing = 支払い方法を開く
mail-button-usage = 使用量を開く
mail-button-limits = 上限を開く
mail-button-webhook = Webhookを開く
mail-button-continue = 確認を続ける
mail-footer = 送信者：{ $operator }（{ $url }）
mail-footer-support = 送信者：{ $operator }（{ $url }）。サポート：{ $support }

# To operators, about cases that need a decision.
mail-case-waiting-subject = { $kind ->
    [appeal] { $operator }：組織「{ $organization }」の異議申し立てに決定が必要です
    [duplicate] { $operator }：組織「{ $organization }」の書類に決定が必要です
   *[review] { $operator }：組織「{ $organization }」の審査に決定が必要です
}
mail-case-waiting-text = { $kind ->
    [appeal] 承認されなかった確認に対して、オーナーが異議を申し立てました。担当者による決定が必要です。
    [duplicate] ほかの組織の確認に使用された書類が提出されました。担当者による決定が必要です。
   *[review] 確認のための書類と写真が提出されました。担当者による決定が必要です。
}
mail-cases-waiting-subject = { $count ->
   *[other] { $operator }：{ $count }件の案件に決定が必要です
}
mail-cases-waiting-text = 次の案件には担当者による決定が必要です。期限が最も近い案件から順に並んでいます。
mail-waiver-asked-subject = { $operator }：組織「{ $organization }」から免除の申請が届きました
mail-waiver-asked-text =
    組織「{ $organization }」が電話番号の確認の免除を申請しました。運営者による決定が必要です。

    { $detail }

# To the recipients of a spend alert.
mail-spend-alert-subject = { $operator }：{ $name } の今月の利用料金が { $amount } に達しました
mail-spend-alert-text =
    今月の利用料金が、利用料金アラートのしきい値 { $amount } に達しました。月は UTC の午前 0 時に始まります。

    このメールは、組織のオーナーがアラートの宛先にこのアドレスを指定したため送信されています。送信は月に 1 回です。

mail-webhook-gone-subject = { $operator }：{ $name } のWebhookがオフになりました
mail-webhook-gone-text =
    組織のWebhookが、配信をこれ以上受け付けないことを示す410を返しました。Webhookはオフになり、待機中の配信は送信されません。

    意図したものでない場合は、Webhookをもう一度オンにしてください。過去30日間の配信は、Webhookのページから再送信できます。
mail-webhook-failing-subject = { $operator }：{ $name } のWebhookがオフになりました
mail-webhook-failing-text =
    組織のWebhookが、3日間配信を受け付けませんでした。Webhookはオフになり、待機中の配信は送信されません。

    アドレスとプログラムを確かめてから、Webhookをもう一度オンにしてください。過去30日間の配信は、Webhookのページから再送信できます。

mail-budget-share-subject = { $operator }：{ $name } の予算の{ $value }%を使用しました
mail-budget-share-text =
    予算の使用量が、アラートのしきい値である{ $value }%に達しました。予算を使い切ると、次の期間が始まるか、オーナーが予算を引き上げるまで、リクエストは拒否されます。

    このメールは、組織のオーナーであるか、オーナーがアラートの宛先にこのアドレスを指定したため送信されています。送信は期間ごとに1回です。
mail-budget-amount-subject = { $operator }：{ $name } の予算の使用量が{ $value }に達しました
mail-budget-amount-text =
    予算の使用量が、アラートのしきい値である{ $value }に達しました。予算を使い切ると、次の期間が始まるか、オーナーが予算を引き上げるまで、リクエストは拒否されます。

    このメールは、組織のオーナーであるか、オーナーがアラートの宛先にこのアドレスを指定したため送信されています。送信は期間ごとに1回です。
