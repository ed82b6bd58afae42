-- What confirmed_at means: the reader confirmed then ('reader'), a file said
-- since when they follow ('file'), it is only the day of the import
-- ('import'), or the operator added them then ('operator'). No mail states a
-- consent that nobody gave.

ALTER TABLE subscriptions ADD COLUMN confirmed_by TEXT NOT NULL DEFAULT 'reader';

UPDATE subscriptions SET confirmed_by = CASE
    WHEN EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = subscriptions.id AND c.kind = 'added'
                 AND c.at = subscriptions.confirmed_at) THEN 'operator'
    -- Without a date of its own a row of a file was given the moment of the import.
    WHEN confirmed_at IS NULL OR EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = subscriptions.id
                 AND c.kind = 'imported' AND c.at = subscriptions.confirmed_at) THEN 'import'
    ELSE 'file' END
WHERE EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = subscriptions.id
              AND c.kind IN ('imported', 'added'))
  AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = subscriptions.id AND (c.kind = 'confirmed'
              -- Who waits and asked by the form as well is asked as such.
              OR (subscriptions.confirmed_at IS NULL AND c.kind = 'requested')));
