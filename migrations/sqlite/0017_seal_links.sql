-- Links carry a random seal of their row: a number can come back with another
-- row, when a copy of the database is restored, a seal cannot. A row that is
-- added without one is a defect, and found when it is read.

ALTER TABLE blogs ADD COLUMN seal BIGINT;
ALTER TABLE subscribers ADD COLUMN seal BIGINT;
ALTER TABLE subscriptions ADD COLUMN seal BIGINT;
ALTER TABLE mailings ADD COLUMN seal BIGINT;
-- Rises when all manage links of before are to stop working.
ALTER TABLE subscribers ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

UPDATE blogs SET seal = random();
UPDATE subscribers SET seal = random();
UPDATE subscriptions SET seal = random();
UPDATE mailings SET seal = random();

-- Links from before had no seal: they open rows up to these numbers, which
-- were there by then, and none that came later.
CREATE TABLE unsealed (
    what TEXT PRIMARY KEY,
    last_id BIGINT NOT NULL
);
INSERT INTO unsealed (what, last_id) SELECT 'blog', COALESCE(MAX(id), 0) FROM blogs;
INSERT INTO unsealed (what, last_id) SELECT 'subscriber', COALESCE(MAX(id), 0) FROM subscribers;
INSERT INTO unsealed (what, last_id) SELECT 'subscription', COALESCE(MAX(id), 0) FROM subscriptions;
INSERT INTO unsealed (what, last_id) SELECT 'delivery', COALESCE(MAX(id), 0) FROM deliveries;
