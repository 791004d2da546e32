usage-lead = この期間は{ $cost }、{ $requests }件です。
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
