"""Blogs on loopback addresses of their own, 127.1.0.1 and on, whose feed never
changes; those on 127.2.0.1 and on take a connection and never answer. A
program of its own, so that its work is not in our way: it ends at the end of
its input, and prints how long each blog that answers waited between two looks.
"""
import asyncio
import json
import sys
import time

ITEMS = "".join(f"<item><title>Post {n}</title><guid isPermaLink=\"false\">post {n}</guid>"
                f"<link>https://blog.example.org/{n}</link><description>{'words ' * 300}</description></item>"
                for n in range(10))
FEED = ("<rss version=\"2.0\"><channel><title>The bench</title><link>https://blog.example.org/</link>"
        f"{ITEMS}</channel></rss>").encode()
HEAD = b"Content-Type: application/rss+xml\r\nETag: \"one\"\r\nConnection: close\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\n" + HEAD + f"Content-Length: {len(FEED)}\r\n\r\n".encode() + FEED
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\n" + HEAD + b"\r\n"
looks = {}
whole = 0


class Blog(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.head = transport, b""
        self.host = transport.get_extra_info("sockname")[0]

    def data_received(self, data):
        global whole
        self.head += data
        if self.host.startswith("127.2.") or b"\r\n\r\n" not in self.head:
            return
        looks.setdefault(self.host, []).append(time.monotonic())
        is_known = b"if-none-match" in self.head.lower()
        whole += not is_known
        self.transport.write(UNCHANGED if is_known else WHOLE)
        self.transport.close()


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Blog, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    # A line starts the time anew, the end of the input ends it.
    began = time.monotonic()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "begin":
            looks.clear()
            began = time.monotonic()
        ended = time.monotonic()
        print(json.dumps(figures(began, ended, int(line.split()[-1]) if line.startswith("figures") else 0)), flush=True)


def figures(began, ended, blogs):
    """From the beginning to the first look, between two, and from the last to the end."""
    longest = []
    for times in looks.values():
        moments = [began, *times, ended]
        longest.append(max(later - earlier for earlier, later in zip(moments, moments[1:])))
    longest += [ended - began] * (blogs - len(looks))
    longest.sort()
    count = sum(map(len, looks.values()))
    p99 = longest[len(longest) * 99 // 100] if longest else 0.0
    return {"looks": count, "per_second": count / max(ended - began, 1e-9), "whole": whole,
            "p99_wait": p99, "longest_wait": longest[-1] if longest else 0.0}


asyncio.run(main())
