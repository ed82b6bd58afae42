"""A post to many from an instance that was young a moment ago: PostgreSQL has
made its plans while hardly anything was there, and counts nothing by itself.
"""
import json
import time
import urllib.request

import house as houses
from peers import Sink
from processes import end, until

SIGN_UPS = 40


def send(bench, is_counted):
    """Sign-ups one by one, then the post, from its release to the last mail."""
    sink = Sink(bench.mails + SIGN_UPS)
    house = bench.house("postgres", bench.mails, is_filled=False, SMTP__URL=f"smtp://127.0.0.1:{sink.port}?tls=none")
    for (table,) in house.sql("SELECT relname FROM pg_stat_user_tables"):
        house.sql(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    house.sql("UPDATE mailings SET status = 'paused'; ANALYZE")
    serving = house.serve()
    try:
        url = f"{serving.url()}/b/{houses.SLUG}/follow"
        for number in range(SIGN_UPS):
            body = json.dumps({"email": f"young{number}@example.org"}).encode()
            with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})):
                pass
        waiting = "SELECT COUNT(*) FROM singles WHERE status = 'queued'"
        until("the confirmations are sent", lambda: house.sql(waiting) == [("0",)], 60, 0.05)
        began = time.monotonic()
        house.sql("UPDATE mailings SET status = 'filling'")
        if is_counted:
            until("it is fanned out", lambda: houses.mailing_status(house) == "sending", 60, 0.02)
            house.sql("ANALYZE")
        ended = sink.wait(600, serving.process)
    finally:
        serving.kill()
        end(sink.process)
    return bench.mails / (ended - began)


def young(bench):
    as_it_is, counted = send(bench, False), send(bench, True)
    return {"ratio": as_it_is / counted, "per_second": as_it_is, "counted_per_second": counted}
