-- What the built-in reviewer collects: one capture for each attempt. Pictures are files outside the database; here is
-- only the sealed key that opens them, and it goes first when they are erased (verification.md 4.6).

CREATE TABLE captures (
  id TEXT PRIMARY KEY,
  attempt TEXT NOT NULL UNIQUE REFERENCES identity_attempts (id),
  organization TEXT NOT NULL REFERENCES organizations (id),
  case_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('open', 'submitted', 'cancelled')),
  country TEXT,
  document TEXT,
  key_sealed BYTEA,
  zone_sealed BYTEA,
  challenge TEXT,
  first_captured_at BIGINT,
  created_at BIGINT NOT NULL,
  submitted_at BIGINT,
  erased_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX captures_kept ON captures (created_at) WHERE key_sealed IS NOT NULL;

CREATE TABLE capture_links (
  digest BYTEA PRIMARY KEY,
  capture TEXT NOT NULL REFERENCES captures (id),
  device_print BYTEA,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX capture_links_of_capture ON capture_links (capture);
CREATE INDEX capture_links_by_time ON capture_links (expires_at);
