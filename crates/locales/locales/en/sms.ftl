# Text messages.
sms-code = { $operator }: your code is { $code }. It is valid for 10 minutes. Support never asks for it.
