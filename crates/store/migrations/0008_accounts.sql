-- Passkeys: what a person's authenticator gave out. Public keys and counters only; nothing here opens anything.

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passkeys_of_user ON passkeys (user_id, created_at);
