-- Who refuses us, and rests until it is probed again: a relay, or one
-- receiving domain behind it.
CREATE TABLE rests (
    relay TEXT NOT NULL,
    domain TEXT NOT NULL, -- '': the relay as a whole
    since BIGINT NOT NULL,
    refused_at BIGINT NOT NULL, -- the last time
    until BIGINT NOT NULL, -- the next probe
    ended_at BIGINT, -- when it took mail again; a day later it is forgotten
    cause TEXT NOT NULL, -- JSON
    PRIMARY KEY (relay, domain)
);
-- Which blogs' owners were told of it.
CREATE TABLE rest_notices (
    relay TEXT NOT NULL,
    domain TEXT NOT NULL,
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    PRIMARY KEY (relay, domain, blog_id),
    FOREIGN KEY (relay, domain) REFERENCES rests (relay, domain) ON DELETE CASCADE
);
-- Refusals that many readers had in common, and that were found to be about us.
CREATE TABLE rest_shapes (
    relay TEXT NOT NULL,
    domain TEXT NOT NULL,
    shape TEXT NOT NULL, -- code, status and words, without addresses, numbers and ids
    PRIMARY KEY (relay, domain, shape),
    FOREIGN KEY (relay, domain) REFERENCES rests (relay, domain) ON DELETE CASCADE
);
-- What was refused for good within a day, so that a row of the same refusal can
-- be found and taken back, by any process and after a crash.
CREATE TABLE refusals (
    delivery_id BIGINT NOT NULL,
    tries BIGINT NOT NULL, -- before this one
    at BIGINT NOT NULL,
    relay TEXT NOT NULL,
    domain TEXT NOT NULL,
    shape TEXT NOT NULL,
    node TEXT NOT NULL,
    run BIGINT NOT NULL, -- distinct readers in the row that it ended
    domain_run BIGINT NOT NULL, -- the same of its domain
    about TEXT, -- relay, domain: found to be about us
    mark TEXT NOT NULL, -- of its feedback
    address_hash TEXT NOT NULL,
    is_suppressed BIGINT NOT NULL, -- 1: it suppressed its reader
    PRIMARY KEY (delivery_id, tries)
);
CREATE INDEX refusals_by_shape ON refusals (relay, shape, at);
CREATE INDEX refusals_old ON refusals (at);

-- Why an entry no longer counts (JSON).
ALTER TABLE feedback ADD COLUMN taken_back TEXT;
