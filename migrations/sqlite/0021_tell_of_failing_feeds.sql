-- Since when a feed cannot be read, and when its owner was told.
ALTER TABLE blogs ADD COLUMN failing_since BIGINT;
ALTER TABLE blogs ADD COLUMN told_failing_at BIGINT;
