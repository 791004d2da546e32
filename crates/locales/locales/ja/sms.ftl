# Text messages.
sms-code = { $operator }：コードは{ $code }です。10分間有効です。サポートがコードを尋ねることはありません。
