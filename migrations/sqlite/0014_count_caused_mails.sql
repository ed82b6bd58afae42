-- Every mail that a stranger can cause is counted in `confirmations`, by
-- canonical address, not the questions alone (S19).

ALTER TABLE confirmations ADD COLUMN bound TEXT NOT NULL DEFAULT 'question'; -- which row of the table of bounds; blog_id is 0 where it is about none
ALTER TABLE confirmations ADD COLUMN address_hash TEXT; -- of the address as it is typed; NULL on rows from before
ALTER TABLE confirmations ADD COLUMN used_at INTEGER; -- when its link was used, which gives its place back

-- Rows that did not become a mail are not counted, and must not be walked over.
DROP INDEX confirmations_by_address;
CREATE INDEX confirmations_counted ON confirmations (canonical_hash, at) WHERE counted = 1;

-- Which delivery a kept mail was sent for, where that is proven: who is erased
-- takes it along.
ALTER TABLE strays ADD COLUMN delivery_id INTEGER;
