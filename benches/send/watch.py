"""How many feeds one process watches, and whether those that hang hold up the
others. Every blog has a loopback address of its own."""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time

import house as houses
from processes import end, start

HOSTS = pathlib.Path(__file__).parent / "hosts.py"


class Hosts:
    """The blogs of `hosts.py`."""

    def __init__(self):
        self.process = start([sys.executable, HOSTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def watched(bench, hosts, blogs, dead, interval):
    """A house with so many blogs, due one after another within an interval."""
    folder = bench.folder / "sqlite" / "watch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    house = houses.House(bench.binary, bench.database("sqlite"), folder, FEEDS__CHECK_EVERY_SECONDS=interval)
    house.run("blog", "add", f"http://127.1.0.1:{hosts.port}/feed", "--slug", "blog-0")
    draw, now = random.Random(7), int(time.time() * 1000)
    rows = []
    for number in range(1, blogs):
        # A dead one among the others, not in a row of its own.
        network = 2 if dead and number % (blogs // dead) == 1 else 1
        url = f"http://127.{network}.{number // 250}.{number % 250 + 1}:{hosts.port}/feed"
        rows.append(f"('blog-{number}', '{url}', {now + draw.randrange(interval * 1000)})")
    house.sql("CREATE TEMP TABLE more (slug, url, due); "
              f"INSERT INTO more VALUES {', '.join(rows)}; "
              "INSERT INTO blogs (slug, title, description, home_url, feed_url, origins, body, approve, accent, "
              "created_at, next_check_at, last_checked_at, etag, are_origins_own, seal) "
              "SELECT m.slug, b.title, b.description, b.home_url, m.url, b.origins, b.body, b.approve, b.accent, "
              "b.created_at, m.due, b.last_checked_at, b.etag, 1, random() FROM more m CROSS JOIN blogs b; "
              "INSERT INTO posts (blog_id, identity, link, title, first_seen_at, decision, reason, decided_at) "
              "SELECT b.id, p.identity, p.link, p.title, p.first_seen_at, p.decision, p.reason, p.decided_at "
              "FROM posts p JOIN blogs b ON b.id <> p.blog_id; SELECT 1")
    return house


def watch(blogs, dead, interval, seconds, warm_up):
    def row(bench):
        hosts = Hosts()
        house = watched(bench, hosts, blogs, dead, interval)
        serving = house.serve("scheduler")
        time.sleep(warm_up)
        hosts.ask("begin")
        before = serving.weigh()["cpu_s"]
        time.sleep(seconds)
        figures, weighed = hosts.ask(f"figures {blogs - dead}"), serving.weigh()
        if serving.process.poll() is not None:
            raise RuntimeError(f"postbell serve ended: {serving.words().strip()[-600:]}")
        end(serving.process, "terminate")
        end(hosts.process)
        cpu_ms = (weighed["cpu_s"] - before) / max(figures["looks"], 1) * 1000
        return {**figures, "cpu_ms": cpu_ms, "peak_mb": weighed["peak_mb"]}
    return row
