-- Who changed the rules and why; what each organization used first; where it stands with its phone and its payment
-- method, as the machines keep it; and what people agreed to, where one does not suffice (verification.md 5.1, 5.2, 6).

ALTER TABLE policies ADD COLUMN saved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE policies ADD COLUMN reason TEXT NOT NULL DEFAULT '';

CREATE TABLE first_uses (
  organization TEXT NOT NULL,
  model TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (organization, model)
);
INSERT INTO first_uses (organization, model, at)
  SELECT organization, model, MIN(bucket_start) FROM usage_buckets GROUP BY organization, model;

CREATE TABLE standings (
  organization TEXT NOT NULL REFERENCES organizations (id),
  requirement TEXT NOT NULL,
  standing TEXT NOT NULL,
  due_at BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (organization, requirement)
);
CREATE INDEX standings_due ON standings (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE agreements (
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (subject, person)
);
CREATE INDEX agreements_by_time ON agreements (at);
