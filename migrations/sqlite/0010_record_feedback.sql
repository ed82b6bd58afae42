-- What servers, providers and readers said of our mails. It outlives the
-- delivery and the person, as suppressions do.
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    mark TEXT NOT NULL UNIQUE, -- the same report twice is one
    kind TEXT NOT NULL, -- bounced, complained, unsubscribed
    class TEXT, -- of a bounce: hard, soft, sender
    address_hash TEXT NOT NULL,
    delivery_id BIGINT,
    blog_id BIGINT,
    source TEXT NOT NULL, -- smtp, mail, or the provider
    status TEXT,
    diagnostic TEXT
);
CREATE INDEX feedback_by_address ON feedback (address_hash, at);
CREATE INDEX feedback_by_delivery ON feedback (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX feedback_old ON feedback (at);

-- Mails to the bounce address that were not understood, or that nobody of
-- ours was proven to have caused (B4).
CREATE TABLE strays (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    mark TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX strays_old ON strays (at);
