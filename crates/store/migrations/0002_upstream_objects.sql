-- Files, batches and stored responses live in the operator's one account upstream; here stands whose each one is.

CREATE TABLE upstream_objects (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL,
  project TEXT NOT NULL
);
