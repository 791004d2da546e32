usage-by-model = モデル
usage-by-key = キー
usage-by-project = プロジェクト
usage-by-user = ユーザー
usage-empty = この期間のリクエストはありません。最初のリクエストから1分以内に、使用量がここに表示されます。
usage-first = 最初のAPI呼び出し
usage-chart-cost = 1日あたりの利用料金
usage-chart-requests = 1日あたりのリクエスト数
usage-bar = { $day }：{ $amount }
usage-requests = リクエスト
usage-input = 入力トークン
usage-output = 出力トークン
usage-images = 画像
usage-cost = 利用料金
total = 合計
help-phone-number-requirement-text =
    2024年11月5日以降、APIキーを作成するには、確認済みの電話番号が必要です。これは、作成する人や方法にかかわらず適用されます。使い捨てアカウントが大量に作成されるのを防ぐためです。

    確認はキーごとではなく、組織ごとに1回だけです。それ以前に作成したキーは無期限に有効で、何もする必要はありません。

    エラーコードはphone_verification_requiredです。「設定」>「アカウント」>「電話番号」を開くか、「新しいシークレットキーを作成」の画面に従ってください。

    携帯電話番号をお持ちでない場合は、サポートに問い合わせてください。運営者がこの要件を免除できます。
help-verification-text =
    gpt-image-1などの一部のモデルには、組織の確認が必要です。「設定」>「組織」>「全般」を開き、「確認」の「組織を確認」を選択してください。

    登録済みの支払い方法（請求は発生しません）、カメラ付きのスマートフォン、有効な本人確認書類1点が必要です。同意すると、ページに記載された本人確認サービスが確認を行います。パソコンのページは自動的に更新されます。照合番号が両方の端末で同じであることを確認してください。

    生体情報は、法令でより長い保存が義務づけられている場合を除き、遅くとも7日後に削除されます。「同意を撤回して消去」を選択すると、同意を撤回し、残りのデータを消去できます。

    既存のキーは自動的に使えるようになります。通常は数秒、遅くとも15分以内です。
help-first-call-text =
    OpenAIのSDKをそのまま使えます。ベースURLを、この環境のアドレスに/v1を付けたものに設定し、APIキーを使ってください。

    キーを複数の組織またはプロジェクトで使える場合は、OpenAI-OrganizationヘッダーとOpenAI-Projectヘッダーで指定できます。ヘッダーがない場合は、キーのプロジェクトが使われます。
help-errors-text =
    ノーコードツールでは、403エラーの際に「Forbidden – perhaps check your credentials?」とだけ表示されることがあります。多くの場合、キーは正しく、モデルに組織の確認が必要です。

    レスポンスの本文には、organization_verification_requiredと、対象の組織、開くページが含まれます。ダッシュボードには、最近拒否されたリクエストと不足しているものが表示されます。

    画像の編集にも、生成と同じ確認が必要です。
help-keys-text =
    APIキーは秘密情報です。サーバーの環境変数またはキー管理サービスに保存してください。ブラウザー、アプリ、リポジトリには置かないでください。

    本番環境ではサービスアカウントを使ってください。メンバーが離れても、キーを使い続けられます。環境ごとにプロジェクトを分けると、キーと使用量を分けて管理できます。

    キーが漏えいした場合は、末尾の4文字で探して失効させてください。次のリクエストから拒否されます。

    キーは定期的にローテーションしてください。ローテーションすると新しいキーが作成され、古いキーも選んだ期間は使えます。一覧に古いキーの最終使用が表示されるため、いつ失効させてよいかを判断できます。

    所有者のすべてのプロジェクトで使える従来のユーザーキーも、引き続き使えます。プロジェクトキーは1つのプロジェクトでのみ使えるため、漏えいした場合の被害を抑えられます。
