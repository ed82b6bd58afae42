-- The hub that a blog's feed names, and how we stand with it (WebSub).
CREATE TABLE hubs (
    blog_id BIGINT PRIMARY KEY REFERENCES blogs (id) ON DELETE CASCADE,
    hub TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL, -- what the hub is asked for
    state TEXT COLLATE "C" NOT NULL, -- wanted, asked, active, refused
    ask_at BIGINT NOT NULL, -- when it is asked, or asked again
    lease_until BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    said TEXT COLLATE "C" -- why it refused, or could not be asked
);
CREATE INDEX hubs_due ON hubs (ask_at);

-- Between two looks more was published than the feed still shows.
ALTER TABLE blogs ADD COLUMN gap TEXT COLLATE "C";
-- When somebody last said that there is a new post.
ALTER TABLE blogs ADD COLUMN pinged_at BIGINT;
