-- Blogs, and the posts that were found in their feeds.
-- Rows are numbered by AUTOINCREMENT everywhere: links in old mails name a
-- number, so it must not come back with another row. Times are UTC milliseconds.

CREATE TABLE blogs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    home_url TEXT NOT NULL,
    feed_url TEXT NOT NULL,
    mail_from TEXT,
    reply_to TEXT,
    owner TEXT,
    origins TEXT NOT NULL, -- a JSON list
    body TEXT NOT NULL,
    approve TEXT NOT NULL,
    accent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    next_check_at BIGINT NOT NULL,
    is_claimed BIGINT NOT NULL DEFAULT 0, -- 1 while somebody looks: next_check_at is then the end of a lease
    last_checked_at BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    etag TEXT,
    last_modified TEXT
);
CREATE INDEX blogs_due ON blogs (next_check_at);

CREATE TABLE posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    blog_id BIGINT NOT NULL REFERENCES blogs (id) ON DELETE CASCADE,
    identity TEXT NOT NULL,
    link TEXT,
    title TEXT NOT NULL,
    published_at BIGINT,
    first_seen_at BIGINT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    due_at BIGINT,
    is_claimed BIGINT NOT NULL DEFAULT 0, -- 1 while somebody mails it: due_at is then the end of a lease
    decided_at BIGINT NOT NULL,
    UNIQUE (blog_id, identity)
);
CREATE INDEX posts_newest ON posts (blog_id, first_seen_at);
CREATE INDEX posts_due ON posts (due_at) WHERE decision = 'waiting';
CREATE INDEX posts_held ON posts (blog_id) WHERE decision = 'held';
