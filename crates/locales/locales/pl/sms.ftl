# Text messages.
sms-code = { $operator }: kod { $code }. Ważny 10 minut. Nikt z obsługi o niego nie zapyta.
