# Text messages.
sms-code = { $operator }: Your code is { $code }. It expires in 10 minutes. Support never asks for it.
