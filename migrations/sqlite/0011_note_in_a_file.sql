-- What became of claimed deliveries is noted in a file beside the database;
-- what the version before this one had noted goes into the deliveries here.
INSERT INTO tallies (status, count)
SELECT f.status, COUNT(*) FROM main.settlements f CROSS JOIN deliveries d ON d.id = f.delivery_id
WHERE f.status IN ('sent', 'failed') AND d.status = 'queued' AND d.lease_owner = f.node GROUP BY f.status
ON CONFLICT (status) DO UPDATE SET count = count + excluded.count;

INSERT INTO blog_days (blog_id, day, attempts, accepted, hard)
SELECT d.blog_id, f.at / 86400000, COUNT(*), SUM(f.status = 'sent'), SUM(f.is_hard)
FROM main.settlements f CROSS JOIN deliveries d ON d.id = f.delivery_id
WHERE f.status IN ('sent', 'failed') AND d.status = 'queued' AND d.lease_owner = f.node
AND d.mailing_id IS NOT NULL AND d.blog_id IS NOT NULL GROUP BY 1, 2
ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET attempts = attempts + excluded.attempts,
accepted = accepted + excluded.accepted, hard = hard + excluded.hard;

UPDATE deliveries SET status = f.status, next_attempt_at = f.next_attempt_at,
settled_at = CASE WHEN f.next_attempt_at IS NULL THEN f.at END, attempts = attempts + f.is_try,
reason = f.reason, is_hard = f.is_hard, lease_owner = NULL,
code = CASE WHEN f.is_try = 1 THEN f.code ELSE deliveries.code END,
enhanced = CASE WHEN f.is_try = 1 THEN f.enhanced ELSE deliveries.enhanced END,
text = CASE WHEN f.is_try = 1 THEN f.text ELSE deliveries.text END
FROM main.settlements AS f
WHERE deliveries.id = f.delivery_id AND deliveries.status = 'queued' AND deliveries.lease_owner = f.node;

DROP TABLE main.settlements;
