-- The processes that serve this database. A row tells the operator who is
-- there; leases do not need it.

CREATE TABLE nodes (
    id TEXT PRIMARY KEY, -- new at each start; also the owner of leases
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    roles TEXT NOT NULL,
    version TEXT NOT NULL,
    key_mark TEXT NOT NULL, -- a hash of the secret key: all nodes need the same
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
