"""The figures: what is run for each, and what it is held against.

A row is a function of the bench that answers one round as a dictionary; the
keys `ratio` (or the figure itself) and the bar make the table.
"""
import json
import subprocess
import time
import urllib.request

import house as houses
from peers import Proxy, Sink, WritingSink, delayed, payload_for, rsa_signs_per_second, smtp_source, wrk
from processes import end, until
from scale import claim, curve, size
from watch import watch
from young import young

SLUG = houses.SLUG


class Bench:
    """What all rows share: the binary, the folder, the sizes, the seeds."""

    def __init__(self, binary, folder, mails, many, post_bytes, seconds, cluster):
        self.binary, self.folder, self.mails, self.many = binary, folder, mails, many
        self.post_bytes, self.seconds, self.make_cluster = post_bytes, seconds, cluster
        self.databases = {"sqlite": houses.Sqlite()}
        self.sizes, self.sources = {}, {}
        self.plain_rounds = {"cpu": [], "memory": []}

    def database(self, name):
        if name not in self.databases:
            self.databases[name] = houses.Postgres(self.make_cluster())
        return self.databases[name]

    def house(self, database, followers, is_filled=True, **settings):
        """A fresh copy of a seed."""
        base = self.database(database)
        source = houses.seed(self.binary, base, self.folder / database, followers, self.post_bytes, is_filled)
        work = self.folder / database / "work"
        base.copy(source.folder, work)
        return houses.House(self.binary, base, work, **settings)

    def mail_size(self):
        """Bytes of one of our mails, as a server gets it."""
        if "mail" not in self.sizes:
            sink = WritingSink(self.folder)
            serving = self.house("sqlite", self.mails, SMTP__URL=f"smtp://127.0.0.1:{sink.port}").serve()
            mails = until("a mail is there", sink.mails, 60)
            serving.kill()
            sink.end()
            self.sizes["mail"] = mails[0]["bytes"]
        return self.sizes["mail"]

    def source(self, sessions):
        """One run of the C program with our size."""
        if "payload" not in self.sizes:
            self.sizes["payload"] = payload_for(self.mail_size(), self.folder)
        return smtp_source(self.mails, sessions, self.sizes["payload"])

    def source_before(self, sessions):
        """The run that ended the round before, where there was one."""
        return self.sources.pop(sessions, None) or self.source(sessions)

    def source_after(self, sessions):
        self.sources[sessions] = self.source(sessions)
        return self.sources[sessions]

    def send(self, database, connections=10, followers=None, count=None, through=None, before=None, senders=1,
             **settings):
        """One send of `count` mails to smtp-sink, from the start of the
        process to the last mail at the sink; `before` may change the house.
        More senders are processes of the same house, each with its connections."""
        count = count or self.mails
        sink = Sink(count)
        port, more, done = through(sink.port) if through else (sink.port, {}, None)
        settings = {"SMTP__URL": f"smtp://127.0.0.1:{port}?tls=none", "SMTP__CONNECTIONS": connections} | more | settings
        house = self.house(database, followers or self.mails, **settings)
        if before:
            before(house)
        serving = house.serve()
        others = [house.serve("sender", log=f"sender{number}.log") for number in range(1, senders)]
        try:
            ended = sink.wait(watching=serving.process)
            weighed = serving.weigh()
        except RuntimeError as fault:
            raise RuntimeError(f"{fault}: {serving.words().strip()[-400:]}") from None
        finally:
            for one in [serving, *others]:
                one.kill()
            end(sink.process)
            if done:
                done()
        return {"per_second": count / (ended - serving.began), "mails": count, **weighed}


