-- Where a blog's days begin, as its owner says; empty: as its feed does.
ALTER TABLE blogs ADD COLUMN time_zone TEXT;

-- By which clock a feed wrote when a post was published, in minutes east of Greenwich.
ALTER TABLE posts ADD COLUMN zone_minutes BIGINT;
