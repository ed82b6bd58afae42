-- Mailings and the deliveries that carry them, one small row a mail.

CREATE TABLE mailings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    post_id BIGINT REFERENCES posts (id) ON DELETE SET NULL,
    status TEXT NOT NULL,
    reason TEXT,
    title TEXT NOT NULL, -- that of the content, for lists
    cursor BIGINT NOT NULL DEFAULT 0, -- the last subscription that the fan-out looked at
    created_at BIGINT NOT NULL,
    filled_at BIGINT, -- when the fan-out was complete
    finished_at BIGINT,
    content TEXT NOT NULL -- JSON; last, so that lists need not read over it
);
CREATE UNIQUE INDEX mailings_one_a_post ON mailings (post_id) WHERE kind = 'post';
CREATE INDEX mailings_by_blog ON mailings (blog_id, id);
CREATE INDEX mailings_by_status ON mailings (status);

-- Leasing needs no second clock: a claim names its owner and moves
-- next_attempt_at to the end of the lease, so that a lease which runs out is
-- simply due again.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    priority BIGINT NOT NULL,
    mailing_id BIGINT REFERENCES mailings (id) ON DELETE CASCADE,
    blog_id BIGINT,
    subscription_id BIGINT REFERENCES subscriptions (id) ON DELETE SET NULL,
    subscriber_id BIGINT REFERENCES subscribers (id) ON DELETE CASCADE, -- only where there is no subscription
    copy BIGINT NOT NULL DEFAULT 0, -- 1, 2, ... for those sent again by hand
    status TEXT NOT NULL CHECK (status IN ('queued', 'sent', 'failed', 'withheld')),
    attempts BIGINT NOT NULL DEFAULT 0,
    queued_at BIGINT NOT NULL,
    next_attempt_at BIGINT, -- NULL once it is over
    settled_at BIGINT,
    lease_owner TEXT,
    code BIGINT,
    enhanced TEXT,
    text TEXT,
    reason TEXT,
    to_address TEXT, -- only where there is no person of ours
    to_hash TEXT,
    payload TEXT
);
CREATE INDEX deliveries_due ON deliveries (priority, next_attempt_at, id) WHERE status = 'queued';
CREATE INDEX deliveries_unfinished ON deliveries (mailing_id) WHERE status = 'queued' AND mailing_id IS NOT NULL;
CREATE UNIQUE INDEX deliveries_once ON deliveries (mailing_id, subscription_id, copy) WHERE mailing_id IS NOT NULL;
CREATE INDEX deliveries_by_subscription ON deliveries (subscription_id);
CREATE INDEX deliveries_by_subscriber ON deliveries (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX deliveries_by_address ON deliveries (to_hash) WHERE to_hash IS NOT NULL;
CREATE INDEX deliveries_over ON deliveries (settled_at) WHERE mailing_id IS NULL AND status <> 'queued';

-- Counted once, when a delivery finds its end: counting millions of rows at
-- each look at the metrics would be slow.
CREATE TABLE tallies (
    status TEXT PRIMARY KEY,
    count BIGINT NOT NULL
);
INSERT INTO tallies (status, count) VALUES ('sent', 0), ('failed', 0);

CREATE TABLE relays (
    name TEXT PRIMARY KEY,
    offers_smtputf8 BIGINT NOT NULL,
    resting_until BIGINT,
    reason TEXT,
    updated_at BIGINT NOT NULL
);

-- The built-in mailbox.
CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id BIGINT,
    at BIGINT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX mails_sizes ON mails (id, size_bytes);