def plain(database, connections):
    def row(bench):
        before = bench.source_before(connections)
        ours = bench.send(database, connections)
        after = bench.source_after(connections)
        rival = (before["per_second"] + after["per_second"]) / 2
        rival_cpu = (before["cpu_s"] + after["cpu_s"]) / 2 / bench.mails
        figures = {"per_second": ours["per_second"], "smtp_source_per_second": rival,
                   "mail_bytes": bench.mail_size(), "peak_mb": ours["peak_mb"],
                   "cpu_us": ours["cpu_s"] / bench.mails * 1e6, "smtp_source_cpu_us": rival_cpu * 1e6}
        if (database, connections) == ("sqlite", 10):
            # The same rounds say what the rows of CPU and memory want to know.
            for kept in bench.plain_rounds.values():
                kept.append(figures)
        return {"ratio": ours["per_second"] / rival, **figures}
    return row


def four_senders(bench):
    """Four processes on one PostgreSQL, each with ten connections, against one."""
    one = bench.send("postgres")["per_second"]
    four = bench.send("postgres", senders=4)["per_second"]
    return {"ratio": four / one, "per_second": four, "one_per_second": one}


def plain_round(bench, wanted_by):
    """A round of plain10 that this row has not used yet, or a new one."""
    if not bench.plain_rounds[wanted_by]:
        plain("sqlite", 10)(bench)
    return bench.plain_rounds[wanted_by].pop(0)


def cpu(bench):
    figures = plain_round(bench, "cpu")
    return {"ratio": figures["cpu_us"] / figures["smtp_source_cpu_us"], **figures}


def memory(bench):
    figures = plain_round(bench, "memory")
    return {"peak_mb": figures["peak_mb"], "per_second": figures["per_second"]}


def memory_many(bench):
    """The same number of mails out of a queue that is much longer."""
    ours = bench.send("sqlite", followers=bench.many, count=bench.mails)
    return {"peak_mb": ours["peak_mb"], "per_second": ours["per_second"]}


def tls(bench):
    """TLS 1.3 by nginx in front of the sink, against our own rate without.
    The same proxy without TLS tells what the detour alone costs."""
    def proxied(is_tls):
        def through(port):
            proxy = Proxy(bench.folder / "proxy", port, is_tls)
            settings = {"SMTP__URL": f"smtps://localhost:{proxy.port}", "SMTP__CA_FILE": str(proxy.ca)} if is_tls \
                else {"SMTP__URL": f"smtp://127.0.0.1:{proxy.port}?tls=none"}
            return proxy.port, settings, proxy.end
        return through
    without = bench.send("sqlite")["per_second"]
    over_tls = bench.send("sqlite", through=proxied(True))["per_second"]
    plain_proxy = bench.send("sqlite", through=proxied(False))["per_second"]
    return {"ratio": over_tls / without, "per_second": over_tls, "without_tls_per_second": without,
            "plain_proxy_per_second": plain_proxy, "ratio_to_plain_proxy": over_tls / plain_proxy}


def dkim(bench):
    key = bench.folder / "dkim.pem"
    if not key.exists():
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
                       check=True, capture_output=True)
    before = rsa_signs_per_second()
    ours = bench.send("sqlite", DKIM__DOMAIN="example.org", DKIM__SELECTOR="bench", DKIM__KEY_FILE=key)
    signs = (before + rsa_signs_per_second()) / 2
    return {"ratio": ours["per_second"] / signs, "per_second": ours["per_second"], "openssl_signs_per_second": signs}


def rtt(bench):
    """Each mail over a line with a round trip of 20 ms: the most that one
    round trip a mail allows is 10 / 0.020 a second."""
    def through(port):
        near, process = delayed(port, 0.010)
        return near, {"SMTP__URL": f"smtp://127.0.0.1:{near}?tls=none"}, lambda: end(process)
    ours = bench.send("sqlite", count=min(bench.mails, 10_000), through=through)
    return {"ratio": ours["per_second"] / 500, "per_second": ours["per_second"]}


