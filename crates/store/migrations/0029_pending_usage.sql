-- Responses and batches that go on after their request was answered, until what they used is counted.
CREATE TABLE pending_usage (
  id TEXT PRIMARY KEY,
  about TEXT NOT NULL,
  next_at BIGINT NOT NULL,
  asked BIGINT NOT NULL
);

CREATE INDEX pending_usage_next ON pending_usage (next_at);

-- What was counted under a name of its own: several nodes and several runs may report it, the first one counts.
CREATE TABLE counted_once (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);

CREATE INDEX counted_once_at ON counted_once (at);
