-- The processes that serve this database. A row tells the operator who is
-- there; leases do not need it.

CREATE TABLE nodes (
    id TEXT COLLATE "C" PRIMARY KEY, -- new at each start; also the owner of leases
    host TEXT COLLATE "C" NOT NULL,
    pid BIGINT NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    key_mark TEXT COLLATE "C" NOT NULL, -- a hash of the secret key: all nodes need the same
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
