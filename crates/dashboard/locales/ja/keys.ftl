keys-lead = これらのキーを持つ人は、{ $project }としてAPIを呼び出し、その料金を使えます。
keys-empty = キーはまだありません。キーがあれば、サーバーがこのプロジェクトとしてAPIを呼び出せます。下はベースURLと呼び出しの例です。
keys-more = 新しい順に50件を表示しています。
create-secret-key = 新しいシークレットキーを作成
col-secret = シークレットキー
col-permissions = 権限
col-last-used = 最終使用
created = { $when }作成
expires = { $when }まで有効
service-account = サービスアカウント
revoke = 無効にする
phone-first = 先に電話番号を確認してください。組織のすべてのキーについて1回だけです。
phone-first-hint = 既存のキーは引き続き使えます。確認後はここに戻ります。
verify-phone = 電話番号を確認する
create-key-lead = キーは{ $project }に属し、ほかには届きません。
key-name = 名前
key-name-hint = あとで分かるように、使う場所を書いてください。
key-unnamed = 名前のないキー
key-owner = 所有者
key-owner-you = あなた。プロジェクトを離れると使えなくなります。
key-owner-service = サービスアカウント（本番用）。個人には属しません。
key-permission-all = すべて
key-permission-read = 読み取りのみ
key-permission-restricted = 制限付き（下でチェックしたもの）
key-choose-scopes = 権限を選ぶ
key-scopes-missing = 制限付きの場合は権限を1つ以上選んでください。
key-expiry = 有効期限
key-life-ever = なし
create-key-button = キーを作成
key-made = シークレットキーを今すぐ保存してください
key-made-lead = 表示されるのは今回だけです。Keysteadが保存するのはキーではなく指紋なので、再表示はできません。
key-length = { $length }文字、末尾は{ $tail }
copy-key = キーをコピー
project = プロジェクト
key-works = すぐに使えます
key-keep = サーバーが秘密情報を読む場所に保管してください。ブラウザー、アプリ、リポジトリには置かないでください。漏れた場合は、この一覧の{ $head }…{ $tail }を無効にしてください。
key-saved = 保存しました
revoke-title = { $name }を無効にする
revoke-lead = 末尾が{ $tail }のキーは次のリクエストから拒否されます。元に戻せません。
revoke-last-used = 最終使用：{ $when }。使っているものは動かなくなります。
revoke-never-used = 一度も使われていません。
revoke-button = { $name }を無効にする
home-phone = 新しいキーには電話番号の確認が必要です。
home-phone-ok = 新しいキーを作成できます。
home-models = { $models }には組織の確認が必要です。
home-models-ok = すべてのモデルを使えます。
base-url = ベースURL
base-url-hint = OpenAIのSDKはすべてそのまま使えます。
refusals = 最近の拒否
refusals-hint = 過去30日間に確認の不足で拒否された呼び出しです。
refusals-empty = 過去30日間に拒否された呼び出しはありません。
refusal-why = 不足
key-life = { $count ->
   *[other] { $count }日
}
key-permission-some = { $count ->
   *[other] { $count }件の権限
}
home-lead = { $count ->
   *[other] このプロジェクトでは{ $count }個のキーが使えます。
}
