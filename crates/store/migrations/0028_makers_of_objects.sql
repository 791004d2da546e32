-- Which model made an upstream object, for rules about models that apply when it is fetched later.
ALTER TABLE upstream_objects ADD COLUMN model TEXT;
