# Text messages.
sms-code = { $operator }: Twój kod to { $code }. Jest ważny 10 minut. Pomoc nigdy o niego nie pyta.
