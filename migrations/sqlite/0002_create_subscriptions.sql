-- People, what they follow, what they agreed to, and who gets no mail.

CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,             -- as it is mailed
    address_key TEXT NOT NULL UNIQUE,  -- what makes a person one and the same
    address_hash TEXT NOT NULL UNIQUE, -- the key's keyed hash, which outlives this row elsewhere
    created_at BIGINT NOT NULL
);

CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'ended')),
    paused_at BIGINT,
    paused_until BIGINT,
    frequency TEXT NOT NULL,
    source TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    confirmed_at BIGINT, -- its own date, also when it comes from an import
    ended_at BIGINT,     -- stays while one who left is asked again
    active_since BIGINT, -- when mail begins: the day of the import, whatever the file's date
    UNIQUE (blog_id, subscriber_id)
);
CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id);
CREATE INDEX subscriptions_by_status ON subscriptions (blog_id, status, id);
CREATE INDEX subscriptions_confirmed ON subscriptions (blog_id, confirmed_at) WHERE confirmed_at IS NOT NULL;
CREATE INDEX subscriptions_ended ON subscriptions (blog_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX subscriptions_expiring ON subscriptions (expires_at) WHERE status = 'pending';
CREATE INDEX subscriptions_over ON subscriptions (ended_at) WHERE status = 'ended';

-- The record of consent: written once, removed only with the person.
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    blog_id BIGINT NOT NULL,
    subscription_id BIGINT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    ip TEXT,
    user_agent TEXT,
    source TEXT
);
CREATE INDEX consents_by_subscription ON consents (subscription_id);
CREATE INDEX consents_by_subscriber ON consents (subscriber_id);
CREATE TRIGGER consents_are_not_rewritten BEFORE UPDATE ON consents
BEGIN
    SELECT RAISE(ABORT, 'the record of consent is not rewritten');
END;

-- No foreign key on the blog: an address stays suppressed when its blog goes.
CREATE TABLE suppressions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address_hash TEXT NOT NULL,
    blog_id BIGINT, -- NULL: all blogs
    address TEXT,   -- NULL: its owner was erased
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX suppressions_scope ON suppressions (address_hash, COALESCE(blog_id, 0));

-- Sign-ups in one hour from one place; places are kept as hashes.
CREATE TABLE limits (
    bucket TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (bucket, window_start)
);
CREATE INDEX limits_old ON limits (window_start);

-- Who was asked when, by canonical address: outlives the subscription, so
-- that expiry or erasure does not reset a limit.
CREATE TABLE confirmations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    canonical_hash TEXT NOT NULL,
    blog_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    counted BIGINT NOT NULL -- 1 when a mail was queued
);
CREATE INDEX confirmations_by_address ON confirmations (canonical_hash, at);
CREATE INDEX confirmations_old ON confirmations (at);
