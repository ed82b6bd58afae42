#!/usr/bin/env python3
"""A mail server on loopback that misbehaves on request. Standard library only.

    fault_smtp.py PORT LOG.jsonl [name=value ...]

Port 0 picks one; the first line on standard output is "listening on 127.0.0.1:PORT".
Each accepted mail is one JSON line in the log, written before the answer:
t, from, rcpt, message_id, subject, list_unsub, bytes, cut (`cutafter` struck it),
connected (when its connection came). LOG.jsonl.connections has one line a connection. On SIGTERM
the counts go to standard error.

Shares, 0 to 1 (of recipients, by a hash, so the same ones each time):
  greylist   451 at the first RCPT of a recipient
  rcpt550    550 5.1.1 at RCPT            rcpt450    450 4.2.2 at RCPT
Shares, 0 to 1 (of mails, at random):
  mail550    550 5.7.1 at MAIL            data421    421 at DATA, then closes
  dot451     451 after the final dot      dot554     554 5.7.1 after the final dot
  cutbefore  closes at the dot, mail not taken
  cutafter   takes the mail and closes without its 250
  stalldot   never answers the dot, mail not taken
  greet554   554 as greeting              greet421   421 as greeting
  auth535    535 at AUTH                  confused   354 where RCPT wants 250
Other:
  slow=S     seconds before each 250 for a mail
  limit=N    421 after N mails on a connection
  connections=N  554 as greeting from connection N + 1 on
  rate=N     450 when more than N mails come in a second
  closeafter=N  closes without a word after the 250 for the Nth mail on a connection
  idleclose=S  closes a connection that is silent for S seconds
  size=N     the SIZE that EHLO offers    noutf8=1  offers no SMTPUTF8
  seed=N     of the random shares
  only=TEXT  faults of recipients and mails strike only where the recipient
             starts with TEXT (for mail550: the sender)
  times=N    at most N faults in all; after that it behaves
  tls=implicit|starttls, cert=FILE, key=FILE; starttls=1 is tls=starttls
  rcpt354=1  answers DATA with 354 although every recipient was refused
  terse=1    answers a taken mail with a bare 250
  latin=1    puts letters that are not UTF-8 into the greeting and the RCPT answer
  inject=1   puts a forged answer behind the one to STARTTLS
  orders=FILE  JSON, one object or a list, read anew whenever it changes: refuse (a whole reply; {rcpt}
             and {id} are filled in, id anew each time), at (rcpt, dot), after
             (so many mails that are taken first, counted from then), only and
             spare (what the recipient ends with, or does not)
  login=USER:PASSWORD   wants AUTH PLAIN or LOGIN before MAIL; mechanism=LOGIN
             offers only that one
"""
import base64
import collections
import hashlib
import json
import os
import random
import signal
import socket
import socketserver
import ssl
import sys
import threading
import time


class Settings:
    def __init__(self, arguments):
        self.values = dict(argument.split("=", 1) for argument in arguments)
        if self.values.get("starttls"):
            self.values["tls"] = "starttls"
        self.random = random.Random(int(self.number("seed", 1)))
        self.left = int(self.number("times", 10**9))
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.known = set()
        self.orders = Orders(self.values.get("orders"))
        self.recent = collections.deque()
        self.context = None
        if "cert" in self.values:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(self.values["cert"], self.values.get("key"))

    def text(self, name, default=""):
        return self.values.get(name, default)

    def number(self, name, default=0.0):
        return float(self.values.get(name, default))

    def strikes(self, name, about=None, stable=None):
        """Whether this fault strikes now; counted and bounded by `times`."""
        share = self.number(name)
        if share <= 0 or (about is not None and not about.startswith(self.text("only"))):
            return False
        with self.lock:
            if stable is not None:
                digest = hashlib.sha256((name + ":" + stable.lower()).encode()).digest()
                drawn = int.from_bytes(digest[:6], "big") / 2**48
            else:
                drawn = self.random.random()
            if drawn >= share or self.left <= 0:
                return False
            self.left -= 1
            self.counts[name] += 1
            return True

    def is_new(self, recipient):
        with self.lock:
            if recipient in self.known:
                return False
            self.known.add(recipient)
            return True

    def is_over_rate(self):
        limit = self.number("rate")
        if not limit:
            return False
        now = time.monotonic()
        with self.lock:
            while self.recent and self.recent[0] < now - 1:
                self.recent.popleft()
            if len(self.recent) >= limit:
                self.counts["rate"] += 1
                return True
            self.recent.append(now)
            return False


