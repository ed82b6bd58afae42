"""What stands around Postbell: mail servers, their rival, proxies, a feed."""
import html
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

from processes import end, free_port, is_bound, start, until, until_listening

HERE = pathlib.Path(__file__).resolve().parent
FAULT_SMTP = HERE.parent.parent / "tests/peers/fault_smtp.py"
AS_NOBODY = ["-u", "nobody"] if os.geteuid() == 0 else []


class Sink:
    """Debian's smtp-sink, which ends by itself at the dot of mail number `count`."""

    def __init__(self, count):
        self.port = free_port()
        self.process = start(["smtp-sink", *AS_NOBODY, "-M", count, f"127.0.0.1:{self.port}", 1024])
        until("smtp-sink listens", lambda: is_bound(self.port), 20)

    def wait(self, seconds=1200, watching=None):
        """Waits for the last mail; `watching` must live until then."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if watching is not None and watching.poll() is not None:
                raise RuntimeError("the sender ended before its last mail")
            if time.monotonic() > deadline:
                end(self.process)
                raise RuntimeError(f"the last mail did not come within {seconds} s")
            time.sleep(0.002)
        return time.monotonic()


def smtp_source(count, sessions, size):
    """Mails a second and CPU seconds of a C program that only writes bytes,
    from its start to the sink's last mail."""
    sink = Sink(count)
    began = time.monotonic()
    command = ["smtp-source", "-d", "-s", str(sessions), "-m", str(count), "-l", str(size),
               "-t", "reader0000001@example.com", f"127.0.0.1:{sink.port}"]
    # Its last answer is missing, because the sink ends at the dot: it says so and ends too.
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    ended = sink.wait()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return {"per_second": count / (ended - began), "cpu_s": usage.ru_utime + usage.ru_stime}


class WritingSink:
    """A mail server that writes down when which mail came: tests/peers/fault_smtp.py."""

    def __init__(self, folder, *settings):
        self.log = folder / "mails.jsonl"
        self.log.unlink(missing_ok=True)
        self.process = start([sys.executable, FAULT_SMTP, 0, self.log, *settings], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def mails(self):
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def end(self):
        end(self.process)


def payload_for(size, folder):
    """The -l that makes smtp-source's mail, with its headers, as long as one of `size` bytes."""
    sink = WritingSink(folder)
    subprocess.run(["smtp-source", "-l", "1000", "-t", "reader0000001@example.com", f"127.0.0.1:{sink.port}"], check=True)
    headers = until("the mail is there", sink.mails)[0]["bytes"] - 1000
    sink.end()
    return size - headers


def delayed(port, seconds):
    """The port of a relay that holds every byte back, and its process."""
    near = free_port()
    process = start([sys.executable, HERE / "delay.py", near, port, seconds], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return near, process


class Proxy:
    """nginx as a plain or a TLS 1.3 proxy of a port; `ca` is the file to trust."""

    def __init__(self, folder, port, tls):
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.ca = free_port(), folder / "ca.pem"
        lines = []
        if tls:
            make_certificate(folder)
            lines = [f"ssl_certificate {folder}/cert.pem;", f"ssl_certificate_key {folder}/key.pem;",
                     "ssl_protocols TLSv1.3;"]
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
            f"{user} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
            "events { worker_connections 512; }\n"
            f"stream {{ server {{ listen 127.0.0.1:{self.port}{' ssl' if tls else ''}; {' '.join(lines)}\n"
            f"proxy_pass 127.0.0.1:{port}; }} }}\n")
        self.process = start(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        until("nginx listens", lambda: is_bound(self.port), 20)

    def end(self):
        end(self.process, "terminate")


def make_certificate(folder):
    """A root of our own, and a certificate for `localhost` from it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Bench root",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.csr")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "cert.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", "extensions", "-out", "cert.pem")


def rsa_signs_per_second():
    """Both cores, nothing but RSA-2048 signatures."""
    done = subprocess.run(["openssl", "speed", "-multi", "2", "-seconds", "3", "rsa2048"],
                          capture_output=True, text=True, check=True)
    return float(re.search(r"^rsa +2048 bits +\S+ +\S+ +(\S+)", done.stdout, re.MULTILINE).group(1))


def wrk(url, seconds, script, *arguments, connections=32):
    """What wrk measured, by the line that our scripts print."""
    done = subprocess.run(["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
                           "-s", HERE / script, url, "--", *arguments], capture_output=True, text=True, check=True)
    figures = next(line for line in done.stdout.splitlines() if line.startswith("figures "))
    requests, micros, bad, failed, p99 = map(int, figures.split()[1:])
    return {"per_second": requests / micros * 1e6, "p99_ms": p99 / 1e3, "requests": requests,
            "bad_answers": bad, "failed": failed}


class Feed:
    """A blog of a few lines whose post is as long as it is told."""

    def __init__(self):
        self.items = ['<item><title>Before</title><guid isPermaLink="false">before</guid></item>']
        feed = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = ('<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
                        "<title>The bench</title><link>https://blog.example.org/</link>"
                        f"{''.join(feed.items)}</channel></rss>").encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/feed.xml"

    def publish(self, size):
        """A post whose HTML has about `size` bytes."""
        words = "the harbour wakes before we do and every lamp along it is still lit when boats come home".split()
        draw, body = random.Random(7), ""
        while len(body) < size:
            text = " ".join(draw.choice(words) for _ in range(60)).capitalize()
            body += (f'<p>{text[:150]} <a href="https://blog.example.org/{len(body)}">{text[150:170]}</a>'
                     f"<em>{text[170:190]}</em>{text[190:]}.</p>\n")
        self.items.insert(0, '<item><title>A walk round the harbour</title><guid isPermaLink="false">walk</guid>'
                          "<link>https://blog.example.org/walk</link>"
                          f"<content:encoded>{html.escape(body)}</content:encoded></item>")
