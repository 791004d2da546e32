-- How fast a model may be used by one organization, as the configuration last said, as JSON; NULL is without limit.
ALTER TABLE models ADD COLUMN rate_limits TEXT;

-- How fast a project may use each model, as JSON by the model's name; NULL is as fast as its organization. One column, so
-- that looking up a key reads no further table.
ALTER TABLE projects ADD COLUMN rate_limits TEXT;
