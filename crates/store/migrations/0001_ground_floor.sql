-- One text for SQLite and PostgreSQL: TEXT, BIGINT, BOOLEAN, BYTEA and nothing else. Times are Unix seconds.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  default_organization TEXT,
  deactivated_at BIGINT
);

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  deactivated_at BIGINT,
  entitlement_version BIGINT NOT NULL
);

CREATE TABLE organization_requirements (
  organization TEXT NOT NULL REFERENCES organizations (id),
  requirement TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('verified', 'waived')),
  reason TEXT,
  since BIGINT NOT NULL,
  PRIMARY KEY (organization, requirement)
);

CREATE TABLE memberships (
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'reader')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (organization, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  archived_at BIGINT,
  is_default BOOLEAN NOT NULL
);
CREATE INDEX projects_of_organization ON projects (organization, created_at, id);
CREATE UNIQUE INDEX one_default_project ON projects (organization) WHERE is_default;

CREATE TABLE project_members (
  project TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project, user_id)
);
CREATE INDEX project_members_of_user ON project_members (user_id);

CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer', 'none')),
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX service_accounts_of_project ON service_accounts (project, created_at, id);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'project', 'service_account', 'admin')),
  digest BYTEA NOT NULL UNIQUE,
  redacted TEXT NOT NULL,
  name TEXT,
  organization TEXT REFERENCES organizations (id),
  project TEXT REFERENCES projects (id),
  owner_user TEXT REFERENCES users (id),
  owner_service_account TEXT REFERENCES service_accounts (id),
  restriction TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT,
  revoked_by TEXT,
  revoked_reason TEXT,
  CHECK ((owner_user IS NULL) <> (owner_service_account IS NULL))
);
CREATE INDEX api_keys_of_project ON api_keys (project, created_at, id);
CREATE INDEX api_keys_of_organization ON api_keys (organization, kind, created_at, id);
CREATE INDEX api_keys_of_user ON api_keys (owner_user);
CREATE INDEX api_keys_of_service_account ON api_keys (owner_service_account);

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  upstream TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  owned_by TEXT NOT NULL,
  price TEXT NOT NULL
);

CREATE TABLE policies (
  version BIGINT PRIMARY KEY,
  policy TEXT NOT NULL,
  saved_at BIGINT NOT NULL
);

CREATE TABLE usage_events (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  organization TEXT NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  status BIGINT NOT NULL,
  estimated BOOLEAN NOT NULL,
  request TEXT NOT NULL
);
CREATE INDEX usage_events_of_organization ON usage_events (organization, at, id);

CREATE TABLE usage_buckets (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  bucket_start BIGINT NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, bucket_start, project, api_key, owner, model)
);

CREATE TABLE audit_events (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target_id TEXT NOT NULL,
  details TEXT NOT NULL,
  previous_mac BYTEA NOT NULL,
  mac BYTEA NOT NULL,
  UNIQUE (organization, sequence)
);

CREATE TABLE revisions (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  latest BIGINT NOT NULL
);
INSERT INTO revisions (one, latest) VALUES (1, 0);

CREATE TABLE changes (
  revision BIGINT PRIMARY KEY,
  subject TEXT NOT NULL,
  target TEXT,
  at BIGINT NOT NULL
);

CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  applied_revision BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  payload TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  claimed_until BIGINT,
  attempts BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE finished_at IS NULL;