limits-lead = プロジェクト「{ $project }」の、モデルごとの利用上限です。
limits-no-models = このプロジェクトで使えるモデルはありません。
limits-model = モデル
limits-field = { $model }：{ $limit }
limits-requests = 1分あたりのリクエスト数
limits-tokens = 1分あたりのトークン数
limits-requests-day = 1日あたりのリクエスト数
limits-images = 1分あたりの画像数
limits-none = 上限なし
limits-of-organization = 組織：{ $limit }
limits-hint = 空欄にすると、組織の上限が適用されます。組織より低い値は、このプロジェクトだけに、次のリクエストから適用されます。組織の上限は、すべてのプロジェクトで共有されます。
limits-look = これらの上限を変更できるのは、組織のオーナーだけです。
limits-higher = 上限の引き上げ
limits-higher-who = 組織全体の上限は、{ $operator }が設定します。
limits-higher-first = 依頼元を運営者が確認できるように、先に組織の確認を完了してください。そのうえで、必要なモデル、1分あたりのリクエスト数とトークン数、用途をお知らせください。
limits-higher-ask = 必要なモデル、1分あたりのリクエスト数とトークン数、用途をお知らせください。
limits-nobody = { $operator }の連絡先は公開されていません。アクセス権を付与した人に問い合わせてください。
limits-write = { $address }にメールを送信
error-rate-limit-too-high = プロジェクトの上限は、組織の上限より高くできません。組織の上限を適用するには、空欄にしてください。
error-rate-limit-out-of-range = 1から1,000,000,000までの整数を入力してください。
usage-days-label = 期間：
usage-by-label = 内訳：
usage-show-label = 表示
usage-tokens = トークン
usage-chart-tokens = 1日あたりのトークン数
usage-between = 適用
usage-service-accounts = サービスアカウント
usage-dates-wrong = { $count ->
   *[other] 開始日と、それより後の終了日を選択してください。期間は最長{ $count }日間です。
}
usage-about = 約{ $figure }
usage-estimated = { $count ->
   *[other] 「約」は推定を含む値です。モデルサーバーがリクエスト{ $count }件の使用量を報告しなかったため、Keysteadが約{ $tokens }トークン、{ $cost }として計上しました。
}
usage-estimated-other = { $count ->
   *[other] 「約」は推定を含む値です。モデルサーバーがリクエスト{ $count }件の使用量を報告しなかったため、Keysteadが推定し、{ $cost }として計上しました。
}
usage-lead-project = { $count ->
   *[other] { $period }のプロジェクト「{ $name }」の利用料金は{ $cost }、リクエストは{ $count }件です。
}
usage-lead-organization = { $count ->
   *[other] { $period }の組織「{ $name }」の利用料金は{ $cost }、リクエストは{ $count }件です。
}
usage-forecast = このペースでは、月末までに約{ $cost }になります。
usage-as-of = { $time }時点の集計です。新しいリクエストは1分以内に反映されます。
usage-zone = 日付のタイムゾーンは{ $zone }です。
usage-this-month = 今月
usage-previous-month = 先月
usage-last-days = { $count ->
   *[other] 過去{ $count }日間
}
usage-of-label = 対象：
usage-of-organization = 組織全体
usage-csv = CSVをダウンロード
usage-refused = 拒否
usage-chart-refused = 1日あたりの拒否されたリクエスト数
usage-refused-empty = この期間にルールによって拒否されたリクエストはありません。
usage-refused-hint = 必要な確認が完了していないために拒否されたリクエストです。キーの誤り、レート制限、予算によって拒否されたリクエストは含まれません。料金は発生していません。
usage-refused-kept = 拒否されたリクエストの保存期間は30日間です。それより前のものは含まれていません。
usage-last-refused = 最後の拒否
usage-share = 割合
usage-cost-usd = 利用料金（USD）
usage-unit-cost = USD／日
usage-unit-cost-millions = 百万USD／日
usage-unit-requests = リクエスト／日
usage-unit-requests-millions = 百万リクエスト／日
usage-unit-tokens = トークン／日
usage-unit-tokens-millions = 百万トークン／日
usage-until = { $time }まで
usage-other = { $count ->
   *[other] その他（{ $count }）
}
usage-note = { $day }：{ $amount }、通常の{ $times }倍
usage-note-key = { $percent }はキー「{ $key }」
usage-note-keys = この日のキー別の内訳を見る
limits-of-project = プロジェクト独自の上限
limits-save = 上限を保存
limits-wrong = 保存できない上限があります。何も変更されていません。
limits-wrong-at = { $model }、{ $limit }：{ $why }
limits-conflict = このページを開いた後に、ほかの人が一部の上限を変更しました。何も変更されていません。値を確認して、もう1回保存してください。
limits-taken = ほかの人が変更しました
limits-now = 現在：{ $limit }
limits-more = ほかのモデルを表示
limits-tier = 利用ティア
limits-tier-lead = 組織の利用ティアによって、モデルごとの上限が決まります。ティアは自動的に上がります。ティアを下げられるのは{ $operator }だけです。
limits-tier-now = ティア{ $tier }（最高は{ $highest }）
limits-tier-since = { $when }から適用されています。
limits-tier-held = このティアは{ $operator }が設定しました。組織が追加で支払うまで、自動的には上がりません。
limits-tier-highest = 最高のティアです。
limits-tier-next = ティア{ $tier }の条件
limits-tier-due = ティア{ $tier }の条件をすべて満たしています。1時間以内にティアが上がります。
limits-tier-paid = { $needs }のうち{ $paid }が支払い済みです。残りは{ $missing }です。
limits-tier-paid-met = { $needs }が支払い済みです。
limits-tier-days = { $count ->
   *[other] あと{ $count }日の経過が必要です。
}
limits-tier-days-unpaid = { $count ->
   *[other] 最初の支払いから{ $count }日の経過が必要です。
}
limits-tier-days-met = { $count ->
   *[other] { $count }日が経過しました。
}
home-as-of = プロジェクト「{ $project }」の{ $time }時点の状況です。日付のタイムゾーンは{ $zone }です。
home-spend = 今月の利用料金
home-requests = 今日のリクエスト
home-refused = 今日の拒否
home-keys = 有効なキー
home-own-keys = 自分の有効なキー
home-next = 次にすること
home-next-key = このプロジェクトのAPIキーを作成してください。
home-next-call = 下のベースURLを使って、最初のリクエストを送信してください。
home-next-usage = リクエスト、利用料金、拒否は、1分以内にここに表示されます。
home-attention = 確認が必要なこと
home-attention-none = 確認が必要なことはありません。
home-expiring = { $count ->
   *[other] { $count }個のキーが7日以内に期限切れになります。
}
home-unused = { $count ->
   *[other] { $count }個のキーが30日間使われていません。不要なキーは失効させてください。
}
home-all-refusals = 拒否されたリクエストをすべて表示
home-activity = 最近の操作
