-- A post goes to many: its deliveries are written, claimed and settled by the
-- block. What goes one by one (a confirmation, a try again, a copy by hand, what
-- of a block failed or was withheld) has a row of its own. Both together are
-- the deliveries, which is a view now; a queue of the version before this one is
-- rows of their own, and stays as it is.

ALTER TABLE deliveries RENAME TO singles;

DROP INDEX deliveries_due;
CREATE INDEX singles_due ON singles (priority, next_attempt_at, id) WHERE status = 'queued' AND lease_owner IS NULL;
CREATE INDEX singles_leased ON singles (next_attempt_at) WHERE status = 'queued' AND lease_owner IS NOT NULL;

CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, -- number of its first delivery; the next has the next number
    kind TEXT NOT NULL,
    priority BIGINT NOT NULL,
    mailing_id BIGINT NOT NULL REFERENCES mailings (id) ON DELETE CASCADE,
    blog_id BIGINT NOT NULL,
    first_subscription_id BIGINT NOT NULL,
    last_subscription_id BIGINT NOT NULL,
    open BIGINT NOT NULL, -- deliveries without an end
    sent BIGINT NOT NULL DEFAULT 0,
    queued_at BIGINT NOT NULL,
    next_attempt_at BIGINT, -- NULL once none is open
    lease_owner TEXT,
    again_at BIGINT, -- when those are due that were given back
    settled_at BIGINT, -- when the last found its end
    states TEXT NOT NULL, -- a letter each: q queued, g given back, s sent, c cancelled, x has a row of its own
    readers TEXT NOT NULL, -- their subscriptions, in order: 7,9,12; 0: was erased
    said TEXT -- of those that were sent: place, ms after queued_at, and the reply where it is not that of the one before
);
CREATE UNIQUE INDEX blocks_by_mailing ON blocks (mailing_id, first_subscription_id);
CREATE INDEX blocks_due ON blocks (priority, next_attempt_at, id) WHERE open > 0 AND lease_owner IS NULL;
CREATE INDEX blocks_leased ON blocks (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX blocks_open ON blocks (mailing_id) WHERE open > 0;

-- The deliveries of blocks, but for those that have a row of their own.
CREATE VIEW placed AS
SELECT k.id + r.key AS id, k.kind, k.priority, k.mailing_id, k.blog_id, NULLIF(r.value, 0) AS subscription_id,
    NULL AS subscriber_id, 0 AS copy,
    CASE substr(k.states, r.key + 1, 1) WHEN 's' THEN 'sent' WHEN 'c' THEN 'withheld' ELSE 'queued' END AS status,
    CASE substr(k.states, r.key + 1, 1) WHEN 's' THEN 1 ELSE 0 END AS attempts, k.queued_at,
    CASE WHEN substr(k.states, r.key + 1, 1) IN ('q', 'g') THEN k.next_attempt_at END AS next_attempt_at,
    CASE WHEN substr(k.states, r.key + 1, 1) IN ('s', 'c') THEN k.settled_at END AS settled_at,
    CASE WHEN substr(k.states, r.key + 1, 1) = 'q' THEN k.lease_owner END AS lease_owner,
    NULL AS code, NULL AS enhanced, NULL AS text,
    CASE substr(k.states, r.key + 1, 1) WHEN 'c' THEN '{"code":"mailing_cancelled"}' END AS reason,
    NULL AS to_address, NULL AS to_hash, NULL AS payload, 0 AS is_hard,
    k.id AS block_id, k.first_subscription_id, k.last_subscription_id
FROM blocks k CROSS JOIN json_each('[' || k.readers || ']') AS r
WHERE substr(k.states, r.key + 1, 1) <> 'x';

CREATE VIEW deliveries AS
SELECT id, kind, priority, mailing_id, blog_id, subscription_id, subscriber_id, copy, status, attempts, queued_at,
    next_attempt_at, settled_at, lease_owner, code, enhanced, text, reason, to_address, to_hash, payload, is_hard
FROM singles
UNION ALL
SELECT id, kind, priority, mailing_id, blog_id, subscription_id, subscriber_id, copy, status, attempts, queued_at,
    next_attempt_at, settled_at, lease_owner, code, enhanced, text, reason, to_address, to_hash, payload, is_hard
FROM placed;

-- How far a mailing that is over was folded: what each server said of what was
-- sent is forgotten with the log, and rows of their own go into blocks.
ALTER TABLE mailings ADD COLUMN folded_to BIGINT NOT NULL DEFAULT 0; -- the last subscription that was looked at
ALTER TABLE mailings ADD COLUMN is_folded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mailings_unfolded ON mailings (finished_at) WHERE is_folded = 0 AND status IN ('done', 'cancelled');
