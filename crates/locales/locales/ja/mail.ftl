# Mails. $detail is the link, or the sign-in or service that the mail is about; $account is the account it is about;
# $inviter invites to $organization.

# About accounts.
mail-confirm-subject = { $operator }: メールアドレスの確認
mail-confirm-text =
    次のリンクを開いてメールアドレスを確認してください。1回だけ、24時間有効です。

    { $detail }

    登録した覚えがない場合は、何もする必要はありません。
mail-already-registered-subject = { $operator }: アカウントは既にあります
mail-already-registered-text = このアドレスで新規登録が行われました。アカウントは既にあります。サインインするか、サインインページで新しいパスワードを設定してください。変更は行われていません。
mail-choose-password-subject = { $operator }: パスワードの設定
mail-choose-password-text =
    メールアドレスが確認されました。確認の前に複数のパスワードが入力されたため、いずれも無効です。次のリンクを開いて設定してください。1回だけ、1時間有効です。

    { $detail }
mail-reset-subject = { $operator }: 新しいパスワードの設定
mail-reset-text =
    次のリンクを開いて新しいパスワードを設定してください。1回だけ、1時間有効です。

    { $detail }

    心当たりがない場合は、何もする必要はありません。現在のパスワードはそのまま使えます。
mail-password-changed-subject = { $operator }: パスワードが変更されました
mail-password-changed-text = アカウントのパスワードが変更され、他のブラウザーのセッションが終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-invite-subject = { $operator }: 組織「{ $organization }」への招待
mail-invite-text =
    { $inviter }さんが組織「{ $organization }」に招待しています。参加するには次のリンクを開いてください。リンクは1回だけ、7日間有効です。

    { $detail }

    心当たりがない場合は、このメールを無視してください。
mail-new-sign-in-subject = { $operator }: 新しいサインイン
mail-new-sign-in-text =
    これまで使われたことのないブラウザーまたはネットワークからサインインがありました。

    { $detail }

    ご本人の場合は、何もする必要はありません。心当たりがない場合は、アカウント設定でパスワードを変更し、他のセッションを終了してください。
mail-factor-on-subject = { $operator }: 2段階認証が有効になりました
mail-factor-on-text = サインインには認証アプリのコードが必要になりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-factor-off-subject = { $operator }: 2段階認証が無効になりました
mail-factor-off-text = サインインにコードは不要になりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-recovery-codes-subject = { $operator }: 新しいリカバリーコード
mail-recovery-codes-text = アカウントの新しいリカバリーコードが作成されました。以前のコードは使えません。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-confirm-address-subject = { $operator }: 新しいメールアドレスの確認
mail-confirm-address-text =
    次のアカウントの利用者が、今後このアドレスをアカウントに使うことを希望しています。

    { $account }

    ご自身のアカウントである場合にのみ、リンクを開いてください。1回だけ、24時間有効です。

    { $detail }

    このアカウントに心当たりがない場合は、リンクを開かないでください。何もする必要はありません。
mail-address-taken-subject = { $operator }: このアドレスには既にアカウントがあります
mail-address-taken-text = 別のアカウントでこのアドレスを使う申請がありました。このアドレスには既にアカウントがあります。変更は行われていません。
mail-address-changed-subject = { $operator }: メールアドレスが変更されました
mail-address-changed-text = アカウントのメールアドレスが変更され、このアドレスではサインインできなくなりました。心当たりがない場合は、すぐにサポートに連絡してください。
mail-passkey-added-subject = { $operator }: パスキーが追加されました
mail-passkey-added-text = アカウントにパスキーが追加され、サインインに使えるようになりました。他のセッションは終了しました。心当たりがない場合は、セキュリティ設定で削除し、すぐに新しいパスワードを設定して、サポートに連絡してください。
mail-passkey-removed-subject = { $operator }: パスキーが削除されました
mail-passkey-removed-text = アカウントのパスキーが削除され、サインインに使えなくなりました。他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-identity-linked-subject = { $operator }: 新しいサインイン方法
mail-identity-linked-text =
    次のサービスでもアカウントにサインインできるようになりました。

    { $detail }

    心当たりがない場合は、すぐにサポートに連絡してください。
mail-identity-unlinked-subject = { $operator }: サインイン方法が削除されました
mail-identity-unlinked-text =
    次の連携ではアカウントにサインインできなくなりました。

    { $detail }

    他のセッションは終了しました。心当たりがない場合は、すぐに新しいパスワードを設定し、サポートに連絡してください。