BARE_FAN_OUT = {
    "sqlite": (
        "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, open, "
        "queued_at, next_attempt_at, states, readers) SELECT n * 256, 'post', {priority}, {mailing}, 1, MIN(id), MAX(id), "
        "COUNT(*), 1700000000000, 1700000000000, substr('{letters}', 1, COUNT(*)), group_concat(id, ',') FROM "
        "(SELECT s.id, (ROW_NUMBER() OVER (ORDER BY s.id) + 1000000) / 256 AS n FROM subscriptions s "
        "WHERE s.status = 'active') GROUP BY n"),
    "postgres": (
        "INSERT INTO blocks (kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, open, "
        "queued_at, next_attempt_at, states, readers) SELECT 'post', {priority}, {mailing}, 1, MIN(id), MAX(id), "
        "COUNT(*), 1700000000000, 1700000000000, repeat('q', COUNT(*)::int), string_agg(id::text, ',' ORDER BY id) FROM "
        "(SELECT s.id, (ROW_NUMBER() OVER (ORDER BY s.id) - 1) / 256 AS n FROM subscriptions s "
        "WHERE s.status = 'active') AS numbered GROUP BY n"),
}


def fan_out(database):
    def row(bench):
        filled = houses.seed(bench.binary, bench.database(database), bench.folder / database, bench.many,
                             bench.post_bytes, True)
        priority, mailing = filled.sql("SELECT priority, mailing_id FROM blocks LIMIT 1")[0]
        house = bench.house(database, bench.many, is_filled=False)
        began = time.monotonic()
        house.sql(BARE_FAN_OUT[database].format(priority=priority, mailing=mailing, letters="q" * 256))
        bare = bench.many / (time.monotonic() - began)
        house = bench.house(database, bench.many, is_filled=False)
        serving = house.serve("scheduler")
        until("it is fanned out", lambda: houses.mailing_status(house) == "sending", 1800, 0.02)
        ours = bench.many / (time.monotonic() - serving.began)
        serving.kill()
        written = int(house.sql("SELECT SUM(open) FROM blocks")[0][0])
        if written != bench.many:
            raise RuntimeError(f"{written} rows for {bench.many} followers")
        return {"ratio": ours / bare, "rows_per_second": ours, "bare_rows_per_second": bare}
    return row


