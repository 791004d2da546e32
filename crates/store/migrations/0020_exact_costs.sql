-- Costs are kept exactly: cost is whole micros, and cost_picos what is beyond them. Each is a sum of its own, so cost_picos
-- may pass a million. Figures that were estimated here have rows of their own. What was counted before keeps its cost, and
-- counts as reported, because it was not written down which of it was estimated.

CREATE TABLE exact_usage_buckets (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  bucket_start BIGINT NOT NULL,
  project TEXT NOT NULL,
  api_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  model TEXT NOT NULL,
  estimated BOOLEAN NOT NULL,
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  input_cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  images BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  cost_picos BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, bucket_start, project, api_key, owner, model, estimated)
);
INSERT INTO exact_usage_buckets
  SELECT organization, kind, bucket_start, project, api_key, owner, model, FALSE, requests, input_tokens,
    input_cached_tokens, output_tokens, images, characters, seconds, cost, 0 FROM usage_buckets;
DROP TABLE usage_buckets;
ALTER TABLE exact_usage_buckets RENAME TO usage_buckets;
