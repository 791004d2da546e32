# Text messages.
sms-code = { $operator }: Twój kod to { $code }. Jest ważny 10 minut. Pomoc techniczna nigdy o niego nie pyta.