class Orders:
    """What is to be refused at this moment."""

    def __init__(self, path):
        self.path, self.stamp, self.now, self.left = path, None, [], 0
        self.lock = threading.Lock()

    def refusal(self, step, recipient):
        """The reply for this step, if it refuses."""
        if not self.path:
            return None
        with self.lock:
            stamp = os.stat(self.path).st_mtime_ns
            if stamp != self.stamp:
                with open(self.path, encoding="utf-8") as file:
                    orders = json.load(file)
                self.now = orders if isinstance(orders, list) else [orders] if orders else []
                self.stamp = stamp
                self.left = max([one.get("after", 0) for one in self.now], default=0)
            for now in self.now if self.left <= 0 else []:
                is_spared = any(recipient.endswith(end) for end in now.get("spare", []))
                is_meant = any(recipient.endswith(end) for end in now.get("only", [""]))
                if now.get("at", "rcpt") == step and is_meant and not is_spared:
                    made = "%x" % random.getrandbits(40)
                    return now["refuse"].replace("{rcpt}", recipient).replace("{id}", made)
            return None

    def taken(self):
        with self.lock:
            self.left -= 1


class Log:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1, encoding="utf-8")
        self.connections = open(path + ".connections", "a", buffering=1, encoding="utf-8")
        self.lock = threading.Lock()

    def add(self, sender, recipients, mail, cut, connected):
        head = mail.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
        fields = {}
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, _, value = line.partition(":")
            fields.setdefault(name.lower(), value.strip())
        with self.lock:
            for recipient in recipients:
                self.file.write(json.dumps({
                    "t": time.time(),
                    "from": sender,
                    "rcpt": recipient,
                    "message_id": fields.get("message-id"),
                    "subject": fields.get("subject"),
                    "list_unsub": fields.get("list-unsubscribe"),
                    "bytes": len(mail),
                    "cut": cut,
                    "connected": connected,
                }) + "\n")


class Hangup(Exception):
    """This connection is over."""


