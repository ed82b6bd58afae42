-- Rates that all nodes share, and how each blog's mails fare.

CREATE TABLE rates (
    bucket TEXT PRIMARY KEY,
    spent_until_us BIGINT NOT NULL -- microseconds since 1970: places before it are given away
);

-- Counted when a delivery of a mailing finds its end: the brake looks at a
-- week after each refusal, and cannot count millions of rows.
CREATE TABLE blog_days (
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    day BIGINT NOT NULL, -- days since 1970, UTC
    is_pardoned BIGINT NOT NULL DEFAULT 0, -- 1: from before the operator resumed a braked mailing
    slot BIGINT NOT NULL DEFAULT 0, -- several rows, summed: in one, many nodes would wait for each other
    attempts BIGINT NOT NULL DEFAULT 0,
    accepted BIGINT NOT NULL DEFAULT 0,
    hard BIGINT NOT NULL DEFAULT 0,
    complaints BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (blog_id, is_pardoned, day, slot)
);

-- Whether the reader was at fault: there is no such address.
ALTER TABLE deliveries ADD COLUMN is_hard BIGINT NOT NULL DEFAULT 0;

-- Here, so that a group of settlements is one statement.
CREATE TRIGGER deliveries_are_counted AFTER UPDATE OF status ON deliveries
WHEN NEW.status IN ('sent', 'failed') AND OLD.status = 'queued'
BEGIN
    UPDATE tallies SET count = count + 1 WHERE status = NEW.status;
    INSERT INTO blog_days (blog_id, day, attempts, accepted, hard)
    SELECT NEW.blog_id, NEW.settled_at / 86400000, 1, NEW.status = 'sent', NEW.is_hard
    WHERE NEW.mailing_id IS NOT NULL AND NEW.blog_id IS NOT NULL AND NEW.settled_at IS NOT NULL
    ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET
        attempts = attempts + 1, accepted = accepted + excluded.accepted, hard = hard + excluded.hard;
END;
