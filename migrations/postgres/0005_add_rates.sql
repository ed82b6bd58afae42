-- Rates that all nodes share, and how each blog's mails fare.

CREATE TABLE rates (
    bucket TEXT COLLATE "C" PRIMARY KEY,
    spent_until_us BIGINT NOT NULL -- microseconds since 1970: places before it are given away
) WITH (fillfactor = 50);

-- Counted when a delivery of a mailing finds its end: the brake looks at a
-- week after each refusal, and cannot count millions of rows.
CREATE TABLE blog_days (
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    day BIGINT NOT NULL, -- days since 1970, UTC
    is_pardoned BIGINT NOT NULL DEFAULT 0, -- 1: from before the operator resumed a braked mailing
    slot BIGINT NOT NULL DEFAULT 0, -- several rows, summed: in one, all nodes would wait for each other
    attempts BIGINT NOT NULL DEFAULT 0,
    accepted BIGINT NOT NULL DEFAULT 0,
    hard BIGINT NOT NULL DEFAULT 0,
    complaints BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (blog_id, is_pardoned, day, slot)
) WITH (fillfactor = 50);

-- Whether the reader was at fault: there is no such address.
ALTER TABLE deliveries ADD COLUMN is_hard BIGINT NOT NULL DEFAULT 0;
