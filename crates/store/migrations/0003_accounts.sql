-- Accounts: how people sign in, and where they are signed in. Secrets stand here as digests or sealed, never in clear.

CREATE TABLE accounts (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  password TEXT,
  password_changed_at BIGINT,
  confirmed_at BIGINT,
  language TEXT NOT NULL,
  theme TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  describes TEXT,
  totp_sealed BYTEA,
  totp_confirmed_at BIGINT,
  totp_last_step BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  digest BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id)
);
CREATE INDEX recovery_codes_of_user ON recovery_codes (user_id);

CREATE TABLE sessions (
  digest BYTEA PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id),
  csrf TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  reauthenticated_at BIGINT NOT NULL,
  device TEXT NOT NULL,
  network TEXT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX sessions_of_user ON sessions (user_id, seen_at);

CREATE TABLE tokens (
  digest BYTEA PRIMARY KEY,
  purpose TEXT NOT NULL,
  user_id TEXT,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX tokens_by_time ON tokens (expires_at);

CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);

CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'reader')),
  digest BYTEA NOT NULL UNIQUE,
  invited_by TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX invites_of_organization ON invites (organization, created_at);