class Conversation(socketserver.BaseRequestHandler):
    def handle(self):
        self.settings, self.log = self.server.settings, self.server.log
        self.settings.counts["connections"] += 1
        self.connected = time.time()
        self.log.connections.write("%f\n" % self.connected)
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.settings.text("tls") == "implicit":
                self.request = self.settings.context.wrap_socket(self.request, server_side=True)
            self.talk()
        except (Hangup, OSError):
            pass
        finally:
            self.request.close()

    # What is read and said.

    def line(self, patience=300.0):
        self.request.settimeout(self.settings.number("idleclose", patience))
        line = self.reader.readline(1 << 20)
        if not line:
            raise Hangup
        return line

    def say(self, text):
        letters = "latin-1" if self.settings.text("latin") else "utf-8"
        self.request.sendall(text.encode(letters, "replace") + b"\r\n")

    def part(self, text):
        """Says the last words and hangs up."""
        self.say(text)
        raise Hangup

    # The conversation.

    def talk(self):
        settings = self.settings
        self.reader = self.request.makefile("rb")
        self.taken, self.sender, self.recipients, self.is_in = 0, None, [], False
        if settings.strikes("greet554"):
            self.part("554 5.7.1 you are not welcome here")
        if settings.counts["connections"] > settings.number("connections", 10**9):
            self.part("554 5.7.1 that is one connection too many")
        if settings.strikes("greet421"):
            self.part("421 4.3.2 closed for now")
        self.say("220 fault.test ESMTP" + (" grüßt" if settings.text("latin") else ""))
        while True:
            command = self.line().decode("utf-8", "replace").strip()
            verb = command.split(":")[0].split(" ")[0].upper()
            step = getattr(self, "on_" + verb.lower(), None)
            if step is None:
                self.say("502 5.5.2 unknown command")
            else:
                step(command)

    def on_ehlo(self, command):
        settings = self.settings
        lines = ["fault.test", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES",
                 "SIZE %d" % settings.number("size", 20_000_000)]
        if not settings.text("noutf8"):
            lines.append("SMTPUTF8")
        is_plain = not isinstance(self.request, ssl.SSLSocket)
        if settings.text("tls") == "starttls" and is_plain:
            lines.append("STARTTLS")
        if settings.text("login") or settings.text("auth535"):
            lines.append("AUTH " + settings.text("mechanism", "PLAIN LOGIN"))
        for line in lines[:-1]:
            self.say("250-" + line)
        self.say("250 " + lines[-1])

    def on_helo(self, command):
        self.say("250 fault.test")

    def on_starttls(self, command):
        forged = b"250 2.0.0 forged\r\n" if self.settings.text("inject") else b""
        self.request.sendall(b"220 2.0.0 go ahead\r\n" + forged)
        self.request = self.settings.context.wrap_socket(self.request, server_side=True)
        self.reader = self.request.makefile("rb")

    def on_auth(self, command):
        words = command.split(" ")
        if words[1].upper() == "PLAIN":
            if len(words) < 3:
                self.say("334 ")
                words.append(self.line().decode().strip())
            given = base64.b64decode(words[2]).decode().split("\0")[1:]
        else:
            given = []
            for question in (b"Username:", b"Password:"):
                self.say("334 " + base64.b64encode(question).decode())
                given.append(base64.b64decode(self.line()).decode())
        if self.settings.strikes("auth535") or ":".join(given) != self.settings.text("login"):
            self.say("535 5.7.8 wrong user or password")
        else:
            self.is_in = True
            self.say("235 2.7.0 welcome")

    def on_mail(self, command):
        settings = self.settings
        if settings.text("login") and not self.is_in:
            return self.say("530 5.7.0 log in first")
        if self.sender is not None:
            return self.say("503 5.5.1 one mail at a time")
        if settings.number("limit") and self.taken >= settings.number("limit"):
            settings.counts["limit"] += 1
            self.part("421 4.4.5 too many mails on this connection")
        sender = command[command.index("<") + 1:command.index(">")]
        if settings.strikes("mail550", about=sender):
            return self.say("550 5.7.1 this sender is not allowed")
        self.sender, self.recipients = sender, []
        self.say("250 2.1.0 ok")

    def on_rcpt(self, command):
        settings = self.settings
        address = command[command.index("<") + 1:command.rindex(">")]
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif ordered := settings.orders.refusal("rcpt", address):
            self.say(ordered)
        elif settings.strikes("confused", about=address):
            self.say("354 what was the question")
        elif settings.strikes("rcpt550", about=address, stable=address):
            self.say("550 5.1.1 <%s> nobody of that name" % address)
        elif settings.strikes("rcpt450", about=address, stable=address):
            self.say("450 4.2.2 <%s> mailbox full" % address)
        elif settings.number("greylist") and settings.is_new(address) \
                and settings.strikes("greylist", about=address, stable=address):
            self.say("451 4.7.1 greylisted, come back later")
        else:
            self.recipients.append(address)
            self.say("250 2.1.5 empfänger ok" if settings.text("latin") else "250 2.1.5 ok")

    def on_data(self, command):
        settings = self.settings
        if not self.recipients:
            if not (settings.text("rcpt354") and self.sender is not None):
                return self.say("503 5.5.1 RCPT first")
            self.say("354 go ahead, whoever it is for")
            while self.line() != b".\r\n":
                settings.counts["texts for nobody"] += 1
            self.sender = None
            return self.say("554 5.5.1 no valid recipients")
        about = self.recipients[0]
        if settings.strikes("data421", about=about):
            self.part("421 4.3.2 closing down")
        self.say("354 go ahead")
        lines = []
        while (line := self.line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        mail, sender, recipients = b"".join(lines), self.sender, self.recipients
        self.sender, self.recipients = None, []
        if settings.strikes("cutbefore", about=about):
            raise Hangup
        if settings.strikes("stalldot", about=about):
            self.request.settimeout(None)
            while self.request.recv(4096):
                pass
            raise Hangup
        if ordered := settings.orders.refusal("dot", about):
            return self.say(ordered)
        if settings.strikes("dot451", about=about):
            return self.say("451 4.3.0 not now")
        if settings.strikes("dot554", about=about):
            return self.say("554 5.7.1 this looks like spam")
        if settings.is_over_rate():
            return self.say("450 4.7.0 too many mails a second")
        cut = settings.strikes("cutafter", about=about)
        self.log.add(sender, recipients, mail, cut, self.connected)
        settings.counts["accepted"] += len(recipients)
        settings.orders.taken()
        self.taken += 1
        if cut:
            raise Hangup
        if settings.number("slow"):
            time.sleep(settings.number("slow"))
        if settings.text("terse"):
            return self.say("250")
        self.say("250 2.0.0 queued as %d" % settings.counts["accepted"])
        if self.taken == settings.number("closeafter"):
            raise Hangup

    def on_rset(self, command):
        self.sender, self.recipients = None, []
        self.say("250 2.0.0 ok")

    def on_noop(self, command):
        self.say("250 2.0.0 ok")

    def on_quit(self, command):
        self.part("221 2.0.0 bye")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main():
    settings = Settings(sys.argv[3:])
    with Server(("127.0.0.1", int(sys.argv[1])), Conversation) as server:
        server.settings, server.log = settings, Log(sys.argv[2])

        def stop(*_):
            print(json.dumps(settings.counts), file=sys.stderr, flush=True)
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print("listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
