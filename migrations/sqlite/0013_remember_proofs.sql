-- Proofs of providers that hold once. Mailgun signs a time and a token, not what
-- it reports: who saw one report could send any other until the time is over.
CREATE TABLE heard_proofs (
    proof TEXT PRIMARY KEY, -- the provider and what it signed, as a digest
    said TEXT NOT NULL, -- digest of what came with it first
    until_at BIGINT NOT NULL -- from here on the proof is too old by itself
);
CREATE INDEX heard_proofs_old ON heard_proofs (until_at);
