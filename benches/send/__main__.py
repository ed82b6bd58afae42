"""Runs rows, prints a table, and appends each round as a line of JSON."""
import argparse
import atexit
import datetime
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import traceback

from postgres import Cluster
from processes import end_all
from rows import ROWS, Bench

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def arguments():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(prog="benches/send.sh", description="Postbell's figures, as ratios within one run.")
    parser.add_argument("rows", nargs="*", help="names of rows, or all")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each row; its median counts [5]")
    parser.add_argument("--mails", type=int, default=50_000, help="followers and mails of a send [50000]")
    parser.add_argument("--many", type=int, default=1_000_000, help="followers where the issue says many [1000000]")
    parser.add_argument("--post-bytes", type=int, default=2_048,
                        help="HTML of the post; 2048 make a mail of 10 KB HTML and 3 KB text [2048]")
    parser.add_argument("--seconds", type=int, default=10, help="length of a run of wrk or pgbench [10]")
    parser.add_argument("--binary", type=pathlib.Path, default=target / "release/postbell")
    parser.add_argument("--folder", type=pathlib.Path, default=target / "bench",
                        help="where databases are laid; seeds are kept there. On a real disk, not in memory")
    parser.add_argument("--json", type=pathlib.Path, help="where the lines go [FOLDER/send.jsonl]")
    return parser.parse_args()


def shown(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def medians(rounds):
    return {key: statistics.median(figures[key] for figures in rounds) for key in rounds[0]}


def run(name, bench, rounds, write):
    """All rounds of a row; answers its line of the table."""
    says, row, bars = ROWS[name]
    done = []
    for number in range(1, rounds + 1):
        try:
            done.append(row(bench))
        except Exception as fault:  # one row that cannot run must not stop the others
            end_all()
            traceback.print_exc()
            write({"row": name, "round": number, "fault": str(fault)})
            return [name, says, "—", ", ".join(text for *_, text in bars), f"could not run: {fault}"[:90]]
        write({"row": name, "round": number, **done[-1]})
        print(f"send: {name} {number}/{rounds}: " + ", ".join(f"{k} {shown(v)}" for k, v in done[-1].items()),
              file=sys.stderr, flush=True)
    figures = medians(done)
    is_met = all(meets(figures) for _, _, meets, _ in bars)
    spread = {key: [min(f[key] for f in done), max(f[key] for f in done)] for key, *_ in bars}
    write({"row": name, "rounds": rounds, "median": figures, "spread": spread, "met": is_met if bars else None})
    main = "per_second" if "per_second" in figures else next(iter(figures))
    value = ", ".join(f"{key} {shown(figures[key])}" for key, *_ in bars) or f"{main} {shown(figures[main])}"
    others = "; ".join(f"{k} {shown(v)}" for k, v in figures.items() if k not in [key for key, *_ in bars])
    verdict = ("met" if is_met else "NOT MET") if bars else "no bar"
    return [name, says, value, ", ".join(text for *_, text in bars), verdict, others]


def main():
    asked = arguments()
    if asked.list or not asked.rows:
        for name, (says, _, bars) in ROWS.items():
            print(f"{name:12} {says}  {', '.join(text for *_, text in bars)}")
        return 0
    names = list(ROWS) if "all" in asked.rows else asked.rows
    if unknown := [name for name in names if name not in ROWS]:
        sys.exit(f"send: no row is called {', '.join(unknown)}; see --list")
    binary, folder = asked.binary.resolve(), asked.folder.resolve()
    if not binary.exists():
        sys.exit(f"send: there is no {binary}; run `cargo build --release` first")
    folder.mkdir(parents=True, exist_ok=True)
    atexit.register(end_all)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    clusters = []

    def cluster():
        clusters.append(Cluster(folder / "cluster"))
        atexit.register(clusters[-1].stop)
        return clusters[-1]

    path = asked.json or folder / "send.jsonl"
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    began = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    with open(path, "a", buffering=1) as lines:
        def write(line):
            lines.write(json.dumps({"run": began, "commit": commit, "load": os.getloadavg()[0], **line}) + "\n")
        bench = Bench(binary, folder, asked.mails, asked.many, asked.post_bytes, asked.seconds, cluster)
        table = [run(name, bench, asked.rounds, write) for name in names]
    print(f"\nPostbell {commit}, {asked.rounds} rounds, medians; the lines are in {path}\n")
    for name, says, value, bar, verdict, *others in table:
        print(f"{name:12} {says:52} {value:38} {bar:22} {verdict}")
        if others and others[0]:
            print(f"{'':12}   {others[0]}")
    return 0 if all(line[4] in ("met", "no bar") for line in table) else 1


if __name__ == "__main__":
    sys.exit(main())