mail-pictures-expiring-subject = { $operator }: 未審査の案件の画像が1日以内に削除されます
mail-pictures-expiring-text =
    この案件はまだ審査されていません。画像は審査の有無にかかわらず1日以内に削除され、その後は本人に再提出をお願いすることになります。

    { $detail }

# About verification, to the owners of an organization. A link to the page follows each text, and then mail-help.
mail-verified-subject = { $operator }: 組織確認済み
mail-verified-text = 組織の確認が完了しました。既存のキーですぐに追加のモデルを利用できます。新しいキーは必要ありません。
mail-in-review-subject = { $operator }: 担当者が確認しています
mail-in-review-text = 担当者が組織の確認を審査しています。通常は1営業日以内です。結果はメールでお知らせします。
mail-verification-rejected-subject = { $operator }: 組織の確認は承認されませんでした
mail-verification-rejected-text = 組織の確認は承認されませんでした。理由と、再試行または異議申し立てができる時期をページでご確認ください。キーはすべて引き続き使えます。
mail-verification-paused-subject = { $operator }: 組織の確認は停止されています
mail-verification-paused-text = 確認が必要なモデルは利用できません。キーとその他のモデルはすべて使えます。理由はページでご確認ください。
mail-verification-due-subject = { $operator }: 組織の確認の更新が必要です
mail-verification-due-text = 組織の確認を更新してください。期限はページでご確認ください。それまではすべて利用でき、キーはいつでも使えます。
mail-verification-ended-subject = { $operator }: 組織の確認が終了しました
mail-verification-ended-text = 期限までに更新されなかったため、確認が必要なモデルは利用できません。キーとその他のモデルはすべて使えます。
mail-data-erased-subject = { $operator }: 同意を撤回し、データを削除しています
mail-data-erased-text = 同意が撤回されました。当方と提供会社のデータを削除しています。受領書はページにあります。
mail-owners-changed-subject = { $operator }: 組織のオーナーが変わりました
mail-owners-changed-text = 組織のオーナーが追加または変更されました。確認は有効です。更新が必要な場合はページに表示されます。
mail-pictures-held-subject = { $operator }: 確認用の画像の保存期間が延長されました
mail-pictures-held-text = 運営者の担当者2名が、法令上の必要により、組織の確認用の画像を通常より長く保存することを決定しました。期限はページに表示され、その後画像は削除されます。
mail-phone-revoked-subject = { $operator }: 電話番号の確認が取り消されました
mail-phone-revoked-text = 運営者が電話番号の確認を取り消しました。既存のキーは引き続き使えますが、新しいキーは作成できません。サポートにご連絡ください。
mail-phone-waived-subject = { $operator }: 電話番号は不要です
mail-phone-waived-text = 運営者がこの組織の電話番号の確認を免除しました。
mail-phone-waiver-ended-subject = { $operator }: 電話番号の確認が再び必要です
mail-phone-waiver-ended-text = 電話番号の確認の免除が終了しました。既存のキーは引き続き使えます。新しいキーには確認済みの番号が必要です。
mail-card-expiring-subject = { $operator }: 登録カードの有効期限が近づいています
mail-card-expiring-text = 登録カードの有効期限が近づいています。別のカードを追加してください。期限から14日後に、支払い方法が必要な機能は閉じます。キーは引き続き使えます。
mail-card-expired-subject = { $operator }: 登録カードの有効期限が切れました
mail-card-expired-text = 登録カードの有効期限が切れたため、支払い方法が必要な機能は閉じています。キーは引き続き使えます。
mail-payment-removed-subject = { $operator }: 支払い方法が登録されていません
mail-payment-removed-text = 最後の支払い方法が削除されました。支払い方法が必要な機能は閉じています。キーは引き続き使えます。
mail-payment-exempted-subject = { $operator }: 支払い方法は不要です
mail-payment-exempted-text = 運営者がこの組織の支払い方法の登録を免除しました。
mail-payment-exemption-ended-subject = { $operator }: 支払い方法の免除が終了しました
mail-payment-exemption-ended-text = 支払い方法の登録の免除が終了しました。キーは引き続き使えます。
mail-help = 詳しくは：{ $url }

# The link to another device.
mail-continue-on-phone-subject = { $operator }：スマートフォンで確認を続ける
mail-continue-on-phone-text =
    このリンクをスマートフォンで開いてください。1回だけ、24時間有効です。

    { $url }

    照合番号：{ $number }。スマートフォンにも同じ番号が表示されます。サポートがコードや写真を求めることはありません。
