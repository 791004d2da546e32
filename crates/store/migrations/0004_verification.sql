-- Phones, payment methods, identity checks (verification.md 5 and 7). Numbers and documents stand here sealed or as
-- keyed prints, never in clear.

CREATE TABLE phone_verifications (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  number_print BYTEA NOT NULL,
  number_sealed BYTEA NOT NULL,
  number_masked TEXT NOT NULL,
  country TEXT NOT NULL,
  line_type TEXT NOT NULL,
  language TEXT NOT NULL,
  state TEXT NOT NULL,
  machine TEXT NOT NULL,
  provider_reference TEXT,
  code_print BYTEA,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX phone_verifications_of_organization ON phone_verifications (organization, created_at);
CREATE UNIQUE INDEX one_live_phone_verification ON phone_verifications (organization, user_id)
  WHERE finished_at IS NULL;

CREATE TABLE phone_numbers (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  user_id TEXT REFERENCES users (id),
  number_print BYTEA NOT NULL,
  number_sealed BYTEA NOT NULL,
  number_masked TEXT NOT NULL,
  country TEXT NOT NULL,
  line_type TEXT NOT NULL,
  verified_at BIGINT NOT NULL
);
CREATE INDEX phone_numbers_by_print ON phone_numbers (number_print);

CREATE TABLE line_lookups (
  number_print BYTEA PRIMARY KEY,
  line_type TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE TABLE limit_hits (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX limit_hits_of_subject ON limit_hits (name, subject, at);
CREATE INDEX limit_hits_by_time ON limit_hits (at);

CREATE TABLE payment_customers (
  organization TEXT NOT NULL REFERENCES organizations (id),
  provider TEXT NOT NULL,
  customer TEXT NOT NULL,
  PRIMARY KEY (organization, provider)
);
CREATE INDEX payment_customers_by_name ON payment_customers (provider, customer);

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
  card_print BYTEA,
  is_default BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  UNIQUE (provider, reference)
);
CREATE INDEX payment_methods_of_organization ON payment_methods (organization, created_at);

CREATE TABLE organization_verifications (
  organization TEXT PRIMARY KEY REFERENCES organizations (id),
  status TEXT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT,
  reason TEXT,
  version BIGINT NOT NULL
);

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
  document_print BYTEA,
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
CREATE UNIQUE INDEX identity_attempts_by_reference ON identity_attempts (provider, reference);
CREATE UNIQUE INDEX one_live_identity_attempt ON identity_attempts (organization) WHERE finished_at IS NULL;

CREATE TABLE document_prints (
  print BYTEA NOT NULL,
  organization TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT,
  verified_at BIGINT NOT NULL,
  PRIMARY KEY (print, organization)
);

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

CREATE TABLE handoffs (
  digest BYTEA PRIMARY KEY,
  attempt TEXT NOT NULL REFERENCES identity_attempts (id),
  channel TEXT NOT NULL CHECK (channel IN ('qr', 'mail', 'here')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX handoffs_of_attempt ON handoffs (attempt, created_at);

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
  decided_at BIGINT
);
CREATE INDEX review_cases_open ON review_cases (opened_at) WHERE decided_at IS NULL;
CREATE INDEX review_cases_of_organization ON review_cases (organization, opened_at);

CREATE TABLE evidence (
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,
  findings TEXT NOT NULL,
  original_print BYTEA NOT NULL,
  captured_at BIGINT NOT NULL,
  erased_at BIGINT,
  PRIMARY KEY (case_id, number)
);
CREATE INDEX evidence_by_print ON evidence (original_print);

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

CREATE TABLE erasure_receipts (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES organizations (id),
  what TEXT NOT NULL,
  receipt TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX erasure_receipts_of_organization ON erasure_receipts (organization, at);

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
