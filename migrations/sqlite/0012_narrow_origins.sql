-- Before, the host of every item of a feed was taken for the blog's own.
-- Rows with a 0 are from then, and are judged anew by the next upkeep.
ALTER TABLE blogs ADD COLUMN are_origins_own BIGINT NOT NULL DEFAULT 0;
