-- On SQLite what became of claimed deliveries is noted in a file. Here nothing
-- changes.
SELECT 1;