def start_up(database):
    def row(bench):
        sink = Sink(1)
        house = bench.house(database, bench.many, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")
        serving = house.serve()
        ended = sink.wait(120, serving.process)
        serving.kill()
        return {"seconds": ended - serving.began}
    return row


def followers(bench):
    """wrk on the public count while the million is being sent."""
    sink = Sink(10 * bench.many)
    house = bench.house("sqlite", bench.many, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")
    serving = house.serve()
    url = f"{serving.url()}/b/{SLUG}/followers"
    with urllib.request.urlopen(url) as answer:
        count = json.load(answer)["count"]
    if count != bench.many:
        raise RuntimeError(f"{count} followers are shown, {bench.many} there are")
    time.sleep(1)
    sent = lambda: int(house.sql("SELECT count FROM tallies WHERE status = 'sent'")[0][0])
    first, began = sent(), time.monotonic()
    figures = wrk(url, bench.seconds, "get.lua")
    mails = (sent() - first) / (time.monotonic() - began)
    serving.kill()
    end(sink.process)
    return {**figures, "mails_per_second_meanwhile": mails}


def sign_ups(bench, database, roles, **settings):
    """JSON sign-ups of new addresses, each of them checked to be there afterwards."""
    house = bench.house(database, bench.mails, is_filled=False, **settings)
    house.sql("DELETE FROM mailings")
    serving = house.serve(roles)
    url = serving.url()
    figures = wrk(f"{url}/b/{SLUG}/follow", bench.seconds, "sign_up.lua", "new")
    weighed = serving.weigh()
    serving.kill()
    written = int(house.sql("SELECT COUNT(*) FROM subscriptions WHERE status = 'pending'")[0][0])
    queued = int(house.sql("SELECT COUNT(*) FROM singles WHERE kind = 'confirm' AND status IN ('queued', 'sent')")[0][0])
    if figures["bad_answers"] or figures["failed"] or min(written, queued) < figures["requests"]:
        raise RuntimeError(f"{figures}, but {written} sign-ups and {queued} confirmations")
    return {**figures, **weighed}


def sign_up_sqlite(bench):
    return sign_ups(bench, "sqlite", "web")


def sign_up_and_send(bench):
    """The same while their confirmations leave: for the record, without a bar."""
    sink = Sink(10**9)
    try:
        settings = {"SMTP__URL": f"smtp://127.0.0.1:{sink.port}?tls=none"}
        return sign_ups(bench, "sqlite", "web,scheduler,sender", **settings)
    finally:
        end(sink.process)


def sign_up_and_send_postgres(bench):
    """Sign-ups until the last of their confirmations is at the mail server."""
    sink = Sink(10**9)
    house = bench.house("postgres", bench.mails, is_filled=False, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")
    house.sql("DELETE FROM mailings")
    serving = house.serve()
    try:
        url = serving.url()
        began = time.monotonic()
        figures = wrk(f"{url}/b/{SLUG}/follow", bench.seconds, "sign_up.lua", "new")
        wrote = time.monotonic()
        until("every confirmation is sent",
              lambda: house.sql("SELECT 1 FROM singles WHERE status = 'queued' LIMIT 1") == [], 120, 0.02)
        ended = time.monotonic()
        weighed = serving.weigh()
    finally:
        serving.kill()
        end(sink.process)
    sent = int(house.sql("SELECT COUNT(*) FROM singles WHERE kind = 'confirm' AND status = 'sent'")[0][0])
    if figures["bad_answers"] or figures["failed"] or sent < figures["requests"]:
        raise RuntimeError(f"{figures}, but {sent} confirmations")
    return {**figures, **weighed, "signed_up_per_second": figures["per_second"],
            "per_second": figures["requests"] / (ended - began), "trail_seconds": ended - wrote}


def sign_up_postgres(bench):
    cluster = bench.database("postgres").cluster
    before = cluster.inserts_per_second(bench.seconds, 32)
    figures = sign_ups(bench, "postgres", "web")
    inserts = (before + cluster.inserts_per_second(bench.seconds, 32)) / 2
    return {"ratio": figures["per_second"] / inserts, **figures, "pgbench_inserts_per_second": inserts}


def overtake(database):
    """R8: how long a confirmation takes to the mail server while the post of
    everybody else waits before it."""
    def row(bench):
        sink = WritingSink(bench.folder, "slow=0.01")
        house = bench.house(database, bench.mails, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")
        serving = house.serve()
        url = f"{serving.url()}/b/{SLUG}/follow"
        until("mails are leaving", lambda: len(sink.mails()) > 100, 60)
        asked = {}
        for number in range(100):
            address = f"late{number}@example.com"
            request = urllib.request.Request(url, json.dumps({"email": address}).encode(),
                                             {"Content-Type": "application/json"})
            with urllib.request.urlopen(request):
                asked[address] = time.time()
            time.sleep(0.1)
        def arrived():
            return {mail["rcpt"]: mail["t"] for mail in sink.mails() if mail["rcpt"] in asked}
        until("every confirmation is there", lambda: len(arrived()) == len(asked), 120, 0.5)
        waiting = int(house.sql("SELECT SUM(open) FROM blocks")[0][0])
        serving.kill()
        sink.end()
        took = sorted(arrived()[address] - at for address, at in asked.items())
        return {"p95_seconds": took[94], "p50_seconds": took[49], "worst_seconds": took[-1], "still_waiting": waiting}
    return row


def at_least(bar, key="ratio"):
    return key, bar, lambda figures: figures[key] >= bar, f"≥ {bar:,}"


def at_most(bar, key="ratio", unit=""):
    return key, bar, lambda figures: figures[key] <= bar, f"≤ {bar:,}{unit}"


# Name: what it says, the round, the bars (each a key of the round).
ROWS = {
    "plain10": ("SQLite, 10 connections: mails/s to smtp-source's", plain("sqlite", 10), [at_least(1.0)]),
    "plain20": ("SQLite, 20 connections: the same", plain("sqlite", 20), [at_least(1.0)]),
    "pg10": ("PostgreSQL, 10 connections: the same", plain("postgres", 10), [at_least(0.8)]),
    "pg20": ("PostgreSQL, 20 connections: the same", plain("postgres", 20), [at_least(0.8)]),
    "pg40": ("PostgreSQL, 40 connections: the same", plain("postgres", 40), []),
    "pg80": ("PostgreSQL, 80 connections: the same", plain("postgres", 80), []),
    "four-pg": ("PostgreSQL, four senders: mails/s to one's", four_senders, []),
    "tls": ("TLS 1.3: mails/s to our own without", tls, [at_least(0.6)]),
    "dkim": ("DKIM RSA-2048: mails/s to openssl's signs/s", dkim, [at_least(0.6)]),
    "rtt": ("round trip of 20 ms: mails/s to 500", rtt, [at_least(0.8)]),
    "cpu": ("CPU a mail to smtp-source's", cpu, [at_most(1.5)]),
    "memory": ("peak of memory, few followers", memory, [at_most(64, "peak_mb", " MB")]),
    "memory-many": ("peak of memory, many followers", memory_many, [at_most(64, "peak_mb", " MB")]),
    "fanout": ("SQLite fan-out: rows/s to a bare INSERT … SELECT", fan_out("sqlite"), [at_least(1.0)]),
    "fanout-pg": ("PostgreSQL fan-out: the same", fan_out("postgres"), [at_least(0.8)]),
    "start": ("start to first mail, many queued", start_up("sqlite"), [at_most(2, "seconds", " s")]),
    "start-pg": ("the same on PostgreSQL", start_up("postgres"), [at_most(2, "seconds", " s")]),
    "followers": ("GET followers while sending, many followers: p99", followers, [at_most(20, "p99_ms", " ms")]),
    "signup": ("SQLite sign-ups", sign_up_sqlite, [at_least(3000, "per_second"), at_most(40, "p99_ms", " ms")]),
    "signup-send": ("SQLite sign-ups whose mails leave meanwhile", sign_up_and_send, []),
    "signup-pg": ("PostgreSQL sign-ups/s to pgbench's inserts", sign_up_postgres, [at_least(0.5)]),
    "signup-pg-send": ("PostgreSQL sign-ups, until their mails have left", sign_up_and_send_postgres,
                       [at_least(2500, "per_second")]),
    "claim": ("SQLite, a claim of 256 out of 1 and 10 million queued, to 10,000", claim("sqlite"), [at_most(1.3, "worst")]),
    "claim-pg": ("the same on PostgreSQL", claim("postgres"), [at_most(1.3, "worst")]),
    "curve": ("CPU a mail, most of many followers or past posts to few", curve("sqlite"), [at_most(1.2, "worst")]),
    "curve-pg": ("the same on PostgreSQL", curve("postgres"), [at_most(1.2, "worst")]),
    "size": ("SQLite: bytes of a delivery and its indexes", size("sqlite"), []),
    "size-pg": ("the same on PostgreSQL", size("postgres"), []),
    "young-pg": ("PostgreSQL, a young instance's post to many: mails/s to the same, counted", young, [at_least(0.95)]),
    "r8": ("a confirmation before a waiting post: p95", overtake("sqlite"), [at_most(2, "p95_seconds", " s")]),
    "r8-pg": ("the same on PostgreSQL", overtake("postgres"), [at_most(2, "p95_seconds", " s")]),
    "watch": ("1,000 blogs each 10 s", watch(1_000, 0, 10, 60, 15),
              [at_least(95, "per_second"), at_most(0.6, "cpu_ms", " ms")]),
    "watch-dead": ("1,000 blogs each 10 s, 50 of them dead", watch(1_000, 50, 10, 120, 0),
                   [at_most(15, "longest_wait", " s")]),
    "watch-many": ("10,000 blogs each 60 s, 500 of them dead", watch(10_000, 500, 60, 600, 0),
                   [at_most(65, "p99_wait", " s"), at_most(96, "peak_mb", " MB")]),
}
