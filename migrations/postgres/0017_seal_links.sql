-- Links carry a random seal of their row: a number can come back with another
-- row, when a copy of the database is restored, a seal cannot.

-- The first 32 bits of a UUID are random; without a FROM it is no call of its own.
CREATE FUNCTION random_seal() RETURNS BIGINT LANGUAGE SQL VOLATILE AS $$
    SELECT ('x' || left(gen_random_uuid()::TEXT, 8) || left(gen_random_uuid()::TEXT, 8))::BIT(64)::BIGINT
$$;

ALTER TABLE blogs ADD COLUMN seal BIGINT NOT NULL DEFAULT random_seal();
ALTER TABLE subscribers ADD COLUMN seal BIGINT NOT NULL DEFAULT random_seal();
ALTER TABLE subscriptions ADD COLUMN seal BIGINT NOT NULL DEFAULT random_seal();
ALTER TABLE mailings ADD COLUMN seal BIGINT NOT NULL DEFAULT random_seal();
-- Rises when all manage links of before are to stop working.
ALTER TABLE subscribers ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- Links from before had no seal: they open rows up to these numbers, which
-- were there by then, and none that came later.
CREATE TABLE unsealed (
    what TEXT COLLATE "C" PRIMARY KEY,
    last_id BIGINT NOT NULL
);
INSERT INTO unsealed (what, last_id) SELECT 'blog', COALESCE(MAX(id), 0) FROM blogs;
INSERT INTO unsealed (what, last_id) SELECT 'subscriber', COALESCE(MAX(id), 0) FROM subscribers;
INSERT INTO unsealed (what, last_id) SELECT 'subscription', COALESCE(MAX(id), 0) FROM subscriptions;
INSERT INTO unsealed (what, last_id) SELECT 'delivery', COALESCE(MAX(id), 0) FROM deliveries;
