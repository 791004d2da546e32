# Text messages.
sms-code = { $operator }：コード { $code }。10分間有効です。サポートがこのコードを尋ねることはありません。
