"""A Postbell with its folder and its database, and how one is made full.

A seed is made once through the product itself (blog add, import, a feed with a
new post, the scheduler's fan-out) and kept; each round works on a copy. The
copy is a file copy on SQLite and CREATE DATABASE … TEMPLATE on PostgreSQL.
"""
import csv
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time

from peers import Feed
from processes import cpu_of, end, peak_mb, start, until

SLUG = "bench"


class Sqlite:
    """Databases as files, each in the data folder of its house."""
    name = "sqlite"

    def url(self, folder):
        return f"sqlite://{folder}/data/postbell.db"

    def has(self, folder):
        return (folder / "data/postbell.db").exists()

    def copy(self, source, target):
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
        os.sync()

    def sql(self, folder, text):
        """Rows as tuples of text, so that both databases answer alike."""
        connection = sqlite3.connect(folder / "data/postbell.db", timeout=30, isolation_level=None)
        try:
            # As the product opens it: a bare statement is to have the same conditions.
            connection.executescript("PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA foreign_keys = ON; "
                                     "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL;")
            *first, last = [part for part in text.split(";") if part.strip()]
            for part in first:
                connection.execute(part)
            return [tuple(map(str, row)) for row in connection.execute(last).fetchall()]
        finally:
            connection.close()

    def tidy(self, folder):
        self.sql(folder, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")

    def cpu(self):
        return 0.0


class Postgres:
    """Databases of one cluster, named after the folders of their houses."""
    name = "postgres"

    def __init__(self, cluster):
        self.cluster = cluster

    def url(self, folder):
        return self.cluster.url(folder.name)

    def has(self, folder):
        return self.cluster.has(folder.name)

    def copy(self, source, target):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        self.cluster.copy(source.name, target.name)

    def sql(self, folder, text):
        return [tuple(line.split("\t")) for line in self.cluster.sql(folder.name, text).splitlines()]

    def tidy(self, folder):
        for table in ("singles", "blocks", "notes", "subscriptions", "subscribers"):
            self.sql(folder, f"VACUUM FULL ANALYZE {table}")

    def cpu(self):
        return self.cluster.cpu()


class House:
    """One folder with one database, and the settings of a run."""

    def __init__(self, binary, database, folder, **settings):
        self.binary, self.database, self.folder = binary, database, folder
        self.settings = {
            "DATABASE__URL": database.url(folder), "SECRET_FILE": f"{folder}/data/secret.key",
            "HTTP__LISTEN": "127.0.0.1:0", "HTTP__PUBLIC_URL": "https://post.example.org",
            "MAIL__FROM": "The bench <post@example.org>", "FEEDS__ALLOW_PRIVATE": "true", "PUBLISH__GRACE_SECONDS": "0",
            "SIGNUP__PER_IP_PER_HOUR": "0", "SIGNUP__PER_NETWORK_PER_HOUR": "0", "SIGNUP__PER_INSTANCE_PER_HOUR": "0",
            "LOG__FILTER": "warn", **settings,
        }

    def environment(self):
        own = {name: value for name, value in os.environ.items() if not name.startswith("POSTBELL_")}
        return own | {f"POSTBELL_{name}": str(value) for name, value in self.settings.items()}

    def run(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], cwd=self.folder, env=self.environment(),
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"postbell {' '.join(map(str, arguments))}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def sql(self, text):
        return self.database.sql(self.folder, text)

    def serve(self, roles="web,scheduler,sender", log="serve.log"):
        return Serving(self, roles, log)


class Serving:
    """`postbell serve`, from its start."""

    def __init__(self, house, roles, log):
        self.house, self.log = house, house.folder / log
        self.cpu_before = house.database.cpu()
        with open(self.log, "wb") as log:
            self.began = time.monotonic()
            self.process = start([house.binary, "serve", "--roles", roles], cwd=house.folder, env=house.environment(),
                                 stdout=log, stderr=subprocess.STDOUT)

    def words(self):
        return self.log.read_text(errors="replace")

    def url(self):
        def said():
            if self.process.poll() is not None:
                raise RuntimeError(f"postbell serve ended: {self.words().strip()[-600:]}")
            _, found, rest = self.words().partition("listening on http://")
            return found and "\n" in rest and "http://" + rest.split()[0]
        return until("postbell listens", said, 60, 0.005)

    def weigh(self):
        """Its CPU seconds with the database's, and its peak of memory, so far."""
        pid = self.process.pid
        return {"cpu_s": cpu_of(pid) + self.house.database.cpu() - self.cpu_before, "peak_mb": peak_mb(pid)}

    def kill(self):
        end(self.process)


def mailing_status(house):
    rows = house.sql("SELECT status FROM mailings ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else ""


def seed(binary, database, folder, followers, post_bytes, is_filled):
    """The house with a post that is ready for so many followers: with its
    deliveries, or with everything but them. Made only when there is none."""
    name = f"seed-{followers}-{post_bytes}"
    filled, bare = folder / f"{name}-filled", folder / f"{name}-bare"
    wanted = filled if is_filled else bare
    house = House(binary, database, wanted)
    if (wanted / "ready").exists() and database.has(wanted):
        # Another version of the product may have made it: migrate it here, not in a measured run.
        house.run("blog", "list")
        return house
    if is_filled:
        grow(binary, database, filled, followers, post_bytes)
    else:
        database.copy(seed(binary, database, folder, followers, post_bytes, True).folder, bare)
        house.sql("DELETE FROM blocks; UPDATE mailings SET status = 'filling', cursor = 0, filled_at = NULL")
        database.tidy(bare)
    (wanted / "ready").touch()
    return house


def grow(binary, database, folder, followers, post_bytes):
    """Fills a fresh house through the product."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if database.name == "postgres":
        database.cluster.copy(None, folder.name)
    house, feed = House(binary, database, folder, FEEDS__CHECK_EVERY_SECONDS=1), Feed()
    house.run("blog", "add", feed.url, "--slug", SLUG)
    listing = folder / "followers.csv"
    with open(listing, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email"])
        writer.writerows([f"reader{n:07d}@example.com"] for n in range(1, followers + 1))
    taken = json.loads(house.run("import", listing, "--blog", SLUG, "--status", "active", "--json"))
    if taken["added"] != followers:
        raise RuntimeError(f"the import took {taken['added']} of {followers}")
    listing.unlink()
    feed.publish(post_bytes)
    scheduler = house.serve("scheduler")
    until("the post is fanned out", lambda: mailing_status(house) == "sending", 1800, 0.2)
    end(scheduler.process, "terminate")
    if (found := int(house.sql("SELECT COUNT(*) FROM deliveries")[0][0])) != followers:
        raise RuntimeError(f"{found} deliveries for {followers} followers")
    # No look at a feed that is gone disturbs a run.
    house.sql("UPDATE blogs SET next_check_at = 9000000000000")
    database.tidy(folder)
