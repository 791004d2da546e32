-- How far each segment of each node's usage spool has been counted. A row lives as long as its segment's file.

CREATE TABLE usage_spools (
  segment TEXT PRIMARY KEY,
  counted BIGINT NOT NULL,
  counted_before BIGINT NOT NULL
);

-- Events are summed on their way in and not kept one by one.
DROP TABLE usage_events;
