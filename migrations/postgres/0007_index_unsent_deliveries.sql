-- Few of a mailing's rows fail or are withheld: to find and count them must
-- not cost a walk over all that went out. Rows that are queued or sent, which
-- are written at full speed, do not touch these.

CREATE INDEX deliveries_failed ON deliveries (mailing_id, subscription_id)
    WHERE status = 'failed' AND mailing_id IS NOT NULL;
CREATE INDEX deliveries_withheld ON deliveries (mailing_id, subscription_id)
    WHERE status = 'withheld' AND mailing_id IS NOT NULL;
