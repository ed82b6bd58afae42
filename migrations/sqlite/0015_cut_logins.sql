-- User and password of a feed's address went into whatever was resolved
-- against it: home page, links, pictures. They stay in feed_url and hub, for
-- the request, and are cut out of all that is shown or mailed.
CREATE TABLE logins AS
    SELECT blog_id, login, ROW_NUMBER() OVER (PARTITION BY blog_id ORDER BY login) AS n FROM (
        SELECT blog_id, login FROM (
            SELECT blog_id, '//' || substr(rest, 1, instr(rest, '@')) AS login FROM (
                SELECT blog_id, substr(url, instr(url, '://') + 3) AS rest FROM (
                    SELECT id AS blog_id, feed_url AS url FROM blogs UNION SELECT id, home_url FROM blogs
                    UNION SELECT blog_id, link FROM posts UNION SELECT blog_id, topic FROM hubs
                ) AS addresses WHERE url LIKE 'http%://%@%'
            ) AS rests
        ) AS found
        -- An @ behind the host is no login.
        WHERE instr(substr(login, 3), '/') + instr(login, '?') + instr(login, '#') = 0
        -- The same as HTML has it.
        UNION SELECT blog_id, replace(login, '&', '&amp;') FROM (
            SELECT id AS blog_id, '//' || substr(feed_url, instr(feed_url, '://') + 3,
                instr(substr(feed_url, instr(feed_url, '://') + 3), '@')) AS login
            FROM blogs WHERE feed_url LIKE 'http%://%&%@%'
        ) AS escaped WHERE instr(substr(login, 3), '/') + instr(login, '?') + instr(login, '#') = 0
    ) AS every_one;

UPDATE mailings SET content = (
    WITH RECURSIVE cut (n, words) AS (
        SELECT 0, mailings.content UNION ALL
        SELECT cut.n + 1, replace(cut.words, l.login, '//')
        FROM cut JOIN logins l ON l.blog_id = mailings.blog_id AND l.n = cut.n + 1
    ) SELECT words FROM cut ORDER BY n DESC LIMIT 1
) WHERE blog_id IN (SELECT blog_id FROM logins);

-- Only what is yet to be mailed.
UPDATE deliveries SET payload = (
    WITH RECURSIVE cut (n, words) AS (
        SELECT 0, deliveries.payload UNION ALL
        SELECT cut.n + 1, replace(cut.words, l.login, '//')
        FROM cut JOIN logins l ON l.blog_id = deliveries.blog_id AND l.n = cut.n + 1
    ) SELECT words FROM cut ORDER BY n DESC LIMIT 1
) WHERE status = 'queued' AND payload IS NOT NULL AND blog_id IN (SELECT blog_id FROM logins);

-- Posts without an id are known by their link: it is the same post without
-- the login. Where two would become one, the later stays as it is.
UPDATE posts SET identity = replace(identity, l.login, '//') FROM logins l
WHERE l.blog_id = posts.blog_id AND identity LIKE 'link:http%' AND instr(identity, l.login) = instr(identity, '//')
AND NOT EXISTS (
    SELECT 1 FROM posts o
    WHERE o.blog_id = posts.blog_id AND o.identity = replace(posts.identity, l.login, '//'))
AND NOT EXISTS (
    SELECT 1 FROM posts o JOIN logins m ON m.blog_id = o.blog_id
    WHERE o.blog_id = posts.blog_id AND o.id < posts.id
    AND replace(o.identity, m.login, '//') = replace(posts.identity, l.login, '//'));
UPDATE posts SET link = replace(link, l.login, '//') FROM logins l
WHERE l.blog_id = posts.blog_id AND instr(link, l.login) = instr(link, '//');
UPDATE blogs SET last_error = NULL FROM logins l WHERE l.blog_id = blogs.id AND instr(last_error, l.login) > 0;
UPDATE blogs SET home_url = replace(home_url, l.login, '//') FROM logins l
WHERE l.blog_id = blogs.id AND instr(home_url, l.login) = instr(home_url, '//');

-- A hub was told the login. It is asked anew, by the address without it.
UPDATE hubs SET topic = replace(topic, l.login, '//'), state = 'wanted', ask_at = 0, lease_until = NULL, said = NULL
FROM logins l WHERE l.blog_id = hubs.blog_id AND instr(topic, l.login) = instr(topic, '//');

DROP TABLE logins;
