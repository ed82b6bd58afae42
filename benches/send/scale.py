"""What grows with followers and past posts, and what must not: cost and bytes of a mail.

The past of a blog, and a long queue, are written by SQL, since to send it would take hours.
"""
import subprocess

import house as houses
from peers import Sink
from processes import end, until

PAST_POSTS = 100

PAST = (
    "WITH RECURSIVE past (n, ago) AS (SELECT 1, CAST(86400000 AS BIGINT) "
    "UNION ALL SELECT n + 1, ago + 86400000 FROM past WHERE n < {posts}) "
    "INSERT INTO mailings (blog_id, kind, status, title, cursor, created_at, filled_at, finished_at, content) "
    "SELECT m.blog_id, m.kind, 'done', m.title, m.cursor, m.created_at - ago, m.filled_at - ago, "
    "m.filled_at - ago, m.content FROM mailings m CROSS JOIN past; "
    "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, open, sent, "
    "queued_at, settled_at, states, readers, said) "
    "SELECT (SELECT MAX(id) FROM blocks) + 256 * ROW_NUMBER() OVER (ORDER BY m.id, k.id), k.kind, k.priority, m.id, k.blog_id, "
    "k.first_subscription_id, k.last_subscription_id, 0, k.open, m.created_at, m.finished_at, "
    "replace(k.states, 'q', 's'), k.readers, '[0,1,\"Ok\",250,\"2.0.0\"]' "
    "FROM mailings m CROSS JOIN blocks k "
    "WHERE m.status = 'done' AND k.mailing_id = (SELECT id FROM mailings WHERE status = 'sending'); SELECT 1")


def with_past(house):
    house.sql(PAST.format(posts=PAST_POSTS))
    house.database.tidy(house.folder)


def curve(database):
    """The same mails out of queues of 10 thousand, 100 thousand and many, and
    of 10 thousand behind 100 posts that every follower got."""
    def row(bench):
        count, few = min(bench.mails, 10_000), 10_000
        points = {f"{followers}": bench.send(database, followers=followers, count=count)
                  for followers in sorted({few, 100_000, bench.many})}
        points[f"{few}_after_{PAST_POSTS}_posts"] = bench.send(database, followers=few, count=count, before=with_past)
        costs = {f"cpu_us_{name}": point["cpu_s"] / count * 1e6 for name, point in points.items()}
        rates = {f"per_second_{name}": point["per_second"] for name, point in points.items()}
        first, *others = costs.values()
        peaks = {f"peak_mb_{name}": point["peak_mb"] for name, point in points.items()}
        return {"worst": max(others) / first, **costs, **rates, **peaks}
    return row


QUEUE = (
    "WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < {mailings}) "
    "INSERT INTO mailings (blog_id, kind, status, title, cursor, created_at, filled_at, content) "
    "SELECT m.blog_id, m.kind, m.status, m.title, m.cursor, m.created_at, m.filled_at, m.content "
    "FROM mailings m CROSS JOIN more; "
    "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, open, "
    "queued_at, next_attempt_at, states, readers) "
    "SELECT (SELECT MAX(id) FROM blocks) + 256 * ROW_NUMBER() OVER (ORDER BY m.id, k.id), k.kind, k.priority, m.id, "
    "k.blog_id, k.first_subscription_id, k.last_subscription_id, k.open, k.queued_at, k.next_attempt_at, k.states, "
    "k.readers FROM mailings m CROSS JOIN blocks k "
    "WHERE k.mailing_id = (SELECT MIN(id) FROM mailings) AND m.id > k.mailing_id; SELECT 1")


def call_store(house, what):
    """What benches/store.rs prints for this call."""
    done = subprocess.run(["cargo", "bench", "--quiet", "--bench", "store", "--", what, house.database.url(house.folder)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the call {what} of the store: {done.stderr.strip()[-600:]}")
    return done.stdout


def claim(database):
    """How long a claim of 256 takes out of ten thousand, a million and ten
    million queued deliveries: of the same followers, in more and more mailings."""
    def row(bench):
        took, few = {}, 10_000
        for times in (1, 100, 1_000):
            house = bench.house(database, few)
            if times > 1:
                house.sql(QUEUE.format(mailings=times - 1))
                house.database.tidy(house.folder)
            took[f"ms_{few * times}"] = float(call_store(house, "claim"))
        first, *others = took.values()
        return {"worst": max(others) / first, **took}
    return row


def sqlite_bytes(house):
    """Of the file without its holes."""
    house.database.tidy(house.folder)
    return (house.folder / "data/postbell.db").stat().st_size


def postgres_bytes(house):
    return int(house.sql("SELECT pg_total_relation_size('singles') + pg_total_relation_size('blocks') + pg_total_relation_size('notes')")[0][0])


def wal_of(house, run):
    """Bytes of the write-ahead log that `run` made."""
    before = house.sql("SELECT pg_current_wal_lsn()")[0][0]
    run()
    return int(house.sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{before}')")[0][0])


def fan_out(house):
    serving = house.serve("scheduler")
    until("it is fanned out", lambda: houses.mailing_status(house) == "sending", 1800, 0.2)
    serving.kill()


def size(database):
    """Bytes of a delivery in the database with its share of every index:
    queued, sent, sent and tidied up, and folded; on PostgreSQL also of its log."""
    def row(bench):
        sink = Sink(10 * bench.mails)
        house = bench.house(database, bench.mails, is_filled=False, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")

        def sent():
            serving = house.serve()
            until("all is sent", lambda: houses.mailing_status(house) == "done", 1800, 0.5)
            end(serving.process, "terminate")
        bytes_of, figures = (sqlite_bytes if database == "sqlite" else postgres_bytes), {}
        bare = bytes_of(house)
        if database == "sqlite":
            fan_out(house)
            figures["queued"] = (bytes_of(house) - bare) / bench.mails
            sent()
        else:
            figures["log_of_fan_out"] = wal_of(house, lambda: fan_out(house)) / bench.mails
            figures["queued"] = (bytes_of(house) - bare) / bench.mails
            figures["log_of_sending"] = wal_of(house, sent) / bench.mails
            figures["sent_untidied"] = (bytes_of(house) - bare) / bench.mails
            house.database.tidy(house.folder)
        figures["sent_bytes"] = (bytes_of(house) - bare) / bench.mails
        house.sql("UPDATE mailings SET finished_at = 1; SELECT 1")
        call_store(house, "fold")
        house.database.tidy(house.folder)
        figures["folded_bytes"] = (bytes_of(house) - bare) / bench.mails
        end(sink.process)
        return figures
    return row
