"""Processes of ours: started, timed, weighed and ended, each by its own id."""
import os
import pathlib
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
started = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    """A process that is ended with this program at the latest."""
    process = subprocess.Popen([str(word) for word in command], **{"stdin": subprocess.DEVNULL, **more})
    started.append(process)
    return process


def end(process, how="kill"):
    if process.poll() is None:
        getattr(process, how)()
    process.wait()


def end_all():
    for process in started:
        end(process)


def until(what, is_so, seconds=600.0, step=0.01):
    deadline = time.monotonic() + seconds
    while not (value := is_so()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain until {what}")
        time.sleep(step)
    return value


def until_listening(port):
    def is_listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    until(f"port {port} is open", is_listening, 20)


def is_bound(port):
    """Whether somebody listens, without connecting: a connection would count as a session."""
    wanted = f":{port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(wanted) and fields[3] == "0A":
            return True
    return False


def fields_of(pid):
    """The fields of /proc/PID/stat behind the name, which may hold anything; utime is [11]."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_of(pid, with_children=False):
    """Seconds in user and kernel mode so far."""
    fields = fields_of(pid)
    return sum(int(ticks) for ticks in fields[11:15 if with_children else 13]) / TICK


def cpu_of_tree(pid):
    """The same with every child, living or ended and waited for."""
    total = cpu_of(pid, with_children=True)
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(fields_of(entry.name)[1]) == pid:
                total += cpu_of(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def peak_mb(pid):
    """The most memory that it held at once (VmHWM), in MB of 2^20."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")
