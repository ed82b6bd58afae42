-- What became of claimed deliveries, durable the moment it is written here,
-- some pages at the end of a small table; the rows of the deliveries and their
-- indexes follow in large batches.
CREATE TABLE settlements (
    delivery_id BIGINT NOT NULL,
    node TEXT COLLATE "C" NOT NULL, -- it counts while this node holds the lease
    at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    next_attempt_at BIGINT, -- NULL once it is over
    is_try BIGINT NOT NULL, -- 1: the server was asked
    reason TEXT COLLATE "C",
    code BIGINT,
    enhanced TEXT COLLATE "C",
    text TEXT COLLATE "C",
    is_hard BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, node)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
