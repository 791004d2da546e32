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
