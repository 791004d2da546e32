-- Pictures of one case that are kept beyond their time because the law asks for it: who proposed, who agreed, why and
-- until when (verification.md 4.6).

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

-- How often each organization asked for streams and for reasoning summaries, by model and day: what a rule about them
-- would come to (verification.md 6.2).

CREATE TABLE feature_uses (
  organization TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  day BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (organization, action, model, day)
);
CREATE INDEX feature_uses_by_day ON feature_uses (day);

-- The session a code was asked for in: nowhere else it can be confirmed (verification.md 2.6).

ALTER TABLE phone_verifications ADD COLUMN session TEXT;
CREATE INDEX phone_verifications_of_session ON phone_verifications (session) WHERE session IS NOT NULL;

-- The name a person stated beside his pictures; erased with them (verification.md 4.4).

ALTER TABLE captures ADD COLUMN name_sealed BYTEA;
