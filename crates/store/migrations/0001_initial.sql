-- The whole schema, in one text for SQLite and PostgreSQL: columns are TEXT, BIGINT, BOOLEAN or BYTEA. Times are Unix seconds; a day
-- or a bucket is the second it begins with. Lists and structures are JSON in a TEXT. Secrets are digests or encrypted, never in clear.
--
-- In names of columns, `_fingerprint` is an HMAC under a key of the installation, by which equal values are found without
-- keeping the value, and `_sealed` is a value encrypted with the installation's key.

-- People. How they sign in is in `accounts`.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  default_organization TEXT,
  deactivated_at BIGINT
);

-- Organizations, which own projects and pay for their usage. `deactivated_at` is when it was deleted: the row stays for usage and
-- the audit log, and its id takes the place of the name. `entitlement_version` grows whenever what the organization has
-- verified changes. `second_factor_since` is when it began to require a second factor of its members; `tags` are the
-- operator's, with commas between, and rules can leave organizations with a tag out. `data_retention` is what its owners noted, NULL for the
-- default.
CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  deactivated_at BIGINT,
  entitlement_version BIGINT NOT NULL,
  second_factor_since BIGINT,
  tags TEXT NOT NULL DEFAULT '',
  data_retention TEXT
);
CREATE INDEX organizations_by_age ON organizations (created_at, id);

-- Which requirements an organization has met, and whether by proof or by an operator's waiver. `until` is when that ends; it is
-- compared with the clock at every use.
CREATE TABLE organization_requirements (
  organization TEXT NOT NULL REFERENCES organizations (id),
  requirement TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('verified', 'waived')),
  reason TEXT,
  since BIGINT NOT NULL,
  until BIGINT,
  PRIMARY KEY (organization, requirement)
);

-- Members of organizations. `role` is the strongest preset role that a member holds directly; others are in `role_assignments`.
-- `technical_level` and `developer_persona` are texts that the organization's tools keep about a member; Keystead does not
-- interpret them.
CREATE TABLE memberships (
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'reader', 'none')),
  created_at BIGINT NOT NULL,
  technical_level TEXT,
  developer_persona TEXT,
  PRIMARY KEY (organization, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

-- Projects of organizations. `model_access` is the JSON of the models a project may use, NULL for all. `rate_limits` is the JSON
-- of its own limits by model, NULL for the organization's. `features` is the JSON of the tools and tiers that are limited, NULL for
-- none. They are columns so that looking up a key reads no further table. `data_retention` is NULL for the organization's.
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  archived_at BIGINT,
  is_default BOOLEAN NOT NULL,
  model_access TEXT,
  rate_limits TEXT,
  features TEXT,
  data_retention TEXT
);
CREATE INDEX projects_of_organization ON projects (organization, created_at, id);
CREATE UNIQUE INDEX one_default_project ON projects (organization) WHERE is_default;

-- Members of projects. `role` is the strongest preset role that a member holds directly; others are in `role_assignments`.
CREATE TABLE project_members (
  project TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer', 'none')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project, user_id)
);
CREATE INDEX project_members_of_user ON project_members (user_id);

