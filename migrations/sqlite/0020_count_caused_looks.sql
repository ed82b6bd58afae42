-- When the last look began that others caused: the next of these waits for
-- ping_wait_ms from here. Looks that were due anyway do not count.
ALTER TABLE blogs ADD COLUMN ping_looked_at BIGINT NOT NULL DEFAULT 0;
