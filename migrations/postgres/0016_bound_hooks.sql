-- What tells this hub from the one that the feed named before: a part of its
-- callback and of its secret. Empty for those that were asked before there were seals.
ALTER TABLE hubs ADD COLUMN seal TEXT NOT NULL DEFAULT '';
-- How long after a look the next one may come that others cause; it grows
-- while they cause it for nothing.
ALTER TABLE blogs ADD COLUMN ping_wait_ms BIGINT NOT NULL DEFAULT 60000;
