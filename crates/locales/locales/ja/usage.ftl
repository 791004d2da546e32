usage-lead = この期間は{ $cost }、{ $requests }です。
usage-range = 期間と区分
usage-by-model = モデル
usage-by-key = キー
usage-by-project = プロジェクト
usage-by-user = ユーザー
usage-empty = この期間の呼び出しはありません。最初の呼び出しから1分以内に表示されます。
usage-first = 最初のAPI呼び出し
usage-chart-cost = 1日あたりの料金
usage-chart-requests = 1日あたりの件数
usage-requests = 件数
usage-input = 入力トークン
usage-output = 出力トークン
usage-images = 画像
usage-cost = 料金
total = 合計
usage-days = { $count ->
   *[other] { $count }日間
}
help-phone-number-requirement-text =
    2024年11月5日以降、新しいキーの作成には電話番号の確認が必要です。使い捨てアカウントの大量作成を防ぐためです。

    確認は組織ごとに1回で、キーごとではありません。以前のキーは無期限に有効で、何もする必要はありません。

    エラーコードは phone_verification_required です。設定 > アカウント > 電話、またはキー作成の画面から確認できます。

    携帯電話がない場合はサポートに連絡してください。運営者が免除できます。
help-verification-text =
    gpt-image-1など一部のモデルには組織の確認が必要です。設定 > 組織 > 全般を開き、「確認」の「組織を確認する」を選んでください。

    支払い方法の登録（請求なし）、カメラ付きのスマートフォン、有効な書類1点が必要です。確認は、同意のあと、ページに記載の提供会社が行います。PCのページは自動で更新されます。照合番号は両方の端末で同じでなければなりません。

    生体情報は、法令で長い保存が義務づけられる場合を除き、遅くとも7日後に削除されます。「同意を撤回して消去」で同意を撤回し、残りのデータを消去できます。

    既存のキーは自動的に使えるようになります。通常は数秒、遅くとも15分後です。
help-first-call-text =
    OpenAIのSDKはそのまま使えます。ベースURLをこのインストールのアドレスに/v1を付けたものに設定し、キーを使ってください。

    複数に届くキーの場合、OpenAI-Organizationヘッダーで組織を、OpenAI-Projectヘッダーでプロジェクトを選びます。指定しない場合はキー自身のプロジェクトになります。
help-errors-text =
    ノーコードツールでは、403のときに「Forbidden – perhaps check your credentials?」とだけ表示されることがあります。多くの場合キーに問題はなく、モデルに組織の確認が必要です。

    応答の本文には organization_verification_required と、組織とページの案内が含まれます。ダッシュボードには最近の拒否と不足しているものが表示されます。

    画像の編集にも、生成と同じ確認が必要です。
help-keys-text =
    キーは秘密情報です。サーバーの環境変数やキー管理サービスに保管し、ブラウザー、アプリ、リポジトリには置かないでください。

    本番ではサービスアカウントを使ってください。人が離れてもキーは使えます。環境ごとにプロジェクトを分けると、キーと使用量を分けて管理できます。

    キーが漏れた場合は、末尾4文字で探して無効にしてください。次のリクエストから拒否されます。

    キーはときどき交換してください。「交換」で新しいキーを作成すると、古いキーも選んだ期間は使えます。古いキーの最終使用は一覧で分かるので、終了してよい時期が分かります。

    所有者のすべてのプロジェクトに届く以前のユーザーキーも引き続き使えます。プロジェクトキーのほうが、届くのは1つのプロジェクトだけで、漏れたときの被害も小さくなります。
limits-lead = { $project }で各モデルを使える速さです。
limits-no-models = このプロジェクトで使えるモデルはありません。
limits-model = モデル
limits-requests = 1分あたりのリクエスト
limits-tokens = 1分あたりのトークン
limits-requests-day = 1日あたりのリクエスト
limits-images = 1分あたりの画像
limits-none = 上限なし
limits-own = 組織より低い上限
limits-of-organization = 組織：{ $limit }
limits-reset = 元に戻す
limits-hint = 空欄は組織と同じ上限です。低い数はこのプロジェクトだけに、次のリクエストから適用されます。組織の上限はすべてのプロジェクトで共有します。
limits-look = この数を変更できるのは組織のオーナーです。
limits-higher = 上限を上げるには
limits-higher-who = 組織全体の上限は{ $operator }が決めます。
limits-higher-first = まず組織の本人確認を済ませてください。誰からの依頼か、運営者に分かります。そのうえで、必要なモデル、1分あたりのリクエスト数とトークン数、用途をお知らせください。
limits-higher-ask = 必要なモデル、1分あたりのリクエスト数とトークン数、用途をお知らせください。
limits-nobody = { $operator }の連絡先は公開されていません。アクセスを受け取った担当者にお尋ねください。
limits-write = { $address }に連絡する
error-rate-limit-too-high = プロジェクトの上限は組織より高くできません。同じにするには空欄にしてください。
error-rate-limit-out-of-range = 上限は1から1,000,000,000までの整数です。
usage-days-label = 期間
usage-by-label = 内訳
usage-show-label = 表示
usage-tokens = トークン
usage-chart-tokens = 1日あたりのトークン数
usage-between = 表示する
usage-nobody = サービスアカウント
usage-dates-wrong = { $count ->
   *[other] 開始日と終了日を選んでください。期間は最長{ $count }日です。
}
usage-count = { $count ->
   *[other] { $count }件
}
usage-about = 約{ $figure }
usage-estimated = 「約」は推定を含む値です。モデルサーバーが{ $requests }の使用量を報告しなかったため、Keysteadが約{ $tokens }トークン、{ $cost }と推定しました。
usage-estimated-requests = { $count ->
   *[other] { $count }件
}
usage-estimated-other = 「約」は推定を含む値です。モデルサーバーが{ $requests }の使用量を報告しなかったため、Keysteadが{ $cost }と推定しました。
