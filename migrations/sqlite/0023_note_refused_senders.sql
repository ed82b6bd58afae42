-- Senders of a blog's mails to one that no relay takes; the mails are tried each
-- five minutes, and whose row was not written for three times that is well.
CREATE TABLE refused_senders (
    blog_id BIGINT PRIMARY KEY, -- 0: of mails that are of no blog
    relay TEXT NOT NULL,
    since BIGINT NOT NULL,
    refused_at BIGINT NOT NULL, -- the last time
    cause TEXT NOT NULL -- JSON
);
