-- Lists of addresses from which an organization's API may be called, or one project's. allowed_ips is a JSON array in
-- canonical form; each has 1 to 50 entries, so they are always read whole.
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

-- From which address somebody did it; NULL for the command line, for Keystead itself, and for rows of before.
ALTER TABLE audit_events ADD COLUMN address TEXT;
