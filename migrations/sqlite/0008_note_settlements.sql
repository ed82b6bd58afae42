-- What became of claimed deliveries, durable the moment it is written here,
-- some pages at the end of a small table; the rows of the deliveries and their
-- indexes follow in large batches.
CREATE TABLE settlements (
    delivery_id BIGINT NOT NULL,
    node TEXT NOT NULL, -- it counts while this node holds the lease
    at BIGINT NOT NULL,
    status TEXT NOT NULL,
    next_attempt_at BIGINT, -- NULL once it is over
    is_try BIGINT NOT NULL, -- 1: the server was asked
    reason TEXT,
    code BIGINT,
    enhanced TEXT,
    text TEXT,
    is_hard BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, node)
) WITHOUT ROWID;

-- They are counted with the batch.
DROP TRIGGER deliveries_are_counted;
