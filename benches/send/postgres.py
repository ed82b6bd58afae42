"""A throw-away PostgreSQL cluster with Debian's defaults: fsync is on."""
import os
import pathlib
import shutil
import subprocess

from processes import cpu_of_tree, free_port

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


class Cluster:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        # The server refuses to run as root; its folder must be reachable for its user.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.as_user:
            shutil.chown(folder, "postgres")
        self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")
        self.postmaster = int((folder / "data/postmaster.pid").read_text().split()[0])

    def run(self, program, *arguments, **more):
        done = subprocess.run([*self.as_user, BIN / program, *map(str, arguments)], cwd="/", text=True,
                              capture_output=True, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    def sql(self, database, text):
        """Runs one or more statements; the rows come back as text, tabs between columns."""
        where = ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", database]
        return self.run("psql", *where, "-XAtq", "-F\t", "-v", "ON_ERROR_STOP=1", "-c", text).strip()

    def url(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def copy(self, source, target):
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        template = f' TEMPLATE "{source}"' if source else ""
        self.sql("postgres", f'CREATE DATABASE "{target}"{template}')
        self.sql("postgres", "CHECKPOINT")

    def has(self, database):
        return self.sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'") == "1"

    def cpu(self):
        return cpu_of_tree(self.postmaster)

    def inserts_per_second(self, seconds, connections):
        """pgbench: one row a transaction, nothing else; what a sign-up is measured against."""
        self.copy(None, "inserts")
        self.sql("inserts", "CREATE TABLE rows (id BIGSERIAL PRIMARY KEY, address TEXT NOT NULL, at BIGINT NOT NULL)")
        script = self.folder / "insert.sql"
        script.write_text("\\set at random(1, 1000000000)\n"
                          "INSERT INTO rows (address, at) VALUES ('reader' || :at || '@example.com', :at);\n")
        out = self.run("pgbench", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-n", "-M", "prepared",
                       "-c", connections, "-j", 2, "-T", seconds, "-f", script, "inserts")
        return next(float(line.split()[2]) for line in out.splitlines() if line.startswith("tps ="))

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
