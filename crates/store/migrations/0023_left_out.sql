-- Organizations that a person's key reaches no longer, because the person was removed there after the key was made. Who
-- comes back makes new keys.
CREATE TABLE keys_left_out (
  api_key TEXT NOT NULL REFERENCES api_keys (id),
  organization TEXT NOT NULL REFERENCES organizations (id),
  at BIGINT NOT NULL,
  PRIMARY KEY (api_key, organization)
);