-- Where rows were in their lists before they were deleted, for readers whose cursor they are. `list` is the table and `owner` the
-- organization or project whose list it was.
CREATE TABLE removed_rows (
  list TEXT NOT NULL,
  owner TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  PRIMARY KEY (list, owner, id)
);
CREATE INDEX removed_rows_by_time ON removed_rows (removed_at);
-- Groups of members of an organization.
CREATE TABLE user_groups (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX user_groups_of_organization ON user_groups (organization, created_at, id);

-- Who is in which group.
CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES user_groups (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_of_user ON group_members (user_id);

-- Custom roles. `resource` is the id of the organization or of the project in which the role can be assigned; `permissions` is a
-- JSON array. Preset roles have no rows.
CREATE TABLE roles (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  resource TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  permissions TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
);
CREATE UNIQUE INDEX one_role_of_a_name ON roles (resource, name);
CREATE INDEX roles_of_organization ON roles (organization, created_at, id);

-- Roles that people and groups hold, besides the role in `memberships` and `project_members`. `resource` is the id of the
-- organization or of a project, `principal` that of a person or a group, `role` that of a preset or a custom role.
CREATE TABLE role_assignments (
  organization TEXT NOT NULL REFERENCES organizations (id),
  resource TEXT NOT NULL,
  principal TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (resource, principal, role)
);
CREATE INDEX role_assignments_of_organization ON role_assignments (organization, role);
CREATE INDEX role_assignments_of_principal ON role_assignments (principal);

-- Service accounts of projects: owners of keys that are no person.
CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer', 'none')),
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX service_accounts_of_project ON service_accounts (project, created_at, id);

-- API keys of every kind. Only the digest of the secret is kept. `rotated_to` is the key that replaces a rotated one;
-- `name_folded` is the name without case, for searches. A key with a `federation_rule` was issued to a workload for at most an
-- hour; it is in no list of keys, and is deleted after its end, when its rule may be gone.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'project', 'service_account', 'admin')),
  digest BYTEA NOT NULL UNIQUE,
  redacted TEXT NOT NULL,
  name TEXT,
  name_folded TEXT NOT NULL DEFAULT '',
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
  rotated_to TEXT REFERENCES api_keys (id),
  federation_rule TEXT,
  CHECK ((owner_user IS NULL) <> (owner_service_account IS NULL))
);
-- Without the keys of workloads, which may be far more than all others.
CREATE INDEX api_keys_of_project ON api_keys (project, created_at, id) WHERE federation_rule IS NULL;
CREATE INDEX api_keys_of_organization ON api_keys (organization, kind, created_at, id);
CREATE INDEX api_keys_of_user ON api_keys (owner_user);
CREATE INDEX api_keys_of_service_account ON api_keys (owner_service_account);
CREATE INDEX api_keys_revoked ON api_keys (organization, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_keys_of_federation_rule ON api_keys (federation_rule, created_at) WHERE federation_rule IS NOT NULL;
CREATE INDEX api_keys_issued_in_organization ON api_keys (organization, created_at) WHERE federation_rule IS NOT NULL;
CREATE INDEX api_keys_issued_ending ON api_keys (expires_at, id) WHERE federation_rule IS NOT NULL;
CREATE INDEX api_keys_issued_in_project ON api_keys (project, created_at, id) WHERE federation_rule IS NOT NULL;

-- The latest addresses from which a key was used, at most ten for each, without those that were not used for thirty days.
CREATE TABLE key_addresses (
  api_key TEXT NOT NULL REFERENCES api_keys (id),
  address TEXT NOT NULL,
  first_used_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (api_key, address)
);
CREATE INDEX key_addresses_by_age ON key_addresses (last_used_at);

-- What an organization wants to know about unusual use: `signals_off` has the names of the signals that are switched off, with
-- commas, and `cap` is the velocity cap of its keys as JSON, NULL without one.
CREATE TABLE anomaly_settings (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  signals_off TEXT NOT NULL,
  cap TEXT,
  updated_at BIGINT NOT NULL
);

-- The velocity cap of a key as JSON, NULL for that of its organization, and its pause. A paused key is refused.
CREATE TABLE key_caps (
  api_key TEXT PRIMARY KEY REFERENCES api_keys (id),
  cap TEXT,
  paused_at BIGINT,
  pause_reason TEXT,
  paused_by TEXT
);

-- What keys of organizations were used for. `models`, `networks` and `countries` are JSON arrays of values with the day (of UTC)
-- of their last use, at most 100, 50 and 50. The figures of the present minute and hour are without batches. `past_day` is the
-- day on which the figures of the days before were summarized in the columns after it.
CREATE TABLE key_profiles (
  api_key TEXT PRIMARY KEY REFERENCES api_keys (id),
  first_used_at BIGINT NOT NULL,
  last_used_day BIGINT NOT NULL,
  models TEXT NOT NULL DEFAULT '[]',
  networks TEXT NOT NULL DEFAULT '[]',
  countries TEXT NOT NULL DEFAULT '[]',
  minute_start BIGINT NOT NULL DEFAULT 0,
  minute_requests BIGINT NOT NULL DEFAULT 0,
  minute_cost BIGINT NOT NULL DEFAULT 0,
  minute_cost_picos BIGINT NOT NULL DEFAULT 0,
  hour_start BIGINT NOT NULL DEFAULT 0,
  hour_requests BIGINT NOT NULL DEFAULT 0,
  hour_cost BIGINT NOT NULL DEFAULT 0,
  hour_cost_picos BIGINT NOT NULL DEFAULT 0,
  past_day BIGINT NOT NULL DEFAULT 0,
  past_days BIGINT NOT NULL DEFAULT 0,
  past_requests BIGINT NOT NULL DEFAULT 0,
  past_cost BIGINT NOT NULL DEFAULT 0,
  past_cost_picos BIGINT NOT NULL DEFAULT 0,
  mailed_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX key_profiles_by_age ON key_profiles (last_used_day);

-- What was noticed about keys. `value` is the model, network or country, the day of UTC, or the beginning of the period of a cap.
-- `figure` and `usual` are requests or whole micros: what was used, and the busiest hour before or the cap. `handled_at` is when
-- mails and events about it were queued, and the key was paused.
CREATE TABLE key_signals (
  api_key TEXT NOT NULL REFERENCES api_keys (id),
  signal TEXT NOT NULL,
  value TEXT NOT NULL,
  organization TEXT NOT NULL REFERENCES organizations (id),
  at BIGINT NOT NULL,
  period TEXT NOT NULL,
  figure BIGINT NOT NULL,
  usual BIGINT NOT NULL,
  handled_at BIGINT,
  PRIMARY KEY (api_key, signal, value)
);
CREATE INDEX key_signals_of_organization ON key_signals (organization, at);
CREATE INDEX key_signals_by_age ON key_signals (at);
CREATE INDEX key_signals_due ON key_signals (at) WHERE handled_at IS NULL;

-- Organizations that a legacy key of a person reaches no longer, because the person was removed there after the key was made.
-- A person who comes back makes new keys.
CREATE TABLE keys_left_out (
  api_key TEXT NOT NULL REFERENCES api_keys (id),
  organization TEXT NOT NULL REFERENCES organizations (id),
  at BIGINT NOT NULL,
  PRIMARY KEY (api_key, organization)
);

-- Lists of addresses from which the API may be called, for an organization or for one project. `allowed_ips` is a JSON array in
-- canonical form with 1 to 50 entries, so a list is always read whole.
CREATE TABLE ip_allowlists (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  project TEXT REFERENCES projects (id),
  name TEXT NOT NULL,
  allowed_ips TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX ip_allowlists_of_organization ON ip_allowlists (organization, created_at, id);

-- Certificates that an organization uploaded. `content` is one block of PEM; the two dates are copied from it. `active` is for the
-- whole organization.
CREATE TABLE certificates (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT,
  content TEXT NOT NULL,
  valid_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX certificates_of_organization ON certificates (organization, created_at, id);

-- Certificates that are active for one project.
CREATE TABLE project_certificates (
  certificate TEXT NOT NULL REFERENCES certificates (id),
  project TEXT NOT NULL REFERENCES projects (id),
  PRIMARY KEY (certificate, project)
);
CREATE INDEX project_certificates_of_project ON project_certificates (project, certificate);

-- Issuers whose tokens workloads exchange for short-lived keys. `verification` says where the keys of the issuer are known from,
-- `transformations` which attributes are derived from a token; both are JSON, as in the API.
CREATE TABLE workload_identity_providers (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  description TEXT,
  issuer TEXT NOT NULL,
  audience TEXT NOT NULL,
  verification TEXT NOT NULL,
  transformations TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX workload_identity_providers_of_organization ON workload_identity_providers (organization, created_at, id);

-- Which tokens of a provider become keys of which service account. `matchers` is a JSON object of attributes and the values they
-- must have; `restriction` holds the scopes of the keys as in `api_keys`.
CREATE TABLE federation_rules (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  provider TEXT NOT NULL REFERENCES workload_identity_providers (id),
  project TEXT NOT NULL REFERENCES projects (id),
  service_account TEXT NOT NULL REFERENCES service_accounts (id),
  name TEXT,
  description TEXT,
  matchers TEXT NOT NULL,
  restriction TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX federation_rules_of_organization ON federation_rules (organization);
CREATE INDEX federation_rules_of_provider ON federation_rules (provider, created_at, id);
CREATE INDEX federation_rules_of_service_account ON federation_rules (service_account);

-- Keys in customers' own cloud accounts. `location` is a JSON object of the fields by which the cloud finds the key, without secrets;
-- `status`, `reason` and `checked_at` are of the last validation.
CREATE TABLE external_keys (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  purpose TEXT NOT NULL,
  cloud TEXT NOT NULL,
  location TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  checked_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX external_keys_of_organization ON external_keys (organization, created_at, id);

-- Buckets in customers' own cloud accounts, each for one project. As above; `region` is known from the location or from the last
-- validation.
CREATE TABLE external_storage (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  project TEXT NOT NULL REFERENCES projects (id),
  cloud TEXT NOT NULL,
  location TEXT NOT NULL,
  region TEXT,
  status TEXT NOT NULL,
  reason TEXT,
  checked_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX external_storage_of_organization ON external_storage (organization, created_at, id);
CREATE INDEX external_storage_of_project ON external_storage (project);

-- Models that are served, as the configuration last said. `price` and `rate_limits` are JSON; no `rate_limits` is no limit.
CREATE TABLE models (
  id TEXT PRIMARY KEY,
  upstream TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  owned_by TEXT NOT NULL,
  price TEXT NOT NULL,
  rate_limits TEXT
);

-- Prices of models, each for all kinds of units and from one second on; of those that hold, the newest does. Rows are only
-- added; one that does not hold yet can be withdrawn. `price` is JSON in micros for a million units. A model without a row that
-- holds has the price of the configuration.
CREATE TABLE prices (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  price TEXT NOT NULL,
  holds_from BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  withdrawn_at BIGINT,
  withdrawn_by TEXT
);
CREATE UNIQUE INDEX prices_of_model ON prices (model, holds_from) WHERE withdrawn_at IS NULL;

-- Versions of the rules, each with its author and their reason; the newest applies.
CREATE TABLE policies (
  version BIGINT PRIMARY KEY,
  policy TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  saved_by TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT ''
);

-- Facts about the installation: `checks.` and a requirement, once a node was configured to check it; `backup`, the time of
-- the last one; `setup_seen`, when an operator first saw the setup page.
CREATE TABLE installation_facts (
  name TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);

-- When each organization first used each model; rules can exempt models that were in use before a date.
CREATE TABLE first_uses (
  organization TEXT NOT NULL,
  model TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (organization, model)
);

-- How often each organization asked for streams and for reasoning summaries, by model and day, from which the preview of a
-- rule about them is computed.
CREATE TABLE feature_uses (
  organization TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  day BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (organization, action, model, day)
);
CREATE INDEX feature_uses_by_day ON feature_uses (day);

-- Requests that a rule refused, for the pages that show them.
CREATE TABLE refusals (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  project TEXT,
  api_key TEXT,
  action TEXT NOT NULL,
  rule TEXT NOT NULL,
  missing TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX refusals_of_organization ON refusals (organization, at);
CREATE INDEX refusals_by_time ON refusals (at);

-- Requests of organizations to lift the phone requirement, with the operator's decision. `state` is open, accepted or refused;
-- `reason` is the owner's, `answer` the operator's. An organization has at most one open request.
CREATE TABLE waiver_requests (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT,
  answer TEXT
);
CREATE UNIQUE INDEX waiver_requests_open ON waiver_requests (organization) WHERE state = 'open';
CREATE INDEX waiver_requests_of_organization ON waiver_requests (organization, created_at);

-- Sums of usage by minute, hour and day of UTC; all three are written where an event is counted. Costs are exact: `cost` is whole
-- micros and `cost_picos` what is beyond them; each is a sum of its own, so `cost_picos` may pass a million. Estimated figures
-- have rows of their own. `cache_write_tokens` and the five after it are parts of the tokens read and written. `detail` is the
-- service tier of completions, the size of images, the context level of web searches
-- and the vector store of file searches; `source` and `quality` are of images. All are empty where they are unknown.
CREATE TABLE usage_minutes (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  bucket_start BIGINT NOT NULL,
  estimated BOOLEAN NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  batch BOOLEAN NOT NULL,
  detail TEXT NOT NULL,
  source TEXT NOT NULL,
  quality TEXT NOT NULL DEFAULT '',
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  tool_calls BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL DEFAULT 0,
  audio_input_tokens BIGINT NOT NULL DEFAULT 0,
  reasoning_tokens BIGINT NOT NULL DEFAULT 0,
  audio_output_tokens BIGINT NOT NULL DEFAULT 0,
  image_input_tokens BIGINT NOT NULL DEFAULT 0,
  image_output_tokens BIGINT NOT NULL DEFAULT 0,
  cost BIGINT NOT NULL,
  cost_picos BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, quality)
);
CREATE INDEX usage_minutes_by_time ON usage_minutes (bucket_start);
CREATE INDEX usage_minutes_of_key ON usage_minutes (api_key, bucket_start);

CREATE TABLE usage_hours (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  bucket_start BIGINT NOT NULL,
  estimated BOOLEAN NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  batch BOOLEAN NOT NULL,
  detail TEXT NOT NULL,
  source TEXT NOT NULL,
  quality TEXT NOT NULL DEFAULT '',
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  tool_calls BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL DEFAULT 0,
  audio_input_tokens BIGINT NOT NULL DEFAULT 0,
  reasoning_tokens BIGINT NOT NULL DEFAULT 0,
  audio_output_tokens BIGINT NOT NULL DEFAULT 0,
  image_input_tokens BIGINT NOT NULL DEFAULT 0,
  image_output_tokens BIGINT NOT NULL DEFAULT 0,
  cost BIGINT NOT NULL,
  cost_picos BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, quality)
);
-- For the past of one key.
CREATE INDEX usage_hours_of_key ON usage_hours (api_key, bucket_start);

CREATE TABLE usage_days (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  bucket_start BIGINT NOT NULL,
  estimated BOOLEAN NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  batch BOOLEAN NOT NULL,
  detail TEXT NOT NULL,
  source TEXT NOT NULL,
  quality TEXT NOT NULL DEFAULT '',
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  tool_calls BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL DEFAULT 0,
  audio_input_tokens BIGINT NOT NULL DEFAULT 0,
  reasoning_tokens BIGINT NOT NULL DEFAULT 0,
  audio_output_tokens BIGINT NOT NULL DEFAULT 0,
  image_input_tokens BIGINT NOT NULL DEFAULT 0,
  image_output_tokens BIGINT NOT NULL DEFAULT 0,
  cost BIGINT NOT NULL,
  cost_picos BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, quality)
);
-- For the copy of a person's data, as are those of the audit log without an organization.
CREATE INDEX usage_days_of_owner ON usage_days (owner);
-- For the pages of one key, which go back to its beginning.
CREATE INDEX usage_days_of_key ON usage_days (api_key, bucket_start);
-- For the operator's sums of all organizations, which are of a month and must not read years.
CREATE INDEX usage_days_by_time ON usage_days (bucket_start);

-- From which moment on usage is kept by the minute: one row, a full hour. Older rows of `usage_minutes` may be missing.
CREATE TABLE usage_minutes_kept (
  one BIGINT PRIMARY KEY,
  since BIGINT NOT NULL
);

-- How far each segment of each node's usage spool has been counted. A row is kept as long as the segment's file.
CREATE TABLE usage_spools (
  segment TEXT PRIMARY KEY,
  counted BIGINT NOT NULL,
  counted_before BIGINT NOT NULL
);

-- Which payer each file, batch and stored response belongs to, because all of them are in the operator's one account at the
-- model server. `model` is the model that made it, for rules that apply when it is fetched later.
CREATE TABLE upstream_objects (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL,
  project TEXT NOT NULL,
  model TEXT
);

-- Responses and batches that continue after their request was answered, until their usage is counted.
CREATE TABLE pending_usage (
  id TEXT PRIMARY KEY,
  about TEXT NOT NULL,
  next_at BIGINT NOT NULL,
  asked BIGINT NOT NULL
);
CREATE INDEX pending_usage_next ON pending_usage (next_at);

-- Ids of usage that was counted under a name of its own: several nodes and runs may report it, and the first one counts.
CREATE TABLE counted_once (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX counted_once_at ON counted_once (at);

-- Budgets: the most that an organization, project, person or key may use in a period. `subject` is an id; for a person that of the
-- organization and that of the account, joined by a slash. `terms` is what is measured and for which periods, such as
-- `tokens/day`, or `credit`; `money/month` of an organization or project is the spend limit of the Administration API. Periods begin
-- by the time zone `zone`. `most` is micros of money, or a number of tokens or requests, and `most_picos` the rest of money in
-- millionths of a micro. `version` is the revision of the change that set it.
CREATE TABLE budgets (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  subject TEXT NOT NULL,
  terms TEXT NOT NULL,
  zone TEXT NOT NULL,
  most BIGINT NOT NULL,
  most_picos BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (subject, terms)
);
CREATE INDEX budgets_of_organization ON budgets (organization, created_at, id);

-- The usage tiers of organizations; one without a row is in tier 0. `set_by` is `automatic` or `operator`. `held_paid` with its
-- picos is what had been paid when an operator lowered the tier, which does not rise by itself until more is paid.
-- `first_paid_at` is when the first payment was seen.
CREATE TABLE organization_tiers (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  tier BIGINT NOT NULL,
  since BIGINT NOT NULL,
  set_by TEXT NOT NULL,
  held_paid BIGINT,
  held_paid_picos BIGINT,
  first_paid_at BIGINT
);

-- What was used in each period of a budget, counted with the usage: micros of money, tokens or requests. The months of the spend of
-- organizations and projects are counted also without a budget. Sums as in `usage_buckets`. Between the times `scarce_since` and
-- `scarce_until`, nodes lease no more than their requests need.
CREATE TABLE spend_counters (
  subject TEXT NOT NULL,
  terms TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  spent BIGINT NOT NULL,
  spent_picos BIGINT NOT NULL,
  scarce_since BIGINT NOT NULL DEFAULT 0,
  scarce_until BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (subject, terms, window_start)
);

-- What a node may use of a budget, in all of a period, what of that it had used and set aside when it was last heard of, and what is
-- counted. `holder` is the run of the node's usage spool, which is a part of the names in `usage_spools`. After `ends_at` the node is
-- taken as gone, and holds only what it had committed. `ask_number` is that of the newest ask: an older one that is read late changes
-- nothing.
CREATE TABLE spend_leases (
  subject TEXT NOT NULL,
  terms TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  holder TEXT NOT NULL,
  granted BIGINT NOT NULL,
  granted_picos BIGINT NOT NULL,
  committed BIGINT NOT NULL,
  committed_picos BIGINT NOT NULL,
  consumed BIGINT NOT NULL DEFAULT 0,
  consumed_picos BIGINT NOT NULL DEFAULT 0,
  renewed_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  ask_number BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (subject, terms, window_start, holder)
);
CREATE INDEX spend_leases_of_holder ON spend_leases (holder);

-- What stays set aside for a response or batch that outlives its request, as long as it is in `pending_usage`.
CREATE TABLE spend_holds (
  object TEXT NOT NULL,
  subject TEXT NOT NULL,
  terms TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  amount_picos BIGINT NOT NULL,
  PRIMARY KEY (object, subject, terms)
);
CREATE INDEX spend_holds_of_subject ON spend_holds (subject, terms, window_start);

-- Alerts by mail about the spend of a month. `reached_window` is the month for which the alert was last reached, and 0 before;
-- `mailed_at` is when its mails were queued after that, and `announced_at` when its events were.
CREATE TABLE spend_alerts (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  subject TEXT NOT NULL,
  cents BIGINT NOT NULL,
  recipients TEXT NOT NULL,
  subject_prefix TEXT,
  created_at BIGINT NOT NULL,
  reached_window BIGINT NOT NULL DEFAULT 0,
  reached_at BIGINT,
  reached BIGINT NOT NULL DEFAULT 0,
  reached_picos BIGINT NOT NULL DEFAULT 0,
  mailed_at BIGINT,
  announced_at BIGINT
);
CREATE INDEX spend_alerts_of_subject ON spend_alerts (subject, created_at, id);
CREATE INDEX spend_alerts_of_organization ON spend_alerts (organization);
CREATE INDEX spend_alerts_due ON spend_alerts (reached_at) WHERE reached_at IS NOT NULL AND mailed_at IS NULL;
CREATE INDEX spend_alerts_to_announce ON spend_alerts (reached_at) WHERE reached_at IS NOT NULL AND announced_at IS NULL;

-- The addresses in `recipients` of spend alerts, one a row, so that the alerts of an address are found.
CREATE TABLE spend_alert_recipients (
  address TEXT NOT NULL,
  alert TEXT NOT NULL REFERENCES spend_alerts (id) ON DELETE CASCADE,
  PRIMARY KEY (address, alert)
);
CREATE INDEX spend_alert_recipients_of_alert ON spend_alert_recipients (alert);

-- Alerts about budgets, by a share in `percent` or else by an amount. `recipients` is a JSON array of addresses; with `owners` the
-- owners get a mail too; `webhooks` is a JSON array of ids, and NULL stands for every webhook that is subscribed. `reached_window` is the period for which the alert was last reached, and -1
-- before; `reached_most` is the budget at that time; `handled_at` is when mails and events were queued after that.
CREATE TABLE budget_alerts (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  budget TEXT NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
  percent BIGINT,
  amount BIGINT NOT NULL,
  amount_picos BIGINT NOT NULL,
  recipients TEXT NOT NULL,
  owners BOOLEAN NOT NULL,
  webhooks TEXT,
  created_at BIGINT NOT NULL,
  reached_window BIGINT NOT NULL DEFAULT -1,
  reached_most BIGINT NOT NULL DEFAULT 0,
  reached_most_picos BIGINT NOT NULL DEFAULT 0,
  reached_at BIGINT,
  reached BIGINT NOT NULL DEFAULT 0,
  reached_picos BIGINT NOT NULL DEFAULT 0,
  handled_at BIGINT
);
CREATE INDEX budget_alerts_of_budget ON budget_alerts (budget);
CREATE INDEX budget_alerts_of_organization ON budget_alerts (organization, created_at, id);
CREATE INDEX budget_alerts_due ON budget_alerts (reached_at) WHERE reached_at IS NOT NULL AND handled_at IS NULL;

-- The addresses in `recipients` of alerts about budgets, one a row, so that the alerts of an address are found.
CREATE TABLE budget_alert_recipients (
  address TEXT NOT NULL,
  alert TEXT NOT NULL REFERENCES budget_alerts (id) ON DELETE CASCADE,
  PRIMARY KEY (address, alert)
);
CREATE INDEX budget_alert_recipients_of_alert ON budget_alert_recipients (alert);

-- The latest period in which all of a budget was used. The columns are those of alerts.
CREATE TABLE budget_exhaustions (
  budget TEXT PRIMARY KEY REFERENCES budgets (id) ON DELETE CASCADE,
  organization TEXT NOT NULL REFERENCES organizations (id),
  reached_window BIGINT NOT NULL,
  reached_most BIGINT NOT NULL,
  reached_most_picos BIGINT NOT NULL,
  reached_at BIGINT NOT NULL,
  reached BIGINT NOT NULL,
  reached_picos BIGINT NOT NULL,
  handled_at BIGINT
);
CREATE INDEX budget_exhaustions_of_organization ON budget_exhaustions (organization);
CREATE INDEX budget_exhaustions_due ON budget_exhaustions (reached_at) WHERE handled_at IS NULL;

-- Addresses to which an organization's events are sent. `event_types` is a JSON array of names; `secret` and `previous_secret` are
-- sealed, and the second signs too until `previous_until`; `disabled` says why an endpoint is off and is NULL while it is on;
-- `failing_since` is the first failure after the last delivery that was taken.
CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  url TEXT NOT NULL,
  description TEXT,
  event_types TEXT NOT NULL,
  secret BYTEA NOT NULL,
  previous_secret BYTEA,
  previous_until BIGINT,
  disabled TEXT,
  failing_since BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_of_organization ON webhook_endpoints (organization, created_at, id);

-- One event for one endpoint, sent until it is taken or its attempts are used up. `series` counts the attempts since it was last
-- begun, `attempts` all of them; `status`, `duration_ms` and `fault` are of the last one.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  endpoint TEXT NOT NULL REFERENCES webhook_endpoints (id),
  event TEXT NOT NULL,
  event_type TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  series BIGINT NOT NULL,
  next_attempt_at BIGINT,
  claimed_until BIGINT,
  last_attempt_at BIGINT,
  status BIGINT,
  duration_ms BIGINT,
  fault TEXT
);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint, created_at, id);
CREATE INDEX webhook_deliveries_of_organization ON webhook_deliveries (organization);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

-- How an organization pays. `chosen_mode` is what an operator chose for it, NULL for the mode of the configuration; `applied_mode`
-- is the one by which its usage is posted. `waived` is usage below a micro that was counted before anything was charged. While
-- `suspended_at` is set, its requests are refused. The three amounts of automatic recharge are micros, and set together. `low_mark`
-- is the balance in micros below which owners are told, and `low_passed` says whether the balance is below it, as was last noted.
CREATE TABLE credit_accounts (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  chosen_mode TEXT,
  applied_mode TEXT NOT NULL,
  waived BIGINT NOT NULL DEFAULT 0,
  waived_picos BIGINT NOT NULL DEFAULT 0,
  suspended_at BIGINT,
  suspended_for TEXT,
  suspended_reason TEXT,
  recharge_below BIGINT,
  recharge_amount BIGINT,
  recharge_ceiling BIGINT,
  low_mark BIGINT,
  low_passed BOOLEAN NOT NULL DEFAULT FALSE,
  updated_at BIGINT NOT NULL
);
CREATE INDEX credit_accounts_suspended ON credit_accounts (organization) WHERE suspended_at IS NOT NULL;
CREATE INDEX credit_accounts_recharged ON credit_accounts (organization) WHERE recharge_amount IS NOT NULL;

-- What each organization used in each month (UTC), counted with the usage: `counted` by the end of a request, as in the sums of
-- usage, and `admitted` by its admission, as in `spend_counters`. `posted` is what of `counted` is in the ledger, in micros.
CREATE TABLE credit_usage (
  organization TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  counted BIGINT NOT NULL DEFAULT 0,
  counted_picos BIGINT NOT NULL DEFAULT 0,
  admitted BIGINT NOT NULL DEFAULT 0,
  admitted_picos BIGINT NOT NULL DEFAULT 0,
  posted BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (organization, window_start)
);

-- Credit that came at once and is used and expires together. What is left of it is the sum of its entries. `closed_at` is when its
-- expiry was posted.
CREATE TABLE credit_lots (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL,
  micros BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  closed_at BIGINT
);
CREATE INDEX credit_lots_of_organization ON credit_lots (organization, created_at, id);
CREATE INDEX credit_lots_due ON credit_lots (expires_at) WHERE expires_at IS NOT NULL AND closed_at IS NULL;

-- Transactions of the ledger of credit, never changed and never deleted. `reference` is the name by which one is posted once;
-- `payment` is the payment that a purchase, a refund or a chargeback is about; `window_start` is the month of posted usage.
CREATE TABLE ledger_transactions (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  reference TEXT UNIQUE,
  payment TEXT,
  lot TEXT,
  window_start BIGINT,
  made_by TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX ledger_transactions_of_organization ON ledger_transactions (organization, created_at, id);
CREATE INDEX ledger_transactions_of_payment ON ledger_transactions (payment) WHERE payment IS NOT NULL;

-- Their entries, in micros; those of one transaction sum to zero.
CREATE TABLE ledger_entries (
  transaction_id TEXT NOT NULL REFERENCES ledger_transactions (id),
  account TEXT NOT NULL,
  organization TEXT NOT NULL,
  micros BIGINT NOT NULL,
  PRIMARY KEY (transaction_id, account)
);
CREATE INDEX ledger_entries_of_account ON ledger_entries (organization, account, micros);

-- The audit trail: one chain of rows for each organization, each with the MAC of the one before. `address` is the client's, NULL
-- for the command line and for Keystead itself; `project` is NULL where none is known.
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
  address TEXT,
  project TEXT,
  UNIQUE (organization, sequence)
);
CREATE INDEX audit_events_by_action ON audit_events (organization, action, sequence);
CREATE INDEX audit_events_by_actor ON audit_events (organization, actor_kind, actor_id, sequence);
CREATE INDEX audit_events_by_target ON audit_events (organization, target_id, sequence);
CREATE INDEX audit_events_by_project ON audit_events (organization, project, sequence);
CREATE INDEX audit_events_by_time ON audit_events (organization, at);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);
CREATE INDEX audit_events_of_target ON audit_events (target_id);

-- The number of the newest row of `changes`, in one row that every writer of a change locks.
CREATE TABLE revisions (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  latest BIGINT NOT NULL
);
INSERT INTO revisions (one, latest) VALUES (1, 0);

-- What changed, so that each node drops what it remembers of it.
CREATE TABLE changes (
  revision BIGINT PRIMARY KEY,
  subject TEXT NOT NULL,
  target TEXT,
  at BIGINT NOT NULL
);

-- Nodes, and up to which change each has followed.
CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  applied_revision BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

-- How the rate limits of a model in an organization or project (`subject`) are divided among the nodes, and how much of them is
-- used, as JSON. `short_at` is when a node last had less than it should.
CREATE TABLE rate_shares (
  subject TEXT NOT NULL,
  model TEXT NOT NULL,
  division TEXT NOT NULL,
  short_at BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (subject, model)
);
CREATE INDEX rate_shares_short ON rate_shares (short_at);
CREATE INDEX rate_shares_updated ON rate_shares (updated_at);

-- Work that runs later and is retried, such as mail. A worker leases a job until `claimed_until`.
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

-- How people sign in, and what they set for the pages: password hash, authenticator app, language, theme, time zone.
-- `muted_mails` names the kinds of email that the person switched off, with commas between.
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
  totp_last_step BIGINT NOT NULL,
  muted_mails TEXT NOT NULL DEFAULT ''
);
CREATE INDEX accounts_unconfirmed ON accounts (user_id) WHERE confirmed_at IS NULL;

-- Accounts that their people asked to delete, until `due_at`. A person can cancel before that.
CREATE TABLE account_deletions (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  requested_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL
);

-- Organizations that an owner asked to delete, until `due_at`. An owner can cancel before that. `requested_by` is the owner's id.
CREATE TABLE organization_deletions (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL
);

-- Unused recovery codes of accounts with a second step.
CREATE TABLE recovery_codes (
  digest BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id)
);
CREATE INDEX recovery_codes_of_user ON recovery_codes (user_id);

-- Sessions in browsers. `by_passkey` tells whether a passkey was used in the session, which counts as both steps.
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
  revoked_at BIGINT,
  by_passkey BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX sessions_of_user ON sessions (user_id, seen_at);

-- Links and codes that can be used once: confirming an address, resetting a password, finishing a sign-in.
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
CREATE INDEX tokens_of_user ON tokens (user_id);

-- Accounts at an outside issuer (OpenID Connect) that sign in a person here.
CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);

-- Passkeys: the public keys and counters that people's authenticators gave out.
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passkeys_of_user ON passkeys (user_id, created_at);

-- Invitations into organizations. `projects` are those the person joins, as JSON: [{"id": "proj_…", "role": "member"}].
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
  revoked_at BIGINT,
  projects TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX invites_of_organization ON invites (organization, created_at);
CREATE INDEX invites_of_email ON invites (email);

-- What operators approved where one person does not suffice, until a second one approves.
CREATE TABLE operator_approvals (
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (subject, person)
);
CREATE INDEX operator_approvals_by_time ON operator_approvals (at);

-- Attempts that are limited, such as codes sent to a number: one row for each, counted within a time.
CREATE TABLE limit_hits (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX limit_hits_of_subject ON limit_hits (name, subject, at);
CREATE INDEX limit_hits_by_time ON limit_hits (at);

-- The state of an organization's phone and payment requirement, as its state machine keeps it.
CREATE TABLE requirement_states (
  organization TEXT NOT NULL REFERENCES organizations (id),
  requirement TEXT NOT NULL,
  state TEXT NOT NULL,
  due_at BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (organization, requirement)
);
CREATE INDEX requirement_states_due ON requirement_states (due_at) WHERE due_at IS NOT NULL;

-- Verifications of phone numbers by a code. `session` is the one that asked for the code and alone may confirm it; `service` is
-- the section of the configuration that made the code, NULL while none has.
CREATE TABLE phone_verifications (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  number_fingerprint BYTEA NOT NULL,
  number_sealed BYTEA NOT NULL,
  number_masked TEXT NOT NULL,
  country TEXT NOT NULL,
  line_type TEXT NOT NULL,
  language TEXT NOT NULL,
  state TEXT NOT NULL,
  machine TEXT NOT NULL,
  provider_reference TEXT,
  code_fingerprint BYTEA,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  session TEXT,
  service TEXT
);
CREATE INDEX phone_verifications_of_organization ON phone_verifications (organization, created_at);
-- This index and those of other tables by person also serve the deletion of a person, which looks for rows that refer to them.
CREATE INDEX phone_verifications_of_user ON phone_verifications (user_id);
CREATE UNIQUE INDEX one_live_phone_verification ON phone_verifications (organization, user_id)
  WHERE finished_at IS NULL;
CREATE INDEX phone_verifications_of_session ON phone_verifications (session) WHERE session IS NOT NULL;

-- The verified phone number of each organization.
CREATE TABLE phone_numbers (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  number_fingerprint BYTEA NOT NULL,
  number_sealed BYTEA NOT NULL,
  number_masked TEXT NOT NULL,
  country TEXT NOT NULL,
  line_type TEXT NOT NULL,
  verified_at BIGINT NOT NULL
);
CREATE INDEX phone_numbers_by_fingerprint ON phone_numbers (number_fingerprint);
CREATE INDEX phone_numbers_of_user ON phone_numbers (user_id);

-- Answers of the look-up of telephone lines, kept for some time because each question costs money.
CREATE TABLE line_lookups (
  number_fingerprint BYTEA PRIMARY KEY,
  line_type TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- Each organization's customer at a payment service.
CREATE TABLE payment_customers (
  organization TEXT NOT NULL REFERENCES organizations (id),
  provider TEXT NOT NULL,
  customer TEXT NOT NULL,
  PRIMARY KEY (organization, provider)
);
CREATE INDEX payment_customers_by_name ON payment_customers (provider, customer);

-- Attempts to put a payment method on file at a payment service.
CREATE TABLE payment_setups (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  provider TEXT NOT NULL,
  reference TEXT,
  url TEXT,
  state TEXT NOT NULL,
  reason TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  checked_at BIGINT,
  finished_at BIGINT
);
CREATE INDEX payment_setups_of_organization ON payment_setups (organization, created_at);
CREATE UNIQUE INDEX payment_setups_by_reference ON payment_setups (provider, reference);
CREATE INDEX payment_setups_of_user ON payment_setups (user_id);
CREATE INDEX payment_setups_live ON payment_setups (created_at) WHERE finished_at IS NULL;

-- Payment methods on file, with what may be shown of them.
CREATE TABLE payment_methods (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  provider TEXT NOT NULL,
  reference TEXT NOT NULL,
  brand TEXT NOT NULL,
  last4 TEXT NOT NULL,
  expires_month BIGINT NOT NULL,
  expires_year BIGINT NOT NULL,
  country TEXT,
  funding TEXT NOT NULL,
  card_fingerprint BYTEA,
  is_default BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  UNIQUE (provider, reference)
);
CREATE INDEX payment_methods_of_organization ON payment_methods (organization, created_at);
CREATE INDEX payment_methods_by_card ON payment_methods (card_fingerprint) WHERE card_fingerprint IS NOT NULL;

-- Purchases of credit at a payment service. `request_key` is the digest of the caller's idempotency key; `customer`, `session`,
-- `payment` and `charge` are the service's ids; `version` grows with every change, so that an older report of the service is not
-- applied.
CREATE TABLE credit_purchases (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  way TEXT NOT NULL,
  provider TEXT NOT NULL,
  cents BIGINT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  method TEXT,
  customer TEXT,
  session TEXT,
  payment TEXT,
  charge TEXT,
  receipt_url TEXT,
  url TEXT,
  request_key TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  checked_at BIGINT,
  paid_at BIGINT,
  finished_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX credit_purchases_of_organization ON credit_purchases (organization, created_at, id);
CREATE INDEX credit_purchases_of_user ON credit_purchases (user_id);
CREATE UNIQUE INDEX credit_purchases_by_request ON credit_purchases (organization, request_key);
CREATE UNIQUE INDEX credit_purchases_by_session ON credit_purchases (provider, session);
CREATE UNIQUE INDEX credit_purchases_by_payment ON credit_purchases (provider, payment);
CREATE INDEX credit_purchases_by_charge ON credit_purchases (provider, charge);
CREATE INDEX credit_purchases_unfinished ON credit_purchases (created_at) WHERE finished_at IS NULL;
-- An organization has at most one automatic purchase at a time.
CREATE UNIQUE INDEX credit_purchases_running_recharge ON credit_purchases (organization)
  WHERE way = 'recharge' AND finished_at IS NULL;

-- Money of a purchase that goes back: refunds and disputed charges. `reference` is the service's id, NULL until it has answered;
-- `actor` is who requested a refund here.
CREATE TABLE credit_reversals (
  id TEXT PRIMARY KEY,
  purchase TEXT NOT NULL REFERENCES credit_purchases (id),
  organization TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL,
  reference TEXT,
  cents BIGINT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX credit_reversals_of_purchase ON credit_reversals (purchase, created_at, id);
CREATE INDEX credit_reversals_of_organization ON credit_reversals (organization, created_at, id);
CREATE UNIQUE INDEX credit_reversals_by_reference ON credit_reversals (purchase, reference);

-- Organizations for which automatic purchases pause, and why.
CREATE TABLE recharge_pauses (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  reason TEXT NOT NULL,
  paused_at BIGINT NOT NULL
);

-- The state of each organization's identity verification.
CREATE TABLE organization_verifications (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  status TEXT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT,
  reason TEXT,
  version BIGINT NOT NULL
);
CREATE INDEX organization_verifications_by_status ON organization_verifications (status, since);

-- Attempts to verify an organization by a person's document and face.
CREATE TABLE identity_attempts (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  provider TEXT NOT NULL,
  reference TEXT,
  state TEXT NOT NULL,
  step BIGINT NOT NULL,
  reasons TEXT NOT NULL,
  match_number TEXT NOT NULL,
  language TEXT NOT NULL,
  document_type TEXT,
  issuing_country TEXT,
  document_fingerprint BYTEA,
  needs_attention BOOLEAN NOT NULL,
  consented_at BIGINT,
  submitted_at BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  as_of BIGINT NOT NULL,
  checked_at BIGINT,
  decided_at BIGINT,
  decided_by TEXT,
  finished_at BIGINT,
  redact_at BIGINT,
  redacted_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX identity_attempts_of_organization ON identity_attempts (organization, created_at);
CREATE INDEX identity_attempts_of_user ON identity_attempts (user_id);
CREATE INDEX identity_attempts_to_redact ON identity_attempts (redact_at) WHERE redacted_at IS NULL;
CREATE UNIQUE INDEX identity_attempts_by_reference ON identity_attempts (provider, reference);
CREATE UNIQUE INDEX one_live_identity_attempt ON identity_attempts (organization) WHERE finished_at IS NULL;

-- Which documents verified which organizations, to find one document at several.
CREATE TABLE document_fingerprints (
  fingerprint BYTEA NOT NULL,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT,
  verified_at BIGINT NOT NULL,
  PRIMARY KEY (fingerprint, organization)
);

-- From which addresses organizations were verified, to find one address at several. Kept for thirty days.
CREATE TABLE address_fingerprints (
  organization TEXT NOT NULL REFERENCES organizations (id),
  fingerprint BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (organization, fingerprint)
);
CREATE INDEX address_fingerprints_by_fingerprint ON address_fingerprints (fingerprint, at);

-- Consents to the processing of documents and faces, with the text that was shown and its language.
CREATE TABLE consents (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  attempt TEXT NOT NULL REFERENCES identity_attempts (id),
  user_id TEXT,
  text_hash TEXT NOT NULL,
  language TEXT NOT NULL,
  policies TEXT NOT NULL,
  ip TEXT,
  at BIGINT NOT NULL,
  withdrawn_at BIGINT
);
CREATE INDEX consents_of_organization ON consents (organization, at);

-- Forms that were submitted, for some minutes: a form that arrives twice runs once, and the page that answers it is shown by a
-- redirect. `id` is a keyed digest of the sender, the address and the fields; `sender` is a keyed fingerprint of the person, or
-- of the address of a stranger. `answer_sealed` is the encrypted answer, NULL while the form runs; only its sender opens the page
-- in it, once.
CREATE TABLE form_submissions (
  id BYTEA PRIMARY KEY,
  sender BYTEA NOT NULL,
  answer_sealed BYTEA,
  opened_at BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX form_submissions_of_sender ON form_submissions (sender, created_at);
CREATE INDEX form_submissions_by_expiry ON form_submissions (expires_at);

-- Links that open an attempt on another device.
CREATE TABLE handoffs (
  digest BYTEA PRIMARY KEY,
  attempt TEXT NOT NULL REFERENCES identity_attempts (id),
  channel TEXT NOT NULL CHECK (channel IN ('qr', 'mail')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX handoffs_of_attempt ON handoffs (attempt, created_at);

-- Webhooks that arrived from outside services; a repeated delivery finds its row.
CREATE TABLE inbound_events (
  provider TEXT NOT NULL,
  event_id TEXT NOT NULL,
  name TEXT NOT NULL,
  reference TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  processed_at BIGINT,
  PRIMARY KEY (provider, event_id)
);
CREATE INDEX inbound_events_by_time ON inbound_events (received_at);

-- Captures of the built-in reviewer, one for each attempt. The pictures are files outside the database; `key_sealed` is the
-- encrypted key that opens them, and it is erased first. `name_sealed` is the name the person stated, erased with the pictures.
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
  version BIGINT NOT NULL,
  name_sealed BYTEA
);
CREATE INDEX captures_kept ON captures (created_at) WHERE key_sealed IS NOT NULL;

-- Links that open a capture on a phone, bound to the first device that used them.
CREATE TABLE capture_links (
  digest BYTEA PRIMARY KEY,
  capture TEXT NOT NULL REFERENCES captures (id),
  device_fingerprint BYTEA,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX capture_links_of_capture ON capture_links (capture);
CREATE INDEX capture_links_by_time ON capture_links (expires_at);

-- Cases that the operator's people decide: reviews of captures, appeals, documents at several organizations.
CREATE TABLE review_cases (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  attempt TEXT REFERENCES identity_attempts (id),
  kind TEXT NOT NULL CHECK (kind IN ('review', 'appeal', 'duplicate')),
  state TEXT NOT NULL CHECK (state IN ('open', 'proposed', 'decided')),
  statement_sealed BYTEA,
  findings TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  images_until BIGINT,
  proposal TEXT,
  proposed_by TEXT,
  decision TEXT,
  reasons TEXT NOT NULL,
  note TEXT,
  decided_by TEXT,
  decided_at BIGINT,
  -- When the mail about it to the operators was queued.
  announced_at BIGINT
);
CREATE INDEX review_cases_open ON review_cases (opened_at) WHERE decided_at IS NULL;
CREATE INDEX review_cases_of_organization ON review_cases (organization, opened_at);

-- Pictures of a case: what software found in each, and a fingerprint of the original to find it at another case.
CREATE TABLE evidence (
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,
  findings TEXT NOT NULL,
  original_fingerprint BYTEA NOT NULL,
  captured_at BIGINT NOT NULL,
  erased_at BIGINT,
  PRIMARY KEY (case_id, number)
);
CREATE INDEX evidence_by_fingerprint ON evidence (original_fingerprint);

-- Which reviewer looked at which picture, when and why.
CREATE TABLE evidence_views (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  viewer TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX evidence_views_of_organization ON evidence_views (organization, at);

-- Pictures of a case that are kept beyond their time because a law asks for it. Two people grant a hold.
CREATE TABLE legal_holds (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  organization TEXT NOT NULL REFERENCES organizations (id),
  reason TEXT NOT NULL,
  until BIGINT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  granted_by TEXT,
  granted_at BIGINT,
  ended_by TEXT,
  ended_at BIGINT
);
CREATE INDEX legal_holds_of_case ON legal_holds (case_id, proposed_at);
CREATE INDEX legal_holds_of_organization ON legal_holds (organization, proposed_at);

-- Proof that something was erased, for people who ask.
CREATE TABLE erasure_receipts (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  what TEXT NOT NULL,
  receipt TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX erasure_receipts_of_organization ON erasure_receipts (organization, at);
