general-lead = この組織の名前、ID、確認の状態です。
organization-id = 組織ID
organization-id-hint = 次のヘッダーで送信します：
project-id = 「{ $project }」のプロジェクトID
members-lead = オーナーはすべてを管理できます。メンバーはキーを作成し、APIを呼び出せます。
invited = 招待中
invited-until = 招待の期限：{ $when }
make-owner = オーナーにする
make-reader = メンバーにする
take-back = 招待を取り消す
invite-title = メンバーを招待
invite-hint = 招待リンクをメールで送信します。リンクは1回だけ使え、7日間で期限が切れます。
invite-no-mail = 招待はメールのリンクで届きますが、この環境ではメールを送信できません。運営者にメールの設定を依頼してください。
send-invite = 招待を送信
error-invite = 招待を送信できませんでした。
projects-lead = キーと使用量はプロジェクトごとに管理されます。環境ごとにプロジェクトを分けてください。
active = 有効
archived = アーカイブ済み（{ $when }）
archive = アーカイブ
archive-what = このプロジェクトのすべてのキーは、次のリクエストから拒否されます。この操作は元に戻せません。
archive-button = { $name }をアーカイブ
new-project = 新しいプロジェクト
new-project-hint = 環境、顧客、チームなどの単位で作成できます。
create-project = プロジェクトを作成
billing-title = 支払い方法
billing-lead = 組織の確認には、支払い方法の登録が必要です。請求は発生しません。
billing-empty = 支払い方法はまだ登録されていません。カードは決済サービスのページで入力します。カード番号がKeysteadに渡ることはありません。
billing-waived = この組織では、支払い方法の登録は不要です。
billing-off = このサービスの運営者が、決済サービスを設定していません。
billing-phone = 次に、キーを作成できるように電話番号を確認してください。
add-payment-method = 支払い方法を追加
to-verifications = 確認のページに移動
card = カード
card-expires = 有効期限
card-added = 追加日
card-default = 既定
card-declined = カードが銀行に拒否されました。請求は発生していません。別のカードをお試しください。
card-insufficient-funds = 銀行から残高不足の通知がありました。請求は発生していません。別のカードをお試しください。
card-expired-card = このカードは有効期限が切れています。別のカードをお試しください。
card-provider-unavailable = 決済サービスが応答しませんでした。請求は発生していません。もう一度お試しください。
members-look = メンバーの招待、削除、ロールの変更ができるのは、オーナーだけです。
projects-look = プロジェクトの作成とアーカイブができるのは、オーナーだけです。
actor-api-key = APIキー
actor-session = ユーザー
actor-operator = 運営者
actor-service = サービス
actor-clock = 自動
operator-health = 外部サービス
operator-jobs = 待機中のジョブ
operator-cases = 案件
operator-no-cases = 決定が必要な案件はありません。
operator-reason = 理由（監査ログとオーナーに表示されます）
operator-proposed = { $name }が承認を提案しています。もう1人の同意が必要です。
operator-approve = 承認
operator-reject = 却下
reset-factor = 2段階認証をリセット
reset-factor-hint = 認証アプリとリカバリーコードの両方を失った人のための機能です。先に本人であることを確認してください。運営者1人がリセットを提案し、別の運営者が1日以内に同意する必要があります。リセットすると、対象者はすべての端末からサインアウトし、メールで通知を受け取ります。
reset-factor-alone = リセットには運営者が2人必要ですが、1人しか設定されていません。operator.emailsに2人目のメールアドレスを追加して再起動するか、サーバーで次のコマンドを実行してください：
reset-factor-proposed = { $name }がこのリセットを提案しています。もう1人の同意が必要です。
reset-factor-agree = リセットを承認
reset-factor-reason = 本人であることを確認した方法
reset-factor-propose = リセットを提案
reset-factor-withdraw = 提案を取り下げる
operator-organizations = 組織
operator-act = 変更
operator-waive-phone = 電話番号の確認を免除
operator-waive-payment = 支払い方法を免除
operator-exempt = 組織の確認を免除
operator-suspend = 確認を一時停止
operator-restore = 確認を再開
operator-days = 免除の日数（空欄の場合は無期限）
health-up = 正常
health-down = 応答なし
health-unknown = 未チェック
health-off = オフ
status-unverified = 未確認
status-in-progress = 進行中
status-in-review = 審査中
status-verified = 確認済み
status-rejected = 不承認
status-expired = 期限切れ
status-cooldown = 再試行待ち
status-suspended = 一時停止中
status-revoked = 取り消し済み
status-exempt = 免除
operator-lead = { $count ->
   *[other] 決定が必要な案件が{ $count }件あります。
}
project-models = モデルとツール
project-models-which = このプロジェクトで使えるモデル
project-models-hint = 変更は次のリクエストから適用されます。組織の確認が必要なモデルは、どのプロジェクトでも確認が必要です。
project-models-all = すべてのモデル
project-models-only = 選択したモデルのみ
project-models-but = 選択したモデルを除くすべて
project-models-listed = モデル
project-tools = ツール
project-tools-hint = モデルサーバーがリクエストのために実行するツールです。選択されていないツールを使うリクエストは拒否されます。
project-tools-allowed = リクエストで使えるツール
tool-file-search = ファイル検索
tool-web-search = ウェブ検索
tool-image-generation = 画像生成
tool-mcp = MCPサーバー
tool-code-interpreter = コードインタープリター
project-tiers = サービスティア
project-tiers-hint = リクエストは service_tier でティアを選びます。スタンダードはいつでも使えます。
project-tiers-which = リクエストで選べるティア
project-tiers-all = すべてのティア
project-tiers-only = 選択したティアのみ
project-tiers-default = ティアを選ばないリクエストのティア
tier-standard = スタンダード
tier-flex = Flex
tier-fast = Fast
tier-ultrafast = Ultrafast
tier-scale = Scale
error-tier-default = ティアを選ばないリクエストに「Fast」が使われるため、「Fast」も選択してください。
project-lead = このプロジェクトのキー、サービスアカウント、メンバーです。
project-people = メンバー
project-people-hint = このプロジェクトでロールを持つ人です。組織のオーナーは、すべてのプロジェクトを使えます。
project-people-empty = このプロジェクトでロールを持つ人はまだいません。
accounts = サービスアカウント
accounts-hint = 本番環境用です。サービスアカウントは個人ではなくこのプロジェクトに属するため、メンバーが離れてもキーを使い続けられます。
accounts-empty = サービスアカウントはまだありません。
accounts-more = サービスアカウントをさらに表示
account-create = サービスアカウントを作成
account-new-key = キーを作成
account-new-key-of = { $name }のキーを作成
account-change-of = { $name }を編集
account-delete = 削除
account-delete-button = { $name }を削除
account-role-hint = 閲覧者はモデルを呼び出せません。
account-last-used = キーの最終使用：{ $when }。
account-keys = { $count ->
   *[other] { $count }個のキー
}
account-delete-none = 有効なキーはありません。この操作は元に戻せません。
account-delete-what = { $count ->
   *[other] { $count }個のキーが、次のリクエストから使えなくなります。この操作は元に戻せません。
}
organization-deletion = 組織の削除
organization-deletion-hint = 待機期間の後、すべてのキーが使えなくなり、組織のデータが削除されます。
organization-deletion-notice = 組織「{ $organization }」は{ $when }に削除されます。
organization-deletion-by = { $name }さんが{ $when }に削除を申請しました。
organization-deletion-pending-lead = この組織は{ $when }に削除されます。それまではすべて使用でき、どのオーナーも削除を取り消せます。
organization-deletion-what-hint = 削除された時点から、これらのキーを使うプログラムにはエラー401が返されます。削除は元に戻せません。
organization-deletion-keys = { $count ->
   *[other] { $count }個のキーが使えなくなります。
}
organization-deletion-used = キーの最終使用：{ $when }。
organization-deletion-unused = 使用されたキーはありません。
organization-deletion-members = { $count ->
   *[other] { $count }人のメンバーがアクセスできなくなります。アカウントは残ります。
}
organization-deletion-projects = { $count ->
   *[other] { $count }件のプロジェクトが、設定と上限とともに削除されます。
}
organization-deletion-service-accounts = { $count ->
   *[other] { $count }個のサービスアカウントが削除されます。
}
organization-deletion-invites = { $count ->
   *[other] { $count }件の招待が取り消されます。
}
organization-deletion-payment-methods = { $count ->
   *[other] { $count }件の支払い方法が、ここと決済サービスの両方から削除されます。
}
organization-deletion-credit = 残っている{ $amount }のクレジットは使えなくなります。自動では返金されません。
organization-deletion-verification = 確認の結果は失われます。確認済みの電話番号は削除され、写真と書類のデータは消去されます。
organization-deletion-held = 本人確認の写真は法律により{ $when }まで保持され、その後に消去されます。
organization-deletion-kept = 使用量と監査ログは保持されます。監査ログの記録には、記録時の組織、プロジェクト、キーの名前と、ユーザーやプログラムのIPアドレスが残ります。
organization-deletion-days = { $count ->
   *[other] この組織は{ $count }日後に削除されます。それまではすべて使用でき、どのオーナーも削除を取り消せます。
}
organization-deletion-type = 組織の名前
organization-deletion-type-hint = 確認のため「{ $name }」と入力してください。
organization-deletion-request = この組織を削除
error-organization-name-differs = 組織の名前と一致しません。表示されているとおりに入力してください。
operator-deletion = オーナーの申請により{ $when }に削除されます
operator-held = 法令により保存されている写真
operator-held-until = 保存期限
organization-export = 組織のデータ
organization-export-hint = 設定、プロジェクト、メンバー、招待、サービスアカウント、シークレットを含まないキー、確認の状態を含むJSONファイルです。先にパスワードの入力を求められることがあります。
organization-export-download = 組織のデータをダウンロード
organization-export-more = 使用量と監査ログには別のファイルがあります。
organization-export-usage = 使用量を開いてCSVをダウンロード
organization-export-audit = 監査ログを開いてCSVをダウンロード
