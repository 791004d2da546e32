-- Which key took a key's place, and since when an organization asks a second factor of its members.
ALTER TABLE api_keys ADD COLUMN rotated_to TEXT REFERENCES api_keys (id);

ALTER TABLE organizations ADD COLUMN second_factor_since BIGINT;
